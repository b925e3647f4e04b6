package setup

import (
	"context"
	"fmt"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// Pasted is what came of a text that was pasted for one API. The text itself is
// kept nowhere.
type Pasted struct {
	Found   []string // the inputs that were filled
	Missing []string // those that nothing in the text fits
	Faults  []catalog.FieldError
}

// PasteField is the name of the box that takes the text for an API of a form,
// such as "auth".
func PasteField(api string) string { return api + "_paste" }

// FillIn finds an API's three values by their shape in a text that was pasted,
// and keeps the form as a draft with them filled in; typed is what its boxes
// held. Where a text holds two values of a kind, none is taken.
func (r *Runner) FillIn(ctx context.Context, sc store.Scope, actor run.Actor, api, text string, typed map[string]string) (Pasted, error) {
	return r.fillIn(ctx, sc, actor, nine, api, text, typed)
}

// FillInOwn is FillIn for an organization's own keys.
func (r *Runner) FillInOwn(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization, api, text string, typed map[string]string) (Pasted, error) {
	return r.fillIn(ctx, sc, actor, ownForm(o, api), api, text, typed)
}

func (r *Runner) fillIn(ctx context.Context, sc store.Scope, actor run.Actor, f keyForm, api, text string, typed map[string]string) (Pasted, error) {
	before, err := r.stateOf(ctx, sc, f, actor.Operator)
	if err != nil {
		return Pasted{}, err
	}
	typed = withDraft(typed, before.Draft)
	var did Pasted
	found := duo.FindCredentials(text, r.Sandbox)
	for _, fields := range f.fields {
		if fields.api != api {
			continue
		}
		for _, one := range []struct {
			input, kind string
			values      []string
		}{
			{fields.host, "API hosts", found.Hosts}, {fields.integrationKey, "integration keys", found.IntegrationKeys}, {fields.secretKey, "secret keys", found.SecretKeys},
		} {
			switch len(one.values) {
			case 0:
				did.Missing = append(did.Missing, one.input)
			case 1:
				typed[one.input] = one.values[0]
				did.Found = append(did.Found, one.input)
			default:
				did.Faults = append(did.Faults, catalog.FieldError{Field: one.input, Message: fmt.Sprintf("The pasted text holds %d %s. Enter the one of this application.", len(one.values), one.kind)})
			}
		}
	}
	if len(did.Found) == 0 {
		return did, nil
	}
	return did, r.keepDraft(ctx, sc, actor, f, typed)
}

// PastedKey finds the directory key in a text: alone, or by its shape in
// whatever it was pasted with. An empty text has none, and no fault.
func PastedKey(pasted string) (key, fault string) {
	if key = text.Key(pasted); directoryKeyFault(key) == "" {
		return key, ""
	}
	switch found := duo.FindDirectoryKeys(pasted); len(found) {
	case 0:
		if len(key) <= 40 { // a key with a slip rather than a page
			return "", directoryKeyFault(key)
		}
		return "", "No directory key is in this text. It starts with DS and has 20 characters."
	case 1:
		return found[0], ""
	default:
		return "", fmt.Sprintf("This text holds %d directory keys: %s. Enter the one you mean.", len(found), strings.Join(found[:min(len(found), 5)], ", "))
	}
}
