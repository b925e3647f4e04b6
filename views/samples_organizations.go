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
