package plan

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// builder collects the steps of an onboarding.
type builder struct {
	Reader
	ctx     context.Context
	steps   []store.PlanStep
	opened  string // the connection that the steps are for, where there is one now
	maps    bool   // a step connects the organization
	nowhere string // why nothing can be done in Duo; empty: it can
}

func onboardingSteps(ctx context.Context, r Reader, input map[string]json.RawMessage) ([]store.PlanStep, error) {
	p, b := store.Plan{Input: input}, &builder{Reader: r, ctx: ctx}
	for _, part := range []func(store.Plan) error{b.account, b.settings, b.directories, b.auth, b.users} {
		if err := part(p); err != nil {
			return nil, err
		}
	}
	last := store.PlanStep{Key: "end", Act: EndOnboarding, Subject: r.Organization.Name}
	for _, s := range b.steps {
		last.WaitsFor = append(last.WaitsFor, s.Key)
	}
	return append(b.steps, last), nil
}

// add appends a step that acts in the organization's Duo account.
func (b *builder) add(s store.PlanStep) {
	if s.Input == nil {
		s.Input = map[string]string{}
	}
	switch {
	case b.nowhere != "" && s.Skip == "":
		s.Skip = b.nowhere
	case b.maps:
		s.Uses = orNew(s.Uses)
		s.Uses[ConnectionInput] = store.Use{Step: "map", Fact: connectionFact}
		s.WaitsFor = append(s.WaitsFor, "map")
	case b.opened != "":
		s.Input[ConnectionInput] = b.opened
	}
	b.steps = append(b.steps, s)
}

func orNew(m map[string]store.Use) map[string]store.Use {
	if m == nil {
		m = map[string]store.Use{}
	}
	return m
}

// account makes the steps to a Duo account.
func (b *builder) account(p store.Plan) error {
	choice, given := Read[AccountChoice](p, AccountScreen)
	switch {
	case b.Organization.Mapped():
		b.opened = b.Organization.Connection()
		return nil
	case !given || choice.How == OwnKeys:
		b.nowhere = "No Duo account is connected."
		return nil
	}
	accounts, err := b.accounts()
	if err != nil {
		return err
	}
	b.maps = true
	mapping := store.PlanStep{Key: "map", Act: MapAccount, SubjectID: choice.AccountID, Subject: choice.AccountID,
		Input: map[string]string{AccountInput: choice.AccountID}}
	if choice.How == NewAccount {
		keys, _, err := b.Connection(b.ctx, b.Scope, store.Organization{})
		if err != nil {
			return err
		}
		b.steps = append(b.steps, store.PlanStep{Key: "account", Act: catalog.CreateAccount, Subject: choice.Name,
			Input: map[string]string{"name": choice.Name, ConnectionInput: keys,
				OrganizationInput: b.Organization.Connection()},
			Warning: strings.TrimSpace("Duo may bill a new child account. " + sameName(choice.Name, accounts))})
		mapping.Subject, mapping.SubjectID, mapping.Input = choice.Name, "", nil
		mapping.Uses = map[string]store.Use{AccountInput: {Step: "account", Fact: createdFact}}
		mapping.WaitsFor = []string{"account"}
	}
	for _, a := range accounts {
		if choice.How == ExistingAccount && a.AccountID == choice.AccountID {
			mapping.Subject = catalog.Plain(a.Name)
		}
	}
	b.steps = append(b.steps, mapping)
	return nil
}

// accounts are the child accounts as Duo lists them now. Below a scope of every
// organization there are none: their names are those of other clients.
func (b *builder) accounts() ([]store.Account, error) {
	if !b.Scope.Every() {
		return nil, nil
	}
	client, err := b.AccountsClient(b.ctx, b.Scope)
	if err != nil {
		return nil, err
	}
	found, _, err := b.ListAccounts(b.ctx, client)
	return found, err
}

// sameName says that Duo has an account of a name, and not which: it may be that of a client
// who is out of a reader's scope.
func sameName(name string, accounts []store.Account) string {
	if slices.ContainsFunc(accounts, func(a store.Account) bool { return text.Same(a.Name, name) }) {
		return "Duo already has an account with this name."
	}
	return ""
}

// settings makes the step that changes what differs from what the account has now.
func (b *builder) settings(p store.Plan) error {
	choice, given := Read[SettingsChoice](p, SettingsScreen)
	if !given || len(choice.Values) == 0 {
		return nil
	}
	step := store.PlanStep{Key: "settings", Act: catalog.UpdateSettings, Subject: "settings",
		Input: maps.Clone(choice.Values)}
	now, known, err := b.settingsNow(p)
	if err != nil {
		return err
	}
	if known {
		var lacks []string
		for name, value := range step.Input {
			was, has := now[name]
			switch {
			case !has:
				lacks = append(lacks, name)
				delete(step.Input, name)
			case was == value:
				delete(step.Input, name)
			}
		}
		slices.Sort(lacks)
		if len(lacks) > 0 {
			step.Warning = "This account does not have: " + strings.Join(lacks, ", ") + "."
		}
		if len(step.Input) == 0 {
			step.Skip = "Every setting is as chosen."
		}
	}
	b.add(step)
	return nil
}

// settingsNow are the settings of the account that the organization has, or gets.
func (b *builder) settingsNow(p store.Plan) (now map[string]string, known bool, err error) {
	choice, _ := Read[AccountChoice](p, AccountScreen)
	found, known, err := b.SettingsOfChoice(b.ctx, choice)
	return catalog.SettingValues(found), known, err
}

// SettingsOfChoice reads the settings of the account that an organization has, or would
// get by a choice; known is false for one that does not exist yet, or that the scope does
// not reach.
func (r Reader) SettingsOfChoice(ctx context.Context, choice AccountChoice) (found duo.Settings, known bool,
	err error) {
	if r.Organization.Mapped() {
		found, err = r.Settings(ctx, r.Scope, r.Organization)
		return found, err == nil, err
	}
	if choice.How != ExistingAccount || !r.Scope.Every() {
		return found, false, nil
	}
	var listed []store.Account
	err = r.Store.InWorkspace(ctx, r.Scope, func(tx *store.Tx) (err error) {
		listed, err = tx.Accounts(ctx)
		return err
	})
	for _, a := range listed {
		if err == nil && a.AccountID == choice.AccountID && a.Usable() && a.MappedTo == nil {
			found, err = r.SettingsOf(ctx, r.Scope, a)
			return found, err == nil, err
		}
	}
	return found, false, err
}

func (b *builder) directories(p store.Plan) error {
	choices, _ := Read[[]DirectoryChoice](p, DirectoriesScreen)
	if len(choices) == 0 {
		return nil
	}
	var have []store.Directory
	err := b.Store.InWorkspace(b.ctx, b.Scope, func(tx *store.Tx) (err error) {
		have, err = tx.Directories(b.ctx, b.Organization.ID)
		return err
	})
	if err != nil {
		return err
	}
	for _, d := range choices {
		step := store.PlanStep{Key: "directory/" + d.Key, Act: AddDirectory, Subject: d.Name,
			Input: map[string]string{DirectoryNameInput: d.Name, DirectoryKeyInput: d.Key}}
		if slices.ContainsFunc(have, func(other store.Directory) bool { return other.Key == d.Key }) {
			step.Skip = "This organization has the key already."
		}
		b.add(step)
	}
	return nil
}

func (b *builder) auth(p store.Plan) error {
	if choice, _ := Read[AuthChoice](p, AuthScreen); !choice.Provision {
		return nil
	}
	make := store.PlanStep{Key: "auth", Act: ProvisionAuth, Subject: catalog.AuthApplication}
	check := store.PlanStep{Key: "auth-check", Act: CheckAuth, Subject: catalog.AuthApplication,
		WaitsFor: []string{"auth"}}
	if b.Organization.Kind == store.Parent {
		make.Skip = "The workspace's Auth API keys serve your own account."
		check.Skip = make.Skip
	}
	b.add(make)
	b.add(check)
	return nil
}
