package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/internal/web/site"
)

// typedUser is the form that creates a user, with much typed into it.
func (s *console) typedUser(b *browser) *formOfPage {
	return b.get(s.org("/actions/create-user")).form("Create user").set("username", "amara").set("realname",
		`Amara "A" <Okonkwo>`).
		set("notes", "\r\nFirst line\r\nsecond & last").set("status", "disabled")
}

func (s *console) wantTyped(t *testing.T, p *page) *formOfPage {
	t.Helper()
	// Whether it was done the first time is for the run to say.
	p.want(http.StatusOK, "What you typed is back. It was not sent again.").wantNot("Nothing was sent").fine()
	f := p.form("Create user")
	for name, want := range map[string]string{"username": "amara", "realname": `Amara "A" <Okonkwo>`,
		"notes": "\r\nFirst line\r\nsecond & last", "status": "disabled"} {
		if got := f.values.Get(name); strings.TrimPrefix(got, "\r\n") != strings.TrimPrefix(want, "\r\n") {
			t.Errorf("%s came back as %q, not %q", name, got, want)
		}
	}
	return f
}

// A session that ends while a form is open costs a sign-in and nothing else.
func TestFormOutlivesItsSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	form := s.typedUser(b)
	s.Clock.Move(testIdle + time.Minute)
	users := len(s.Sim.Ledger())
	ended := form.post("Referer", s.url+s.org("/actions/create-user")).want(http.StatusUnauthorized,
		"You are signed out", "What you typed is kept").fine()
	if strings.Contains(ended.body, "Okonkwo") || len(s.Sim.Ledger()) != users {
		t.Error("the page of a stranger shows what was typed, or something was done")
	}
	again := ended.form("Sign in").set("email", s.Owner.Email)
	wrong := again.set("password", "not the password at all").send().want(http.StatusUnprocessableEntity)
	back := wrong.form("Sign in").set("email", s.Owner.Email).set("password", storetest.Password).send()
	f := s.wantTyped(t, back)
	if f.values.Get("run_id") != form.values.Get("run_id") {
		t.Error("the form came back under another run id: it could be done twice")
	}
	f.send().want(http.StatusOK, "amara")
	// Once only.
	b.get(s.org("/actions/create-user?held=1")).want(http.StatusOK).wantNot("What you typed is back")
}

// TestFormAfterSigningOut: the page says no more than is known of why the session ended. What was typed is kept where
// the cookie still says whose it is, and said to be lost elsewhere.
func TestFormAfterSigningOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sign := func() *browser {
		b := s.stranger(t)
		b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
		return b
	}
	const said, lost = "You are signed out The form was not sent.", "What you typed could not be kept."
	b := sign()
	form, other := s.typedUser(b), b.get("/account").form("Sign out")
	other.send()
	p := form.post("Referer", s.url+s.org("/actions/create-user")).want(http.StatusUnauthorized, said, lost,
		"typed again").wantNot("It ends after a time", "is kept for 15 minutes").fine()
	if len(p.all(func(n *node) bool { return attribute(n, "name") == "held" })) != 0 ||
		!p.offers("Sign in and continue") {
		t.Error("a form is held for nobody, or nothing leads on")
	}
	// Nothing was typed: nothing is said to be lost.
	b.request(http.MethodPost, "/signout", nil).wantNot(lost)

	here, there := sign(), sign()
	form = s.typedUser(here)
	there.get("/account").form("Sign out everywhere").send()
	form.post("Referer", s.url+s.org("/actions/create-user")).want(http.StatusUnauthorized, said,
		"What you typed is kept").wantNot(lost)
}

// What one operator typed is nobody else's, however it is asked for, and not for
// long.
func TestHeldFormIsItsOperators(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.Member(t, s.Workspace, catalog.Owner)
	b := s.stranger(t)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	form := s.typedUser(b)
	s.Clock.Move(testIdle + time.Minute)
	ended := form.post("Referer", s.url+s.org("/actions/create-user")).want(http.StatusUnauthorized)
	signIn := ended.form("Sign in")
	held := signIn.values.Get("held")
	signIn.set("email", other.Email).set("password", storetest.Password).send().want(http.StatusOK).wantNot("Okonkwo")
	b.get(s.org("/actions/create-user?held=1")).want(http.StatusOK).wantNot("Okonkwo")
	b.request(http.MethodPost, "/held", url.Values{"held": {held}}).want(http.StatusGone).wantNot("Okonkwo")

	owner := s.stranger(t)
	owner.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	for _, broken := range []string{"", "x", held[:len(held)-4], "AAAA" + held} {
		owner.request(http.MethodPost, "/held", url.Values{"held": {broken}}).want(http.StatusGone)
	}
	s.wantTyped(t, owner.request(http.MethodPost, "/held", url.Values{"held": {held}}).follow())
	s.Clock.Move(store.HeldFormLife)
	owner.request(http.MethodPost, "/held", url.Values{"held": {held}}).want(http.StatusGone)
}

// Nor do a form that is not understood, one that is too long and a database that
// is away cost what was typed.
func TestFormOutlivesTrouble(t *testing.T) {
	t.Parallel()
	s := serve(t, runtest.Apart(t)) // a change that is refused makes all that share the database not ready
	b := s.as(t, s.Owner)
	from := []string{"Referer", s.url + s.org("/actions/create-user")}
	back := func(f *formOfPage, status int) *formOfPage {
		t.Helper()
		return s.wantTyped(t, f.post(from...).want(status).fine().form("Back to the form").send())
	}
	bad := s.typedUser(b)
	id := bad.values.Get("run_id")
	bad.values.Set("run_id", "not an id")
	back(bad, http.StatusBadRequest)

	long := s.typedUser(b)
	long.values.Set("email", strings.Repeat("x", site.MaxBody))
	if got := back(long, http.StatusRequestEntityTooLarge).values.Get("email"); len(got) != site.MaxBody {
		t.Errorf("%d characters of %d came back", len(got), site.MaxBody)
	}

	allow := s.refuse(t, "insert", "run", "disk_full")
	away := s.typedUser(b)
	away.values.Set("run_id", id)
	f := back(away, http.StatusServiceUnavailable)
	allow()
	f.send().want(http.StatusOK, "amara")
}
