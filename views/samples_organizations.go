package views

func organizationFormSamples() []Sample {
	drifted := savedIntegration()
	drifted.Mapping.Drift = sampleDrift()
	return []Sample{
		{Name: "mapping-drift", Shell: workspaceShell("integration"), Page: drifted},
		{Name: "import", Shell: workspaceShell("organizations"), Page: ImportPage{Workspace: sampleWorkspace}},
		{Name: "import-refused", Shell: workspaceShell("organizations"), Page: ImportPage{Workspace: sampleWorkspace, Text: Input{Value: "nam;tags\n" + hostile.Name, Error: "The first line names a column “nam”, which there is not."}}},
		{Name: "import-preview", Shell: workspaceShell("organizations"), Page: importSample()},
		{Name: "import-preview-failed", Shell: workspaceShell("organizations"), Page: failedImportSample()},
		{Name: "organization-edit", Shell: organizationShell(acme, "overview"), Page: editSample(acme)},
		{Name: "organization-edit-refused", Shell: organizationShell(hostile, "overview"), Page: refusedEditSample()},
		{Name: "organization-edit-overtaken", Shell: organizationShell(acme, "overview"), Page: overtakenEditSample()},
	}
}

func sampleDrift() []DriftRow {
	rows := []DriftRow{
		{OrganizationTag: bright, AccountID: "DABR1GHT000000000001", AccountName: "Bright Futures", Gone: true},
		{OrganizationTag: acme, AccountID: "DA1QX7ZK3M9V5T2R8WPL", AccountName: "Acme Dental", NameNow: "Acme Dental Group"},
		{OrganizationTag: hostile, AccountID: "DAX00000000000000001", AccountName: hostile.Name, NameNow: hostile.Name + " Ltd"},
	}
	for i := range 8 {
		o := OrganizationTag{Slug: "client-" + itoa(i), Name: "Client " + itoa(i), Colour: i + 1}
		rows = append(rows, DriftRow{OrganizationTag: o, AccountID: "DACL13NT00000000000" + itoa(i), AccountName: o.Name, NameNow: o.Name + " Holdings"})
	}
	return rows
}

func editSample(o OrganizationTag) EditOrganizationPage {
	page := EditOrganizationPage{Workspace: sampleWorkspace, Organization: o, Revision: "3", Zones: []string{"America/Chicago", "Europe/London"},
		Name: Input{Value: o.Name}, Aliases: Input{Value: "AD\nAcme Smiles"}, Tags: Input{Value: "dental, vip"}, TimeZone: Input{Value: "America/Chicago"}, Colour: Input{Value: "6"}}
	for i, word := range []string{"Orange", "Blue", "Purple", "Lime", "Pink", "Teal", "Gold", "Indigo", "Brown", "Green", "Red", "Slate"} {
		page.Colours = append(page.Colours, Option{Value: itoa(i + 1), Text: word})
	}
	return page
}

func refusedEditSample() EditOrganizationPage {
	page := editSample(hostile)
	page.Name = Input{Error: "Fill this in."}
	page.Aliases = Input{Value: hostile.Name, Error: "One begins “" + hostile.Name[:20] + "” and is too long: 100 characters at most."}
	page.TimeZone = Input{Value: "Chicago", Error: "No time zone has this name. Write it like Europe/London or America/New_York."}
	page.Colour = Input{Error: "Choose a colour."}
	return page
}

func overtakenEditSample() EditOrganizationPage {
	page := editSample(acme)
	page.Overtaken = "tom@northwind.example changed this 34 s ago. Nothing of yours was saved yet. Save again to replace what is there now."
	page.Name = Input{Value: "Acme Dental Group", Note: "Stored now: Acme Dental Partners"}
	page.Colour.Note = "Stored now: lime"
	return page
}

func importSample() ImportPreviewPage {
	return ImportPreviewPage{Workspace: sampleWorkspace, ID: sampleRun, File: "clients " + hostile.Name + ".csv", Creates: 2, Faults: 2,
		Filters: []FilterLink{{Text: "All", Href: ImportPreview(sampleWorkspace, "", 1), Count: 5, Current: true}, {Text: "Faults", Href: ImportPreview(sampleWorkspace, "fault", 1), Count: 2, Current: false},
			{Text: "Will be created", Href: ImportPreview(sampleWorkspace, "create", 1), Count: 2, Current: false}, {Text: "Exist already", Href: ImportPreview(sampleWorkspace, "exists", 1), Count: 1, Current: false}},
		Rows: []ImportRow{
			{Line: 2, Name: acme.Name, State: Chip{Level: "idle", Text: "Exists already"}, Existing: Link{Text: acme.Name, Href: Organization(sampleWorkspace, acme.Slug)}, Account: "Acme Dental (DA1QX7ZK3M9V5T2R8WPL)"},
			{Line: 3, Name: "Harbour Legal", State: Chip{Level: "ok", Text: "Will be created"}, Account: "Harbour Legal"},
			{Line: 4, State: Chip{Level: "bad", Text: "Fault"}, Faults: []string{"name: Fill this in.", "time_zone: No time zone has this name. Write it like Europe/London or America/New_York."}},
			{Line: 5, Name: "Kestrel & Wren", State: Chip{Level: "ok", Text: "Will be created"}},
			{Line: 7, Name: hostile.Name, State: Chip{Level: "bad", Text: "Fault"}, Account: hostile.Name, Faults: []string{"account: The Accounts API lists no such account. Choose one of the list, or refresh it."}},
		}}
}

func failedImportSample() ImportPreviewPage {
	page := importSample()
	page.Failed = "Nothing was imported: since you looked, something changed in Duo or in the console. This is what would become of the rows now."
	page.Rows, page.Creates = nil, 0
	return page
}

func organizationSamples() []Sample {
	ready := OrganizationPage{Workspace: sampleWorkspace, Organization: acme, State: "ready", MayMap: true,
		Connection: []Fact{{Label: "Reached as", Text: "Child of your Duo account"}, {Label: "Account", Text: "Acme Dental", Note: "DA1QX7ZK3M9V5T2R8WPL"}, {Label: "Host", Text: "api-1a2b3c4d.duosecurity.com", Mono: true}},
		Directory:  Fact{Label: "Directory key", Text: "Set", Note: "3 Aug 2026 by ana@northwind.example"},
		UsersTotal: "184", ReadAt: minutesAgo, Refresh: Organization(sampleWorkspace, acme.Slug) + "?fresh=1", Runs: sampleRuns()[:2],
		Users: []StatusCount{{State: active, Count: 161, Href: Users(sampleWorkspace, acme.Slug)}, {State: bypass, Count: 2, Href: Users(sampleWorkspace, acme.Slug)}, {State: locked, Count: 3, Href: Users(sampleWorkspace, acme.Slug)}, {State: enrolling, Count: 12, Href: Users(sampleWorkspace, acme.Slug)}, {State: disabled, Count: 6, Href: Users(sampleWorkspace, acme.Slug)}},
	}
	unreachable := ready
	unreachable.State, unreachable.Users, unreachable.UsersTotal, unreachable.ReadAt = "unreachable", nil, "", When{}
	unreachable.Trouble = &Trouble{Headline: "Duo does not answer", Text: "api-1a2b3c4d.duosecurity.com did not answer within 10 seconds. Nothing was changed.", Retry: Organization(sampleWorkspace, acme.Slug)}
	ready.MayEdit = true
	ready.About = []Fact{{Label: "Also called", Text: "AD, Acme Smiles"}, {Label: "Tags", Text: "dental, vip"}, {Label: "Time zone", Text: "America/Chicago", Note: "now Mon 05:02"}}
	unmapped := OrganizationPage{Workspace: sampleWorkspace, Organization: lyndon, State: "unmapped", MayMap: true}
	return []Sample{
		{Name: "organization", Shell: organizationShell(acme, "overview"), Page: ready},
		{Name: "organization-unmapped", Shell: organizationShell(lyndon, "overview"), Page: unmapped},
		{Name: "organization-unreachable", Shell: organizationShell(acme, "overview"), Page: unreachable},
		{Name: "organizations", Shell: workspaceShell("organizations"), Page: OrganizationsPage{Workspace: sampleWorkspace, Rows: sampleOrganizations(), MayCreate: true,
			Filters: []FilterLink{{Text: "All", Href: Organizations(sampleWorkspace), Count: 512, Current: true}, {Text: "Not mapped", Href: OrganizationsView(sampleWorkspace, "", "unmapped", 0), Count: 141, Current: false}},
			Pager:   Pager{From: 51, To: 55, Total: 512, Noun: "organizations", Previous: Organizations(sampleWorkspace), Next: OrganizationsView(sampleWorkspace, "", "", 3)}}},
		{Name: "organizations-none", Shell: workspaceShell("organizations"), Page: OrganizationsPage{Workspace: sampleWorkspace, MayCreate: true,
			Empty: Empty{Kind: "nothing-yet", Headline: "No organizations yet", Text: "Create one, or create all from your Duo accounts.", Link: Link{Text: "Create from Duo accounts", Href: AdoptAccounts(sampleWorkspace)}}}},
		{Name: "organization-new", Shell: workspaceShell("organizations"), Page: NewOrganizationPage{Workspace: sampleWorkspace, Accounts: sampleAccounts()}},
		{Name: "organization-new-refused", Shell: workspaceShell("organizations"), Page: NewOrganizationPage{Workspace: sampleWorkspace, Name: Input{Value: "Acme Dental", Error: "You already have an organization called Acme Dental."},
			AccountsLocked: "An account can be chosen when the Accounts API has answered."}},
	}
}
