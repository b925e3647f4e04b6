package site

import (
	"net/url"
	"strings"
	"testing"
)

var openRedirects = []string{
	"//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, `/\/evil.example`, "http://evil.example/",
	"https:evil.example", "//evil.example/%2f..", "javascript:alert(1)", "data:text/html,x",
	"/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "evil.example", "", "?x", "#x",
	"//user@evil.example", "http:///evil.example", "/%zz", "/\x00", "/#\x00", "/w\x7f", "//[::1]/",
}

func TestOnlyLocalAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range openRedirects {
		if got := LocalPath(address); got != "/" {
			t.Errorf("%q leads to %q", address, got)
		}
	}
	for _, address := range []string{"/", "/w/northwind/o/acme/users?q=a%20b&page=2", "/w/x#mapping", "/a//b"} {
		if got := LocalPath(address); got != address {
			t.Errorf("%q leads to %q", address, got)
		}
	}
}

// FuzzLocalPath: whatever is accepted stays on this host, as a browser reads it.
func FuzzLocalPath(f *testing.F) {
	for _, address := range append(openRedirects, "/w/x?y=z#a", "/..//evil.example") {
		f.Add(address)
	}
	here := &url.URL{Scheme: "https", Host: "desk.example", Path: "/signin"}
	f.Fuzz(func(t *testing.T, address string) {
		got := LocalPath(address)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.HasPrefix(got, `/\`) ||
			strings.ContainsAny(got, "\r\n\t\\\x00") {
			t.Fatalf("%q leads to %q", address, got)
		}
		to, err := here.Parse(got)
		if err != nil || to.Host != here.Host || to.Scheme != here.Scheme {
			t.Fatalf("%q leads to %v (%v)", address, to, err)
		}
	})
}
