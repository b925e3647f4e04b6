package views

import (
	"fmt"
	"slices"
)

func estateSamples() []Sample {
	return slices.Concat(workspaceSamples(), userSamples(), verifiedSamples(), phoneSamples(), listSamples())
}

func workspaceSamples() []Sample {
	steps := []SetupStep{
		{State: "now", Title: "Save the nine fields", Text: "Hosts and keys of three applications in your own Duo account.", Link: Link{Text: "Open Integration", Href: Integration(sampleWorkspace)}},
		{State: "later", Title: "Map your first organization", Text: "Join each client to its Duo account."},
		{State: "later", Title: "Open an organization", Text: "Its users, phones and bypass codes are there."},
	}
	return []Sample{
		{Name: "workspaces", Shell: Shell{Theme: "dark", Here: "/", Operator: "ana@northwind.example"}, Page: WorkspacesPage{Workspaces: []WorkspaceChoice{
			{Slug: "northwind", Name: "Northwind IT", Role: "admin", Organizations: 512}, {Slug: "contoso", Name: "Contoso Managed Services", Role: "auditor", Organizations: 1}}}},
		{Name: "workspaces-none", Shell: Shell{Theme: "auto", Here: "/", Operator: "ana@northwind.example"}, Page: WorkspacesPage{}},
		{Name: "home-setup", Shell: sandboxed(workspaceShell("home")), Page: HomePage{Workspace: sampleWorkspace, WorkspaceName: "Northwind IT", Steps: steps}},
		{Name: "home", Shell: workspaceShell("home"), Page: HomePage{Workspace: sampleWorkspace, WorkspaceName: "Northwind IT", Organizations: sampleOrganizations(), OrganizationsTotal: 512, Runs: sampleRuns()[:4]}},
	}
}

func userSamples() []Sample {
	users := UsersPage{Workspace: sampleWorkspace, Organization: acme, MayCreate: true, ReadAt: minutesAgo, Caption: "300 users", Rows: sampleUsers(50),
		Statuses: []FilterLink{{Text: "All", Href: Users(sampleWorkspace, acme.Slug), Count: 300, Current: true}, {Text: "Active", Href: UsersView(sampleWorkspace, acme.Slug, UsersFilter{Status: "active"}), Count: 261, Current: false},
			{Text: "Bypass", Href: UsersView(sampleWorkspace, acme.Slug, UsersFilter{Status: "bypass"}), Count: 9, Current: false}, {Text: "Locked out", Href: UsersView(sampleWorkspace, acme.Slug, UsersFilter{Status: "locked_out"}), Count: 12, Current: false},
			{Text: "Not enrolled", Href: UsersView(sampleWorkspace, acme.Slug, UsersFilter{Status: "not_enrolled"}), Count: 12, Current: false}, {Text: "Disabled", Href: UsersView(sampleWorkspace, acme.Slug, UsersFilter{Status: "disabled"}), Count: 6, Current: false}},
		Pager: Pager{From: 1, To: 50, Total: 300, Noun: "users", Next: UsersView(sampleWorkspace, acme.Slug, UsersFilter{Page: 2})}}

	none := UsersPage{Workspace: sampleWorkspace, Organization: acme, MayCreate: true, ReadAt: minutesAgo, Caption: "No users",
		Empty: Empty{Kind: "nothing-yet", Headline: "Acme Dental has no users yet", Text: "Create one here, or let Duo’s directory sync bring them.", Link: Link{Text: "Create user", Href: Action(sampleWorkspace, acme.Slug, "create-user")}}}
	noMatch := users
	noMatch.Rows, noMatch.Pager, noMatch.Filter = nil, Pager{}, UsersFilter{Query: "zzz"}
	noMatch.Caption, noMatch.Empty = "0 of 300 users match", Empty{Kind: "no-match", Headline: "Nobody matches “zzz”", Link: Link{Text: "Show all users", Href: Users(sampleWorkspace, acme.Slug)}}
	failing := UsersPage{Workspace: sampleWorkspace, Organization: acme,
		Trouble: &Trouble{Headline: "Duo refuses this account", Text: "The Accounts key no longer reaches Acme Dental (40301). An admin can check it under Integration.", Retry: Users(sampleWorkspace, acme.Slug)}}
	older := users
	older.ReadAt = When{ISO: "2026-08-03T09:58:00Z", Text: "10:58 BST", Ago: "4 min ago"}
	older.Trouble = &Trouble{Headline: "An older list", Retry: Users(sampleWorkspace, acme.Slug),
		Text: "This is the list as of 10:58:00 BST. Duo is limiting requests to this account. Try again at 11:02:30 BST."}
	exact := UsersPage{Workspace: sampleWorkspace, Organization: harbour, Exact: true, Filter: UsersFilter{Query: "jroe"}, Rows: sampleUsers(1), Caption: "1 user", ReadAt: minutesAgo}

	return []Sample{
		{Name: "users", Shell: organizationShell(acme, "users"), Page: users},
		{Name: "users-none", Shell: organizationShell(acme, "users"), Page: none},
		{Name: "users-no-match", Shell: organizationShell(acme, "users"), Page: noMatch},
		{Name: "users-older", Shell: organizationShell(acme, "users"), Page: older},
		{Name: "users-failing", Shell: organizationShell(acme, "users"), Page: failing},
		{Name: "users-exact", Shell: organizationShell(harbour, "users"), Page: exact},
		{Name: "user", Shell: organizationShell(acme, "users"), Page: sampleUser()},
		{Name: "user-locked", Shell: sandboxed(organizationShell(acme, "users"), Flash{Level: "ok", Text: "Bypass code deleted.", Link: Link{Text: "See the run", Href: Runs(sampleWorkspace)}}), Page: lockedUser()},
		{Name: "user-trashed", Shell: organizationShell(acme, "users"), Page: trashedUser()},
		{Name: "user-hostile", Shell: organizationShell(hostile, "users"), Page: hostileUser()},
	}
}

func sampleUsers(n int) []UserRow {
	people := []UserRow{
		{Name: "Jane Roe", Username: "jroe", State: active, Phones: "iPhone 15, +44 … 0123", LastLogin: minutesAgo, Groups: "Staff, Surgeons"},
		{Name: "Tomás Fry", Username: "tfry@acme-dental.example", State: locked, Phones: "Pixel 8, +44 … 0188", LastLogin: lastWeek, Groups: "Staff"},
		{Username: "svc-backup", State: bypass, LastLogin: longAgo},
		{Name: "Ngọc Trần", Username: "ntran", State: enrolling, Groups: "Staff, Reception, Weekend"},
		{Name: "Oluwaseun Adeyemi-Fitzgerald", Username: "oadeyemi", State: disabled, Phones: "Landline, +44 … 0101", LastLogin: longAgo},
	}
	var rows []UserRow
	for i := range n {
		u := people[i%len(people)]
		u.ID = fmt.Sprintf("DU%018d", i+1)
		if i >= len(people) {
			u.Username = fmt.Sprintf("%s%d", u.Username, i)
		}
		rows = append(rows, u)
	}
	return rows
}

func sampleUser() UserPage {
	trash := sampleAct("Send to trash…", "delete-user", "", "user_id", janeID)
	trash.Danger = true
	phoneActs := func(id, key string) []Act {
		return []Act{sampleAct("Activate…", "send-activation-url", key, "phone_id", id, "user_id", janeID), sampleAct("Un-assign…", "un-assign-phone-from-user", "", "phone_id", id, "user_id", janeID)}
	}
	return UserPage{Workspace: sampleWorkspace, Organization: acme, ID: janeID, Name: "Jane Roe", Username: "jroe", Aliases: []string{"jane@acme-dental.example", "j.roe"}, State: active,
		Acts: []Act{sampleAct("Edit", "update-user", "e", "user_id", janeID), trash},
		Facts: []Fact{{Label: "E-mail", Text: "jane@acme-dental.example"}, {Label: "Last login", Text: "11:01", Note: "34 s ago"}, {Label: "Created", Text: "14 Feb 2023", Note: "3 years ago"},
			{Label: "Directory", Text: "Entra ID", Note: "synced 10:40"}, {Label: "Notes", Text: "Works from the Leeds surgery on Fridays."}, {Label: "Duo id", Text: janeID, Mono: true}},
		Phones: []UserPhone{
			{Href: Phone(sampleWorkspace, acme.Slug, "DPJANE00000000000001"), Number: "+44 20 7946 0123", Name: "Jane’s phone", Kind: "iOS · iPhone 15", Activated: Chip{Level: "ok", Text: "Activated"}, LastSeen: minutesAgo, Acts: phoneActs("DPJANE00000000000001", "a")},
			{Href: Phone(sampleWorkspace, acme.Slug, "DPJANE00000000000002"), Number: "+44 20 7946 0199", Kind: "Landline", Activated: Chip{Level: "idle", Text: "Calls only"}, SharedWith: "also Tomás Fry and 3 others", Acts: phoneActs("DPJANE00000000000002", "")},
		},
		AssignPhone: Action(sampleWorkspace, acme.Slug, "assign-phone-to-user", "user_id", janeID),
		Codes: []UserCode{{UsesLeft: "1 use left", Expires: inAnHour, By: "Help desk", Acts: []Act{sampleAct("Delete…", "delete-bypass-code", "", "bypass_code_id", "DBJANE00000000000001")}},
			{UsesLeft: "Unlimited uses", Never: true, By: "Admin Panel", Acts: []Act{sampleAct("Delete…", "delete-bypass-code", "", "bypass_code_id", "DBJANE00000000000002")}}},
		CreateCode:  Action(sampleWorkspace, acme.Slug, "create-bypass-code-for-user", "user_id", janeID),
		CreatePhone: Action(sampleWorkspace, acme.Slug, "create-phone", "user_id", janeID), AddGroup: Action(sampleWorkspace, acme.Slug, "associate-group-with-user", "user_id", janeID),
		Groups: []UserGroup{{Name: "Staff", Acts: []Act{sampleAct("Remove", "disassociate-group-from-user", "", "user_id", janeID, "group_id", "DG1")}},
			{Name: "Surgeons", Description: "May sign in from home", Status: bypass, Acts: []Act{sampleAct("Remove", "disassociate-group-from-user", "", "user_id", janeID, "group_id", "DG2")}}}, ReadAt: minutesAgo,
		Ticket: "Acme Dental · Jane Roe (jroe) · Active\nPhones: iPhone 15 +44 20 7946 0123, activated, seen 11:01\nBypass codes: 2 (1 never expires)\nRead from Duo 3 Aug 2026 11:01",
	}
}

func lockedUser() UserPage {
	u := sampleUser()
	u.Name, u.Username, u.Aliases, u.State, u.StateNote = "Tomás Fry", "tfry@acme-dental.example", nil, locked, "Duo locks after 10 wrong tries"
	unlock := sampleAct("Unlock…", "update-user", "u", "user_id", janeID, "status", "active")
	unlock.Primary = true
	u.Acts = append([]Act{unlock}, u.Acts...)
	u.Phones, u.Codes, u.Groups = nil, nil, nil
	return u
}

func trashedUser() UserPage {
	u := sampleUser()
	u.State, u.StateNote = Chip{Level: "warn", Text: "In trash"}, "deleted by Duo on 10 Aug 2026"
	restore := sampleAct("Restore…", "restore-user", "", "user_id", janeID)
	restore.Primary = true
	permanent := sampleAct("Delete permanently…", "delete-user", "", "user_id", janeID, "permanent", "true")
	permanent.Danger = true
	u.Acts, u.AssignPhone, u.CreateCode, u.AddGroup = []Act{restore, permanent}, "", "", ""
	u.PhonesError = "Duo did not answer for the phones. Reload to try again."
	return u
}

func hostileUser() UserPage {
	u := sampleUser()
	u.Organization, u.Name, u.Username = hostile, hostile.Name, `" onmouseover="alert(1)`
	u.Aliases, u.Groups, u.Ticket = []string{"</pre><img src=x onerror=alert(1)>"}, []UserGroup{{Name: hostile.Name, Description: hostile.Name, Status: bypass}}, "</pre><script>alert(1)</script>"
	u.Facts = append(u.Facts, Fact{Label: "Notes", Text: "javascript:alert(1) " + hostile.Name})
	u.Phones[0].Name = hostile.Name
	return u
}

func phoneSamples() []Sample {
	const id = "DPJANE00000000000001"
	remove := sampleAct("Delete phone", "delete-phone-by-id", "", "phone_id", id)
	remove.Danger = true
	activate := sampleAct("Activate", "send-activation-url", "a", "phone_id", id)
	activate.Primary = true
	take := sampleAct("Un-assign", "un-assign-phone-from-user", "", "phone_id", id, "user_id", janeID, "from", "phone")
	take.Danger = true
	jane := Link{Text: "Jane Roe", Href: User(sampleWorkspace, acme.Slug, janeID)}
	full := PhonePage{Workspace: sampleWorkspace, Organization: acme, ID: id, Number: "+44 20 7946 0123", Name: "Jane’s phone", Activated: Chip{Level: "ok", Text: "Activated"},
		Acts: []Act{activate, sampleAct("Edit", "modify-phone", "e", "phone_id", id), remove}, AssignUser: Action(sampleWorkspace, acme.Slug, "assign-phone-to-user", "phone_id", id, "from", "phone"),
		Facts: []Fact{{Label: "Number", Text: "+44 20 7946 0123"}, {Label: "Type", Text: "Mobile"}, {Label: "Platform", Text: "Apple iOS"}, {Label: "Model", Text: "iPhone 15"}, {Label: "Last seen", Text: "11:01", Note: "34 s ago"}, {Label: "Duo id", Text: id, Mono: true}},
		Users: []PhoneUser{{User: jane, Username: "jroe", State: active, Only: true, Acts: []Act{take}}, {User: Link{Text: "Tomás Fry", Href: jane.Href}, Username: "tfry@acme-dental.example", State: locked, Acts: []Act{take}}},
		Runs:  sampleRuns()[3:4], ReadAt: minutesAgo}
	bare := PhonePage{Workspace: sampleWorkspace, Organization: acme, ID: id, Activated: Chip{Level: "idle", Text: "Calls only"}, Facts: []Fact{{Label: "Duo id", Text: id, Mono: true}}}
	hostilePhone := full
	hostilePhone.Organization, hostilePhone.Number, hostilePhone.Name = hostile, hostile.Name, `" onmouseover="alert(1)`
	hostilePhone.Facts = append([]Fact{{Label: "Model", Text: hostile.Name}}, full.Facts...)
	hostilePhone.Users = []PhoneUser{{User: Link{Text: hostile.Name, Href: jane.Href}, Username: hostile.Name, State: bypass}}
	return []Sample{{Name: "phone", Shell: organizationShell(acme, "phones"), Page: full}, {Name: "phone-bare", Shell: organizationShell(acme, "phones"), Page: bare}, {Name: "phone-hostile", Shell: organizationShell(hostile, "phones"), Page: hostilePhone}}
}

func listSamples() []Sample {
	phones := PhonesPage{Workspace: sampleWorkspace, Organization: acme, Create: Action(sampleWorkspace, acme.Slug, "create-phone"), Caption: "212 phones", ReadAt: minutesAgo, Refresh: Phones(sampleWorkspace, acme.Slug) + "?fresh=1",
		Rows: []PhoneRow{
			{ID: "DP1", Number: "+44 20 7946 0123", Name: "Jane’s phone", Platform: "iOS", Model: "iPhone 15", Activated: Chip{Level: "ok", Text: "Activated"}, Users: []Link{{Text: "Jane Roe", Href: User(sampleWorkspace, acme.Slug, janeID)}}, LastSeen: minutesAgo},
			{ID: "DP2", Name: "Tablet", Platform: "Android", Model: "Galaxy Tab S9", Activated: Chip{Level: "warn", Text: "Not activated"}, Users: []Link{{Text: "Tomás Fry", Href: User(sampleWorkspace, acme.Slug, janeID)}, {Text: "svc-backup", Href: User(sampleWorkspace, acme.Slug, janeID)}}},
			{ID: "DP3", Number: "+44 20 7946 0101", Activated: Chip{Level: "idle", Text: "Calls only"}, LastSeen: longAgo},
			{ID: "DP4", Name: hostile.Name, Platform: hostile.Name, Model: "Generic Smartphone", Activated: Chip{Level: "warn", Text: "Not activated"}, Users: []Link{{Text: hostile.Name, Href: User(sampleWorkspace, acme.Slug, janeID)}}},
		}, Pager: Pager{From: 1, To: 50, Total: 212, Noun: "phones", Next: PhonesView(sampleWorkspace, acme.Slug, "", 2)}}
	codes := BypassCodesPage{Workspace: sampleWorkspace, Organization: acme, Caption: "3 bypass codes", ReadAt: minutesAgo, Refresh: BypassCodes(sampleWorkspace, acme.Slug) + "?fresh=1",
		Rows: []BypassCodeRow{
			{User: Link{Text: "Jane Roe", Href: User(sampleWorkspace, acme.Slug, janeID)}, Created: minutesAgo, Expires: inAnHour, UsesLeft: "1", By: "Help desk", Delete: Action(sampleWorkspace, acme.Slug, "delete-bypass-code", "bypass_code_id", "DB1")},
			{User: Link{Text: "Tomás Fry", Href: User(sampleWorkspace, acme.Slug, janeID)}, Created: longAgo, Never: true, UsesLeft: "Unlimited", By: "Admin Panel", Delete: Action(sampleWorkspace, acme.Slug, "delete-bypass-code", "bypass_code_id", "DB2")},
			{User: Link{Text: hostile.Name, Href: User(sampleWorkspace, acme.Slug, janeID)}, Created: lastWeek, Expires: tomorrow, UsesLeft: "3"},
		}}
	return []Sample{
		{Name: "phones", Shell: organizationShell(acme, "phones"), Page: phones},
		{Name: "phones-none", Shell: organizationShell(acme, "phones"), Page: PhonesPage{Workspace: sampleWorkspace, Organization: acme, Empty: Empty{Kind: "nothing-yet", Headline: "Acme Dental has no phones yet", Text: "Open a user to assign one."}}},
		{Name: "bypass-codes", Shell: organizationShell(acme, "bypass-codes"), Page: codes},
		{Name: "bypass-codes-none", Shell: organizationShell(acme, "bypass-codes"), Page: BypassCodesPage{Workspace: sampleWorkspace, Organization: acme, Caption: "No bypass codes", ReadAt: minutesAgo,
			Empty: Empty{Kind: "all-well", Headline: "Nobody has a bypass code", Text: "As of 11:01."}}},
	}
}

// verifiedSamples show what came of a verification push.
func verifiedSamples() []Sample {
	run := Run(sampleWorkspace, acme.Slug, sampleRun)
	verified, denied := sampleUser(), sampleUser()
	verified.Shield = Shield{Chip: Chip{Level: "ok", Text: "Verified by push 3 min ago"}, Run: run}
	denied.Shield = Shield{Chip: Chip{Level: "bad", Text: "Push reported as fraud 2 min ago"}, Run: run}
	return []Sample{
		{Name: "user-verified", Shell: organizationShell(acme, "users"), Page: verified},
		{Name: "user-fraud", Shell: organizationShell(acme, "users"), Page: denied},
	}
}
