package flows

import (
	"duodesk/views"
	"duodesk/views/sample"
)

// Samples are the pages of plans in the states they can be in.
func Samples() []sample.Sample {
	shell := func(o views.OrganizationTag) views.Shell { return sample.OrganizationShell(o, "overview") }
	return []sample.Sample{
		{Name: "onboard", Shell: sample.WorkspaceShell("organizations"), Page: onboardSample()},
		{Name: "onboard-similar", Shell: sample.WorkspaceShell("organizations"), Page: similarSample()},
		{Name: "onboarding-account", Shell: shell(sample.Lyndon), Page: accountSample()},
		{Name: "onboarding-settings", Shell: shell(sample.Lyndon), Page: settingsSample()},
		{Name: "onboarding-users-refused", Shell: shell(sample.Lyndon), Page: usersSample()},
		{Name: "onboarding-draft", Shell: shell(sample.Lyndon), Page: draftSample()},
		{Name: "onboarding-review", Shell: shell(sample.Hostile), Page: reviewSample()},
		{Name: "onboarding-differs", Shell: shell(sample.Lyndon), Page: differsSample()},
		{Name: "onboarding-running", Shell: shell(sample.Lyndon), Page: runningSample()},
		{Name: "onboarding-paused", Shell: shell(sample.Hostile), Page: pausedSample()},
		{Name: "onboarding-none", Shell: shell(sample.Acme), Page: noneSample()},
		{Name: "synchronize-review", Shell: sample.OrganizationShell(sample.Hostile, "users"),
			Page: synchronizeSample(true)},
		{Name: "synchronize-results", Shell: sample.OrganizationShell(sample.Hostile, "users"),
			Page: synchronizeSample(false)},
		{Name: "check-keys-results", Shell: sample.WorkspaceShell("integration"), Page: checkKeysSample()},
	}
}

func screensSample(now int) []ScreenLink {
	var all []ScreenLink
	for i, title := range []string{"Facts", "Duo account", "Settings", "Directory keys", "Auth API", "First users",
		"Review"} {
		s := ScreenLink{Title: title, Href: "/w/northwind/o/lyndon-partners/onboarding/" + views.Itoa(i), State: "open"}
		switch {
		case i == now:
			s.State = "now"
		case i < now:
			s.State = "done"
		case i == 1:
			s.State, s.Href = "closed", ""
		}
		all = append(all, s)
	}
	return all
}

func formSample(now int, groups ...FieldGroup) FormPage {
	page := FormPage{Workspace: sample.Workspace, Organization: &sample.Lyndon,
		Heading: "Onboard " + sample.Lyndon.Name, Screens: screensSample(now),
		Post: "/w/northwind/o/lyndon-partners/onboarding/settings",
		Hidden: []views.Hidden{{Name: "plan", Value: sample.RunID},
			{Name: "revision", Value: "3"}},
		Groups: groups, Next: "Save and continue", Back: "/w/northwind/o/lyndon-partners/onboarding/facts",
		Review: true}
	page.Screen = page.Screens[now].Title
	return page
}

func onboardSample() FormPage {
	page := formSample(0, FieldGroup{Fields: []views.FieldView{
		{Name: "name", Label: "Name", Required: true, Help: "As your people say it on the phone."},
		{Name: "aliases", Label: "Also called", Kind: "textarea",
			Help: "Names that callers use, one per line. Searches use them."},
		{Name: "tags", Label: "Tags"}, {Name: "time_zone", Label: "Time zone", Placeholder: "Europe/London"},
		{Name: "color", Label: "Color", Kind: "select", Quiet: true,
			Options: []views.Option{{Text: "Choose one for me"}, {Value: "1", Text: "Orange"}}}}},
		FieldGroup{Title: "Who sees it", Note: "Operators of all organizations see it at once. An owner gives it to " +
			"others on their page under Operators.",
			Facts: []views.Fact{{Label: "Owner", Text: "ana@northwind.example"}, {Label: "Admin",
				Text: "tom@northwind.example"}}})
	page.Organization, page.Heading, page.Back, page.Review = nil, "Onboard a client", "", false
	page.Post, page.Ticket = views.Onboard(sample.Workspace, ""), true
	page.Intro = []string{"The first save makes the organization. Nothing changes in Duo before you approve the " +
		"steps at the end."}
	for i := range page.Screens {
		page.Screens[i].Href = ""
	}
	return page
}

func similarSample() FormPage {
	page := onboardSample()
	fields := page.Groups[0].Fields
	fields[0].Value = "Lyndon and Partners"
	page.Groups[0].Fields = append(fields, views.FieldView{Name: "similar", Kind: "checkbox",
		Label: "This is another client",
		Error: "There is a similar name: the organization “" + sample.Lyndon.Name + "”; the Duo account Lyndon " +
			"(DALYND0N000000000001). Tick this if it is not the same client."})
	return page
}

func accountSample() FormPage {
	page := formSample(1,
		FieldGroup{Fields: []views.FieldView{{Name: "how", Label: "Duo account", Kind: "radio", Value: "new",
			Options: []views.Option{
				{Value: "new", Text: "Create a new child account"}, {Value: "existing",
					Text: "Use an account that has no organization"}, {Value: "own",
					Text: "The account has Admin API keys of its own"}}}}},
		FieldGroup{Title: "New child account", Fields: []views.FieldView{{Name: "account_name", Label: "Name in Duo",
			Value: sample.Lyndon.Name, Quiet: true}}},
		FieldGroup{Title: "Existing account", Fields: []views.FieldView{{Name: "account", Label: "Account", Quiet: true,
			List: "duo-accounts", Help: "Type a part of its name."}}},
		FieldGroup{Title: "Admin API keys of its own",
			Note: "Needed only for an account that the Accounts API cannot " +
				"reach. They are checked and kept at once, and are no part of the draft.",
			Fields: []views.FieldView{{Name: "own_host", Label: "API hostname", Quiet: true, Mono: true},
				{Name: "own_integration_key", Label: "Integration key", Quiet: true, Mono: true},
				{Name: "own_secret_key", Label: "Secret key", Kind: "password", Quiet: true, Mono: true}}})
	page.Ticket, page.Post = true, "/w/northwind/o/lyndon-partners/onboarding/account"
	page.Lists = []List{{ID: "duo-accounts", Options: []views.Option{{Value: "Lyndon (DALYND0N000000000001)",
		Text: "api-1a2b3c4d.duosecurity.com"}}}}
	return page
}

func settingsSample() FormPage {
	page := formSample(2,
		FieldGroup{Title: "Lockout and Fraud", Fields: []views.FieldView{
			{Name: "lockout_threshold", Label: "Lockout threshold", Kind: "number", Value: "5", Unit: "failed attempts",
				Note: "Now: 10 failed attempts", Quiet: true},
			{Name: "fraud_email", Label: "Send fraud alerts to", Quiet: true}}},
		FieldGroup{Title: "Help Desk and Roles", Fields: []views.FieldView{{Name: "helpdesk_message",
			Label: "Help desk message", Kind: "textarea", Value: sample.Hostile.Name, Quiet: true}}})
	page.Intro = []string{"Only what differs from what the account has now is sent."}
	page.Copy = &CopyFrom{Action: page.Post, Field: views.FieldView{Name: "from",
		Label: "Copy from another organization", Quiet: true, List: "copy-from",
		Help: "Type its address, such as acme-dental. Its settings fill in the form; nothing is saved by it."}}
	page.Lists = []List{{ID: "copy-from", Options: []views.Option{{Value: sample.Acme.Slug, Text: sample.Acme.Name}}}}
	page.Skip = "/w/northwind/o/lyndon-partners/onboarding/directories"
	return page
}

func usersSample() FormPage {
	page := formSample(5, FieldGroup{Fields: []views.FieldView{
		{Name: "users", Label: "Users", Kind: "textarea", Rows: 10, Mono: true, Quiet: true,
			Value: "ada, Ada Lovelace, ada@\n" + sample.Hostile.Name,
			Error: "Line 1: Email: This is not an email address. Line 2: There are more than five values.",
			Help:  "One user per line: username, full name, email, phone, invitation. All but the username can be empty. At most 50."},
		{Name: "invite", Label: "Invitation where the line says none", Kind: "select", Quiet: true,
			Options: []views.Option{{Value: "none", Text: "Not invited"}}}}})
	page.Error = "Changed since you opened the form: Settings (tom@northwind.example, 3 Aug 2026, 11:01:26 BST). Nothing of yours " +
		"was saved yet. Save again to keep what is typed here."
	page.Review, page.Next = false, "Save and review"
	return page
}

const onboardingSample = "/w/northwind/o/x/onboarding/"

func planSample(o views.OrganizationTag, level, state string) PlanPage {
	return PlanPage{Workspace: sample.Workspace, Organization: o, Heading: "Onboard " + o.Name,
		State: views.Chip{Level: level, Text: state}, Post: onboardingSample + "continue",
		Hidden: []views.Hidden{{Name: "plan", Value: sample.RunID}}, Facts: []views.Fact{{Label: "Started by",
			Text: "ana@northwind.example", Note: "12:02 today"}, {Label: "Kept until", Text: "2 Sep 2026, 11:02"}}}
}

func draftSample() PlanPage {
	page := planSample(sample.Lyndon, "idle", "Draft")
	page.Screens, page.Preview = screensSample(6), true
	page.Notes = []string{"Nothing was done in Duo yet. Fill in the forms in any order, then review the steps."}
	page.Buttons = []Button{{Text: "Review the steps", Post: onboardingSample + "preview", Primary: true},
		{Text: "Cancel onboarding", Post: onboardingSample + "cancel", Danger: true}}
	return page
}

func stepsSample(subject string) []StepRow {
	return []StepRow{
		{Number: 1, Act: "Create Account", Subject: subject, With: []string{"Name: " + subject},
			Call: "POST /accounts/v1/account/create", Warning: "Duo may bill a new child account."},
		{Number: 2, Act: "Connect with the Duo account", Subject: subject, Uses: "Created in step 1"},
		{Number: 3, Act: "Update Settings", Subject: "settings", With: []string{"Lockout threshold: 5 failed attempts",
			"Help desk message: " + subject}, Call: "POST /admin/v1/settings"},
		{Number: 4, Act: "Create User", Subject: "ada", Skip: "This user already exists.",
			Call: "POST /admin/v1/users"},
		{Number: 5, Act: "Send Activation By SMS", Subject: "ada", Uses: "Created in step 4",
			Call:    "POST /admin/v1/phones/{phone_id}/send_sms_activation",
			Warning: "An SMS is sent to +442079460123. It costs telephony credits."},
		{Number: 6, Act: "End onboarding", Subject: subject},
	}
}

func reviewSample() PlanPage {
	page := planSample(sample.Hostile, "idle", "Draft")
	page.Screens, page.Preview, page.Steps = screensSample(6), true, stepsSample(sample.Hostile.Name)
	page.Buttons = []Button{{Text: page.Heading, Post: onboardingSample + "approve", Primary: true, Ticket: true},
		{Text: "Review the steps again", Post: onboardingSample + "preview"},
		{Text: "Cancel onboarding", Post: onboardingSample + "cancel", Danger: true}}
	return page
}

func differsSample() PlanPage {
	page := planSample(sample.Lyndon, "idle", "Draft")
	page.Screens, page.Preview, page.Steps = screensSample(6), true, stepsSample(sample.Lyndon.Name)
	page.Steps[0].New, page.Gone = true, []string{"Create Account: " + sample.Lyndon.Name}
	page.Error = "Nothing was approved: the steps differ from those that you were shown. Look at what is new, and " +
		"approve again."
	page.Notes = []string{"Approving this requires the Admin role for all organizations."}
	return page
}

func resultsSample(subject string) []StepRow {
	run := views.Link{Text: "Open the run", Href: views.Run(sample.Workspace, sample.Lyndon.Slug, sample.RunID)}
	rows := stepsSample(subject)
	for i, chip := range []views.Chip{{Level: "ok", Text: "Verified"}, {Level: "ok", Text: "Verified"},
		{Level: "bad", Text: "Not done"}, {Level: "warn", Text: "Unknown"}, {Level: "info", Text: "In progress"},
		{Level: "idle", Text: "Waiting"}} {
		rows[i].State = chip
		if i < 4 {
			rows[i].Run, rows[i].At = run, sample.MinutesAgo
		}
	}
	rows[0].Summary = "Created account " + subject + "."
	rows[2].Summary, rows[2].Retry = "Duo refused this: \""+subject+"\".", sample.RunID
	rows[3].Links = []views.Link{{Text: "Open the user", Href: views.User(sample.Workspace, sample.Lyndon.Slug,
		sample.JaneID)}}
	return rows
}

func runningSample() PlanPage {
	page := planSample(sample.Lyndon, "info", "Running")
	page.Steps, page.Done, page.Of, page.Progress = resultsSample(sample.Lyndon.Name), 2, 6, "2 of 6 steps"
	page.Live = &views.Live{Text: "2 of 6 steps. Next: Send Activation By SMS, ada.", Look: "Read it again",
		Events: "/w/northwind/o/x/onboarding/events", Then: "/w/northwind/o/x/onboarding",
		Page: "/w/northwind/o/x/onboarding", Shows: ".plan-steps"}
	page.Buttons = []Button{{Text: "Continue", Post: page.Post, Ticket: true},
		{Text: "Pause", Post: onboardingSample + "pause"},
		{Text: "Cancel onboarding", Post: onboardingSample + "cancel", Danger: true}}
	return page
}

func pausedSample() PlanPage {
	page := planSample(sample.Hostile, "warn", "Paused")
	page.Steps, page.Done, page.Of, page.Progress = resultsSample(sample.Hostile.Name), 2, 6, "2 of 6 steps"
	page.Notes = []string{"Paused. 2 steps were not done."}
	page.Buttons = []Button{{Text: "Continue", Post: page.Post, Primary: true, Ticket: true},
		{Text: "Finish without the rest", Post: onboardingSample + "finish"},
		{Text: "Cancel onboarding", Post: onboardingSample + "cancel", Danger: true}}
	return page
}

func noneSample() PlanPage {
	page := planSample(sample.Acme, "", "")
	page.Facts, page.Notes = nil, []string{"This organization has no onboarding."}
	page.Buttons = []Button{{Text: "Begin an onboarding", Post: onboardingSample + "begin", Primary: true}}
	return page
}

func synchronizeSample(preview bool) PlanPage {
	page := planSample(sample.Hostile, "ok", "Done")
	page.Heading, page.Preview = "Synchronize users", preview
	page.Facts = append(page.Facts, views.Fact{Label: "Directory", Text: sample.Hostile.Name,
		Note: "DSACME00000000000001"})
	page.Onward = []views.Link{{Text: "All users", Href: "/w/northwind/o/x/users"},
		{Text: "Synchronize others", Href: "/w/northwind/o/x/actions/synchronize-users"}}
	run := views.Link{Text: "Open the run", Href: views.Run(sample.Workspace, sample.Lyndon.Slug, sample.RunID)}
	for i, name := range []string{"jroe", sample.Hostile.Name, "late"} {
		row := StepRow{Number: i + 1, Act: "Synchronize Users", Subject: name}
		if preview {
			row.Call = "POST /admin/v1/users/directorysync/{directory_key}/syncuser"
			row.With = []string{"Directory: DSACME00000000000001", "Ticket: T-9", "Username: " + name}
		} else {
			row.State, row.At, row.Run = views.Chip{Level: "ok", Text: "Done, not verified"}, sample.MinutesAgo, run
			row.Summary = "Synchronized user " + name + ": created."
		}
		page.Steps = append(page.Steps, row)
	}
	if preview {
		page.State = views.Chip{Level: "idle", Text: "Draft"}
		of := views.Plan(sample.Workspace, sample.Hostile.Slug, sample.RunID)
		page.Buttons = []Button{{Text: "Synchronize 3 users", Post: of + "/approve", Primary: true},
			{Text: "Cancel", Post: of + "/cancel"}}
		return page
	}
	page.Progress, page.Done, page.Of = "3 of 3 steps", 3, 3
	page.Steps[1].State, page.Steps[1].Retry = views.Chip{Level: "bad", Text: "Not done"}, sample.RunID
	page.Steps[1].Summary = "Not done: The key works, and its directory has nobody of this username."
	page.Steps[2].State = views.Chip{Level: "warn", Text: "Unknown"}
	page.Steps[2].Summary = "Duo may have done this. Duo did not answer in time."
	return page
}

func checkKeysSample() PlanPage {
	page := planSample(sample.Lyndon, "ok", "Done")
	page.Organization, page.Heading = views.OrganizationTag{}, "Check Auth API keys"
	page.Onward = []views.Link{{Text: "All Auth API keys", Href: views.AuthKeys(sample.Workspace)}}
	page.Progress, page.Done, page.Of = "2 of 2 steps", 2, 2
	run := views.Link{Text: "Open the run", Href: views.Run(sample.Workspace, "", sample.RunID)}
	page.Steps = []StepRow{
		{Number: 1, Act: "Check Auth API keys", Subject: sample.Lyndon.Name,
			State:   views.Chip{Level: "ok", Text: "Work"},
			Summary: "The Auth API accepts these keys.", At: sample.MinutesAgo, Run: run},
		{Number: 2, Act: "Check Auth API keys", Subject: sample.Hostile.Name,
			State:   views.Chip{Level: "bad", Text: "Fail"},
			Summary: "The Auth API refuses these keys. Duo does not know this integration key on this host.",
			At:      sample.MinutesAgo, Run: run, Retry: sample.RunID}}
	return page
}
