// Package catalog lists every action of the console as one value: its words,
// the role it takes, its fields with their checks, and how it is carried out in
// Duo. Forms, validation, permission, audit and help are all read from it.
package catalog

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"duodesk/internal/duo"
)

// Action is one entry of the catalogue.
type Action struct {
	Slug     string // its name in addresses and in the audit record
	Title    string
	Category string
	Job      string // what a technician does it for: one of Jobs
	Says     string // what technicians call it, besides the words of Title and Help
	Help     string // what it does, for the one who is about to do it
	API      API
	Call     string // the call of Duo that it stands for, such as GET /admin/v1/users
	Kind     Kind
	Role     Role // the least role
	Fields   []Field
	Reveals  bool // its result holds secrets, which are shown once
	Alone    bool // is not carried out twice at once in an organization
	Edits    bool // changes an existing object: a field that is not given keeps its value in Duo
	Deletes  bool // what it deletes is gone, or in Duo's trash
	// Asks is what will come of it, said before it is done to somebody who has to
	// say yes; an action without it is done at once.
	Asks string
	// Unsure says what to look at when its outcome is not known, with names of fields in braces for their values;
	// empty: the object that it was about.
	Unsure string

	// AsksFor is Asks, and RoleFor is Role, where the values decide.
	AsksFor func(Values) string
	RoleFor func(Values) Role
	// Tier is how lately a second factor has to have been proved; TierFor where the values decide.
	Tier    Tier
	TierFor func(Values) Tier
	// Uses is what it uses of quotas; nil: nothing. UsesOf also knows generic actions.
	Uses func(Values) []Use
	// Check finds what is wrong with fields taken together.
	Check func(Values) []FieldError
	// Unable says why a phone cannot get what is sent to it; "" if it may. Run refuses such a phone.
	Unable func(duo.Phone) string
	// Before reads what the run records of the object before it changes it: names
	// of Duo's fields with their values, never a secret. After an error Run is not
	// called. An action without it records nothing.
	Before func(context.Context, *duo.Client, Values) (map[string]string, error)
	// ReadBack tells what became of a change whose answer was lost; nil: that cannot
	// be read. What it finds first is recorded beside what Before reads.
	ReadBack *ReadBack
	// Brings is what programs get back.
	Brings Brings
	// Run asks Duo. A *FieldError or a *RoleError as its error says that nothing
	// was changed. A Summary beside an error says what was done before it.
	Run func(context.Context, *duo.Client, Values) (Result, error)

	// Follow tells how far a result has come that Run left Pending: a person has to
	// answer, and has Patience for it. It is asked again until there is an Answer.
	Follow   func(context.Context, *duo.Client, Values, Result) (Progress, error)
	Patience time.Duration
}

// API names the Duo API, and so the keys, that an action is signed with.
type API string

// The three APIs.
const (
	Accounts API = "Accounts API"
	Admin    API = "Admin API"
	Auth     API = "Auth API"
)

// Kind says what carrying out an action twice would do.
type Kind string

// The kinds.
const (
	Read  Kind = "read"  // changes nothing
	Write Kind = "write" // changes Duo; repeated only after a look at what is there
	Send  Kind = "send"  // reaches a person; never repeated by itself

	Generic Kind = "generic" // judged by what it sends
)

// Result is what an action did, in words for the audit record, and what it
// yields. Secrets are shown once to the one who asked and stored nowhere.
type Result struct {
	Subject string // the name of what it was done to, as a person knows it
	Summary string // one sentence without secrets
	Facts          // what else came of it, for the record
	Secrets []Secret
	Life    time.Duration // how long the secrets are valid; 0: without end
	Pending string        // what Duo calls a question that a person has yet to answer; empty: all is done

	Table *Table // what was read, or what is there after a change; nil: nothing to show
	// Raw is what Duo answered last; package run fills it in
	// where the action does not. If Plain, it is the result, and is shown whole, but
	// for its secrets below the role Least: see Answer.
	Raw   json.RawMessage
	Plain bool
	Least Role
}

// Secret is one value of a result that is shown once.
type Secret struct {
	Label string
	Value string
}

// The labels of secrets that pages treat in their own way.
const (
	BypassCodeSecret     = "Bypass code"
	ActivationLinkSecret = "Activation link"
	ActivationCodeSecret = "Activation code"
	InstallLinkSecret    = "Installation link"
)

// LeastRole returns the role that these values ask for.
func (a Action) LeastRole(in Values) Role {
	if a.RoleFor != nil {
		return a.RoleFor(in)
	}
	return a.Role
}

// Question returns what will come of carrying out the action with these values,
// for somebody who has to say yes first; empty: nobody is asked.
func (a Action) Question(in Values) string {
	if a.AsksFor != nil {
		return a.AsksFor(in)
	}
	return a.Asks
}

// Reads reports whether the action with these values changes nothing in Duo.
func (a Action) Reads(in Values) bool {
	return a.Kind == Read || a.Kind == Generic && a.Question(in) == ""
}

// Dangerous reports whether a person has to look twice before it is done: it deletes, reaches a person, or sends any
// call.
func (a Action) Dangerous() bool { return a.Deletes || a.Kind == Send || a.Kind == Generic }

// OfWorkspace reports whether the action is the workspace's own, as those of the
// Accounts API are, rather than one organization's.
func (a Action) OfWorkspace() bool { return a.API == Accounts }

// Parse reads and checks an action's fields. get returns what was submitted
// under a name and whether anything was. All faults are returned at once, in
// the order of the fields.
func (a Action) Parse(get func(name string) (string, bool)) (Values, []FieldError) {
	in := Values{given: map[string]string{}}
	get, bad := a.spread(get)
	for _, f := range a.Fields {
		spec := f.Spec()
		text, given := get(spec.Name)
		text, fault := f.normalize(text, given)
		switch {
		case fault != "":
			bad = append(bad, FieldError{Field: spec.Name, Message: fault})
		case given:
			in.given[spec.Name] = text
		}
	}
	if len(bad) == 0 && a.Check != nil {
		bad = a.Check(in)
	}
	return in, bad
}

// PlainForm returns a value of a field as Parse keeps it: a span in seconds, a number
// of a telephone in E.164. What the field does not take is returned as it is.
func PlainForm(f Field, text string) string {
	if plain, fault := f.normalize(text, true); fault == "" {
		return plain
	}
	return text
}

// Lookup finds an action by its slug.
func Lookup(slug string) (Action, bool) {
	i := slices.IndexFunc(all, func(a Action) bool { return a.Slug == slug })
	if i < 0 {
		return Action{}, false
	}
	return all[i], true
}

// All returns the catalogue: first the actions of the source document, in its
// order, then the neighbouring ones.
func All() []Action { return slices.Clone(all) }

var all []Action

// A generic action looks the others up: a variable cannot be made of itself.
func init() {
	all = []Action{
		listAccounts(),
		createAccount(),
		deleteAccount(),
		accountsAPIAction(),

		listBypassCodes(),
		getBypassCode(),
		deleteBypassCode(),
		listBypassCodesByUser(),
		createBypassCodes(),
		retrieveBypassCodes(),

		authAPIAction(),
		adminAPIAction(),

		listPhones(),
		getPhone(),
		deletePhone(),
		sendActivationURL(),
		sendActivationSMS(),
		sendInstallationSMS(),
		sendPasscodeSMS(),
		getUsersPhones(),
		assignPhone(),
		unassignPhone(),
		createPhone(),

		retrieveSettings(),
		updateSettings(),

		listUsers(),
		getUserByUsername(),
		createUser(),
		getUser(),
		updateUser(),
		deleteUser(),
		enrollUser(),
		synchronizeUser(),

		checkAuth(),
		pingAuth(),
		sendAuthentication(),

		restoreUser(),
		unlockUser(),
		modifyPhone(),
		associateGroup(),
		disassociateGroup(),
		listGroups(),
		getGroup(),
		listGroupMembers(),
		createGroup(),
		modifyGroup(),
		deleteGroup(),

		listTokens(),
		assignToken(),
		unassignToken(),
		deleteToken(),

		listCredentials(),
		deleteCredential(),

		listAdministrators(),

		accountSummary(),

		getEdition(),
		setEdition(),
		getCredits(),
		setCredits(),
		getUserLimit(),

		authenticationLog(),
		activityLog(),
		telephonyLog(),
		administratorLog(),

		listIntegrations(),
		createAuthIntegration(),

		preauthUser(),
		authEnroll(),
		authEnrollStatus(),
		verifyCaller(),
	}
	for i := range all {
		all[i].ReadBack, all[i].Brings = readBacks[all[i].Slug], brings[all[i].Slug]
		all[i].Job, all[i].Says = desk[all[i].Slug].job, desk[all[i].Slug].says
	}
}
