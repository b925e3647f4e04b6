package duosim

import (
	"testing"
	"time"
)

func TestM11CallsPerMinuteAreCounted(t *testing.T) {
	t.Parallel()
	now := noon
	b := newBench(t, Options{Now: func() time.Time { return now }, Rates: true})
	user := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	sibling := b.AddChild(b.parent.AccountID, "Sibling")
	window := []string{"mintime", "1785844700000", "maxtime", "1785844800000"}
	for _, c := range []struct {
		most         int
		method, path string
		pairs        []string
	}{
		{40, "GET", "/admin/v1/users", nil},
		{200, "GET", "/admin/v1/users", []string{"limit", "1"}},
		{300, "GET", "/admin/v1/users/" + user, nil},
		{300, "POST", "/admin/v1/users/" + user, []string{"notes", "x"}},
		{50, "GET", "/admin/v2/logs/activity", window},
		{50, "POST", "/admin/v1/bulk", nil},
	} {
		send := func() reply { return b.asParent(c.method, c.path, c.pairs...) }
		if c.path == "/admin/v1/bulk" {
			operation := map[string]any{"method": "POST", "path": "/admin/v1/users/" + user,
				"body": map[string]any{"notes": "x"}}
			send = func() reply {
				return b.asParentJSON(c.method, c.path, map[string]any{"operations": []any{operation}})
			}
		}
		for range c.most {
			b.wantOK(send())
		}
		now = now.Add(20 * time.Second)
		r := send()
		b.wantRefusal(r, 42901, "")
		if got := r.Header.Get("Retry-After"); got != "40" {
			t.Errorf("%s %s: Retry-After %s, want the 40 seconds that are left", c.method, c.path, got)
		}
		b.wantOK(b.call(sibling.APIHostname, b.parent.Application(AccountsAPI), "GET", "/admin/v1/users", "account_id",
			sibling.AccountID))
		now = now.Add(40 * time.Second)
		b.wantOK(send())
		now = now.Add(rateWindow)
	}
	for range 350 {
		b.wantOK(b.asParent("GET", "/admin/v1/settings"))
	}
	b.wantControl("rates", `{"on":false}`)
	for range 50 {
		b.wantOK(b.asParent("GET", "/admin/v1/users"))
	}
}
