package actions

import (
	"duodesk/views"
	"duodesk/views/sample"
)

// choiceTable is how the choices of an action are searched.
func choiceTable(action, search, caption string, keep ...views.Hidden) views.Table {
	return views.Table{ID: "list", At: views.Action(sample.Workspace, sample.Acme.Slug, action), Live: true,
		Label: search, Keep: keep, Caption: caption}
}

// choiceSamples choose a phone, a user and a group.
func choiceSamples() []sample.Sample {
	back := views.Link{Text: "Back to Jane Roe", Href: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)}
	phone := ChoosePage{Organization: sample.Acme, Once: sample.Once, Heading: "Attach phone to Jane Roe",
		Table: choiceTable("assign-phone-to-user", "Number, name or model", "3 phones",
			views.Hidden{Name: "user_id", Value: sample.JaneID}),
		Post:   views.Action(sample.Workspace, sample.Acme.Slug, "assign-phone-to-user"),
		Hidden: []views.Hidden{{Name: "user_id", Value: sample.JaneID}}, Field: "phone_id", Legend: "Phone",
		Button: "Attach phone", Back: back, Chosen: views.Input{Value: "DP2"},
		Choices: []Choice{{Value: "DP1", Title: "+44 20 7946 0123", Name: "Jane’s phone", Note: "iOS · iPhone 15",
			Off: "already with Jane Roe"}, {Value: "DP2", Title: "+44 20 7946 0177",
			Note: "Android · Pixel 8 · not assigned"},
			{Value: "DP3", Title: sample.Hostile.Name, Name: sample.Hostile.Name,
				Note: "Unknown · with Tomás Fry, " + sample.Hostile.Name}}}
	user := phone
	user.Heading, user.Field, user.Legend, user.Chosen = "Assign +44 20 7946 0177 to a user", "user_id", "User",
		views.Input{Error: "Choose one."}
	user.Hidden = []views.Hidden{{Name: "phone_id", Value: "DP2"}, {Name: "from", Value: "phone"}}
	user.Table = choiceTable("assign-phone-to-user", "Name, username or email", "3 users", user.Hidden...)
	user.Back, user.Error = views.Link{Text: "Back to the phone",
		Href: views.Phone(sample.Workspace, sample.Acme.Slug, "DP2")}, "Duo does not permit this to these keys."
	user.Choices = []Choice{{Value: sample.JaneID, Title: "Jane Roe", Name: "jroe", State: sample.Active},
		{Value: "DU2", Title: "Tomás Fry", Name: "tfry", State: sample.Locked, Off: "already has it"},
		{Value: "DU3", Title: sample.Hostile.Name, Name: sample.Hostile.Name, State: sample.Bypass}}
	none := user
	none.Choices, none.Error, none.Chosen, none.Table.Search, none.Table.Caption = nil, "", views.Input{}, "zzz",
		"0 of 3 users match"
	none.Table.Empty = views.Empty{Kind: "no-match", Headline: "Nothing matches", Text: "Change the search.",
		Link: views.Link{Text: "Show all", Href: none.Table.At}}
	join := func(id, name string) views.Act {
		act := sample.Act("Add to group", "associate-group-with-user", "", "user_id", sample.JaneID, "group_id", id)
		act.About = name
		return act
	}
	group := ChoosePage{Organization: sample.Acme, Once: sample.Once, Heading: "Add Jane Roe to a group",
		Table: choiceTable("associate-group-with-user", "Name or description", "5 groups",
			views.Hidden{Name: "user_id", Value: sample.JaneID}), Back: back,
		Choices: []Choice{{Title: "Former contractors", State: views.Chip{Level: "idle", Text: "Disabled"},
			Note: "Access has ended", Act: join("DG1", "Former contractors")},
			{Title: "Migration weekend", State: sample.Bypass, Note: "While the servers move",
				Off: "requires the Administrator role, like the Bypass status"},
			{Title: "Staff", Off: "already in it"}, {Title: "Surgeons", Act: join("DG2", "Surgeons")},
			{Title: sample.Hostile.Name, Note: sample.Hostile.Name, State: views.Chip{Level: "info",
				Text: "Status " + sample.Hostile.Name}, Off: "has a status that the console does not know"}}}
	shell := sample.OrganizationShell(sample.Acme, "users")
	return []sample.Sample{{Name: "choose-phone", Shell: shell, Page: phone},
		{Name: "choose-user", Shell: sample.OrganizationShell(sample.Acme, "phones"), Page: user},
		{Name: "choose-none", Shell: sample.OrganizationShell(sample.Acme, "phones"), Page: none},
		{Name: "choose-group", Shell: shell, Page: group}}
}

func phoneFormSamples() []sample.Sample {
	types, platforms := []views.Option{{Value: "mobile", Text: "Mobile"}, {Value: "landline", Text: "Landline"}},
		[]views.Option{{Value: "", Text: "Not known yet"}, {Value: "apple ios", Text: "Apple iOS"},
			{Value: "google android", Text: "Google Android"}}
	form := ActionForm{Workspace: sample.Workspace, Organization: sample.Acme, Once: sample.Once,
		Heading: "Create phone for Jane Roe",
		About:   []string{"It is assigned to Jane Roe at once. Nothing is sent to the phone: activate it afterwards."},
		Post:    views.Action(sample.Workspace, sample.Acme.Slug, "create-phone"),
		Hidden:  []views.Hidden{{Name: "user_id", Value: sample.JaneID}}, MoreTitle: "Extension and waiting times",
		Button: "Create phone", Cancel: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID),
		Fields: []views.FieldView{{Name: "number", Label: "Number", Kind: "tel",
			Help: "With the country code, such as +44 20 7946 0123. Empty for a tablet.", Autofocus: true},
			{Name: "name", Label: "Name", Help: "A name for it, such as Reception.", MaxLength: 255},
			{Name: "type", Label: "Type", Kind: "select", Value: "mobile", Options: types, Required: true},
			{Name: "platform", Label: "Platform", Kind: "select", Options: platforms, Required: true}},
		More: []views.FieldView{{Name: "extension", Label: "Extension", MaxLength: 32}, {Name: "predelay",
			Label: "Seconds to wait before dialing the extension", Kind: "number", Min: "0", Max: "3600"}}}
	refused := form
	refused.Hidden, refused.Heading, refused.Cancel,
		refused.Error = []views.Hidden{{Name: "phone_id", Value: "DP1"}, {Name: "was.number", Value: "+442079460123"}},
		"Edit "+sample.Hostile.Name, views.Phone(sample.Workspace, sample.Acme.Slug, "DP1"),
		"Duo is limiting requests to this account, and did not do this. Try again at 14:02:30 BST."
	refused.Post, refused.Button = views.Action(sample.Workspace, sample.Acme.Slug, "modify-phone"), "Review changes"
	refused.Fields = []views.FieldView{{Name: "number", Label: "Number", Kind: "tel", Value: "020 7946 0123",
		Error: "Start with + and the country code, such as +44. Duo would take this for a number of the United States."}, {Name: "name", Label: "Name", Value: sample.Hostile.Name},
		{Name: "user_id", Label: "User", Value: "m@client.example", Error: "2 match: choose one, or type another name.",
			Matches: []views.Option{
				{Value: "DU0000000000000000M1", Text: "a-maria (m@client.example)"},
				{Value: "DU0000000000000000M2", Text: "maria.lund (" + sample.Hostile.Name + ", m@client.example)"}}}}
	refused.More = []views.FieldView{{Name: "extension", Label: "Extension", Value: "12"},
		{Name: "predelay", Label: "Seconds to wait before dialing the extension", Kind: "number", Value: "-1", Min: "0",
			Max: "3600", Error: "Give a whole number from 0 to 3600."}}
	shell := sample.OrganizationShell(sample.Acme, "phones")
	return []sample.Sample{{Name: "phone-create", Shell: sample.OrganizationShell(sample.Acme, "users"), Page: form},
		{Name: "phone-edit-refused", Shell: shell, Page: refused},
		{Name: "confirm-phone", Shell: shell, Page: ConfirmPage{Workspace: sample.Workspace, Organization: sample.Acme,
			Once: sample.Once, Heading: "Delete phone +44 20 7946 0123",
			Consequences: []string{"Jane Roe and Tomás Fry can no longer log in with it.",
				"You can't undo this. To remove it from one user only, use Remove phone.",
				"It is the only phone of Jane Roe."},
			Facts: []views.Fact{{Label: "Phone", Text: "+44 20 7946 0123"},
				{Label: "Used by", Text: "Jane Roe, Tomás Fry"}},
			Post: views.Action(sample.Workspace, sample.Acme.Slug, "delete-phone-by-id"),
			Hidden: []views.Hidden{{Name: "phone_id", Value: "DP1"},
				{Name: "user_ids", Value: sample.JaneID + "\nDU2"}}, Button: "Delete phone", Danger: true,
			Cancel: views.Phone(sample.Workspace, sample.Acme.Slug, "DP1")}},
		{Name: "held-back", Shell: sample.OrganizationShell(sample.Acme, "users"),
			Page: ConfirmPage{Once: views.Once{RunID: sample.RunID, Connection: sample.Connection,
				Connected: sample.Once.Connected, AsksTicket: true,
				Reason: views.Input{Value: "sure", Error: "Give a reason."},
				Held: []string{
					"Jane Roe reported a push as fraud at 14:02 UTC. Until 15:02 UTC, changes for Jane Roe need an administrator or owner other than tom@northwind.example, who sent the push, and a reason. Ask ana@northwind.example."},
				ReasonHelp: "For changes for Jane Roe: how you know that it is right. It is kept with the run."},
				Workspace: sample.Workspace, Organization: sample.Acme, Heading: "Unlock Jane Roe",
				Post: views.Action(sample.Workspace, sample.Acme.Slug, "unlock-user"), Button: "Unlock",
				Cancel: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID),
				Error:  "Nothing was sent. You may decide: give a reason."}},
		{Name: "connection-changed", Shell: sample.OrganizationShell(sample.Acme, "users"),
			Page: ChangedPage{Once: sample.Once, Organization: sample.Acme, Heading: "Create User",
				Was:   "the child account Harbour Legal LLP (DAHARBOUR00000000001)",
				Now:   "the child account Acme Dental (DAACME00000000000001)",
				Typed: []views.Fact{{Label: "Username", Text: "jroe"}, {Label: "Notes", Text: sample.Hostile.Name}},
				Post:  views.Action(sample.Workspace, sample.Acme.Slug, "create-user"),
				Hidden: []views.Hidden{{Name: "username", Value: "jroe"}, {Name: "notes", Value: sample.Hostile.Name},
					{Name: "reopened", Value: "1"}},
				Cancel: views.Organization(sample.Workspace, sample.Acme.Slug)}},
		{Name: "confirm-group-refused", Shell: sample.OrganizationShell(sample.Acme, "users"),
			Page: ConfirmPage{Workspace: sample.Workspace, Organization: sample.Acme, Once: sample.Once,
				Heading: "Add Jane Roe to Migration weekend",
				Error:   "The group Migration weekend has the status Bypass now. Check what that means before you send this again.",
				Consequences: []string{
					"This group has the status bypass: Jane Roe is not asked for the second factor until someone ends the bypass.", "You cannot add a user: this group requires the Administrator role, like the Bypass status."},
				Facts: []views.Fact{{Label: "Group", Text: "Migration weekend"},
					{Label: "Its status", Text: "Bypass"}},
				Post:   views.Action(sample.Workspace, sample.Acme.Slug, "associate-group-with-user"),
				Cancel: views.User(sample.Workspace, sample.Acme.Slug, sample.JaneID)}},
	}
}
