package site

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// A client in the same network as the console is like others, unless
// the operator of the host named that network: nothing is trusted for its kind.
func TestNoNetworkIsAProxyByItself(t *testing.T) {
	t.Parallel()
	for _, near := range []string{"10.0.0.9", "172.16.0.9", "192.168.0.9", "169.254.0.9", "127.0.0.9", "fc00::9",
		"fd00::9", "fe80::9", "::1"} {
		for what, proxies := range map[string][]netip.Prefix{"no proxy": nil,
			"another proxy": {netip.MustParsePrefix("198.51.100.0/24")}} {
			r := &http.Request{RemoteAddr: net.JoinHostPort(near, "4711"),
				Header: http.Header{"X-Forwarded-For": {"203.0.113.1"}}}
			if got := whoAsks(proxies)(r); got != near {
				t.Errorf("%s: a request of %s counts for %s", what, near, got)
			}
		}
		r := &http.Request{RemoteAddr: "198.51.100.7:4711",
			Header: http.Header{"X-Forwarded-For": {"203.0.113.1, " + near}}}
		if got := whoAsks([]netip.Prefix{netip.MustParsePrefix("198.51.100.7/32")})(r); got != near {
			t.Errorf("a request that %s sent through a proxy counts for %s", near, got)
		}
	}
}

// Proxies of large clouds write the port of the client beside its address.
func TestForwardedForWithPorts(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("198.51.100.7/32"), netip.MustParsePrefix("2001:db8:f::/48")}
	for header, want := range map[string]string{
		"203.0.113.1":                              "203.0.113.1",
		"203.0.113.1:4711":                         "203.0.113.1",
		"2001:db8::9":                              "2001:db8::9",
		"2001:DB8:0::9":                            "2001:db8::9",
		"[2001:db8::9]":                            "2001:db8::9",
		"[2001:db8::9]:4711":                       "2001:db8::9",
		"fe80::9%eth0":                             "fe80::9",
		"[fe80::9%eth0]:4711":                      "fe80::9",
		"::ffff:203.0.113.1":                       "203.0.113.1",
		"[::ffff:203.0.113.1]:4711":                "203.0.113.1",
		"203.0.113.1:4711, 198.51.100.7:80":        "203.0.113.1",
		"203.0.113.1:1,[2001:db8:f::1]:443":        "203.0.113.1",
		"203.0.113.66, 203.0.113.1:4711":           "203.0.113.1",
		"203.0.113.1:4711, ":                       "203.0.113.1",
		"198.51.100.7:1, [2001:db8:f::2]":          "198.51.100.7",
		"":                                         "198.51.100.7",
		"203.0.113.1:":                             "198.51.100.7",
		"203.0.113.1:65536":                        "198.51.100.7",
		"203.0.113.1:http":                         "198.51.100.7",
		"[203.0.113.1]":                            "198.51.100.7",
		"[203.0.113.1]:1":                          "198.51.100.7",
		"[2001:db8::9":                             "198.51.100.7",
		"2001:db8::9]:1":                           "198.51.100.7",
		"203.0.113.1, unknown":                     "198.51.100.7",
		"desk.example:443":                         "198.51.100.7",
		"203.0.113.1:4711, unknown, 203.0.113.2:1": "203.0.113.2",
	} {
		r := &http.Request{RemoteAddr: "198.51.100.7:4711", Header: http.Header{"X-Forwarded-For": {header}}}
		if got := whoAsks(proxies)(r); got != want {
			t.Errorf("%q counts for %q, want %q", header, got, want)
		}
		lines := &http.Request{RemoteAddr: "198.51.100.7:4711",
			Header: http.Header{"X-Forwarded-For": strings.Split(header, ",")}}
		if got := whoAsks(proxies)(lines); got != want {
			t.Errorf("%q in several lines counts for %q, want %q", header, got, want)
		}
		bare := &http.Request{RemoteAddr: "203.0.113.9:4711", Header: r.Header}
		if got := whoAsks(proxies)(bare); got != "203.0.113.9" {
			t.Errorf("%q of a stranger counts for %q", header, got)
		}
	}
}
