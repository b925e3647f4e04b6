package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// unbound are the forms of an organization's pages that are about nothing in its
// Duo account, or name the account that they are about.
var unbound = []string{"/edit", "/runs.csv", "/repair"}

// look counts a page's forms that act on a connection, by their address, and fails
// for one that does not name the connection of now.
func (w *formWalk) look(p *page) {
	w.t.Helper()
	for _, sent := range sentForms(p.doc) {
		action := sent.address
		m := bindsTo.FindStringSubmatch(action)
		if m == nil {
			// A draft acts on nothing; each step of a plan names its connection, to which the approval is bound.
			drafted := strings.Contains(action, "/onboarding/") || strings.Contains(action, "/plans/")
			if strings.HasPrefix(action, w.e.orgOf(w.e.near.org)) && !drafted &&
				!slices.ContainsFunc(unbound, func(end string) bool { return strings.HasSuffix(action, end) }) {
				w.t.Errorf("%s has a form to %s, of which this test does not know whether it acts on the account",
					p.address, action)
			}
			continue
		}
		f := formOfPage{page: p, values: url.Values{}}
		for _, c := range sent.controls {
			f.take(c)
		}
		bare := fieldsWhose(f.values, func(name string) bool { return !strings.HasPrefix(name, "connection") })
		for name, want := range w.e.bind(w.t, action, bare) {
			if strings.HasPrefix(name, "connection") && f.values.Get(name) != want[0] {
				w.t.Errorf("%s: the form to %s says that %s is %q, want %q", p.address, action, name,
					f.values.Get(name), want[0])
			}
		}
		w.seen[action]++
	}
}

func fieldsWhose(values url.Values, keep func(string) bool) url.Values {
	kept := url.Values{}
	for name, value := range values {
		if keep(name) {
			kept[name] = value
		}
	}
	return kept
}

type formWalk struct {
	t    *testing.T
	e    *fleet
	seen map[string]int
}

// TestEveryFormNamesItsConnection opens every page, and the pages that forms lead
// to before anything is done.
func TestEveryFormNamesItsConnection(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Owner)
	w := &formWalk{t, e, map[string]int{}}
	// Forms of an organization with keys of its own that wait, too.
	ownCandidate(e, &e.near, true)
	authCandidate(e, &e.near, true)
	at := targetOf(&e.near)
	for _, r := range routes(e.server) {
		if r.Method != http.MethodGet || r.Policy.Token || strings.HasSuffix(r.Path, "/events") {
			continue
		}
		for _, k := range knownRoutes("GET " + r.Path) {
			address := addressOf(r, k, at)
			w.look(b.get(address)) // a generated form, or a chooser
			if k.query == nil {
				continue
			}
			w.look(b.get(address + "?" + k.query(&e.near).Encode()))
			for _, one := range []string{"user_id", "phone_id", "bypass_code_id", "group_id", "token_id",
				"webauthnkey"} {
				w.look(b.get(address + "?" + one + "=" + k.query(&e.near).Get(one)))
			}
		}
	}
	// Questions, reviews, faults and results, with the forms on them.
	for slug, k := range actionRoutes {
		action, _ := catalog.Lookup(slug)
		address := actionAddress(e.orgOf(e.near.org), slug)
		if action.OfWorkspace() {
			address = actionAddress(e.ws(""), slug)
		}
		for _, without := range [][]string{{"agreed", "reviewed", "preserve_existing"},
			{"agreed", "username", "name", "number", "credits"}, {}} {
			f := k.form(e, &e.near, true)
			for _, name := range without {
				f.Del(name)
			}
			w.look(b.request(http.MethodPost, address, f))
		}
	}
	org := e.orgOf(e.near.org)
	w.look(b.request(http.MethodPost, org+"/actions/synchronize-users",
		url.Values{"run_id": {uuid.NewString()}, "usernames": {"a\nb"}, "directory_key": {"wrong"}}))
	for _, a := range catalog.All() {
		address := actionAddress(org, a.Slug)
		if a.OfWorkspace() {
			address = actionAddress(e.ws(""), a.Slug)
		}
		if w.seen[address] == 0 && w.seen[strings.TrimSuffix(address, "/form")+"/form"] == 0 {
			t.Errorf("no form for %s was seen", a.Slug)
		}
	}
	for _, end := range []string{"", "/own", "/auth", "/own/discard", "/auth/provision", "/directories",
		"/directories/" + e.near.directoryID + "/rename", "/directories/" + e.near.directoryID + "/remove"} {
		if w.seen[org+"/connection"+end] == 0 {
			t.Errorf("no form for %s was seen", org+"/connection"+end)
		}
	}
}

// TestNoFormActsOnAnotherConnection sends every form that acts on an account, as
// it was opened before the organization was connected with another one, and after
// it was connected with the first again; and without the connection it was opened
// for. Duo is not asked anything.
func TestNoFormActsOnAnotherConnection(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Owner)
	org := e.orgOf(e.near.org)
	type sent struct {
		address string
		form    url.Values
	}
	var forms []sent
	add := func(address string, form url.Values) {
		if form == nil {
			form = url.Values{}
		}
		forms = append(forms, sent{address, e.bind(t, address, form)})
	}
	for slug, k := range actionRoutes {
		action, _ := catalog.Lookup(slug)
		if action.OfWorkspace() {
			add(actionAddress(e.ws(""), slug), k.form(e, &e.near, true))
			continue
		}
		add(actionAddress(org, slug), k.form(e, &e.near, true))
	}
	add(org+"/actions/synchronize-users", url.Values{"run_id": {uuid.NewString()}, "usernames": {"a\nb"},
		"directory_key": {e.near.directory}})
	at := targetOf(&e.near)
	for _, r := range routes(e.server) {
		if r.Method == http.MethodPost && (strings.Contains(r.Path, "/:org/connection") ||
			strings.Contains(r.Path, "/:org/users/")) {
			k := knownRoutes("POST " + r.Path)[0]
			var form url.Values
			if k.form != nil {
				form = k.form(e, &e.near, true)
			}
			add(addressOf(r, k, at), form)
		}
	}
	if len(forms) < len(catalog.All())+16 {
		t.Fatalf("only %d forms", len(forms))
	}
	calls := func() (n int) {
		for _, a := range e.Sim.Accounts() {
			n += e.Sim.Calls(a.AccountID)
		}
		return n
	}
	owner := e.Actor(catalog.Owner)
	connect := func(account duosim.Account) {
		t.Helper()
		if bad, err := e.Setup().Connect(t.Context(), e.Scope(), owner, e.asItIsNow(&e.near), store.Child,
			account.AccountID); err != nil || len(bad) > 0 {
			t.Fatal(bad, err)
		}
	}
	another := e.Sim.AddChild(e.Parent.AccountID, "Another account")
	for name, then := range map[string]func(){"connected with another account": func() { connect(another) },
		"and with the first again": func() { connect(another); connect(e.near.account) }} {
		then()
		if refused, _, err := e.Setup().SaveKeys(t.Context(), e.Scope(), owner, setup.Nine(),
			e.fieldsOf(&e.near)); err != nil || refused != nil {
			t.Fatal(refused, err)
		}
		asked, rows := calls(), e.rows(t, e.Workspace)
		for _, f := range forms {
			if f.form.Get("kind") != "" && strings.HasSuffix(f.address, "/connection") {
				f.form.Set("kind", store.Parent) // what it is already may be asked for
			}
			p := b.send(http.MethodPost, f.address, f.form).want(http.StatusConflict)
			if !strings.Contains(p.text(), "Nothing was") || len(headerFaults(p.header, false)) > 0 {
				t.Errorf("%s: %s", f.address, p.text())
			}
			if faults := markupFaults(p.body); len(faults) > 0 {
				t.Errorf("%s: %v", f.address, faults)
			}
			bare := fieldsWhose(f.form, func(name string) bool { return name != "connection" })
			b.send(http.MethodPost, f.address, bare).want(http.StatusBadRequest)
		}
		if calls() != asked {
			t.Errorf("%s: Duo was asked %d times", name, calls()-asked)
		}
		if e.rows(t, e.Workspace) != rows {
			t.Errorf("%s: the database has changed", name)
		}
	}
}

// TestWhatWasTypedForAnotherConnection: the page says what it was and what it is,
// keeps what was typed, and opens the form with it once more.
func TestWhatWasTypedForAnotherConnection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	beta := s.Sim.AddChild(s.Parent.AccountID, "Beta & Sons")
	sheet := b.get(s.org("/actions/create-user")).form("Create user").set("username", "amara").set("notes",
		"Starts on Monday.\nDesk 4.")
	if bad, err := s.Setup().Connect(t.Context(), s.Scope(), s.Actor(catalog.Owner), s.Client, store.Child,
		beta.AccountID); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	p := sheet.send().want(http.StatusConflict, "Nothing was done in Duo.", "the child account Acme Dental, Inc. ("+
		s.Account.AccountID+") on "+s.Account.APIHostname, "the child account Beta & Sons ("+beta.AccountID+")",
		"amara", "Starts on Monday.").fine()
	again := p.form("Open the form again").send().want(http.StatusOK).form("Create user")
	if again.values.Get("username") != "amara" || again.values.Get("notes") != "Starts on Monday.\r\nDesk 4." ||
		len(s.Sim.Ledger()) != 0 {
		t.Errorf("opened again with %v", again.values)
	}
	again.send().want(http.StatusOK, "amara")
	if done := s.Sim.Ledger(); len(done) != 1 || done[0].AccountID != beta.AccountID {
		t.Errorf("%+v", done)
	}
	// The first form was never sent; the second was, and says so, wherever the
	// organization leads by now.
	now := s.Client
	access, err := s.Access(t.Context(), s.Owner.ID, s.Workspace.Slug, now.Slug)
	if err != nil {
		t.Fatal(err)
	}
	if bad, err := s.Setup().Connect(t.Context(), s.Scope(), s.Actor(catalog.Owner), access.Organization, store.Child,
		s.Account.AccountID); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	again.send().want(http.StatusOK, "Already sent")
	sheet.send().want(http.StatusConflict, "Nothing was done in Duo.", "after a change in between")
	// A passcode is not carried along.
	f := url.Values{"run_id": {uuid.NewString()}, "username": {"amara"}, "factor": {"passcode"},
		"passcode": {"918273645"}, "connection": {"old"}, "was.connection": {"the child account Gone (DAGONE)"}}
	b.send(http.MethodPost, s.org("/actions/send-duo-authentication/form"), f).want(http.StatusConflict, "amara",
		"DAGONE").wantNot("918273645")
}

// TestProgramsNameTheAccount: a body may say which account it means, or which
// connection.
func TestProgramsNameTheAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	b := s.stranger(t)
	listed := func() string {
		t.Helper()
		found := answer[apiPart[apiOrganization]](b.call(token, http.MethodGet, s.api("/organizations"), nil))
		mapped := answer[apiPart[apiMapping]](b.call(token, http.MethodGet, s.api("/mapping"), nil))
		if len(found.Items) != 1 || found.Items[0].Connected == "" ||
			found.Items[0].Connected != mapped.Items[0].Connected {
			t.Fatalf("%+v %+v", found, mapped)
		}
		return found.Items[0].Connected
	}
	create := func(username string, pairs ...string) *page {
		body := map[string]any{"run_id": uuid.NewSHA1(uuid.Nil, []byte(username)).String(),
			"fields": map[string]any{"username": username}}
		for i := 0; i < len(pairs); i += 2 {
			body[pairs[i]] = pairs[i+1]
		}
		return b.call(token, http.MethodPost, s.apiOrg("/actions/create-user"), body)
	}
	first := listed()
	wantOutcome(create("a", "account_id", s.Account.AccountID), store.Applied, false)
	wantOutcome(create("b", "connection_id", first), store.Applied, false)
	wantOutcome(create("c"), store.Applied, false)
	create("d", "account_id", s.Parent.AccountID).wantProblem(http.StatusConflict, "connection_changed")
	create("d", "connection_id", "x").wantProblem(http.StatusConflict, "connection_changed")
	create("d", "account_id", "").wantProblem(http.StatusUnprocessableEntity, "invalid_fields")
	beta := s.Sim.AddChild(s.Parent.AccountID, "Beta")
	if bad, err := s.Setup().Connect(t.Context(), s.Scope(), s.Actor(catalog.Owner), s.Client, store.Child,
		beta.AccountID); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	if listed() == first {
		t.Error("another connection is called as the one before")
	}
	create("d", "account_id", s.Account.AccountID).wantProblem(http.StatusConflict, "connection_changed")
	create("d", "connection_id", first).wantProblem(http.StatusConflict, "connection_changed")
	wantOutcome(create("b", "connection_id", first), store.Applied, true) // it was done
	if n := s.Sim.Calls(beta.AccountID); n != 0 {
		t.Errorf("the other account was asked %d times", n)
	}
	wantOutcome(create("d", "account_id", beta.AccountID), store.Applied, false)
	b.call(token, http.MethodPost, s.api("/actions/list-accounts"), map[string]any{"run_id": uuid.NewString(),
		"account_id": s.Account.AccountID}).wantProblem(http.StatusUnprocessableEntity, "invalid_fields")
}
