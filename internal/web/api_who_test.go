package web

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// TestWhoMayAsk: a token is for the API alone and a session for the pages alone,
// and where a request comes from does not matter to a token.
func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	b := s.stranger(t)
	b.call(token, http.MethodGet, s.api(""), nil).want(http.StatusOK)
	for _, p := range []*page{
		b.call("", http.MethodGet, s.api(""), nil),
		b.call("", http.MethodGet, s.api(""), nil, "Authorization", "Basic "+token),
		b.call(token+"x", http.MethodGet, s.api(""), nil), b.call(token[:len(token)-1], http.MethodGet, s.api(""), nil),
		b.call(" ", http.MethodGet, s.api(""), nil),
		b.call("", http.MethodGet, s.api("")+"?access_token="+token, nil),
	} {
		p.wantProblem(http.StatusUnauthorized, "unauthorized")
		if p.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: the answer does not say what is missing", p.address)
		}
	}
	signedIn := s.as(t, s.Owner)
	signedIn.call("", http.MethodGet, s.api(""), nil).wantProblem(http.StatusBadRequest, "session_not_allowed")
	signedIn.call(token, http.MethodGet, s.api(""), nil).wantProblem(http.StatusBadRequest, "session_not_allowed")
	list := map[string]any{"run_id": uuid.NewString()}
	b.call(token, http.MethodPost, s.apiOrg("/actions/list-users"), list, "Origin", "https://elsewhere.example",
		"Sec-Fetch-Site", "cross-site").want(http.StatusOK)
	if p := b.call(token, http.MethodGet, s.ws(""), nil); p.status != http.StatusSeeOther {
		t.Errorf("a page answers a token with %d", p.status)
	}
	b.call(token, http.MethodPost, s.org("/actions/list-users"), list).want(http.StatusUnauthorized)
}

// TestPaceIsToldToPrograms: a token that asks faster than that is told when to go on.
func TestPaceIsToldToPrograms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "auditor", EveryOrganization: true})
	const atOnce = 150 // a slow machine takes some seconds for them, in which the token may ask for more
	answers := make(chan *page)
	for range atOnce {
		b := s.stranger(t)
		go func() { answers <- b.call(token, http.MethodGet, s.api(""), nil) }()
	}
	var answer *page
	for range atOnce {
		if p := <-answers; p.status == http.StatusTooManyRequests {
			answer = p
		}
	}
	if answer == nil {
		t.Fatalf("%d requests at once were all answered", atOnce)
	}
	answer.wantProblem(http.StatusTooManyRequests, "too_many_requests")
	if wait := answer.header.Get("Retry-After"); wait == "" || wait == "0" {
		t.Errorf("Retry-After is %q", wait)
	}
}

// TestRevocationIsFelt: what was taken away is gone at the next request, and for
// a request that is on its way when it happens.
func TestRevocationIsFelt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for what, c := range map[string]struct {
		change string
		status int
	}{
		"demoted": {`update membership set role = 'auditor' where operator_id = $1`, http.StatusNotFound},
		"limited": {`update membership set every_organization = false where operator_id = $1`,
			http.StatusNotFound},
		"disabled": {`update membership set disabled_at = now() where operator_id = $1`,
			http.StatusUnauthorized},
		"revoked":          {`delete from api_token where operator_id = $1`, http.StatusUnauthorized},
		"ended membership": {`delete from membership where operator_id = $1`, http.StatusUnauthorized},
	} {
		operator := s.Member(t, s.Workspace, catalog.Technician)
		token, _ := s.accessToken(t, s.Workspace, operator, store.Grant{Role: "technician", EveryOrganization: true})
		b := s.stranger(t)
		make := func() *page {
			return b.call(token, http.MethodPost, s.apiOrg("/actions/create-user"),
				map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"username": uuid.NewString()}})
		}
		wantOutcome(make(), store.Applied, false)
		done := len(s.Sim.Ledger())
		su := s.Superuser(t)
		tx, err := su.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), c.change, operator.ID); err != nil {
			t.Fatal(err)
		}
		onItsWay := make0(make)
		s.waitForLock(t)
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p := <-onItsWay; p.status != http.StatusNotFound && p.status != http.StatusForbidden {
			t.Errorf("%s: what was on its way was answered with %d: %s", what, p.status, p.body)
		}
		if p := make(); p.status != c.status {
			t.Errorf("%s: status %d, want %d: %s", what, p.status, c.status, p.body)
		}
		if n := len(s.Sim.Ledger()); n != done {
			t.Errorf("%s: Duo was changed %d times", what, n-done)
		}
	}
}

func make0(ask func() *page) <-chan *page {
	answer := make(chan *page, 1)
	go func() { answer <- ask() }()
	return answer
}

// waitForLock waits until a request waits for a row of this database.
func (s *console) waitForLock(t testing.TB) {
	t.Helper()
	su := s.Superuser(t)
	for {
		waiting, err := queryAll[int](t, su,
			`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ~ 'for (key )?share'`)
		if err != nil {
			t.Fatal(err)
		}
		if len(waiting) > 0 {
			return
		}
	}
}
