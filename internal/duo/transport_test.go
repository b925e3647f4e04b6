package duo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
)

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"1.1.1.1", "8.8.8.8", "54.241.191.128", "99.255.255.255", "100.63.255.255", "100.128.0.0", "172.15.255.255",
		"172.32.0.0", "192.0.1.0", "192.167.255.255", "198.17.255.255", "198.20.0.0", "223.255.255.255",
		"2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1", "3ffe::1",
	} {
		if err := checkDial("tcp", netip.AddrPortFrom(netip.MustParseAddr(address), 443).String(), nil); err != nil {
			t.Errorf("%s is refused: %v", address, err)
		}
		if checkDial("tcp", netip.AddrPortFrom(netip.MustParseAddr(address), 8443).String(), nil) == nil {
			t.Errorf("%s is dialled on port 8443", address)
		}
	}
	for _, address := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.8.8.8",
		"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.31.196.1", "192.52.193.1",
		"192.88.99.1", "192.168.1.1", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
		"224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808",
		"64:ff9b:1::1",
		"100::1", "2001::1", "2001:0:4136:e378::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1",
		"2002:808:808::1", "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
		"fe80::1%eth0", "fec0::1", "ff02::1", "2606:4700::1111%eth0",
	} {
		if checkDial("tcp", netip.AddrPortFrom(netip.MustParseAddr(address), 443).String(), nil) == nil {
			t.Errorf("%s is dialled", address)
		}
	}
}

func TestGuardRefusesAddresses(t *testing.T) {
	t.Parallel()
	inside := newGuard(TransportOptions{SandboxAddress: "127.0.0.1:1"}, nil)
	outside := newGuard(TransportOptions{}, nil)
	for _, address := range []string{
		"http://api-1a2b3c4d.duosecurity.com/", "ftp://api-1a2b3c4d.duosecurity.com/",
		"https://user@api-1a2b3c4d.duosecurity.com/", "https://api-1a2b3c4d.duosecurity.com@evil.example/",
		"https://api-1a2b3c4d.duosecurity.com:443/", "https://api-1a2b3c4d.duosecurity.com:22/",
		"https://api-1a2b3c4d.duosecurity.com./", "https://API-1A2B3C4D.duosecurity.com/",
		"https://api-1a2b3c4d.duosecurity.com.evil.example/", "https://api-1a2b3c4d.evil-duosecurity.com/",
		"https://evil-duosecurity.com/", "https://duosecurity.com/", "https://api-1a2b3c4d.x.duosecurity.com/",
		"https://admin-1a2b3c4d.duosecurity.com/", "https://api-1a2b3c4g.duosecurity.com/",
		"https://api-1a2b3c4.duosecurity.com/",
		"https://api-1a2b3c4d5.duosecurity.com/", "https://xapi-1a2b3c4d.duosecurity.com/",
		"https://api-1a2b3c4d.duösecurity.com/",
		"https://api-1a2b3c4d.xn--dusecurity-57a.com/", "https://127.0.0.1/", "https://[::1]/", "https://2130706433/",
		"https://0x7f.1/",
		"https://localhost/", "https://169.254.169.254/latest/meta-data/", "https://api-1a2b3c4d.localhost/",
		"https:///",
	} {
		for name, guard := range map[string]http.RoundTripper{"with": inside, "without": outside} {
			request, err := http.NewRequest("GET", address, nil)
			if err != nil {
				continue
			}
			if _, err := guard.RoundTrip(request); !refusedByGuard(err) {
				t.Errorf("%s sandbox, %s: %v", name, address, err)
			}
		}
	}
	request, _ := http.NewRequest("GET", "https://api-1a2b3c4d.duosim.localhost/", nil)
	if _, err := outside.RoundTrip(request); !refusedByGuard(err) {
		t.Errorf("a host of the simulator outside the sandbox: %v", err)
	}
	request, _ = http.NewRequest("GET", "https://api-1a2b3c4d.duosecurity.com/", nil)
	request.Host = "api-00000000.duosecurity.com"
	if _, err := outside.RoundTrip(request); !refusedByGuard(err) {
		t.Errorf("one host dialled in the name of another: %v", err)
	}
}

func refusedByGuard(err error) bool {
	_, ok := errors.AsType[*guardError](err)
	return ok
}

// TestNameThatResolvesInward runs a name server that gives addresses of private networks for Duo's
// names: what is checked is the address dialled, so it does not matter who answers, or how often
// the answer changes.
func TestNameThatResolvesInward(t *testing.T) {
	t.Parallel()
	for _, addresses := range [][]string{{"127.0.0.1"}, {"169.254.169.254"}, {"10.0.0.1", "127.0.0.1", "100.64.0.1"}} {
		if err := createWithNameServer(t, addresses); err == nil || err.Failure != AddressRefused || err.Sent {
			t.Errorf("%s: error %v, want %q", addresses, err, AddressRefused)
		}
	}
}

func TestUnknownName(t *testing.T) {
	t.Parallel()
	if err := createWithNameServer(t, nil); err == nil || err.Failure != NameNotResolved || err.Sent {
		t.Errorf("error %v, want %q", err, NameNotResolved)
	}
}

func createWithNameServer(t *testing.T, addresses []string) *TransportError {
	c := New(Credentials{Host: "api-1a2b3c4d.duosecurity.com", IntegrationKey: testKey, Secret: lend(testSecret)},
		Options{Transport: newGuard(TransportOptions{}, nameServer(t, addresses))})
	_, err := c.CreateUser(t.Context(), UserFields{Username: new("ada")})
	failed, _ := errors.AsType[*TransportError](err)
	return failed
}

// nameServer is a resolver whose questions go to a name server on loopback that answers every
// question for an IPv4 address with the given ones.
func nameServer(t *testing.T, addresses []string) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, client, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			end := 12 // of the question's name
			for end < n && buffer[end] != 0 {
				end += 1 + int(buffer[end])
			}
			question := buffer[12 : end+5]
			reply := append([]byte{buffer[0], buffer[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
			if binary.BigEndian.Uint16(question[len(question)-4:]) == 1 {
				reply[7] = byte(len(addresses))
				for _, address := range addresses {
					reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
					reply = append(reply, netip.MustParseAddr(address).AsSlice()...)
				}
			}
			socket.WriteTo(reply, client)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

func TestEnvironmentProxyIsIgnored(t *testing.T) {
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	var connections atomic.Int32
	go func() {
		for {
			c, err := proxy.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			c.Close()
		}
	}()
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"} {
		t.Setenv(name, "http://"+proxy.Addr().String())
	}
	if _, err := testClient(serve(t, ok(`{"user_id": "DU1"}`))).User(t.Context(), "DU1"); err != nil {
		t.Errorf("with proxy variables set: %v", err)
	}
	if connections.Load() != 0 {
		t.Error("the proxy of the environment saw the request")
	}
}

func TestRedirectToLoopbackIsNotFollowed(t *testing.T) {
	t.Parallel()
	var followed atomic.Int32
	inside := serveTLS(t, func(http.ResponseWriter, *http.Request) { followed.Add(1) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := testClient(serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, inside.URL+r.URL.Path, status)
		}))
		_, err := c.User(t.Context(), "DU1")
		if failed, ok := errors.AsType[*TransportError](err); !ok || failed.Failure != Redirected {
			t.Errorf("status %d: %v", status, err)
		}
	}
	if followed.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// TestOldTLSIsRefused: a host that knows nothing newer than TLS 1.1 gets no request,
// and so no signature made with a key.
func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	for version, served := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false,
		tls.VersionTLS12: true, tls.VersionTLS13: true} {
		var asked atomic.Int32
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			ok(`{"user_id": "DU1"}`)(w, r)
		}))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.TLS = &tls.Config{Certificates: []tls.Certificate{sandboxCertificate(t)}, MinVersion: version,
			MaxVersion: version}
		server.StartTLS()
		t.Cleanup(server.Close)
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		transport := newGuard(TransportOptions{SandboxAddress: server.Listener.Addr().String(), SandboxCA: roots}, nil)
		t.Cleanup(transport.CloseIdleConnections)
		if _, err := testClient(transport).User(t.Context(), "DU1"); (err == nil) != served ||
			(asked.Load() > 0) != served {
			t.Errorf("%s: asked %d times (%v)", tls.VersionName(version), asked.Load(), err)
		}
	}
}
