package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/internal/web/actions"
	"duodesk/internal/web/site"
	"duodesk/static"
	"duodesk/views"
)

var staticFile = static.Path("app.css")

// knownRoute is how tests ask one address, and who should get an answer: written
// down a second time, so that a slip in the route table shows.
type knownRoute struct {
	public, whole bool
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
	if own, fields := strings.HasSuffix(row, "/actions/:action"), strings.HasSuffix(row, "/actions/:action/form"); own || fields {
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
			// Each form is opened and sent at its address. The workspace's actions have no other form, so both addresses take it.
			generated := k.fields || !actions.HasOwnSheet(a)
			switch token := strings.Contains(row, " /api/"); {
			case token:
			case reading && fields && !actions.HasOwnSheet(a), !reading && fields != generated && !(ofWorkspace && !fields):
				continue
			}
			k.action, k.query = a.Slug, func(n *tenant) url.Values {
				return url.Values{"user_id": {n.user}, "phone_id": {n.phone}, "bypass_code_id": {n.code}, "group_id": {n.group}, "token_id": {n.token}, "webauthnkey": {n.credential}}
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
	return url.Values{"q": {"created"}, "from": {"2020-01-01"}, "action": {"create-bypass-code-for-user"}, "outcome": {store.Applied}}
}

func formWith(pairs ...string) func(*fleet, *tenant, bool) url.Values {
	return func(*fleet, *tenant, bool) url.Values {
		f := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return f
	}
}

var plainRoutes = map[string][]knownRoute{
	"GET /healthz":  one(knownRoute{public: true, ok: found}),
	"GET /readyz":   one(knownRoute{public: true, ok: found}),
	"POST /csp":     one(knownRoute{public: true, ok: http.StatusNoContent}),
	"GET /static/*": one(knownRoute{public: true, ok: found}),
	"GET /signin":   one(knownRoute{public: true, ok: found, signedIn: moved}),
	"POST /signin": one(knownRoute{public: true, ok: http.StatusUnprocessableEntity, form: func(*fleet, *tenant, bool) url.Values {
		return url.Values{"email": {rand.Text() + "@msp.example"}, "password": {"wrong"}}
	}}),
	"POST /held":        one(knownRoute{ok: http.StatusGone}),
	"POST /signout":     one(knownRoute{ok: moved}),
	"POST /preferences": one(knownRoute{ok: moved, form: formWith("theme", "dark")}),
	"GET /":             one(knownRoute{ok: moved}),

	"GET /invitation":         one(knownRoute{public: true, ok: found}),
	"POST /invitation":        one(knownRoute{public: true, ok: http.StatusUnprocessableEntity, form: unknownInvitation}),
	"POST /invitation/accept": one(knownRoute{public: true, ok: http.StatusUnprocessableEntity, form: unknownInvitation}),
	"GET /account":            one(knownRoute{ok: found}),
	"POST /account/password":  one(knownRoute{ok: moved, form: formWith("current", storetest.Password, "new", "another "+storetest.Password)}),
	"POST /account/sessions":  one(knownRoute{ok: moved, form: formWith("session", uuid.NewString())}),
	"POST /account/devices":   one(knownRoute{ok: moved, form: formWith("device", uuid.NewString())}),
	"POST /account/signout":   one(knownRoute{ok: moved}),

	"GET /account/api":                      one(knownRoute{ok: found}),
	"GET /account/tokens":                   one(knownRoute{ok: found}),
	"GET /account/tokens/:ws":               one(knownRoute{least: catalog.Auditor, ok: found}),
	"POST /account/tokens/:ws":              one(knownRoute{least: catalog.Auditor, ok: found, form: tokenForm}),
	"POST /account/tokens/:ws/revoke":       one(knownRoute{least: catalog.Auditor, ok: moved, form: formWith("token", uuid.NewString())}),
	"GET /api/v1/openapi.json":              one(knownRoute{public: true, ok: found}),
	"GET /api/v1/w/:ws":                     one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/organizations":       one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/mapping":             one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/runs":                one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/runs/:run":           one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/o/:org/users":        one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/o/:org/phones":       one(knownRoute{token: true, least: catalog.Auditor, ok: found}),
	"GET /api/v1/w/:ws/o/:org/bypass-codes": one(knownRoute{token: true, least: catalog.Auditor, ok: found}),

	"GET /w/:ws/operators":                                 one(knownRoute{least: catalog.Owner, whole: true, ok: found}),
	"GET /w/:ws/operators/invite":                          one(knownRoute{least: catalog.Owner, whole: true, ok: found}),
	"POST /w/:ws/operators/invite":                         one(knownRoute{least: catalog.Owner, whole: true, ok: found, form: memberForm("email", "new@msp.example", "role", "owner")}),
	"POST /w/:ws/operators/invitations/:invitation/revoke": one(knownRoute{least: catalog.Owner, whole: true, ok: moved, form: memberForm()}),
	"GET /w/:ws/operators/:operator":                       one(knownRoute{least: catalog.Owner, whole: true, ok: found}),
	"POST /w/:ws/operators/:operator":                      one(knownRoute{least: catalog.Owner, whole: true, ok: moved, form: memberForm("act", "change", "was", "auditor all", "role", "owner")}),
	"GET /w/:ws/operators/:operator/disable":               one(knownRoute{least: catalog.Owner, whole: true, ok: found}),
	"POST /w/:ws/operators/:operator/disable":              one(knownRoute{least: catalog.Owner, whole: true, ok: moved, form: memberForm()}),
	"GET /w/:ws/operators/:operator/enable":                one(knownRoute{least: catalog.Owner, whole: true, ok: found}),
	"POST /w/:ws/operators/:operator/enable":               one(knownRoute{least: catalog.Owner, whole: true, ok: moved, form: memberForm()}),
	"GET /w/:ws/operators/:operator/end":                   one(knownRoute{least: catalog.Owner, whole: true, ok: found}),
	"POST /w/:ws/operators/:operator/tokens":               one(knownRoute{least: catalog.Owner, whole: true, ok: moved, form: memberForm("token", uuid.NewString())}),
	"POST /w/:ws/operators/:operator/end":                  one(knownRoute{least: catalog.Owner, whole: true, ok: moved, form: memberForm()}),

	"GET /w/:ws/actions":        one(knownRoute{least: catalog.Auditor, ok: found, query: func(*tenant) url.Values { return url.Values{"q": {"user"}} }}),
	"GET /w/:ws/o/:org/actions": one(knownRoute{least: catalog.Auditor, ok: found}),

	"GET /w/:ws":                         one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/runs":                    one(knownRoute{least: catalog.Auditor, ok: found, query: runsQuery}),
	"GET /w/:ws/runs/:run":               one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/runs/:run/events":        one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/runs/:run/events": one(knownRoute{least: catalog.Auditor, ok: found}),
	"POST /w/:ws/runs.csv":               one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/readings":                one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/tickets":                 one(knownRoute{least: catalog.Auditor, ok: found}),
	"POST /w/:ws/tickets":                one(knownRoute{least: catalog.Owner, whole: true, ok: moved, form: formWith()}),
	"POST /w/:ws/readings/limit":         one(knownRoute{least: catalog.Owner, whole: true, ok: moved, form: formWith("limit", "60000")}),
	"GET /w/:ws/o/:org/runs/:run":        one(knownRoute{least: catalog.Auditor, ok: found}),
	"POST /w/:ws/o/:org/runs.csv":        one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/integration":             one(knownRoute{least: catalog.Auditor, ok: found, query: func(*tenant) url.Values { return url.Values{"suggest": {"1"}} }}),
	"POST /w/:ws/integration":            one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: nineFields}),
	"POST /w/:ws/integration/mapping":    one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: mappingForm}),
	"POST /w/:ws/integration/fill": one(knownRoute{least: catalog.Administrator, whole: true, ok: found, form: func(e *fleet, n *tenant, _ bool) url.Values {
		return url.Values{"paste": {"Admin API " + e.fieldsOf(n)["admin_integration_key"]}}
	}}),
	"POST /w/:ws/integration/:api/check":             one(knownRoute{least: catalog.Administrator, whole: true, ok: moved}),
	"POST /w/:ws/integration/:api/activate":          one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: candidates}),
	"POST /w/:ws/integration/:api/discard":           one(knownRoute{least: catalog.Administrator, whole: true, ok: moved}),
	"POST /w/:ws/integration/accounts/refresh":       one(knownRoute{least: catalog.Administrator, whole: true, ok: moved}),
	"GET /w/:ws/integration/accounts/organizations":  one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"POST /w/:ws/integration/accounts/organizations": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved}),

	"GET /w/:ws/onboard":                        one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"POST /w/:ws/onboard":                       one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: onboardForm}),
	"GET /w/:ws/o/:org/onboarding":              one(knownRoute{least: catalog.Auditor, ok: found}),
	"POST /w/:ws/o/:org/onboarding/begin":       one(knownRoute{least: catalog.Administrator, ok: moved}),
	"POST /w/:ws/o/:org/onboarding/preview":     one(knownRoute{least: catalog.Technician, ok: moved, form: planForm(store.PlanDraft)}),
	"POST /w/:ws/o/:org/onboarding/approve":     one(knownRoute{least: catalog.Administrator, ok: moved, form: planForm(store.PlanPreviewed)}),
	"POST /w/:ws/o/:org/onboarding/pause":       one(knownRoute{least: catalog.Administrator, ok: moved, form: planForm(store.PlanApproved)}),
	"POST /w/:ws/o/:org/onboarding/continue":    one(knownRoute{least: catalog.Administrator, ok: moved, form: planForm(store.PlanPaused)}),
	"POST /w/:ws/o/:org/onboarding/cancel":      one(knownRoute{least: catalog.Administrator, ok: moved, form: planForm(store.PlanPreviewed)}),
	"POST /w/:ws/o/:org/onboarding/finish":      one(knownRoute{least: catalog.Administrator, ok: moved, form: planForm(store.PlanPaused)}),
	"GET /w/:ws/o/:org/onboarding/facts":        one(knownRoute{least: catalog.Administrator, ok: found}),
	"POST /w/:ws/o/:org/onboarding/facts":       one(knownRoute{least: catalog.Administrator, ok: moved, form: factsForm}),
	"GET /w/:ws/o/:org/onboarding/account":      one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"POST /w/:ws/o/:org/onboarding/account":     one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: planForm(store.PlanDraft, "how", "connected")}),
	"GET /w/:ws/o/:org/onboarding/settings":     one(knownRoute{least: catalog.Administrator, ok: found}),
	"POST /w/:ws/o/:org/onboarding/settings":    one(knownRoute{least: catalog.Administrator, ok: moved, form: planForm(store.PlanDraft, "lockout_threshold", "7")}),
	"GET /w/:ws/o/:org/onboarding/directories":  one(knownRoute{least: catalog.Administrator, ok: found}),
	"POST /w/:ws/o/:org/onboarding/directories": one(knownRoute{least: catalog.Administrator, ok: moved, form: planForm(store.PlanDraft)}),
	"GET /w/:ws/o/:org/onboarding/auth":         one(knownRoute{least: catalog.Administrator, ok: found}),
	"POST /w/:ws/o/:org/onboarding/auth":        one(knownRoute{least: catalog.Administrator, ok: moved, form: planForm(store.PlanDraft)}),
	"GET /w/:ws/o/:org/onboarding/users":        one(knownRoute{least: catalog.Technician, ok: found}),
	"POST /w/:ws/o/:org/onboarding/users":       one(knownRoute{least: catalog.Technician, ok: moved, form: planForm(store.PlanDraft, "users", "zoe, Zoe Z")}),

	"GET /w/:ws/auth": one(knownRoute{least: catalog.Auditor, ok: found, query: func(*tenant) url.Values { return url.Values{"q": {"canary"}, "show": {"works"}} }}),
	"POST /w/:ws/auth/check": one(knownRoute{least: catalog.Administrator, ok: moved, form: func(e *fleet, n *tenant, _ bool) url.Values {
		return url.Values{"run_id": {uuid.NewString()}, "organizations": {n.org.ID.String()}}
	}}),

	"GET /w/:ws/o": one(knownRoute{least: catalog.Auditor, ok: found}),
	"POST /w/:ws/o": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: func(*fleet, *tenant, bool) url.Values {
		return url.Values{"id": {uuid.NewString()}, "name": {"One more"}}
	}}),
	"GET /w/:ws/o/new":                        one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"GET /w/:ws/o/:org":                       one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/runs":                  one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/users":                 one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/users/:user":           one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/users/:user/call-back": one(knownRoute{least: catalog.Helpdesk, ok: found}),
	"POST /w/:ws/o/:org/users/:user/call-back": one(knownRoute{least: catalog.Helpdesk, ok: moved, form: func(_ *fleet, n *tenant, _ bool) url.Values {
		return url.Values{"run_id": {uuid.NewString()}, "phone_id": {n.phone}, "result": {run.Confirmed}}
	}}),
	"GET /w/:ws/o/:org/users/:user/revoke-codes": one(knownRoute{least: catalog.Technician, ok: found}),
	"POST /w/:ws/o/:org/users/:user/revoke-codes": one(knownRoute{least: catalog.Technician, ok: found, form: func(e *fleet, n *tenant, _ bool) url.Values {
		return url.Values{"run_id": {uuid.NewString()}, "codes": {e.Sim.AddBypassCode(n.account.AccountID, n.user, duosim.BypassSpec{Uses: 1})}}
	}}),
	"GET /w/:ws/o/:org/phones/:phone/activation":        one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/phones/:phone/activation/events": one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/phones/:phone":                   one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/phones":                          one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/bypass-codes":                    one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/:org/settings":                        one(knownRoute{least: catalog.Auditor, ok: found}),

	"GET /w/:ws/o/:org/edit":       one(knownRoute{least: catalog.Administrator, ok: found}),
	"GET /w/:ws/o/:org/connection": one(knownRoute{least: catalog.Administrator, ok: found}),
	"POST /w/:ws/o/:org/connection": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: func(_ *fleet, n *tenant, _ bool) url.Values {
		return url.Values{"kind": {"child"}, "account": {n.account.AccountID}}
	}}),
	"POST /w/:ws/o/:org/connection/own":           one(knownRoute{least: catalog.Administrator, whole: true, ok: http.StatusUnprocessableEntity}), // keys that work: TestOwnKeys
	"POST /w/:ws/o/:org/connection/own/fill":      one(knownRoute{least: catalog.Administrator, whole: true, ok: found, form: formWith("own_paste", "api-00000000.duosim.localhost")}),
	"POST /w/:ws/o/:org/connection/own/check":     one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: ownCandidate}),
	"POST /w/:ws/o/:org/connection/own/activate":  one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: ownCandidate}),
	"POST /w/:ws/o/:org/connection/own/discard":   one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: ownCandidate}),
	"POST /w/:ws/o/:org/connection/auth":          one(knownRoute{least: catalog.Administrator, ok: http.StatusUnprocessableEntity}), // keys that work: TestOwnAuthKeys
	"POST /w/:ws/o/:org/connection/auth/fill":     one(knownRoute{least: catalog.Administrator, ok: found, form: formWith("ownauth_paste", "api-00000000.duosim.localhost")}),
	"POST /w/:ws/o/:org/connection/auth/check":    one(knownRoute{least: catalog.Administrator, ok: moved, form: authCandidate}),
	"POST /w/:ws/o/:org/connection/auth/activate": one(knownRoute{least: catalog.Administrator, ok: moved, form: authCandidate}),
	"POST /w/:ws/o/:org/connection/auth/discard":  one(knownRoute{least: catalog.Administrator, ok: moved, form: authCandidate}),
	"POST /w/:ws/o/:org/connection/auth/provision": one(knownRoute{least: catalog.Administrator, ok: moved, form: func(*fleet, *tenant, bool) url.Values {
		return url.Values{"run_id": {uuid.NewString()}}
	}}),
	"POST /w/:ws/o/:org/connection/directories": one(knownRoute{least: catalog.Administrator, ok: moved, form: func(*fleet, *tenant, bool) url.Values {
		return url.Values{"directory_name": {rand.Text()}, "directory_key": {"DS" + rand.Text()[:18]}}
	}}),
	"POST /w/:ws/o/:org/connection/directories/:directory/rename": one(knownRoute{least: catalog.Administrator, ok: moved, form: func(_ *fleet, n *tenant, _ bool) url.Values {
		return url.Values{"name." + n.directoryID: {rand.Text()}}
	}}),
	"POST /w/:ws/o/:org/connection/directories/:directory/primary": one(knownRoute{least: catalog.Administrator, ok: moved}),
	"POST /w/:ws/o/:org/connection/directories/:directory/remove":  one(knownRoute{least: catalog.Administrator, ok: moved}),

	"GET /w/:ws/o/:org/archive":  one(knownRoute{least: catalog.Owner, whole: true, ok: found}),
	"POST /w/:ws/o/:org/archive": one(knownRoute{least: catalog.Owner, whole: true, ok: http.StatusUnprocessableEntity, form: formWith("confirm", "another name")}),
	"POST /w/:ws/o/:org/edit":    one(knownRoute{least: catalog.Administrator, ok: moved, form: detailsForm}),

	"POST /w/:ws/export/organizations": one(knownRoute{least: catalog.Auditor, ok: found}),
	"GET /w/:ws/o/import":              one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"POST /w/:ws/o/import":             one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: formWith("text", "name\nImported later")}),
	"GET /w/:ws/o/import/preview":      one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"POST /w/:ws/o/import/preview":     one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: importedForm}),
	"GET /w/:ws/o/import/faults":       one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),
	"GET /w/:ws/o/import/template":     one(knownRoute{least: catalog.Administrator, whole: true, ok: found}),

	"POST /w/:ws/o/:org/repair": one(knownRoute{least: catalog.Administrator, whole: true, ok: moved, form: formWith("repair", "keep")}),
}

// memberForm makes a form of owners; the members and invitations that addresses
// name are as at first when it is fresh.
func memberForm(pairs ...string) func(*fleet, *tenant, bool) url.Values {
	return func(e *fleet, n *tenant, fresh bool) url.Values {
		if fresh {
			e.staff(n.workspace)
		}
		f := formWith(pairs...)(e, n, fresh)
		f.Set("run_id", uuid.NewString())
		return f
	}
}

// tokenForm asks for an access token for the least that anybody has.
func tokenForm(*fleet, *tenant, bool) url.Values {
	return url.Values{"run_id": {uuid.NewString()}, "name": {"program " + rand.Text()}, "days": {"7"}, "role": {"auditor"}, "reach": {"all"}, "password": {storetest.Password}}
}

// unknownInvitation names an invitation that nobody else tries: attempts at one
// are slowed down, whoever makes them.
func unknownInvitation(*fleet, *tenant, bool) url.Values {
	return url.Values{"token": {rand.Text()}, "password": {storetest.Password}}
}

func nineFields(e *fleet, n *tenant, _ bool) url.Values {
	f := url.Values{}
	for name, value := range e.fieldsOf(n) {
		f.Set(name, value)
	}
	return f
}

func mappingForm(_ *fleet, n *tenant, _ bool) url.Values {
	id := n.org.ID.String()
	return url.Values{"row": {id}, "account." + id: {n.account.AccountID}, "directory_key." + id: {n.directory}}
}

// asItIsNow reads a tenant's organization anew: what was asked before may have
// changed it.
func (e *fleet) asItIsNow(n *tenant) (now store.Organization) {
	err := e.InWorkspace(context.Background(), store.WholeWorkspace(n.workspace.ID), func(tx *store.Tx) error {
		found, err := tx.OrganizationsByID(context.Background(), []uuid.UUID{n.org.ID})
		if err == nil {
			now = found[0]
		}
		return err
	})
	if err != nil {
		panic(err)
	}
	return now
}

// detailsForm changes an organization's tags; the revision is read anew, since
// visitors before may have changed it.
func detailsForm(e *fleet, n *tenant, fresh bool) url.Values {
	revision := n.org.Revision
	if fresh {
		revision = e.asItIsNow(n).Revision
	}
	return url.Values{"revision": {strconv.Itoa(revision)}, "name": {n.org.Name}, "tags": {rand.Text()}, "colour": {"3"}}
}

// ownCandidate leaves keys of the organization's own behind that Duo does not
// accept.
func ownCandidate(e *fleet, n *tenant, fresh bool) url.Values {
	if fresh {
		a := e.Sim.AddParent("Elsewhere " + rand.Text())
		actor := e.Actor(catalog.Owner)
		if n == &e.foreign {
			actor = e.ActorOf(e.otherOwner, catalog.Owner)
		}
		typed := map[string]string{"own_host": a.APIHostname, "own_integration_key": a.Application(duosim.AdminAPI).IntegrationKey, "own_secret_key": strings.Repeat("x", 40)}
		if refused, _, err := e.Setup().SaveKeys(context.Background(), store.WholeWorkspace(n.workspace.ID), actor, setup.OfOrganization(e.asItIsNow(n), store.AdminAPI), typed); err != nil || refused != nil {
			panic(err)
		}
	}
	return url.Values{}
}

// authCandidate leaves Auth API keys of the organization's own behind that Duo
// does not accept.
func authCandidate(e *fleet, n *tenant, fresh bool) url.Values {
	if fresh {
		actor := e.Actor(catalog.Owner)
		if n == &e.foreign {
			actor = e.ActorOf(e.otherOwner, catalog.Owner)
		}
		typed := map[string]string{"ownauth_host": e.asItIsNow(n).APIHostname, "ownauth_integration_key": e.Sim.AddApplication(n.account.AccountID, duosim.AuthAPI).IntegrationKey, "ownauth_secret_key": strings.Repeat("x", 40)}
		if refused, _, err := e.Setup().SaveKeys(context.Background(), store.WholeWorkspace(n.workspace.ID), actor, setup.OfOrganization(e.asItIsNow(n), store.AuthAPI), typed); err != nil || refused != nil {
			panic(fmt.Sprint(err, refused))
		}
	}
	return url.Values{}
}

// candidates leaves a candidate of each API behind that Duo does not accept.
func candidates(e *fleet, n *tenant, fresh bool) url.Values {
	typed := e.fieldsOf(n)
	for name := range typed {
		if setup.SecretField(name) {
			typed[name] = strings.Repeat("x", 40)
		}
	}
	if fresh {
		actor := e.Actor(catalog.Owner)
		if n == &e.foreign {
			actor = e.ActorOf(e.otherOwner, catalog.Owner)
		}
		if refused, _, err := e.Setup().SaveKeys(context.Background(), store.WholeWorkspace(n.workspace.ID), actor, setup.Nine(), typed); err != nil || refused != nil {
			panic(err)
		}
	}
	return url.Values{}
}

// TestPathsLeadSomewhere checks the addresses that pages are built with against
// the route table.
func TestPathsLeadSomewhere(t *testing.T) {
	t.Parallel()
	const w, o, u, p = ":ws", ":org", ":user", ":phone"
	paths := map[string][]string{
		"GET": {
			views.SignIn(), views.SignInAndReturn("/w/x"), views.Workspaces(), views.Workspace(w), views.Integration(w), views.Mapping(w, "show", "unmapped"),
			views.AdoptAccounts(w), views.Organizations(w), views.NewOrganization(w), views.Organization(w, o),
			views.Users(w, o), views.User(w, o, u), views.Phones(w, o), views.Phone(w, o, p),
			views.Readings(w), views.Settings(w, o), views.BypassCodes(w, o), views.Runs(w), views.OrganizationRuns(w, o), views.With(views.RunsOf(w, o), "outcome", "unknown"),
			views.Run(w, "", ":run"), views.Run(w, o, ":run"), views.RunEvents(w, "", ":run"), views.RunEvents(w, o, ":run"),
			views.AuthKeys(w),
			views.EditOrganization(w, o), views.ArchiveOrganization(w, o), views.Connection(w, o),
			views.Actions(w, ""), views.Actions(w, o), views.Action(w, "", ":action"), views.Action(w, o, ":action", "user_id", u), views.ActionFields(w, "", ":action"), views.ActionFields(w, o, ":action"), views.InvitationLink("token"), views.Account(), views.AccountAfter("session"),
			views.Activation(w, o, p, "r"), views.ActivationEvents(w, o, p, "r"), views.CallBack(w, o, u), views.RevokeCodes(w, o, u), views.Tickets(w),
			views.Operators(w), views.OperatorsAfter(w, "r"), views.Invite(w), views.Member(w, ":operator"),
			views.MemberAct(w, ":operator", "disable"), views.MemberAct(w, ":operator", "enable"), views.MemberAct(w, ":operator", "end"),
			views.ImportOrganizations(w), views.ImportPreview(w), views.ImportFaults(w), views.ImportTemplate(w),
			views.Tokens(), views.TokensAfter("revoked"), views.NewToken(w), views.APIDocs(), views.OpenAPI(),
		},
		"POST": {
			views.Invitation(), views.AcceptInvitation(), views.Password(), views.Sessions(), views.Devices(), views.SignOutEverywhere(),
			views.NewToken(w), views.RevokeToken(w), views.MemberTokens(w, ":operator"),
			views.Invite(w), views.RevokeInvitation(w, ":invitation"), views.Member(w, ":operator"),
			views.MemberAct(w, ":operator", "disable"), views.MemberAct(w, ":operator", "enable"), views.MemberAct(w, ":operator", "end"),
			views.SignIn(), views.HeldForm(), views.SignOut(), views.Preferences(), views.Integration(w),
			views.KeysAct(views.Integration(w), "fill"), views.KeysAct(views.Keys(w, ":api"), "check"),
			views.KeysAct(views.Keys(w, ":api"), "activate"), views.KeysAct(views.Keys(w, ":api"), "discard"),
			views.ExportRuns(w, ""), views.ExportRuns(w, o), views.ReadingLimit(w), views.Tickets(w), views.CallBack(w, o, u), views.RevokeCodes(w, o, u),
			views.SaveMapping(w), views.RefreshAccounts(w), views.AdoptAccounts(w), views.Organizations(w), views.Action(w, o, ":action"), views.Action(w, "", ":action"), views.ActionFields(w, o, ":action"), views.ActionFields(w, "", ":action"),
			views.RepairOrganization(w, o), views.ExportOrganizations(w), views.ImportOrganizations(w), views.ImportPreview(w),
			views.EditOrganization(w, o), views.ArchiveOrganization(w, o), views.Connection(w, o),
			views.OwnKeys(w, o), views.KeysAct(views.OwnKeys(w, o), "fill"), views.KeysAct(views.OwnKeys(w, o), "check"),
			views.KeysAct(views.OwnKeys(w, o), "activate"), views.KeysAct(views.OwnKeys(w, o), "discard"),
			views.OwnAuthKeys(w, o), views.KeysAct(views.OwnAuthKeys(w, o), "fill"), views.KeysAct(views.OwnAuthKeys(w, o), "check"),
			views.KeysAct(views.OwnAuthKeys(w, o), "activate"), views.KeysAct(views.OwnAuthKeys(w, o), "discard"),
			views.KeysAct(views.OwnAuthKeys(w, o), "provision"),
			views.CheckAuthKeys(w), views.Directories(w, o), views.RenameDirectory(w, o, ":directory"),
			views.MakeDirectoryPrimary(w, o, ":directory"), views.RemoveDirectory(w, o, ":directory"),
		},
	}
	for _, act := range []string{"approve", "pause", "continue", "cancel"} {
		paths["POST"] = append(paths["POST"], views.PlanAct(w, o, ":plan", act), views.PlanAct(w, "", ":workplan", act))
	}
	paths["GET"] = append(paths["GET"], views.Plan(w, o, ":plan"), views.Plan(w, "", ":workplan"), views.PlanEvents(w, o, ":plan"), views.PlanEvents(w, "", ":workplan"), views.OnboardingEvents(w, o), views.Onboard(w, "x"), views.Onboarding(w, o), views.OnboardingAccount(w, o, "x"))
	paths["POST"] = append(paths["POST"], views.Onboard(w, ""))
	for _, act := range []string{"begin", "preview", "approve", "pause", "continue", "cancel", "finish"} {
		paths["POST"] = append(paths["POST"], views.OnboardingAct(w, o, act))
	}
	for _, screen := range []string{"facts", "account", "settings", "directories", "auth", "users"} {
		paths["GET"] = append(paths["GET"], views.OnboardingScreen(w, o, screen))
		paths["POST"] = append(paths["POST"], views.OnboardingScreen(w, o, screen))
	}
	var rows, reached []string
	for _, r := range routes(&site.Site{}) {
		if r.Policy.Token {
			continue
		}
		rows = append(rows, r.Method+" "+r.Path)
	}
	for method, all := range paths {
		for _, path := range all {
			path, _, _ = strings.Cut(path, "#")
			path, _, _ = strings.Cut(path, "?")
			reached = append(reached, method+" "+path)
			if !slices.Contains(rows, method+" "+path) {
				t.Errorf("%s %s is not in the route table", method, path)
			}
		}
	}
	for _, row := range rows {
		switch row {
		case "GET /healthz", "GET /readyz", "POST /csp", "GET /static/*": // not for people
		default:
			if !slices.Contains(reached, row) {
				t.Errorf("no page can lead to %s", row)
			}
		}
	}
}
