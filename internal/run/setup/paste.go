package setup

import (
	"context"
	"fmt"
	"regexp"
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

// FillKeys finds one API's three values by their shape in a text that was pasted, and
// keeps the form as a draft with them filled in; typed is what its boxes held. Where a
// text holds two values of a kind, none is taken.
func (r *Runner) FillKeys(ctx context.Context, sc store.Scope, actor run.Actor, k Keys, text string,
	typed map[string]string) (Pasted, error) {
	f, err := k.One()
	if err != nil {
		return Pasted{}, err
	}
	before, err := r.KeyState(ctx, sc, k, actor.Operator)
	if err != nil {
		return Pasted{}, err
	}
	typed = withDraft(typed, before.Draft)
	var did Pasted
	found := duo.FindCredentials(text, r.Sandbox)
	did.take(typed, f.Host, "API hosts", found.Hosts)
	did.take(typed, f.IntegrationKey, "integration keys", found.IntegrationKeys)
	did.take(typed, f.SecretKey, "secret keys", found.SecretKeys)
	if len(did.Found) == 0 {
		return did, nil
	}
	return did, r.keepDraft(ctx, sc, actor, k.draft, typed)
}

// take fills an input with the one value of its kind.
func (p *Pasted) take(typed map[string]string, input, kind string, values []string) {
	switch len(values) {
	case 0:
		p.Missing = append(p.Missing, input)
	case 1:
		typed[input] = values[0]
		p.Found = append(p.Found, input)
	default:
		message := fmt.Sprintf("The pasted text holds %d %s. Enter the one of this application.", len(values), kind)
		p.Faults = append(p.Faults, catalog.FieldError{Field: input, Message: message})
	}
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
		return "", fmt.Sprintf("This text holds %d directory keys: %s. Enter the one you mean.", len(found),
			strings.Join(found[:min(len(found), 5)], ", "))
	}
}

var directoryShape = regexp.MustCompile(`^[A-Z0-9]{20}$`)

func directoryKeyFault(key string) string {
	switch {
	case key == "" || directoryShape.MatchString(key) && !strings.HasPrefix(key, "DI") && !strings.HasPrefix(key, "DA"):
		return ""
	case strings.HasPrefix(key, "DI") && len(key) == 20:
		return "This is an integration key. The directory key starts with DS."
	case strings.HasPrefix(key, "DA") && len(key) == 20:
		return "This is an account id. The directory key starts with DS."
	case len([]rune(key)) != 20:
		return fmt.Sprintf("This has %d characters; directory keys have 20.", len([]rune(key)))
	}
	return "Directory keys are made of capital letters and digits."
}

// ShownAgain is what a box of a form holds that was typed before, but for what may be a
// secret key in the wrong one, or most of it: more characters than an integration
// key has, and no host name.
func ShownAgain(typed string) string {
	if count := len(notInKeys.ReplaceAllString(typed, "")); count > 20 && !likeHost.MatchString(typed) {
		return ""
	}
	return typed
}

var (
	notInKeys = regexp.MustCompile(`[^A-Za-z0-9]`)
	likeHost  = regexp.MustCompile(`^\s*(?i:https?://)?[A-Za-z0-9-]{1,20}(\.[A-Za-z0-9-]{1,20})+[/\s]*$`)
)
