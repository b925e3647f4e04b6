package web

import (
	"net/http"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/static"
)

// route is one address. path has :ws and :org where the policy resolves a
// workspace and an organization.
type route struct {
	method, path string
	policy       policy
	deadline     time.Duration // 0: defaultDeadline; see noDeadline
	handle       handler
}

const (
	get  = http.MethodGet
	post = http.MethodPost

	defaultDeadline = 35 * time.Second // longer than the longest reading from Duo
	saveDeadline    = 60 * time.Second // three APIs are checked
	streamDeadline  = 3 * time.Minute  // as long as a run can be open; it moves the server's WriteTimeout

	// noDeadline is for files of any length. Each of their parts has limits instead:
	// partDeadline to be read, Config.StallTime to be taken.
	noDeadline   = -1
	partDeadline = defaultDeadline

	importUpload = "/w/:ws/o/import" // the one address that takes a file
)

// bodyLimit is how many bytes a route's request may have.
func (r route) bodyLimit() int64 {
	switch {
	case r.method == post && r.path == importUpload:
		return maxUpload
	case r.method == post && r.path == "/held":
		return heldLimit
	}
	return maxBody
}

// routes is every address of the console.
func (s *Server) routes() []route {
	var (
		public  = policy{reach: anyone}
		signed  = policy{reach: signedIn}
		inWs    = policy{reach: inWorkspace, role: catalog.Auditor}
		inOrg   = policy{reach: inOrganization, role: catalog.Auditor}
		editOrg = policy{reach: inOrganization, role: catalog.Administrator}
		adminWs = policy{reach: inWorkspace, role: catalog.Administrator}
		// Which account an organization is concerns whoever sees all of them.
		wholeOrg = policy{reach: inOrganization, role: catalog.Administrator, whole: true}
		// The nine fields, the mapping and new organizations concern the whole
		// workspace.
		wholeWs = policy{reach: inWorkspace, role: catalog.Administrator, whole: true}
		owners  = policy{reach: inWorkspace, role: catalog.Owner, whole: true}
		// Programs, with an access token.
		apiWs  = policy{reach: inWorkspace, role: catalog.Auditor, token: true}
		apiOrg = policy{reach: inOrganization, role: catalog.Auditor, token: true}
	)
	return []route{
		{get, "/healthz", public, 0, s.getHealth},
		{get, "/readyz", public, 0, s.getReady},
		{post, "/csp", public, 0, s.postCSPReport},
		{get, "/static/*", public, 0, fromHandler(static.Handler())},

		{get, "/signin", public, 0, s.getSignIn},
		{post, "/signin", public, 0, s.postSignIn},
		{post, "/held", signed, 0, s.postHeld},
		{post, "/signout", signed, 0, s.postSignOut},
		{post, "/preferences", signed, 0, s.postPreferences},
		{get, "/invitation", public, 0, s.getInvitation},
		{post, "/invitation", public, 0, s.postInvitation},
		{post, "/invitation/accept", public, 0, s.postAccept},
		{get, "/account", signed, 0, s.getAccount},
		{post, "/account/password", signed, 0, s.postPassword},
		{post, "/account/sessions", signed, 0, s.postEndSession},
		{post, "/account/devices", signed, 0, s.postForgetDevice},
		{post, "/account/signout", signed, 0, s.postSignOutEverywhere},
		{get, "/account/tokens", signed, 0, s.getTokens},
		{get, "/account/tokens/:ws", inWs, 0, s.getNewToken},
		{post, "/account/tokens/:ws", inWs, 0, s.postNewToken},
		{post, "/account/tokens/:ws/revoke", inWs, 0, s.postRevokeToken},
		{get, "/account/api", signed, 0, s.getAPIDocs},
		{get, "/", signed, 0, s.getWorkspaces},

		{get, "/w/:ws", inWs, 0, s.getHome},
		{get, "/w/:ws/actions", inWs, 0, s.getActions},
		{get, "/w/:ws/actions/:action", inWs, 0, s.getAction},
		{post, "/w/:ws/actions/:action", inWs, 0, s.postAction},
		{get, "/w/:ws/runs", inWs, 0, s.getRuns},
		{get, "/w/:ws/runs/:run", inWs, 0, s.getRun},
		{get, "/w/:ws/runs/:run/events", inWs, streamDeadline, s.getRunEvents},
		{post, "/w/:ws/runs.csv", inWs, noDeadline, s.postExportRuns},
		{get, "/w/:ws/readings", inWs, 0, s.getReadings},
		{post, "/w/:ws/readings/limit", owners, 0, s.postReadingLimit},
		{get, "/w/:ws/integration", inWs, 0, s.getIntegration},
		{post, "/w/:ws/integration", wholeWs, saveDeadline, s.postIntegration},
		{post, "/w/:ws/integration/mapping", wholeWs, 0, s.postMapping},
		{post, "/w/:ws/integration/accounts/refresh", wholeWs, 0, s.postRefreshAccounts},
		{get, "/w/:ws/integration/accounts/organizations", wholeWs, 0, s.getAdoptAccounts},
		{post, "/w/:ws/integration/accounts/organizations", wholeWs, 0, s.postAdoptAccounts},
		{post, "/w/:ws/integration/:api/fill", wholeWs, 0, s.postFill},
		{post, "/w/:ws/integration/:api/check", wholeWs, saveDeadline, s.postCheck},
		{post, "/w/:ws/integration/:api/activate", wholeWs, 0, s.postActivate},
		{post, "/w/:ws/integration/:api/discard", wholeWs, 0, s.postDiscard},

		{get, "/w/:ws/auth", inWs, 0, s.getAuthKeys},
		{post, "/w/:ws/auth/check", adminWs, saveDeadline, s.postCheckAuthKeys},

		{get, "/w/:ws/operators", owners, 0, s.getOperators},
		{get, "/w/:ws/operators/invite", owners, 0, s.getInvite},
		{post, "/w/:ws/operators/invite", owners, 0, s.postInvite},
		{post, "/w/:ws/operators/invitations/:invitation/revoke", owners, 0, s.postRevokeInvitation},
		{get, "/w/:ws/operators/:operator", owners, 0, s.getMember},
		{post, "/w/:ws/operators/:operator", owners, 0, s.postMember},
		{get, "/w/:ws/operators/:operator/disable", owners, 0, s.askMember(disableMember)},
		{post, "/w/:ws/operators/:operator/disable", owners, 0, s.doMember(disableMember)},
		{get, "/w/:ws/operators/:operator/enable", owners, 0, s.askMember(enableMember)},
		{post, "/w/:ws/operators/:operator/enable", owners, 0, s.doMember(enableMember)},
		{get, "/w/:ws/operators/:operator/end", owners, 0, s.askMember(endMember)},
		{post, "/w/:ws/operators/:operator/end", owners, 0, s.doMember(endMember)},
		{post, "/w/:ws/operators/:operator/tokens", owners, 0, s.postRevokeMemberToken},

		{get, "/w/:ws/o", inWs, 0, s.getOrganizations},
		{post, "/w/:ws/o", wholeWs, 0, s.postOrganization},
		{get, "/w/:ws/o/new", wholeWs, 0, s.getNewOrganization},
		{post, "/w/:ws/export/organizations", inWs, noDeadline, s.postExport},
		{get, "/w/:ws/o/import", wholeWs, 0, s.getImport},
		{post, importUpload, wholeWs, 0, s.postImport},
		{get, "/w/:ws/o/import/preview", wholeWs, 0, s.getImportPreview},
		{post, "/w/:ws/o/import/preview", wholeWs, saveDeadline, s.postImportPreview},
		{get, "/w/:ws/o/import/faults", wholeWs, 0, s.getImportFaults},
		{get, "/w/:ws/o/import/template", wholeWs, 0, s.getImportTemplate},
		{get, "/w/:ws/o/:org", inOrg, 0, s.getOrganization},
		{get, "/w/:ws/o/:org/edit", editOrg, 0, s.getEditOrganization},
		{post, "/w/:ws/o/:org/edit", editOrg, 0, s.postEditOrganization},
		{post, "/w/:ws/o/:org/repair", wholeOrg, 0, s.postRepair},
		{get, "/w/:ws/o/:org/connection", editOrg, 0, s.getConnection},
		{post, "/w/:ws/o/:org/connection", wholeOrg, 0, s.bound(s.postConnection)},
		{post, "/w/:ws/o/:org/connection/own", wholeOrg, saveDeadline, s.bound(s.postOwnKeys(store.AdminAPI))},
		{post, "/w/:ws/o/:org/connection/own/fill", wholeOrg, 0, s.bound(s.postFillOwnKeys(store.AdminAPI))},
		{post, "/w/:ws/o/:org/connection/own/check", wholeOrg, saveDeadline, s.bound(s.postCheckOwnKeys(store.AdminAPI))},
		{post, "/w/:ws/o/:org/connection/own/activate", wholeOrg, 0, s.bound(s.postActivateOwnKeys(store.AdminAPI))},
		{post, "/w/:ws/o/:org/connection/own/discard", wholeOrg, 0, s.bound(s.postDiscardOwnKeys(store.AdminAPI))},
		{post, "/w/:ws/o/:org/connection/auth", editOrg, saveDeadline, s.bound(s.postOwnKeys(store.AuthAPI))},
		{post, "/w/:ws/o/:org/connection/auth/fill", editOrg, 0, s.bound(s.postFillOwnKeys(store.AuthAPI))},
		{post, "/w/:ws/o/:org/connection/auth/check", editOrg, saveDeadline, s.bound(s.postCheckOwnKeys(store.AuthAPI))},
		{post, "/w/:ws/o/:org/connection/auth/activate", editOrg, 0, s.bound(s.postActivateOwnKeys(store.AuthAPI))},
		{post, "/w/:ws/o/:org/connection/auth/discard", editOrg, 0, s.bound(s.postDiscardOwnKeys(store.AuthAPI))},
		{post, "/w/:ws/o/:org/connection/auth/provision", editOrg, saveDeadline, s.bound(s.postProvision)},
		{post, "/w/:ws/o/:org/connection/directories", editOrg, 0, s.bound(s.postDirectory)},
		{post, "/w/:ws/o/:org/connection/directories/:directory/rename", editOrg, 0, s.bound(s.postRenameDirectory)},
		{post, "/w/:ws/o/:org/connection/directories/:directory/primary", editOrg, 0, s.bound(s.postPrimaryDirectory)},
		{post, "/w/:ws/o/:org/connection/directories/:directory/remove", editOrg, 0, s.bound(s.postRemoveDirectory)},
		{get, "/w/:ws/o/:org/runs", inOrg, 0, s.getRuns},
		{get, "/w/:ws/o/:org/runs/:run", inOrg, 0, s.getRun},
		{get, "/w/:ws/o/:org/runs/:run/events", inOrg, streamDeadline, s.getRunEvents},
		{post, "/w/:ws/o/:org/runs.csv", inOrg, noDeadline, s.postExportRuns},
		{get, "/w/:ws/o/:org/users", inOrg, 0, s.getUsers},
		{get, "/w/:ws/o/:org/users/:user", inOrg, 0, s.getUser},
		{get, "/w/:ws/o/:org/phones", inOrg, 0, s.getPhones},
		{get, "/w/:ws/o/:org/phones/:phone", inOrg, 0, s.getPhone},
		{get, "/w/:ws/o/:org/bypass-codes", inOrg, 0, s.getBypassCodes},
		{get, "/w/:ws/o/:org/settings", inOrg, 0, s.getSettings},
		{get, "/w/:ws/o/:org/actions", inOrg, 0, s.getActions},
		{get, "/w/:ws/o/:org/actions/:action", inOrg, 0, s.getAction},
		{post, "/w/:ws/o/:org/actions/:action", inOrg, 0, s.postAction},

		{get, "/api/v1/openapi.json", public, 0, s.getOpenAPI},
		{get, "/api/v1/w/:ws", apiWs, 0, s.apiGetWorkspace},
		{get, "/api/v1/w/:ws/organizations", apiWs, 0, s.apiOrganizations},
		{get, "/api/v1/w/:ws/mapping", apiWs, 0, s.apiMappings},
		{get, "/api/v1/w/:ws/runs", apiWs, 0, s.apiRuns},
		{get, "/api/v1/w/:ws/runs/:run", apiWs, 0, s.apiGetRun},
		{post, "/api/v1/w/:ws/actions/:action", apiWs, 0, s.apiAction},
		{get, "/api/v1/w/:ws/o/:org/users", apiOrg, 0, s.apiDuoList(run.UsersInDuo)},
		{get, "/api/v1/w/:ws/o/:org/phones", apiOrg, 0, s.apiDuoList(run.PhonesInDuo)},
		{get, "/api/v1/w/:ws/o/:org/bypass-codes", apiOrg, 0, s.apiDuoList(run.BypassCodesInDuo)},
		{post, "/api/v1/w/:ws/o/:org/actions/:action", apiOrg, 0, s.apiAction},
	}
}
