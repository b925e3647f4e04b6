package views

// liveSamples are the pages that wait for a person, and the state of the keys that this takes.
func liveSamples() []Sample {
	run := Run(sampleWorkspace, acme.Slug, sampleRun)
	waiting := sendingRunPage()
	waiting.Action, waiting.Input = "Send Duo Authentication", []Fact{{Label: "User", Text: janeID, Mono: true}, {Label: "How to ask", Text: "Push: a request in Duo Mobile"}}
	waiting.Live = &Live{Text: "The push is on the device. Waiting for the answer.", Left: 43, Events: RunEvents(sampleWorkspace, acme.Slug, sampleRun), Then: run, Page: run}
	waits := organizationShell(acme, "runs")
	waits.Refresh = 3
	verified, denied := sampleUser(), sampleUser()
	verified.Shield = Shield{Chip: Chip{Level: "ok", Text: "Verified by push 3 min ago"}, Run: run}
	denied.Shield = Shield{Chip: Chip{Level: "bad", Text: "Push reported as fraud 2 min ago"}, Run: run}
	counts := func(text, state string, n int, current bool) FilterLink {
		return FilterLink{Text: text, Count: n, Current: current, Href: AuthKeysView(sampleWorkspace, "", state, 1)}
	}
	row := func(o OrganizationTag, id, level, state, note string, since, checked When) AuthKeysRow {
		return AuthKeysRow{OrganizationTag: o, ID: id, State: Chip{Level: level, Text: state}, Note: note, Since: since, Checked: checked, Check: state != "None", Href: Connection(sampleWorkspace, o.Slug)}
	}
	grid := AuthKeysPage{Workspace: sampleWorkspace, MayCheck: true, Pager: Pager{From: 1, To: 5, Total: 5, Noun: "organizations"},
		Filters: []FilterLink{counts("All", "", 5, true), counts("Work", "works", 2, false), counts("Fail", "fails", 1, false), counts("Not checked", "unchecked", 1, false), counts("None", "none", 1, false)},
		Rows: []AuthKeysRow{
			row(acme, "o1", "ok", "Work", "", lastWeek, minutesAgo),
			row(harbour, "o2", "bad", "Fail", "Duo does not know this integration key on this host.", minutesAgo, minutesAgo),
			row(hostile, "o3", "warn", "Not checked", "", When{}, When{}),
			row(lyndon, "o4", "idle", "None", "No Duo account.", When{}, When{}),
			row(northwindIT, "o5", "ok", "Work", "Your own account: the workspace's keys.", lastWeek, lastWeek),
		}}
	none := AuthKeysPage{Workspace: sampleWorkspace, Query: "nobody", Show: "fails", Empty: Empty{Kind: "no-match", Headline: "No organization fits", Link: Link{Text: "Show all", Href: AuthKeys(sampleWorkspace)}}}
	return []Sample{
		{Name: "run-waiting", Shell: waits, Page: waiting},
		{Name: "verification", Shell: organizationShell(acme, "users"), Page: VerificationPage{Workspace: sampleWorkspace, Organization: acme, UserID: janeID, User: "Jane Roe", Sent: "Sent a verification push to +44 20 7946 0123.",
			Code: ShownCode{Groups: "824 135", Plain: "824135", Spoken: "eight two four, one three five"},
			Live: Live{Text: "The push is sent. Once the caller has answered it, open the answer.", Approved: "Approved. Did the caller read 824 135?", Onward: "Go on with jroe", Left: 119, Events: RunEvents(sampleWorkspace, acme.Slug, sampleRun), Then: User(sampleWorkspace, acme.Slug, janeID) + "?run=" + sampleRun, Page: run}}},
		{Name: "user-verified", Shell: organizationShell(acme, "users"), Page: verified},
		{Name: "user-fraud", Shell: organizationShell(acme, "users"), Page: denied},
		{Name: "auth-keys", Shell: workspaceShell("integration"), Page: grid},
		{Name: "auth-keys-no-match", Shell: workspaceShell("integration"), Page: none},
	}
}
