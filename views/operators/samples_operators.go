package operators

import (
	"fmt"
	"slices"

	"duodesk/views"
	"duodesk/views/sample"
)

const sampleMember = "5d0c1a77-8f7e-4f0e-9a43-0a2f6b1f2c11"

func Samples() []sample.Sample {
	return slices.Concat(operatorSamples(), signOnSamples(), accountSamples(), tokenSamples(), rangesSamples())
}

func ownerShell(flashes ...views.Flash) views.Shell {
	shell := sample.WorkspaceShell("operators")
	shell.Role, shell.Flash = "owner", flashes
	return shell
}

func operatorSamples() []sample.Sample {
	some := views.Reach{Count: 2, Names: []string{sample.Acme.Name, sample.Harbour.Name}}
	many := views.Reach{Count: 212, Names: []string{sample.Acme.Name, sample.Bright.Name, sample.Hostile.Name}}
	factors := views.Chip{Level: "ok", Text: "1 passkey, 1 app"}
	rows := []OperatorRow{
		{ID: sampleMember, Email: "ana@northwind.example", Role: "owner", Reach: views.Reach{All: true},
			Seen: sample.MinutesAgo, State: sample.Active, You: true, Factors: factors},
		{ID: sampleMember, Email: "tom@northwind.example", Role: "technician", Reach: some, Seen: sample.LastWeek,
			State: sample.Active, Factors: views.Chip{Level: "warn", Text: "None"}},
		{ID: sampleMember, Email: "night.shift@northwind.example", Role: "helpdesk", Reach: many,
			State: sample.Disabled, Factors: factors},
		{ID: sampleMember, Email: "audit@northwind.example", Role: "auditor", Reach: views.Reach{},
			Seen: sample.LongAgo, State: sample.Active, Factors: factors},
	}
	waiting := []InvitationRow{{ID: sampleMember, RunID: sample.RunID, Email: "mia@northwind.example", Role: "helpdesk",
		Reach: some, By: "ana@northwind.example", Until: sample.Tomorrow}}
	boxes := []GrantOrganization{{OrganizationTag: sample.Acme, ID: "o1", Ticked: true},
		{OrganizationTag: sample.Bright, ID: "o2"}, {OrganizationTag: sample.Hostile, ID: "o3", Ticked: true}}
	grant := GrantFields{Role: views.Input{Value: "technician"}, Organizations: boxes, Total: 512}
	fresh := GrantFields{Every: true, Organizations: manyBoxes(), Total: 500}
	refused := GrantFields{Role: views.Input{Error: "Choose a role."},
		ReachError: "Choose at least one organization, or all of them.", Total: 512, Find: "zzz"}
	member := MemberPage{Workspace: sample.Workspace, ID: sampleMember, Email: "tom@northwind.example",
		RunID: sample.RunID, Was: "technician o1 o3", State: sample.Active, Factors: factors, Seen: sample.LastWeek,
		Grant: grant}
	member.Tokens = []TokenRow{
		{ID: sampleMember, Name: "ticket system", Role: "helpdesk", Reach: some, Made: sample.LastWeek,
			Used: sample.MinutesAgo, Until: sample.Tomorrow,
			Revoke: views.MemberTokens(sample.Workspace, sampleMember)},
		{ID: sampleMember, Name: sample.Hostile.Name, Role: "auditor", Reach: views.Reach{All: true},
			Made: sample.LongAgo, Until: sample.LastWeek, Over: true,
			Revoke: views.MemberTokens(sample.Workspace, sampleMember)},
	}
	last := member
	last.You, last.Error = true, "This is the last owner who can sign in here. Make another operator an owner first."
	review := MemberReview{Workspace: sample.Workspace, ID: sampleMember, Email: "tom@northwind.example",
		RunID: sample.RunID, Was: "owner all", BeforeRole: "owner", AfterRole: "auditor",
		Before: views.Reach{All: true}, After: many, LosesOwner: true, Kept: []views.Hidden{{Name: "role",
			Value: "auditor"}, {Name: "reach", Value: "chosen"}, {Name: "org.o1", Value: "true"}}}
	act := func(name string) MemberActPage {
		return MemberActPage{Workspace: sample.Workspace, WorkspaceName: "Northwind IT", ID: sampleMember,
			Email: "tom@northwind.example", Role: "technician", Act: name, Reach: some, RunID: sample.RunID}
	}
	ended := act("end")
	ended.You, ended.Error = true, last.Error
	return []sample.Sample{
		{Name: "operators", Shell: ownerShell(views.Flash{Level: "ok",
			Text: "Changed tom@northwind.example from owner of all organizations to technician of Acme Dental."}),
			Page: OperatorsPage{Workspace: sample.Workspace, Table: operatorsTable(rows), Waiting: waiting,
				Grace: views.Input{Value: "7"}}},
		{Name: "operators-alone", Shell: ownerShell(), Page: OperatorsPage{Workspace: sample.Workspace,
			Table: views.TableOf("operators", OperatorColumns(sample.Workspace), rows[:1])}},
		{Name: "operators-no-match", Shell: ownerShell(),
			Page: OperatorsPage{Workspace: sample.Workspace,
				Table: views.Table{ID: "list", At: views.Operators(sample.Workspace), Noun: "operators", Live: true,
					Label: "Find an operator", Search: sample.Hostile.Name,
					Empty: views.Empty{Kind: "no-match", Headline: "No operator matches",
						Text: "Change the search or the filter.",
						Link: views.Link{Text: "Show all", Href: views.Operators(sample.Workspace)}}}}},
		{Name: "invite", Shell: ownerShell(), Page: InvitePage{Workspace: sample.Workspace, RunID: sample.RunID,
			Grant: fresh}},
		{Name: "invite-refused", Shell: ownerShell(), Page: InvitePage{Workspace: sample.Workspace, RunID: sample.RunID,
			Email: views.Input{Value: `"><b>x`, Error: "This is not an email address."}, Grant: refused}},
		{Name: "invited", Shell: ownerShell(), Page: InvitedPage{Workspace: sample.Workspace,
			Email: "mia@northwind.example", Role: "helpdesk", Reach: some, Until: sample.Tomorrow, ShownAt: "11:02",
			Link: "https://duo.northwind.example" +
				views.InvitationLink("mU9sB0mS3a9JkQ8rZ2cV7xY1nT5pL4wE6gH0dF3jK8sA2qW9eR5tY7uI1oP6zX4c")}},
		{Name: "member", Shell: ownerShell(), Page: member},
		{Name: "member-last-owner", Shell: ownerShell(), Page: last},
		{Name: "member-review", Shell: ownerShell(), Page: review},
		{Name: "member-disable", Shell: ownerShell(), Page: act("disable")},
		{Name: "member-approve", Shell: ownerShell(), Page: act("approve")},
		{Name: "member-enable", Shell: ownerShell(), Page: act("enable")},
		{Name: "notices", Shell: ownerShell(views.Flash{Level: "ok",
			Text: "Acknowledged 1 security notice."}),
			Page: NoticesPage{Open: sample.Notices(4, 62), Past: sample.PastNotices(), More: true}},
		{Name: "notices-none", Shell: ownerShell(), Page: NoticesPage{}},
		{Name: "operators-notices", Shell: withNotices(ownerShell(), 1),
			Page: OperatorsPage{Workspace: sample.Workspace,
				Table: views.TableOf("operators", OperatorColumns(sample.Workspace), rows[:1])}},
		{Name: "member-end", Shell: ownerShell(), Page: ended},
	}
}

func withNotices(shell views.Shell, n int) views.Shell {
	shell.Notices = n
	return shell
}

func manyBoxes() []GrantOrganization {
	var all []GrantOrganization
	for i := range 500 {
		all = append(all, GrantOrganization{OrganizationTag: views.OrganizationTag{Name: fmt.Sprintf("Client %03d",
			i+1), Colour: i%12 + 1}, ID: fmt.Sprintf("o%d", i+1)})
	}
	return all
}

func accountSamples() []sample.Sample {
	signedIn := sample.AccountShell()
	page := AccountPage{Email: "ana@northwind.example", Factors: 2, Theme: "auto", Density: "compact",
		BrowserZone: "Europe/London",
		Sessions: []SessionRow{
			{ID: "s1", Browser: "Firefox on Windows", Address: "203.0.113.7", Since: sample.ThisMonday,
				Seen: sample.MinutesAgo, This: true},
			{ID: "s2", Browser: "Another browser", Since: sample.LastWeek, Seen: sample.LastWeek},
		}, Devices: []SessionRow{
			{ID: "d1", Browser: "Firefox on Windows", Address: "203.0.113.7", Since: sample.LastWeek,
				Seen: sample.ThisMonday, This: true},
			{ID: "d2", Browser: "Another browser", Since: sample.LongAgo, Seen: sample.LastWeek},
		}, Events: []AccountEventRow{
			{Kind: "refused", Browser: "Another browser", Address: "198.51.100.9", At: sample.MinutesAgo},
			{Kind: "signed-in", Browser: "Firefox on Windows", Address: "203.0.113.7", At: sample.ThisMonday},
			{Kind: "password-reset", At: sample.LastWeek},
		}}
	for _, kind := range []string{"factor-added", "factor-removed", "factor-refused", "factors-reset",
		"recovery-codes-made", "recovery-code-used", "passkey-synced"} {
		page.Events = append(page.Events, AccountEventRow{Kind: kind, Browser: "Firefox on Windows",
			Address: "203.0.113.7", At: sample.LastWeek})
	}
	refused := page
	refused.Current.Error, refused.New.Error = "This is not your password.",
		"This has 9 characters; at least 15 are needed."
	refused.TimeZone = views.Input{Value: sample.Hostile.Name,
		Error: "No time zone has this name. Use one such as Europe/London or America/New_York."}
	done := page
	done.Said = "password"
	invited := AcceptPage{Token: "mU9sB0mS3a9J", Email: "mia@northwind.example", Workspace: "Northwind IT",
		Role: "technician", Reach: views.Reach{Count: 2, Names: []string{sample.Acme.Name, sample.Hostile.Name}},
		Inviter: "ana@northwind.example", Until: sample.Tomorrow}
	known := invited
	known.Known, known.Other, known.Error = true, "tom@northwind.example", "This password is wrong."
	here := invited
	here.Known, here.SignedIn, here.Other = true, true, invited.Email
	return []sample.Sample{
		{Name: "account", Shell: signedIn, Page: page},
		{Name: "account-refused", Shell: signedIn, Page: refused},
		{Name: "account-done", Shell: signedIn, Page: done},
		{Name: "invitation", Shell: sample.AloneShell(), Page: InvitationPage{}},
		{Name: "invitation-refused", Shell: sample.AloneShell(), Page: InvitationPage{Refused: true}},
		{Name: "invitation-slow", Shell: sample.AloneShell(),
			Page: InvitationPage{SlowDown: "Too many attempts. Try again in 8 s."}},
		{Name: "accept-new", Shell: sample.AloneShell(), Page: invited},
		{Name: "accept-known", Shell: sample.AloneShell(), Page: known},
		{Name: "accept-signed-in", Shell: sample.AloneShell(), Page: here},
	}
}

func operatorsTable(rows []OperatorRow) views.Table {
	at := views.Operators(sample.Workspace)
	t := views.TableOf("operators", OperatorColumns(sample.Workspace), rows)
	t.At, t.Label, t.Live, t.Caption = at, "Find an operator", true, "61 operators"
	t.Heads[0].Sort, t.Heads[1].Sort, t.Heads[3].Sort, t.Heads[3].Sorted = at, views.With(at, "sort", "role"),
		views.With(at, "sort", "-seen"), "descending"
	t.Previous, t.Next = views.Link{Text: "Previous"}, views.Link{Text: "Next", Href: views.With(at, "after", "AAYzqz")}
	return t
}
