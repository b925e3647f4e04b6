package catalog

import (
	"context"
	"strings"

	"duodesk/internal/duo"
)

const integrationCategory = "Admin API - Integrations"

// SecretKeySecret labels the secret key of an application.
const SecretKeySecret = "Secret key"

var integrationColumns = []Column{{"name", "Name", ""}, {"type", "Type", ""}, {"user_access", "Who may log in", ""},
	{"permissions", "Permissions", ""}, {"notes", "Notes", ""}, {"integration_key", "Integration key", Mono}}

func integrationRow(i duo.Integration) []string {
	access := map[string]string{"NO_USERS": "nobody", "ALL_USERS": "all users",
		"PERMITTED_GROUPS": "members of chosen groups"}[i.UserAccess]
	var permissions []string
	for _, p := range i.Permissions {
		permissions = append(permissions, spaced(strings.TrimPrefix(p, "adminapi_")))
	}
	return []string{i.Name, i.Type, access, strings.Join(permissions, ", "), i.Notes, string(i.Key)}
}

func listIntegrations() Action {
	return Action{
		Slug: "list-integrations", Title: "List Integrations", Category: integrationCategory,
		Help: "Lists the account's applications, without their secret keys.",
		API:  Admin, Call: "GET /admin/v2/integrations", Kind: Read, Role: Administrator,
		Fields: []Field{listLimit, listOffset},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			found, metadata, err := d.IntegrationsPage(ctx, listLimit.Of(in), listOffset.Of(in))
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: "applications", Summary: listed(len(found), metadata, "application", "applications"),
				Table: tableOf("applications", integrationColumns, integrationRow, found, metadata)}, nil
		},
	}
}

func createAuthIntegration() Action {
	name := Text{Name: "name", Label: "Name",
		Help: "Duo allows two applications with one name: check first whether it already exists.", Required: true,
		Example: "Duodesk Auth API"}
	return Action{
		Slug: CreateAuthIntegration, Title: "Create Auth API Integration", Category: integrationCategory,
		Help: "Creates an Auth API application in the organization's account and shows its keys once.",
		API:  Admin, Call: "POST /admin/v2/integrations", Kind: Write, Tier: Act, Role: Owner, Reveals: true,
		Fields: []Field{name},
		Asks:   "Duo creates an application. Anyone with its secret key can send authentication requests to every user of the account.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			made, err := d.CreateAuthIntegration(ctx, name.Of(in))
			if err != nil {
				return Result{Subject: name.Of(in)}, err
			}
			r := Result{Subject: made.Name, Summary: "Created the application " + made.Name +
				" with the integration key " + string(made.Key) + ".",
				Table: objectOf(integrationColumns, integrationRow, made)}
			secret, err := d.IntegrationSecret(ctx, made.Key)
			if err != nil {
				return r, err
			}
			r.Secrets = []Secret{{SecretKeySecret, string(secret)}}
			return r, nil
		},
	}
}
