package views

func sampleSettings() SettingsPage {
	yesno := []Option{{"true", "Yes"}, {"false", "No"}}
	return SettingsPage{
		Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, MayEdit: true, ReadAt: When{Text: "11:02", Ago: "just now"},
		Was: []Hidden{{"was.lockout_threshold", "10"}, {"was.helpdesk_bypass", "allow"}},
		Groups: []SettingGroup{
			{Title: "Log-in and lockout", Fields: []FieldView{
				{Name: "lockout_threshold", Label: "Failed log-ins that lock a user out", Kind: "number", Value: "10", Unit: "failed log-ins", Min: "1", Max: "9999", Quiet: true, Help: "From 1 to 9999; Duo begins with 10."},
				{Name: "duo_mobile_otp_type", Label: "Passcodes of Duo Mobile", Kind: "select", Value: "hotp", Quiet: true, Options: []Option{{"hotp", "By counter (HOTP)"}, {"totp", "By time (TOTP)"}}},
				{Name: "global_ssp_policy_enforced", Label: "Global policy also guards the self-service portal", Kind: "radio", Value: "true", Options: yesno},
			}, Facts: []Fact{{Label: "Failed log-ins that lock a user out", Text: "10 failed log-ins"}, {Label: "Global policy also guards the self-service portal", Text: "yes"}}},
			{Title: "Help desk", Fields: []FieldView{
				{Name: "helpdesk_bypass", Label: "Bypass codes made by Duo's help desk role", Kind: "select", Value: "allow", Quiet: true, Options: []Option{{"allow", "Allowed"}, {"limit", "Allowed, with a limited life"}, {"deny", "Not allowed"}}},
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
		{"settings", shell, sampleSettings()},
		{"settings-refused", shell, refused},
		{"settings-read", auditor, read},
		{"settings-review", shell, ReviewPage{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Subject: "the settings", Slug: "update-settings",
			Changes: []Change{{"Failed log-ins that lock a user out", "10 failed log-ins", "5 failed log-ins"}, {"Help desk message", "", hostile.Name}}, Hidden: []Hidden{{"reviewed", "1"}, {"lockout_threshold", "5"}},
			Back: Action(sampleWorkspace, acme.Slug, "update-settings"), Cancel: Settings(sampleWorkspace, acme.Slug), Warning: "Somebody changed these settings since you opened the form: help desk message."}},
		{"sync-result", organizationShell(acme, "users"), SyncResult{Workspace: sampleWorkspace, Organization: acme, Once: sampleOnce, Directory: "Head office", DirectoryKey: "DSACME00000000000001", Names: "jroe\nnobody\n" + hostile.Name + "\nlate", Rest: 1,
			Users: []SyncedUser{
				{"jroe", Chip{"ok", "Done"}, "Synchronized user jroe: changed e-mail from jane@old.example to jane@acme-dental.example.", User(sampleWorkspace, acme.Slug, janeID), Run(sampleWorkspace, acme.Slug, sampleRun)},
				{"nobody", Chip{"bad", "Refused"}, "Not done: The key works, and its directory has nobody of this username. Type the username as the directory has it.", "", Run(sampleWorkspace, acme.Slug, sampleRun)},
				{hostile.Name, Chip{"warn", "Unknown"}, "Duo may have done this. Duo did not answer in time.", "", Run(sampleWorkspace, acme.Slug, sampleRun)},
				{"late", Chip{"idle", "not sent"}, "The time was over before this one.", "", ""},
			}}},
	}
}
