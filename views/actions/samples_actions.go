package actions

import (
	"fmt"
	"slices"
	"strings"

	"duodesk/views"
	"duodesk/views/sample"
)

func Samples() []sample.Sample {
	return slices.Concat(sheetSamples(), choiceSamples(), phoneFormSamples(), settingsSamples(), verificationSamples(),
		catalogSamples())
}

func sheetSamples() []sample.Sample {
	shell := sample.OrganizationShell(sample.Acme, "users")
	statuses := []views.Option{{Value: "active", Text: "Active"}, {Value: "disabled", Text: "Disabled"}}
	bypassSheet := sampleBypass()
	helpdesk := sampleBypass()
	helpdesk.MaxCount, helpdesk.MaxUses, helpdesk.Existing, helpdesk.Keep = 1, 1, 0, true
	refusedBypass := sampleBypass()
	refusedBypass.Keep = false
	refusedBypass.Count.Error, refusedBypass.Count.Value = "How many codes must be 1 to 10.", "99"
	refusedBypass.TicketNeeded, refusedBypass.Once.Ticket.Error = true,
		"Enter a ticket. This workspace requires one for this action."

	noCodes := sampleBypass()
	noCodes.Refused = "This user cannot log in (disabled), not even with a bypass code."
	activation := ActivationPage{Workspace: sample.Workspace, Organization: sample.Acme, Once: sample.Once,
		PhoneID: "DPJANE00000000000001", UserID: sample.JaneID, Device: "Jane’s phone, +44 20 7946 0123",
		Facts: []views.Fact{{Label: "Platform", Text: "iOS"}, {Label: "Model", Text: "iPhone 15"},
			{Label: "Last seen", When: sample.MinutesAgo}, {Label: "Users", Text: "Jane Roe"}},
		Disconnects: "iPhone 15", ValidSecs: views.Input{Value: "86400"},
		Lifetimes: []views.Option{{Value: "3600", Text: "1 hour, until 12:02 today"},
			{Value: "86400", Text: "24 hours, until 4 Aug, 11:02 BST"}},
		Cancel: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)}
	unknownPhone := activation
	unknownPhone.NeedsPlatform, unknownPhone.Disconnects, unknownPhone.Device = true, "", "+44 20 7946 0177"
	unknownPhone.Facts = []views.Fact{{Label: "Platform", Text: "Unknown"}, {Label: "Users", Text: "Jane Roe"}}
	unknownPhone.Platforms, unknownPhone.Types = []views.Option{{Value: "", Text: "Choose"},
		{Value: "Apple iOS", Text: "iPhone or iPad"}, {Value: "Google Android", Text: "Android"}},
		[]views.Option{{Value: "", Text: "Choose"}, {Value: "Mobile", Text: "Mobile"},
			{Value: "Landline", Text: "Landline"}}
	unknownPhone.Platform.Error, unknownPhone.Type.Value = "Choose the platform.", "Mobile"

	sync := SyncPage{Workspace: sample.Workspace, Organization: sample.Acme, Once: sample.Once,
		Directories: []views.Option{{Value: "DSACME00000000000001", Text: "Head office (…0001)"},
			{Value: "DSACME00000000000002", Text: sample.Hostile.Name + " (…0002)"}},
		DirectoryKey: views.Input{Value: "DSACME00000000000001"}}
	testKey := sync
	testKey.Test, testKey.Username = true, views.Input{Value: `"><script>`,
		Error: "The key works, but its directory has no user with this username. Type the username as it is in the directory."}
	noKey := sync
	noKey.Directories = nil

	unverified := activation
	unverified.Refused,
		unverified.Verify = "Requires the Technician role: jroe did not approve a verification in the last 15 minutes.",
		views.Action(sample.Workspace, sample.Acme.Slug, "verify-caller", "user_id", sample.JaneID)

	revoked := RevokedPage{Organization: sample.Acme, Name: "Jane Roe", User: views.User(sample.Workspace,
		sample.Acme.Slug, sample.JaneID), Again: views.RevokeCodes(sample.Workspace, sample.Acme.Slug, sample.JaneID),
		Rows: []RevokedCode{{Outcome: views.Chip{Level: "ok", Text: "Applied"}, Summary: "Deleted a bypass code.",
			Run: views.Run(sample.Workspace, sample.Acme.Slug, sample.RunID), Done: true}},
		Ticket: "Revoke all bypass codes: Jane Roe, Acme Dental\n1 of 1 code revoked."}
	partly := revoked
	partly.Name, partly.Left, partly.Rest, partly.Stopped = sample.Hostile.Name, 2, 1,
		"Your role no longer allows this."
	partly.Rows = append(partly.Rows, RevokedCode{Outcome: views.Chip{Level: "warn", Text: "Unknown"},
		Summary: sample.Hostile.Name, Run: revoked.Rows[0].Run})

	return []sample.Sample{
		{Name: "revoked", Shell: shell, Page: revoked},
		{Name: "revoked-partly", Shell: shell, Page: partly},
		{Name: "bypass-no-use", Shell: shell, Page: noCodes},
		{Name: "activation-unverified", Shell: shell, Page: unverified},
		{Name: "user-sync", Shell: shell, Page: sync},
		{Name: "user-sync-test-refused", Shell: shell, Page: testKey},
		{Name: "user-sync-no-key", Shell: shell, Page: noKey},
		{Name: "user-create", Shell: shell, Page: UserForm{Workspace: sample.Workspace, Organization: sample.Acme,
			Once: sample.Once, Status: views.Input{Value: "active"}, Statuses: statuses}},
		{Name: "user-create-refused", Shell: shell,
			Page: UserForm{Workspace: sample.Workspace, Organization: sample.Acme, Once: sample.Once,
				Username: views.Input{Value: "jroe", Error: "Acme Dental already has a user called jroe."},
				Email:    views.Input{Value: "jane@", Error: "This is not an email address."},
				Status:   views.Input{Value: "active"}, Statuses: statuses, Aliases: views.Input{Value: "a\nb"}}},
		{Name: "user-edit", Shell: shell, Page: UserForm{Workspace: sample.Workspace, Organization: sample.Acme,
			Once: sample.Once, UserID: sample.JaneID, UserName: "Jane Roe", Username: views.Input{Value: "jroe"},
			RealName: views.Input{Value: "Jane Roe"}, Email: views.Input{Value: "jane@acme-dental.example"},
			Status: views.Input{Value: "active"}, Statuses: statuses,
			Was: []views.Hidden{{Name: "was_username", Value: "jroe"}, {Name: "was_realname", Value: "Jane Roe"}}}},
		{Name: "user-review", Shell: shell, Page: ReviewPage{Workspace: sample.Workspace, Organization: sample.Acme,
			Once: sample.Once, Subject: "Jane Roe", Slug: "update-user", Changes: []Change{{Label: "Full name",
				Now: "Jane Roe", After: "Jane Roe-Smith"}, {Label: "Notes", Now: "", After: "Leeds on Fridays."}},
			Hidden: []views.Hidden{{Name: "user_id", Value: sample.JaneID}, {Name: "realname", Value: "Jane Roe-Smith"},
				{Name: "confirmed", Value: "true"}},
			Cancel:  views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID),
			Warning: "Someone changed this user’s email since you opened the form. It is left as it is now."}},
		{Name: "bypass", Shell: shell, Page: bypassSheet},
		{Name: "bypass-helpdesk", Shell: shell, Page: helpdesk},
		{Name: "bypass-refused", Shell: shell, Page: refusedBypass},
		{Name: "bypass-result", Shell: shell, Page: BypassResult{Organization: sample.Acme, User: "Jane Roe",
			Back: views.With(views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID), "run", sample.RunID),
			Codes: []ShownCode{{Groups: "123 456 789", Plain: "123456789",
				Spoken: "one two three – four five six – seven eight nine"}},
			Uses: "Good for 1 use.", Expires: sample.InAnHour, Kept: "2 older codes still work.", ShownAt: "11:02"}},
		{Name: "bypass-results", Shell: shell, Page: BypassResult{Organization: sample.Acme, User: "Jane Roe",
			Back: views.With(views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID), "run", sample.RunID),
			Codes: []ShownCode{{Groups: "123 456 789", Plain: "123456789",
				Spoken: "one two three – four five six – seven eight nine"}, {Groups: "004 213 377", Plain: "004213377",
				Spoken: "zero zero four – two one three – three seven seven"}},
			Uses: "Each is good for 1 use.", Never: true, Kept: "Replaced 2 older codes.", ShownAt: "11:02"}},
		{Name: "activation", Shell: shell, Page: activation},
		{Name: "activation-unknown", Shell: shell, Page: unknownPhone},
		{Name: "activation-result", Shell: shell, Page: ActivationResult{Workspace: sample.Workspace,
			Organization: sample.Acme, Device: "Jane’s phone, +44 20 7946 0123", User: "Jane Roe", QR: sampleQR(),
			Link:        "https://m-0a1b2c3d.duosecurity.com/activate/Kj4uY2bXc9LmQ0rT7sVw",
			InstallLink: "https://m-0a1b2c3d.duosecurity.com/install", Expires: sample.Tomorrow, ShownAt: "11:02",
			Live: &views.Live{Text: "Waiting for the phone: not activated yet.",
				Events: views.ActivationEvents(sample.Workspace, sample.Acme.Slug, "DPJANE00000000000001",
					sample.RunID), Then: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID),
				Page: views.Activation(sample.Workspace, sample.Acme.Slug, "DPJANE00000000000001", sample.RunID),
				Look: "See whether it is activated", NewTab: true, Answer: "activated",
				Approved: "Activated. Duo Mobile works on this phone.", Onward: "Go on"},
			Back: views.Link{Text: "Back to Jane Roe",
				Href: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)}}},
		{Name: "activation-waits", Shell: shell, Page: ActivationState{Organization: sample.Acme,
			Device: "Jane’s phone, +44 20 7946 0123", Text: "Waiting for the phone: not activated yet.", Waits: true,
			Phone: views.Phone(sample.Workspace, sample.Acme.Slug, "DPJANE00000000000001")}},
		{Name: "activation-done", Shell: shell, Page: ActivationState{Organization: sample.Acme,
			Device: sample.Hostile.Name, Text: "Activated. Duo Mobile works on this phone.", Activated: true,
			Phone: views.Phone(sample.Workspace, sample.Acme.Slug, "DPJANE00000000000001")}},
		{Name: "confirm-trash", Shell: shell, Page: ConfirmPage{Workspace: sample.Workspace, Organization: sample.Acme,
			Once: sample.Once, Heading: "Move Jane Roe to Trash",
			Consequences: []string{"Jane Roe can no longer log in with Duo.",
				"Duo deletes users in the trash after 7 days. Until then you can restore this one."},
			Facts: []views.Fact{{Label: "Username", Text: "jroe"},
				{Label: "Phones", Text: "2", Note: "stay in the account"}, {Label: "Bypass codes", Text: "2"}},
			Post:   views.Action(sample.Workspace, sample.Acme.Slug, "delete-user"),
			Hidden: []views.Hidden{{Name: "user_id", Value: sample.JaneID}},
			Button: "Move Jane Roe to Trash", Danger: true,
			Cancel: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)}},
		{Name: "confirm-permanent", Shell: shell, Page: ConfirmPage{Workspace: sample.Workspace,
			Organization: sample.Acme, Once: sample.Once, Heading: "Delete Jane Roe permanently",
			Consequences: []string{"You can't undo this. It does not go through the trash."},
			TypedName:    "jroe", TypedLabel: "Type the username jroe to confirm",
			Typed:  views.Input{Value: "jro", Error: "This is not the username. Type jroe."},
			Post:   views.Action(sample.Workspace, sample.Acme.Slug, "delete-user"),
			Hidden: []views.Hidden{{Name: "user_id", Value: sample.JaneID}, {Name: "permanent", Value: "true"}},
			Button: "Delete Jane Roe permanently", Danger: true,
			Cancel: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)}},
		{Name: "confirm-restore", Shell: shell, Page: ConfirmPage{Workspace: sample.Workspace,
			Organization: sample.Acme, Once: sample.Once, Heading: "Restore Jane Roe",
			Consequences: []string{"Jane Roe can sign in with Duo again."},
			Post:         views.Action(sample.Workspace, sample.Acme.Slug, "restore-user"),
			Hidden:       []views.Hidden{{Name: "user_id", Value: sample.JaneID}}, Button: "Restore Jane Roe",
			Cancel: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)}},
		{Name: "action-result", Shell: shell, Page: ActionResult{Organization: sample.Acme,
			Heading: "Get User's Phones", Outcome: views.Chip{Level: "ok", Text: "Applied"}, Summary: "2 phones.",
			Columns: []ResultColumn{{Title: "Number"}, {Title: "Platform"}},
			Rows: [][]ResultCell{{{Text: "+44 20 7946 0123"}, {Text: "iOS"}},
				{{Text: sample.Hostile.Name}, {Text: "Unknown"}}},
			Secrets: []views.Fact{{Label: "Raw answer", Text: `{"stat":"OK"}`, Mono: true}},
			Back: views.Link{Text: "Back to Acme Dental",
				Href: views.Organization(sample.Workspace, sample.Acme.Slug)}}},
	}
}

func sampleBypass() BypassPage {
	return BypassPage{Workspace: sample.Workspace, Organization: sample.Acme, Once: sample.Once, UserID: sample.JaneID,
		User: "Jane Roe", ValidSecs: views.Input{Value: "3600"}, Count: views.Input{Value: "1"},
		Uses: views.Input{Value: "1"}, MaxCount: 10, MaxUses: 100, Keep: true, Existing: 2,
		Presets: []BypassPreset{{Secs: "3600", Text: "1 hour", Until: "12:02 today"},
			{Secs: "14400", Text: "4 hours", Until: "15:02 today"}, {Secs: "25080", Text: "End of day",
				Until: "18:00 today"}, {Secs: "86400", Text: "24 hours", Until: "4 Aug, 11:02 BST"},
			{Secs: "604800", Text: "7 days", Refused: "requires the Administrator role"}}}
}

// sampleQR looks like a QR code and encodes nothing.
func sampleQR() views.QR {
	const size, quiet = 29, 4
	var path strings.Builder
	for y := range size {
		for x := range size {
			finder := (x < 7 || x >= size-7) && (y < 7 || y >= size-7) && !(x >= size-7 && y >= size-7)
			if (finder && (x%6 == 0 || y%6 == 0 || x == size-7 || y == size-7 || x == size-1 || y == size-1)) ||
				(!finder && (x*7+y*13+x*y)%5 < 2) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return views.QR{Size: size + 2*quiet, Path: path.String()}
}

func sampleSettings() SettingsPage {
	yesno := []views.Option{{Value: "true", Text: "Yes"}, {Value: "false", Text: "No"}}
	return SettingsPage{
		Workspace: sample.Workspace, Organization: sample.Acme, Once: sample.Once, MayEdit: true,
		ReadAt: views.When{Text: "11:02", Ago: "just now"},
		Was: []views.Hidden{{Name: "was.lockout_threshold", Value: "10"},
			{Name: "was.helpdesk_bypass", Value: "allow"}},
		Groups: []SettingGroup{
			{Title: "Lockout and Fraud", Fields: []views.FieldView{
				{Name: "lockout_threshold", Label: "Lockout threshold", Kind: "number", Value: "10",
					Unit: "failed attempts", Min: "1", Max: "9999", Quiet: true,
					Help: "How many failed attempts lock a user out: from 1 to 9999. Duo's default is 10."},
				{Name: "duo_mobile_otp_type", Label: "Duo Mobile passcode type", Kind: "select", Value: "hotp",
					Quiet: true, Options: []views.Option{{Value: "hotp", Text: "By counter (HOTP)"},
						{Value: "totp", Text: "By time (TOTP)"}}},
				{Name: "global_ssp_policy_enforced", Label: "Enforce global policy in self-service portal",
					Kind: "radio", Value: "true", Options: yesno},
			}, Facts: []views.Fact{{Label: "Lockout threshold", Text: "10 failed attempts"},
				{Label: "Enforce global policy in self-service portal", Text: "yes"}}},
			{Title: "Help desk", Fields: []views.FieldView{
				{Name: "helpdesk_bypass", Label: "Help Desk bypass codes", Kind: "select", Value: "allow", Quiet: true,
					Options: []views.Option{{Value: "allow", Text: "Allowed"},
						{Value: "limit", Text: "Allowed, with an expiration"}, {Value: "deny", Text: "Not allowed"}}},
				{Name: "helpdesk_bypass_expiration", Label: "Help Desk bypass code expiration", Kind: "number",
					Value: "0", Unit: "minutes", Min: "0", Max: "525600", Quiet: true,
					Help: "In minutes. Needed where their life is limited; 0: not set."},
				{Name: "helpdesk_message", Label: "Help desk message", Kind: "textarea", Value: sample.Hostile.Name,
					Quiet: true, MaxLength: 200, Help: "Shown in the Duo Prompt, up to 200 characters."},
			}, Facts: []views.Fact{{Label: "Help desk message"}}},
			{Title: "Phone Calls and SMS", Fields: []views.FieldView{
				{Name: "sms_batch", Label: "SMS passcodes per message", Kind: "number", Value: "1", Unit: "passcodes",
					Min: "1", Max: "10", Quiet: true, Help: "From 1 to 10."},
			}, Facts: []views.Fact{{Label: "SMS passcodes per message", Text: "1 passcode"}},
				Lacking: []string{"Outgoing caller ID", "Keypress to authenticate", "Keypress to report fraud"}},
		},
		Shown: []views.Fact{{Label: "Instant restore", Text: "1"}, {Label: "Enrollment module", Text: "new"}},
	}
}

func settingsSamples() []sample.Sample {
	shell := sample.OrganizationShell(sample.Acme, "settings")
	auditor := shell
	auditor.Role = "auditor"
	refused := sampleSettings()
	refused.ReadAt, refused.Shown = views.When{}, nil
	refused.Groups[0].Fields[0].Value, refused.Groups[0].Fields[0].Error = "0", "Give a whole number from 1 to 9999."
	refused.Groups[0].Fields[2].Error = "Choose yes or no."
	refused.Groups[1].Fields[0].Value, refused.Groups[1].Fields[1].Error = "limit",
		"Give a number of minutes: Help Desk bypass codes are allowed with an expiration."
	read := sampleSettings()
	read.MayEdit = false
	return []sample.Sample{
		{Name: "settings", Shell: shell, Page: sampleSettings()},
		{Name: "settings-refused", Shell: shell, Page: refused},
		{Name: "settings-read", Shell: auditor, Page: read},
		{Name: "settings-review", Shell: shell, Page: ReviewPage{Workspace: sample.Workspace, Organization: sample.Acme,
			Once: sample.Once, Subject: "the settings", Slug: "update-settings",
			Changes: []Change{{Label: "Lockout threshold", Now: "10 failed attempts", After: "5 failed attempts"},
				{Label: "Help desk message", Now: "", After: sample.Hostile.Name}},
			Hidden:  []views.Hidden{{Name: "reviewed", Value: "1"}, {Name: "lockout_threshold", Value: "5"}},
			Back:    views.Action(sample.Workspace, sample.Acme.Slug, "update-settings"),
			Cancel:  views.Settings(sample.Workspace, sample.Acme.Slug),
			Warning: "Someone changed these settings since you opened the form: help desk message."}},
	}
}

func verificationSamples() []sample.Sample {
	run := views.Run(sample.Workspace, sample.Acme.Slug, sample.RunID)
	return []sample.Sample{
		{Name: "verification", Shell: sample.OrganizationShell(sample.Acme, "users"),
			Page: VerificationPage{Workspace: sample.Workspace, Organization: sample.Acme, UserID: sample.JaneID,
				User: "Jane Roe", Sent: "Sent a verification push to +44 20 7946 0123.",
				Code: ShownCode{Groups: "824 135", Plain: "824135", Spoken: "eight two four, one three five"},
				Live: views.Live{Text: "The push is sent. Once the caller has answered it, open the answer.",
					Approved: "Approved. Did the caller read 824 135?", Onward: "Continue with jroe", Left: 119,
					Events: views.RunEvents(sample.Workspace, sample.Acme.Slug, sample.RunID),
					Then:   views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID) + "?run=" + sample.RunID,
					Page:   run}}},
	}
}

// catalogSamples are the list of actions: what may not be done comes last and is quieter.
func catalogSamples() []sample.Sample {
	send, off := views.Chip{Level: "warn", Text: "Reaches a person"}, "Requires the Technician role"
	page := ActionsPage{Workspace: sample.Workspace, Organization: &sample.Acme, Total: 66, Groups: []ActionGroup{
		{Name: "Someone can’t log in", Items: []ActionItem{
			{Title: "Create Bypass Code for User",
				Href: views.Action(sample.Workspace, sample.Acme.Slug, "create-bypass-code-for-user"),
				Help: "Creates codes that log a user in without a phone.",
				Kind: views.Chip{Level: "idle", Text: "Changes Duo"}},
			{Title: "Verify Caller", Href: views.Action(sample.Workspace, sample.Acme.Slug, "verify-caller"),
				Help: "Sends a push and waits for the answer.", Kind: send},
			{Title: "Update User", Off: off}}},
		{Name: "Phones and Duo Mobile", Items: []ActionItem{{Title: "Delete Phone by ID", Off: off}}}}}
	none := ActionsPage{Workspace: sample.Workspace, ByAPI: true, Query: sample.Hostile.Name, Total: 66}
	return []sample.Sample{
		{Name: "actions", Shell: sample.OrganizationShell(sample.Acme, "actions"), Page: page},
		{Name: "actions-no-match", Shell: sample.WorkspaceShell("actions"), Page: none},
	}
}
