package duosim

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// head asks as request does, and returns the answer's headers beside what GET has.
func (b *bench) headAndGet(host string, app Application, path string, pairs ...string) (head, get reply) {
	b.t.Helper()
	return b.call(host, app, http.MethodHead, path, pairs...), b.call(host, app, http.MethodGet, path, pairs...)
}

// TestHeadWhereGetIs asks each call that has a GET, with good keys and bad ones: the
// status and the headers are those of GET, and there is no body.
func TestHeadWhereGetIs(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	user := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	phone := b.AddPhone(b.child.AccountID, PhoneSpec{Number: "+12025550143", UserIDs: []string{user}})
	admin, auth := b.AddApplication(b.child.AccountID, AdminAPI), b.AddApplication(b.child.AccountID, AuthAPI)
	b.SetLogo(b.child.AccountID, []byte("a picture"))
	fill := strings.NewReplacer("{user_id}", user, "{phone_id}", phone, "{integration_key}", auth.IntegrationKey)
	asked := 0
	for _, r := range routes {
		if r.method != http.MethodGet {
			continue
		}
		asked++
		app, wrong := admin, admin
		if strings.HasPrefix(r.pattern, "/auth/") {
			app, wrong = auth, auth
		}
		wrong.SecretKey = strings.Repeat("x", 40)
		path := fill.Replace(r.pattern)
		for _, keys := range []Application{app, wrong} {
			ledger := len(b.Ledger())
			head, get := b.headAndGet(b.child.APIHostname, keys, path)
			if head.Status != get.Status || head.Text != "" || get.Text == "" || len(b.Ledger()) != ledger {
				t.Errorf("HEAD %s: %d %q, and GET has %d", path, head.Status, head.Text, get.Status)
			}
			for _, name := range []string{"Content-Type", "Content-Length", "Etag", "Cache-Control", "Server", "Date"} {
				if head.Header.Get(name) != get.Header.Get(name) {
					t.Errorf("HEAD %s: %s is %q, and GET has %q", path, name, head.Header.Get(name),
						get.Header.Get(name))
				}
			}
			if head.Header.Get("Content-Length") != strconv.Itoa(len(get.Text)) {
				t.Errorf("HEAD %s: length %q, and GET has %d bytes", path, head.Header.Get("Content-Length"),
					len(get.Text))
			}
		}
	}
	if asked < 40 {
		t.Errorf("only %d calls were asked", asked)
	}
	// Ping needs no keys. Where there is no GET there is no HEAD, and a signature is of the method that was sent.
	ping, err := http.NewRequestWithContext(t.Context(), http.MethodHead, b.server.URL+"/auth/v2/ping", nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := b.send(ping); r.Status != http.StatusOK || r.Text != "" {
		t.Error(r.Status, r.Text)
	}
	if r := b.call(b.child.APIHostname, admin, http.MethodHead, "/admin/v1/users/enroll"); r.Status == http.StatusOK {
		t.Error(r.Status)
	}
	swapped := b.request(b.child.APIHostname, admin, http.MethodGet, "/admin/v1/users", nil, b.now())
	swapped.Method = http.MethodHead
	if r := b.send(swapped); r.Status != http.StatusUnauthorized {
		t.Error("signed as GET, sent as HEAD: ", r.Status)
	}
}

// TestHeadDoesNotWait: the headers of a poll come at once, and the news is left for
// the GET.
func TestHeadDoesNotWait(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Hold: time.Hour})
	user := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	b.AddPhone(b.child.AccountID, PhoneSpec{Number: "+12025550143", Type: "Mobile", Platform: "Apple iOS",
		Activated: true, UserIDs: []string{user}})
	auth := b.AddApplication(b.child.AccountID, AuthAPI)
	begun := b.wantOK(b.call(b.child.APIHostname, auth, http.MethodPost, "/auth/v2/auth", "user_id", user, "factor",
		"push", "device", "auto", "async", "1"))
	txid := begun.object()["txid"].(string)
	for range 2 {
		if r := b.call(b.child.APIHostname, auth, http.MethodHead, "/auth/v2/auth_status", "txid",
			txid); r.Status != http.StatusOK {
			t.Fatal(r.Status)
		}
	}
	if r := b.wantOK(b.call(b.child.APIHostname, auth, http.MethodGet, "/auth/v2/auth_status", "txid",
		txid)); r.object()["status"] != "pushed" {
		t.Error(r.Text)
	}
	if r := b.call(b.child.APIHostname, auth, http.MethodHead, "/auth/v2/auth_status", "txid",
		txid); r.Status != http.StatusOK {
		t.Error(r.Status)
	}
}

// TestHeadOfTheControls: the tester's page has headers too.
func TestHeadOfTheControls(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for path, want := range map[string]int{controlsPath: http.StatusOK, controlsPath + "state": http.StatusOK,
		controlsPath + "style.css": http.StatusOK, controlsPath + "clock": http.StatusMethodNotAllowed} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, b.server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.send(r); got.Status != want || got.Text != "" {
			t.Errorf("%s: %d %q", path, got.Status, got.Text)
		}
	}
}
