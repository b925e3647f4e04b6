package duo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// TransportOptions adjust [NewTransport]. The zero value reaches Duo and nothing else.
type TransportOptions struct {
	// SandboxAddress is where a simulator listens, host:port. Hosts ending in SandboxSuffix are
	// dialled there and nowhere else. Without it they are refused.
	SandboxAddress string
	// SandboxCA is the only authority trusted for those hosts.
	SandboxCA *x509.CertPool
}

// NewTransport returns the outbound guard: a transport that connects to Duo's API hosts over TLS
// 1.2 or later on port 443, and refuses everything else before a byte is sent. The address that is
// dialled in the end is checked too, so a name that resolves into a private or special network
// leads nowhere, no matter which server answers for it. The proxy variables of the environment are ignored.
//
// One transport holds one pool of connections and should be shared. Like every
// [http.RoundTripper] it follows no redirects, and [Client] does not either.
func NewTransport(o TransportOptions) http.RoundTripper {
	return newGuard(o, net.DefaultResolver)
}

func newGuard(o TransportOptions, resolver *net.Resolver) *guard {
	duo := &net.Dialer{Timeout: 5 * time.Second, Control: checkDial, Resolver: resolver}
	g := &guard{duo: pool(duo.DialContext, nil)}
	if o.SandboxAddress != "" {
		ca := o.SandboxCA
		if ca == nil {
			ca = x509.NewCertPool() // trusts nobody, where nil would mean the system's authorities
		}
		sandbox := &net.Dialer{Timeout: 5 * time.Second}
		g.sandbox = pool(func(ctx context.Context, network, _ string) (net.Conn, error) {
			return sandbox.DialContext(ctx, network, o.SandboxAddress)
		}, ca)
	}
	return g
}

func pool(dial func(ctx context.Context, network, address string) (net.Conn, error),
	roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:                  nil, // the environment must not choose who sees signed requests
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  maxAuthWait, // the calls have shorter ones
		IdleConnTimeout:        60 * time.Second,
		MaxIdleConns:           200,
		MaxIdleConnsPerHost:    8,
		MaxConnsPerHost:        16,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// guard chooses the pool for a host, or none.
type guard struct {
	duo, sandbox *http.Transport
}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.check(r); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	if strings.HasSuffix(r.URL.Host, SandboxSuffix) {
		return g.sandbox.RoundTrip(r)
	}
	return g.duo.RoundTrip(r)
}

// CloseIdleConnections lets http.Client close the connections of both pools.
func (g *guard) CloseIdleConnections() {
	g.duo.CloseIdleConnections()
	if g.sandbox != nil {
		g.sandbox.CloseIdleConnections()
	}
}

func (g *guard) check(r *http.Request) error {
	if r.URL.Scheme != "https" {
		return &guardError{"only https is allowed"}
	}
	if r.URL.User != nil {
		return &guardError{"the address names a user"}
	}
	host, _, err := ParseHost(r.URL.Host, g.sandbox != nil)
	if err != nil {
		return &guardError{err.Error()}
	}
	if host != r.URL.Host {
		return &guardError{"the host name is not in its plain form"}
	}
	if r.Host != "" && r.Host != host {
		return &guardError{"the Host header names another host"}
	}
	return nil
}

// guardError is a connection that was not made.
type guardError struct{ reason string }

func (e *guardError) Error() string { return e.reason }

// checkDial judges the address that is about to be dialled, after the name was resolved.
func checkDial(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return &guardError{fmt.Sprintf("%q is not an address", address)}
	}
	if target.Port() != 443 {
		return &guardError{fmt.Sprintf("port %d is not 443", target.Port())}
	}
	if !isPublic(target.Addr()) {
		return &guardError{fmt.Sprintf("%s is not a public address", target.Addr())}
	}
	return nil
}
