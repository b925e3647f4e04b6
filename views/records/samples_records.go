package records

import (
	"slices"

	"duodesk/views"
	"duodesk/views/sample"
)

func sampleRunsPage(rows []views.RunRow, ofOne bool) RunsPage {
	at := views.Runs(sample.Workspace)
	outcome := func(text, outcome string, count int, current bool) views.FilterLink {
		return views.FilterLink{Text: text, Count: count, Current: current, Href: views.With(at, "outcome", outcome)}
	}
	day := func(text, from string) views.FilterLink {
		return views.FilterLink{Text: text, Count: -1, Href: views.With(at, "from", from)}
	}
	p := RunsPage{Workspace: sample.Workspace, Total: 1204,
		Table: views.TableOf("runs", RunColumns(sample.Workspace, !ofOne), rows)}
	t := &p.Table
	t.At, t.Label, t.Placeholder, t.Live, t.Caption = at, "Search", "Name or ticket", true, "1 204 runs"
	t.Heads[0].Sort, t.Heads[0].Sorted = views.With(at, "sort", "-when"), "descending"
	t.Next, t.Previous = views.Link{Text: "Older", Href: views.With(at, "after", "AAYzqz")}, views.Link{Text: "Newer"}
	t.Boxes = []views.FieldView{
		{Name: "from", Label: "From", Kind: "date", Quiet: true},
		{Name: "to", Label: "To (Europe/London)", Kind: "date", Quiet: true},
		{Name: "operator", Label: "By", Kind: "select", Quiet: true, Options: []views.Option{{Text: "All operators"},
			{Value: "b3c1", Text: "ana@northwind.example"}, {Value: "b3c2", Text: "tom@northwind.example"}}},
		{Name: "organization", Label: "Organization", Quiet: true},
		{Name: "action", Label: "Action", Kind: "select", Quiet: true, Options: []views.Option{{Text: "Any"},
			{Value: "update-user", Text: "Update User"}, {Value: "sign-in", Text: "Sign in"}}}}
	if ofOne {
		p.Org = sample.Acme.Slug
		t.Boxes = append(t.Boxes[:3:3], t.Boxes[4])
	}
	t.Choices = []views.Choices{
		{Label: "Filter by outcome", Links: []views.FilterLink{outcome("All", "", 1204, true),
			outcome("Applied", "applied", 1180, false), outcome("Refused", "refused", 21, false),
			outcome("Unknown: needs a look", "unknown", 3, false)}},
		{Label: "Filter by time", Links: []views.FilterLink{day("Today", "2026-08-03"), day("7 days", "2026-07-28"),
			day("30 days", "2026-07-05")}}}
	return p
}

func Samples() []sample.Sample {
	filtered := sampleRunsPage(sample.Runs()[1:3], false)
	filtered.Total, filtered.Table.Caption, filtered.Table.Filtered, filtered.Table.Search = 3, "3 runs", true,
		sample.Hostile.Name
	filtered.Table.Next.Href, filtered.Table.Previous.Href = "", views.With(filtered.Table.At, "before", "AAYzqz")
	for i, value := range []string{"2026-08-01", "2026-08-03", "b3c2", sample.Acme.Slug, "update-user"} {
		filtered.Table.Boxes[i].Value = value
	}
	filtered.Table.Notes = []string{"Searched the last 12 months. Choose a day to look further back."}
	none := sampleRunsPage(nil, false)
	none.Total, none.Table.Search, none.Table.Caption, none.Table.Next.Href = 0, "nobody", "", ""
	none.Table.Empty = views.Empty{Kind: "no-match", Headline: "No run matches",
		Text: "Change the search or the filter.", Link: views.Link{Text: "Show all",
			Href: views.Runs(sample.Workspace)}}
	searching := sampleRunsPage(nil, false)
	searching.Total, searching.More, searching.Table.Search, searching.Table.Caption = 0, true, "as", ""
	searching.Table.Notes, searching.Table.More = []string{"Searched as far as 3 Mar 2026, 14:02:10 GMT."},
		views.Link{Text: "Search on", Href: views.With(views.Runs(sample.Workspace), "after", "AAYzqz")}
	searching.Table.Empty = views.Empty{Kind: "no-match", Headline: "No run matches so far",
		Text: "These words are too common or too short for the index. Choose days, an operator or an action to search faster."}
	ofOne := sampleRunsPage(sample.Runs()[:2], true)
	ofOne.Total, ofOne.Table.Caption, ofOne.Table.Next.Href = 2, "2 runs", ""
	never := RunsPage{Workspace: sample.Workspace, Org: sample.Bright.Slug, Table: views.Table{ID: "list", Noun: "runs",
		Empty: views.Empty{Kind: "nothing-yet", Headline: "Nothing was done here yet",
			Text: "Each change is listed here: the operator, the action, the user and the outcome."}}}
	waits := sample.OrganizationShell(sample.Acme, "runs")
	waits.Refresh = 3
	return []sample.Sample{
		{Name: "run-waiting", Shell: waits, Page: waitingRunPage()},
		{Name: "runs", Shell: sample.WorkspaceShell("runs"), Page: sampleRunsPage(sample.Runs(), false)},
		{Name: "runs-filtered", Shell: sample.WorkspaceShell("runs"), Page: filtered},
		{Name: "runs-searching", Shell: sample.WorkspaceShell("runs"), Page: searching},
		{Name: "readings", Shell: sample.WorkspaceShell("runs"), Page: sampleReadings()},
		{Name: "readings-none", Shell: sample.WorkspaceShell("runs"),
			Page: ReadingsPage{Workspace: sample.Workspace, Most: 50000, Limit: views.Input{Value: "50000"},
				Table: views.Table{ID: "list", Empty: views.Empty{Kind: "nothing-yet", Headline: "Nothing exported yet",
					Text: "Exports and lists read by access tokens appear here."}}}},
		{Name: "quotas", Shell: sample.WorkspaceShell("runs"), Page: sampleQuotas(true)},
		{Name: "quotas-read", Shell: sample.WorkspaceShell("runs"), Page: sampleQuotas(false)},
		{Name: "tickets", Shell: sample.WorkspaceShell("runs"), Page: sampleTickets()},
		{Name: "tickets-to-read", Shell: sample.WorkspaceShell("runs"), Page: TicketsPage{Workspace: sample.Workspace,
			Required: []string{"Admin API - Bypass Code", "Update Settings"}}},
		{Name: "runs-no-match", Shell: sample.WorkspaceShell("runs"), Page: none},
		{Name: "runs-organization", Shell: sample.OrganizationShell(sample.Acme, "runs"), Page: ofOne},
		{Name: "runs-none", Shell: sample.OrganizationShell(sample.Bright, "runs"), Page: never},
		{Name: "run", Shell: sample.OrganizationShell(sample.Acme, "runs"), Page: sampleRunPage(views.Chip{Level: "ok",
			Text: "Applied"}, "Created 1 bypass code, 1 use each, valid for 1 hour.")},
		{Name: "run-sending", Shell: sample.OrganizationShell(sample.Acme, "runs"), Page: sendingRunPage()},
		{Name: "run-refused", Shell: sample.OrganizationShell(sample.Acme, "runs"),
			Page: sampleRunPage(views.Chip{Level: "bad", Text: "Refused"}, "Duo refused: "+sample.Hostile.Name)},
		{Name: "run-unknown", Shell: sample.OrganizationShell(sample.Acme, "runs"), Page: unknownRunPage()},
		{Name: "run-event", Shell: sample.WorkspaceShell("runs"),
			Page: RunPage{Workspace: sample.Workspace, Action: "Refused access", Outcome: views.Chip{Level: "bad",
				Text: "Refused"}, Summary: "Not allowed in this role: nothing was done.",
				Facts: []views.Fact{{Label: "By", Text: "tom@northwind.example"},
					{Label: "Started", When: views.When{ISO: sample.MinutesAgo.ISO, Text: "3 Aug 2026, 11:01:26 BST",
						Ago: "34 s ago"}}, {Label: "Run", Text: sample.RunID, Mono: true}},
				Input: []views.Fact{{Label: "Organization", Text: sample.Hostile.Name, Mono: true},
					{Label: "Request", Text: "POST /w/:ws/o/:org/actions/:action", Mono: true}},
				Ticket: "Refused access\nRefused. Not allowed in this role: nothing was done.",
				Back:   views.Link{Text: "All runs", Href: views.Runs(sample.Workspace)}}},
	}
}

func sampleQuotas(mayChange bool) QuotasPage {
	limit := func(role, field string, most int) QuotaLimit {
		return QuotaLimit{Role: role, Field: field, Most: most, Input: views.Input{Value: views.Itoa(most)}}
	}
	codes := QuotaGroup{Title: "Bypass codes", Window: "1 hour", Help: "Each code counts.", Limits: []QuotaLimit{
		limit("Help Desk", "bypass-codes.helpdesk", 10), limit("Technician", "bypass-codes.technician", 10),
		limit("Administrator", "bypass-codes.admin", 25), limit("Owner", "bypass-codes.owner", 25)}}
	if mayChange {
		codes.Limits[0].Input = views.Input{Value: "0", Error: "Enter a whole number from 1 to 10000."}
	}
	return QuotasPage{Workspace: sample.Workspace, MayChange: mayChange, Quotas: []QuotaGroup{codes,
		{Title: "SMS messages", Window: "1 hour", Limits: []QuotaLimit{limit("Help Desk", "sms.helpdesk", 30),
			limit("Owner", "sms.owner", 1200)}}}}
}

func sampleTickets() TicketsPage {
	return TicketsPage{Workspace: sample.Workspace, MayChange: true, Groups: []TicketGroup{
		{Name: "Admin API - Bypass Code", Field: "all Admin API - Bypass Code", All: true, Actions: []TicketChoice{
			{Title: "Delete Bypass Code", Field: "delete-bypass-code"},
			{Title: "Create Bypass Code for User", Field: "create-bypass-code-for-user", Required: true}}},
		{Name: "Admin API - Settings", Field: "all Admin API - Settings",
			Actions: []TicketChoice{{Title: "Update Settings", Field: "update-settings", Required: true}}},
	}}
}

func sampleReadings() ReadingsPage {
	t := views.TableOf("data exports", ReadingColumns, []ReadingRow{
		{Hour: sample.ThisMonday, By: "tom@northwind.example", Token: "billing export", List: "users",
			Organization: &sample.Acme, Rows: 1204},
		{Hour: sample.ThisMonday, By: "ana@northwind.example", List: "runs.csv", Rows: 50},
		{Hour: sample.LastWeek, By: "tom@northwind.example", Token: sample.Hostile.Name, List: "phones",
			Organization: &sample.Hostile, Rows: 3},
	})
	t.Heads[0].Sort, t.Heads[0].Sorted = views.With(views.Readings(sample.Workspace), "sort", "-hour"), "descending"
	t.Previous = views.Link{Text: "Newer", Href: views.Readings(sample.Workspace)}
	t.Next = views.Link{Text: "Older", Href: views.With(views.Readings(sample.Workspace), "after", "AAYzqz")}
	return ReadingsPage{Workspace: sample.Workspace, Most: 50000, MayChange: true,
		Limit: views.Input{Value: "12", Error: "Enter a whole number from 1000 to 10000000."}, Table: t}
}

func sampleRunPage(outcome views.Chip, summary string) RunPage {
	return RunPage{Workspace: sample.Workspace, Organization: &sample.Acme, Action: "Create Bypass Code for User",
		Subject: views.Link{Text: "Jane Roe", Href: views.User(sample.Workspace, sample.Acme.Slug,
			"DUJANE00000000000001")}, Outcome: outcome, Summary: summary,
		Facts: []views.Fact{{Label: "By", Text: "ana@northwind.example"},
			{Label: "Started", When: views.When{ISO: sample.MinutesAgo.ISO, Text: "3 Aug 2026, 11:01:26 BST",
				Ago: "34 s ago"}}, {Label: "Finished", Text: "3 Aug 2026, 11:01:27 BST", Note: "after 412ms"},
			{Label: "Organization", Text: sample.Acme.Name}, {Label: "Duo account", Text: "DA1QX7ZK3M9V5T2R8WPL",
				Mono: true}, {Label: "Ticket", Text: "INC-20417"}, {Label: "Run", Text: sample.RunID, Mono: true}},
		Input: []views.Fact{{Label: "User", Text: "DUJANE00000000000001", Mono: true},
			{Label: "How many codes", Text: "1"}, {Label: "Keep older codes", Text: "yes"}},
		Ticket: "Create Bypass Code for User: Jane Roe, Acme Dental\n" + outcome.Text + ". " + summary +
			"\nTicket: INC-20417\n3 Aug 2026, 11:01:26 BST, by ana@northwind.example\nRun " + sample.RunID,
		Back: views.Link{Text: "All runs", Href: views.OrganizationRuns(sample.Workspace, sample.Acme.Slug)}}
}

// sendingRunPage has no end yet.
func sendingRunPage() RunPage {
	p := sampleRunPage(views.Chip{Level: "info", Text: "Sending"}, "")
	p.Facts = slices.DeleteFunc(p.Facts, func(f views.Fact) bool { return f.Label == "Finished" })
	return p
}

// waitingRunPage waits for a person.
func waitingRunPage() RunPage {
	run := views.Run(sample.Workspace, sample.Acme.Slug, sample.RunID)
	waiting := sendingRunPage()
	waiting.Action, waiting.Input = "Send Duo Authentication", []views.Fact{{Label: "User", Text: sample.JaneID,
		Mono: true}, {Label: "How to ask", Text: "Push: a request in Duo Mobile"}}
	waiting.Live = &views.Live{Text: "The push is on the device. Waiting for the answer.", Left: 43,
		Events: views.RunEvents(sample.Workspace, sample.Acme.Slug, sample.RunID), Then: run, Page: run}
	return waiting
}

func unknownRunPage() RunPage {
	p := sampleRunPage(views.Chip{Level: "warn", Text: "Unknown"},
		"Duo may have done this. Duo did not answer in time.")
	p.Check = "Look at the user's bypass codes. If a code was created at that time, its digits are lost: delete it and create another."
	p.CheckAt = views.Link{Text: "Open the user", Href: views.User(sample.Workspace, sample.Acme.Slug,
		"DUJANE00000000000001")}
	return p
}
