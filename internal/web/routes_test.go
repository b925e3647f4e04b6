package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/internal/web/actions"
	"duodesk/static"
)

var staticFile = static.Path("app.css")

// knownRoute is how tests ask one address, and who should get an answer: written
// down a second time, so that a slip in the route table shows.
type knownRoute struct {
	public, whole bool
	waiting       bool // for sign-ins that wait for their second factor, of which the visitors have none
	token         bool // for programs
	least         catalog.Role
	ok            int // the status for those who may
	signedIn      int // the status of a public page for those who have signed in, where it is another
	api, action   string
	fields        bool // of an action that has another form: the one of its fields is sent
	query         func(*tenant) url.Values
	// form makes a form that works; where fresh is false the caller is refused
	// before anything in it counts, and nothing has to be prepared.
	form func(e *fleet, n *tenant, fresh bool) url.Values
}

const (
	found = http.StatusOK
	moved = http.StatusSeeOther
)

func knownRoutes(row string) []knownRoute {
	if own, fields := strings.HasSuffix(row, "/actions/:action"),
		strings.HasSuffix(row, "/actions/:action/form"); own || fields {
		var all []knownRoute
		reading, ofWorkspace := strings.HasPrefix(row, "GET"), !strings.Contains(row, ":org")
		for _, a := range catalog.All() {
			k, known := actionRoutes[a.Slug]
			if !known {
				return nil
			}
			// A workspace's address of an organization's action asks which.
			if a.OfWorkspace() != ofWorkspace && !(ofWorkspace && reading) {
				continue
			}
			// Each form is opened and sent at its address. The workspace's actions have no other form, so both
			// addresses take it.
			generated := k.fields || !actions.HasOwnSheet(a)
			switch token := strings.Contains(row, " /api/"); {
			case token:
			case reading && fields && !actions.HasOwnSheet(a),
				!reading && fields != generated && !(ofWorkspace && !fields):
				continue
			}
			k.action, k.query = a.Slug, func(n *tenant) url.Values {
				return url.Values{"user_id": {n.user}, "phone_id": {n.phone}, "bypass_code_id": {n.code},
					"group_id": {n.group}, "token_id": {n.token}, "webauthnkey": {n.credential}}
			}
			if reading {
				k.form, k.ok = nil, found
			} else {
				k.query = nil
			}
			if k.token = strings.Contains(row, " /api/"); k.token {
				k.ok = apiStatus(a, k.ok)
			}
			all = append(all, k)
		}
		return all
	}
	if strings.Contains(row, ":api") {
		var all []knownRoute
		for _, api := range []string{store.AuthAPI, store.AccountsAPI, store.AdminAPI} {
			for _, k := range plainRoutes[row] {
				k.api = api
				all = append(all, k)
			}
		}
		return all
	}
	return plainRoutes[row]
}

// apiStatus is what a program gets where a browser gets a status.
func apiStatus(a catalog.Action, ok int) int {
	switch {
	case ok != found && ok != moved:
		return ok
	case a.Follow != nil:
		return http.StatusAccepted // it goes on
	}
	return found
}

func one(k knownRoute) []knownRoute { return []knownRoute{k} }

// runsQuery asks with filters.
func runsQuery(*tenant) url.Values {
	return url.Values{"q": {"created"}, "from": {"2020-01-01"}, "action": {"create-bypass-code-for-user"},
		"outcome": {store.Applied}}
}

var plainRoutes = map[string][]knownRoute{
	"GET /healthz":  one(knownRoute{public: true, ok: found}),
	"GET /readyz":   one(knownRoute{public: true, ok: found}),
	"POST /csp":     one(knownRoute{public: true, ok: http.StatusNoContent}),
	"GET /static/*": one(knownRoute{public: true, ok: found}),
	"GET /signin":   one(knownRoute{public: true, ok: found, signedIn: moved}),
	"POST /signin": one(knownRoute{public: true, ok: http.StatusUnprocessableEntity,
		form: func(*fleet, *tenant, bool) url.Values {
			return url.Values{"email": {rand.Text() + "@msp.example"}, "password": {"wrong"}}
		}}),
	// Consoles of these tests are found by a number, to which no passkeys belong.
	"POST /signin/passkey/options":          one(knownRoute{public: true, ok: http.StatusNotFound}),
	"POST /signin/passkey":                  one(knownRoute{public: true, ok: http.StatusUnprocessableEntity}),
	"GET /signin/sso":                       one(knownRoute{public: true, ok: found}),
	"GET /signin/sso/:workspace":            one(knownRoute{public: true, ok: http.StatusNotFound}),
	"GET /signin/sso/:workspace/start":      one(knownRoute{public: true, ok: http.StatusNotFound}),
	"GET /signin/sso/:workspace/back":       one(knownRoute{public: true, ok: http.StatusNotFound}),
	"GET /account/signon":                   one(knownRoute{ok: found}),
	"POST /account/signon/link":             one(knownRoute{ok: http.StatusNotFound, form: formWith("workspace", "none")}),
	"POST /account/signon/unlink":           one(knownRoute{ok: http.StatusNotFound, form: formWith("workspace", "none")}),
	"GET /signin/factor":                    one(knownRoute{waiting: true, ok: found}),
	"POST /signin/factor/code":              one(knownRoute{waiting: true, ok: found}),
	"POST /signin/factor/recovery":          one(knownRoute{waiting: true, ok: found}),
	"POST /signin/factor/lost":              one(knownRoute{waiting: true, ok: found}),
	"POST /signin/factor/lost/reset":        one(knownRoute{waiting: true, ok: found}),
	"POST /signin/factor/passkey/options":   one(knownRoute{waiting: true, ok: found}),
	"POST /signin/factor/passkey":           one(knownRoute{waiting: true, ok: found}),
	"GET /signin/setup":                     one(knownRoute{waiting: true, ok: found}),
	"POST /signin/setup/app":                one(knownRoute{waiting: true, ok: found}),
	"POST /signin/setup/app/code":           one(knownRoute{waiting: true, ok: found}),
	"POST /signin/setup/passkey/options":    one(knownRoute{waiting: true, ok: found}),
	"POST /signin/setup/passkey":            one(knownRoute{waiting: true, ok: found}),
	"POST /signin/setup/later":              one(knownRoute{waiting: true, ok: found}),
	"GET /account/factors":                  one(knownRoute{ok: found}),
	"POST /account/factors/app":             one(knownRoute{ok: found}),
	"POST /account/factors/app/code":        one(knownRoute{ok: http.StatusUnprocessableEntity}),
	"POST /account/factors/passkey/options": one(knownRoute{ok: http.StatusNotFound}),
	"POST /account/factors/passkey":         one(knownRoute{ok: http.StatusUnprocessableEntity}),
	"POST /account/factors/remove":          one(knownRoute{ok: moved, form: formWith("factor", uuid.NewString())}),
	"POST /account/factors/recovery":        one(knownRoute{ok: found}),
	"POST /account/proof/options":           one(knownRoute{ok: http.StatusNotFound}),

	"POST /held":        one(knownRoute{ok: http.StatusGone}),
	"POST /signout":     one(knownRoute{ok: moved}),
	"POST /preferences": one(knownRoute{ok: moved, form: formWith("theme", "dark")}),
	"GET /":             one(knownRoute{ok: moved}),

	"GET /invitation": one(knownRoute{public: true, ok: found}),
	"POST /invitation": one(knownRoute{public: true, ok: http.StatusUnprocessableEntity,
		form: unknownInvitation}),
	"POST /invitation/accept": one(knownRoute{public: true, ok: http.StatusUnprocessableEntity,
		form: unknownInvitation}),
	"GET /account": one(knownRoute{ok: found}),
	"POST /account/password": one(knownRoute{ok: moved,
		form: formWith("current", storetest.Password, "new", "another "+storetest.Password)}),
	"POST /account/sessions": one(knownRoute{ok: moved, form: formWith("session", uuid.NewString())}),
	"POST /account/devices":  one(knownRoute{ok: moved, form: formWith("device", uuid.NewString())}),
	"POST /account/signout":  one(knownRoute{ok: moved}),

	"GET /account/api":         one(knownRoute{ok: found}),
	"GET /account/tokens":      one(knownRoute{ok: found}),
	"GET /account/tokens/:ws":  one(knownRoute{least: catalog.Auditor, ok: found}),
	"POST /account/tokens/:ws": one(knownRoute{least: catalog.Auditor, ok: found, form: tokenForm}),
	"POST /account/tokens/:ws/revoke": one(knownRoute{least: catalog.Auditor, ok: moved,
		form: formWith("token", uuid.NewString())}),
	"GET /api/v1/openapi.json":              one(knownRoute{public: true, ok: found}),
	"GET /api/v1/w/:ws":                     one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/organizations":       one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/mapping":             one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/runs":                one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/runs/:run":           one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/o/:org/users":        one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/o/:org/phones":       one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/o/:org/bypass-codes": one(knownRoute{token: true, least: catalog.Auditor, ok: found}),

	// Nothing waits under no token.
	"GET /w/:ws/proof":    one(knownRoute{least: catalog.Auditor, ok: http.StatusConflict}),
	"GET /w/:ws/notices":  one(knownRoute{least: catalog.Owner, whole: true, ok: found}),
	"POST /w/:ws/notices": one(knownRoute{least: catalog.Owner, whole: true, ok: moved, form: noticeForm}),
	"GET /w/:ws/signon":   one(knownRoute{least: catalog.Owner, whole: true, ok: found}),
	"POST /w/:ws/signon": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: signOnForm(false, "issuer", "https://login.example.com", "client_id", "console", "client_secret", "k",
			"run_id", "")}),
	"POST /w/:ws/signon/test": one(knownRoute{least: catalog.Owner, whole: true, ok: found,
		form: signOnForm(true)}),
	"POST /w/:ws/signon/require": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: signOnForm(true, "break_glass", "")}),
	"POST /w/:ws/signon/optional": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: signOnForm(true, "required", "")}),
	"POST /w/:ws/signon/remove": one(knownRoute{least: catalog.Owner, whole: true, ok: moved, form: signOnForm(true)}),
	"GET /w/:ws/operators": one(knownRoute{least: catalog.Owner, whole: true,
		ok: found}),
	"POST /w/:ws/factor-grace": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: formWith("days", "3")}),
	"GET /w/:ws/operators/invite": one(knownRoute{least: catalog.Owner, whole: true,
		ok: found}),
	"POST /w/:ws/operators/invite": one(knownRoute{least: catalog.Owner, whole: true, ok: found,
		form: memberForm("email", "new@msp.example", "role", "owner")}),
	"POST /w/:ws/operators/invitations/:invitation/revoke": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: memberForm()}),
	"GET /w/:ws/operators/:operator": one(knownRoute{least: catalog.Owner, whole: true,
		ok: found}),
	"GET /w/:ws/operators/:operator/approve": one(knownRoute{least: catalog.Owner, whole: true, ok: found}),
	"POST /w/:ws/operators/:operator/approve": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: memberForm()}),
	"POST /w/:ws/operators/:operator": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: memberForm("act", "change", "was", "auditor all", "role", "owner")}),
	"GET /w/:ws/operators/:operator/disable": one(knownRoute{least: catalog.Owner, whole: true,
		ok: found}),
	"POST /w/:ws/operators/:operator/disable": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: memberForm()}),
	"GET /w/:ws/operators/:operator/enable": one(knownRoute{least: catalog.Owner, whole: true,
		ok: found}),
	"POST /w/:ws/operators/:operator/enable": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: memberForm()}),
	"GET /w/:ws/operators/:operator/end": one(knownRoute{least: catalog.Owner, whole: true,
		ok: found}),
	"POST /w/:ws/operators/:operator/tokens": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: memberForm("token", uuid.NewString())}),
	"POST /w/:ws/operators/:operator/end": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: memberForm()}),

	"GET /w/:ws/actions": one(knownRoute{least: catalog.Auditor, ok: found,
		query: func(*tenant) url.Values { return url.Values{"q": {"user"}} }}),
	"GET /w/:ws/o/:org/actions": one(knownRoute{least: catalog.Auditor, ok: found}),

	"GET /w/:ws":                         one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/runs":                    one(knownRoute{least: catalog.Auditor, ok: found, query: runsQuery}),
	"GET /w/:ws/runs/:run":               one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/runs/:run/events":        one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/runs/:run/events": one(knownRoute{least: catalog.Auditor, ok: found}),
	"POST /w/:ws/runs.csv":               one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/readings":                one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/tickets":                 one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/quotas":                  one(knownRoute{least: catalog.Auditor, ok: found}),
	"POST /w/:ws/quotas": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: formWith("sms.auditor", "1", "bypass-codes.helpdesk", "9")}),
	"POST /w/:ws/tickets": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: formWith()}),
	"GET /w/:ws/addresses": one(knownRoute{least: catalog.Owner, whole: true, ok: found}),
	"POST /w/:ws/addresses": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: formWith("ranges", "127.0.0.0/8")}),
	"POST /w/:ws/readings/limit": one(knownRoute{least: catalog.Owner, whole: true, ok: moved,
		form: formWith("limit", "60000")}),
	"GET /w/:ws/o/:org/runs/:run": one(knownRoute{least: catalog.Auditor, ok: found}),
	"POST /w/:ws/o/:org/runs.csv": one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/integration": one(knownRoute{least: catalog.Auditor, ok: found,
		query: func(*tenant) url.Values { return url.Values{"suggest": {"1"}} }}),
	"POST /w/:ws/integration": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved,
		form: nineFields}),
	"POST /w/:ws/integration/mapping": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved,
		form: mappingForm}),
	"POST /w/:ws/integration/fill": one(knownRoute{least: catalog.Administrator, whole: true, ok: found,
		form: func(e *fleet, n *tenant, _ bool) url.Values {
			return url.Values{"paste": {"Admin API " + e.fieldsOf(n)["admin_integration_key"]}}
		}}),
	"POST /w/:ws/integration/:api/check": one(knownRoute{least: catalog.Administrator, whole: true,
		ok: moved}),
	"POST /w/:ws/integration/:api/activate": one(knownRoute{least: catalog.Administrator, whole: true,
		ok: moved, form: candidates}),
	"POST /w/:ws/integration/:api/discard": one(knownRoute{least: catalog.Administrator, whole: true,
		ok: moved}),
	"POST /w/:ws/integration/accounts/refresh": one(knownRoute{least: catalog.Administrator, whole: true,
		ok: moved}),
	"GET /w/:ws/integration/accounts/organizations": one(knownRoute{least: catalog.Administrator, whole: true,
		ok: found}),
	"POST /w/:ws/integration/accounts/organizations": one(knownRoute{least: catalog.Administrator, whole: true,
		ok: moved}),

	"GET /w/:ws/onboard": one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"POST /w/:ws/onboard": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved,
		form: onboardForm}),
	"GET /w/:ws/o/:org/onboarding":        one(knownRoute{least: catalog.Auditor, ok: found}),
	"POST /w/:ws/o/:org/onboarding/begin": one(knownRoute{least: catalog.Administrator, ok: moved}),
	"POST /w/:ws/o/:org/onboarding/preview": one(knownRoute{least: catalog.Technician, ok: moved,
		form: planForm(store.PlanDraft)}),
	"POST /w/:ws/o/:org/onboarding/approve": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: planForm(store.PlanPreviewed)}),
	"POST /w/:ws/o/:org/onboarding/pause": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: planForm(store.PlanApproved)}),
	"POST /w/:ws/o/:org/onboarding/continue": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: planForm(store.PlanPaused)}),
	"POST /w/:ws/o/:org/onboarding/cancel": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: planForm(store.PlanPreviewed)}),
	"POST /w/:ws/o/:org/onboarding/finish": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: planForm(store.PlanPaused)}),
	"GET /w/:ws/o/:org/onboarding/facts": one(knownRoute{least: catalog.Administrator, ok: found}),
	"POST /w/:ws/o/:org/onboarding/facts": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: factsForm}),
	"GET /w/:ws/o/:org/onboarding/account": one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"POST /w/:ws/o/:org/onboarding/account": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved,
		form: planForm(store.PlanDraft, "how", "connected")}),
	"GET /w/:ws/o/:org/onboarding/settings": one(knownRoute{least: catalog.Administrator, ok: found}),
	"POST /w/:ws/o/:org/onboarding/settings": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: planForm(store.PlanDraft, "lockout_threshold", "7")}),
	"GET /w/:ws/o/:org/onboarding/directories": one(knownRoute{least: catalog.Administrator, ok: found}),
	"POST /w/:ws/o/:org/onboarding/directories": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: planForm(store.PlanDraft)}),
	"GET /w/:ws/o/:org/onboarding/auth": one(knownRoute{least: catalog.Administrator, ok: found}),
	"POST /w/:ws/o/:org/onboarding/auth": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: planForm(store.PlanDraft)}),
	"GET /w/:ws/o/:org/onboarding/users": one(knownRoute{least: catalog.Technician, ok: found}),
	"POST /w/:ws/o/:org/onboarding/users": one(knownRoute{least: catalog.Technician, ok: moved,
		form: planForm(store.PlanDraft, "users", "zoe, Zoe Z")}),

	"GET /w/:ws/auth": one(knownRoute{least: catalog.Auditor, ok: found,
		query: func(*tenant) url.Values { return url.Values{"q": {"canary"}, "show": {"works"}} }}),
	"POST /w/:ws/auth/check": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: func(e *fleet, n *tenant, _ bool) url.Values {
			return url.Values{"run_id": {uuid.NewString()}, "organizations": {n.org.ID.String()}}
		}}),

	"GET /w/:ws/o": one(knownRoute{least: catalog.Auditor, ok: found}),
	"POST /w/:ws/o": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved,
		form: func(*fleet, *tenant, bool) url.Values {
			return url.Values{"id": {uuid.NewString()}, "name": {"One more"}}
		}}),
	"GET /w/:ws/o/new":                        one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"GET /w/:ws/o/:org":                       one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/runs":                  one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/users":                 one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/users/:user":           one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/users/:user/call-back": one(knownRoute{least: catalog.Helpdesk, ok: found}),
	"POST /w/:ws/o/:org/users/:user/call-back": one(knownRoute{least: catalog.Helpdesk, ok: moved,
		form: func(_ *fleet, n *tenant, _ bool) url.Values {
			return url.Values{"run_id": {uuid.NewString()}, "phone_id": {n.phone}, "result": {run.Confirmed}}
		}}),
	"GET /w/:ws/o/:org/users/:user/revoke-codes": one(knownRoute{least: catalog.Technician, ok: found}),
	"POST /w/:ws/o/:org/users/:user/revoke-codes": one(knownRoute{least: catalog.Technician, ok: found,
		form: func(e *fleet, n *tenant, _ bool) url.Values {
			return url.Values{"run_id": {uuid.NewString()},
				"codes": {e.Sim.AddBypassCode(n.account.AccountID, n.user, duosim.BypassSpec{Uses: 1})}}
		}}),
	"GET /w/:ws/o/:org/phones/:phone/activation":        one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/phones/:phone/activation/events": one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/phones/:phone":                   one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/phones":                          one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/bypass-codes":                    one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/settings":                        one(knownRoute{least: catalog.Auditor, ok: found}),

	"GET /w/:ws/o/:org/edit":       one(knownRoute{least: catalog.Administrator, ok: found}),
	"GET /w/:ws/o/:org/connection": one(knownRoute{least: catalog.Administrator, ok: found}),
	"POST /w/:ws/o/:org/connection": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved,
		form: func(_ *fleet, n *tenant, _ bool) url.Values {
			return url.Values{"kind": {"child"}, "account": {n.account.AccountID}}
		}}),
	// keys that work: TestOwnKeys
	"POST /w/:ws/o/:org/connection/own": one(knownRoute{least: catalog.Administrator, whole: true,
		ok: http.StatusUnprocessableEntity}),
	"POST /w/:ws/o/:org/connection/own/fill": one(knownRoute{least: catalog.Administrator, whole: true, ok: found,
		form: formWith("own_paste", "api-00000000.duosim.localhost")}),
	"POST /w/:ws/o/:org/connection/own/check": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved,
		form: ownCandidate}),
	"POST /w/:ws/o/:org/connection/own/activate": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved,
		form: ownCandidate}),
	"POST /w/:ws/o/:org/connection/own/discard": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved,
		form: ownCandidate}),
	// keys that work: TestOwnAuthKeys
	"POST /w/:ws/o/:org/connection/auth": one(knownRoute{least: catalog.Administrator,
		ok: http.StatusUnprocessableEntity}),
	"POST /w/:ws/o/:org/connection/auth/fill": one(knownRoute{least: catalog.Administrator, ok: found,
		form: formWith("ownauth_paste", "api-00000000.duosim.localhost")}),
	"POST /w/:ws/o/:org/connection/auth/check": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: authCandidate}),
	"POST /w/:ws/o/:org/connection/auth/activate": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: authCandidate}),
	"POST /w/:ws/o/:org/connection/auth/discard": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: authCandidate}),
	"POST /w/:ws/o/:org/connection/auth/provision": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: func(*fleet, *tenant, bool) url.Values {
			return url.Values{"run_id": {uuid.NewString()}}
		}}),
	"POST /w/:ws/o/:org/connection/directories": one(knownRoute{least: catalog.Administrator, ok: moved,
		form: func(*fleet, *tenant, bool) url.Values {
			return url.Values{"directory_name": {rand.Text()}, "directory_key": {"DS" + rand.Text()[:18]}}
		}}),
	"POST /w/:ws/o/:org/connection/directories/:directory/rename": one(knownRoute{least: catalog.Administrator,
		ok: moved, form: func(_ *fleet, n *tenant, _ bool) url.Values {
			return url.Values{"name." + n.directoryID: {rand.Text()}}
		}}),
	"POST /w/:ws/o/:org/connection/directories/:directory/primary": one(knownRoute{least: catalog.Administrator,
		ok: moved}),
	"POST /w/:ws/o/:org/connection/directories/:directory/remove": one(knownRoute{least: catalog.Administrator,
		ok: moved}),

	"GET /w/:ws/o/:org/archive": one(knownRoute{least: catalog.Owner, whole: true, ok: found}),
	"POST /w/:ws/o/:org/archive": one(knownRoute{least: catalog.Owner, whole: true, ok: http.StatusUnprocessableEntity,
		form: formWith("confirm", "another name")}),
	"POST /w/:ws/o/:org/edit": one(knownRoute{least: catalog.Administrator, ok: moved, form: detailsForm}),

	"POST /w/:ws/export/organizations": one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/import":              one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"POST /w/:ws/o/import": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved,
		form: formWith("text", "name\nImported later")}),
	"GET /w/:ws/o/import/preview": one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"POST /w/:ws/o/import/preview": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved,
		form: importedForm}),
	"GET /w/:ws/o/import/faults":   one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"GET /w/:ws/o/import/template": one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),

	"POST /w/:ws/o/:org/repair": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved,
		form: formWith("repair", "keep")}),
}
