package catalog

import (
	"context"

	"duodesk/internal/duo"
)

// AuthApplication is the name of the Auth API application that the console makes
// in an organization's account, and finds again by.
const AuthApplication = "Duodesk Auth API"

// IntegrationKeySecret labels, beside SecretKeySecret, what ProvisionAuth yields.
// Nobody is shown them: they are kept.
const IntegrationKeySecret = "Integration key"

// ProvisionAuth makes an Auth API application in an organization's account, or
// finds the one that was made before, and fetches its keys. It is not an action
// that a person chooses: the code that runs it keeps the keys.
func ProvisionAuth() Action {
	return Action{
		Slug: ProvisionAuthAPI, Title: "Provision Auth API", Category: authCategory,
		Unsure: "Provision again on the Connection page: an application of the name " + AuthApplication +
			" that already exists is found, not created twice.",
		Help: "Creates an Auth API application in the organization's Duo account, or finds the existing one, and stores its keys.",
		API:  Admin, Call: "POST /admin/v2/integrations", Kind: Write, Tier: Recent, Role: Administrator,
		Alone: true, // two at once would both find nothing, and make two
		Run: func(ctx context.Context, d *duo.Client, _ Values) (Result, error) {
			r := Result{Subject: AuthApplication}
			found, err := authApplication(ctx, d)
			if err != nil {
				return r, mayNotManage(err)
			}
			said := "Found the application " + AuthApplication + "."
			if found.Key == "" {
				if found, err = d.CreateAuthIntegration(ctx, AuthApplication); err != nil {
					return r, mayNotManage(err)
				}
				said = "Created the application " + AuthApplication + "."
			}
			key, err := d.IntegrationSecret(ctx, found.Key)
			// also of one that was found: nobody creates another for it
			r.Summary, r.Facts.Created = said, string(found.Key)
			if err != nil {
				return r, mayNotManage(err)
			}
			r.Secrets = []Secret{{IntegrationKeySecret, string(found.Key)}, {SecretKeySecret, string(key)}}
			return r, nil
		},
	}
}

// authApplication finds the application of our name; of several, the one with
// the first key. The zero value says that there is none.
func authApplication(ctx context.Context, d *duo.Client) (duo.Integration, error) {
	var first duo.Integration
	for one, err := range d.Integrations(ctx) {
		if err != nil {
			return first, err
		}
		if one.Name == AuthApplication && one.Type == duo.AuthAPIType && (first.Key == "" || one.Key < first.Key) {
			first = one
		}
	}
	return first, nil
}

// mayNotManage says which permission a refusal is about, unless Duo gives another reason.
func mayNotManage(err error) error {
	if refused, ok := asRefusal(err); ok && refused.Code == duo.CodeForbidden && !refused.SaysWhy() &&
		!refused.WrongKind() {
		return refusedField("", "this organization's Admin API keys may not manage applications. "+
			"Grant “Grant applications” to that application in the Duo Admin Panel, or enter Auth API keys yourself.", refused)
	}
	return err
}
