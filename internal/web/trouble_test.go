package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/web/actions"
	"duodesk/internal/web/site"
)

// troubles are the ways in which Duo fails, and what a person reads.
var troubles = []struct {
	fault  duosim.Fault
	status int
	words  string
}{
	{duosim.Fault{Kind: duosim.Down}, http.StatusBadGateway, "Duo cannot be reached"},
	{duosim.Fault{Kind: duosim.Unavailable}, http.StatusBadGateway, "Duo"},
	{duosim.Fault{Kind: duosim.RateLimited, RetryAfter: 30 * time.Second}, http.StatusTooManyRequests,
		"Duo is limiting requests to this account"},
	{duosim.Fault{Kind: duosim.Revoked}, http.StatusUnprocessableEntity,
		"Duo does not know this integration key on this host"},
	{duosim.Fault{Kind: duosim.PermissionRemoved}, http.StatusUnprocessableEntity,
		"Duo does not permit this to these keys"},
}

// fine fails the test if a page is not a whole and harmless document, or shows
// what only programmers understand.
func (p *page) fine() *page {
	p.b.t.Helper()
	if faults := append(headerFaults(p.header, false), markupFaults(p.body)...); len(faults) > 0 {
		p.b.t.Errorf("%s: %v", p.address, faults)
	}
	for _, raw := range []string{"dial tcp", ": EOF", "http: ", "duo: ", "store: ", "context deadline", "goroutine",
		"<nil>", "%!"} {
		if strings.Contains(p.text(), raw) {
			p.b.t.Errorf("%s shows %q:\n%s", p.address, raw, p.text())
		}
	}
	return p
}

func TestPagesWhenDuoFails(t *testing.T) {
	t.Parallel()
	for _, trouble := range troubles {
		e := newFleet(t)
		b := e.as(t, e.Owner)
		org := e.orgOf(e.near.org)
		e.Sim.SetFault(e.near.account.AccountID, trouble.fault)
		for _, address := range []string{"", "/users", "/users?fresh=1", "/users?q=jane", "/phones", "/bypass-codes"} {
			p := b.get(org+address).want(http.StatusOK, "This cannot be read from Duo now", trouble.words).fine()
			p.click("Try again").want(http.StatusOK, trouble.words)
		}
		for _, k := range knownRoutes("GET /w/:ws/o/:org/actions/:action") {
			if a, _ := catalog.Lookup(k.action); k.action == "create-user" || k.action == "synchronize-users" ||
				!actions.HasOwnSheet(a) {
				continue // asks Duo for nothing
			}
			b.get(org+"/actions/"+k.action+"?"+k.query(&e.near).Encode()).want(trouble.status,
				"This cannot be read from Duo now", trouble.words).fine()
		}
		b.get(org+"/phones/"+e.near.phone).want(trouble.status, trouble.words).fine()
		for tab, name := range map[string]string{"settings": "Settings", "users/" + e.near.user: "Users"} {
			p := b.get(org+"/"+tab).want(trouble.status, trouble.words).fine()
			if here := p.all(func(n *node) bool {
				return attribute(n, "aria-current") == "page" && textOf(n) == name
			}); len(here) != 1 {
				t.Errorf("%s does not stand at %s", tab, name)
			}
		}
		p := b.get(org+"/users/"+e.near.user).want(trouble.status, trouble.words).fine()
		if wait, _ := strconv.Atoi(p.header.Get("Retry-After")); p.status == http.StatusTooManyRequests &&
			(wait < 1 || wait > 30 || !strings.Contains(p.text(), "Try again at ")) {
			t.Errorf("Retry-After is %d beside %s", wait, p.text())
		}
		b.get(org+"/runs").want(http.StatusOK, "Created 1 bypass code")
		e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{})
		e.Clock.Move(30 * time.Second)
		p.click("Try again").want(http.StatusOK, "CANARY-near Jane")
		// Another client is none the worse for it.
		b.get(e.orgOf(e.far.org)+"/users").want(http.StatusOK, "CANARY-far Jane")
	}
}

// TestActsWhenDuoFails carries out every action while Duo fails in every way,
// first only for the change itself, then for all.
func TestActsWhenDuoFails(t *testing.T) {
	t.Parallel()
	for _, trouble := range troubles {
		e := newFleet(t)
		b := e.as(t, e.Owner)
		before, opened := len(e.Sim.Ledger()), 0
		for _, writesOnly := range []bool{true, false} {
			for slug, k := range actionRoutes {
				a, _ := catalog.Lookup(slug)
				if writesOnly && (a.Kind == catalog.Read || a.Kind == catalog.Generic) || a.API != catalog.Admin {
					continue
				}
				if trouble.status == http.StatusUnprocessableEntity && strings.Contains(a.Call, "/billing/") {
					continue // goes by no permission that could be taken away
				}
				f := k.form(e, &e.near, true)
				trouble.fault.WritesOnly = writesOnly
				e.Sim.SetFault(e.near.account.AccountID, trouble.fault)
				p := b.request(http.MethodPost, actionAddress(e.orgOf(e.near.org), slug), f).want(trouble.status,
					trouble.words).fine()
				if p.offers("Open the run") {
					opened++
					p.click("Open the run").want(http.StatusOK, a.Title)
				}
				if p.status == http.StatusTooManyRequests && strings.Contains(p.text(), "may have been done") {
					t.Errorf("%s: %s", slug, p.text())
				}
				if !writesOnly && a.Kind != catalog.Read && a.Kind != catalog.Generic {
					continue // sent again above
				}
				// The same form again is the same run: it is told about, not sent.
				e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{})
				b.request(http.MethodPost, actionAddress(e.orgOf(e.near.org), slug), f).want(http.StatusOK,
					"Already sent")
			}
		}
		if done := e.Sim.Ledger()[before:]; len(done) > 0 {
			t.Errorf("%s: Duo has changed: %+v", trouble.fault.Kind, done)
		}
		if opened == 0 {
			t.Error("no form leads to the run that failed")
		}
		b.get(e.ws("/runs")).want(http.StatusOK).fine()
	}
}

// TestInputIsKept: what was typed into a sheet survives that Duo does not answer.
func TestInputIsKept(t *testing.T) {
	t.Parallel()
	for _, writesOnly := range []bool{true, false} {
		e := newFleet(t)
		b := e.as(t, e.Owner)
		org := e.orgOf(e.near.org)
		phone := e.Sim.AddPhone(e.near.account.AccountID, duosim.PhoneSpec{Number: "+442079460123"})
		down := func() {
			e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{Kind: duosim.Down, WritesOnly: writesOnly})
		}
		up := func() { e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{}) }
		keeps := func(p *page, button string, values url.Values) *formOfPage {
			t.Helper()
			f := p.want(http.StatusBadGateway).fine().form(button)
			for name := range values {
				if got := site.UnixLines(f.values.Get(name)); got != values.Get(name) && name != "run_id" {
					t.Errorf("%s: %s holds %q, not %q", p.address, name, got, values.Get(name))
				}
			}
			if values.Has("run_id") && f.values.Get("run_id") == values.Get("run_id") {
				t.Error("the form still has the number of what was tried")
			}
			return f
		}
		bypass := b.get(org+"/actions/create-bypass-code-for-user?user_id="+
			e.near.user).form("Create code").set("valid_secs", "900").set("count", "3").set("ticket",
			"T-1").untick("preserve_existing")
		create := b.get(org+"/actions/create-user").form("Create user").set("username", "new").set("notes",
			"a note").set("aliases", "alias")
		activate := b.get(org+"/actions/send-activation-url?phone_id="+
			phone).form("Create activation link").set("platform", "apple ios").set("valid_secs", "3600")
		edit := b.get(org+"/actions/update-user?user_id="+e.near.user).form("Review changes").set("realname",
			"New Name").set("notes", "new\nnotes")
		review := edit.send().want(http.StatusOK).form("Save 2 changes")
		made := b.get(org+"/actions/create-phone?user_id="+e.near.user).form("Create phone").set("number",
			"+44 20 7946 0155").set("name", "Desk").set("extension", "12").set("predelay", "3")
		phoneEdit := b.get(org+"/actions/modify-phone?phone_id="+phone).form("Review changes").set("name",
			"New name").set("type", "mobile")
		phoneReview := phoneEdit.send().want(http.StatusOK).form("Save 2 changes")

		down()
		keeps(bypass.send(), "Create code", bypass.values)
		keeps(create.send(), "Create user", create.values)
		keeps(activate.send(), "Create activation link", activate.values)
		if !writesOnly {
			keeps(edit.send(), "Review changes", edit.values)
		}
		keeps(made.send(), "Create phone", made.values)
		if !writesOnly {
			keeps(phoneEdit.send(), "Review changes", phoneEdit.values)
		}
		keeps(phoneReview.send(), "Review changes", url.Values{"name": {"New name"}, "type": {"mobile"}})
		again := keeps(review.send(), "Review changes", url.Values{"realname": {"New Name"}, "notes": {"new\nnotes"}})
		up()
		again.send().want(http.StatusOK, "New Name").form("Save 2 changes").send().want(http.StatusOK, "New Name")
		if done := e.Sim.Ledger(); len(done) != 4 || len(done[3].Parameters) != 2 {
			t.Errorf("changed in Duo: %+v", done)
		}
	}
}

// TestUnknownOutcome: an answer that was lost is told as what may have happened.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	for _, kind := range []duosim.FaultKind{duosim.AnswerLost, duosim.ErrorAfterApplying} {
		e := newFleet(t)
		b := e.as(t, e.Owner)
		before := len(e.Sim.Ledger())
		changing, looked := 0, 0
		for slug, k := range actionRoutes {
			if a, _ := catalog.Lookup(slug); a.Kind == catalog.Read || a.Kind == catalog.Generic ||
				a.API != catalog.Admin {
				continue
			}
			changing++
			f := k.form(e, &e.near, true)
			e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{Kind: kind, Times: 1})
			p := b.request(http.MethodPost, actionAddress(e.orgOf(e.near.org), slug), f).want(http.StatusBadGateway,
				"This may have been done: check before you send it again.").fine()
			if n := len(p.all(func(n *node) bool {
				return attribute(n, "name") == "run_id" && attribute(n, "value") == f.Get("run_id")
			})); n > 0 {
				t.Errorf("%s: the page offers the used form again", slug)
			}
			if p.offers("Show the current state") {
				looked++
				if to := b.get(p.link("Show the current state")).fine(); to.status != http.StatusOK &&
					!(to.status == http.StatusNotFound && strings.HasPrefix(slug, "delete-")) {
					t.Errorf("%s: what is there now is answered with %d", slug, to.status)
				}
			}
			// What can be read back is looked up meanwhile, and perhaps known by now.
			again := b.request(http.MethodPost, actionAddress(e.orgOf(e.near.org), slug), f).want(http.StatusOK,
				"Already sent")
			if a, _ := catalog.Lookup(slug); a.ReadBack == nil {
				again.want(http.StatusOK, "Unknown", "Duo may have done this")
			} else {
				if chips := again.all(func(n *node) bool {
					return strings.HasPrefix(attribute(n, "class"), "chip") && textOf(n) == "Unknown"
				}); len(chips) > 0 {
					t.Errorf("%s: a run that is looked up reads Unknown", slug)
				}
				p.want(http.StatusBadGateway, "What Duo did is being looked up")
			}
		}
		if done := len(e.Sim.Ledger()) - before; done != changing {
			t.Errorf("%s: %d changes in Duo for %d forms", kind, done, changing)
		}
		if looked == 0 {
			t.Error("no form leads to what is there now")
		}
		b.get(e.ws("/runs")).want(http.StatusOK, "May have been done: check in Duo before you repeat it.")
	}
}

// TestSentAtOnce sends one form twelve times at the same moment.
func TestSentAtOnce(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	f := url.Values{"run_id": {uuid.NewString()}, "user_id": {e.near.user}, "preserve_existing": {"true"},
		"connection": {e.near.org.Connection()}}
	owner := e.token(t, e.Owner)
	before := len(e.Sim.Ledger())
	var all sync.WaitGroup
	for range 12 {
		b := e.stranger(t)
		b.setCookie("session", owner)
		all.Go(func() {
			r, _ := http.NewRequest(http.MethodPost, e.url+e.orgOf(e.near.org)+"/actions/create-bypass-code-for-user",
				strings.NewReader(f.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", e.url)
			answer, err := b.client.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				t.Error(answer.Status)
			}
		})
	}
	all.Wait()
	if done := len(e.Sim.Ledger()) - before; done != 1 {
		t.Errorf("%d changes in Duo", done)
	}
}

// TestNotConnected: an organization without an account, and a workspace without
// keys, say what is missing.
func TestNotConnected(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.Organizations(t, s.Workspace, "Unmapped")[0]
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	for _, address := range []string{"/users", "/phones", "/bypass-codes"} {
		b.get(s.orgOf(o)+address).want(http.StatusOK, "This organization is not mapped to a Duo account").fine()
	}
	b.get(s.orgOf(o)+"/users/DU1").want(http.StatusConflict, "not mapped").fine()
	b.get(s.orgOf(o)).want(http.StatusOK).fine()
	p := b.get(s.orgOf(o)+"/actions/create-user").form("Create user").set("username",
		"kept").send().want(http.StatusConflict, "not mapped").fine()
	if value, _ := p.box("username"); value != "kept" || strings.Contains(p.text(), "may have been done") {
		t.Error("typed value: ", value, "\n", p.text())
	}
}
