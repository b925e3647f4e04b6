package estate

import (
	"slices"

	"duodesk/views"
	"duodesk/views/sample"
)

var userActs = []views.Act{{Text: "Create user", Href: views.Action(sample.Workspace, sample.Acme.Slug, "create-user"),
	Key: "n", Primary: true},
	{Text: "Enroll user", Href: views.Action(sample.Workspace, sample.Acme.Slug, "enroll-user")},
	{Text: "Synchronize users", Href: views.Action(sample.Workspace, sample.Acme.Slug, "synchronize-users")}}

func Samples() []sample.Sample {
	return slices.Concat(workspaceSamples(), userSamples(), verifiedSamples(), callBackSamples(), phoneSamples(),
		listSamples())
}

func workspaceSamples() []sample.Sample {
	steps := []SetupStep{
		{State: "now", Title: "Save the nine fields",
			Text: "Hosts and keys of three applications in your own Duo account.",
			Link: views.Link{Text: "Open Integration", Href: views.Integration(sample.Workspace)}},
		{State: "later", Title: "Map your first organization", Text: "Join each client to its Duo account."},
		{State: "later", Title: "Open an organization", Text: "Its users, phones and bypass codes are there."},
	}
	return []sample.Sample{
		{Name: "workspaces", Shell: views.Shell{Theme: "dark", Here: "/", Operator: "ana@northwind.example"},
			Page: WorkspacesPage{Workspaces: []WorkspaceChoice{
				{Slug: "northwind", Name: "Northwind IT", Role: "admin", Organizations: 512},
				{Slug: "contoso", Name: "Contoso Managed Services", Role: "auditor", Organizations: 1}}}},
		{Name: "workspaces-none", Shell: views.Shell{Theme: "auto", Here: "/", Operator: "ana@northwind.example"},
			Page: WorkspacesPage{}},
		{Name: "home-setup", Shell: sample.Sandboxed(sample.WorkspaceShell("home")),
			Page: HomePage{Workspace: sample.Workspace, WorkspaceName: "Northwind IT", Steps: steps}},
		{Name: "home", Shell: sample.WorkspaceShell("home"), Page: sampleHome()},
		{Name: "home-notices", Shell: ownerHome(), Page: noticesHome()},
		{Name: "home-all-well", Shell: sample.WorkspaceShell("home"), Page: HomePage{Workspace: sample.Workspace,
			WorkspaceName: "Northwind IT", Organizations: sample.Organizations()[:3], OrganizationsTotal: 3}},
	}
}

func ownerHome() views.Shell {
	shell := sample.WorkspaceShell("home")
	shell.Role, shell.Notices = "owner", 3
	return shell
}

func noticesHome() HomePage {
	page := sampleHome()
	page.Notices = sample.Notices(3, 3)
	return page
}

func sampleHome() HomePage {
	run := views.Link{Text: "Open the run", Href: views.Run(sample.Workspace, "", "r2")}
	return HomePage{Workspace: sample.Workspace, WorkspaceName: "Northwind IT", Recent: true,
		Organizations: sample.Organizations(), OrganizationsTotal: 512, Runs: sample.Runs()[:4],
		Look: []LookRow{
			{Kind: views.Chip{Level: "bad", Text: "Fraud report"}, Organization: &sample.Hostile,
				Text: "Jane Roe reported a push that tom@northwind.example sent as fraud.",
				At:   sample.ThisMonday, Link: run},
			{Kind: views.Chip{Level: "warn", Text: "Unknown outcome"}, Organization: &sample.Harbour,
				Text: "Update User, Peter Voss: the outcome is not known. Look in Duo before you repeat it.",
				At:   sample.MinutesAgo, Link: run},
			{Kind: views.Chip{Level: "bad", Text: "Not reached"}, Organization: &sample.Bright,
				Text: "Duo was not reached, or did not answer. Since 09:12; last contact", At: sample.MinutesAgo,
				Link: views.Link{Text: "Connection", Href: views.Connection(sample.Workspace, sample.Bright.Slug)}},
			{Text: "12 more organizations are failing.", Link: views.Link{Text: "All failing organizations",
				Href: views.With(views.Organizations(sample.Workspace), "show", "failing")}},
		},
		People: []RecentPerson{
			{Link: views.Link{Text: "Jane Roe", Href: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)},
				Organization: sample.Acme, At: sample.MinutesAgo},
			{Link: views.Link{Text: sample.Hostile.Name, Href: views.User(sample.Workspace, sample.Hostile.Slug,
				"DUHOSTILE00000000001")}, Organization: sample.Hostile, At: sample.LastWeek},
		}}
}

func phoneSamples() []sample.Sample {
	const id = "DPJANE00000000000001"
	remove := sample.Act("Delete phone", "delete-phone-by-id", "", "phone_id", id)
	remove.Danger = true
	activate := sample.Act("Activate", "send-activation-url", "a", "phone_id", id)
	activate.Primary = true
	take := sample.Act("Remove phone", "un-assign-phone-from-user", "", "phone_id", id, "user_id", sample.JaneID,
		"from", "phone")
	take.Danger = true
	jane := views.Link{Text: "Jane Roe", Href: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)}
	full := PhonePage{Workspace: sample.Workspace, Organization: sample.Acme, ID: id, Number: "+44 20 7946 0123",
		Name: "Jane’s phone", Activated: views.Chip{Level: "ok", Text: "Activated"},
		Acts: []views.Act{activate, sample.Act("Edit", "modify-phone", "e", "phone_id", id), remove},
		AssignUser: views.Action(sample.Workspace, sample.Acme.Slug, "assign-phone-to-user", "phone_id", id,
			"from", "phone"),
		Facts: []views.Fact{{Label: "Number", Text: "+44 20 7946 0123"}, {Label: "Type", Text: "Mobile"},
			{Label: "Platform", Text: "Apple iOS"}, {Label: "Model", Text: "iPhone 15"},
			{Label: "Last seen", When: sample.MinutesAgo}, {Label: "Duo id", Text: id, Mono: true}},
		Users: []PhoneUser{{User: jane, Username: "jroe", State: sample.Active, Only: true, Acts: []views.Act{take}},
			{User: views.Link{Text: "Tomás Fry", Href: jane.Href}, Username: "tfry@acme-dental.example",
				State: sample.Locked, Acts: []views.Act{take}}},
		Runs: sample.Runs()[3:4], ReadAt: sample.MinutesAgo}
	bare := PhonePage{Workspace: sample.Workspace, Organization: sample.Acme, ID: id,
		Activated: views.Chip{Level: "idle", Text: "Calls only"},
		Facts:     []views.Fact{{Label: "Duo id", Text: id, Mono: true}}}
	hostilePhone := full
	hostilePhone.Organization, hostilePhone.Number, hostilePhone.Name = sample.Hostile, sample.Hostile.Name,
		`" onmouseover="alert(1)`
	hostilePhone.Facts = append([]views.Fact{{Label: "Model", Text: sample.Hostile.Name}}, full.Facts...)
	hostilePhone.Users = []PhoneUser{{User: views.Link{Text: sample.Hostile.Name, Href: jane.Href},
		Username: sample.Hostile.Name, State: sample.Bypass}}
	return []sample.Sample{{Name: "phone", Shell: sample.OrganizationShell(sample.Acme, "phones"), Page: full},
		{Name: "phone-bare", Shell: sample.OrganizationShell(sample.Acme, "phones"), Page: bare},
		{Name: "phone-hostile", Shell: sample.OrganizationShell(sample.Hostile, "phones"), Page: hostilePhone}}
}

func listSamples() []sample.Sample {
	at, codesAt := views.Phones(sample.Workspace, sample.Acme.Slug),
		views.BypassCodes(sample.Workspace, sample.Acme.Slug)
	phones := PhonesPage{Workspace: sample.Workspace, Organization: sample.Acme,
		Create: views.Action(sample.Workspace, sample.Acme.Slug, "create-phone"),
		Table: views.TableOf("phones", PhoneColumns(sample.Workspace, sample.Acme.Slug), []PhoneRow{
			{ID: "DP1", Number: "+44 20 7946 0123", Name: "Jane’s phone", Platform: "iOS", Model: "iPhone 15",
				Activated: views.Chip{Level: "ok", Text: "Activated"}, Users: []views.Link{{Text: "Jane Roe",
					Href: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)}}, LastSeen: sample.MinutesAgo},
			{ID: "DP2", Name: "Tablet", Platform: "Android", Model: "Galaxy Tab S9",
				Activated: views.Chip{Level: "warn", Text: "Not activated"},
				Users: []views.Link{{Text: "Tomás Fry",
					Href: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)},
					{Text: "svc-backup", Href: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)}}},
			{ID: "DP3", Number: "+44 20 7946 0101", Activated: views.Chip{Level: "idle", Text: "Calls only"},
				LastSeen: sample.LongAgo},
			{ID: "DP4", Name: sample.Hostile.Name, Platform: sample.Hostile.Name, Model: "Generic Smartphone",
				Activated: views.Chip{Level: "warn", Text: "Not activated"},
				Users: []views.Link{{Text: sample.Hostile.Name,
					Href: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)}}},
		})}
	t := &phones.Table
	t.At, t.Label, t.Live, t.Caption, t.ReadAt, t.Refresh = at, "Number, name, model or user", true, "212 phones",
		sample.MinutesAgo, views.With(at, "fresh", "1")
	t.Heads[0].Sort, t.Heads[0].Sorted, t.Heads[5].Sort = views.With(at, "sort", "-number"), "ascending",
		views.With(at, "sort", "last_seen")
	t.Previous, t.Next = views.Link{Text: "Previous"}, views.Link{Text: "Next", Href: views.With(at, "after", "AAYzqz")}
	codes := BypassCodesPage{Workspace: sample.Workspace, Organization: sample.Acme,
		Table: views.TableOf("bypass codes", BypassCodeColumns, []BypassCodeRow{
			{User: views.Link{Text: "Jane Roe", Href: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)},
				Created: sample.MinutesAgo, Expires: sample.InAnHour, UsesLeft: "1", By: "Help desk",
				Delete: views.Action(sample.Workspace, sample.Acme.Slug, "delete-bypass-code",
					"bypass_code_id", "DB1")},
			{User: views.Link{Text: "Tomás Fry", Href: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)},
				Created: sample.LongAgo, Never: true, UsesLeft: "Unlimited", By: "Admin Panel",
				Delete: views.Action(sample.Workspace, sample.Acme.Slug, "delete-bypass-code",
					"bypass_code_id", "DB2")},
			{User: views.Link{Text: sample.Hostile.Name, Href: views.User(sample.Workspace, sample.Acme.Slug,
				sample.JaneID)}, Created: sample.LastWeek, Expires: sample.Tomorrow, UsesLeft: "3"},
		})}
	t = &codes.Table
	t.At, t.Label, t.Placeholder, t.Live, t.Caption, t.ReadAt, t.Refresh = codesAt, "Find the codes of a user",
		"Name or username", true, "3 bypass codes", sample.MinutesAgo, views.With(codesAt, "fresh", "1")
	t.Heads[1].Sort, t.Heads[1].Sorted, t.Heads[0].Sort = views.With(codesAt, "sort", "-expires"), "descending",
		views.With(codesAt, "sort", "user")
	return []sample.Sample{
		{Name: "phones", Shell: sample.OrganizationShell(sample.Acme, "phones"), Page: phones},
		{Name: "phones-none", Shell: sample.OrganizationShell(sample.Acme, "phones"),
			Page: PhonesPage{Workspace: sample.Workspace, Organization: sample.Acme,
				Table: views.Table{ID: "list", At: at, Noun: "phones", Empty: views.Empty{Kind: "nothing-yet",
					Headline: "Acme Dental has no phones yet", Text: "Open a user to assign one."}}}},
		{Name: "bypass-codes", Shell: sample.OrganizationShell(sample.Acme, "bypass-codes"), Page: codes},
		{Name: "bypass-codes-none", Shell: sample.OrganizationShell(sample.Acme, "bypass-codes"),
			Page: BypassCodesPage{Workspace: sample.Workspace, Organization: sample.Acme,
				Table: views.Table{ID: "list", At: codesAt, Noun: "bypass codes",
					Empty: views.Empty{Kind: "all-well", Headline: "No user has a bypass code",
						Text: "As of 11:01."}}}},
	}
}

// verifiedSamples show what came of a verification push.
func verifiedSamples() []sample.Sample {
	run := views.Run(sample.Workspace, sample.Acme.Slug, sample.RunID)
	verified, denied := sampleUser(), sampleUser()
	verified.Shields = []Shield{{Chip: views.Chip{Level: "ok", Text: "Verified by push"},
		At:   views.When{ISO: "2026-08-03T09:56:00Z", Text: "10:56 BST", Ago: "3 min ago"},
		Note: "approved by jroe on +44 20 7946 0123, sent by ana@northwind.example", Run: run},
		{Chip: views.Chip{Level: "info", Text: "Called back, confirmed"},
			At:   views.When{ISO: "2026-08-03T09:54:00Z", Text: "10:54 BST", Ago: "5 min ago"},
			Note: "on +44 20 7946 0123, noted by ana@northwind.example", Run: run}}
	denied.Shields = []Shield{{Chip: views.Chip{Level: "bad", Text: "Push reported as fraud"},
		At:   views.When{ISO: "2026-08-03T09:57:00Z", Text: "10:57 BST", Ago: "2 min ago"},
		Note: "sent to jroe on +44 20 7946 0123, sent by ana@northwind.example", Run: run}}
	return []sample.Sample{
		{Name: "user-verified", Shell: sample.OrganizationShell(sample.Acme, "users"), Page: verified},
		{Name: "user-fraud", Shell: sample.OrganizationShell(sample.Acme, "users"), Page: denied},
	}
}
