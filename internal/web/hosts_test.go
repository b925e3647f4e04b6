package web

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"duodesk/internal/run/runtest"
)

// Every route but the probes is closed to other names, for strangers and for the
// signed in, on every method.
func TestForeignHostsAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	own := s.server.PublicURL.Host
	port := own[strings.LastIndex(own, ":"):]
	ask := func(b *browser, method, path, host string) *page {
		r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodPost {
			r.Header.Set("Origin", "http://"+host)
		}
		r.Host = host
		return b.do(r)
	}
	stranger, owner := s.stranger(t), s.as(t, s.Owner)
	for _, route := range routes(s.server) {
		path := strings.NewReplacer(":ws", s.Workspace.Slug, ":org", s.Client.Slug, "*", "app.css").Replace(route.Path)
		want := http.StatusMisdirectedRequest
		if route.Path == "/healthz" || route.Path == "/readyz" {
			want = http.StatusOK
		}
		for _, b := range []*browser{stranger, owner} {
			if p := ask(b, route.Method, path, "evil.example"+port); p.status != want {
				t.Errorf("%s %s for another host is answered with %d", route.Method, route.Path, p.status)
			} else if want != http.StatusOK && strings.Contains(p.body, s.Workspace.Name) {
				t.Errorf("%s %s tells another host of the workspace", route.Method, route.Path)
			}
		}
	}
	for _, host := range []string{"localhost" + port, "127.0.0.1", "127.0.0.1:1", own + ".", own + ".evil.example",
		"user@" + own, "127.0.0.1.evil.example" + port, "[::1]" + port} {
		if p := ask(stranger, http.MethodGet, "/signin", host); p.status < 400 {
			t.Errorf("the host %q is answered with %d", host, p.status)
		}
	}
	p := ask(stranger, http.MethodGet, "/signin", "evil.example")
	p.want(http.StatusMisdirectedRequest, "The console has another name", s.server.PublicURL.String())
	if p.header.Get("Content-Security-Policy") == "" || p.header.Get("X-Request-Id") == "" ||
		strings.Contains(p.body, "evil") {
		t.Error("the refusal is not like other answers: ", p.header, p.body)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/signin", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-Host", "evil.example")
	if p := stranger.do(r); p.status != http.StatusOK || strings.Contains(p.body, "evil") {
		t.Error("X-Forwarded-Host is heard: ", p.status)
	}
}

func TestOneHostInTwoSpellings(t *testing.T) {
	t.Parallel()
	s := serveAt(t, runtest.New(t), "https://Desk.example:443")
	for host, want := range map[string]int{
		"desk.example": 200, "DESK.example": 200, "desk.example:443": 200,
		"desk.example:80": 421, "desk.example:8443": 421, "desk.example.": 421, "www.desk.example": 421,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/signin", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		if p := s.stranger(t).do(r); p.status != want {
			t.Errorf("%s is answered with %d", host, p.status)
		}
	}
}

// A client that could choose the address that its guesses are counted by could guess
// without end.
func TestForwardedForIsBelievedOfProxiesOnly(t *testing.T) {
	t.Parallel()
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	for name, test := range map[string]struct {
		proxies []netip.Prefix
		header  string // of each guess, with % for a number that changes
		slowed  bool
	}{
		"no proxy, so the header is the client's own": {nil, "203.0.113.%", true},
		"another proxy": {[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
			"203.0.113.%", true},
		"the proxy adds the address at the end": {[]netip.Prefix{loopback}, "203.0.113.%", false},
		"a client before the proxy writes one of his own": {[]netip.Prefix{loopback},
			"198.51.100.%, 203.0.113.9", true},
		"two proxies, one behind the other": {[]netip.Prefix{loopback,
			netip.MustParsePrefix("10.0.0.7/32")}, "198.51.100.1, 203.0.113.%, 10.0.0.7", false},
		"a private network is no proxy":                    {[]netip.Prefix{loopback}, "198.51.100.%, 10.0.0.9", true},
		"what is no address is taken for the proxy itself": {[]netip.Prefix{loopback}, "nonsense-%", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveAt(t, runtest.Unconnected(t), "", test.proxies...)
			guesser := s.stranger(t)
			var last *page
			for n := range 7 {
				header := strings.ReplaceAll(test.header, "%", string(rune('1'+n)))
				last = guesser.request(http.MethodPost, "/signin",
					url.Values{"email": {s.Owner.Email}, "password": {"wrong"}}, "X-Forwarded-For", header)
			}
			if slowed := last.status == http.StatusTooManyRequests; slowed != test.slowed {
				t.Errorf("the seventh guess is answered with %d", last.status)
			}
		})
	}
}
