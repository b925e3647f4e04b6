package duo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	testHost   = "api-1a2b3c4d.duosim.localhost"
	testKey    = "DISIMULATEDKEY000001"
	testSecret = "CanarySecretKeyThatMustNeverBeSeen000001"
)

func lend(key string) Secret {
	return func(use func([]byte)) error {
		use([]byte(key))
		return nil
	}
}

func testClient(transport http.RoundTripper) *Client {
	return New(Credentials{Host: testHost, IntegrationKey: testKey, Secret: lend(testSecret)},
		Options{Transport: transport})
}

// serve starts a TLS server for every host of the sandbox and returns the guard that leads there.
func serve(t *testing.T, handler http.HandlerFunc) http.RoundTripper {
	t.Helper()
	server := serveTLS(t, handler)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	transport := newGuard(TransportOptions{SandboxAddress: server.Listener.Addr().String(), SandboxCA: pool}, nil)
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func serveTLS(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{sandboxCertificate(t)}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func sandboxCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "sandbox"},
		DNSNames:     []string{"*.duosim.localhost", "*.duosecurity.com"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// answer returns a handler that gives every request the same answer.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func ok(response string) http.HandlerFunc {
	return answer(200, `{"response": `+response+`, "stat": "OK"}`)
}

// bareJSON shows a value of a failed comparison, with the secrets if it is nothing but one.
func bareJSON(v any) string {
	switch v := v.(type) {
	case Sensitive:
		return string(v)
	case Codes:
		return strings.Join(v, ",")
	}
	text, _ := json.MarshalIndent(v, "", " ")
	return string(text)
}
