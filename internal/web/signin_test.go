package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/internal/web/site"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	// Signed out, a page leads to the form and the form back to the page.
	f := b.get(s.org("/runs?outcome=applied")).want(http.StatusOK, "Sign in").form("Sign in")
	f.set("email", " "+strings.ToUpper(s.Owner.Email)+" ").set("password", storetest.Password)
	answer := f.post()
	if answer.status != http.StatusSeeOther || answer.header.Get("Location") != s.org("/runs?outcome=applied") {
		t.Fatal(answer.status, answer.header)
	}
	cookie := answer.header.Get("Set-Cookie")
	for _, flag := range []string{"session=", "; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=36000"} {
		if !strings.Contains(cookie, flag) {
			t.Errorf("the cookie lacks %q: %s", flag, cookie)
		}
	}
	if strings.Contains(cookie, "Domain") {
		t.Error("the cookie reaches other hosts: ", cookie)
	}
	answer.follow().want(http.StatusOK, "Runs", s.Owner.Email)
	b.get("/signin?next="+url.QueryEscape(s.ws("/o"))).want(http.StatusOK, "Organizations")

	// Signing out ends the session itself, not only the browser's cookie.
	token := b.cookie("session")
	b.get(s.ws("")).form("Sign out").send().want(http.StatusOK, "Email")
	if b.cookie("session") != "" {
		t.Error("the cookie is still there")
	}
	b.setCookie("session", token)
	b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
}

func TestSignInRotatesTheToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	member := s.Member(t, s.Workspace, catalog.Auditor)
	for name, planted := range map[string]string{"planted": "chosen-by-an-attacker",
		"of another's session": s.token(t, member)} {
		b := s.stranger(t)
		b.setCookie("session", planted)
		b.request(http.MethodPost, "/signin", url.Values{"email": {s.Owner.Email},
			"password": {storetest.Password}}).follow().want(http.StatusOK, s.Owner.Email)
		if b.cookie("session") == planted {
			t.Errorf("%s: the token is the same after signing in", name)
		}
		b.setCookie("session", planted)
		b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Owner.Email)
	}
}

// secureSignIn returns the answers to both steps of a sign-in at a console whose cookies
// are for https alone: a browser here keeps them to itself.
func (s *console) secureSignIn(t *testing.T) (first, second *page) {
	t.Helper()
	b := s.stranger(t)
	b.byHand = true
	first = b.signIn(s.Owner, storetest.Password)
	cookie, _, _ := strings.Cut(first.header.Get("Set-Cookie"), ";")
	code := runtest.Code(t, s.DB, s.Owner, s.Clock.Now())
	return first, b.request(http.MethodPost, "/signin/factor/code", url.Values{"code": {code}}, "Cookie", cookie)
}

func TestSecureCookie(t *testing.T) {
	t.Parallel()
	s := serveAt(t, runtest.New(t), "https://desk.example")
	first, p := s.secureSignIn(t)
	for name, cookie := range map[string]string{"__Host-signin=": first.header.Get("Set-Cookie"),
		"__Host-session=": p.header.Get("Set-Cookie")} {
		if !strings.HasPrefix(cookie, name) || !strings.Contains(cookie, "; Secure") ||
			!strings.Contains(cookie, "; HttpOnly") || !strings.Contains(cookie, "; Path=/;") {
			t.Error(cookie)
		}
	}
	if p.header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
}

// TestRefusalsAreAlike: who may sign in cannot be learnt from the form.
func TestRefusalsAreAlike(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	disabled := s.Member(t, s.Workspace, catalog.Auditor)
	s.Exec(t, `update operator set disabled_at = now() where id = $1`, disabled.ID)
	b := s.stranger(t)
	var first string
	for i, try := range [][2]string{
		{s.Owner.Email, "wrong"}, {"nobody@msp.example", "wrong"}, {"nobody@msp.example", storetest.Password},
		{disabled.Email, storetest.Password},
		{s.Owner.Email, ""}, {"a\x00b@msp.example", "x"}, {"\xff\xfe", "x"}, {"' or 1=1 --", "x"},
	} {
		p := b.request(http.MethodPost, "/signin", url.Values{"email": {try[0]}, "password": {try[1]}})
		p.want(http.StatusUnprocessableEntity, "Email or password is wrong.").wantNot(storetest.Password)
		if p.header.Get("Set-Cookie") != "" {
			t.Error("a refusal sets a cookie")
		}
		value, _ := p.box("email")
		seen := strings.ReplaceAll(withoutEcho(p), `value="`+value+`"`, "")
		if strings.ContainsAny(try[0], "'\x00") || !utf8.ValidString(try[0]) {
			continue // echoed in another form
		}
		if i == 0 {
			first = seen
		} else if seen != first {
			t.Errorf("%q is answered in another way%s", try, difference(first, seen))
		}
	}
}

func TestSignInSlowsDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	wrong := url.Values{"email": {s.Owner.Email}, "password": {"wrong"}}
	guesser := s.stranger(t)
	for range 5 {
		guesser.request(http.MethodPost, "/signin", wrong).want(http.StatusUnprocessableEntity)
	}
	for _, password := range []string{"wrong", storetest.Password} {
		p := guesser.request(http.MethodPost, "/signin", url.Values{"email": {s.Owner.Email}, "password": {password}})
		p.want(http.StatusTooManyRequests, "Too many attempts. Try again in ")
		var seconds int
		if _, err := fmt.Sscan(p.header.Get("Retry-After"), &seconds); err != nil || seconds < 1 || seconds > 300 {
			t.Error("Retry-After: ", p.header.Get("Retry-After"))
		}
	}
	// One person's failures are no one else's trouble, nor a stranger's the owner's.
	s.stranger(t).request(http.MethodPost, "/signin",
		url.Values{"email": {s.Owner.Email}, "password": {storetest.Password}}).want(http.StatusSeeOther)
	other := s.Member(t, s.Workspace, catalog.Auditor)
	s.stranger(t).request(http.MethodPost, "/signin",
		url.Values{"email": {other.Email}, "password": {storetest.Password}}).want(http.StatusSeeOther)
}

// Many addresses together are slowed down too, later.
func TestGuessesFromEverywhereSlowDown(t *testing.T) {
	t.Parallel()
	now, everywhere := time.Now(), store.LoginKey{}
	s := newSite(t)
	for i := range 30 {
		var own, shared store.LoginKey
		own, everywhere, shared = site.LoginKeys(s.Owner.Email, fmt.Sprintf("198.51.100.%d", i))
		if wait, err := s.Store.BeginLogin(t.Context(), now, own, everywhere, shared); err != nil || wait != 0 {
			t.Fatal(i, wait, err)
		}
	}
	own, _, shared := site.LoginKeys(s.Owner.Email, "198.51.100.200")
	if wait, err := s.Store.BeginLogin(t.Context(), now, own, everywhere, shared); err != nil || wait == 0 {
		t.Error("the 31st address is not slowed down", err)
	}
	_, _, one := site.LoginKeys("", "2001:db8:1:2::1")
	_, _, two := site.LoginKeys("", "2001:db8:1:2:3:4:5:6")
	if one != two {
		t.Error("two addresses of one IPv6 network are two strangers: ", one, two)
	}
}

// TestGuessesAreCountedByTheForm sends guesses through the form itself: from an
// address of its own each for one account, and for an account of its own each from
// one address. Of both, the 31st is refused unseen.
func TestGuessesAreCountedByTheForm(t *testing.T) {
	t.Parallel()
	for what, try := range map[string]func(o store.Operator, n int) (email, address string){
		"one account, in changing letters": func(o store.Operator, n int) (string, string) {
			email := o.Email
			if n%2 == 1 {
				email = " " + strings.ToUpper(email)
			}
			return email, fmt.Sprintf("203.0.113.%d", n)
		},
		"one address": func(o store.Operator, n int) (string, string) {
			if n == 30 {
				return o.Email, "2001:db8:1:2::30"
			}
			return fmt.Sprintf("name%d@msp.example", n), fmt.Sprintf("2001:db8:1:2::%x", n)
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := serveAt(t, runtest.Unconnected(t), "", netip.MustParsePrefix("127.0.0.0/8"))
			b := s.stranger(t)
			guess := func(n int, password string) *page {
				email, address := try(s.Owner, n)
				return b.request(http.MethodPost, "/signin", url.Values{"email": {email}, "password": {password}},
					"X-Forwarded-For", address)
			}
			for n := range 30 {
				if p := guess(n, "wrong"); p.status != http.StatusUnprocessableEntity {
					t.Fatalf("guess %d is answered with %d", n+1, p.status)
				}
			}
			guess(30, storetest.Password).want(http.StatusTooManyRequests, "Too many attempts. Try again in ")
		})
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	for range 3 {
		s.Clock.Move(testIdle - time.Minute)
		b.get(s.ws("")).want(http.StatusOK, s.Workspace.Name) // in use, it lives on
	}
	s.Clock.Move(testIdle + time.Second)
	b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)

	b = s.as(t, s.Owner)
	for moved := time.Duration(0); moved+testIdle < testLongest; moved += testIdle - time.Minute {
		b.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)
		s.Clock.Move(testIdle - time.Minute)
	}
	s.Clock.Move(testIdle - time.Minute)
	b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
}

// TestFormAfterTheSessionEnded: it is not carried out, and its page says where to
// go on.
func TestFormAfterTheSessionEnded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, now := s.stranger(t), s.Clock.Now()
	// An older cookie names no operator that the form could be held for.
	b.setCookie("session", madeUp(32))
	if err := s.Store.StartSession(t.Context(), s.Opening(t, s.today(t, s.Owner), hashOfToken(b.cookie("session")), now,
		now.Add(testLongest)), now); err != nil {
		t.Fatal(err)
	}
	f := b.get(s.org("/actions/create-user")).form("Create user").set("username", "late")
	s.Clock.Move(testIdle + time.Second)
	p := f.send("Referer", s.url+s.org("/actions/create-user")).want(http.StatusUnauthorized, "You are signed out")
	if to := p.link("Sign in and continue"); to != "/signin?next="+url.QueryEscape(s.org("/actions/create-user")) {
		t.Error("leads to ", to)
	}
	if len(s.Sim.Ledger()) > 0 {
		t.Error("it was carried out")
	}
}

func TestDisabledOperatorIsOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	member := s.Member(t, s.Workspace, catalog.Technician)
	b := s.as(t, member)
	b.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)
	s.Exec(t, `update operator set disabled_at = now() where id = $1`, member.ID)
	b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
}

// TestRoleIsReadEachTime: a role that was taken away is gone at the next request.
func TestRoleIsReadEachTime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	member := s.Member(t, s.Workspace, catalog.Administrator)
	b := s.as(t, member)
	b.get(s.ws("/o/new")).want(http.StatusOK)
	s.Exec(t, `update membership set role = 'auditor' where operator_id = $1`, member.ID)
	b.get(s.ws("/o/new")).want(http.StatusNotFound)
	s.Exec(t, `delete from membership where operator_id = $1`, member.ID)
	b.get(s.ws("")).want(http.StatusNotFound).wantNot(s.Workspace.Name)
}
