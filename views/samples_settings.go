package views

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
