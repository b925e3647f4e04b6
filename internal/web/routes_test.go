package web

import (
	"net/http"
	"net/url"
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
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
