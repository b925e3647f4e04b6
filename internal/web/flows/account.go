package flows

import (
	"context"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/flows"
)

const (
	howField     = "how"
	newNameField = "account_name"
	accountList  = "duo-accounts"
)

var accountScreen = screen{slug: plan.AccountScreen, policy: site.WholeOrganization, effects: true,
	draw: (*pages).drawAccount,
	take: (*pages).takeAccount}

// freeAccounts are the listed Duo accounts that no organization has.
func (s *pages) freeAccounts(ctx context.Context, v site.Visitor) (free []store.Account, err error) {
	if !v.Membership.Every() {
		return nil, nil
	}
	err = s.Store.InWorkspace(ctx, v.Membership, func(tx *store.Tx) error {
		all, err := tx.Accounts(ctx)
		for _, a := range all {
			if a.MappedTo == nil && a.Usable() {
				free = append(free, a)
			}
		}
		return err
	})
	return free, err
}

// listsAccounts reports whether the workspace has Accounts API keys in use.
func (s *pages) listsAccounts(ctx context.Context, v site.Visitor) (bool, error) {
	err := s.Store.InWorkspace(ctx, v.Membership, func(tx *store.Tx) error {
		_, err := tx.ActiveVersion(ctx, store.OfWorkspace(store.AccountsAPI))
		return err
	})
	return err == nil, site.IgnoreNotFound(err)
}

func (s *pages) drawAccount(ctx context.Context, v site.Visitor, d draft, page *flows.FormPage) error {
	if v.Organization.Mapped() {
		page.Intro = []string{"This organization is connected with " + run.ConnectionText(v.Organization) + "."}
		page.Hidden = append(page.Hidden, views.Hidden{Name: howField, Value: "connected"})
		return nil
	}
	page.Hidden = append(page.Hidden, views.Hidden{Name: "connection", Value: v.Organization.Connection()})
	free, err := s.freeAccounts(ctx, v)
	if err != nil {
		return err
	}
	lists, err := s.listsAccounts(ctx, v)
	if err != nil {
		return err
	}
	choice, given := plan.Read[plan.AccountChoice](d.Plan, plan.AccountScreen)
	if !given {
		choice = plan.AccountChoice{How: plan.NewAccount, Name: v.Organization.Name, AccountID: d.query.Get("account")}
		if choice.AccountID != "" {
			choice.How = plan.ExistingAccount
		}
	}
	how := howChoice(d, choice.How)
	if !lists {
		how.Options, how.Value = how.Options[2:], plan.OwnKeys
		page.Intro = []string{
			"The workspace has no Accounts API keys in use, so child accounts can be neither created " +
				"nor chosen. Enter the account's own Admin API keys."}
	}
	page.Groups = append(page.Groups, flows.FieldGroup{Fields: []views.FieldView{how}})
	if fault := d.faults[confirmField]; fault != "" {
		page.Groups[0].Fields = append(page.Groups[0].Fields, views.FieldView{Name: confirmField, Kind: "checkbox",
			Label: "Create another account with this name", Error: fault})
	}
	if lists {
		page.Groups = append(page.Groups, newAccountGroup(d, choice), existingGroup(d, choice, free))
		page.Lists = append(page.Lists, accountOptions(free))
	}
	page.Groups = append(page.Groups, s.ownGroup(d))
	return nil
}

// howChoice is the choice of the way to a Duo account.
func howChoice(d draft, stored string) views.FieldView {
	return views.FieldView{Name: howField, Label: "How the client gets its Duo account", Kind: "radio",
		Value: d.box(howField, stored).Value,
		Error: d.faults[howField], Options: []views.Option{
			{Value: plan.NewAccount, Text: "Create a new child account"},
			{Value: plan.ExistingAccount, Text: "Use an account that has no organization"},
			{Value: plan.OwnKeys, Text: "The account has Admin API keys of its own"},
		}}
}

func newAccountGroup(d draft, choice plan.AccountChoice) flows.FieldGroup {
	name := d.box(newNameField, choice.Name)
	return flows.FieldGroup{Title: "New child account", When: plan.NewAccount,
		Fields: []views.FieldView{{Name: newNameField,
			Label: "Name in Duo", Value: name.Value, Error: name.Error, Quiet: true, MaxLength: 255}}}
}

func existingGroup(d draft, choice plan.AccountChoice, free []store.Account) flows.FieldGroup {
	stored := choice.AccountID
	for _, a := range free {
		if a.AccountID == choice.AccountID {
			stored = runsetup.AccountText(a)
		}
	}
	account := d.box(runsetup.AccountField, stored)
	return flows.FieldGroup{Title: "Existing account", When: plan.ExistingAccount,
		Fields: []views.FieldView{{Name: runsetup.AccountField,
			Label: "Account", Value: account.Value, Error: account.Error,
			Quiet: true, List: accountList, Help: "Type a part of its name."}}}
}

func accountOptions(free []store.Account) flows.List {
	list := flows.List{ID: accountList}
	for _, a := range free {
		list.Options = append(list.Options, views.Option{Value: runsetup.AccountText(a), Text: a.APIHostname})
	}
	return list
}

// ownGroup are the boxes of Admin API keys. A secret key is never put into one.
func (s *pages) ownGroup(d draft) flows.FieldGroup {
	f, _ := runsetup.OfOrganization(store.Organization{ID: d.OrganizationID}, store.AdminAPI).One()
	host, key := d.box(f.Host, ""), d.box(f.IntegrationKey, "")
	return flows.FieldGroup{Title: "Admin API keys of its own", When: plan.OwnKeys,
		Note: "Needed only for an account that the Accounts API cannot reach. They are checked and kept at once, and " +
			"are no part of the draft.",
		Fields: []views.FieldView{
			{Name: f.Host, Label: "API hostname", Value: runsetup.ShownAgain(host.Value), Error: host.Error,
				Quiet: true,
				Mono:  true},
			{Name: f.IntegrationKey, Label: "Integration key", Value: runsetup.ShownAgain(key.Value), Error: key.Error,
				Quiet: true, Mono: true},
			{Name: f.SecretKey, Label: "Secret key", Kind: "password", Error: d.faults[f.SecretKey], Quiet: true,
				Mono: true}}}
}

func (s *pages) takeAccount(ctx context.Context, v site.Visitor, d draft) (any, []catalog.FieldError, error) {
	choice := plan.AccountChoice{How: d.form.Get(howField)}
	fault := func(field, text string) (any, []catalog.FieldError, error) {
		return nil, []catalog.FieldError{{Field: field, Message: text}}, nil
	}
	switch {
	case d.form.Has("connection") && d.form.Get("connection") != v.Organization.Connection():
		return fault("", "This organization is connected with "+run.ConnectionText(v.Organization)+" since you opened "+
			"the form. Your changes were not saved.")
	case v.Organization.Mapped():
		was, given := plan.Read[plan.AccountChoice](d.Plan, plan.AccountScreen)
		if !given {
			was.How = "connected"
		}
		return was, nil, nil
	case choice.How == plan.NewAccount:
		return s.takeNewAccount(ctx, v, d)
	case choice.How == plan.ExistingAccount:
		account, wrong, err := s.Setup.FreeAccount(ctx, v.Membership, v.Actor(), d.form.Get(runsetup.AccountField))
		if err != nil || wrong != "" {
			return nil, []catalog.FieldError{{Field: runsetup.AccountField, Message: wrong}}, err
		}
		choice.AccountID = account.AccountID
		return choice, nil, nil
	case choice.How == plan.OwnKeys:
		return s.takeOwnKeys(ctx, v, d)
	}
	return fault(howField, "Choose one.")
}

// takeNewAccount checks the name of an account that is to be made.
func (s *pages) takeNewAccount(ctx context.Context, v site.Visitor, d draft) (any, []catalog.FieldError, error) {
	create, _ := catalog.Lookup(catalog.CreateAccount)
	in, bad := create.Parse(func(string) (string, bool) { return d.form.Get(newNameField), true })
	if len(bad) > 0 {
		return nil, []catalog.FieldError{{Field: newNameField, Message: bad[0].Message}}, nil
	}
	name := in.Given(create)["name"]
	accounts, err := s.Setup.RefreshAccounts(ctx, v.Membership, v.Actor())
	if err != nil {
		return nil, nil, err
	}
	if same := runsetup.LikelyAccounts(accounts, name); same != "" && d.form.Get(confirmField) == "" {
		return nil, []catalog.FieldError{{Field: confirmField,
			Message: "Duo has a similar account: " + same + ". Tick this to create another one."}}, nil
	}
	return plan.AccountChoice{How: plan.NewAccount, Name: name}, nil, nil
}

// takeOwnKeys keeps an account's own Admin API keys, and connects the organization if they
// work. The draft holds none of them.
func (s *pages) takeOwnKeys(ctx context.Context, v site.Visitor, d draft) (any, []catalog.FieldError, error) {
	keys, typed := runsetup.OfOrganization(v.Organization, store.AdminAPI), map[string]string{}
	for _, name := range keys.Inputs() {
		typed[name] = d.form.Get(name)
	}
	refused, _, err := s.SaveKeys(d.c, v, v.Membership, keys, typed)
	if err != nil || refused != nil {
		var bad []catalog.FieldError
		if refused != nil {
			bad = refused.Faults
		}
		return nil, bad, err
	}
	now, err := s.Runner.Organization(ctx, v.Scope, v.Organization.ID)
	if err == nil && now.Kind != store.Own {
		f, _ := keys.One()
		return nil, []catalog.FieldError{{Field: f.IntegrationKey,
			Message: "Duo did not accept these keys. The Connection page says why; they are kept there and not in use."}}, nil
	}
	return plan.AccountChoice{How: plan.OwnKeys}, nil, err
}
