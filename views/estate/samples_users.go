package estate

import (
	"fmt"
	"strings"

	"duodesk/views"
	"duodesk/views/sample"
)

func userSamples() []sample.Sample {
	at := views.Users(sample.Workspace, sample.Acme.Slug)
	users := UsersPage{Workspace: sample.Workspace, Organization: sample.Acme, Acts: userActs,
		Table: usersTable(at, sampleUsers(50))}
	users.Table.Caption = "300 users"
	users.Table.Choices = []views.Choices{{Label: "Filter by status",
		Links: []views.FilterLink{{Text: "All", Href: at, Count: 300, Current: true}}}}
	for _, state := range []views.FilterLink{{Text: "Active", Count: 261}, {Text: "Bypass", Count: 9},
		{Text: "Locked Out", Count: 12}, {Text: "Not Enrolled", Count: 12}, {Text: "Disabled", Count: 6}} {
		state.Href = views.With(at, "status", strings.ToLower(state.Text))
		users.Table.Choices[0].Links = append(users.Table.Choices[0].Links, state)
	}
	users.Table.Previous, users.Table.Next = views.Link{Text: "Previous"},
		views.Link{Text: "Next", Href: views.With(at, "after", "AAYzqz")}

	none := UsersPage{Workspace: sample.Workspace, Organization: sample.Acme, Acts: userActs,
		Table: usersTable(at, nil)}
	none.Table.Label, none.Table.Empty = "", views.Empty{Kind: "nothing-yet", Headline: "Acme Dental has no users yet",
		Text: "Create one here, or let Duo’s directory sync bring them.", Link: views.Link{Text: "Create user",
			Href: views.Action(sample.Workspace, sample.Acme.Slug, "create-user")}}
	noMatch := users
	noMatch.Table.Rows, noMatch.Table.Next, noMatch.Table.Search, noMatch.Table.Caption = nil, views.Link{}, "zzz", ""
	noMatch.Table.Empty = views.Empty{Kind: "no-match", Headline: "No user matches",
		Text: "Change the search or the filter.", Link: views.Link{Text: "Show all", Href: at}}
	failing := UsersPage{Workspace: sample.Workspace, Organization: sample.Acme,
		Table: views.Table{ID: "list", At: at, Noun: "users",
			Trouble: &views.Trouble{Headline: "Duo refuses this account",
				Text: "The Accounts key no longer reaches Acme Dental (40301). An admin can check it under Integration.", Retry: at}}}
	older := users
	older.Table.ReadAt = views.When{ISO: "2026-08-03T09:58:00Z", Text: "10:58 BST", Ago: "4 min ago"}
	older.Table.Trouble = &views.Trouble{Headline: "An older list", Retry: at,
		Text: "This is the list as of 10:58:00 BST. Duo is limiting requests to this account. Try again at 11:02:30 BST."}
	exact := UsersPage{Workspace: sample.Workspace, Organization: sample.Harbour, Exact: true,
		Table: usersTable(views.Users(sample.Workspace, sample.Harbour.Slug), sampleUsers(1))}
	exact.Table.Label, exact.Table.Placeholder, exact.Table.Search, exact.Table.Live,
		exact.Table.Caption = "Exact "+views.ExactUser, "", "jroe", false, "1 of 2 412 users match"

	return []sample.Sample{
		{Name: "users", Shell: sample.OrganizationShell(sample.Acme, "users"), Page: users},
		{Name: "users-none", Shell: sample.OrganizationShell(sample.Acme, "users"), Page: none},
		{Name: "users-no-match", Shell: sample.OrganizationShell(sample.Acme, "users"), Page: noMatch},
		{Name: "users-older", Shell: sample.OrganizationShell(sample.Acme, "users"), Page: older},
		{Name: "users-failing", Shell: sample.OrganizationShell(sample.Acme, "users"), Page: failing},
		{Name: "users-exact", Shell: sample.OrganizationShell(sample.Harbour, "users"), Page: exact},
		{Name: "user", Shell: sample.OrganizationShell(sample.Acme, "users"), Page: sampleUser()},
		{Name: "user-locked", Shell: sample.Sandboxed(sample.OrganizationShell(sample.Acme, "users"),
			views.Flash{Level: "ok", Text: "Bypass code deleted.",
				Link: views.Link{Text: "See the run", Href: views.Runs(sample.Workspace)}}), Page: lockedUser()},
		{Name: "user-trashed", Shell: sample.OrganizationShell(sample.Acme, "users"), Page: trashedUser()},
		{Name: "user-hostile", Shell: sample.OrganizationShell(sample.Hostile, "users"), Page: hostileUser()},
	}
}

func usersTable(at string, rows []UserRow) views.Table {
	t := views.TableOf("users", UserColumns(sample.Workspace, sample.Acme.Slug), rows)
	t.At, t.Label, t.Placeholder, t.Live = at, "Find a user by name, username, email or phone",
		"Name, email or phone", true
	t.ReadAt, t.Refresh = sample.MinutesAgo, views.With(at, "fresh", "1")
	t.Heads[0].Sort, t.Heads[0].Sorted = views.With(at, "sort", "-name"), "ascending"
	t.Heads[1].Sort, t.Heads[3].Sort = views.With(at, "sort", "status"), views.With(at, "sort", "last_login")
	return t
}

func sampleUsers(n int) []UserRow {
	people := []UserRow{
		{Name: "Jane Roe", Username: "jroe", State: sample.Active, Phones: "iPhone 15, +44 … 0123",
			LastLogin: sample.MinutesAgo, Groups: "Staff, Surgeons"},
		{Name: "Tomás Fry", Username: "tfry@acme-dental.example", State: sample.Locked, Phones: "Pixel 8, +44 … 0188",
			LastLogin: sample.LastWeek, Groups: "Staff"},
		{Username: "svc-backup", State: sample.Bypass, LastLogin: sample.LongAgo},
		{Name: "Ngọc Trần", Username: "ntran", State: sample.Enrolling, Groups: "Staff, Reception, Weekend"},
		{Name: "Oluwaseun Adeyemi-Fitzgerald", Username: "oadeyemi", State: sample.Disabled,
			Phones: "Landline, +44 … 0101", LastLogin: sample.LongAgo},
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
	trash := sample.Act("Move to Trash", "delete-user", "", "user_id", sample.JaneID)
	trash.Danger = true
	code := sample.Act("Create bypass code", "create-bypass-code-for-user", "b", "user_id", sample.JaneID)
	code.Primary = true
	phoneActs := func(id, key string) []views.Act {
		return []views.Act{sample.Act("Reactivate Duo Mobile", "send-activation-url", key, "phone_id", id, "user_id",
			sample.JaneID), sample.Act("Send SMS passcodes", "send-passcode-by-sms", "", "phone_id", id, "user_id",
			sample.JaneID), sample.Act("Remove phone", "un-assign-phone-from-user", "", "phone_id", id, "user_id",
			sample.JaneID)}
	}
	return UserPage{Workspace: sample.Workspace, Organization: sample.Acme, ID: sample.JaneID, Name: "Jane Roe",
		Username: "jroe", Aliases: []string{"jane@acme-dental.example", "j.roe"}, State: sample.Active,
		Acts: []views.Act{sample.Act("Verify", "verify-caller", "v", "user_id", sample.JaneID),
			{Text: "Call back", Href: views.CallBack(sample.Workspace, sample.Acme.Slug, sample.JaneID)}, code,
			sample.Act("Edit", "update-user", "e", "user_id", sample.JaneID), trash},
		Facts: []views.Fact{{Label: "Email", Text: "jane@acme-dental.example"},
			{Label: "Last login", When: sample.MinutesAgo}, {Label: "Created", When: sample.LongAgo},
			{Label: "Directory", Text: "Entra ID", Note: "synced 10:40"}, {Label: "Notes",
				Text: "Works from the Leeds surgery on Fridays."}, {Label: "Duo id", Text: sample.JaneID, Mono: true}},
		Phones: []UserPhone{
			{Href: views.Phone(sample.Workspace, sample.Acme.Slug, "DPJANE00000000000001"), Number: "+44 20 7946 0123",
				Name: "Jane’s phone", Kind: "iOS · iPhone 15", Activated: views.Chip{Level: "ok", Text: "Activated"},
				LastSeen: sample.MinutesAgo, Acts: views.About("+44 20 7946 0123",
					phoneActs("DPJANE00000000000001", "a"))},
			{Href: views.Phone(sample.Workspace, sample.Acme.Slug, "DPJANE00000000000002"), Number: "+44 20 7946 0199",
				Kind: "Landline", Activated: views.Chip{Level: "idle", Text: "Calls only"},
				SharedWith: "also Tomás Fry and 3 others",
				Acts:       views.About("+44 20 7946 0199", phoneActs("DPJANE00000000000002", ""))},
		},
		AssignPhone: views.Action(sample.Workspace, sample.Acme.Slug, "assign-phone-to-user", "user_id", sample.JaneID),
		Codes: []UserCode{{UsesLeft: "1 use left", Expires: sample.InAnHour,
			Maker: views.Link{Text: "ana@northwind.example",
				Href: views.Run(sample.Workspace, sample.Acme.Slug, sample.RunID)},
			Acts: views.About("code …0001", []views.Act{sample.Act("Delete…", "delete-bypass-code", "",
				"bypass_code_id", "DBJANE00000000000001")})},
			{UsesLeft: "Unlimited uses", Never: true, By: "Admin Panel",
				Acts: views.About("code …0002", []views.Act{sample.Act("Delete…", "delete-bypass-code", "",
					"bypass_code_id", "DBJANE00000000000002")})}},
		RevokeCodes: views.RevokeCodes(sample.Workspace, sample.Acme.Slug, sample.JaneID),
		AllRuns:     views.With(views.OrganizationRuns(sample.Workspace, sample.Acme.Slug), "user", sample.JaneID),
		Runs:        userRuns(),
		DeleteForGood: views.Action(sample.Workspace, sample.Acme.Slug, "delete-user", "user_id", sample.JaneID,
			"permanent", "true"),
		CreatePhone: views.Action(sample.Workspace, sample.Acme.Slug, "create-phone", "user_id", sample.JaneID),
		AddGroup: views.Action(sample.Workspace, sample.Acme.Slug, "associate-group-with-user", "user_id",
			sample.JaneID),
		Groups: []views.UserGroup{{Name: "Staff", Acts: views.About("Staff", []views.Act{sample.Act("Remove",
			"disassociate-group-from-user", "", "user_id", sample.JaneID, "group_id", "DG1")})},
			{Name: "Surgeons", Description: "May sign in from home", Status: sample.Bypass,
				Acts: views.About("Surgeons", []views.Act{sample.Act("Remove", "disassociate-group-from-user", "",
					"user_id", sample.JaneID, "group_id", "DG2")})}}, ReadAt: sample.MinutesAgo,
		Ticket: "Acme Dental · Jane Roe (jroe) · Active\nPhones: iPhone 15 +44 20 7946 0123, activated, seen 11:01\nBypass codes: 2 (1 never expires)\nRead from Duo 3 Aug 2026 11:01",
	}
}

func lockedUser() UserPage {
	u := sampleUser()
	u.Name, u.Username, u.Aliases, u.State, u.StateNote = "Tomás Fry", "tfry@acme-dental.example", nil, sample.Locked,
		"Duo locks after 10 wrong tries"
	unlock := sample.Act("Unlock…", "update-user", "u", "user_id", sample.JaneID, "status", "active")
	unlock.Primary = true
	u.Acts = append([]views.Act{unlock}, u.Acts...)
	u.Phones, u.Codes, u.Groups = nil, nil, nil
	return u
}

func trashedUser() UserPage {
	u := sampleUser()
	u.State, u.StateNote = views.Chip{Level: "warn", Text: "In trash"}, "deleted by Duo on 10 Aug 2026"
	restore := sample.Act("Restore…", "restore-user", "", "user_id", sample.JaneID)
	restore.Primary = true
	u.Acts, u.AssignPhone, u.RevokeCodes, u.AddGroup, u.Runs = []views.Act{restore}, "", "", "", nil
	u.PhonesError = "Duo did not answer for the phones. Reload to try again."
	return u
}

func hostileUser() UserPage {
	u := sampleUser()
	u.Organization, u.Name, u.Username = sample.Hostile, sample.Hostile.Name, `" onmouseover="alert(1)`
	u.Aliases, u.Groups, u.Ticket = []string{"</pre><img src=x onerror=alert(1)>"},
		[]views.UserGroup{{Name: sample.Hostile.Name, Description: sample.Hostile.Name, Status: sample.Bypass}},
		"</pre><script>alert(1)</script>"
	u.Facts = append(u.Facts, views.Fact{Label: "Notes", Text: "javascript:alert(1) " + sample.Hostile.Name})
	u.Phones[0].Name = sample.Hostile.Name
	u.Shields = []Shield{{Chip: views.Chip{Level: "info", Text: "Called back, confirmed"},
		At:   views.When{ISO: "2026-08-03T09:56:00Z", Text: "10:56 BST", Ago: "3 min ago"},
		Note: "on +44 20 7946 0123, noted by " + sample.Hostile.Name,
		Run:  views.Run(sample.Workspace, sample.Hostile.Slug, sample.RunID)}}
	u.Codes[0].Maker.Text = sample.Hostile.Name
	for len(u.Phones) < 10 {
		u.Phones = append(u.Phones, u.Phones[len(u.Phones)%2])
	}
	return u
}

// userRuns are runs as a page shows them that names the person already.
func userRuns() []views.RunRow {
	rows := sample.Runs()[:3]
	for i := range rows {
		rows[i].Organization, rows[i].Subject = nil, views.Link{}
	}
	return rows
}

// callBackSamples are the form that notes a call.
func callBackSamples() []sample.Sample {
	user := views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)
	call := CallBackPage{Organization: sample.Acme, Once: sample.Once, Name: "Jane Roe",
		Post: views.CallBack(sample.Workspace, sample.Acme.Slug, sample.JaneID), Cancel: user,
		Phone: views.FieldView{Name: "phone_id", Label: "Number that you called", Kind: "radio", Required: true,
			Options: []views.Option{
				{Value: "DP1", Text: "+44 20 7946 0123 · Apple iOS · iPhone 15"},
				{Value: "DP2", Text: "+44 20 7946 0199 · Landline"}}},
		Result: views.FieldView{Name: "result", Label: "What came of it", Kind: "radio", Required: true,
			Options: []views.Option{
				{Value: "confirmed", Text: "The person confirmed the request."}, {Value: "not-confirmed",
					Text: "The person did not confirm the request."},
				{Value: "not-reached", Text: "Nobody was reached."}}}}
	refused, none := call, call
	refused.Result.Error = "Choose what came of the call."
	none.Phone.Options = nil
	shell := sample.OrganizationShell(sample.Acme, "users")
	return []sample.Sample{
		{Name: "call-back", Shell: shell, Page: call}, {Name: "call-back-refused", Shell: shell, Page: refused},
		{Name: "call-back-no-number", Shell: shell, Page: none},
	}
}
