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

// Pasted is what came of a text that was pasted for the keys of a form. The text itself
// is kept nowhere.
type Pasted struct {
	Found   []string // the inputs that were filled
	Missing []string // those that nothing in the text fits, of the APIs that it is about
	Faults  []catalog.FieldError
}

// unnamedAPI says that nothing in a text tells which of three APIs its values are for.
const unnamedAPI = "This text does not say which API these values are for. Type Auth API, Accounts API or Admin API on the line above them."

// FillKeys finds the values of keys by their shape in a text that was pasted, and keeps
// the form as a draft with them filled in; typed is what its boxes held. Where a text
// holds two values of a kind for one API, none is taken. With three APIs, the text has
// to name the API before its values, and a host that is the only one serves them all.
func (r *Runner) FillKeys(ctx context.Context, sc store.Scope, actor run.Actor, k Keys, text string,
	typed map[string]string) (Pasted, error) {
	if len(k.fields) == 0 {
		return Pasted{}, store.ErrNotFound
	}
	before, err := r.KeyState(ctx, sc, k, actor.Operator)
	if err != nil {
		return Pasted{}, err
	}
	typed = withDraft(typed, before.Draft)
	did := k.find(text, r.Sandbox, typed)
	if len(did.Found) == 0 {
		return did, nil
	}
	return did, r.keepKeys(ctx, sc, actor, k, typed)
}

// find puts the values that a text holds for the keys into typed.
func (k Keys) find(text string, sandbox bool, typed map[string]string) (did Pasted) {
	if len(k.form) == 1 {
		did.fill(typed, k.form[0], duo.FindCredentials(text, sandbox))
		return did
	}
	found, hosts := duo.FindAPIs(text, sandbox), duo.FindCredentials(text, sandbox).Hosts
	of := map[string]duo.Pasted{store.AuthAPI: found.Auth, store.AccountsAPI: found.Accounts,
		store.AdminAPI: found.Admin}
	for _, f := range k.form {
		values := of[f.API]
		if len(values.IntegrationKeys)+len(values.SecretKeys)+len(values.Hosts) == 0 {
			continue // the text is not about this API
		}
		if len(values.Hosts) == 0 && len(hosts) == 1 {
			values.Hosts = hosts // of one account, all three have one host
		}
		did.fill(typed, f, values)
	}
	unnamed := len(found.Unnamed.IntegrationKeys) + len(found.Unnamed.SecretKeys)
	if unnamed > 0 || len(did.Found)+len(did.Faults) == 0 && len(hosts) > 0 {
		did.Faults = append(did.Faults, catalog.FieldError{Field: k.Paste(), Message: unnamedAPI})
	}
	return did
}

// fill fills the inputs of one API.
func (p *Pasted) fill(typed map[string]string, f Fields, found duo.Pasted) {
	p.take(typed, f.Host, "API hosts", found.Hosts)
	p.take(typed, f.IntegrationKey, "integration keys", found.IntegrationKeys)
	p.take(typed, f.SecretKey, "secret keys", found.SecretKeys)
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
		message := fmt.Sprintf("The pasted text holds %d %s. Enter the key of this application.", len(values), kind)
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
