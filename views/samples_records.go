package views

import "slices"

func sampleRunsPage() RunsPage {
	outcome := func(text, outcome string, count int, current bool) FilterLink {
		return FilterLink{Text: text, Count: count, Current: current, Href: RunsView(sampleWorkspace, "", RunsFilter{Outcome: outcome})}
	}
	day := func(text, from string) FilterLink {
		return FilterLink{Text: text, Count: -1, Href: RunsView(sampleWorkspace, "", RunsFilter{From: from})}
	}
	return RunsPage{Workspace: sampleWorkspace, Zone: "Europe/London", Rows: sampleRuns(), Total: 1204, Older: RunsView(sampleWorkspace, "", RunsFilter{After: "AAYzqz"}),
		Operators:     []Option{{Value: "b3c1", Text: "ana@northwind.example"}, {Value: "b3c2", Text: "tom@northwind.example"}},
		Organizations: []Option{{Value: acme.Slug, Text: acme.Name}, {Value: harbour.Slug, Text: harbour.Name}, {Value: hostile.Slug, Text: hostile.Name}},
		Actions:       []Option{{Value: "update-user", Text: "Update User"}, {Value: "sign-in", Text: "Sign in"}},
		Outcomes:      []FilterLink{outcome("All", "", 1204, true), outcome("Applied", "applied", 1180, false), outcome("Refused", "refused", 21, false), outcome("Unknown: needs a look", "unknown", 3, false)},
		Times:         []FilterLink{day("Today", "2026-08-03"), day("7 days", "2026-07-28"), day("30 days", "2026-07-05")}}
}

func recordsSamples() []Sample {
	filtered := sampleRunsPage()
	filtered.Filter = RunsFilter{Query: hostile.Name, From: "2026-08-01", To: "2026-08-03", Operator: "b3c2", Organization: acme.Slug, Action: "update-user", Outcome: "unknown"}
	filtered.Rows, filtered.Total, filtered.Older, filtered.Newest = filtered.Rows[1:3], 3, "", RunsView(sampleWorkspace, "", filtered.Filter)
	filtered.Note = "Searched the last 12 months. Choose a day to look further back."
	none := RunsPage{Workspace: sampleWorkspace, Filter: RunsFilter{Query: "nobody"}}
	searching := sampleRunsPage()
	searching.Filter, searching.Rows, searching.Total, searching.More = RunsFilter{Query: "as"}, nil, 0, true
	searching.SearchedTo = "3 Mar 2026, 14:02:10 GMT"
	ofOne := sampleRunsPage()
	ofOne.Organization, ofOne.Organizations, ofOne.Rows, ofOne.Total, ofOne.Older = &acme, nil, ofOne.Rows[:2], 2, ""
	waits := organizationShell(acme, "runs")
	waits.Refresh = 3
	return []Sample{
		{Name: "run-waiting", Shell: waits, Page: waitingRunPage()},
		{Name: "runs", Shell: workspaceShell("runs"), Page: sampleRunsPage()},
		{Name: "runs-filtered", Shell: workspaceShell("runs"), Page: filtered},
		{Name: "runs-searching", Shell: workspaceShell("runs"), Page: searching},
		{Name: "readings", Shell: workspaceShell("runs"), Page: sampleReadings()},
		{Name: "readings-none", Shell: workspaceShell("runs"), Page: ReadingsPage{Workspace: sampleWorkspace, Limit: Input{Value: "50000"}}},
		{Name: "runs-no-match", Shell: workspaceShell("runs"), Page: none},
		{Name: "runs-organization", Shell: organizationShell(acme, "runs"), Page: ofOne},
		{Name: "runs-none", Shell: organizationShell(bright, "runs"), Page: RunsPage{Workspace: sampleWorkspace, Organization: &bright}},
		{Name: "run", Shell: organizationShell(acme, "runs"), Page: sampleRunPage(Chip{Level: "ok", Text: "Applied"}, "Created 1 bypass code, 1 use each, valid for 1 hour.")},
		{Name: "run-sending", Shell: organizationShell(acme, "runs"), Page: sendingRunPage()},
		{Name: "run-refused", Shell: organizationShell(acme, "runs"), Page: sampleRunPage(Chip{Level: "bad", Text: "Refused"}, "Duo refused: "+hostile.Name)},
		{Name: "run-unknown", Shell: organizationShell(acme, "runs"), Page: unknownRunPage()},
		{Name: "run-event", Shell: workspaceShell("runs"), Page: RunPage{Workspace: sampleWorkspace, Action: "Refused access", Outcome: Chip{Level: "bad", Text: "Refused"}, Summary: "Not allowed in this role: nothing was done.",
			Facts:  []Fact{{Label: "By", Text: "tom@northwind.example"}, {Label: "Started", Text: "3 Aug 2026, 11:01:26 BST", Note: "34 s ago"}, {Label: "Run", Text: sampleRun, Mono: true}},
			Input:  []Fact{{Label: "Organization", Text: hostile.Name, Mono: true}, {Label: "Request", Text: "POST /w/:ws/o/:org/actions/:action", Mono: true}},
			Ticket: "Refused access\nRefused. Not allowed in this role: nothing was done.", Back: Link{Text: "All runs", Href: Runs(sampleWorkspace)}}},
	}
}

func sampleReadings() ReadingsPage {
	return ReadingsPage{Workspace: sampleWorkspace, MayChange: true, Limit: Input{Value: "12", Error: "Enter a whole number from 1000 to 10000000."},
		Rows: []ReadingRow{
			{Hour: thisMonday, By: "tom@northwind.example", Token: "billing export", List: "users", Organization: &acme, Rows: 1204},
			{Hour: thisMonday, By: "ana@northwind.example", List: "runs.csv", Rows: 50},
			{Hour: lastWeek, By: "tom@northwind.example", Token: hostile.Name, List: "phones", Organization: &hostile, Rows: 3},
		},
		Newest: Readings(sampleWorkspace), Older: ReadingsAfter(sampleWorkspace, "AAYzqz")}
}

func sampleRunPage(outcome Chip, summary string) RunPage {
	return RunPage{Workspace: sampleWorkspace, Organization: &acme, Action: "Create Bypass Code for User", Subject: Link{Text: "Jane Roe", Href: User(sampleWorkspace, acme.Slug, "DUJANE00000000000001")}, Outcome: outcome, Summary: summary,
		Facts: []Fact{{Label: "By", Text: "ana@northwind.example"}, {Label: "Started", Text: "3 Aug 2026, 11:01:26 BST", Note: "34 s ago"}, {Label: "Finished", Text: "3 Aug 2026, 11:01:27 BST", Note: "after 412ms"},
			{Label: "Organization", Text: acme.Name}, {Label: "Duo account", Text: "DA1QX7ZK3M9V5T2R8WPL", Mono: true}, {Label: "Ticket", Text: "INC-20417"}, {Label: "Run", Text: sampleRun, Mono: true}},
		Input:  []Fact{{Label: "User", Text: "DUJANE00000000000001", Mono: true}, {Label: "How many codes", Text: "1"}, {Label: "Keep older codes", Text: "yes"}},
		Ticket: "Create Bypass Code for User: Jane Roe, Acme Dental\n" + outcome.Text + ". " + summary + "\nTicket: INC-20417\n3 Aug 2026, 11:01:26 BST, by ana@northwind.example\nRun " + sampleRun,
		Back:   Link{Text: "All runs", Href: OrganizationRuns(sampleWorkspace, acme.Slug)}}
}

// sendingRunPage has no end yet.
func sendingRunPage() RunPage {
	p := sampleRunPage(Chip{Level: "info", Text: "Sending"}, "")
	p.Facts = slices.DeleteFunc(p.Facts, func(f Fact) bool { return f.Label == "Finished" })
	return p
}

// waitingRunPage waits for a person.
func waitingRunPage() RunPage {
	run := Run(sampleWorkspace, acme.Slug, sampleRun)
	waiting := sendingRunPage()
	waiting.Action, waiting.Input = "Send Duo Authentication", []Fact{{Label: "User", Text: janeID, Mono: true}, {Label: "How to ask", Text: "Push: a request in Duo Mobile"}}
	waiting.Live = &Live{Text: "The push is on the device. Waiting for the answer.", Left: 43, Events: RunEvents(sampleWorkspace, acme.Slug, sampleRun), Then: run, Page: run}
	return waiting
}

func unknownRunPage() RunPage {
	p := sampleRunPage(Chip{Level: "warn", Text: "Unknown"}, "Duo may have done this. Duo did not answer in time.")
	p.Check = "Look at the user's bypass codes: is there one that was made then? Its digits are lost. Delete it and make another."
	p.CheckAt = Link{Text: "Open the user", Href: User(sampleWorkspace, acme.Slug, "DUJANE00000000000001")}
	return p
}
