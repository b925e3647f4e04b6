package setup

import (
	"duodesk/views"
	"duodesk/views/sample"
)

func organizationFormSamples() []sample.Sample {
	drifted := savedIntegration()
	drifted.Mapping.Drift = sampleDrift()
	return []sample.Sample{
		{Name: "mapping-drift", Shell: sample.WorkspaceShell("integration"), Page: drifted},
		{Name: "import", Shell: sample.WorkspaceShell("organizations"), Page: ImportPage{Workspace: sample.Workspace}},
		{Name: "import-refused", Shell: sample.WorkspaceShell("organizations"),
			Page: ImportPage{Workspace: sample.Workspace, Text: views.Input{Value: "nam;tags\n" + sample.Hostile.Name,
				Error: "The first line names a column “nam”, which there is not."}}},
		{Name: "import-preview", Shell: sample.WorkspaceShell("organizations"), Page: importSample()},
		{Name: "import-preview-failed", Shell: sample.WorkspaceShell("organizations"), Page: failedImportSample()},
		{Name: "organization-edit", Shell: sample.OrganizationShell(sample.Acme, "overview"),
			Page: editSample(sample.Acme)},
		{Name: "organization-edit-refused", Shell: sample.OrganizationShell(sample.Hostile, "overview"),
			Page: refusedEditSample()},
		{Name: "organization-archive", Shell: sample.OrganizationShell(sample.Acme, "overview"),
			Page: archiveSample(sample.Acme)},
		{Name: "organization-archive-refused", Shell: sample.OrganizationShell(sample.Hostile, "overview"),
			Page: refusedArchiveSample()},
		{Name: "organization-edit-overtaken", Shell: sample.OrganizationShell(sample.Acme, "overview"),
			Page: overtakenEditSample()},
	}
}

func sampleDrift() []DriftRow {
	rows := []DriftRow{
		{OrganizationTag: sample.Bright, AccountID: "DABR1GHT000000000001", AccountName: "Bright Futures", Gone: true},
		{OrganizationTag: sample.Acme, AccountID: "DA1QX7ZK3M9V5T2R8WPL", AccountName: "Acme Dental",
			NameNow: "Acme Dental Group"},
		{OrganizationTag: sample.Hostile, AccountID: "DAX00000000000000001", AccountName: sample.Hostile.Name,
			NameNow: sample.Hostile.Name + " Ltd"},
	}
	for i := range 8 {
		o := views.OrganizationTag{Slug: "client-" + views.Itoa(i), Name: "Client " + views.Itoa(i), Colour: i + 1}
		rows = append(rows, DriftRow{OrganizationTag: o, AccountID: "DACL13NT00000000000" + views.Itoa(i),
			AccountName: o.Name, NameNow: o.Name + " Holdings"})
	}
	return rows
}

func editSample(o views.OrganizationTag) EditOrganizationPage {
	page := EditOrganizationPage{Workspace: sample.Workspace, Organization: o, Revision: "3",
		Zones: []string{"America/Chicago", "Europe/London"},
		Name:  views.Input{Value: o.Name}, Aliases: views.Input{Value: "AD\nAcme Smiles"},
		Tags: views.Input{Value: "dental, vip"}, TimeZone: views.Input{Value: "America/Chicago"},
		Colour: views.Input{Value: "6"}}
	for i, word := range []string{"Orange", "Blue", "Purple", "Lime", "Pink", "Teal", "Gold", "Indigo", "Brown",
		"Green", "Red", "Slate"} {
		page.Colours = append(page.Colours, views.Option{Value: views.Itoa(i + 1), Text: word})
	}
	return page
}

func refusedEditSample() EditOrganizationPage {
	page := editSample(sample.Hostile)
	page.Name = views.Input{Error: "Fill this in."}
	page.Aliases = views.Input{Value: sample.Hostile.Name,
		Error: "One begins “" + sample.Hostile.Name[:20] + "” and is too long: 100 characters at most."}
	page.TimeZone = views.Input{Value: "Chicago",
		Error: "No time zone has this name. Use one such as Europe/London or America/New_York."}
	page.Colour = views.Input{Error: "Choose a color."}
	return page
}

func archiveSample(o views.OrganizationTag) ArchivePage {
	return ArchivePage{Workspace: sample.Workspace, Organization: o, Connection: "c",
		Connected: "the child account Acme Dental (DA1QX7ZK3M9V5T2R8WPL) on api-0a1b2c3d.duosecurity.com"}
}

func refusedArchiveSample() ArchivePage {
	page := archiveSample(sample.Hostile)
	page.Connected = "no Duo account"
	page.Confirm = views.Input{Value: "Acme", Error: "Type the name exactly as it is written above."}
	return page
}

func overtakenEditSample() EditOrganizationPage {
	page := editSample(sample.Acme)
	page.MayArchive = true
	page.Overtaken = "tom@northwind.example changed this on 3 Aug 2026, 11:01:26 BST. Your changes are not saved yet. Save again to replace the current values."
	page.Name = views.Input{Value: "Acme Dental Group", Note: "Stored now: Acme Dental Partners"}
	page.Colour.Note = "Stored now: lime"
	return page
}

func importSample() ImportPreviewPage {
	at := views.ImportPreview(sample.Workspace)
	t := views.TableOf("rows", ImportColumns, []ImportRow{
		{Line: 2, Name: sample.Acme.Name, State: views.Chip{Level: "idle", Text: "Exists already"},
			Existing: views.Link{Text: sample.Acme.Name, Href: views.Organization(sample.Workspace, sample.Acme.Slug)},
			Account:  "Acme Dental (DA1QX7ZK3M9V5T2R8WPL)"},
		{Line: 3, Name: "Harbour Legal", State: views.Chip{Level: "ok", Text: "Will be created"},
			Account: "Harbour Legal"},
		{Line: 4, State: views.Chip{Level: "bad", Text: "Fault"}, Faults: []string{"name: Fill this in.",
			"time_zone: No time zone has this name. Use one such as Europe/London or America/New_York."}},
		{Line: 5, Name: "Kestrel & Wren", State: views.Chip{Level: "ok", Text: "Will be created"}},
		{Line: 7, Name: sample.Hostile.Name, State: views.Chip{Level: "bad", Text: "Fault"},
			Account: sample.Hostile.Name,
			Faults: []string{
				"account: The Accounts API does not list this account. Choose an account from the list, or refresh it."}},
	})
	t.At, t.Caption = at, "5 rows"
	t.Heads[1].Sort, t.Heads[1].Sorted = views.With(at, "sort", "-line"), "ascending"
	t.Choices = []views.Choices{{Label: "Filter rows", Links: []views.FilterLink{{Text: "All", Href: at, Count: 5,
		Current: true}, {Text: "Faults", Href: views.With(at, "show", "fault"), Count: 2},
		{Text: "Will be created", Href: views.With(at, "show", "create"), Count: 2},
		{Text: "Exist already", Href: views.With(at, "show", "exists"), Count: 1}}}}
	return ImportPreviewPage{Workspace: sample.Workspace, ID: sample.RunID,
		File: "clients " + sample.Hostile.Name + ".csv", Creates: 2, Faults: 2, Table: t}
}

func failedImportSample() ImportPreviewPage {
	page := importSample()
	page.Failed = "Nothing was imported: since you looked, something changed in Duo or in the console. This is what would become of the rows now."
	page.Table.Rows, page.Table.Caption, page.Creates = nil, "", 0
	page.Table.Empty = views.Empty{Kind: "no-match", Headline: "No row matches",
		Text: "Change the search or the filter.", Link: views.Link{Text: "Show all", Href: page.Table.At}}
	return page
}

func organizationSamples() []sample.Sample {
	ready := OrganizationPage{Workspace: sample.Workspace, Organization: sample.Acme, State: "ready", MayMap: true,
		Connection: []views.Fact{{Label: "Reached as", Text: "Child of your Duo account"},
			{Label: "Account", Text: "Acme Dental", Note: "DA1QX7ZK3M9V5T2R8WPL"},
			{Label: "Host", Text: "api-1a2b3c4d.duosecurity.com", Mono: true}},
		Directory:  views.Fact{Label: "Directory key", Text: "Set", Note: "3 Aug 2026 by ana@northwind.example"},
		UsersTotal: "184", ReadAt: sample.MinutesAgo,
		Refresh: views.Organization(sample.Workspace, sample.Acme.Slug) + "?fresh=1", Runs: sample.Runs()[:2],
		Users: []StatusCount{{State: sample.Active, Count: 161, Href: views.Users(sample.Workspace, sample.Acme.Slug)},
			{State: sample.Bypass, Count: 2, Href: views.Users(sample.Workspace, sample.Acme.Slug)},
			{State: sample.Locked, Count: 3, Href: views.Users(sample.Workspace, sample.Acme.Slug)},
			{State: sample.Enrolling, Count: 12, Href: views.Users(sample.Workspace, sample.Acme.Slug)},
			{State: sample.Disabled, Count: 6, Href: views.Users(sample.Workspace, sample.Acme.Slug)}},
	}
	unreachable := ready
	unreachable.State, unreachable.Users, unreachable.UsersTotal, unreachable.ReadAt = "unreachable", nil, "",
		views.When{}
	unreachable.Trouble = &views.Trouble{Headline: "Duo does not answer",
		Text:  "api-1a2b3c4d.duosecurity.com did not answer within 10 seconds. Nothing was changed.",
		Retry: views.Organization(sample.Workspace, sample.Acme.Slug)}
	ready.MayEdit = true
	ready.About = []views.Fact{{Label: "Also called", Text: "AD, Acme Smiles"}, {Label: "Tags", Text: "dental, vip"},
		{Label: "Time zone", Text: "America/Chicago", Note: "now Mon 05:02"}}
	unmapped := OrganizationPage{Workspace: sample.Workspace, Organization: sample.Lyndon, State: "unmapped",
		MayMap: true}
	return []sample.Sample{
		{Name: "organization", Shell: sample.OrganizationShell(sample.Acme, "overview"), Page: ready},
		{Name: "organization-unmapped", Shell: sample.OrganizationShell(sample.Lyndon, "overview"), Page: unmapped},
		{Name: "organization-unreachable", Shell: sample.OrganizationShell(sample.Acme, "overview"), Page: unreachable},
		{Name: "organizations", Shell: sample.WorkspaceShell("organizations"),
			Page: OrganizationsPage{Workspace: sample.Workspace, Table: organizationsTable(), MayCreate: true}},
		{Name: "organizations-none", Shell: sample.WorkspaceShell("organizations"),
			Page: OrganizationsPage{Workspace: sample.Workspace, MayCreate: true,
				Table: views.Table{ID: "list", At: views.Organizations(sample.Workspace), Noun: "organizations",
					Label: "Find an organization", Live: true,
					Empty: views.Empty{Kind: "nothing-yet", Headline: "No organizations yet",
						Text: "Create one, or create all from your Duo accounts.",
						Link: views.Link{Text: "Create from Duo accounts",
							Href: views.AdoptAccounts(sample.Workspace)}}}}},
		{Name: "organization-new", Shell: sample.WorkspaceShell("organizations"),
			Page: NewOrganizationPage{Workspace: sample.Workspace, Accounts: sampleAccounts()}},
		{Name: "organization-new-refused", Shell: sample.WorkspaceShell("organizations"),
			Page: NewOrganizationPage{Workspace: sample.Workspace,
				Name: views.Input{Value: "Acme Dental",
					Error: "You already have an organization called Acme Dental."},
				AccountsLocked: "An account can be chosen when the Accounts API has answered."}},
	}
}

func organizationsTable() views.Table {
	at := views.Organizations(sample.Workspace)
	rows := sample.Organizations()
	rows[1].Name, rows[1].Tail, rows[0].Tail = rows[0].Name, "…2R8W", "…1H3J"
	t := views.TableOf("organizations", views.OrganizationColumns(sample.Workspace, ""), rows)
	t.At, t.Label, t.Live, t.Caption = at, "Find an organization", true, "512 organizations"
	t.Choices = []views.Choices{{Label: "Filter organizations",
		Links: []views.FilterLink{{Text: "All", Href: at, Count: 512, Current: true},
			{Text: "Not mapped", Href: views.With(at, "show", "unmapped"), Count: 141}}}}
	t.Heads[0].Sort, t.Heads[0].Sorted = views.With(at, "sort", "-name"), "ascending"
	t.Heads[1].Sort = views.With(at, "sort", "state")
	t.Previous, t.Next = views.Link{Text: "Previous", Href: at},
		views.Link{Text: "Next", Href: views.With(at, "after", "AAYzqz")}
	return t
}
