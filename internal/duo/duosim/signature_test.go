package duosim

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

type vector struct {
	Name, Skey, Host, Date string
	Wire                   struct {
		Method, Target string
		Headers        map[string]string
		Body           string
	}
}

func TestM01OfficialClientsSignaturesVerify(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../testdata/signature-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Count   int
		Vectors []vector
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) != file.Count || file.Count == 0 {
		t.Fatalf("%d vectors, the file says %d", len(file.Vectors), file.Count)
	}
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			if code := v.codeOf(t, func(string) string { return v.Wire.Headers["Authorization"] }); code/100 == 401 {
				t.Errorf("refused with %d", code)
			}
			tampered := func(signature string) string {
				last := map[bool]string{true: "1", false: "0"}[strings.HasSuffix(signature, "0")]
				return signature[:len(signature)-1] + last
			}
			if code := v.codeOf(t, tampered); code != 40103 {
				t.Errorf("with one digit changed: %d, want 40103", code)
			}
		})
	}
}

// codeOf sends the vector's wire form to a simulator that knows its key, with the signature put through change, and
// returns the error code (0 for success).
func (v vector) codeOf(t *testing.T, change func(signature string) string) int {
	t.Helper()
	date, err := http.ParseTime(strings.NewReplacer("-0000", "GMT", "+0000", "GMT").Replace(v.Date))
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{Now: func() time.Time { return date }})
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(v.Wire.Method, v.Wire.Target, strings.NewReader(v.Wire.Body))
	req.Host = v.Host
	for name, value := range v.Wire.Headers {
		req.Header.Set(name, value)
	}
	key, signature, _ := req.BasicAuth()
	if changed := change(signature); strings.HasPrefix(changed, "Basic ") {
		req.Header.Set("Authorization", changed)
	} else {
		req.SetBasicAuth(key, changed)
	}
	a := s.addParent("Vectors")
	a.APIHostname = strings.ToLower(v.Host)
	a.Applications[0].IntegrationKey, a.Applications[0].SecretKey = key, v.Skey

	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, req)
	var body struct{ Code int }
	if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	return body.Code
}

func TestM02RefusalsOfCredentials(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	admin := b.parent.Application(AdminAPI)
	good := func() *http.Request {
		return b.request(b.parent.APIHostname, admin, "GET", "/admin/v1/users", url.Values{"limit": {"1"}}, noon)
	}
	b.wantOK(b.send(good()))

	cases := []struct {
		name   string
		spoil  func(*http.Request)
		code   int
		detail string
	}{
		{"no credentials", func(r *http.Request) { r.Header.Del("Authorization") }, 40101, ""},
		{"not Basic", func(r *http.Request) { r.Header.Set("Authorization", "Bearer abc") }, 40101, ""},
		{"unknown key",
			func(r *http.Request) { _, s, _ := r.BasicAuth(); r.SetBasicAuth("DIXXXXXXXXXXXXXXXXXX", s) }, 40102, ""},
		{"key of the child's neighbour host", func(r *http.Request) { r.Host = b.child.APIHostname }, 40102, ""},
		{"host of nobody", func(r *http.Request) { r.Host = "api-00000000." + Domain }, 40102, ""},
		{"signature of odd length", func(r *http.Request) { r.SetBasicAuth(admin.IntegrationKey, "abcd") }, 40103, ""},
		{"parameter added after signing",
			func(r *http.Request) { r.URL.RawQuery += "&account_id=" + b.child.AccountID }, 40103, ""},
		{"path changed after signing", func(r *http.Request) { r.URL.Path = "/admin/v1/phones" }, 40103, ""},
		{"date changed after signing",
			func(r *http.Request) { r.Header.Set("Date", noon.Add(time.Second).Format(time.RFC1123Z)) }, 40103, ""},
		{"no date", func(r *http.Request) { r.Header.Del("Date") }, 40104, ""},
		{"not a date", func(r *http.Request) { r.Header.Set("Date", "yesterday") }, 40105, ""},
		{"X-Duo-Date wins over Date", func(r *http.Request) { r.Header.Set("X-Duo-Date", "yesterday") }, 40105, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			req := good()
			c.spoil(req)
			b := b.on(t)
			b.wantRefusal(b.send(req), c.code, c.detail)
		})
	}
}

func TestM02ClockDifferenceOfFiveMinutesIsTheLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for _, side := range []time.Duration{-time.Second, time.Second} {
		for seconds, code := range map[time.Duration]int{300: 0, 301: 40105} {
			req := b.request(b.parent.APIHostname, b.parent.Application(AuthAPI), "GET", "/auth/v2/check", nil,
				noon.Add(side*seconds))
			if r := b.send(req); r.Code != code {
				t.Errorf("date off by %v: code %d, want %d", side*seconds, r.Code, code)
			}
		}
	}
}

func TestM04WireFormsOfOtherClients(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	app := b.parent.Application(AdminAPI)
	date := noon.Format(time.RFC1123Z)
	host := b.parent.APIHostname
	sign := func(host, path, line string) string {
		mac := hmac.New(sha1.New, []byte(app.SecretKey))
		mac.Write([]byte(strings.Join([]string{date, "GET", host, path, line}, "\n")))
		return hex.EncodeToString(mac.Sum(nil))
	}
	for name, c := range map[string]struct{ host, signedHost, target, signedPath, line string }{
		"port signed":             {host + ":8443", host + ":8443", "/admin/v1/users", "/admin/v1/users", ""},
		"port not signed":         {host + ":8443", host, "/admin/v1/users", "/admin/v1/users", ""},
		"sorted after encoding":   {host, host, "/admin/v1/users?u=a.&u=a/", "/admin/v1/users", "u=a%2F&u=a."},
		"sorted raw":              {host, host, "/admin/v1/users?u=a/&u=a.", "/admin/v1/users", "u=a.&u=a%2F"},
		"keys sorted, values not": {host, host, "/admin/v1/users?u=2&u=1&a=0", "/admin/v1/users", "a=0&u=2&u=1"},
		"as sent":                 {host, host, "/admin/v1/users?u=2&a=0&u=1", "/admin/v1/users", "u=2&a=0&u=1"},
		"escaped path signed":     {host, host, "/admin/v1/%75sers", "/admin/v1/%75sers", ""},
		"decoded path signed":     {host, host, "/admin/v1/%75sers", "/admin/v1/users", ""},
		"unknown host, by key":    {"127.0.0.1:8443", "127.0.0.1", "/admin/v1/users", "/admin/v1/users", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", b.server.URL+c.target, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		req.Header.Set("Date", date)
		req.SetBasicAuth(app.IntegrationKey, sign(c.signedHost, c.signedPath, c.line))
		if r := b.send(req); r.Status != 200 {
			t.Errorf("%s: %d %s", name, r.Status, r.Text)
		}
	}
}

func TestM04Version2CoversMultipartButNoJSON(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	req := b.request(b.parent.APIHostname, b.parent.Application(AdminAPI), "POST", "/admin/v1/users",
		url.Values{"username": {"ada"}}, noon)

	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("username", "ada"); err != nil {
		t.Fatal(err)
	}
	form.Close()
	// Duo's own Auth API collection labels it so.
	b.wantOK(b.send(withBody(req, body.String(), "application/x-www-form-urlencoded")))

	unsigned := b.request(b.parent.APIHostname, b.parent.Application(AdminAPI), "POST", "/admin/v1/users",
		url.Values{}, noon)
	b.wantRefusal(b.send(withBody(unsigned, `{"username":"mallory"}`, "application/json")), 40103, "")
	if n := len(b.Ledger()); n != 1 {
		t.Errorf("%d effects, want only the multipart one", n)
	}
}

func withBody(req *http.Request, body, contentType string) *http.Request {
	fresh := httptest.NewRequest(req.Method, req.URL.String(), strings.NewReader(body))
	out := req.Clone(req.Context())
	out.Body, out.ContentLength = fresh.Body, int64(len(body))
	out.Header.Set("Content-Type", contentType)
	return out
}
