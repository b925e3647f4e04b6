package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
	"duodesk/views"
)

// section is what a person reads in the section under a heading.
func (p *page) section(id string) string {
	p.b.t.Helper()
	return textOf(p.byID(id).Parent)
}

// TestHomeSaysWhatNeedsALook: nothing, then a failing organization, a report of fraud and a run without a known
// outcome, each with where to go, and to nobody who does not reach it.
func TestHomeSaysWhatNeedsALook(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b, far := e.as(t, e.Owner), e.as(t, e.Member(t, e.Workspace, catalog.Technician, e.far.org.ID))
	home := func() string { return b.get(e.ws("")).want(http.StatusOK, "Needs a look").fine().section("look-title") }
	// Onboarding of both clients is seeded; each sees that of their scope.
	if got := home(); !strings.Contains(got, "Open the onboarding of CANARY-near") ||
		strings.Contains(got, "All is well") {
		t.Fatal(got)
	}
	if got := far.get(e.ws("")).section("look-title"); !strings.Contains(got, "Open the onboarding of CANARY-far") ||
		strings.Contains(got, "CANARY-near") {
		t.Fatal(got)
	}
	e.Exec(t, `update plan set state = 'done' where workspace_id = $1`, e.Workspace.ID)
	if got := home(); !strings.Contains(got, "All is well") {
		t.Fatal(got)
	}
	e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{Kind: duosim.Refuses, Code: 40103})
	b.get(e.orgOf(e.near.org) + "/users?fresh=1")
	b.get(e.orgOf(e.near.org) + "/users?fresh=1")
	got := home()
	for _, want := range []string{"Keys refused", "CANARY-near", "Duo refuses the keys that reach it.", "Since ",
		"last contact", "Connection of CANARY-near"} {
		if !strings.Contains(got, want) {
			t.Errorf("a failing organization: no %q in %s", want, got)
		}
	}
	e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{})
	start := func(action, answer, state string) {
		err := e.InWorkspace(t.Context(), store.WholeWorkspace(e.Workspace.ID), func(tx *store.Tx) error {
			r := store.Run{ID: uuid.New(), OrganizationID: &e.near.org.ID, OperatorID: e.Owner.ID, Action: action,
				Subject: "CANARY-near victim", Input: map[string]string{},
				AskedUser: "victim", StartedAt: e.Clock.Now()}
			if err := tx.StartRun(t.Context(), r, nil); err != nil {
				return err
			}
			return tx.FinishRun(t.Context(), r.ID, store.Ending{State: state, Summary: "It was sent.", Answer: answer},
				e.Clock.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	start(catalog.VerifyCaller, "fraud", store.Applied)
	start(catalog.UpdateUser, "", store.Unknown)
	got = home()
	for _, want := range []string{"Fraud report", "CANARY-near victim reported a push that " + e.Owner.Email +
		" sent as fraud.", "Unknown outcome", "Update User, CANARY-near victim: the outcome is not known."} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	far.get(e.ws("")).want(http.StatusOK, "All is well").wantNot("CANARY-near").fine()
}

// TestRecentsAreTheVisitorsOwn: organizations and people that were opened by their pages, and by nothing else, are on
// the home page and first in the switcher of the one who opened them.
func TestRecentsAreTheVisitorsOwn(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	tech := e.Member(t, e.Workspace, catalog.Technician)
	b, owner := e.as(t, tech), e.as(t, e.Owner)
	b.get(e.ws("")).want(http.StatusOK, "Organizations",
		"Users that you open are listed here").wantNot("Recent organizations")
	b.request(http.MethodHead, e.orgOf(e.far.org)+"/users/"+e.far.user, nil)
	token, _ := e.accessToken(t, e.Workspace, tech, store.Grant{Role: "technician", EveryOrganization: true})
	b.call(token, http.MethodGet, "/api/v1/workspaces/"+e.Workspace.Slug+"/organizations/"+e.far.org.Slug+"/users/"+
		e.far.user, nil)
	b.get(e.ws("")).want(http.StatusOK, "Users that you open are listed here").wantNot("Recent organizations")

	b.get(e.orgOf(e.near.org)+"/users/"+e.near.user).want(http.StatusOK, "CANARY-near Jane")
	e.Clock.Move(time.Second)
	b.get(e.orgOf(e.far.org) + "/phones").want(http.StatusOK)
	p := b.get(e.ws("")).want(http.StatusOK, "Recent organizations").fine()
	if people := p.section("people-title"); !strings.Contains(people, "CANARY-near Jane") ||
		strings.Contains(people, "CANARY-far") {
		t.Errorf("recent people: %s", people)
	}
	if list := textOf(p.byID("list")); strings.Index(list, "CANARY-far") > strings.Index(list, "CANARY-near") {
		t.Errorf("not the latest first: %s", list)
	}
	if found := textOf(p.byID("switch-list")); !strings.HasPrefix(found,
		"Recent CANARY-far , switch CANARY-near , switch") {
		t.Errorf("the switcher: %s", found)
	}
	// In Duo the person has another name now: the one that is kept is of our record alone.
	e.Exec(t, `update visit set name = 'CANARY-kept name' where user_id = $1`, e.near.user)
	b.get(e.ws("")).want(http.StatusOK, "CANARY-kept name")
	owner.get(e.ws("")).want(http.StatusOK).wantNot("CANARY-kept", "Recent organizations")
	for _, other := range []*browser{owner, e.as(t, e.otherOwner), e.as(t, e.near.member)} {
		for _, at := range []string{e.ws(""), e.ws("/o"), e.ws("/runs"), e.orgOf(e.near.org),
			e.orgOf(e.near.org) + "/users"} {
			other.get(at).wantNot("CANARY-kept")
		}
	}
	// An operator who loses the organization loses its people.
	e.Exec(t, `update membership set every_organization = false where operator_id = $1`, tech.ID)
	e.Exec(t, `insert into membership_organization (workspace_id, operator_id, organization_id) values ($1, $2, $3)`,
		e.Workspace.ID, tech.ID, e.far.org.ID)
	b.get(e.ws("")).want(http.StatusOK, "CANARY-far").wantNot("CANARY-kept", "CANARY-near")
}

// TestRecentUsersCanBeOpened: those of an account that the organization was connected with before are not listed, until
// it is connected with it again, and nor are those that Duo does not know any more.
func TestRecentUsersCanBeOpened(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, actor := s.as(t, s.Owner), s.Actor(catalog.Owner)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	gone := s.addUser(t, duosim.UserSpec{Username: "gone", Realname: "Gone Grey"})
	s.Map(t, "Another client", s.Sim.AddChild(s.Parent.AccountID, "Another client"))
	other := s.Sim.AddChild(s.Parent.AccountID, "Other")
	elsewhere := s.Sim.AddParent("Elsewhere")
	app := elsewhere.Application(duosim.AdminAPI)
	b.get(s.ws("/integration")).form("Refresh").send().want(http.StatusOK)
	for _, id := range []string{jane, gone} {
		b.get(s.org("/users/" + id)).want(http.StatusOK)
	}
	people := func() string { return b.get(s.ws("")).want(http.StatusOK).section("people-title") }
	wantJane := func(when string, want bool) {
		t.Helper()
		if got := people(); strings.Contains(got, "Jane Roe") != want {
			t.Errorf("%s: %s", when, got)
		}
	}
	wantJane("opened", true)
	connect := func(kind, account string) {
		t.Helper()
		o := s.orgNamed(t, s.Client.Name)
		if bad, err := s.Setup().Connect(t.Context(), s.Scope(), actor, o, kind, account); err != nil || len(bad) > 0 {
			t.Fatal(bad, err)
		}
	}
	connect(store.Child, other.AccountID)
	wantJane("connected with another account", false)
	connect("", "")
	wantJane("not connected", false)
	connect(store.Child, s.Account.AccountID)
	wantJane("connected again", true)
	own := b.get(s.org("/connection")).form("Save own credentials").set("own_host", elsewhere.APIHostname).
		set("own_integration_key", app.IntegrationKey).set("own_secret_key", app.SecretKey)
	own.send().want(http.StatusOK, "connected through them")
	wantJane("connected by keys of another account", false)
	eva := s.Sim.AddUser(elsewhere.AccountID, duosim.UserSpec{Username: "eva", Realname: "Eva Elsewhere"})
	b.get(s.org("/users/" + eva)).want(http.StatusOK)
	if got := people(); !strings.Contains(got, "Eva Elsewhere") {
		t.Errorf("opened by own keys: %s", got)
	}
	connect(store.Child, s.Account.AccountID)
	// as if Duo had deleted that one
	s.Exec(t, `update visit set user_id = 'DUNOWHERE00000000000' where user_id = $1`, gone)
	b.get(s.org("/users/DUNOWHERE00000000000")).want(http.StatusNotFound)
	if got := people(); !strings.Contains(got, "Jane Roe") || strings.Contains(got, "Gone Grey") ||
		strings.Contains(got, "Eva") {
		t.Errorf("deleted in Duo: %s", got)
	}
}

// TestSwitcherKeepsTheTab: by its links, and by what it finds. A page about one thing leads to its list.
func TestSwitcherKeepsTheTab(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Owner)
	for at, want := range map[string]string{"": "", "/users": "/users", "/users/" + e.near.user: "/users",
		"/phones/" + e.near.phone: "/phones",
		"/actions/create-user":    "/users", "/runs": "/runs", "/connection": "/connection", "/settings": "/settings",
		"/edit": ""} {
		p := b.get(e.orgOf(e.near.org) + at).want(http.StatusOK)
		if got := p.link("CANARY-far"); got != e.orgOf(e.far.org)+want {
			t.Errorf("at %s the switcher leads to %s", at, got)
		}
		found := p.form("Find").set("q", "CANARY-far")
		list := b.get(found.action+"?"+found.values.Encode()).want(http.StatusOK, "1 of 2 organizations match").fine()
		for _, n := range list.all(func(n *node) bool {
			return n.Data == "a" && attribute(n, "class") == "row-link" && n.Parent.Data == "th"
		}) {
			if attribute(n, "href") != e.orgOf(e.far.org)+want {
				t.Errorf("at %s what is found leads to %s", at, attribute(n, "href"))
			}
		}
	}
	b.get(e.ws("/o?tab=evil")).want(http.StatusBadRequest, "tab is a part of an organization")
	if got := views.OrganizationTab("w", "o", "../x"); got != "/w/w/o/o" {
		t.Error(got)
	}
}

// TestActionsByJobAndByWhatIsSaid: what a role may not do is there, last, and says which role may.
func TestActionsByJobAndByWhatIsSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	help := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
	p := help.get(s.org("/actions?q=lost+phone")).want(http.StatusOK, "Create Bypass Code for User",
		"Requires the Technician role", "Someone can’t log in").fine()
	if p.offers("Delete Phone by ID") || !p.offers("Create Bypass Code for User") {
		t.Error("links of a help desk")
	}
	p = help.get(s.org("/actions?q=phone&by=api")).want(http.StatusOK,
		"Admin API - Phones").wantNot("Someone can’t log in").fine()
	if got := p.link("By job"); got != s.org("/actions?q=phone") {
		t.Error(got)
	}
	help.get(s.org("/actions?by=job")).want(http.StatusBadRequest, "by is api")
}

// TestPrintedPagesSayWhatTheyAre: organization, who, when, and in which zone times are.
func TestPrintedPagesSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Exec(t, `update operator set time_zone = 'Europe/Berlin' where id = $1`, s.Owner.ID)
	p := s.as(t, s.Owner).get(s.org("/runs")).want(http.StatusOK)
	head := p.all(func(n *node) bool { return attribute(n, "class") == "print-head" })
	if len(head) != 1 {
		t.Fatal(len(head), "heads")
	}
	at := s.Clock.Now().In(mustZone(t, "Europe/Berlin")).Format("2 Jan 2006, 15:04")
	for _, want := range []string{s.Client.Name, s.Workspace.Name, "Printed by " + s.Owner.Email, at,
		"Times without a date are on " + at[:strings.Index(at, ",")]} {
		if !strings.Contains(textOf(head[0]), want) {
			t.Errorf("no %q in %s", want, textOf(head[0]))
		}
	}
}

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestHomeCountsActs: what only reads is no act, by whichever action, method or page it came.
func TestHomeCountsActs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, program := s.as(t, s.Owner), s.stranger(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	call := func(address string, status int, fields map[string]any) {
		t.Helper()
		program.call(token, http.MethodPost, address,
			map[string]any{"run_id": uuid.New(), "fields": fields}).want(status)
	}
	program.call(token, http.MethodPost, s.apiOrg("/actions/create-group"),
		map[string]any{"run_id": uuid.New(), "fields": map[string]any{"name": "Pilots"}}).want(http.StatusOK)
	// no method
	call(s.apiOrg("/actions/admin-api-action"), http.StatusUnprocessableEntity,
		map[string]any{"path": "/admin/v1/users"})
	for _, method := range []string{"get", "GET"} {
		call(s.apiOrg("/actions/admin-api-action"), map[string]int{"get": http.StatusOK, "GET": http.StatusOK}[method],
			map[string]any{"method": method, "path": "/admin/v1/users"})
	}
	call(s.api("/actions/accounts-api-action"), http.StatusOK,
		map[string]any{"method": "post", "path": "/accounts/v1/account/list"})
	call(s.apiOrg("/actions/list-users"), http.StatusOK, map[string]any{})
	b.get(s.ws("/runs")).form("Export").send().want(http.StatusOK)
	b.get(s.ws("/o")).form("Export").send().want(http.StatusOK)
	b.get(s.ws("/integration")).form("Check again : Admin API").send().want(http.StatusOK)
	for _, at := range []string{s.ws(""), s.org("")} {
		got := b.get(at).want(http.StatusOK).section("runs-title")
		for _, reading := range []string{"Admin API Action", "Accounts API Action", "List Users", "Export", "Check"} {
			if strings.Contains(got, reading) {
				t.Errorf("%s is an act in %s", reading, got)
			}
		}
		if !strings.Contains(got, "Create Group") {
			t.Error(got)
		}
	}
}
