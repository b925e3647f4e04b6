package operators

import (
	"strings"

	"duodesk/views"
	"duodesk/views/sample"
)

func signOnSamples() []sample.Sample {
	empty := SignOnSettingsPage{Workspace: sample.Workspace, RunID: sample.RunID,
		Return: "https://duo.northwind.example/signin/sso/northwind/back"}
	stored := empty
	stored.Version, stored.Stored = 4, true
	stored.Issuer.Value, stored.ClientID.Value = "https://login.northwind.example", "0oa1b2c3d4e5f6g7h8i9"
	owners := []SignOnOwner{{ID: sampleMember, Email: "ana@northwind.example"}}
	refused := empty
	refused.Typed = true
	refused.Issuer = views.Input{Value: "https://login.microsoftonline.com/common/v2.0",
		Error: "Entra's “common” is for many tenants, and its issuer cannot be checked. " +
			"Use your own tenant's: https://login.microsoftonline.com/TENANT-ID/v2.0."}
	refused.ClientID.Error = "Enter the client ID that the provider shows."
	refused.Secret.Error = "Enter the client secret that the provider shows."
	refused.RoleClaim.Value = "groups"
	refused.Roles = views.Input{Value: "duo-technicians = tech",
		Error: "A line has no role. Roles are owner, admin, technician, helpdesk and auditor."}
	tested := stored
	tested.Verdicts = []SignOnVerdict{
		{"Issuer", views.Chip{Level: "ok", Text: "Right"}, "The provider describes itself with exactly this issuer."},
		{"Client ID", views.Chip{Level: "ok", Text: "Right"}, "The provider knows this client."},
		{"Client secret", views.Chip{Level: "bad", Text: "Wrong"},
			"The provider refuses this secret. It may have expired."},
		{"Redirect address", views.Chip{Level: "idle", Text: "Not known"},
			"The provider asks a person before it answers. Sign in once to see."},
		{"Clock", views.Chip{Level: "bad", Text: "Wrong"}, "The provider's clock is 5 minutes ahead of this server's."},
	}
	tested.Refusals = []SignOnRefusal{
		{Reason: "The account at the provider is linked to nobody who may enter this workspace.",
			Detail: strings.Repeat("wide", 50) + "\u202e, subject 1", Address: "203.0.113.7", Times: 1200,
			At: sample.MinutesAgo},
		{Reason: "The ID token has expired. Check both clocks.", Address: "2001:db8::1", Times: 1, At: sample.LastWeek},
	}
	proved, required := stored, stored
	proved.Proved, proved.Owners = true, owners
	proved.Owner = views.Input{Error: "Choose an owner who has a second factor of this console."}
	required.Proved, required.Required, required.BreakGlass = true, true, "ana@northwind.example"
	required.RoleClaim.Value, required.Roles.Value = "groups", "duo-technicians = technician\nduo-admins = admin"
	required.Problem = "Stop requiring single sign-on before you change issuer or client: nobody but the break-glass " +
		"owner could come in."
	return []sample.Sample{
		{Name: "sign-on-settings-empty", Shell: ownerShell(), Page: empty},
		{Name: "sign-on-settings-refused", Shell: ownerShell(), Page: refused},
		{Name: "sign-on-settings-tested", Shell: ownerShell(), Page: tested},
		{Name: "sign-on-settings-proved", Shell: ownerShell(), Page: proved},
		{Name: "sign-on-settings-required", Shell: ownerShell(), Page: required},
	}
}
