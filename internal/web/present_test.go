package web

import (
	"net/http"
	"net/url"
	"testing"
)

// leadAway are addresses that browsers take for those of other hosts, or that are none.
var leadAway = []string{
	"//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, `/\/evil.example`, "http://evil.example/",
	"https:evil.example", "//evil.example/%2f..", "javascript:alert(1)", "data:text/html,x",
	"/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "evil.example", "", "?x", "#x",
	"//user@evil.example", "http:///evil.example", "/%zz", "/\x00", "/#\x00", "/w\x7f", "//[::1]/",
}

// TestNextIsLocal follows each payload through the pages that lead on.
func TestNextIsLocal(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	for _, address := range leadAway {
		for _, p := range []*page{
			b.request(http.MethodGet, "/signin?next="+url.QueryEscape(address), nil),
			b.request(http.MethodPost, "/preferences", url.Values{"theme": {"dark"}, "next": {address}}),
		} {
			if p.status != http.StatusSeeOther || p.header.Get("Location") != "/" {
				t.Errorf("%q: %d to %q", address, p.status, p.header.Get("Location"))
			}
		}
		if f := s.stranger(t).get("/signin?next=" +
			url.QueryEscape(address)).form("Sign in"); f.values.Get("next") != "/" {
			t.Errorf("the form leads to %q", f.values.Get("next"))
		}
	}
}
