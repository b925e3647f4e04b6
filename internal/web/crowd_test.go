package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/members"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/internal/web/site"
)

// fill takes every place of a lane, until empty is called.
func fill(l site.Lane) (empty func()) {
	for range cap(l.Inside) {
		l.Inside <- struct{}{}
	}
	for range cap(l.Places) {
		l.Places <- struct{}{}
	}
	return func() {
		for range cap(l.Inside) {
			<-l.Inside
		}
		for range cap(l.Places) {
			<-l.Places
		}
	}
}

// TestStrangersHaveALaneOfTheirOwn: while it is full, strangers are told so, and
// known browsers, sessions and programs do not notice.
func TestStrangersHaveALaneOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	known, in := s.stranger(t), s.as(t, s.Owner)
	known.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, wholeGrant(catalog.Auditor))
	empty := fill(s.server.Crowd.Strangers)
	full := []string{"Too many people are signing in right now. Try again in a few seconds."}
	for what, p := range map[string]*page{
		"sign-in":    s.stranger(t).signIn(s.Owner, storetest.Password),
		"invitation": s.stranger(t).request(http.MethodPost, "/invitation", url.Values{"token": {"x"}}),
		"accepting": s.stranger(t).request(http.MethodPost, "/invitation/accept",
			url.Values{"token": {"x"}, "password": {newPassword}}),
	} {
		t.Log(what)
		p.want(http.StatusServiceUnavailable, full...).fine()
		if p.header.Get("Retry-After") == "" {
			t.Error(what, ": no Retry-After")
		}
	}
	known.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	known.get(s.ws("")).want(http.StatusOK)
	in.get(s.org("/users")).want(http.StatusOK)
	in.request(http.MethodPost, "/account/tokens/"+s.Workspace.Slug, s.tokenForm()).want(http.StatusOK, "Shown once")
	s.stranger(t).call(token, http.MethodGet, s.api(""), nil).want(http.StatusOK)
	empty()
	s.stranger(t).signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
}

// TestStuckSignInsDoNotHoldPages: however many sign-ins wait for the database,
// pages have connections of their own.
func TestStuckSignInsDoNotHoldPages(t *testing.T) {
	t.Parallel()
	s := serve(t, runtest.Apart(t)) // others sign in meanwhile
	in := s.as(t, s.Owner)
	conn := s.Superuser(t)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `lock table login_attempt`); err != nil {
		t.Fatal(err)
	}
	held := &heldUp{t: t, tx: tx, pid: int(conn.PgConn().PID()), look: s.Superuser(t)}
	var flood sync.WaitGroup
	defer flood.Wait()
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	lane := s.server.Crowd.Strangers
	for range cap(lane.Places) {
		b := s.stranger(t)
		flood.Go(func() { b.signIn(s.Owner, "wrong") })
	}
	held.waits()
	for until := time.Now().Add(20 * time.Second); len(lane.Places) < cap(lane.Places); {
		if time.Now().After(until) {
			t.Fatalf("%d of %d places are taken", len(lane.Places), cap(lane.Places))
		}
	}
	in.get(s.ws("")).want(http.StatusOK)
	in.get(s.org("/users")).want(http.StatusOK)
	in.get("/readyz").want(http.StatusOK)
	s.stranger(t).signIn(s.Owner, "wrong").want(http.StatusServiceUnavailable, "Too many people are signing in")
	for until := time.Now().Add(20 * time.Second); s.Store.Connections().Acquired > cap(lane.Inside); {
		if time.Now().After(until) {
			t.Fatalf("%d connections are used by strangers, want at most %d", s.Store.Connections().Acquired,
				cap(lane.Inside))
		}
	}
}

// traced is a site whose statements are counted.
func traced(t testing.TB) (*console, *statements) {
	t.Helper()
	d := runtest.New(t)
	sent := &statements{}
	var err error
	if d.Store, err = store.Open(t.Context(), d.AppURL, d.Keys, sent); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Store.Close)
	d.Runner = d.Over(t, d.Transport)
	return serve(t, d), sent
}

func madeUp(bytes int) string {
	raw := make([]byte, bytes)
	rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// TestMadeUpCredentialsCostNoStatement: what this console did not give out is
// refused without the database, as often as it is sent.
func TestMadeUpCredentialsCostNoStatement(t *testing.T) {
	t.Parallel()
	s, sent := traced(t)
	b := s.stranger(t)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	device, session := b.cookie("device"), b.cookie("session")
	token, _ := s.accessToken(t, s.Workspace, s.Owner, wholeGrant(catalog.Owner))
	sent.take()
	for _, cookie := range []string{"x", "", madeUp(85), madeUp(69), madeUp(37), device,
		strings.TrimPrefix(token, members.TokenPrefix), session[:len(session)-1], "A" + session[1:], session + "A"} {
		if cookie == session {
			continue
		}
		c := s.stranger(t)
		c.setCookie("session", cookie)
		for range 2 {
			c.request(http.MethodGet, s.ws(""), nil).want(http.StatusSeeOther)
		}
	}
	for _, text := range []string{"x", madeUp(85), members.TokenPrefix + madeUp(85), members.TokenPrefix + session,
		"A" + token, token + "A", members.TokenPrefix + madeUp(16) + token[len(members.TokenPrefix)+22:]} {
		s.stranger(t).call(text, http.MethodGet, s.api(""), nil).want(http.StatusUnauthorized)
	}
	if cost := sent.take(); len(cost) > 0 {
		t.Errorf("made-up credentials cost %q", cost)
	}
	b.get(s.ws("")).want(http.StatusOK)
	b.call(token, http.MethodGet, s.api(""), nil).want(http.StatusBadRequest) // a session beside the token
	s.stranger(t).call(token, http.MethodGet, s.api(""), nil).want(http.StatusOK)
	if len(sent.take()) == 0 {
		t.Fatal("this test counts nothing")
	}
}

// TestCredentialsFromBeforeStamps: they work, and guesses at them are paced by
// their address, before the database; one that was found before is not.
func TestCredentialsFromBeforeStamps(t *testing.T) {
	t.Parallel()
	s, sent := traced(t)
	old := madeUp(32)
	now := s.Clock.Now()
	if err := s.Store.StartSession(t.Context(), s.Opening(t, s.today(t, s.Owner), hashOfToken(old), now,
		now.Add(testLongest)), now); err != nil {
		t.Fatal(err)
	}
	token, kept := s.accessToken(t, s.Workspace, s.Owner, wholeGrant(catalog.Owner))
	raw, _ := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, members.TokenPrefix))
	oldToken := members.TokenPrefix + base64.RawURLEncoding.EncodeToString(raw[:48])
	s.Exec(t, `update api_token set token_hash = $2 where id = $1`, kept.ID, hashOfToken(oldToken))
	b := s.stranger(t)
	session := func(cookie string) *page {
		b.setCookie("session", cookie)
		defer b.setCookie("session", "")
		return b.request(http.MethodGet, s.ws(""), nil)
	}
	session(old).want(http.StatusOK)
	misses := &s.server.Crowd.Misses
	counted := func(b *browser) bool {
		_, found := misses.Counts.Get(site.Network(b.ip), s.Clock.Now())
		return found
	}
	guesser, program := s.stranger(t), s.stranger(t)
	guesser.setCookie("session", madeUp(48))
	guesser.request(http.MethodGet, s.ws(""), nil).want(http.StatusSeeOther)
	program.call(members.TokenPrefix+madeUp(48), http.MethodGet, s.api(""), nil).want(http.StatusUnauthorized)
	if counted(b) || !counted(guesser) || !counted(program) {
		t.Error("misses are not counted for their addresses")
	}
	later := drain(misses, site.Network(b.ip), s.Clock.Now())
	sent.take()
	session(madeUp(32)).want(http.StatusTooManyRequests, "Too many attempts", "from your address")
	b.client.Jar, _ = cookiejar.New(nil)
	p := b.call(oldToken, http.MethodGet, s.api(""), nil).want(http.StatusTooManyRequests, "too_many_attempts")
	if p.header.Get("Retry-After") != "1" {
		t.Error("Retry-After: ", p.header.Get("Retry-After"))
	}
	if cost := sent.take(); len(cost) > 0 {
		t.Errorf("beyond the pace they cost %q", cost)
	}
	session(old).want(http.StatusOK)
	s.stranger(t).call(oldToken, http.MethodGet, s.api(""), nil).want(http.StatusOK)
	s.Clock.Move(later)
	b.client.Jar, _ = cookiejar.New(nil)
	b.call(oldToken, http.MethodGet, s.api(""), nil).want(http.StatusOK)

	// An ended session of ours costs a few statements from an address, and no more.
	ended := s.as(t, s.Owner)
	copied := ended.cookie("session")
	ended.get(s.ws("")).form("Sign out").send()
	drain(misses, string(hashOfToken(copied))+site.Network(ended.ip), s.Clock.Now())
	sent.take()
	ended.setCookie("session", copied)
	ended.request(http.MethodGet, s.ws(""), nil).want(http.StatusSeeOther)
	if cost := sent.take(); len(cost) > 0 {
		t.Errorf("an ended session costs %q", cost)
	}
}

// TestAddressesArePacedBeforeTheDatabase: a flood from one address, or one network
// of IPv6, costs nothing and is nobody else's trouble.
func TestAddressesArePacedBeforeTheDatabase(t *testing.T) {
	t.Parallel()
	s, sent := traced(t)
	b, known := s.stranger(t), s.stranger(t)
	known.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	later := drain(&s.server.Crowd.Attempts, site.Network(b.ip), s.Clock.Now())
	sent.take()
	for _, address := range []string{"/signin", "/invitation", "/invitation/accept"} {
		p := b.request(http.MethodPost, address, url.Values{"email": {s.Owner.Email}, "password": {storetest.Password},
			"token": {"x"}}).
			want(http.StatusTooManyRequests, "Too many attempts. Try again in ")
		if wait, err := strconv.Atoi(p.header.Get("Retry-After")); err != nil || wait < 1 || wait > 2 {
			t.Error(address, ": Retry-After: ", p.header.Get("Retry-After"))
		}
	}
	if cost := sent.take(); len(cost) > 0 {
		t.Errorf("a flood costs %q", cost)
	}
	b.setCookie("device", known.cookie("device")) // behind the same address
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	s.stranger(t).signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	b.setCookie("device", "x")
	s.Clock.Move(later)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	if site.Network("2001:db8:1:2::1") != site.Network("2001:db8:1:2:3:4:5:6%eth0") ||
		site.Network("192.0.2.1") == site.Network("192.0.2.2") {
		t.Error("networks: ", site.Network("2001:db8:1:2::1"))
	}
}

// drain empties a key's bucket, and returns after how long it is full again: until
// then nothing comes back, however slow a test is.
func drain(b *site.Buckets, key string, now time.Time) time.Duration {
	const ahead = time.Hour
	for b.Take(key, now.Add(ahead)) == 0 {
	}
	return ahead + time.Duration(b.Burst)*time.Second
}

func wholeGrant(role catalog.Role) store.Grant {
	return store.Grant{Role: role.String(), EveryOrganization: true}
}
