package duosim

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// wire is a simulator that listens with TLS and without, and sends texts to it.
type wire struct {
	*bench
	ready map[string]Ready // by scheme
	roots *x509.CertPool
}

func newWire(t *testing.T, o Options) *wire {
	t.Helper()
	b := newBench(t, o)
	w := &wire{bench: b, ready: map[string]Ready{}, roots: x509.NewCertPool()}
	for _, plain := range []bool{false, true} {
		server, err := Listen(t.Context(), "127.0.0.1:0", b.Sim, ListenOptions{HTTP: plain})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve() }()
		t.Cleanup(func() {
			if err := server.Close(context.Background()); err != nil {
				t.Error(err)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
		ready := server.Ready()
		w.ready[ready.Scheme] = ready
	}
	pem, err := os.ReadFile(w.ready["https"].CAFile)
	if err != nil {
		t.Fatal(err)
	}
	w.roots.AppendCertsFromPEM(pem)
	return w
}

// host is the account's host with the port of the scheme.
func (w *wire) host(scheme, hostname string) string {
	_, port, _ := net.SplitHostPort(w.ready[scheme].Address)
	return hostname + ":" + port
}

func (w *wire) exchange(t *testing.T, scheme, hostname, request string) reply {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", w.ready[scheme].Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if scheme == "https" {
		secure := tls.Client(conn, &tls.Config{RootCAs: w.roots, ServerName: hostname})
		if err := secure.HandshakeContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		conn = secure
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := reply{Status: res.StatusCode, Header: res.Header, Text: string(text)}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err, r.Text)
	}
	return r
}

const awkward = "Jürgen 名前 🔑 +~/ *'()! & = %20 <b>"

// Covers M1 (versions 2 and 5, Date and X-Duo-Date), M3 (account_id is signed), M4 (where parameters travel), M6 (TLS)
// and M7 (a host per account), in the form of each official client.
func TestM04EveryClientsWireForm(t *testing.T) {
	t.Parallel()
	w := newWire(t, Options{})
	accounts := w.parent.Application(AccountsAPI)
	for i, client := range wireClients() {
		for _, scheme := range []string{"https", "http"} {
			t.Run(client.name+" over "+scheme, func(t *testing.T) {
				t.Parallel()
				b := w.on(t)
				send := func(app Application, hostname, method, path string, params ...pair) reply {
					host := w.host(scheme, hostname)
					return w.exchange(t, scheme, hostname, client.write(app, noon, method, host, path, params))
				}
				username := fmt.Sprintf("user-%d-%s@acme.example", i, scheme)
				id := pair{"account_id", w.child.AccountID}

				b.wantOK(send(accounts, w.parent.APIHostname, "POST", "/accounts/v1/account/list"))
				made := b.wantOK(send(accounts, w.child.APIHostname, "POST", "/admin/v1/users",
					pair{"username", username}, id, pair{"realname", awkward}, pair{"notes", ""})).object()
				if made["realname"] != awkward || made["notes"] != "" {
					t.Errorf("%q arrived as %q", awkward, made["realname"])
				}
				found := b.wantOK(send(accounts, w.child.APIHostname, "GET", "/admin/v1/users",
					pair{"username", username}, id, pair{"offset", "0"}))
				if len(found.list()) != 1 || found.Header.Get("Content-Type") != "application/json" {
					t.Errorf("found: %s %v", found.Text, found.Header)
				}
				// Through the parent's host, with a repeated parameter whose order the clients disagree on.
				repeated := append(parsePairs(
					"mintime=1785672000000&maxtime=1785844800000&users=b&users=a%20b&users=a%2F&users=a.&users=a~"), id)
				b.wantOK(send(accounts, w.parent.APIHostname, "GET", "/admin/v2/logs/authentication", repeated...))
				b.wantOK(send(w.parent.Application(AdminAPI), w.parent.APIHostname, "GET", "/admin/v1/settings"))

				deleted := send(accounts, w.child.APIHostname, "DELETE",
					"/admin/v1/users/"+made["user_id"].(string), id)
				if client.unsent { // the official Go client cannot, as is known
					b.wantRefusal(deleted, 40103, "")
				} else {
					b.wantVoid(deleted)
				}
				for _, strange := range []pair{{"account_id", w.parent.AccountID}, {"username", "mallory"}} {
					text := client.write(accounts, noon, "GET", w.host(scheme, w.child.APIHostname),
						"/admin/v1/users", []pair{id})
					text = strings.Replace(text, "?", "?"+wireQuery([]pair{strange})+"&", 1)
					b.wantRefusal(w.exchange(t, scheme, w.child.APIHostname, text), 40103, "")
				}
			})
		}
	}
}

func TestM01VersionFourVerifies(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	app := b.parent.Application(AdminAPI)
	body := `{"username":"ada"}`
	digest := sha512.Sum512([]byte(body))
	date := noon.Format(time.RFC1123Z)
	mac := hmac.New(sha512.New, []byte(app.SecretKey))
	mac.Write([]byte(strings.Join([]string{date, "POST", b.parent.APIHostname, "/admin/v1/users", "",
		hex.EncodeToString(digest[:])}, "\n")))
	for text, code := range map[string]int{body: 0, `{"username":"bob"}`: 40103} {
		req := b.request(b.parent.APIHostname, app, "POST", "/admin/v1/users", nil, noon)
		req = withBody(req, text, "application/json")
		req.SetBasicAuth(app.IntegrationKey, hex.EncodeToString(mac.Sum(nil)))
		if r := b.send(req); r.Code != code {
			t.Errorf("%s: %s", text, r.Text)
		}
	}
}

// The official retry after 429 sends the same headers again, so a signature seen before is no replay.
func TestM11TheSameSignedRequestSucceedsLater(t *testing.T) {
	t.Parallel()
	w := newWire(t, Options{})
	client := wireClients()[0]
	app := w.parent.Application(AdminAPI)
	text := client.write(app, noon, "POST", w.host("http", w.parent.APIHostname), "/admin/v1/users",
		[]pair{{"username", "ada"}})
	w.SetFault(w.parent.AccountID, Fault{Kind: RateLimited, RetryAfter: time.Second, Times: 2})
	for range 2 {
		if r := w.exchange(t, "http", w.parent.APIHostname, text); r.Code != 42901 ||
			r.Header.Get("Retry-After") != "1" {
			t.Errorf("limited: %s %v", r.Text, r.Header)
		}
	}
	w.wantOK(w.exchange(t, "http", w.parent.APIHostname, text))
	// The Go client's retry has lost its body, which its signature covers.
	lost := wireClients()[3].write(app, noon, "POST", w.host("http", w.parent.APIHostname), "/admin/v1/users",
		[]pair{{"username", "bob"}})
	head, _, _ := strings.Cut(lost, "\r\n\r\n")
	w.wantRefusal(w.exchange(t, "http", w.parent.APIHostname, head+"\r\n\r\n0\r\n\r\n"), 40103, "")
}

// JSON has numbers and booleans where forms have text; clients send either, for every scalar.
func TestM04ScalarsOfAnyJSONType(t *testing.T) {
	t.Parallel()
	w := newWire(t, Options{})
	client := wireClients()[4]
	id := w.AddUser(w.parent.AccountID, UserSpec{Username: "ada"})
	codes := 0
	for _, members := range []map[string]any{
		{"count": 2, "reuse_count": 0, "valid_secs": 60, "preserve_existing": true},
		{"count": "2", "reuse_count": "0", "valid_secs": "60", "preserve_existing": "true"},
		{"count": "2", "preserve_existing": "1", "unknown": map[string]any{"nested": []int{1}}, "valid_secs": nil},
	} {
		codes += 2
		var params []pair
		client.json = func(any) string { return goBody(members) }
		for name := range maps.Keys(members) {
			params = append(params, pair{name, ""})
		}
		path := "/admin/v1/users/" + id + "/bypass_codes"
		r := w.exchange(t, "http", w.parent.APIHostname, client.write(w.parent.Application(AdminAPI), noon, "POST",
			w.host("http", w.parent.APIHostname), path, params))
		w.wantOK(r)
		if n := len(w.BypassCodes(w.parent.AccountID, id)); n != codes {
			t.Errorf("%v: %d codes, want %d", members, n, codes)
		}
	}
}
