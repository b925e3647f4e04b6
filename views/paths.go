package views

import (
	"net/url"
	"strconv"
)

func Itoa(n int) string { return strconv.Itoa(n) }

// SignIn is the sign-in form, and where it is posted to.
func SignIn() string { return "/signin" }

// SignInAndReturn is the sign-in form that leads on to next afterwards.
func SignInAndReturn(next string) string { return withQuery(SignIn(), "next", next) }

// SignOut takes a POST that ends the session.
func SignOut() string { return "/signout" }

// Invitation is the form that takes an invitation's token, and where it is posted to.
func Invitation() string { return "/invitation" }

// InvitationLink is Invitation with the token where no server sees it.
func InvitationLink(token string) string { return Invitation() + "#" + token }

// AcceptInvitation takes a POST that makes whom it was sent to a member.
func AcceptInvitation() string { return Invitation() + "/accept" }

// Account is the operator's own page.
func Account() string { return "/account" }

// AccountAfter is Account saying what was just done: password or session.
func AccountAfter(done string) string { return withQuery(Account(), "done", done) }

// Password takes a POST that changes the operator's own password.
func Password() string { return Account() + "/password" }

// Sessions takes a POST that ends one of the operator's own sessions.
func Sessions() string { return Account() + "/sessions" }

// Devices takes a POST that forgets one of the operator's own devices, with its id as device.
func Devices() string { return Account() + "/devices" }

// SignOutEverywhere takes a POST that ends all of the operator's own sessions.
func SignOutEverywhere() string { return Account() + "/signout" }

// Tokens is the list of the operator's own access tokens.
func Tokens() string { return Account() + "/tokens" }

// TokensAfter is Tokens saying what was just done: revoked.
func TokensAfter(done string) string { return withQuery(Tokens(), "done", done) }

// NewToken is the form of an access token for a workspace, and where it is posted to.
func NewToken(ws string) string { return Tokens() + "/" + url.PathEscape(ws) }

// RevokeToken takes a POST of the token's id that ends one of the operator's own access tokens.
func RevokeToken(ws string) string { return NewToken(ws) + "/revoke" }

// APIDocs describes the API for programs.
func APIDocs() string { return Account() + "/api" }

// OpenAPI is the description of the API for programs' tools.
func OpenAPI() string { return "/api/v1/openapi.json" }

// Preferences takes a POST with the operator's own choices: theme, density, time_zone, each if it is to change.
func Preferences() string { return "/preferences" }

// Workspaces is the first page after sign-in: the choice between workspaces.
func Workspaces() string { return "/" }

// Workspace is a workspace's home page.
func Workspace(ws string) string { return "/w/" + url.PathEscape(ws) }

// Integration is the page of the nine fields, and where they are posted to.
func Integration(ws string) string { return Workspace(ws) + "/integration" }

// Keys is where the keys of one of the workspace's APIs are: see KeysAct. The names of api are auth, accounts and admin.
func Keys(ws, api string) string { return Integration(ws) + "/" + url.PathEscape(api) }

// KeysAct takes a POST about Keys, OwnKeys or OwnAuthKeys. act is fill, which answers with the boxes filled in from a
// pasted text; check, which asks Duo again; activate or discard, for keys that wait; and provision, for OwnAuthKeys.
func KeysAct(keys, act string) string { return keys + "/" + act }

// SaveMapping takes a POST of mapping rows. The mapping itself is a section of Integration.
func SaveMapping(ws string) string { return Integration(ws) + "/mapping" }

// MappingFilter chooses the part of the mapping to show. Zero values are left out of the address.
type MappingFilter struct {
	Show    string // "", "unmapped", "unkeyed" or "failing"
	Query   string
	Page    int
	Suggest bool
}

// Mapping is the integration page scrolled to its mapping, filtered.
func Mapping(ws string, f MappingFilter) string {
	suggest := ""
	if f.Suggest {
		suggest = "1"
	}
	return withQuery(Integration(ws), "show", f.Show, "q", f.Query, "suggest", suggest, "page", PageNumber(f.Page)) + "#mapping"
}

// RefreshAccounts takes a POST that reads the list of Duo accounts again.
func RefreshAccounts(ws string) string { return Integration(ws) + "/accounts/refresh" }

// AdoptAccounts asks (GET) and does (POST): create an organization for every unmapped Duo account.
func AdoptAccounts(ws string) string { return Integration(ws) + "/accounts/organizations" }

// Operators is the list of a workspace's members.
func Operators(ws string) string { return Workspace(ws) + "/operators" }

// OperatorsView is the list of members, searched and paged.
func OperatorsView(ws, query string, page int) string {
	return withQuery(Operators(ws), "q", query, "page", PageNumber(page))
}

// OperatorsAfter is the list of members, saying what a run did.
func OperatorsAfter(ws, run string) string { return withQuery(Operators(ws), "run", run) }

// Invite is the form of an invitation, and where it is posted to.
func Invite(ws string) string { return Operators(ws) + "/invite" }

// RevokeInvitation takes a POST that takes an invitation back.
func RevokeInvitation(ws, id string) string {
	return Operators(ws) + "/invitations/" + url.PathEscape(id) + "/revoke"
}

// Member is the page of one member, and where changes of role and scope are posted to.
func Member(ws, id string) string { return Operators(ws) + "/" + url.PathEscape(id) }

// MemberAct asks (GET) and does (POST): act is disable, enable or end.
func MemberAct(ws, id, act string) string { return Member(ws, id) + "/" + url.PathEscape(act) }

// MemberTokens takes a POST of the token's id that ends one of a member's access tokens.
func MemberTokens(ws, id string) string { return Member(ws, id) + "/tokens" }

// Organizations is the list of organizations, and where a new one is posted to.
func Organizations(ws string) string { return Workspace(ws) + "/o" }

// OrganizationsView is the list of organizations, searched and paged.
func OrganizationsView(ws, query, show string, page int) string {
	return withQuery(Organizations(ws), "q", query, "show", show, "page", PageNumber(page))
}

// NewOrganization is the form for a new organization.
func NewOrganization(ws string) string { return Organizations(ws) + "/new" }

// ImportOrganizations is the form for a file of organizations, and where it is posted to.
func ImportOrganizations(ws string) string { return Organizations(ws) + "/import" }

// ImportPreview shows what would become of the rows of a file, and is where the import is posted to. show is create,
// exists, fault or empty for all.
func ImportPreview(ws, show string, page int) string {
	return withQuery(ImportOrganizations(ws)+"/preview", "show", show, "page", PageNumber(page))
}

// ImportFaults is the file of those rows that have faults.
func ImportFaults(ws string) string { return ImportOrganizations(ws) + "/faults" }

// ImportTemplate is a file to import that has the header alone.
func ImportTemplate(ws string) string { return ImportOrganizations(ws) + "/template" }

// ExportOrganizations takes a POST that answers with the list of organizations as a file: those that q and show choose.
func ExportOrganizations(ws string) string { return Workspace(ws) + "/export/organizations" }

// Organization is an organization's overview.
func Organization(ws, org string) string { return Organizations(ws) + "/" + url.PathEscape(org) }

// EditOrganization is the form of an organization's details, and where it is posted to.
func EditOrganization(ws, org string) string { return Organization(ws, org) + "/edit" }

// Onboard is the first form of an onboarding, and where it is posted to. account fills in one of the unmapped Duo
// accounts; it may be empty.
func Onboard(ws, account string) string {
	return withQuery(Workspace(ws)+"/onboard", "account", account)
}

// Onboarding is the plan that sets an organization up.
func Onboarding(ws, org string) string { return Organization(ws, org) + "/onboarding" }

// OnboardingScreen is one of its forms, and where it is posted to; OnboardingAct takes a POST that previews, approves,
// pauses, continues, cancels or finishes it, or begins another.
func OnboardingScreen(ws, org, screen string) string {
	return Onboarding(ws, org) + "/" + url.PathEscape(screen)
}

// OnboardingAccount is the form of the Duo account, with one filled in; account may be empty.
func OnboardingAccount(ws, org, account string) string {
	return withQuery(OnboardingScreen(ws, org, "account"), "account", account)
}

func OnboardingAct(ws, org, act string) string { return Onboarding(ws, org) + "/" + act }

// Connection shows how an organization is reached in Duo, and takes a POST that changes it.
func Connection(ws, org string) string { return Organization(ws, org) + "/connection" }

// OwnKeys takes a POST of an organization's own Admin API keys.
func OwnKeys(ws, org string) string { return Connection(ws, org) + "/own" }

// OwnAuthKeys takes a POST of an organization's own Auth API keys.
func OwnAuthKeys(ws, org string) string { return Connection(ws, org) + "/auth" }

// AuthKeys is the state of all organizations' Auth API keys.
func AuthKeys(ws string) string { return Workspace(ws) + "/auth" }

// AuthKeysView is AuthKeys, searched, filtered and paged. state is works, fails, unchecked, none or empty.
func AuthKeysView(ws, query, state string, page int) string {
	return withQuery(AuthKeys(ws), "q", query, "show", state, "page", PageNumber(page))
}

// CheckAuthKeys takes a POST that checks the keys of the organizations that it names.
func CheckAuthKeys(ws string) string { return AuthKeys(ws) + "/check" }

// Directories takes a POST that adds a directory key. They are a section of Connection.
func Directories(ws, org string) string { return Connection(ws, org) + "/directories" }

func directoryAct(ws, org, id, act string) string {
	return Directories(ws, org) + "/" + url.PathEscape(id) + "/" + act
}

// RenameDirectory takes a POST with a directory's new name.
func RenameDirectory(ws, org, id string) string { return directoryAct(ws, org, id, "rename") }

// MakeDirectoryPrimary takes a POST that makes a directory the one of the mapping.
func MakeDirectoryPrimary(ws, org, id string) string { return directoryAct(ws, org, id, "primary") }

// RemoveDirectory takes a POST that takes a directory away.
func RemoveDirectory(ws, org, id string) string { return directoryAct(ws, org, id, "remove") }

// RepairOrganization takes a POST that settles what Duo changed about an organization's account.
func RepairOrganization(ws, org string) string { return Organization(ws, org) + "/repair" }

// Users is an organization's list of users.
func Users(ws, org string) string { return Organization(ws, org) + "/users" }

// UsersFilter chooses the part of a list of users. Zero values are left out of the address.
type UsersFilter struct {
	Query, Status string
	Sort          string // "", "name", "status" or "last_login"
	Page          int
	Fresh         bool // read from Duo again, whatever is held
}

// UsersView is an organization's list of users, filtered, sorted and paged.
func UsersView(ws, org string, f UsersFilter) string {
	fresh := ""
	if f.Fresh {
		fresh = "1"
	}
	return withQuery(Users(ws, org), "q", f.Query, "status", f.Status, "sort", f.Sort, "fresh", fresh, "page", PageNumber(f.Page))
}

// User is one user's page. The id is Duo's.
func User(ws, org, id string) string { return Users(ws, org) + "/" + url.PathEscape(id) }

// Phones is an organization's list of phones.
func Phones(ws, org string) string { return Organization(ws, org) + "/phones" }

// PhonesView is an organization's list of phones, searched and paged.
func PhonesView(ws, org, query string, page int) string {
	return withQuery(Phones(ws, org), "q", query, "page", PageNumber(page))
}

// Phone is one phone's page. The id is Duo's.
func Phone(ws, org, id string) string { return Phones(ws, org) + "/" + url.PathEscape(id) }

// BypassCodes is an organization's list of bypass codes.
func BypassCodes(ws, org string) string { return Organization(ws, org) + "/bypass-codes" }

// BypassCodesView is an organization's list of bypass codes, paged.
func BypassCodesView(ws, org string, page int) string {
	return withQuery(BypassCodes(ws, org), "page", PageNumber(page))
}

// Settings are the settings of an organization's account.
func Settings(ws, org string) string { return Organization(ws, org) + "/settings" }

// Runs is what was done in a workspace.
func Runs(ws string) string { return Workspace(ws) + "/runs" }

// OrganizationRuns is what was done in one organization.
func OrganizationRuns(ws, org string) string { return Organization(ws, org) + "/runs" }

// RunsFilter chooses the part of a list of runs. Zero values are left out of the address.
type RunsFilter struct {
	Query        string
	From, To     string // days, such as 2026-11-23, both included
	Operator     string // id
	Organization string // slug; on the workspace's list only
	Action       string // slug of an action or an event
	Outcome      string // state of a run
	After        string // mark of the last run of the part before
}

// Pairs are the filter's names and values but for the mark.
func (f RunsFilter) Pairs() []Hidden {
	return Chosen([]Hidden{{Name: "q", Value: f.Query}, {Name: "from", Value: f.From}, {Name: "to", Value: f.To}, {Name: "operator", Value: f.Operator}, {Name: "organization", Value: f.Organization}, {Name: "action", Value: f.Action}, {Name: "outcome", Value: f.Outcome}})
}

// RunsView is a part of a list of runs: of a workspace, or of one organization when org is not empty.
func RunsView(ws, org string, f RunsFilter) string {
	pairs := []string{"after", f.After}
	for _, h := range f.Pairs() {
		pairs = append(pairs, h.Name, h.Value)
	}
	return withQuery(RunsOf(ws, org), pairs...)
}

// Run is one run: of a workspace, or on an organization's pages when org is not empty.
func Run(ws, org, id string) string { return RunsOf(ws, org) + "/" + url.PathEscape(id) }

// RunEvents is the stream of a run's states, until it is closed.
func RunEvents(ws, org, id string) string { return Run(ws, org, id) + "/events" }

// HeldForm takes a POST of a form that was held, and leads back to its page.
func HeldForm() string { return "/held" }

// Readings is what was taken out of a workspace: files, and lists by access tokens.
func Readings(ws string) string { return Workspace(ws) + "/readings" }

// ReadingsAfter is the part of Readings behind a mark.
func ReadingsAfter(ws, mark string) string { return withQuery(Readings(ws), "after", mark) }

// ReadingLimit takes a POST of an owner, with how many rows an operator may take out.
func ReadingLimit(ws string) string { return Readings(ws) + "/limit" }

// ExportRuns takes a POST of a RunsFilter that answers with the runs as a file.
func ExportRuns(ws, org string) string { return RunsOf(ws, org) + ".csv" }

func RunsOf(ws, org string) string {
	if org == "" {
		return Runs(ws)
	}
	return OrganizationRuns(ws, org)
}

// Actions is the catalogue: of a workspace, or in one organization when org is not empty.
func Actions(ws, org string) string {
	if org == "" {
		return Workspace(ws) + "/actions"
	}
	return Organization(ws, org) + "/actions"
}

// Action is the sheet of a catalogue action (GET), and where it is posted to: in an organization, or of the workspace
// when org is empty. The values come in pairs of name and value and fill the sheet in advance.
func Action(ws, org, slug string, values ...string) string {
	return withQuery(Actions(ws, org)+"/"+url.PathEscape(slug), values...)
}

// ActionFields is the form that the fields of a catalog action make, where the action has another form of its own (GET),
// and where it is posted to.
func ActionFields(ws, org, slug string, values ...string) string {
	return withQuery(Action(ws, org, slug)+"/form", values...)
}

// withQuery adds those pairs of name and value that have a value.
func withQuery(address string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return address
	}
	return address + "?" + query.Encode()
}

// PageNumber leaves the first page out of the address.
func PageNumber(page int) string {
	if page < 2 {
		return ""
	}
	return Itoa(page)
}
