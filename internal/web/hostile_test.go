package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

var hostileTexts = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' autofocus onfocus='alert(1)`,
	`</td></table></main></body>`, `<!--`, `]]>`, `{{7*7}} ${7*7} <%= 7 %>`,
	"javascript:alert(1)", "\u202egnitirw\u202c \u2066x\u2069 \u200e", "a\x00b\x07\x1b[31mred",
	"line\r\nSet-Cookie: stolen=1\r\n\r\n<html>", strings.Repeat("wide ", 1000), strings.Repeat("W", 5000),
	"\ufeff\u2028\u2029", `<svg/onload=alert(1)>`, "&lt;b&gt; &#60; &amp;", "../../../etc/passwd",
	"%0d%0aX-Injected: 1", "=HYPERLINK(\"http://evil.example\")", "<template><style>*{display:none}</style>",
}

// TestHostileStrings fills every text of a client's Duo with what breaks careless
// pages, and opens every page.
func TestHostileStrings(t *testing.T) {
	t.Parallel()
	for n, text := range hostileTexts {
		e := newFleet(t)
		id := e.near.account.AccountID
		user := e.Sim.AddUser(id, duosim.UserSpec{Username: text, Realname: text, Firstname: text, Lastname: text,
			Email: text, Notes: text, LockoutReason: text,
			Status: []string{duosim.LockedOut, duosim.Active, text}[n%3], Aliases: []string{text, "x" + text}})
		odd := e.Sim.AddPhone(id, duosim.PhoneSpec{Name: text, Number: text, Extension: text, Type: text,
			Platform: text, Model: text, UserIDs: []string{user}})
		phone := e.Sim.AddPhone(id, duosim.PhoneSpec{Name: text, Number: text, Type: "Mobile", Platform: "Apple iOS",
			Model: text, Activated: true, UserIDs: []string{user}})
		code := e.Sim.AddBypassCode(id, user, duosim.BypassSpec{AdminEmail: text})
		group := e.Sim.AddGroup(id, text, text, user)
		e.Sim.AddChild(e.Parent.AccountID, text)
		b := e.as(t, e.Owner)
		b.get(e.ws("/integration")).form("Refresh").send().want(http.StatusOK).fine()
		org := e.orgOf(e.near.org)
		pages := []string{"", "/users", "/users/" + user, "/phones", "/phones/" + phone, "/phones/" + odd,
			"/actions/modify-phone?phone_id=" + odd, "/actions/assign-phone-to-user?from=phone&phone_id=" + odd,
			"/actions/associate-group-with-user?user_id=" + user, "/bypass-codes", "/runs", "/connection"}
		things := "?user_id=" + user + "&phone_id=" + phone + "&bypass_code_id=" + code + "&group_id=" + group
		for i, a := range catalog.All() {
			if i%5 == n%5 && !a.OfWorkspace() { // each meets every fifth text, and each kind of field every text
				pages = append(pages, "/actions/"+a.Slug+things)
			}
		}
		pages = append(pages, "/actions/delete-user"+things+"&permanent=true", "/actions", "/actions/get-user",
			"/actions/get-phone", "/actions/list-users")
		check := func(p *page) {
			t.Helper()
			p.harmless(text)
		}
		for _, more := range pages {
			p := b.get(org + more)
			if p.status != http.StatusOK {
				t.Errorf("%q: %s answers %d", text[:min(20, len(text))], more, p.status)
			}
			check(p)
		}
		for _, more := range []string{"/integration?suggest=1", "/integration/accounts/organizations", "/o/new",
			"/actions/delete-account", "/actions/get-user"} {
			check(b.get(e.ws(more)).want(http.StatusOK))
		}
		e.Sim.SetGroupStatus(id, group, text)
		for _, slug := range []string{"associate-group-with-user", "disassociate-group-from-user"} {
			f := formWith("run_id", uuid.NewString(), "user_id", user, "group_id", group)(nil, nil, false)
			check(b.request(http.MethodPost, org+"/actions/"+slug, f).follow())
			check(b.get(org + "/actions/" + slug + "?user_id=" + user + "&group_id=" + group).want(http.StatusOK))
		}
		check(b.get(org + "/users/" + user).want(http.StatusOK))
		// What an action reads is shown, its raw answer included.
		for _, slug := range []string{"list-users", "get-user", "list-phones", "get-phone", "list-bypass-codes",
			"retrieve-settings", "admin-api-action"} {
			f := formWith("run_id", uuid.NewString(), "user_id", user, "phone_id", phone, "method", "get", "path",
				"/admin/v1/users")(nil, nil, false)
			check(b.request(http.MethodPost, org+"/actions/"+slug, f).want(http.StatusOK))
		}
		// Everything done to such a user is recorded under such a name.
		for _, slug := range []string{"create-bypass-code-for-user", "send-activation-url", "delete-phone-by-id",
			"delete-user"} {
			f := formWith("run_id", uuid.NewString(), "user_id", user, "phone_id", phone, "ticket",
				"T")(nil, nil, false)
			check(b.request(http.MethodPost, org+"/actions/"+slug, f).follow())
			check(b.request(http.MethodPost, org+"/actions/"+slug, f).follow())
		}
		f := formWith("run_id", uuid.NewString(), "user_id", user, "permanent", "true", "confirm",
			"other")(nil, nil, false)
		check(b.request(http.MethodPost, org+"/actions/delete-user", f).want(http.StatusUnprocessableEntity,
			"Type the username exactly as shown"))
		check(b.get(org+"/runs").want(http.StatusOK, "Refused"))
		check(b.get(e.ws("/runs")).want(http.StatusOK))
		check(b.request(http.MethodPost, e.ws("/integration/accounts/organizations"),
			formWith()(nil, nil, false)).follow().want(http.StatusOK))
		check(b.get(e.ws("/o")).want(http.StatusOK))
		for line := range strings.SplitSeq(strings.TrimSpace(e.Log.String()), "\n") {
			if !strings.HasPrefix(line, "time=") || strings.ContainsAny(line, "\x00\x1b\r\u202e") {
				t.Errorf("a broken line in the log: %q", line)
			}
		}
	}
}

// harmless fails the test if a text from Duo got out of its place in a page.
func (p *page) harmless(text string) {
	p.b.t.Helper()
	if faults := append(headerFaults(p.header, false), markupFaults(p.body)...); len(faults) > 0 {
		p.b.t.Errorf("%s with %q: %v", p.address, text[:min(30, len(text))], faults)
	}
	if p.header.Get("X-Injected") != "" {
		p.b.t.Errorf("%s: a header of Duo's", p.address)
	}
	for _, cookie := range p.header.Values("Set-Cookie") { // after a factor the session has another token
		if !regexp.MustCompile(`^session=[\w-]+; Path=/; Expires=[^;]+; Max-Age=\d+; HttpOnly; SameSite=Lax$`).
			MatchString(cookie) {
			p.b.t.Errorf("%s: sets the cookie %s", p.address, cookie)
		}
	}
	// Boxes hold a text as it is, so that it can be edited.
	for _, n := range p.all(func(n *node) bool { return n.Data == "textarea" && n.FirstChild != nil }) {
		n.RemoveChild(n.FirstChild)
	}
	shown := p.text()
	if strings.ContainsAny(shown, "\x00\x07\x1b\u202e\u2066\u200e\ufeff") || !utf8.ValidString(p.body) {
		p.b.t.Errorf("%s shows control characters or marks of direction", p.address)
	}
	// Duo's own answer is whole, in a box that scrolls.
	for _, n := range p.all(func(n *node) bool { return n.Data == "pre" }) {
		n.Parent.RemoveChild(n)
	}
	shown = p.text()
	if strings.Contains(shown, strings.Repeat("W", 400)) || strings.Contains(shown, strings.Repeat("wide ", 80)) {
		p.b.t.Errorf("%s shows a text without bounds", p.address)
	}
}

// TestHostileInput types the same into the console's own boxes.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	for n, text := range hostileTexts {
		f := b.get(s.org("/actions/create-user")).form("Create user")
		for _, name := range []string{"username", "realname", "firstname", "lastname", "email", "notes", "aliases"} {
			f.set(name, text)
		}
		if faults := markupFaults(f.send().body); len(faults) > 0 {
			t.Errorf("%q: %v", text[:min(30, len(text))], faults)
		}
		p := typeNine(b.get(s.ws("/integration")),
			map[string]string{"auth_host": text, "auth_integration_key": text, "auth_secret_key": text}).send()
		if faults := markupFaults(p.want(http.StatusUnprocessableEntity).body); len(faults) > 0 {
			t.Errorf("%q: %v", text[:min(30, len(text))], faults)
		}
		for _, address := range []string{"/o", "/integration", "/o/" + s.Client.Slug + "/users",
			"/o/" + s.Client.Slug + "/phones"} {
			// A search takes any text. What else an address chooses is refused by what it may be, and by its name.
			for q, status := range map[string]int{
				url.Values{"q": {text}}.Encode():        http.StatusOK,
				url.Values{"sort": {text}}.Encode():     http.StatusBadRequest,
				url.Values{"after": {text}}.Encode():    http.StatusBadRequest,
				url.Values{"x" + text: {text}}.Encode(): http.StatusBadRequest,
			} {
				if faults := append(headerFaults(b.get(s.ws(address)+"?"+q).want(status).header, false),
					markupFaults(b.seen[len(b.seen)-1].body)...); len(faults) > 0 {
					t.Errorf("%s?%s: %v", address, q[:min(30, len(q))], faults)
				}
			}
		}
		sheet := formWith("user_id", text, "phone_id", text, "valid_secs", text, "status", text, "count", text,
			"ticket", text, "q", text)(nil, nil, false).Encode()
		for i, a := range catalog.All() {
			if i%3 != n%3 {
				continue
			}
			p := b.get(s.org("/actions/" + a.Slug + "?" + sheet))
			if faults := markupFaults(p.body); len(faults) > 0 || p.status >= 500 {
				t.Errorf("%s: %d %v", a.Slug, p.status, faults)
			}
		}
	}
}
