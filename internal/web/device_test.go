package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/internal/web/site"
)

// flooded is what an hour of one wrong guess a second from changing addresses
// comes to: the account takes no attempts of strangers.
func (s *console) flooded(t testing.TB, o store.Operator) {
	t.Helper()
	for n := range 60 {
		own, account, address := site.LoginKeys(o.Email, fmt.Sprintf("203.0.113.%d", n))
		if _, err := s.Store.BeginLogin(t.Context(), s.Clock.Now(), own, account, address); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *browser) signIn(o store.Operator, password string) *page {
	b.t.Helper()
	return b.request(http.MethodPost, "/signin", url.Values{"email": {o.Email}, "password": {password}})
}

// TestStrangersDoNotLockAnOperatorOut: who has signed in with a browser before
// signs in again whatever strangers try, and a session asks the password under a
// bucket of its own.
func TestStrangersDoNotLockAnOperatorOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	b.get(s.ws("")).form("Sign out").send()
	s.flooded(t, s.Owner)
	s.stranger(t).signIn(s.Owner, storetest.Password).want(http.StatusTooManyRequests)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	// In the session nothing counts but its own guesses.
	s.flooded(t, s.Owner)
	b.request(http.MethodPost, "/account/tokens/"+s.Workspace.Slug, s.tokenForm()).want(http.StatusOK, "Shown once")
	b.get("/account").form("Change password").set("current", storetest.Password).set("new",
		newPassword).send().want(http.StatusOK, "Your password is changed.")
	// The browser is still known, after the change and after signing out everywhere.
	s.flooded(t, s.Owner)
	b.get("/account").form("Sign out everywhere").send().want(http.StatusOK, "Sign in")
	b.signIn(s.Owner, newPassword).want(http.StatusSeeOther)
}

func TestDeviceCookie(t *testing.T) {
	t.Parallel()
	s := serveAt(t, runtest.New(t), "https://desk.example")
	_, p := s.secureSignIn(t)
	cookies := p.header.Values("Set-Cookie")
	if len(cookies) != 3 {
		t.Fatal(cookies)
	}
	for _, want := range []string{"__Host-device=", "; HttpOnly", "; Secure", "; SameSite=Strict", "; Path=/;",
		"; Max-Age=34560000"} {
		if !strings.Contains(cookies[1], want) {
			t.Errorf("the cookie lacks %q: %s", want, cookies[1])
		}
	}
	token, _, _ := strings.Cut(strings.TrimPrefix(cookies[1], "__Host-device="), ";")
	for place, text := range s.everyColumn(t) {
		if strings.Contains(text, token) {
			t.Error("the cookie is in ", place)
		}
	}
}

// TestDeviceCountsItsOwnGuesses: a known browser has no more guesses than anybody,
// and uses up nobody else's.
func TestDeviceCountsItsOwnGuesses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	// The cookie of one operator is worth nothing for another.
	other := s.Member(t, s.Workspace, catalog.Auditor)
	s.flooded(t, other)
	b.signIn(other, storetest.Password).want(http.StatusTooManyRequests)
	for range 5 {
		b.signIn(s.Owner, "wrong").want(http.StatusUnprocessableEntity)
	}
	b.signIn(s.Owner, storetest.Password).want(http.StatusTooManyRequests)
	s.stranger(t).signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)

	// Guesses in a session are its own.
	in, again := s.as(t, other), s.as(t, other)
	wrong := url.Values{"current": {"wrong"}, "new": {newPassword}}
	for range 5 {
		in.request(http.MethodPost, "/account/password", wrong).want(http.StatusUnprocessableEntity)
	}
	in.request(http.MethodPost, "/account/password", wrong).want(http.StatusTooManyRequests)
	again.request(http.MethodPost, "/account/password", wrong).want(http.StatusUnprocessableEntity)
}

// TestDeviceTokenIsRenewed: each sign-in gives the browser another cookie, for all
// operators who use it; the one before, wherever a copy is, is worth nothing, and
// one that we did not make is not taken over.
func TestDeviceTokenIsRenewed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.Member(t, s.Workspace, catalog.Technician)
	b, thief := s.stranger(t), s.stranger(t)
	const planted = "chosen-by-an-attacker"
	b.setCookie("device", planted)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	first := b.cookie("device")
	if first == planted || len(first) < 40 {
		t.Fatal("the cookie is ", first)
	}
	b.signIn(other, storetest.Password).want(http.StatusSeeOther)
	s.flooded(t, s.Owner)
	s.flooded(t, other)
	for _, copied := range []string{planted, first} {
		thief.setCookie("device", copied)
		thief.signIn(s.Owner, storetest.Password).want(http.StatusTooManyRequests)
		thief.signIn(other, storetest.Password).want(http.StatusTooManyRequests)
	}
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	b.signIn(other, storetest.Password).want(http.StatusSeeOther)
	s.Clock.Move(store.DeviceLife + time.Minute)
	s.flooded(t, other)
	b.signIn(other, storetest.Password).want(http.StatusTooManyRequests)
}

func TestDevicesAreForgotten(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, colleague := s.stranger(t), s.stranger(t)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	colleague.signIn(s.Member(t, s.Workspace, catalog.Auditor), storetest.Password).want(http.StatusSeeOther)
	p := b.get("/account").want(http.StatusOK, "Known browsers", "This one", b.ip).wantNot(colleague.ip)
	id := attribute(p.all(func(n *node) bool { return attribute(n, "name") == "device" })[0], "value")
	// Nobody forgets another's.
	colleague.request(http.MethodPost, "/account/devices", url.Values{"device": {id}}).want(http.StatusSeeOther)
	s.flooded(t, s.Owner)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	b.get("/account").form("Forget").send().want(http.StatusOK, "That browser is forgotten.").wantNot("Known browsers")
	b.signIn(s.Owner, storetest.Password).want(http.StatusTooManyRequests)
	b.request(http.MethodPost, "/account/devices", url.Values{"device": {uuid.NewString()}}).want(http.StatusSeeOther)

	// What the host does forgets them as well.
	for _, end := range []string{"reset on the host", "disabled and enabled on the host"} {
		o := s.Member(t, s.Workspace, catalog.Technician)
		b := s.stranger(t)
		b.signIn(o, storetest.Password).want(http.StatusSeeOther)
		if err := s.responses(t)[end](o); err != nil {
			t.Fatal(err)
		}
		s.Exec(t, `update operator set password_hash = $2 where id = $1`, o.ID, o.PasswordHash)
		s.flooded(t, o)
		b.signIn(o, storetest.Password).want(http.StatusTooManyRequests)
	}
}

// TestColleaguesSignInAtOnce: one office has one address. While the attempt of one is
// counted, by any console, another waits a moment and is not refused.
func TestColleaguesSignInAtOnce(t *testing.T) {
	t.Parallel()
	s, sent := traced(t)
	b := s.stranger(t)
	_, _, address := site.LoginKeys(s.Owner.Email, b.ip)
	tx, err := s.Superuser(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	if _, err := tx.Exec(t.Context(), `select pg_advisory_xact_lock($1)`, address.Lock()); err != nil {
		t.Fatal(err)
	}
	sent.take()
	answered := make(chan *page)
	go func() { answered <- b.signIn(s.Owner, storetest.Password) }()
	waitUntil(t, "it was too fast once", func() bool { return slices.Contains(sent.take(), "rollback") })
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	(<-answered).want(http.StatusSeeOther)
}
