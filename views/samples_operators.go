package views

import (
	"fmt"
	"slices"
)

const sampleMember = "5d0c1a77-8f7e-4f0e-9a43-0a2f6b1f2c11"

func operatorsSamples() []Sample { return slices.Concat(operatorSamples(), accountSamples()) }

func ownerShell(flashes ...Flash) Shell {
	shell := workspaceShell("operators")
	shell.Role, shell.Flash = "owner", flashes
	return shell
}

func operatorSamples() []Sample {
	some := Reach{Count: 2, Names: []string{acme.Name, harbour.Name}}
	many := Reach{Count: 212, Names: []string{acme.Name, bright.Name, hostile.Name}}
	rows := []OperatorRow{
		{ID: sampleMember, Email: "ana@northwind.example", Role: "owner", Reach: Reach{All: true}, Seen: minutesAgo, State: active, You: true},
		{ID: sampleMember, Email: "tom@northwind.example", Role: "technician", Reach: some, Seen: lastWeek, State: active},
		{ID: sampleMember, Email: "night.shift@northwind.example", Role: "helpdesk", Reach: many, State: disabled},
		{ID: sampleMember, Email: "audit@northwind.example", Role: "auditor", Reach: Reach{}, Seen: longAgo, State: active},
	}
	waiting := []InvitationRow{{ID: sampleMember, RunID: sampleRun, Email: "mia@northwind.example", Role: "helpdesk", Reach: some, By: "ana@northwind.example", Until: tomorrow}}
	boxes := []GrantOrganization{{OrganizationTag: acme, ID: "o1", Ticked: true}, {OrganizationTag: bright, ID: "o2"}, {OrganizationTag: hostile, ID: "o3", Ticked: true}}
	grant := GrantFields{Role: Input{Value: "technician"}, Organizations: boxes, Total: 512}
	fresh := GrantFields{Every: true, Organizations: manyBoxes(), Total: 500}
	refused := GrantFields{Role: Input{Error: "Choose a role."}, ReachError: "Choose at least one organization, or all of them.", Total: 512, Find: "zzz"}
	member := MemberPage{Workspace: sampleWorkspace, ID: sampleMember, Email: "tom@northwind.example", RunID: sampleRun, Was: "technician o1 o3", State: active, Seen: lastWeek, Grant: grant}
	member.Tokens = []TokenRow{
		{ID: sampleMember, Name: "ticket system", Role: "helpdesk", Reach: some, Made: lastWeek, Used: minutesAgo, Until: tomorrow, Revoke: MemberTokens(sampleWorkspace, sampleMember)},
		{ID: sampleMember, Name: hostile.Name, Role: "auditor", Reach: Reach{All: true}, Made: longAgo, Until: lastWeek, Over: true, Revoke: MemberTokens(sampleWorkspace, sampleMember)},
	}
	last := member
	last.You, last.Error = true, "This is the last owner who can sign in here. Make somebody else an owner first."
	review := MemberReview{Workspace: sampleWorkspace, ID: sampleMember, Email: "tom@northwind.example", RunID: sampleRun, Was: "owner all", BeforeRole: "owner", AfterRole: "auditor",
		Before: Reach{All: true}, After: many, LosesOwner: true, Kept: []Hidden{{Name: "role", Value: "auditor"}, {Name: "reach", Value: "chosen"}, {Name: "org.o1", Value: "true"}}}
	act := func(name string) MemberActPage {
		return MemberActPage{Workspace: sampleWorkspace, WorkspaceName: "Northwind IT", ID: sampleMember, Email: "tom@northwind.example", Role: "technician", Act: name, Reach: some, RunID: sampleRun}
	}
	ended := act("end")
	ended.You, ended.Error = true, last.Error
	return []Sample{
		{Name: "operators", Shell: ownerShell(Flash{Level: "ok", Text: "Changed tom@northwind.example from owner of all organizations to technician of Acme Dental."}),
			Page: OperatorsPage{Workspace: sampleWorkspace, Search: true, Rows: rows, Waiting: waiting, Pager: Pager{From: 1, To: 50, Total: 61, Noun: "operators", Next: OperatorsView(sampleWorkspace, "", 2)}}},
		{Name: "operators-alone", Shell: ownerShell(), Page: OperatorsPage{Workspace: sampleWorkspace, Rows: rows[:1]}},
		{Name: "operators-no-match", Shell: ownerShell(), Page: OperatorsPage{Workspace: sampleWorkspace, Search: true, Query: hostile.Name}},
		{Name: "invite", Shell: ownerShell(), Page: InvitePage{Workspace: sampleWorkspace, RunID: sampleRun, Grant: fresh}},
		{Name: "invite-refused", Shell: ownerShell(), Page: InvitePage{Workspace: sampleWorkspace, RunID: sampleRun, Email: Input{Value: `"><b>x`, Error: "This is not an e-mail address."}, Grant: refused}},
		{Name: "invited", Shell: ownerShell(), Page: InvitedPage{Workspace: sampleWorkspace, Email: "mia@northwind.example", Role: "helpdesk", Reach: some, Until: tomorrow, ShownAt: "11:02",
			Link: "https://duo.northwind.example" + InvitationLink("mU9sB0mS3a9JkQ8rZ2cV7xY1nT5pL4wE6gH0dF3jK8sA2qW9eR5tY7uI1oP6zX4c")}},
		{Name: "member", Shell: ownerShell(), Page: member},
		{Name: "member-last-owner", Shell: ownerShell(), Page: last},
		{Name: "member-review", Shell: ownerShell(), Page: review},
		{Name: "member-disable", Shell: ownerShell(), Page: act("disable")},
		{Name: "member-enable", Shell: ownerShell(), Page: act("enable")},
		{Name: "member-end", Shell: ownerShell(), Page: ended},
	}
}

func manyBoxes() []GrantOrganization {
	var all []GrantOrganization
	for i := range 500 {
		all = append(all, GrantOrganization{OrganizationTag: OrganizationTag{Name: fmt.Sprintf("Client %03d", i+1), Colour: i%12 + 1}, ID: fmt.Sprintf("o%d", i+1)})
	}
	return all
}

func accountSamples() []Sample {
	signedIn := accountShell()
	page := AccountPage{Email: "ana@northwind.example", Theme: "auto", Density: "compact", BrowserZone: "Europe/London", Sessions: []SessionRow{
		{ID: "s1", Browser: "Firefox on Windows", Address: "203.0.113.7", Since: thisMonday, Seen: minutesAgo, This: true},
		{ID: "s2", Browser: "Another browser", Since: lastWeek, Seen: lastWeek},
	}, Devices: []SessionRow{
		{ID: "d1", Browser: "Firefox on Windows", Address: "203.0.113.7", Since: lastWeek, Seen: thisMonday, This: true},
		{ID: "d2", Browser: "Another browser", Since: longAgo, Seen: lastWeek},
	}, Events: []AccountEventRow{
		{Kind: "refused", Browser: "Another browser", Address: "198.51.100.9", At: minutesAgo},
		{Kind: "signed-in", Browser: "Firefox on Windows", Address: "203.0.113.7", At: thisMonday},
		{Kind: "password-reset", At: lastWeek},
	}}
	refused := page
	refused.Current.Error, refused.New.Error = "This is not your password.", "This has 9 characters; at least 15 are needed."
	refused.TimeZone = Input{Value: hostile.Name, Error: "There is no such time zone. Names look like Europe/London."}
	done := page
	done.Said = "password"
	tokens := []TokenRow{
		{ID: "k1", Name: "ticket system", Workspace: "Northwind IT", Role: "helpdesk", Reach: Reach{Count: 2, Names: []string{acme.Name, harbour.Name}}, Made: lastWeek, Used: minutesAgo, Until: tomorrow, Revoke: RevokeToken(sampleWorkspace)},
		{ID: "k2", Name: hostile.Name, Workspace: hostile.Name, Role: "owner", Reach: Reach{All: true}, Made: longAgo, Until: lastWeek, Over: true, Revoke: RevokeToken("harbour")},
	}
	boxes := []GrantOrganization{{OrganizationTag: acme, ID: "o1", Ticked: true}, {OrganizationTag: bright, ID: "o2"}, {OrganizationTag: hostile, ID: "o3", Ticked: true}}
	form := TokenForm{Workspace: sampleWorkspace, WorkspaceName: "Northwind IT", RunID: sampleRun, Days: Input{Value: "30"}, Grant: GrantFields{Role: Input{Value: "auditor"}, Every: true, Organizations: boxes, Total: 3}}
	bad := TokenForm{Workspace: sampleWorkspace, WorkspaceName: hostile.Name, RunID: sampleRun, Name: Input{Error: "Fill this in."}, Days: Input{Error: "Choose one."}, Password: Input{Error: "This is not your password."},
		Grant: GrantFields{Role: Input{Value: "owner", Error: "Your own role is less."}, ReachError: "Choose at least one organization, or all of them.", Organizations: boxes, Total: 3, Most: "technician", Limited: true}}
	invited := AcceptPage{Token: "mU9sB0mS3a9J", Email: "mia@northwind.example", Workspace: "Northwind IT", Role: "technician", Reach: Reach{Count: 2, Names: []string{acme.Name, hostile.Name}},
		Inviter: "ana@northwind.example", Until: tomorrow}
	known := invited
	known.Known, known.Other, known.Error = true, "tom@northwind.example", "This password is wrong."
	here := invited
	here.Known, here.SignedIn, here.Other = true, true, invited.Email
	return []Sample{
		{Name: "account", Shell: signedIn, Page: page},
		{Name: "account-refused", Shell: signedIn, Page: refused},
		{Name: "account-done", Shell: signedIn, Page: done},
		{Name: "tokens", Shell: signedIn, Page: TokensPage{Said: "revoked", Rows: tokens, Places: []TokenPlace{{Workspace: sampleWorkspace, Name: "Northwind IT", Role: "owner"}, {Workspace: "harbour", Name: hostile.Name, Role: "auditor"}}}},
		{Name: "tokens-none", Shell: signedIn, Page: TokensPage{Places: []TokenPlace{{Workspace: sampleWorkspace, Name: "Northwind IT", Role: "owner"}}}},
		{Name: "token-form", Shell: signedIn, Page: form},
		{Name: "token-refused", Shell: signedIn, Page: bad},
		{Name: "token-shown", Shell: signedIn, Page: TokenShown{Workspace: sampleWorkspace, Name: "ticket system", Role: "helpdesk", Reach: invited.Reach, Until: tomorrow, ShownAt: "11:02",
			Token: "ddk_mU9sB0mS3a9JkQ8rZ2cV7xY1nT5pL4wE6gH0dF3jK8sA2qW9eR5tY7uI1oP6zX4c",
			Curl:  "curl -sS https://duo.northwind.example/api/v1/w/northwind \\\n  -H \"Authorization: Bearer $TOKEN\""}},
		{Name: "invitation", Shell: aloneShell(), Page: InvitationPage{}},
		{Name: "invitation-refused", Shell: aloneShell(), Page: InvitationPage{Refused: true}},
		{Name: "invitation-slow", Shell: aloneShell(), Page: InvitationPage{SlowDown: "Too many attempts. Try again in 8 s."}},
		{Name: "accept-new", Shell: aloneShell(), Page: invited},
		{Name: "accept-known", Shell: aloneShell(), Page: known},
		{Name: "accept-signed-in", Shell: aloneShell(), Page: here},
	}
}
