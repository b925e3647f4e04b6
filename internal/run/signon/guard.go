package signon

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// An owner names the address that this server asks. So the guard refuses what is not the
// public internet, at the moment of dialing, whatever a name resolves to; it follows no
// redirect, ignores the proxies of the environment, and reads a bounded answer.

// guardError is a connection that was not made, with a sentence for the owner.
type guardError struct{ reason string }

func (e *guardError) Error() string { return "signon: " + e.reason }

var errRedirected = &guardError{"The provider redirects instead of answering."}

func newClient(loopback bool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		return checkDial(address, loopback)
	}}
	return &http.Client{
		Timeout:       callTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirected },
		Transport: &guard{loopback: loopback, next: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: callTime,
			IdleConnTimeout: 30 * time.Second, MaxIdleConns: 100, MaxIdleConnsPerHost: 2,
			MaxConnsPerHost:        2 * mostAtOnce,
			MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		}},
	}
}

// checkDial judges the address that is about to be dialed, after the name was resolved.
func checkDial(address string, loopback bool) error {
	target, err := netip.ParseAddrPort(address)
	switch {
	case err != nil:
		return &guardError{"The provider's name leads to no address."}
	case loopback && target.Addr().IsLoopback():
		return nil
	case !duo.IsPublic(target.Addr()):
		return &guardError{"The provider's name leads to a private address. It has to be on the public internet."}
	case target.Port() != 443 && target.Port() != 8443:
		return &guardError{"The provider's address has another port than 443 or 8443."}
	}
	return nil
}

// checkURL judges an address that a provider or an owner gave.
func checkURL(u *url.URL, loopback bool) error {
	addr, err := netip.ParseAddr(u.Hostname())
	local := loopback && (u.Hostname() == "localhost" || err == nil && addr.IsLoopback())
	switch {
	case u.Scheme == "http" && local:
	case u.Scheme != "https":
		return &guardError{"The provider's address does not begin with https://."}
	case u.Hostname() == "" || u.User != nil || u.Opaque != "":
		return &guardError{"The provider's address is not a plain https:// address."}
	case err == nil && !local && !duo.IsPublic(addr):
		return &guardError{"The provider's address is a private one. It has to be on the public internet."}
	case u.Port() != "" && u.Port() != "443" && u.Port() != "8443" && !local:
		return &guardError{"The provider's address has another port than 443 or 8443."}
	}
	return nil
}

type guard struct {
	loopback bool
	next     http.RoundTripper
}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := checkURL(r.URL, g.loopback); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	answer, err := g.next.RoundTrip(r)
	if err == nil {
		answer.Body = &bounded{answer.Body, mostBody}
	}
	return answer, err
}

// CloseIdleConnections lets http.Client close the connections.
func (g *guard) CloseIdleConnections() { g.next.(*http.Transport).CloseIdleConnections() }

// bounded fails where an answer is too long, rather than to pass a part of it.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, &guardError{reasonTooLong}
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// entraShared are the tenants of Entra ID that stand for many, and whose issuer therefore
// cannot be compared.
var entraShared = []string{"common", "organizations", "consumers"}

// IssuerFault says in a sentence why a provider cannot have this issuer; empty: it can.
func (d *Desk) IssuerFault(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil || len([]rune(issuer)) > store.LongestIssuer || text.Bad(issuer) != text.Fine {
		return "This is not an address such as https://login.example.com."
	}
	var refused *guardError
	if errors.As(checkURL(u, d.loopback), &refused) {
		return refused.reason
	}
	if u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(issuer, "?") || strings.HasSuffix(issuer, "#") {
		return "An issuer has no ? and no #."
	}
	if strings.HasSuffix(u.Path, "/.well-known/openid-configuration") {
		return "This is the address of the provider's description. The issuer is the part before /.well-known."
	}
	for _, shared := range entraShared {
		if strings.EqualFold(strings.Split(strings.TrimPrefix(u.Path, "/"), "/")[0], shared) && isEntra(u.Hostname()) {
			return "Entra's “" + shared + "” is for many tenants, and its issuer cannot be checked. " +
				"Use your own tenant's: https://login.microsoftonline.com/TENANT-ID/v2.0."
		}
	}
	return ""
}

func isEntra(host string) bool {
	for _, suffix := range []string{"microsoftonline.com", "microsoftonline.us", "windows.net", "chinacloudapi.cn",
		"microsoftonline.de", "partner.microsoftonline.cn"} {
		if host = strings.ToLower(host); host == suffix || strings.HasSuffix(host, "."+suffix) {
			return true
		}
	}
	return false
}
