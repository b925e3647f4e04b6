package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
)

// formRows are the rows of the route table to which a session can send a form.
func formRows() (rows []site.Route) {
	for _, r := range routes(&site.Site{}) {
		session := r.Policy.Role > 0 || strings.Contains(r.String(), "signed in")
		if r.Method != http.MethodGet && session && !r.Policy.Token {
			rows = append(rows, r)
		}
	}
	return rows
}

// takesFactor reports whether a row can take a second factor. known is false if the row says
// neither that nor why it takes none.
func takesFactor(r site.Route) (takes, known bool) {
	line := r.String()
	takes = strings.Contains(line, ", recent") || strings.Contains(line, ", act") || strings.Contains(line, ", up to ")
	return takes, takes || strings.Contains(line, ", no factor: ")
}

// TestEveryFormHasATier: what a page can change takes a second factor or says why not.
func TestEveryFormHasATier(t *testing.T) {
	t.Parallel()
	rows := formRows()
	if len(rows) < 80 {
		t.Errorf("only %d rows take forms", len(rows))
	}
	for _, r := range rows {
		if _, known := takesFactor(r); !known {
			t.Errorf("%s: say Proving, Asking or Unproved", r)
		}
	}
}

// reads reports whether an action of the catalog takes no factor with these values.
func reads(slug string, form url.Values) bool {
	a, is := catalog.Lookup(slug)
	if !is {
		return false
	}
	in, _ := a.Parse(func(name string) (string, bool) { return form.Get(name), form.Has(name) })
	return a.TierOf(in) == catalog.Unproved
}

// keysThatWork are forms in the place of those that knownRoutes has, which are refused.
var keysThatWork = map[string]func(*fleet, *tenant) url.Values{
	"/w/:ws/o/:org/connection/own": func(e *fleet, _ *tenant) url.Values {
		account := e.Sim.AddParent("Elsewhere " + rand.Text())
		return url.Values{"own_host": {account.APIHostname}, "own_secret_key": {strings.Repeat("x", 40)},
			"own_integration_key": {account.Application(duosim.AdminAPI).IntegrationKey}}
	},
	"/w/:ws/o/:org/connection/auth": func(e *fleet, n *tenant) url.Values {
		return url.Values{"ownauth_host": {e.asItIsNow(n).APIHostname}, "ownauth_secret_key": {strings.Repeat("x", 40)},
			"ownauth_integration_key": {e.Sim.AddApplication(n.account.AccountID, duosim.AuthAPI).IntegrationKey}}
	},
}

// TestLateSessionsProveFirst sends a form that works to every row that can take a second
// factor, in a session that used its own more than ten minutes ago: each asks for one, and
// nothing changes.
func TestLateSessionsProveFirst(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Owner)
	b.byHand = true
	e.Clock.Move(run.RecentProof)
	asked, quiet := 0, []string{}
	for _, r := range formRows() {
		// The screen of the account asks for keys alone, like the pages that save them.
		if takes, _ := takesFactor(r); !takes || strings.HasSuffix(r.Path, "/onboarding/account") {
			continue
		}
		for _, k := range knownRoutes(r.Method + " " + r.Path) {
			at := e.targets(r.Path, nothingOdd)[0]
			form := url.Values{}
			if k.form != nil {
				form = k.form(e, at.of, true)
			}
			if k.action != "" && reads(k.action, form) {
				continue
			}
			if keys := keysThatWork[r.Path]; keys != nil {
				form = keys(e, at.of)
			}
			before := len(e.Sim.Ledger())
			p := b.request(http.MethodPost, addressOf(r, k, at), form)
			if p.status != http.StatusForbidden || !strings.Contains(p.body, "Confirm that it is you") {
				quiet = append(quiet, r.Method+" "+r.Path+" "+k.action)
				t.Logf("%s %s: %d\n%.300s", r.Path, k.action, p.status, p.text())
			}
			if n := len(e.Sim.Ledger()); n != before {
				t.Errorf("%s %s has changed Duo", r.Path, k.action)
			}
			asked++
		}
	}
	if len(quiet) > 0 {
		t.Errorf("%d of %d ask for nothing: %s", len(quiet), asked, strings.Join(quiet, "\n"))
	}
}
