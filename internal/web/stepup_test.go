package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// asksProof fails unless an answer is the page that asks for a second factor again, and
// returns its form.
func (p *page) asksProof(words ...string) *formOfPage {
	p.b.t.Helper()
	p.want(http.StatusForbidden, append(words, "Confirm that it is you", "nothing was done yet")...).fine()
	return p.form("Continue")
}

// TestRecentFactor: what gives somebody a way into Duo takes a factor of the last ten
// minutes; with it the form goes on as it was typed, and for ten minutes nobody is asked.
func TestRecentFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	b.byHand = true
	form := func(name string) *formOfPage {
		return b.get(s.org("/actions/create-user")).form("Create user").set("username", name)
	}
	form("first").send().want(http.StatusOK, "first") // the session has just begun
	s.Clock.Move(run.RecentProof)
	late := form("second")
	asked := late.post().asksProof("Create User")
	asked.set("code", wrongCode(t, s)).post().want(http.StatusUnprocessableEntity, "This code is wrong.").fine()
	if n := len(s.Sim.Ledger()); n != 1 {
		t.Errorf("%d users were created", n)
	}
	done := asked.set("code", s.codeOf(t, b)).send().want(http.StatusOK, "second")
	if strings.Contains(done.body, "Confirm that it is you") {
		t.Error("asked again")
	}
	asked.set("code", s.codeOf(t, b)).post().want(http.StatusConflict, "This form no longer waits")
	form("third").send().want(http.StatusOK, "third")
	if n := len(s.Sim.Ledger()); n != 3 {
		t.Errorf("Duo has done %d things", n)
	}
}

// codeOf is the code of the app of a browser's operator.
func (s *console) codeOf(t testing.TB, b *browser) string {
	t.Helper()
	session, err := s.Store.FindSession(t.Context(), hashOfToken(b.cookie(sessionCookie)), s.Clock.Now(), testIdle)
	if err != nil {
		t.Fatal(err)
	}
	return runtest.Code(t, s.DB, session.Operator, s.Clock.Now())
}

// TestFactorForOneAct: a permanent deletion takes a factor of its own, however recent the
// last one is, and for these values alone.
func TestFactorForOneAct(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	john := s.addUser(t, duosim.UserSpec{Username: "john"})
	b := s.as(t, s.Owner)
	b.byHand = true
	remove := func(id, name string) *page {
		return b.request(http.MethodPost, s.org("/actions/delete-user"), url.Values{"run_id": {uuid.NewString()},
			"user_id": {id}, "permanent": {"true"}, "confirm": {name}, "agreed": {"1"}})
	}
	asked := remove(jane, "jroe").asksProof("Delete User", "takes a second factor each time")
	if len(s.Sim.Ledger()) > 0 {
		t.Error("Duo has changed")
	}
	// What is sent with the code is not what goes on.
	asked.values.Set("user_id", john)
	asked.set("code", s.codeOf(t, b)).send().want(http.StatusOK)
	if got := s.Sim.Ledger(); len(got) != 1 || !strings.Contains(got[0].Path, jane) {
		t.Errorf("Duo has done %+v", got)
	}
	remove(john, "john").asksProof() // and again for the next
	if len(s.Sim.Ledger()) != 1 {
		t.Error("a proof counts twice")
	}
}

// TestProofIsOfItsSession: a form that waits goes on in its own session and at its own
// address.
func TestProofIsOfItsSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	b, other := s.as(t, s.Owner), s.as(t, s.Owner)
	b.byHand, other.byHand = true, true
	asked := b.request(http.MethodPost, s.org("/actions/delete-user"), url.Values{"run_id": {uuid.NewString()},
		"user_id": {jane}, "permanent": {"true"}, "confirm": {"jroe"}, "agreed": {"1"}}).asksProof()
	token := asked.values.Get("proof")
	for where, in := range map[string]*browser{"/actions/delete-user": other, "/actions/create-user": b} {
		in.send(http.MethodPost, s.org(where)+"?proof=1", url.Values{"proof": {token}, "code": {s.codeOf(t, in)}}).
			want(http.StatusConflict, "This form no longer waits")
	}
	s.Clock.Move(15 * time.Minute)
	asked.set("code", s.codeOf(t, b)).post().want(http.StatusConflict, "This form no longer waits")
	if len(s.Sim.Ledger()) > 0 {
		t.Error("Duo has changed")
	}
}

// TestProofRenewsTheToken: a factor that is taken gives the session another token, and the one
// of before opens nothing. The session goes on: other forms that wait, its streams, its row.
func TestProofRenewsTheToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.Member(t, s.Workspace, catalog.Technician)
	b, thief := s.as(t, o), s.stranger(t)
	b.byHand = true
	s.Clock.Move(run.RecentProof)
	form := func(name string) *formOfPage {
		return b.get(s.org("/actions/create-user")).form("Create user").set("username", name)
	}
	first, second := form("first").post().asksProof(), form("second").post().asksProof()
	before := b.cookie(sessionCookie)
	first.set("code", wrongCode(t, s)).post().want(http.StatusUnprocessableEntity)
	if b.cookie(sessionCookie) != before {
		t.Error("a wrong code renews the token")
	}
	first.set("code", s.codeOf(t, b)).send().want(http.StatusOK, "first")
	if b.cookie(sessionCookie) == before {
		t.Error("the token is the one of before")
	}
	thief.setCookie(sessionCookie, before)
	thief.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
	s.Clock.Move(time.Minute)
	second.set("code", s.codeOf(t, b)).send().want(http.StatusOK, "second")
	b.get("/account").want(http.StatusOK)
	if open, err := s.Sessions(t.Context(), o.ID, s.Clock.Now(), testIdle); err != nil || len(open) != 1 {
		t.Errorf("the operator has the sessions %+v, %v", open, err)
	}
}

// TestProofsRenewOnce: of proofs of one session at the same time one renews its token, so
// that the browser has the token that counts.
func TestProofsRenewOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := hashOfToken(s.token(t, s.Owner))
	now := s.Clock.Now()
	session, err := s.FindSession(t.Context(), before, now, testIdle)
	if err != nil {
		t.Fatal(err)
	}
	var renewals atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			after := hashOfToken(strconv.Itoa(i))
			_, renewed, err := s.ProveAct(t.Context(), session, s.Proved(t, s.Owner, now), nil,
				store.Renewal{Before: before, Token: after}, now)
			if err != nil {
				t.Error(err)
			}
			_, err = s.FindSession(t.Context(), after, now, testIdle)
			if renewed != (err == nil) {
				t.Errorf("renewed: %t, and its session: %v", renewed, err)
			}
			if renewed {
				renewals.Add(1)
			}
		})
	}
	all.Wait()
	if n := renewals.Load(); n != 1 {
		t.Errorf("%d renewals", n)
	}
}

// TestProofIsUsedOnce: of twenty uses of one proof at the same time one counts, within a
// minute, in its session and for its act.
func TestProofIsUsedOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.token(t, s.Owner)
	session, err := s.FindSession(t.Context(), hashOfToken(token), s.Clock.Now(), testIdle)
	if err != nil {
		t.Fatal(err)
	}
	digest, now := run.DigestOf("an act"), s.Clock.Now()
	give := func() uuid.UUID {
		id, _, err := s.ProveAct(t.Context(), session, s.Proved(t, s.Owner, now), digest, store.Renewal{}, now)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	use := func(id, session uuid.UUID, digest []byte, at time.Time) error {
		return s.InWorkspace(t.Context(), store.WholeWorkspace(s.Workspace.ID), func(tx *store.Tx) error {
			return tx.UseProof(t.Context(), id, session, digest, at)
		})
	}
	id, won := give(), 0
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			err := use(id, session.ID, digest, now)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, store.ErrNotFound) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won != 1 {
		t.Errorf("%d of 20 uses of one proof count", won)
	}
	id = give()
	for what, err := range map[string]error{
		"another session": use(id, uuid.New(), digest, now), "another act": use(id, session.ID, run.DigestOf("x"), now),
		"a minute later": use(id, session.ID, digest, now.Add(store.ProofLife)),
	} {
		if !errors.Is(err, store.ErrNotFound) && !(what == "another session" && errors.Is(err, store.ErrEnded)) {
			t.Errorf("%s uses the proof (%v)", what, err)
		}
	}
	if err := use(id, session.ID, digest, now.Add(store.ProofLife-time.Second)); err != nil {
		t.Error("the proof is not good for its act: ", err)
	}
}

// TestNoProofByRecoveryCodeOrGrace: who came in by a recovery code, or without a factor,
// does nothing that takes one.
func TestNoProofByRecoveryCodeOrGrace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, set := range []string{"factor_kind = 'recovery', factor_id = null",
		"factor_kind = null, factor_id = null, factor_at = null"} {
		o := s.Member(t, s.Workspace, catalog.Technician)
		s.Exec(t, `update operator set grace_from = now() where id = $1`, o.ID)
		s.Exec(t, `update workspace set factor_grace_days = 7 where id = $1`, s.Workspace.ID)
		b := s.as(t, o)
		b.byHand = true
		s.Exec(t, `update session set `+set+` where operator_id = $1`, o.ID)
		b.get(s.org("/actions/create-user")).form("Create user").set("username", "x").post().asksProof()
	}
	if len(s.Sim.Ledger()) > 0 {
		t.Error("Duo has changed")
	}
}

// TestFewFormsWait: of the forms of a session that wait for a factor, the oldest give way.
func TestFewFormsWait(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	b.byHand = true
	s.Clock.Move(run.RecentProof)
	var waits []*formOfPage
	for range 9 {
		waits = append(waits, b.get(s.org("/actions/create-user")).form("Create user").set("username",
			"late").post().asksProof())
		s.Clock.Move(time.Second)
	}
	waits[0].set("code", s.codeOf(t, b)).post().want(http.StatusConflict, "This form no longer waits")
	waits[1].set("code", s.codeOf(t, b)).send().want(http.StatusOK, "late")
}

// TestTokenNamesItsActs: what takes a factor each time on a page, a program does only by a
// token that names the action; the rest it does by any.
func TestTokenNamesItsActs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, grant := s.stranger(t), store.Grant{Role: "owner", EveryOrganization: true}
	remove := func(token string, permanent bool) *page {
		name := "u" + strings.ToLower(rand.Text()[:8])
		fields := map[string]any{"user_id": s.addUser(t, duosim.UserSpec{Username: name}), "permanent": permanent}
		if permanent {
			fields["confirm"] = name
		}
		return b.call(token, http.MethodPost, s.apiOrg("/actions/delete-user"),
			map[string]any{"run_id": uuid.NewString(), "fields": fields})
	}
	none, _ := s.tokenFor(t, s.Workspace, s.Owner, grant)
	other, _ := s.tokenFor(t, s.Workspace, s.Owner, grant, "delete-group")
	named, _ := s.tokenFor(t, s.Workspace, s.Owner, grant, "delete-user")
	for _, token := range []string{none, other} {
		remove(token, true).wantProblem(http.StatusForbidden, "not_named")
	}
	if got := s.Sim.Ledger(); len(got) > 0 {
		t.Errorf("Duo has changed: %+v", got)
	}
	remove(none, false).want(http.StatusOK)
	remove(named, true).want(http.StatusOK)
	if got := s.Sim.Ledger(); len(got) != 2 {
		t.Errorf("Duo has done %+v", got)
	}
}

// TestCancelLeadsBack: the page that asks leads back to where the form was, however often it
// asks. The address that the form is sent to is no page.
func TestCancelLeadsBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	b.byHand = true
	from, to := s.ws("/o?q=acme"), s.ws("/export/organizations")
	p := b.request(http.MethodPost, to, url.Values{}, "Referer", s.url+from)
	for range 2 {
		if back := p.link("Cancel"); back != from {
			t.Error("leads to ", back)
		}
		p = p.form("Continue").set("code", wrongCode(t, s)).post("Referer", s.url+to).
			want(http.StatusUnprocessableEntity, "This code is wrong.")
	}
}
