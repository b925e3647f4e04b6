package duosim

import (
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// What a simulator of Duo must do is numbered M1 to M21 in the list that this package was written from, and every one
// of them is found by the name of a test: TestM01… to TestM21….
func TestEveryMustHasATest(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(gotoken.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, isFunc := d.(*ast.FuncDecl); isFunc {
				names = append(names, f.Name.Name)
			}
		}
	}
	for number := 1; number <= 21; number++ {
		prefix := fmt.Sprintf("TestM%02d", number)
		if !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, prefix) }) {
			t.Errorf("no test is called %s…", prefix)
		}
	}
}

func TestM03AccountIDIsSignedWhereverItTravels(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	sibling := b.AddChild(b.parent.AccountID, "Sibling")
	keys, host := b.parent.Application(AccountsAPI), b.parent.APIHostname
	signed := url.Values{"username": {"ada"}, "account_id": {b.child.AccountID}}
	body := func(values url.Values) func(*http.Request) *http.Request {
		return func(r *http.Request) *http.Request {
			return withBody(r, values.Encode(), "application/x-www-form-urlencoded")
		}
	}
	for name, change := range map[string]func(*http.Request) *http.Request{
		"left out":    body(url.Values{"username": {"ada"}}),
		"another one": body(url.Values{"username": {"ada"}, "account_id": {sibling.AccountID}}),
		"a second one in the query": func(r *http.Request) *http.Request {
			r.URL.RawQuery = "account_id=" + sibling.AccountID
			return r
		},
		"in a JSON body that version 2 does not cover": func(r *http.Request) *http.Request {
			return withBody(r, `{"username":"ada","account_id":"`+b.child.AccountID+`"}`, "application/json")
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := b.on(t)
			b.wantRefusal(b.send(change(b.request(host, keys, "POST", "/admin/v1/users", signed, noon))), 40103, "")
		})
	}
	moved := b.request(host, keys, "POST", "/admin/v1/users", signed, noon)
	moved.URL.RawQuery = "account_id=" + b.child.AccountID
	b.wantOK(b.send(withBody(moved, "username=ada", "application/x-www-form-urlencoded"))) // query and body are one set
	if effects := b.Ledger(); len(effects) != 1 || effects[0].AccountID != b.child.AccountID {
		t.Errorf("effects: %+v", effects)
	}
}

func TestM07EveryAccountHasItsHost(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	own := b.AddApplication(b.child.AccountID, AdminAPI)
	b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	for host, code := range map[string]int{
		b.child.APIHostname: 0, b.child.APIHostname + ":8443": 0, strings.ToUpper(b.child.APIHostname): 0,
		b.parent.APIHostname: 40102, "api-00000000." + Domain: 40102,
	} {
		req := b.request(strings.ToLower(host), own, "GET", "/admin/v1/users", nil, noon)
		req.Host = host
		r := b.send(req)
		if r.Code != code || code == 0 && len(r.list()) != 1 {
			t.Errorf("%s: %s", host, r.Text)
		}
	}
	seen := map[string]bool{}
	for range 50 {
		host := b.AddChild(b.parent.AccountID, "x").APIHostname
		if name, found := strings.CutSuffix(host, "."+Domain); seen[host] || !found ||
			len(name) != len("api-12345678") {
			t.Errorf("host %s", host)
		}
		seen[host] = true
	}
}

func TestM08Envelope(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	user := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	auth := b.AddApplication(b.child.AccountID, AuthAPI)
	wrongKey := auth
	wrongKey.SecretKey += "x"
	for want, r := range map[string]reply{
		`{"response": "", "stat": "OK"}`:                                                                                           b.asParent("DELETE", "/admin/v1/users/DU00000000000000000X"),
		`{"metadata": {"total_objects": 0}, "response": [], "stat": "OK"}`:                                                         b.asParent("GET", "/admin/v1/phones"),
		`{"code": 40401, "message": "Resource not found", "stat": "FAIL"}`:                                                         b.asParent("GET", "/admin/v1/phones/x"),
		`{"code": 40001, "message": "Missing required request parameters", "message_detail": "username", "stat": "FAIL"}`:          b.asParent("POST", "/admin/v1/users"),
		`{"code": 40103, "message": "Invalid signature in request credentials", "stat": "FAIL"}`:                                   b.call(b.child.APIHostname, wrongKey, "GET", "/auth/v2/check"),
		`{"code": 40002, "message": "Invalid request parameters", "message_detail": "no capable device", "stat": "FAIL"}`:          b.call(b.child.APIHostname, auth, "POST", "/auth/v2/auth", "user_id", user, "factor", "push", "device", "auto"),
		`{"code": 40301, "message": "Access forbidden", "message_detail": "Wrong integration type for this API.", "stat": "FAIL"}`: b.call(b.parent.APIHostname, b.parent.Application(AdminAPI), "GET", "/auth/v2/check"),
		`{"response": {"time": ` + fmt.Sprint(noon.Unix()) +
			`}, "stat": "OK"}`: b.call(b.child.APIHostname, auth, "GET", "/auth/v2/check"),
	} {
		if r.Text != want || r.Header.Get("Content-Length") != fmt.Sprint(len(want)) {
			t.Errorf("got  %s (%s)\nwant %s", r.Text, r.Header.Get("Content-Length"), want)
		}
		if r.Stat == "FAIL" && r.Status != r.Code/100 || r.Stat == "OK" && r.Status != http.StatusOK {
			t.Errorf("HTTP %d with %s", r.Status, r.Text)
		}
	}
}

func TestM09WhatIsNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	user := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	for _, path := range []string{"users", "phones", "groups", "tokens", "bypass_codes", "webauthncredentials",
		"integrations", "admins"} {
		b.wantRefusal(b.asParent("GET", "/admin/v1/"+path+"/XX00000000000000000X"), 40401, "")
		if path != "admins" {
			b.wantVoid(b.asParent("DELETE", "/admin/v1/"+path+"/XX00000000000000000X"))
		}
	}
	for _, path := range []string{"phones", "groups", "tokens"} {
		b.wantVoid(b.asParent("DELETE", "/admin/v1/users/"+user+"/"+path+"/XX00000000000000000X"))
		b.wantRefusal(b.asParent("GET", "/admin/v1/users/XX00000000000000000X/"+path), 40401, "")
	}
	b.wantVoid(b.call(b.parent.APIHostname, b.parent.Application(AccountsAPI), "POST", "/accounts/v1/account/delete",
		"account_id", "DA00000000000000000X"))
	if n := len(b.Ledger()); n != 0 {
		t.Errorf("%d effects of nothing", n)
	}
}

// Ranges as documented; what has none is a word, a flag or free text.
func TestM19RangesOfSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	post := func(name, value string) reply { return b.asParent("POST", "/admin/v1/settings", name, value) }
	for name, bounds := range map[string]struct {
		least, most string
		off         bool // 0 stands for off, although it is below the least
		under, over string
	}{
		"lockout_threshold":        {"1", "9999", false, "0", "10000"},
		"lockout_expire_duration":  {"5", "30000", true, "4", "30001"},
		"log_retention_days":       {"1", "365", true, "-1", "366"},
		"minimum_password_length":  {"12", "100", false, "11", "101"},
		"inactive_user_expiration": {"30", "365", true, "29", "366"},
		"pending_deletion_days":    {"1", "30", false, "0", "31"},
		"sms_batch":                {"1", "10", false, "0", "11"},
	} {
		for _, value := range []string{bounds.least, bounds.most} {
			if got := b.wantOK(post(name, value)).object()[name]; fmt.Sprint(got) != value {
				t.Errorf("%s=%s: %v", name, value, got)
			}
		}
		for _, value := range []string{bounds.under, bounds.over, "many"} {
			b.wantRefusal(post(name, value), 40002, name)
		}
		if bounds.off {
			b.wantOK(post(name, "0"))
		}
	}
	for name, forms := range map[string]map[string]any{
		"fraud_email_enabled":      {"1": true, "0": false, "true": true, "False": false},
		"security_checkup_enabled": {"true": 1.0, "0": 0.0}, "sms_refresh": {"1": 1.0, "false": 0.0},
		"helpdesk_bypass": {"deny": "deny"}, "language": {"de": "DE"}, "timezone": {"Europe/Oslo": "Europe/Oslo"},
		"caller_id":      {"12485552794": "12485552794"},
		"sms_expiration": {"": 0.0, "30": 30.0}, "log_retention_days": {"": nil},
	} {
		for value, want := range forms {
			if got := b.wantOK(post(name, value)).object()[name]; got != want {
				t.Errorf("%s=%q: %v, want %v", name, value, got, want)
			}
		}
	}
	b.wantRefusal(post("caller_id", "my phone"), 40002, "caller_id")
	b.wantRefusal(post("helpdesk_message", strings.Repeat("ü", 201)), 40002, "helpdesk_message")
	b.wantOK(post("fraud_email", "a@acme.example"))
	if got := b.wantOK(post("fraud_email_enabled", "0")).object()["fraud_email"]; got != "" {
		t.Errorf("fraud_email after turning it off: %v", got)
	}
	empty := b.wantOK(b.asParent("POST", "/admin/v1/settings"))
	if len(empty.object()) != len(settingTable)+1 {
		t.Errorf("an empty set answered %s", empty.Text)
	}
	if seen := b.wantOK(b.asParent("GET", "/admin/v1/settings", "limit", "100", "offset", "0")); seen.Metadata != nil {
		t.Errorf("settings are paged: %v", seen.Metadata)
	}
}

func TestM02WindowAndClockAreGiven(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Window: 10 * time.Second})
	b.MoveClock(time.Hour)
	for off, code := range map[time.Duration]int{10 * time.Second: 0, -11 * time.Second: 40105, -time.Hour: 40105} {
		req := b.request(b.parent.APIHostname, b.parent.Application(AdminAPI), "GET", "/admin/v1/users", nil,
			noon.Add(time.Hour+off))
		if r := b.send(req); r.Code != code {
			t.Errorf("off by %v: %s", off, r.Text)
		}
	}
}
