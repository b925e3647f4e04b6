package duosim

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 8, 4, 12, 0, 0, 0, time.UTC)

// bench is a simulator behind a real HTTP server, with one parent and one child.
type bench struct {
	*Sim
	t             *testing.T
	server        *httptest.Server
	parent, child Account
}

func newBench(t *testing.T, o Options) *bench {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	sim, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Sim: sim, t: t, server: httptest.NewServer(sim)}
	t.Cleanup(b.server.Close)
	if o.Estate == EstateNone && len(sim.Accounts()) == 0 {
		b.parent = sim.AddParent("Northwind")
		b.child = sim.AddChild(b.parent.AccountID, "Acme Dental")
	}
	return b
}

// on is the same bench reporting to a subtest.
func (b *bench) on(t *testing.T) *bench {
	sub := *b
	sub.t = t
	return &sub
}

// reply is a decoded answer; Status 0 means that the connection was dropped.
type reply struct {
	Status        int
	Header        http.Header
	Text          string
	Stat          string
	Code          int
	Message       string
	MessageDetail string         `json:"message_detail"`
	Metadata      map[string]int `json:"metadata"`
	Response      any
}

func (r reply) object() map[string]any {
	object, _ := r.Response.(map[string]any)
	return object
}

func (r reply) list() []map[string]any {
	items, _ := r.Response.([]any)
	var out []map[string]any
	for _, item := range items {
		out = append(out, item.(map[string]any))
	}
	return out
}

func (b *bench) send(req *http.Request) reply {
	b.t.Helper()
	res, err := b.server.Client().Do(req)
	if err != nil {
		return reply{}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}
	}
	r := reply{Status: res.StatusCode, Header: res.Header, Text: string(body)}
	_ = json.Unmarshal(body, &r) // some faults answer HTML
	return r
}

// request makes a version 2 SHA-512 request: the parameters in the query, or in a form when the method has a body.
func (b *bench) request(host string, app Application, method, path string, params url.Values,
	date time.Time) *http.Request {
	b.t.Helper()
	line := strings.ReplaceAll(params.Encode(), "+", "%20")
	text := date.Format(time.RFC1123Z)
	mac := hmac.New(sha512.New, []byte(app.SecretKey))
	mac.Write([]byte(strings.Join([]string{text, method, host, path, line}, "\n")))

	target, body := b.server.URL+path, ""
	if method == "POST" {
		body = params.Encode()
	} else {
		target += "?" + params.Encode()
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Host = host
	req.Header.Set("Date", text)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(app.IntegrationKey, hex.EncodeToString(mac.Sum(nil)))
	return req
}

// call sends a request with some account's keys; pairs are names and values in turn.
func (b *bench) call(host string, app Application, method, path string, pairs ...string) reply {
	b.t.Helper()
	params := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		params.Add(pairs[i], pairs[i+1])
	}
	return b.send(b.request(host, app, method, path, params, b.now()))
}

// asParent calls the Admin API of the bench's child with the parent's Accounts API keys.
func (b *bench) asParent(method, path string, pairs ...string) reply {
	b.t.Helper()
	return b.call(b.child.APIHostname, b.parent.Application(AccountsAPI), method, path,
		append(pairs, "account_id", b.child.AccountID)...)
}

// asParentJSON is asParent with a JSON body, which version 5 signatures cover.
func (b *bench) asParentJSON(method, path string, body map[string]any) reply {
	b.t.Helper()
	members := maps.Clone(body)
	members["account_id"] = b.child.AccountID
	text, err := json.Marshal(members)
	if err != nil {
		b.t.Fatal(err)
	}
	app := b.parent.Application(AccountsAPI)
	req := b.request(b.child.APIHostname, app, method, path, nil, b.now())
	req.URL.RawQuery = ""
	sum := func(text string) string { s := sha512.Sum512([]byte(text)); return hex.EncodeToString(s[:]) }
	mac := hmac.New(sha512.New, []byte(app.SecretKey))
	mac.Write([]byte(strings.Join([]string{req.Header.Get("Date"), method, b.child.APIHostname, path, "",
		sum(string(text)), sum("")}, "\n")))
	req.SetBasicAuth(app.IntegrationKey, hex.EncodeToString(mac.Sum(nil)))
	return b.send(withBody(req, string(text), "application/json"))
}

func (b *bench) wantOK(r reply) reply {
	b.t.Helper()
	if r.Status != http.StatusOK || r.Stat != "OK" {
		b.t.Fatalf("got %d %s, want success", r.Status, r.Text)
	}
	return r
}

func (b *bench) wantVoid(r reply) {
	b.t.Helper()
	if b.wantOK(r); r.Response != "" {
		b.t.Fatalf(`got %s, want "response": ""`, r.Text)
	}
}

func (b *bench) wantRefusal(r reply, code int, detail string) {
	b.t.Helper()
	if r.Code != code || r.Status != code/100 || r.Stat != "FAIL" || r.MessageDetail != detail {
		b.t.Fatalf("got %d %s, want code %d with detail %q", r.Status, r.Text, code, detail)
	}
}
