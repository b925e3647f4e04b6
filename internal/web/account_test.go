package web

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store/storetest"
)

// swapWorkspace puts another workspace into a token.
func swapWorkspace(t *testing.T, token string, workspace uuid.UUID) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	copy(raw, workspace[:])
	return base64.RawURLEncoding.EncodeToString(raw)
}

// TestPasswordIsTakenAsTyped: no character of a password is dropped, folded or refused, and
// its last counts.
func TestPasswordIsTakenAsTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	typed := "  Ünïx \u2003 quail BATTERY \t étude " + strings.Repeat("ab c", 24) + "! "
	s.as(t, s.Owner).get("/account").form("Change password").set("current", storetest.Password).set("new",
		typed).send().want(http.StatusOK, "Your password is changed.")
	for password, status := range map[string]int{
		typed:                          http.StatusSeeOther,
		strings.TrimSpace(typed):       http.StatusUnprocessableEntity,
		typed[:len(typed)-1]:           http.StatusUnprocessableEntity,
		strings.ToLower(typed):         http.StatusUnprocessableEntity,
		norm.NFD.String(typed):         http.StatusUnprocessableEntity,
		strings.ToUpper(typed) + " ":   http.StatusUnprocessableEntity,
		strings.Fields(typed)[0] + "!": http.StatusUnprocessableEntity,
	} {
		b := s.stranger(t)
		b.byHand = true
		if p := b.request(http.MethodPost, "/signin", url.Values{"email": {s.Owner.Email},
			"password": {password}}); p.status != status {
			t.Errorf("%q: status %d, want %d", password, p.status, status)
		}
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	here, there := s.as(t, s.Owner), s.as(t, s.Owner)
	colleague := s.as(t, s.Member(t, s.Workspace, catalog.Auditor))
	p := here.get("/account").want(http.StatusOK, s.Owner.Email)
	p.form("Change password").set("current", "wrong").set("new",
		newPassword).send().want(http.StatusUnprocessableEntity, "This is not your password.")
	p.form("Change password").set("current", storetest.Password).set("new",
		"short").send().want(http.StatusUnprocessableEntity, "This has 5 characters; at least 15 are needed.")
	p.form("Change password").set("current", storetest.Password).set("new",
		storetest.Password).send().want(http.StatusUnprocessableEntity, "This is the password you have.")
	there.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)
	p.form("Change password").set("current", storetest.Password).set("new", newPassword).send().want(http.StatusOK,
		"Your password is changed.")
	there.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
	here.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)
	colleague.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)
	sign := func(password string) *page {
		return s.stranger(t).request(http.MethodPost, "/signin",
			url.Values{"email": {s.Owner.Email}, "password": {password}})
	}
	sign(storetest.Password).want(http.StatusUnprocessableEntity)
	sign(newPassword).want(http.StatusSeeOther)
	here.get("/account").want(http.StatusOK, "Password changed")

	// Guessing the current password is slowed down like signing in.
	for i := range 12 {
		if p := here.request(http.MethodPost, "/account/password",
			url.Values{"current": {"guess"}, "new": {newPassword}}); p.status == http.StatusTooManyRequests {
			return
		} else if i > 8 {
			t.Fatal("guess ", i, " was answered with ", p.status)
		}
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, other := s.stranger(t), s.stranger(t)
	sign := func(b *browser, agent string) {
		b.request(http.MethodPost, "/signin", url.Values{"email": {s.Owner.Email}, "password": {storetest.Password}},
			"User-Agent", agent).want(http.StatusSeeOther)
	}
	sign(b, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0")
	sign(other, "<script>alert(1)</script>\xff"+strings.Repeat("x", 2000))
	colleague := s.Member(t, s.Workspace, catalog.Auditor)
	theirs := s.as(t, colleague)
	p := b.get("/account").want(http.StatusOK, "Firefox on Windows", "This one", "Another browser", "127.1.").fine()
	if n := strings.Count(p.body, `name="session"`); n != 1 {
		t.Fatalf("%d sessions can be ended", n)
	}
	// Somebody else's session cannot.
	ids, err := queryAll[string](t, s.Superuser(t), `select id::text from session where operator_id = $1`, colleague.ID)
	if err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	b.request(http.MethodPost, "/account/sessions", url.Values{"session": {ids[0]}}).want(http.StatusSeeOther)
	theirs.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)
	if p := p.form("End").send().want(http.StatusOK, "That session has ended."); strings.Contains(p.body,
		`name="session"`) {
		t.Error("the session is still listed")
	}
	other.get(s.ws("")).want(http.StatusOK, "Sign in")
	b.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)

	sign(other, "curl/8")
	p = b.get("/account")
	s.Clock.Move(time.Minute)
	p.form("Sign out everywhere").send().want(http.StatusOK, "Sign in")
	for _, b := range []*browser{b, other} {
		b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
	}
	s.as(t, s.Owner).get("/account").want(http.StatusOK, "Signed out everywhere")
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	b.setCookie("tz", "Asia%2FTokyo")
	b.get(s.ws("/operators")).want(http.StatusOK).want(http.StatusOK)
	html := func() *node { return b.get(s.ws("/runs")).all(func(n *node) bool { return n.Data == "html" })[0] }
	if attribute(html(), "data-density") != "comfortable" {
		t.Error("rows are not comfortable at first")
	}
	p := b.get("/account").want(http.StatusOK, "Asia/Tokyo", "JST")
	for _, wrong := range []string{"Mars/Olympus", "../../etc/passwd", "Local", "\x00", strings.Repeat("a", 300)} {
		p := p.form("Save display").set("time_zone", wrong).set("density",
			"compact").send().want(http.StatusUnprocessableEntity, "No time zone has this name.")
		if value, _ := p.box("time_zone"); !strings.HasPrefix(wrong, "\x00") && value != wrong {
			t.Errorf("typed value is lost: %q", value)
		}
	}
	p.form("Save display").set("time_zone", " Australia/Perth ").set("density", "compact").set("theme",
		"dark").send().want(http.StatusOK, "AWST")
	if n := html(); attribute(n, "data-density") != "compact" || attribute(n, "data-theme") != "dark" {
		t.Error(n.Attr)
	}
	// The menu's theme leaves the others as they are.
	b.get("/account").form("Light").send().want(http.StatusOK, "AWST")
	if n := html(); attribute(n, "data-density") != "compact" || attribute(n, "data-theme") != "light" {
		t.Error(n.Attr)
	}
	b.get("/account").form("Save display").set("time_zone", "").send().want(http.StatusOK, "JST")
	b.request(http.MethodPost, "/preferences", url.Values{"density": {"enormous"}}).want(http.StatusBadRequest)
}
