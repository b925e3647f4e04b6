package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/actions"
)

// TestForeignObjects names things of other organizations inside of forms and
// queries that are the visitor's own.
func TestForeignObjects(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Owner)
	nothing := tenant{directory: "DSNOWHERE00000000000", user: "DUNOWHERE00000000000", phone: "DPNOWHERE00000000000",
		code: "DBNOWHERE00000000000", group: "DGNOWHERE00000000000", token: "DHNOWHERE00000000000",
		credential: "WANOWHERE00000000000"}
	for _, a := range catalog.All() {
		if a.OfWorkspace() || !slices.ContainsFunc(a.Fields,
			func(f catalog.Field) bool { return f.Spec().Kind == "id" && f.Spec().Required }) {
			continue // names nothing that exists
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if method == http.MethodGet && (a.Slug == "synchronize-users" || !actions.HasOwnSheet(a)) {
				continue // offers what is the organization's own, whatever the address names
			}
			ask := func(n tenant) string {
				ids := url.Values{"user_id": {n.user}, "phone_id": {n.phone}, "bypass_code_id": {n.code},
					"group_id": {n.group}, "token_id": {n.token}, "webauthnkey": {n.credential},
					"directory_key": {n.directory}, "username": {"somebody"}}
				address, form := e.orgOf(e.near.org)+"/actions/"+a.Slug, url.Values(nil)
				if method == http.MethodGet {
					address += "?" + ids.Encode()
				} else {
					form = ids
					form.Set("run_id", uuid.NewString())
					form.Set("reviewed", "1")
					form.Set("agreed", "1")
					form.Set("status", "active")
				}
				p := b.request(method, address, form)
				if p.status < 400 {
					t.Errorf("%s %s about another's things: %d", method, a.Slug, p.status)
				}
				return strings.NewReplacer(n.user, "", n.phone, "", n.code, "", n.group, "", n.token, "", n.credential,
					"", n.directory, "").Replace(withoutEcho(p))
			}
			none := ask(nothing)
			if got := ask(e.far); got != none {
				t.Errorf("%s %s: things of another organization are told from nothing%s", method, a.Slug,
					difference(none, got))
			}
			if got := ask(e.foreign); got != none {
				t.Errorf("%s %s: things of another workspace are told from nothing%s", method, a.Slug,
					difference(none, got))
			}
		}
	}
	if done := e.Sim.Ledger(); len(done) != 3 { // the codes that the estate was made with
		t.Errorf("Duo has changed: %+v", done)
	}
}

func TestForeignMapping(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Owner)
	before := e.rows(t, e.foreign.workspace)
	save := func(org, account string) *page {
		return b.request(http.MethodPost, e.ws("/integration/mapping"),
			url.Values{"row": {"all"}, "account." + org: {account}})
	}
	for _, id := range []string{e.foreign.org.ID.String(), uuid.NewString()} {
		save(id, "").want(http.StatusNotFound)
	}
	words := "The Accounts API does not list this account. Choose an account from the list, or refresh it."
	for _, account := range []string{e.foreign.account.AccountID, e.otherParent.AccountID, "DANOWHERE00000000000"} {
		save(e.near.org.ID.String(), account).want(http.StatusUnprocessableEntity, words).wantNot("CANARY-foreign")
	}
	if e.rows(t, e.foreign.workspace) != before {
		t.Error("the other workspace has changed")
	}
}

// TestForeignRun opens pages with the number of a run of somebody else.
func TestForeignRun(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	conn := e.Superuser(t)
	b := e.as(t, e.Member(t, e.Workspace, catalog.Technician, e.near.org.ID))
	for _, n := range []tenant{e.near, e.far, e.foreign} {
		ids, err := queryAll[string](t, conn,
			`select id::text from run where organization_id = $1 and action = 'create-bypass-code-for-user'`, n.org.ID)
		if err != nil || len(ids) != 1 {
			t.Fatal(ids, err)
		}
		p := b.get(e.orgOf(e.near.org) + "/users?run=" + ids[0]).want(http.StatusOK)
		if shown := strings.Contains(p.text(), "Created 1 bypass code"); shown != (n.canary == e.near.canary) {
			t.Errorf("the run of %s is shown: %t", n.canary, shown)
		}
		// The number of somebody else's run is no way to use it, either.
		f := url.Values{"run_id": {ids[0]}, "username": {"new"}}
		b.request(http.MethodPost, e.orgOf(e.near.org)+"/actions/create-user", f)
	}
	if runs, err := queryAll[string](t, conn, `select action from run where workspace_id in ($1, $2)`, e.Workspace.ID,
		e.foreign.workspace.ID); err != nil || strings.Contains(strings.Join(runs, " "),
		"create-user create-user create-user") {
		t.Error(runs, err)
	}
}

// TestSuggestionsStayInScope: a name that fits an account of an organization
// that the visitor does not see must not bring that account up.
func TestSuggestionsStayInScope(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	twin := e.Organizations(t, e.Workspace, "CANARY-far account Ltd", "Nobody's yet Inc")
	scoped := e.as(t, e.Member(t, e.Workspace, catalog.Administrator, twin[0].ID, twin[1].ID))
	p := scoped.get(e.ws("/integration?suggest=1")).want(http.StatusOK, twin[0].Name, twin[1].Name)
	for _, a := range []string{e.far.account.AccountID, e.far.account.APIHostname, "Duo account has",
		"Duo accounts have"} {
		p.wantNot(a)
	}
	e.as(t, e.Owner).get(e.ws("/integration?suggest=1")).want(http.StatusOK, "Suggested, not saved yet",
		"Nobody's yet Inc")
}
