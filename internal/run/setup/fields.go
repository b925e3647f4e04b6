package setup

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// apiFields are the names of an API's three inputs.
type apiFields struct{ api, title, host, integrationKey, secretKey string }

// The nine credential fields, in the order of the form.
var nineFields = []apiFields{
	{store.AuthAPI, run.APITitle(store.AuthAPI), "auth_host", "auth_integration_key", "auth_secret_key"},
	{store.AccountsAPI, run.APITitle(store.AccountsAPI), "account_host", "accounts_integration_key", "accounts_secret_key"},
	{store.AdminAPI, run.APITitle(store.AdminAPI), "admin_host", "admin_integration_key", "admin_secret_key"},
}

// keyForm is a form of credential fields: the workspace's nine, or the three of
// one organization.
type keyForm struct {
	draft        string // what a refused form is kept under
	organization uuid.UUID
	connected    store.Organization // the organization as the form was opened for it
	fields       []apiFields
}

var nine = keyForm{draft: "integration", fields: nineFields}

// ownForm is the form of an organization's own Admin API or Auth API keys.
func ownForm(o store.Organization, api string) keyForm {
	if api == store.AuthAPI {
		return keyForm{draft: "own auth keys " + o.ID.String(), organization: o.ID, connected: o,
			fields: []apiFields{{store.AuthAPI, run.APITitle(store.AuthAPI), "ownauth_host", "ownauth_integration_key", "ownauth_secret_key"}}}
	}
	return keyForm{draft: "own keys " + o.ID.String(), organization: o.ID, connected: o,
		fields: []apiFields{{store.AdminAPI, run.APITitle(store.AdminAPI), "own_host", "own_integration_key", "own_secret_key"}}}
}

// held makes sure, inside of the transaction of a change, that the form's
// organization is connected as it was when the form was opened.
func (f keyForm) held(ctx context.Context, tx *store.Tx) error {
	if f.organization == uuid.Nil {
		return nil
	}
	_, err := run.StillConnected(ctx, tx.LockConnection, f.connected)
	return err
}

func (f keyForm) slot(fields apiFields) store.Slot {
	return store.Slot{Organization: f.organization, API: fields.api}
}

// IntegrationFields are the names of the nine inputs, in the order of the form.
func IntegrationFields() []string {
	var names []string
	for _, f := range nineFields {
		names = append(names, f.host, f.integrationKey, f.secretKey)
	}
	return names
}

// SecretField reports whether an input of the integration form is a secret key.
func SecretField(name string) bool { return strings.HasSuffix(name, "_secret_key") }

// keep stands for a secret key that is left as it is stored.
const keep = ""

// checkShape looks at the values of a form before anything is sent: missing,
// malformed, in the wrong box. It returns the values in their plain form, and
// notes on what was taken off. hasSecret tells of which APIs a secret is stored
// that an empty box keeps.
func checkShape(fields []apiFields, typed map[string]string, hasSecret map[string]bool, sandbox bool) (plain, notes map[string]string, bad []catalog.FieldError) {
	plain, notes = map[string]string{}, map[string]string{}
	fault := func(field, message string) {
		bad = append(bad, catalog.FieldError{Field: field, Message: message})
	}
	keys := map[string]string{} // integration key → the card it was first seen in
	for _, f := range fields {
		host, cleaned, err := duo.ParseHost(typed[f.host], sandbox)
		plain[f.host] = host
		switch {
		case text.Key(typed[f.host]) == "":
			fault(f.host, "Fill this in: the API hostname of the "+f.title+" application.")
		case err != nil:
			fault(f.host, Sentence(err.Error()))
		case cleaned:
			notes[f.host] = "Blanks, invisible characters, https:// or a slash were removed from the host name."
		}

		key := text.Key(typed[f.integrationKey])
		plain[f.integrationKey] = key
		switch err := duo.CheckIntegrationKey(key); {
		case key == "":
			fault(f.integrationKey, "Fill this in: the integration key of the "+f.title+" application.")
		case err != nil:
			fault(f.integrationKey, Sentence(err.Error()))
		case keys[key] != "":
			fault(f.integrationKey, "This is the key of the "+keys[key]+" above. Each API has an application, and a key, of its own.")
		default:
			keys[key] = f.title
			if key != typed[f.integrationKey] {
				notes[f.integrationKey] = "Blanks and invisible characters were removed from the key."
			}
		}

		secret := text.Key(typed[f.secretKey])
		plain[f.secretKey] = secret
		switch err := duo.CheckSecretKey(secret); {
		case secret == keep && hasSecret[f.api]:
		case secret == "":
			fault(f.secretKey, "Fill this in: the secret key of the "+f.title+" application.")
		case err != nil:
			fault(f.secretKey, Sentence(err.Error()))
		case secret != typed[f.secretKey]:
			notes[f.secretKey] = "Blanks and invisible characters were removed from the key."
		}
	}
	return plain, notes, bad
}

// Sentence makes a phrase stand alone: a capital first and a full stop last.
func Sentence(phrase string) string {
	first, size := utf8.DecodeRuneInString(phrase)
	if size == 0 {
		return ""
	}
	phrase = string(unicode.ToUpper(first)) + phrase[size:]
	if !strings.HasSuffix(phrase, ".") {
		phrase += "."
	}
	return phrase
}
