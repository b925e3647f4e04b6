package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// OnboardingKind is the plan that sets a new client organization up.
const OnboardingKind = "onboarding"

// The screens of an onboarding.
const (
	FactsScreen       = "facts"
	AccountScreen     = "account"
	SettingsScreen    = "settings"
	DirectoriesScreen = "directories"
	AuthScreen        = "auth"
	UsersScreen       = "users"
)

// The acts of an onboarding that are no actions of the catalog: run/setup registers them.
const (
	MapAccount    = "map-account"
	AddDirectory  = "add-directory-key"
	ProvisionAuth = catalog.ProvisionAuthAPI
	CheckAuth     = "check-auth-keys"
	EndOnboarding = "end-onboarding"
)

// The facts and inputs of these acts.
const (
	AccountInput       = "account_id"
	DirectoryNameInput = "name"
	DirectoryKeyInput  = "key"
	createdFact        = "created"
	connectionFact     = "connection"
)

// ConnectedFacts are the facts of an act that connects an organization.
func ConnectedFacts(o store.Organization) json.RawMessage {
	text, err := json.Marshal(map[string]string{connectionFact: o.Connection()})
	if err != nil {
		panic(err) // a text has a JSON
	}
	return text
}

// The ways to a Duo account.
const (
	NewAccount      = "new"
	ExistingAccount = "existing"
	OwnKeys         = "own" // the organization's own Admin API keys, which are kept elsewhere
)

// AccountChoice is which Duo account the organization gets.
type AccountChoice struct {
	How       string `json:"how"`
	Name      string `json:"name,omitempty"`       // of a new one
	AccountID string `json:"account_id,omitempty"` // of an existing one
}

// SettingsChoice are settings of Duo by their names. From is the organization that they
// were copied from; empty: none.
type SettingsChoice struct {
	From   string            `json:"from,omitempty"`
	Values map[string]string `json:"values"`
}

// DirectoryChoice is one directory that users come from.
type DirectoryChoice struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

// AuthChoice says whether an Auth API application is made.
type AuthChoice struct {
	Provision bool `json:"provision"`
}

// Read reads what was typed on a screen; reports whether anything was.
func Read[T any](p store.Plan, screen string) (typed T, given bool) {
	text, given := p.Input[screen]
	return typed, given && json.Unmarshal(text, &typed) == nil
}

func onboarding() Kind {
	return Kind{
		Slug: OnboardingKind, Title: "Onboard a client",
		Screens: []Screen{{FactsScreen, "Facts"}, {AccountScreen, "Duo account"}, {SettingsScreen, "Settings"},
			{DirectoriesScreen, "Directory keys"}, {AuthScreen, "Auth API"}, {UsersScreen, "First users"}},
		Steps: onboardingSteps,
	}
}

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
			Input:   map[string]string{"name": choice.Name, ConnectionInput: keys},
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

func sameName(name string, accounts []store.Account) string {
	var same []string
	for _, a := range accounts {
		if text.Same(a.Name, name) {
			same = append(same, a.AccountID)
		}
	}
	if len(same) == 0 {
		return ""
	}
	return "Duo has an account of this name already: " + strings.Join(same, ", ") + "."
}

// settings makes the step that changes what differs from what the account has now.
func (b *builder) settings(p store.Plan) error {
	choice, given := Read[SettingsChoice](p, SettingsScreen)
	if !given || len(choice.Values) == 0 {
		return nil
	}
	step := store.PlanStep{Key: "settings", Act: catalog.UpdateSettings, Subject: "settings", Input: maps.Clone(choice.Values)}
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
func (r Reader) SettingsOfChoice(ctx context.Context, choice AccountChoice) (found duo.Settings, known bool, err error) {
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
	check := store.PlanStep{Key: "auth-check", Act: CheckAuth, Subject: catalog.AuthApplication, WaitsFor: []string{"auth"}}
	if b.Organization.Kind == store.Parent {
		make.Skip = "The workspace's Auth API keys serve your own account."
		check.Skip = make.Skip
	}
	b.add(make)
	b.add(check)
	return nil
}

// users makes the steps of each user: the user, the phone, the invitation.
func (b *builder) users(p store.Plan) error {
	users, _ := Read[[]NewUser](p, UsersScreen)
	have, err := b.usersNow(len(users) > 0)
	if err != nil {
		return err
	}
	for _, u := range users {
		b.user(u, have[text.Fold(u.Username)])
	}
	return nil
}

// usersNow are the ids of the users that the account has by their folded names.
func (b *builder) usersNow(wanted bool) (map[string]string, error) {
	have := map[string]string{}
	if !wanted || !b.Organization.Mapped() {
		return have, nil
	}
	list, err := b.Users(b.ctx, b.Scope, b.Organization, true)
	for _, u := range list.Items {
		have[text.Fold(u.Username)] = string(u.ID)
	}
	return have, err
}

func (b *builder) user(u NewUser, existing string) {
	name := text.Fold(u.Username)
	person := store.PlanStep{Key: "user/" + name, Act: catalog.CreateUser, SubjectID: existing, Subject: u.Username,
		Input: given("username", u.Username, "realname", u.Realname, "email", u.Email)}
	if existing != "" {
		person.Skip = "This user exists already."
	}
	b.add(person)
	if u.Phone != "" {
		b.phone(u, person.Key, existing)
	}
	switch u.Invite {
	case InviteSMS:
		b.add(store.PlanStep{Key: "invite/" + name, Act: catalog.SendActivationSMS, Subject: u.Username, WaitsFor: []string{"assign/" + name},
			Input: given("install", "true"), Uses: map[string]store.Use{"phone_id": {Step: "phone/" + name, Fact: createdFact}},
			Warning: fmt.Sprintf("An SMS is sent to %s. It costs telephony credits.", u.Phone)})
	case InviteEmail:
		b.add(store.PlanStep{Key: "invite/" + name, Act: catalog.EnrollUser, Subject: u.Username, WaitsFor: []string{person.Key},
			Input:   given("username", u.Username, "email", u.Email),
			Warning: fmt.Sprintf("An e-mail is sent to %s. Anyone who opens its link enrolls a device as this user.", u.Email)})
	}
}

// phone makes the steps to a user's phone. Creating and assigning are a step each: each is
// one call, so that what became of it can be read back.
func (b *builder) phone(u NewUser, person, existing string) {
	name := text.Fold(u.Username)
	b.add(store.PlanStep{Key: "phone/" + name, Act: catalog.CreatePhone, Subject: u.Username,
		WaitsFor: []string{person}, Input: given("number", u.Phone, "type", "mobile", "platform", "generic smartphone")})
	assign := store.PlanStep{Key: "assign/" + name, Act: catalog.AssignPhone, Subject: u.Username, WaitsFor: []string{"phone/" + name},
		Input: given("user_id", existing), Uses: map[string]store.Use{"phone_id": {Step: "phone/" + name, Fact: createdFact}}}
	if existing == "" {
		assign.Uses["user_id"] = store.Use{Step: person, Fact: createdFact}
	}
	b.add(assign)
}

// given are the values that are not empty.
func given(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}
