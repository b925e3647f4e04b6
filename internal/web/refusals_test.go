package web

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// sessionsOf is how many sessions an operator has.
func (s *console) sessionsOf(t testing.TB, o store.Operator) int {
	t.Helper()
	found, err := s.Store.Sessions(t.Context(), o.ID, s.Clock.Now(), testIdle)
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// TestRefusalsEndTheSession: the twentieth refusal of an operator within five minutes, for
// lack of role or of reach or about what does not exist, ends the session that it came with
// and no other; owners see it. Faults in forms do not count.
func TestRefusalsEndTheSession(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	technician := e.Member(t, e.Workspace, catalog.Technician, e.near.org.ID)
	b, second := e.as(t, technician), e.as(t, technician)
	refused := []func() *page{
		func() *page { return b.get(e.orgOf(e.far.org)) },
		func() *page { return b.get(e.ws("/o/nowhere")) },
		func() *page { return b.get(e.ws("/operators/invite")) },
		func() *page { return b.request(http.MethodPost, e.ws("/quotas"), url.Values{"sms.owner": {"9"}}) },
		func() *page {
			return b.request(http.MethodPost, e.orgOf(e.near.org)+"/actions/update-user",
				url.Values{"run_id": {uuid.NewString()},
					"user_id": {e.near.user}, "status": {"bypass"}, "reviewed": {"1"}})
		},
	}
	for i := range 19 {
		if i == 10 {
			e.Clock.Move(4 * time.Minute)
		}
		if p := refused[i%len(refused)](); p.status != http.StatusNotFound && p.status != http.StatusForbidden {
			t.Fatalf("refusal %d: status %d", i, p.status)
		}
	}
	for range 30 { // neither faults in forms nor users who do not exist
		b.request(http.MethodPost, e.orgOf(e.near.org)+"/actions/create-user",
			url.Values{"run_id": {"x"}, "username": {""}})
		b.get(e.orgOf(e.near.org) + "/users/DUNOWHERE00000000000")
	}
	b.get(e.orgOf(e.near.org)).want(http.StatusOK)
	last := b.get(e.ws("/o/nowhere")).want(http.StatusTooManyRequests, "You are signed out",
		"Owners see this on Home").fine()
	if last.header.Get("Retry-After") != "300" {
		t.Error(last.header)
	}
	b.get(e.orgOf(e.near.org)).follow().want(http.StatusOK, "Sign in")
	second.get(e.orgOf(e.near.org)).want(http.StatusOK)
	if n := e.sessionsOf(t, technician); n != 1 {
		t.Errorf("%d sessions are left", n)
	}
	home := e.as(t, e.Owner).get(e.ws("")).want(http.StatusOK).section("look-title")
	if !strings.Contains(home, technician.Email+" reached the quota of refused requests.") {
		t.Error(home)
	}
	if r := e.recordOf(t, e.Workspace, technician)[0]; r.Action != "quota-reached" ||
		r.Summary[:18] != "The session ended:" {
		t.Errorf("%+v", r)
	}
	// Refusals of before five minutes do not count.
	e.Clock.Move(61 * time.Second)
	for range 9 {
		second.get(e.orgOf(e.far.org)).want(http.StatusNotFound)
	}
	second.get(e.orgOf(e.far.org)).want(http.StatusTooManyRequests)
}

// TestRefusalsAtOnce: of fifty refusals at the same moment by two processes, no session is
// left; another operator's goes on.
func TestRefusalsAtOnce(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	twin := serve(t, e.Desk)
	auditor, other := e.Member(t, e.Workspace, catalog.Auditor, e.near.org.ID),
		e.Member(t, e.Workspace, catalog.Auditor)
	token := e.token(t, auditor)
	e.as(t, other).get(e.ws("/o/nowhere")).want(http.StatusNotFound)
	var all sync.WaitGroup
	for i := range 50 {
		b := [2]*console{e.console, twin}[i%2].stranger(t)
		b.setCookie(sessionCookie, token)
		all.Go(func() { b.get(e.orgOf(e.far.org)) })
	}
	all.Wait()
	if n := e.sessionsOf(t, auditor); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	if n := e.usedOf(t, e.Workspace, auditor, catalog.RefusalQuota); n < 20 || n > 50 {
		t.Errorf("%d refusals are counted", n)
	}
	if n := e.sessionsOf(t, other); n != 1 {
		t.Errorf("%d sessions of another are left", n)
	}
}

// TestRefusalsOfOthers: strangers, members of other workspaces and programs are not counted,
// and a program's refusals end no session of its operator.
func TestRefusalsOfOthers(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	stranger, foreign := e.stranger(t), e.as(t, e.otherOwner)
	operator := e.Member(t, e.Workspace, catalog.Auditor, e.near.org.ID)
	own := e.as(t, operator)
	token, _ := e.accessToken(t, e.Workspace, operator, store.Grant{Role: "auditor",
		Organizations: []uuid.UUID{e.near.org.ID}})
	count := func() int {
		t.Helper()
		return e.usedOf(t, e.Workspace, e.otherOwner, catalog.RefusalQuota) +
			e.usedOf(t, e.foreign.workspace, e.otherOwner, catalog.RefusalQuota) +
			e.usedOf(t, e.Workspace, operator, catalog.RefusalQuota)
	}
	for range 25 {
		stranger.get(e.orgOf(e.far.org))
		foreign.get(e.orgOf(e.far.org)).want(http.StatusNotFound)
		foreign.get(e.ws("/quotas")).want(http.StatusNotFound)
		e.stranger(t).call(token, http.MethodGet, e.api("/o/"+e.far.org.Slug+"/users"), nil)
	}
	// An open page of a laptop on the way asks from addresses that are not admitted.
	e.admitOnly(t, "198.51.100.0/24")
	for range 25 {
		own.get(e.ws("")).want(http.StatusNotFound, "Not from your address")
	}
	e.admitOnly(t)
	if n := count(); n != 0 {
		t.Errorf("%d uses are counted", n)
	}
	foreign.get("/w/" + e.foreign.workspace.Slug).want(http.StatusOK)
	own.get(e.ws("")).want(http.StatusOK)
}

// TestLinksAreNotRefused: who follows the links of our pages, in any role, is never refused.
func TestLinksAreNotRefused(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	for _, o := range []store.Operator{e.Member(t, e.Workspace, catalog.Auditor),
		e.Member(t, e.Workspace, catalog.Helpdesk),
		e.Member(t, e.Workspace, catalog.Auditor, e.near.org.ID),
		e.Member(t, e.Workspace, catalog.Technician, e.near.org.ID),
		e.Member(t, e.Workspace, catalog.Administrator, e.near.org.ID)} {
		b := e.as(t, o)
		seen, next, refused := map[string]bool{}, []string{e.ws("")}, 0
		for len(next) > 0 && len(seen) < 150 {
			at := next[0]
			next = next[1:]
			path, _, _ := strings.Cut(at, "?")
			if path, _, _ = strings.Cut(path, "#"); seen[path] || !strings.HasPrefix(path, e.ws("")) {
				continue
			}
			seen[path] = true
			p := b.get(at)
			if n := e.usedOf(t, e.Workspace, o, catalog.RefusalQuota); n != refused {
				t.Errorf("%s: the link to %s is refused", o.Email, at)
				refused = n
			}
			if !strings.HasPrefix(p.header.Get("Content-Type"), "text/html") {
				continue
			}
			for _, a := range p.all(func(n *node) bool { return n.Data == "a" }) {
				next = append(next, attribute(a, "href"))
			}
		}
		if len(seen) < 15 {
			t.Errorf("only %d pages were seen: this test shows nothing", len(seen))
		}
	}
}
