package duosim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// serve runs a server until the test ends and returns a client that reaches every name through its socket.
func serve(t *testing.T, o ListenOptions) (Ready, *http.Client) {
	t.Helper()
	sim, err := New(Options{Estate: EstateEmpty})
	if err != nil {
		t.Fatal(err)
	}
	server, err := Listen(t.Context(), "127.0.0.1:0", sim, o)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- server.Serve() }()
	ready := server.Ready()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, ready.Address)
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(ready.CAFile); o.CADir == "" && ready.CAFile != "" && err == nil {
			t.Error("the temporary CA is left behind")
		}
	})
	if !o.HTTP {
		pem, err := os.ReadFile(ready.CAFile)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return ready, &http.Client{Transport: transport}
}

func ping(t *testing.T, client *http.Client, url string) error {
	t.Helper()
	res, err := client.Get(url + "/auth/v2/ping")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.ProtoMajor != 1 {
		t.Errorf("%s: %s %s", url, res.Proto, res.Status)
	}
	return nil
}

func TestM06HTTPSWithItsOwnCA(t *testing.T) {
	t.Parallel()
	ready, client := serve(t, ListenOptions{})
	for _, url := range []string{"https://" + ready.Accounts[0].APIHostname, "https://api-fa000429." + Domain,
		"https://localhost", "https://" + ready.Address} {
		if err := ping(t, client, url); err != nil {
			t.Error(err)
		}
	}
	// A browser that trusts no such CA reads the tester's page all the same, and nothing but that.
	for path, want := range map[string]int{"/sim/": http.StatusOK, "/auth/v2/ping": http.StatusNotFound} {
		res, err := http.Get(strings.TrimSuffix(ready.Controls, controlsPath) + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	if err := ping(t, client, "https://api-5e6f7a8b.duosecurity.com"); err == nil {
		t.Error("the certificate is good for a real Duo host")
	}
}

func TestCAIsKeptOverRestarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, _ := serve(t, ListenOptions{CADir: dir})
	second, _ := serve(t, ListenOptions{CADir: dir})
	pem, err := os.ReadFile(first.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	direct := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer direct.CloseIdleConnections()
	for _, address := range []string{first.Address, second.Address} {
		if err := ping(t, direct, "https://"+address); err != nil {
			t.Error(err)
		}
	}
}

func TestReadyIsTheDocumentedObject(t *testing.T) {
	t.Parallel()
	ready, client := serve(t, ListenOptions{HTTP: true})
	if err := ping(t, client, "http://"+ready.Address); err != nil {
		t.Error(err)
	}
	text, err := json.Marshal(ready)
	if err != nil {
		t.Fatal(err)
	}
	a := ready.Accounts[0]
	want := `{"address":"` + ready.Address + `","scheme":"http","ca_file":"","controls":"http://` + ready.Address +
		`/sim/","accounts":[{"name":"Sandbox MSP","account_id":"` +
		a.AccountID + `","api_hostname":"` + a.APIHostname +
		`","parent":true,"applications":[{"type":"accountsapi","integration_key":"` +
		a.Applications[0].IntegrationKey + `","secret_key":"` + a.Applications[0].SecretKey + `"},{"type":"adminapi",`
	if !strings.HasPrefix(string(text), want) {
		t.Errorf("got  %s\nwant %s…", text, want)
	}
}
