package catalog

import (
	"cmp"
	"context"

	"duodesk/internal/duo"
)

const credentialCategory = "Admin API - WebAuthn Credentials"

var (
	credentialKey = ID{Name: "webauthnkey", Label: "Security key", Names: OfCredential,
		Help: "Its name or its key, as in the list of WebAuthn credentials.", Example: "WA0000000000000000EX"}
	credentialColumns = []Column{{"credential_name", "Name", ""}, {"label", "Kind", ""}, {"user", "User", ""},
		{"admin", "Administrator", ""}, {"passwordless_authorized", "Without a password", ""},
		{"date_added", "Added", Moment}, {"date_last_used", "Last used", Moment}, {"webauthnkey", "Key id", Mono}}
)

func credentialRow(w duo.WebAuthnCredential) []string {
	return []string{w.Name, w.Label, w.User.Username, w.Admin.Name, yesno(w.Passwordless), moment(w.Added),
		moment(w.LastUsed), string(w.Key)}
}

func listCredentials() Action {
	return Action{
		Slug: "list-webauthn-credentials", Title: "List WebAuthn Credentials", Category: credentialCategory,
		Help: "Lists the account's security keys and built-in authenticators, such as Touch ID and Windows Hello, with their users.",
		API:  Admin, Call: "GET /admin/v1/webauthncredentials", Kind: Read, Role: Auditor,
		Fields: []Field{listLimit, listOffset},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			found, metadata, err := d.WebAuthnPage(ctx, listLimit.Of(in), listOffset.Of(in))
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: "WebAuthn credentials", Summary: listed(len(found), metadata, "credential",
				"credentials"), Table: tableOf("credentials", credentialColumns, credentialRow, found, metadata)}, nil
		},
	}
}

func deleteCredential() Action {
	return Action{
		Slug: "delete-webauthn-credential", Title: "Delete WebAuthn Credential", Category: credentialCategory,
		Deletes: true,
		Help:    "Removes a security key or a built-in authenticator from this account. Its user can enroll it again.",
		API:     Admin, Call: "DELETE /admin/v1/webauthncredentials/{webauthnkey}", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{credentialKey},
		Asks:   "The credential stops working at once.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			// Duo answers a deletion of nothing like any other: look first.
			found, err := d.WebAuthnCredential(ctx, duo.WebAuthnKey(credentialKey.Of(in)))
			if err != nil {
				return Result{}, err
			}
			name := cmp.Or(found.Name, found.Label, string(found.Key))
			whose := cmp.Or(found.User.Username, found.Admin.Name, "nobody")
			if err := d.DeleteWebAuthn(ctx, found.Key); err != nil {
				return Result{Subject: whose}, err
			}
			return Result{Subject: whose, Summary: "Deleted the credential " + name + " of " + whose + "."}, nil
		},
	}
}
