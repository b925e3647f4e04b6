package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// TestCrossSite sends every form the way another site's page would, with the
// operator's cookie.
func TestCrossSite(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Owner)
	forgeries := map[string][]string{
		"another site":     {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"a sister site":    {"Sec-Fetch-Site", "same-site", "Origin", "http://evil.127.0.0.1"},
		"old browser":      {"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
		"a sandboxed page": {"Sec-Fetch-Site", "", "Origin", "null"},
		"other port":       {"Sec-Fetch-Site", "", "Origin", "http://127.0.0.1:1"},
		"saying nothing":   {"Sec-Fetch-Site", "", "Origin", ""},
	}
	before, calls := e.rows(t, e.Workspace), e.Sim.Calls(e.near.account.AccountID)
	asked := 0
	for _, r := range routes(e.server) {
		// a session is refused there: TestWhoMayAsk
		if r.Method == http.MethodGet || r.Path == "/csp" || r.Policy.Token {
			continue
		}
		for _, k := range knownRoutes(r.Method + " " + r.Path) {
			address := strings.NewReplacer(":ws", e.Workspace.Slug, ":org", e.near.org.Slug, ":api", k.api, ":action",
				k.action).Replace(r.Path)
			form := url.Values{}
			if k.form != nil {
				form = k.form(e, &e.near, false)
			}
			for name, header := range forgeries {
				asked++
				p := b.request(r.Method, address, form, header...)
				if p.status != http.StatusForbidden {
					t.Errorf("%s %s from %s: status %d", r.Method, address, name, p.status)
				}
				if faults := append(headerFaults(p.header, false), markupFaults(p.body)...); len(faults) > 0 {
					t.Error(address, name, faults)
				}
			}
		}
	}
	if asked < 100 {
		t.Errorf("only %d forgeries", asked)
	}
	if e.rows(t, e.Workspace) != before || e.Sim.Calls(e.near.account.AccountID) != calls {
		t.Error("a forged form had an effect")
	}
	b.get(e.ws("")).want(http.StatusOK) // still signed in
}

// TestOddRequests: what no form of ours sends is refused before it has an effect.
func TestOddRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	b.setCookie("signin", s.waitingSignIn(t, s.Owner))
	before := s.Sim.Ledger()
	send := func(address, kind, body string) *page {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", s.url)
		r.Header.Set("Content-Type", kind)
		p := b.do(r)
		if faults := append(headerFaults(p.header, false), markupFaults(p.body)...); len(faults) > 0 {
			t.Error(address, faults)
		}
		return p
	}
	const urlencoded = "application/x-www-form-urlencoded"
	for _, r := range routes(s.server) {
		// programs send no forms: TestAPIRefusesFields
		if r.Method == http.MethodGet || r.Path == "/csp" || r.Path == "/signout" || r.Policy.Token {
			continue
		}
		for _, k := range knownRoutes(r.Method + " " + r.Path) {
			address := strings.NewReplacer(":ws", s.Workspace.Slug, ":org", s.Client.Slug, ":api", k.api, ":action",
				k.action).Replace(r.Path)
			for _, kind := range []string{"text/plain", "application/json", "multipart/form-data; boundary=x", "",
				"application/x-www-form-urlencoded; ="} {
				want := http.StatusUnsupportedMediaType
				if r.Path == "/w/:ws/o/import" && strings.HasPrefix(kind, "multipart/") {
					want = http.StatusBadRequest // it takes files, and this is none
				}
				if p := send(address, kind, `{"theme":"dark"}`); p.status != want {
					t.Errorf("%s as %q: status %d", address, kind, p.status)
				}
			}
			if p := send(address, urlencoded, "theme=dark&theme=light&run_id="+
				uuid.NewString()); p.status != http.StatusBadRequest {
				t.Errorf("%s with a repeated field: status %d", address, p.status)
			}
			if p := send(address, urlencoded, "theme=%zz"); p.status != http.StatusBadRequest {
				t.Errorf("%s with a broken escape: status %d", address, p.status)
			}
			if p := send(address, urlencoded, "theme="+
				strings.Repeat("x", max(site.MaxBody, heldOf(r)))); p.status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s with too much: status %d", address, p.status)
			}
		}
	}
	if got := s.Sim.Ledger(); len(got) != len(before) {
		t.Errorf("Duo has changed: %+v", got)
	}
	if op, err := s.OperatorByEmail(t.Context(), s.Owner.Email); err != nil || op.Theme != "auto" {
		t.Errorf("the theme has changed to %q (%v)", op.Theme, err)
	}
}

// heldOf is more than a route takes that brings a long form back.
func heldOf(r site.Route) int {
	if r.Path == views.HeldForm() {
		return site.HeldLimit
	}
	return 0
}

func TestWrongMethods(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, b := range []*browser{s.stranger(t), s.as(t, s.Owner)} {
		known := map[string]bool{}
		for _, r := range routes(s.server) {
			known[r.Method+" "+r.Path] = true
		}
		for _, r := range routes(s.server) {
			if r.Path == "/static/*" {
				continue
			}
			address := strings.NewReplacer(":ws", s.Workspace.Slug, ":org", s.Client.Slug, ":user", "DU1", ":api",
				store.AuthAPI, ":action", "create-user").Replace(r.Path)
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch,
				http.MethodDelete} {
				if known[method+" "+r.Path] {
					continue
				}
				p := b.request(method, address, nil)
				if p.status != http.StatusMethodNotAllowed {
					t.Errorf("%s %s: status %d", method, address, p.status)
				}
				faults := headerFaults(p.header, false)
				if !strings.HasPrefix(r.Path, "/api/") {
					faults = append(faults, markupFaults(p.body)...)
				}
				if len(faults) > 0 {
					t.Error(method, address, faults)
				}
			}
		}
		for _, address := range []string{"/nothing", "/w", "/w/", "//evil.example/", "/W/" + s.Workspace.Slug,
			"/static/nothing.css", "/.git/config", s.ws("/o/") + s.Client.Slug + "/"} {
			p := b.request(http.MethodGet, address, nil)
			if p.status != http.StatusNotFound {
				t.Errorf("%s: status %d", address, p.status)
			}
			if faults := headerFaults(p.header, false); len(faults) > 0 {
				t.Error(address, faults)
			}
		}
	}
}

// TestContentSecurityPolicy: pages run the console's own scripts and send forms to
// the console, and nothing else. The policy is written out here once more, so that
// it is not weakened unseen.
func TestContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const want = "base-uri 'none'; connect-src 'self'; default-src 'none'; form-action 'self'; frame-ancestors 'none'; " +
		"img-src 'self' data:; report-uri /csp; script-src 'self'; style-src 'self'"
	for _, address := range []string{"/signin", "/static/app.css", "/nowhere"} {
		policy := strings.Split(s.stranger(t).get(address).header.Get("Content-Security-Policy"), "; ")
		slices.Sort(policy)
		if got := strings.Join(policy, "; "); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}

func TestStaticFilesMayBeKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.stranger(t).request(http.MethodGet, staticFile, nil)
	if faults := headerFaults(p.header, true); p.status != http.StatusOK || len(faults) > 0 {
		t.Error(p.status, faults)
	}
}

// TestPanic: a fault of ours becomes a page with a number, and the number alone
// leads to what happened.
func TestPanic(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.Runner = nil // code that asks for Duo now panics
	p := s.as(t, s.Owner).get(s.org("/users"))
	p.want(http.StatusInternalServerError, "Something went wrong in the console",
		p.header.Get("X-Request-Id")).wantNot("nil pointer", "goroutine", ".go:")
	if faults := append(headerFaults(p.header, false), markupFaults(p.body)...); len(faults) > 0 {
		t.Error(faults)
	}
	if !strings.Contains(s.Log.String(), p.header.Get("X-Request-Id")) ||
		!strings.Contains(s.Log.String(), "users.go") {
		t.Error("the log does not lead to the fault")
	}
}

// TestClosedTab: a client that leaves is no error of ours.
func TestClosedTab(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, s.ws("/runs"), nil)
	r.Host = s.server.PublicURL.Host
	r.AddCookie(&http.Cookie{Name: "session", Value: s.token(t, s.Owner)})
	Handler(s.server).ServeHTTP(httptest.NewRecorder(), r)
	if log := s.Log.String(); !strings.Contains(log, "request could not be served") || strings.Contains(log, "WARN") {
		t.Error(log)
	}
}
