package site

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/views"
)

// refuseForeignHosts refuses requests that name another host than the public
// URL's: a name of an attacker's that leads to our address (DNS rebinding), or a
// proxy that does not pass the name on. Probes ask by address and may.
func (s *Site) refuseForeignHosts(e *echo.Echo, next http.Handler) http.Handler {
	ours := plainHost(s.PublicURL.Scheme, s.PublicURL.Host)
	refusal := s.fixed(e, views.ForeignHost(s.PublicURL.Scheme+"://"+s.PublicURL.Host))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isProbe(r) && plainHost(s.PublicURL.Scheme, r.Host) != ours {
			refusal.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isProbe reports whether a load balancer or a supervisor asks.
func isProbe(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

// plainHost is a host as browsers write it: in small letters, without the port
// that its scheme implies.
func plainHost(scheme, host string) string {
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	return strings.ToLower(strings.TrimSuffix(host, port))
}

// whoAsks finds the address that a request comes from: the peer's, or the last one
// in X-Forwarded-For that is not a trusted proxy's. Where that entry is no address,
// it is the peer's.
func whoAsks(proxies []netip.Prefix) echo.IPExtractor {
	trusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	return func(r *http.Request) string {
		peer, ok := forwardedAddress(r.RemoteAddr)
		if !ok {
			return ""
		}
		last := peer
		entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for len(entries) > 0 && trusted(last) {
			entry := strings.TrimSpace(entries[len(entries)-1])
			entries = entries[:len(entries)-1]
			if entry == "" {
				continue
			}
			if last, ok = forwardedAddress(entry); !ok {
				return peer.String()
			}
		}
		return last.String()
	}
}

// forwardedAddress reads an address as proxies write it: with or without a port, an
// IPv6 address with or without brackets. A zone is left out: it means something to
// the proxy's machine only.
func forwardedAddress(entry string) (a netip.Addr, ok bool) {
	if inner, bracketed := strings.CutPrefix(entry, "["); bracketed {
		if inner, bracketed = strings.CutSuffix(inner, "]"); bracketed {
			a, err := netip.ParseAddr(inner)
			return a.Unmap().WithZone(""), err == nil && a.Is6()
		}
	}
	a, err := netip.ParseAddr(entry)
	if err != nil {
		var both netip.AddrPort
		both, err = netip.ParseAddrPort(entry)
		a = both.Addr()
	}
	return a.Unmap().WithZone(""), err == nil
}
