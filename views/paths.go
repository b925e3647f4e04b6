package views

import (
	"net/url"
	"slices"
	"strconv"
)

func Itoa(n int) string { return strconv.Itoa(n) }

// FactorGrace changes for how many days a workspace admits without a second factor.
func FactorGrace(ws string) string { return Workspace(ws) + "/factor-grace" }

// Addresses is where owners choose from which addresses a workspace is open.
func Addresses(ws string) string { return Workspace(ws) + "/addresses" }

// ProofBySignOn has the operator sign in again at the workspace's provider, for a form that
// waits for its proof under a token, and shows the form again afterwards.
func ProofBySignOn(ws, form string) string { return With(Workspace(ws)+"/proof", "form", form) }

// ProofOptions asks the browser for a passkey, for a form that waits for its proof.
func ProofOptions() string { return "/account/proof/options" }

// SignInAndReturn is the sign-in form that leads on to next afterwards.
func SignInAndReturn(next string) string { return With(SignIn(), "next", next) }

// SignOut takes a POST that ends the session.
func SignOut() string { return "/signout" }

// Invitation is the form that takes an invitation's token, and where it is posted to.
func Invitation() string { return "/invitation" }

// InvitationLink is Invitation with the token where no server sees it.
func InvitationLink(token string) string { return Invitation() + "#" + token }

// AcceptInvitation takes a POST that makes the invited person a member.
func AcceptInvitation() string { return Invitation() + "/accept" }

// Account is the operator's own page.
func Account() string { return "/account" }

// AccountAfter is Account saying what was just done: password or session.
func AccountAfter(done string) string { return With(Account(), "done", done) }

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
func TokensAfter(done string) string { return With(Tokens(), "done", done) }

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

// Keys is where the keys of one of the workspace's APIs are: see KeysAct. The names of api are auth, accounts and
// admin.
func Keys(ws, api string) string { return Integration(ws) + "/" + url.PathEscape(api) }

// KeysAct takes a POST about Keys, OwnKeys or OwnAuthKeys. act is fill, which answers with the boxes filled in from a
// pasted text, those of all three APIs at Integration; check, which asks Duo again; activate or discard, for keys that
// wait; and provision, for OwnAuthKeys.
func KeysAct(keys, act string) string { return keys + "/" + act }

// SaveMapping takes a POST of mapping rows. The mapping itself is a section of Integration.
func SaveMapping(ws string) string { return Integration(ws) + "/mapping" }

// Mapping is the integration page scrolled to its mapping. pairs choose a part of it.
func Mapping(ws string, pairs ...string) string { return With(Integration(ws), pairs...) + "#mapping" }

// RefreshAccounts takes a POST that reads the list of Duo accounts again.
func RefreshAccounts(ws string) string { return Integration(ws) + "/accounts/refresh" }

// AdoptAccounts asks (GET) and does (POST): create an organization for every unmapped Duo account.
func AdoptAccounts(ws string) string { return Integration(ws) + "/accounts/organizations" }

// Operators is the list of a workspace's members.
func Operators(ws string) string { return Workspace(ws) + "/operators" }

// SignOnSettings are those of a workspace's single sign-on; the others test, require, stop requiring and remove it.
func SignOnSettings(ws string) string { return Workspace(ws) + "/signon" }
func TestSignOn(ws string) string     { return SignOnSettings(ws) + "/test" }
func RequireSignOn(ws string) string  { return SignOnSettings(ws) + "/require" }
func OptionalSignOn(ws string) string { return SignOnSettings(ws) + "/optional" }
func RemoveSignOn(ws string) string   { return SignOnSettings(ws) + "/remove" }

// NoticesOf lists (GET) and acknowledges (POST) the security notices of a workspace.
func NoticesOf(ws string) string { return Workspace(ws) + "/notices" }

// OperatorsAfter is the list of members, saying what a run did.
func OperatorsAfter(ws, run string) string { return With(Operators(ws), "run", run) }

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

// NewOrganization is the form for a new organization.
func NewOrganization(ws string) string { return Organizations(ws) + "/new" }

// ImportOrganizations is the form for a file of organizations, and where it is posted to.
func ImportOrganizations(ws string) string { return Organizations(ws) + "/import" }

// ImportPreview shows what would become of the rows of a file, and is where the import is posted to.
func ImportPreview(ws string) string { return ImportOrganizations(ws) + "/preview" }

// ImportFaults is the file of those rows that have faults.
func ImportFaults(ws string) string { return ImportOrganizations(ws) + "/faults" }

// ImportTemplate is a file to import that has the header alone.
func ImportTemplate(ws string) string { return ImportOrganizations(ws) + "/template" }

// ExportOrganizations takes a POST that answers with the list of organizations as a file: those that q and show choose.
func ExportOrganizations(ws string) string { return Workspace(ws) + "/export/organizations" }

// Organization is an organization's overview.
func Organization(ws, org string) string { return Organizations(ws) + "/" + url.PathEscape(org) }

// Tabs are the parts of an organization that another one can be opened at, as in its addresses.
var Tabs = []string{"users", "phones", "bypass-codes", "settings", "actions", "runs", "connection"}

// IsTab reports whether an organization can be opened at that part.
func IsTab(tab string) bool { return slices.Contains(Tabs, tab) }

// OrganizationTab is an organization at one of Tabs; at its overview for any other.
func OrganizationTab(ws, org, tab string) string {
	if !IsTab(tab) {
		return Organization(ws, org)
	}
	return Organization(ws, org) + "/" + tab
}

// EditOrganization is the form of an organization's details, and where it is posted to.
func EditOrganization(ws, org string) string { return Organization(ws, org) + "/edit" }

// ArchiveOrganization asks before an organization is archived, and is where that is posted to.
func ArchiveOrganization(ws, org string) string { return Organization(ws, org) + "/archive" }

// Onboard is the first form of an onboarding, and where it is posted to. account fills in one of the unmapped Duo
// accounts; it may be empty.
func Onboard(ws, account string) string {
	return With(Workspace(ws)+"/onboard", "account", account)
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
	return With(OnboardingScreen(ws, org, "account"), "account", account)
}

func OnboardingAct(ws, org, act string) string { return Onboarding(ws, org) + "/" + act }

// Plan is a plan of an organization, or of the workspace where org is empty; PlanAct takes a POST that approves,
// pauses, continues or cancels it.
func Plan(ws, org, id string) string {
	at := Workspace(ws)
	if org != "" {
		at = Organization(ws, org)
	}
	return at + "/plans/" + url.PathEscape(id)
}

// PlanEvents is the stream of a plan's states, until nothing more comes of it by itself; OnboardingEvents of an
// onboarding.
func PlanEvents(ws, org, id string) string { return Plan(ws, org, id) + "/events" }

func OnboardingEvents(ws, org string) string { return Onboarding(ws, org) + "/events" }

func PlanAct(ws, org, id, act string) string { return Plan(ws, org, id) + "/" + act }

// Connection shows how an organization is reached in Duo, and takes a POST that changes it.
func Connection(ws, org string) string { return Organization(ws, org) + "/connection" }

// OwnKeys takes a POST of an organization's own Admin API keys.
func OwnKeys(ws, org string) string { return Connection(ws, org) + "/own" }

// OwnAuthKeys takes a POST of an organization's own Auth API keys.
func OwnAuthKeys(ws, org string) string { return Connection(ws, org) + "/auth" }

// AuthKeys is the state of all organizations' Auth API keys.
func AuthKeys(ws string) string { return Workspace(ws) + "/auth" }

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

// User is one user's page. The id is Duo's.
func User(ws, org, id string) string { return Users(ws, org) + "/" + url.PathEscape(id) }

// Phones is an organization's list of phones.
func Phones(ws, org string) string { return Organization(ws, org) + "/phones" }

// Phone is one phone's page. The id is Duo's.
func Phone(ws, org, id string) string { return Phones(ws, org) + "/" + url.PathEscape(id) }

// BypassCodes is an organization's list of bypass codes.
func BypassCodes(ws, org string) string { return Organization(ws, org) + "/bypass-codes" }

// Settings are the settings of an organization's account.
func Settings(ws, org string) string { return Organization(ws, org) + "/settings" }

// Runs is what was done in a workspace.
func Runs(ws string) string { return Workspace(ws) + "/runs" }

// OrganizationRuns is what was done in one organization.
func OrganizationRuns(ws, org string) string { return Organization(ws, org) + "/runs" }

// Run is one run: of a workspace, or on an organization's pages when org is not empty.
func Run(ws, org, id string) string { return RunsOf(ws, org) + "/" + url.PathEscape(id) }

// RunEvents is the stream of a run's states, until it is closed.
func RunEvents(ws, org, id string) string { return Run(ws, org, id) + "/events" }

// Activation is how far the activation of a phone has come, with the link of a run, and ActivationEvents the stream of
// it.
func Activation(ws, org, phone, run string) string {
	return With(Phone(ws, org, phone)+"/activation", "run", run)
}

func ActivationEvents(ws, org, phone, run string) string {
	return With(Phone(ws, org, phone)+"/activation/events", "run", run)
}

// HeldForm takes a POST of a form that was held, and leads back to its page.
func HeldForm() string { return "/held" }

// Readings is what was taken out of a workspace: files, and lists by access tokens.
func Readings(ws string) string { return Workspace(ws) + "/readings" }

// Quotas is how often operators may do what is counted.
func Quotas(ws string) string { return Workspace(ws) + "/quotas" }

// CallBack is the form that notes a call to a user, and RevokeCodes the question whether to revoke all of the user's
// bypass codes; both take a POST.
func CallBack(ws, org, user string) string { return User(ws, org, user) + "/call-back" }

func RevokeCodes(ws, org, user string) string { return User(ws, org, user) + "/revoke-codes" }

// Tickets says which actions of a workspace require a ticket, and takes a POST of an owner.
func Tickets(ws string) string { return Workspace(ws) + "/tickets" }

// ReadingLimit takes a POST of an owner, with how many rows an operator may take out.
func ReadingLimit(ws string) string { return Readings(ws) + "/limit" }

// ExportRuns takes a POST of what is chosen of the list that answers with those runs as a file.
func ExportRuns(ws, org string) string { return RunsOf(ws, org) + ".csv" }

// RunsOf is Runs, or OrganizationRuns when org is not empty.
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
	return With(Actions(ws, org)+"/"+url.PathEscape(slug), values...)
}

// ActionFields is the form that the fields of a catalog action make, where the action has another form of its own
// (GET), and where it is posted to.
func ActionFields(ws, org, slug string, values ...string) string {
	return With(Action(ws, org, slug)+"/form", values...)
}

// With is an address with a query of those pairs of name and value that have a value.
func With(address string, pairs ...string) string {
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
