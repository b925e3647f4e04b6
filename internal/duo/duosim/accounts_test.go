package duosim

import (
	"crypto/sha1"
	"strings"
	"testing"
)

func TestM12AccountsAPI(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	other := b.AddParent("Another MSP")
	foreign := b.AddChild(other.AccountID, "Foreign")
	accounts := func(path string, pairs ...string) reply {
		return b.call(b.parent.APIHostname, b.parent.Application(AccountsAPI), "POST",
			"/accounts/v1/account/"+path, pairs...)
	}

	b.wantRefusal(accounts("create"), 40001, "name")
	b.wantRefusal(accounts("create", "name", "  "), 40002, "name")
	made := b.wantOK(accounts("create", "name", "Acme Dental")).object() // the same name as the bench's child
	listed := b.wantOK(accounts("list")).list()
	if len(listed) != 2 || listed[1]["account_id"] != made["account_id"] || len(listed[1]) != 3 {
		t.Fatalf("list after create: %v", listed)
	}
	if b.wantOK(b.call(made["api_hostname"].(string), b.parent.Application(AccountsAPI), "GET", "/admin/v1/users",
		"account_id", made["account_id"].(string))); b.Calls(made["account_id"].(string)) != 1 {
		t.Error("a new child cannot be called at once, or the call was not counted")
	}
	b.wantRefusal(accounts("delete", "account_id", foreign.AccountID), 40301, "")
	b.wantVoid(accounts("delete", "account_id", made["account_id"].(string)))
	b.wantVoid(accounts("delete", "account_id", made["account_id"].(string)))
	if n := len(b.wantOK(accounts("list")).list()); n != 1 {
		t.Errorf("%d children after delete", n)
	}
	if n := len(b.Ledger()); n != 2 {
		t.Errorf("%d effects, want one create and one delete", n)
	}
	get := b.call(b.parent.APIHostname, b.parent.Application(AccountsAPI), "GET", "/accounts/v1/account/list")
	b.wantRefusal(get, 40501, "")
}

func TestM12WhoMayCallWhichAccount(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	sibling := b.AddChild(b.parent.AccountID, "Sibling")
	foreign := b.AddChild(b.AddParent("Another MSP").AccountID, "Foreign")
	far := b.AddChild(b.parent.AccountID, "Far away")
	b.PlaceOnOtherDeployment(far.AccountID)
	readOnly := b.AddApplication(b.child.AccountID, AdminAPI, ReadResource)

	accounts, admin, auth := b.parent.Application(AccountsAPI), b.parent.Application(AdminAPI),
		b.parent.Application(AuthAPI)
	for _, c := range []struct {
		name         string
		host         string
		app          Application
		method, path string
		accountID    string
		code         int
		detail       string
	}{
		{"child on its host", b.child.APIHostname, accounts, "GET", "/admin/v1/users", b.child.AccountID, 0, ""},
		{"child on the parent's host", b.parent.APIHostname, accounts, "GET", "/admin/v1/users",
			b.child.AccountID, 0, ""},
		{"child on a sibling's host", sibling.APIHostname, accounts, "GET", "/admin/v1/users",
			b.child.AccountID, 40301, ""},
		{"account_id forgotten", b.child.APIHostname, accounts, "GET", "/admin/v1/users", "", 40301, ""},
		{"account_id unknown", b.child.APIHostname, accounts, "GET", "/admin/v1/users", "DA000000000000000000", 40002,
			"account_id"},
		{"another parent's child", b.parent.APIHostname, accounts, "GET", "/admin/v1/users",
			foreign.AccountID, 40301, ""},
		{"parent itself by Accounts keys", b.parent.APIHostname, accounts, "GET", "/admin/v1/users",
			b.parent.AccountID, 40301, ""},
		{"parent by its Admin keys", b.parent.APIHostname, admin, "GET", "/admin/v1/users", "", 0, ""},
		{"Admin keys with a child's id", b.parent.APIHostname, admin, "GET", "/admin/v1/users",
			b.child.AccountID, 40301, ""},
		{"other deployment, own host", far.APIHostname, accounts, "GET", "/admin/v1/users", far.AccountID, 0, ""},
		{"other deployment, parent's host", b.parent.APIHostname, accounts, "GET", "/admin/v1/users",
			far.AccountID, 40002, ""},
		{"Admin keys on the Auth API", b.parent.APIHostname, admin, "GET", "/auth/v2/check", "", 40301,
			"Wrong integration type for this API."},
		{"Accounts keys on the Auth API", b.parent.APIHostname, accounts, "GET", "/auth/v2/check", "", 40301,
			"Wrong integration type for this API."},
		{"Auth keys on the Admin API", b.parent.APIHostname, auth, "GET", "/admin/v1/users", "", 40301, ""},
		{"Admin keys on the Accounts API", b.parent.APIHostname, admin, "POST", "/accounts/v1/account/list",
			"", 40301, ""},
		{"reading granted", b.child.APIHostname, readOnly, "GET", "/admin/v1/users", "", 0, ""},
		{"writing not granted", b.child.APIHostname, readOnly, "DELETE", "/admin/v1/users/DUx", "", 40301, ""},
		{"settings not granted", b.child.APIHostname, readOnly, "GET", "/admin/v1/settings", "", 40301, ""},
		{"unknown path", b.parent.APIHostname, admin, "GET", "/admin/v1/nonsense", "", 40401, ""},
		{"wrong method", b.parent.APIHostname, admin, "DELETE", "/admin/v1/users", "", 40501, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var pairs []string
			if c.accountID != "" {
				pairs = []string{"account_id", c.accountID}
			}
			b := b.on(t)
			r := b.call(c.host, c.app, c.method, c.path, pairs...)
			if c.code == 0 {
				b.wantOK(r)
			} else {
				b.wantRefusal(r, c.code, c.detail)
			}
		})
	}
	if n := b.Calls(foreign.AccountID); n != 1 {
		t.Errorf("calls naming the foreign account: %d, want the refused one to be counted", n)
	}
}

func TestM05AnswersLookLikeDuos(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.AddUser(b.child.AccountID, UserSpec{Username: "jürgen", Realname: "名前 🔑 <b>&"})
	r := b.wantOK(b.asParent("GET", "/admin/v1/users", "limit", "1"))
	if !strings.HasPrefix(r.Text, `{"metadata": {"total_objects": 1}, "response": [{"alias1": null, `) {
		t.Errorf("members not in Duo's order and spacing: %.90s", r.Text)
	}
	if !strings.Contains(r.Text, `"realname": "\u540d\u524d \ud83d\udd11 <b>&"`) {
		t.Errorf("text not escaped as Python does: %s", r.Text)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Server": "Duo/1.0", "Cache-Control": "no-store", "Pragma": "no-cache",
		"Date": "Tue, 04 Aug 2026 12:00:00 GMT", "Etag": `"` + hexSum(sha1.New(), r.Text) + `"`,
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	refusal := b.asParent("GET", "/admin/v1/users/DU00000000000000000X")
	if want := `{"code": 40401, "message": "Resource not found", "stat": "FAIL"}`; refusal.Text != want {
		t.Errorf("refusal %s, want %s", refusal.Text, want)
	}
	if refusal.Header.Get("Cache-Control") != "" || refusal.Header.Get("Content-Type") != "application/json" {
		t.Errorf("headers of a refusal: %v", refusal.Header)
	}
}
