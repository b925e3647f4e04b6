package views

import (
	"fmt"
	"slices"
	"strings"
)

func actionsSamples() []Sample {
	return slices.Concat(sheetSamples(), choiceSamples(), phoneFormSamples(), settingsSamples(), verificationSamples())
}

func sheetSamples() []Sample {
	shell := organizationShell(acme, "users")
	statuses := []Option{{Value: "active", Text: "Active"}, {Value: "disabled", Text: "Disabled"}}
	bypassSheet := sampleBypass()
	helpdesk := sampleBypass()
	helpdesk.MaxCount, helpdesk.MaxUses, helpdesk.Existing, helpdesk.Keep = 1, 1, 0, true
	refusedBypass := sampleBypass()
	refusedBypass.Keep = false
	refusedBypass.Count.Error, refusedBypass.Count.Value = "How many codes must be 1 to 10.", "99"

	noCodes := sampleBypass()
	noCodes.Refused = "This user cannot sign in (disabled), also not with a code."
	activation := ActivationPage{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, PhoneID: "DPJANE00000000000001", UserID: janeID, Device: "Jane’s phone, +44 20 7946 0123",
		Facts:       []Fact{{Label: "Platform", Text: "iOS"}, {Label: "Model", Text: "iPhone 15"}, {Label: "Last seen", Text: "11:01", Note: "34 s ago"}, {Label: "Users", Text: "Jane Roe"}},
		Disconnects: "iPhone 15", ValidSecs: Input{Value: "86400"}, Lifetimes: []Option{{Value: "3600", Text: "1 hour, until 12:02 today"}, {Value: "86400", Text: "24 hours, until 11:02 tomorrow"}}, Cancel: User(sampleWorkspace, acme.Slug, janeID)}
	unknownPhone := activation
	unknownPhone.NeedsPlatform, unknownPhone.Disconnects, unknownPhone.Device = true, "", "+44 20 7946 0177"
	unknownPhone.Facts = []Fact{{Label: "Platform", Text: "Unknown"}, {Label: "Users", Text: "Jane Roe"}}
	unknownPhone.Platforms, unknownPhone.Types = []Option{{Value: "", Text: "Choose"}, {Value: "Apple iOS", Text: "iPhone or iPad"}, {Value: "Google Android", Text: "Android"}}, []Option{{Value: "", Text: "Choose"}, {Value: "Mobile", Text: "Mobile"}, {Value: "Landline", Text: "Landline"}}
	unknownPhone.Platform.Error, unknownPhone.Type.Value = "Choose the platform.", "Mobile"

	sync := SyncPage{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Directories: []Option{{Value: "DSACME00000000000001", Text: "Head office (…0001)"}, {Value: "DSACME00000000000002", Text: hostile.Name + " (…0002)"}},
		DirectoryKey: Input{Value: "DSACME00000000000001"}}
	testKey := sync
	testKey.Test, testKey.Username = true, Input{Value: `"><script>`, Error: "The key works, and its directory has nobody of this username. Type the username as the directory has it."}
	noKey := sync
	noKey.Directories = nil

	unverified := activation
	unverified.Refused, unverified.Verify = "Requires the Technician role: jroe did not approve a verification in the last 15 minutes.", Action(sampleWorkspace, acme.Slug, "verify-caller", "user_id", janeID)

	return []Sample{
		{Name: "bypass-no-use", Shell: shell, Page: noCodes},
		{Name: "activation-unverified", Shell: shell, Page: unverified},
		{Name: "user-sync", Shell: shell, Page: sync},
		{Name: "user-sync-test-refused", Shell: shell, Page: testKey},
		{Name: "user-sync-no-key", Shell: shell, Page: noKey},
		{Name: "user-create", Shell: shell, Page: UserForm{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Status: Input{Value: "active"}, Statuses: statuses}},
		{Name: "user-create-refused", Shell: shell, Page: UserForm{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Username: Input{Value: "jroe", Error: "Acme Dental already has a user called jroe."},
			Email: Input{Value: "jane@", Error: "This is not an e-mail address."}, Status: Input{Value: "active"}, Statuses: statuses, Aliases: Input{Value: "a\nb"}}},
		{Name: "user-edit", Shell: shell, Page: UserForm{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, UserID: janeID, UserName: "Jane Roe", Username: Input{Value: "jroe"}, RealName: Input{Value: "Jane Roe"}, Email: Input{Value: "jane@acme-dental.example"},
			Status: Input{Value: "active"}, Statuses: statuses, Was: []Hidden{{Name: "was_username", Value: "jroe"}, {Name: "was_realname", Value: "Jane Roe"}}}},
		{Name: "user-review", Shell: shell, Page: ReviewPage{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Subject: "Jane Roe", Slug: "update-user", Changes: []Change{{Label: "Full name", Now: "Jane Roe", After: "Jane Roe-Smith"}, {Label: "Notes", Now: "", After: "Leeds on Fridays."}},
			Hidden: []Hidden{{Name: "user_id", Value: janeID}, {Name: "realname", Value: "Jane Roe-Smith"}, {Name: "confirmed", Value: "true"}}, Cancel: User(sampleWorkspace, acme.Slug, janeID), Warning: "Somebody changed this user’s e-mail since you opened the form. It is left as it is now."}},
		{Name: "bypass", Shell: shell, Page: bypassSheet},
		{Name: "bypass-helpdesk", Shell: shell, Page: helpdesk},
		{Name: "bypass-refused", Shell: shell, Page: refusedBypass},
		{Name: "bypass-result", Shell: shell, Page: BypassResult{Workspace: sampleWorkspace, Organization: acme, UserID: janeID, User: "Jane Roe", Codes: []ShownCode{{Groups: "123 456 789", Plain: "123456789", Spoken: "one two three – four five six – seven eight nine"}},
			Uses: "Good for 1 use.", Expires: inAnHour, Kept: "2 older codes still work.", ShownAt: "11:02"}},
		{Name: "bypass-results", Shell: shell, Page: BypassResult{Workspace: sampleWorkspace, Organization: acme, UserID: janeID, User: "Jane Roe", Codes: []ShownCode{{Groups: "123 456 789", Plain: "123456789", Spoken: "one two three – four five six – seven eight nine"}, {Groups: "004 213 377", Plain: "004213377", Spoken: "zero zero four – two one three – three seven seven"}},
			Uses: "Each is good for 1 use.", Never: true, Kept: "Replaced 2 older codes.", ShownAt: "11:02"}},
		{Name: "activation", Shell: shell, Page: activation},
		{Name: "activation-unknown", Shell: shell, Page: unknownPhone},
		{Name: "activation-result", Shell: shell, Page: ActivationResult{Workspace: sampleWorkspace, Organization: acme, Device: "Jane’s phone, +44 20 7946 0123", User: "Jane Roe", QR: sampleQR(), Link: "https://m-0a1b2c3d.duosecurity.com/activate/Kj4uY2bXc9LmQ0rT7sVw",
			InstallLink: "https://m-0a1b2c3d.duosecurity.com/install", Expires: tomorrow, ShownAt: "11:02", Back: Link{Text: "Back to Jane Roe", Href: User(sampleWorkspace, acme.Slug, janeID)}}},
		{Name: "confirm-trash", Shell: shell, Page: ConfirmPage{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Heading: "Send Jane Roe to the trash", Consequences: []string{"Jane Roe cannot sign in with Duo from now on.", "Duo deletes users in the trash after 7 days. Until then you can restore this one."},
			Facts: []Fact{{Label: "Username", Text: "jroe"}, {Label: "Phones", Text: "2", Note: "stay in the account"}, {Label: "Bypass codes", Text: "2"}}, Post: Action(sampleWorkspace, acme.Slug, "delete-user"), Hidden: []Hidden{{Name: "user_id", Value: janeID}},
			Button: "Send Jane Roe to the trash", Danger: true, Cancel: User(sampleWorkspace, acme.Slug, janeID)}},
		{Name: "confirm-permanent", Shell: shell, Page: ConfirmPage{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Heading: "Delete Jane Roe permanently", Consequences: []string{"This cannot be undone. It does not go through the trash."},
			TypedName: "jroe", TypedLabel: "Type the username jroe to confirm", Typed: Input{Value: "jro", Error: "This is not the username. Type jroe."}, Post: Action(sampleWorkspace, acme.Slug, "delete-user"),
			Hidden: []Hidden{{Name: "user_id", Value: janeID}, {Name: "permanent", Value: "true"}}, Button: "Delete Jane Roe permanently", Danger: true, Cancel: User(sampleWorkspace, acme.Slug, janeID)}},
		{Name: "confirm-restore", Shell: shell, Page: ConfirmPage{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Heading: "Restore Jane Roe", Consequences: []string{"Jane Roe can sign in with Duo again."}, Post: Action(sampleWorkspace, acme.Slug, "restore-user"),
			Hidden: []Hidden{{Name: "user_id", Value: janeID}}, Button: "Restore Jane Roe", Cancel: User(sampleWorkspace, acme.Slug, janeID)}},
		{Name: "action-result", Shell: shell, Page: ActionResult{Organization: acme, Heading: "Get User's Phones", Outcome: Chip{Level: "ok", Text: "Applied"}, Summary: "2 phones.", Columns: []ResultColumn{{Title: "Number"}, {Title: "Platform"}}, Rows: [][]ResultCell{{{Text: "+44 20 7946 0123"}, {Text: "iOS"}}, {{Text: hostile.Name}, {Text: "Unknown"}}},
			Secrets: []Fact{{Label: "Raw answer", Text: `{"stat":"OK"}`, Mono: true}}, Back: Link{Text: "Back to Acme Dental", Href: Organization(sampleWorkspace, acme.Slug)}}},
	}
}

// choiceSamples choose a phone, a user and a group.
func choiceSamples() []Sample {
	back := Link{Text: "Back to Jane Roe", Href: User(sampleWorkspace, acme.Slug, janeID)}
	phone := ChoosePage{Organization: acme, Once: sampleOnce, Heading: "Assign phone to Jane Roe", Search: "Number, name or model", SearchAt: Action(sampleWorkspace, acme.Slug, "assign-phone-to-user"), Keep: []Hidden{{Name: "user_id", Value: janeID}},
		Post: Action(sampleWorkspace, acme.Slug, "assign-phone-to-user"), Hidden: []Hidden{{Name: "user_id", Value: janeID}}, Field: "phone_id", Legend: "Phone", Button: "Assign phone", Back: back, Chosen: Input{Value: "DP2"},
		Choices: []Choice{{Value: "DP1", Title: "+44 20 7946 0123", Name: "Jane’s phone", Note: "iOS · iPhone 15", Off: "already with Jane Roe"}, {Value: "DP2", Title: "+44 20 7946 0177", Note: "Android · Pixel 8 · nobody has it"},
			{Value: "DP3", Title: hostile.Name, Name: hostile.Name, Note: "Unknown · with Tomás Fry, " + hostile.Name}},
		Pager: Pager{From: 1, To: 3, Total: 3, Noun: "phones"}}
	user := phone
	user.Heading, user.Search, user.Field, user.Legend, user.Chosen = "Assign +44 20 7946 0177 to a user", "Name, username or e-mail", "user_id", "User", Input{Error: "Choose one."}
	user.Keep = []Hidden{{Name: "phone_id", Value: "DP2"}, {Name: "from", Value: "phone"}}
	user.Hidden, user.Back, user.Error = user.Keep, Link{Text: "Back to the phone", Href: Phone(sampleWorkspace, acme.Slug, "DP2")}, "Duo does not permit this to these keys."
	user.Choices = []Choice{{Value: janeID, Title: "Jane Roe", Name: "jroe", State: active}, {Value: "DU2", Title: "Tomás Fry", Name: "tfry", State: locked, Off: "already has it"}, {Value: "DU3", Title: hostile.Name, Name: hostile.Name, State: bypass}}
	none := user
	none.Choices, none.Error, none.Chosen, none.Query = nil, "", Input{}, "zzz"
	none.Empty = Empty{Kind: "no-match", Headline: "Nothing matches", Text: "Change the search.", Link: Link{Text: "Show all", Href: none.SearchAt}}
	join := func(id string) Act {
		return sampleAct("Add to group", "associate-group-with-user", "", "user_id", janeID, "group_id", id)
	}
	group := ChoosePage{Organization: acme, Once: sampleOnce, Heading: "Add Jane Roe to a group", Search: "Name or description", SearchAt: Action(sampleWorkspace, acme.Slug, "associate-group-with-user"), Keep: []Hidden{{Name: "user_id", Value: janeID}}, Back: back,
		Choices: []Choice{{Title: "Former contractors", State: Chip{Level: "idle", Text: "Disabled"}, Note: "Access has ended", Act: join("DG1")}, {Title: "Migration weekend", State: bypass, Note: "While the servers move", Off: "needs the role admin, like the status bypass"},
			{Title: "Staff", Off: "already in it"}, {Title: "Surgeons", Act: join("DG2")}, {Title: hostile.Name, Note: hostile.Name, State: Chip{Level: "info", Text: "Status " + hostile.Name}, Off: "has a status that the console does not know"}}}
	shell := organizationShell(acme, "users")
	return []Sample{{Name: "choose-phone", Shell: shell, Page: phone}, {Name: "choose-user", Shell: organizationShell(acme, "phones"), Page: user}, {Name: "choose-none", Shell: organizationShell(acme, "phones"), Page: none}, {Name: "choose-group", Shell: shell, Page: group}}
}

func phoneFormSamples() []Sample {
	types, platforms := []Option{{Value: "mobile", Text: "Mobile"}, {Value: "landline", Text: "Landline"}}, []Option{{Value: "", Text: "Not known yet"}, {Value: "apple ios", Text: "Apple iOS"}, {Value: "google android", Text: "Google Android"}}
	form := ActionForm{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Heading: "Create phone for Jane Roe", About: []string{"It is assigned to Jane Roe at once. Nothing is sent to the phone: activate it afterwards."}, Post: Action(sampleWorkspace, acme.Slug, "create-phone"),
		Hidden: []Hidden{{Name: "user_id", Value: janeID}}, MoreTitle: "Extension and waiting times", Button: "Create phone", Cancel: User(sampleWorkspace, acme.Slug, janeID),
		Fields: []FieldView{{Name: "number", Label: "Number", Kind: "tel", Help: "With the country code, such as +44 20 7946 0123. Empty for a tablet.", Autofocus: true}, {Name: "name", Label: "Name", Help: "What people call it, such as Reception.", MaxLength: 255},
			{Name: "type", Label: "Type", Kind: "select", Value: "mobile", Options: types, Required: true}, {Name: "platform", Label: "Platform", Kind: "select", Options: platforms, Required: true}},
		More: []FieldView{{Name: "extension", Label: "Extension", MaxLength: 32}, {Name: "predelay", Label: "Seconds to wait before the extension is dialled", Kind: "number", Min: "0", Max: "3600"}}}
	refused := form
	refused.Hidden, refused.Heading, refused.Cancel, refused.Error = []Hidden{{Name: "phone_id", Value: "DP1"}, {Name: "was.number", Value: "+442079460123"}}, "Edit "+hostile.Name, Phone(sampleWorkspace, acme.Slug, "DP1"), "Duo is limiting requests to this account, and did not do this. Try again at 14:02:30 BST."
	refused.Post, refused.Button = Action(sampleWorkspace, acme.Slug, "modify-phone"), "Review changes"
	refused.Fields = []FieldView{{Name: "number", Label: "Number", Kind: "tel", Value: "020 7946 0123", Error: "Start with + and the country code, such as +44. Duo would take this for a number of the United States."}, {Name: "name", Label: "Name", Value: hostile.Name},
		{Name: "user_id", Label: "User", Value: "m@client.example", Error: "2 match: choose one, or type another name.", Matches: []Option{
			{Value: "DU0000000000000000M1", Text: "a-maria (m@client.example)"}, {Value: "DU0000000000000000M2", Text: "maria.lund (" + hostile.Name + ", m@client.example)"}}}}
	refused.More = []FieldView{{Name: "extension", Label: "Extension", Value: "12"}, {Name: "predelay", Label: "Seconds to wait before the extension is dialled", Kind: "number", Value: "-1", Min: "0", Max: "3600", Error: "Give a whole number from 0 to 3600."}}
	shell := organizationShell(acme, "phones")
	return []Sample{{Name: "phone-create", Shell: organizationShell(acme, "users"), Page: form}, {Name: "phone-edit-refused", Shell: shell, Page: refused},
		{Name: "confirm-phone", Shell: shell, Page: ConfirmPage{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Heading: "Delete phone +44 20 7946 0123", Consequences: []string{"Jane Roe and Tomás Fry can no longer sign in with it.", "This cannot be undone. To take it from one user only, un-assign it.", "It is the only phone of Jane Roe."},
			Facts: []Fact{{Label: "Phone", Text: "+44 20 7946 0123"}, {Label: "Used by", Text: "Jane Roe, Tomás Fry"}}, Post: Action(sampleWorkspace, acme.Slug, "delete-phone-by-id"), Hidden: []Hidden{{Name: "phone_id", Value: "DP1"}, {Name: "user_ids", Value: janeID + "\nDU2"}}, Button: "Delete phone", Danger: true, Cancel: Phone(sampleWorkspace, acme.Slug, "DP1")}},
		{Name: "held-back", Shell: organizationShell(acme, "users"), Page: ConfirmPage{Once: Once{RunID: sampleRun, Connection: sampleBound, Connected: sampleOnce.Connected, Reason: Input{Value: "sure", Error: "Give a reason."},
			Held:       []string{"Jane Roe reported a push as fraud at 14:02 UTC. Until 15:02 UTC, changes for Jane Roe need an administrator or owner other than tom@northwind.example, who sent the push, and a reason. Ask ana@northwind.example."},
			ReasonHelp: "For changes for Jane Roe: how you know that it is right. It is kept with the run."},
			Workspace: sampleWorkspace, Organization: acme, Heading: "Unlock Jane Roe", Post: Action(sampleWorkspace, acme.Slug, "unlock-user"), Button: "Unlock", Cancel: User(sampleWorkspace, acme.Slug, janeID), Error: "Nothing was sent. You may decide: give a reason."}},
		{Name: "connection-changed", Shell: organizationShell(acme, "users"), Page: ChangedPage{Once: sampleOnce, Organization: acme, Heading: "Create User", Was: "the child account Harbour Legal LLP (DAHARBOUR00000000001)", Now: "the child account Acme Dental (DAACME00000000000001)",
			Typed: []Fact{{Label: "Username", Text: "jroe"}, {Label: "Notes", Text: hostile.Name}}, Post: Action(sampleWorkspace, acme.Slug, "create-user"), Hidden: []Hidden{{Name: "username", Value: "jroe"}, {Name: "notes", Value: hostile.Name}, {Name: "reopened", Value: "1"}},
			Cancel: Organization(sampleWorkspace, acme.Slug)}},
		{Name: "confirm-group-refused", Shell: organizationShell(acme, "users"), Page: ConfirmPage{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Heading: "Add Jane Roe to Migration weekend", Error: "The group Migration weekend has the status Bypass now. Look at what that means before you send this again.",
			Consequences: []string{"This group has the status bypass: Jane Roe is not asked for the second factor until somebody ends it.", "You cannot add anybody: this group needs the role admin, like the status bypass."},
			Facts:        []Fact{{Label: "Group", Text: "Migration weekend"}, {Label: "Its status", Text: "Bypass"}}, Post: Action(sampleWorkspace, acme.Slug, "associate-group-with-user"), Cancel: User(sampleWorkspace, acme.Slug, janeID)}},
	}
}

func sampleBypass() BypassPage {
	return BypassPage{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, UserID: janeID, User: "Jane Roe", ValidSecs: Input{Value: "3600"}, Count: Input{Value: "1"}, Uses: Input{Value: "1"}, MaxCount: 10, MaxUses: 100, Keep: true, Existing: 2,
		Presets: []BypassPreset{{Secs: "3600", Text: "1 hour", Until: "12:02 today"}, {Secs: "14400", Text: "4 hours", Until: "15:02 today"}, {Secs: "25080", Text: "End of day", Until: "18:00 today"}, {Secs: "86400", Text: "24 hours", Until: "11:02 tomorrow"},
			{Secs: "604800", Text: "7 days", Refused: "takes the role admin"}}}
}

// sampleQR looks like a QR code and encodes nothing.
func sampleQR() QR {
	const size, quiet = 29, 4
	var path strings.Builder
	for y := range size {
		for x := range size {
			finder := (x < 7 || x >= size-7) && (y < 7 || y >= size-7) && !(x >= size-7 && y >= size-7)
			if (finder && (x%6 == 0 || y%6 == 0 || x == size-7 || y == size-7 || x == size-1 || y == size-1)) || (!finder && (x*7+y*13+x*y)%5 < 2) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return QR{Size: size + 2*quiet, Path: path.String()}
}

func sampleSettings() SettingsPage {
	yesno := []Option{{Value: "true", Text: "Yes"}, {Value: "false", Text: "No"}}
	return SettingsPage{
		Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, MayEdit: true, ReadAt: When{Text: "11:02", Ago: "just now"},
		Was: []Hidden{{Name: "was.lockout_threshold", Value: "10"}, {Name: "was.helpdesk_bypass", Value: "allow"}},
		Groups: []SettingGroup{
			{Title: "Log-in and lockout", Fields: []FieldView{
				{Name: "lockout_threshold", Label: "Failed log-ins that lock a user out", Kind: "number", Value: "10", Unit: "failed log-ins", Min: "1", Max: "9999", Quiet: true, Help: "From 1 to 9999; Duo begins with 10."},
				{Name: "duo_mobile_otp_type", Label: "Passcodes of Duo Mobile", Kind: "select", Value: "hotp", Quiet: true, Options: []Option{{Value: "hotp", Text: "By counter (HOTP)"}, {Value: "totp", Text: "By time (TOTP)"}}},
				{Name: "global_ssp_policy_enforced", Label: "Global policy also guards the self-service portal", Kind: "radio", Value: "true", Options: yesno},
			}, Facts: []Fact{{Label: "Failed log-ins that lock a user out", Text: "10 failed log-ins"}, {Label: "Global policy also guards the self-service portal", Text: "yes"}}},
			{Title: "Help desk", Fields: []FieldView{
				{Name: "helpdesk_bypass", Label: "Bypass codes made by Duo's help desk role", Kind: "select", Value: "allow", Quiet: true, Options: []Option{{Value: "allow", Text: "Allowed"}, {Value: "limit", Text: "Allowed, with a limited life"}, {Value: "deny", Text: "Not allowed"}}},
				{Name: "helpdesk_bypass_expiration", Label: "Their codes live at most", Kind: "number", Value: "0", Unit: "minutes", Min: "0", Max: "525600", Quiet: true, Help: "In minutes. Needed where their life is limited; 0: not set."},
				{Name: "helpdesk_message", Label: "Help desk message", Kind: "textarea", Value: hostile.Name, Quiet: true, MaxLength: 200, Help: "Shown to users in Duo's prompt, at most 200 characters."},
			}, Facts: []Fact{{Label: "Help desk message"}}},
			{Title: "SMS and phone calls", Fields: []FieldView{
				{Name: "sms_batch", Label: "Passcodes in one SMS", Kind: "number", Value: "1", Unit: "passcodes", Min: "1", Max: "10", Quiet: true, Help: "From 1 to 10."},
			}, Facts: []Fact{{Label: "Passcodes in one SMS", Text: "1 passcode"}}, Lacking: []string{"Number that calls come from", "Key that approves a call", "Key that reports fraud"}},
		},
		Shown: []Fact{{Label: "Instant restore", Text: "1"}, {Label: "Enrollment module", Text: "new"}},
	}
}

func settingsSamples() []Sample {
	shell := organizationShell(acme, "settings")
	auditor := shell
	auditor.Role = "auditor"
	refused := sampleSettings()
	refused.ReadAt, refused.Shown = When{}, nil
	refused.Groups[0].Fields[0].Value, refused.Groups[0].Fields[0].Error = "0", "Give a whole number from 1 to 9999."
	refused.Groups[0].Fields[2].Error = "Choose yes or no."
	refused.Groups[1].Fields[0].Value, refused.Groups[1].Fields[1].Error = "limit", "Say how many minutes: the life of their codes is limited."
	read := sampleSettings()
	read.MayEdit = false
	return []Sample{
		{Name: "settings", Shell: shell, Page: sampleSettings()},
		{Name: "settings-refused", Shell: shell, Page: refused},
		{Name: "settings-read", Shell: auditor, Page: read},
		{Name: "settings-review", Shell: shell, Page: ReviewPage{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Subject: "the settings", Slug: "update-settings",
			Changes: []Change{{Label: "Failed log-ins that lock a user out", Now: "10 failed log-ins", After: "5 failed log-ins"}, {Label: "Help desk message", Now: "", After: hostile.Name}}, Hidden: []Hidden{{Name: "reviewed", Value: "1"}, {Name: "lockout_threshold", Value: "5"}},
			Back: Action(sampleWorkspace, acme.Slug, "update-settings"), Cancel: Settings(sampleWorkspace, acme.Slug), Warning: "Somebody changed these settings since you opened the form: help desk message."}},
		{Name: "sync-result", Shell: organizationShell(acme, "users"), Page: SyncResult{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Directory: "Head office", DirectoryKey: "DSACME00000000000001", Names: "jroe\nnobody\n" + hostile.Name + "\nlate", Rest: 1,
			Users: []SyncedUser{
				{Username: "jroe", Outcome: Chip{Level: "ok", Text: "Done"}, Summary: "Synchronized user jroe: changed e-mail from jane@old.example to jane@acme-dental.example.", User: User(sampleWorkspace, acme.Slug, janeID), Run: Run(sampleWorkspace, acme.Slug, sampleRun)},
				{Username: "nobody", Outcome: Chip{Level: "bad", Text: "Refused"}, Summary: "Not done: The key works, and its directory has nobody of this username. Type the username as the directory has it.", User: "", Run: Run(sampleWorkspace, acme.Slug, sampleRun)},
				{Username: hostile.Name, Outcome: Chip{Level: "warn", Text: "Unknown"}, Summary: "Duo may have done this. Duo did not answer in time.", User: "", Run: Run(sampleWorkspace, acme.Slug, sampleRun)},
				{Username: "late", Outcome: Chip{Level: "idle", Text: "not sent"}, Summary: "The time was over before this one.", User: "", Run: ""},
			}}},
	}
}

func verificationSamples() []Sample {
	run := Run(sampleWorkspace, acme.Slug, sampleRun)
	return []Sample{
		{Name: "verification", Shell: organizationShell(acme, "users"), Page: VerificationPage{Workspace: sampleWorkspace, Organization: acme, UserID: janeID, User: "Jane Roe", Sent: "Sent a verification push to +44 20 7946 0123.",
			Code: ShownCode{Groups: "824 135", Plain: "824135", Spoken: "eight two four, one three five"},
			Live: Live{Text: "The push is sent. Once the caller has answered it, open the answer.", Approved: "Approved. Did the caller read 824 135?", Onward: "Go on with jroe", Left: 119, Events: RunEvents(sampleWorkspace, acme.Slug, sampleRun), Then: User(sampleWorkspace, acme.Slug, janeID) + "?run=" + sampleRun, Page: run}}},
	}
}
