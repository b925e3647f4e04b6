package operators

import (
	"slices"

	"duodesk/views"
	"duodesk/views/sample"
)

// tokenActs are boxes of actions, with some of them ticked.
func tokenActs(titles []string, ticked ...string) (acts []TokenAct) {
	for i, title := range titles {
		acts = append(acts, TokenAct{Name: "act.sample-" + views.Itoa(i), Title: title,
			Ticked: slices.Contains(ticked, title)})
	}
	return acts
}

func tokenSamples() []sample.Sample {
	signedIn := sample.AccountShell()
	acts := []string{"Delete User", "Create Bypass Code for User", "Update Settings", "Delete Account"}
	tokens := []TokenRow{
		{ID: "k1", Name: "ticket system", Workspace: "Northwind IT", Role: "helpdesk",
			Reach: views.Reach{Count: 2, Names: []string{sample.Acme.Name, sample.Harbour.Name}}, Made: sample.LastWeek,
			Used: sample.MinutesAgo, Until: sample.Tomorrow, Revoke: views.RevokeToken(sample.Workspace),
			Acts: acts, Ranges: "203.0.113.0/24, 2001:db8::/32", Refused: sample.ThisMonday,
			RefusedFrom: "198.51.100.9"},
		{ID: "k3", Name: "offboarding", Workspace: "Northwind IT", Role: "admin", Reach: views.Reach{All: true},
			Made: sample.LastWeek, Until: sample.Tomorrow, Revoke: views.RevokeToken(sample.Workspace), Acts: acts[:1],
			Ranges: "203.0.113.7/32"},
		{ID: "k2", Name: sample.Hostile.Name, Workspace: sample.Hostile.Name, Role: "owner",
			Reach: views.Reach{All: true}, Made: sample.LongAgo, Until: sample.LastWeek, Over: true,
			Revoke: views.RevokeToken("harbour")},
	}
	boxes := []GrantOrganization{{OrganizationTag: sample.Acme, ID: "o1", Ticked: true},
		{OrganizationTag: sample.Bright, ID: "o2"}, {OrganizationTag: sample.Hostile, ID: "o3", Ticked: true}}
	form := TokenForm{Workspace: sample.Workspace, WorkspaceName: "Northwind IT", RunID: sample.RunID,
		Days: views.Input{Value: "30"}, Grant: GrantFields{Role: views.Input{Value: "auditor"}, Every: true,
			Organizations: boxes, Total: 3}, Acts: tokenActs(acts)}
	bad := TokenForm{Workspace: sample.Workspace, WorkspaceName: sample.Hostile.Name, RunID: sample.RunID,
		Name: views.Input{Error: "Fill this in."}, Days: views.Input{Error: "Choose one."},
		Password: views.Input{Error: "This is not your password."}, Acts: tokenActs(acts, acts[1]),
		Ranges: views.Input{Value: "203.0.113.7/24\n" + sample.Hostile.Name,
			Error: "“203.0.113.7/24” is an address in a range. The range would be 203.0.113.0/24."},
		Grant: GrantFields{Role: views.Input{Value: "owner", Error: "Choose a role that is not above your own."},
			ReachError: "Choose at least one organization, or all of them.", Organizations: boxes, Total: 3,
			Most: "technician", Limited: true}}
	return []sample.Sample{
		{Name: "tokens", Shell: signedIn, Page: TokensPage{Said: "revoked", Rows: tokens,
			Elsewhere: []string{sample.Hostile.Name},
			Places: []TokenPlace{{Workspace: sample.Workspace, Name: "Northwind IT", Role: "owner"},
				{Workspace: "harbour", Name: sample.Hostile.Name, Role: "auditor"}}}},
		{Name: "tokens-none", Shell: signedIn,
			Page: TokensPage{Places: []TokenPlace{{Workspace: sample.Workspace, Name: "Northwind IT", Role: "owner"}}}},
		{Name: "token-form", Shell: signedIn, Page: form},
		{Name: "token-refused", Shell: signedIn, Page: bad},
		{Name: "token-shown", Shell: signedIn, Page: TokenShown{Workspace: sample.Workspace, Name: "ticket system",
			Role: "helpdesk", Reach: tokens[0].Reach, Acts: acts, Ranges: tokens[0].Ranges, Until: sample.Tomorrow,
			ShownAt: "11:02",
			Token:   "ddk_mU9sB0mS3a9JkQ8rZ2cV7xY1nT5pL4wE6gH0dF3jK8sA2qW9eR5tY7uI1oP6zX4c",
			Curl:    "curl -sS https://duo.northwind.example/api/v1/w/northwind \\\n  -H \"Authorization: Bearer $TOKEN\""}},
	}
}
