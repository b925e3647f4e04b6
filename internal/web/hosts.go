package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/views"
)

// refuseForeignHosts refuses requests that name another host than the public
// URL's: a name of an attacker's that leads to our address (DNS rebinding), or a
// proxy that does not pass the name on. Probes ask by address and may.
func (s *Server) refuseForeignHosts(e *echo.Echo, next http.Handler) http.Handler {
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

// whoAsks finds the address that a request comes from: the peer's, or the last
// one in X-Forwarded-For that is not a trusted proxy's.
func whoAsks(proxies []netip.Prefix) echo.IPExtractor {
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(&net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}
