package duosim

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"
)

func TestM11Faults(t *testing.T) {
	t.Parallel()
	create := func(b *bench) reply { return b.asParent("POST", "/admin/v1/users", "username", "ada") }
	read := func(b *bench) reply { return b.asParent("GET", "/admin/v1/users") }
	for _, c := range []struct {
		name        string
		fault       Fault
		read, write int // HTTP status; 0 is a dropped connection
		code        int // of the write
		applied     bool
		retryAfter  string
	}{
		{name: "rate limited", fault: Fault{Kind: RateLimited, RetryAfter: 30 * time.Second}, read: 429, write: 429,
			code: 42901, retryAfter: "30"},
		{name: "rate limited without a hint", fault: Fault{Kind: RateLimited}, read: 429, write: 429, code: 42901},
		{name: "writes rate limited", fault: Fault{Kind: RateLimited, WritesOnly: true}, read: 200, write: 429,
			code: 42901},
		{name: "down", fault: Fault{Kind: Down}, read: 0, write: 0},
		{name: "unavailable", fault: Fault{Kind: Unavailable}, read: 503, write: 503},
		{name: "slow", fault: Fault{Kind: Slow, Delay: time.Millisecond}, read: 200, write: 200, applied: true},
		{name: "revoked", fault: Fault{Kind: Revoked}, read: 401, write: 401, code: 40102},
		{name: "clock off", fault: Fault{Kind: ClockOff, Delay: 10 * time.Minute}, read: 401, write: 401, code: 40105},
		{name: "writing not permitted", fault: Fault{Kind: PermissionRemoved, Grant: WriteResource}, read: 200,
			write: 403, code: 40301},
		{name: "nothing permitted", fault: Fault{Kind: PermissionRemoved}, read: 403, write: 403, code: 40301},
		{name: "answer lost", fault: Fault{Kind: AnswerLost}, read: 200, write: 0, applied: true},
		{name: "error before", fault: Fault{Kind: ErrorBeforeApplying}, read: 200, write: 500, code: 50001},
		{name: "refused in words", fault: Fault{Kind: Refuses, Code: 40301, Message: "Not in your edition"}, read: 403,
			write: 403, code: 40301},
		{name: "refused with status 200", fault: Fault{Kind: Refuses, Code: 40002, Status: 200, WritesOnly: true},
			read: 200, write: 200, code: 40002},
		{name: "error after", fault: Fault{Kind: ErrorAfterApplying}, read: 200, write: 500, code: 50001,
			applied: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, Options{})
			sibling := b.AddChild(b.parent.AccountID, "Sibling")
			b.SetFault(b.child.APIHostname, c.fault)
			if r := read(b); r.Status != c.read {
				t.Errorf("read: %d %s, want %d", r.Status, r.Text, c.read)
			}
			r := create(b)
			if r.Status != c.write || r.Code != c.code || r.Header.Get("Retry-After") != c.retryAfter {
				t.Errorf("write: %d %s, Retry-After %q", r.Status, r.Text, r.Header.Get("Retry-After"))
			}
			if applied := len(b.Ledger()) == 1; applied != c.applied {
				t.Errorf("applied: %v, want %v", applied, c.applied)
			}
			b.wantOK(b.call(sibling.APIHostname, b.parent.Application(AccountsAPI), "GET", "/admin/v1/users",
				"account_id", sibling.AccountID))
			b.SetFault(b.child.AccountID, Fault{})
			b.wantOK(read(b))
		})
	}
}

func TestFaultEndsAfterSomeTimes(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.SetFault(b.child.AccountID, Fault{Kind: RateLimited, Times: 2})
	for range 2 {
		b.wantRefusal(b.asParent("GET", "/admin/v1/users"), 42901, "")
	}
	b.wantOK(b.asParent("GET", "/admin/v1/users"))
}

func TestRefusalInGivenWords(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.wantControl("fault", `{"account":"`+b.child.AccountID+
		`","kind":"refuses","code":40002,"message":"Not now","detail":"no reason","status":200}`)
	r := b.asParent("GET", "/admin/v1/users")
	want := `{"code": 40002, "message": "Not now", "message_detail": "no reason", "stat": "FAIL"}`
	if r.Status != http.StatusOK || r.Text != want {
		t.Errorf("%d %s", r.Status, r.Text)
	}
}

func TestFaultMeetsAChildOnItsParentsHost(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.SetFault(b.child.AccountID, Fault{Kind: RateLimited})
	r := b.call(b.parent.APIHostname, b.parent.Application(AccountsAPI), "GET", "/admin/v1/users", "account_id",
		b.child.AccountID)
	b.wantRefusal(r, 42901, "")
	b.wantOK(b.call(b.parent.APIHostname, b.parent.Application(AccountsAPI), "POST", "/accounts/v1/account/list"))
}

func TestCallerWhoLeavesASlowDuoHasChangedNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.SetFault(b.child.AccountID, Fault{Kind: Slow, Delay: time.Hour})
	req := b.request(b.child.APIHostname, b.parent.Application(AccountsAPI), "POST", "/admin/v1/users",
		url.Values{"username": {"ada"}, "account_id": {b.child.AccountID}}, noon)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if r := b.send(req.WithContext(ctx)); r.Status != 0 {
		t.Fatalf("answered %d", r.Status)
	}
	b.server.Close() // waits for the handler
	if n := len(b.Ledger()); n != 0 {
		t.Errorf("%d effects", n)
	}
}

func TestPingTellsAShiftedClock(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.SetFault(b.parent.APIHostname, Fault{Kind: ClockOff, Delay: 10 * time.Minute})
	req, err := http.NewRequestWithContext(t.Context(), "GET", b.server.URL+"/auth/v2/ping", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = b.parent.APIHostname
	r := b.wantOK(b.send(req))
	if ahead := int64(r.object()["time"].(float64)) - noon.Unix(); ahead != 600 {
		t.Errorf("ping is %d s ahead, want 600", ahead)
	}
}

func TestSentinelUsersFailOnWrites(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		status  int
		applied bool
	}{
		"fault.ratelimited": {429, false}, "fault.answerlost": {0, true}, "fault.error.before": {500, false},
		"fault.error.after": {500, true}, "fault.trashrefused": {200, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, Options{})
			id := b.AddUser(b.child.AccountID, UserSpec{Username: name})
			b.wantOK(b.asParent("GET", "/admin/v1/users/"+id))
			r := b.asParent("POST", "/admin/v1/users/"+id+"/bypass_codes", "count", "1")
			if r.Status != want.status || (len(b.Ledger()) == 1) != want.applied {
				t.Errorf("status %d, %d effects", r.Status, len(b.Ledger()))
			}
			trash := b.asParent("POST", "/admin/v1/users/bulk_send_to_trash", "user_id_list", `["`+id+`"]`)
			if name == "fault.trashrefused" {
				b.wantRefusal(trash, 40301, "")
			} else if trash.Status != want.status {
				t.Errorf("trash: %d", trash.Status)
			}
		})
	}
}
