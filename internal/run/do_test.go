package run_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// runs counts the actions that a workspace's record holds, events of the console
// left out.
func runs(t *testing.T, d *runtest.Desk) int {
	t.Helper()
	total := 0
	for _, r := range recorded(t, d) {
		if _, isAction := catalog.Lookup(r.Action); isAction {
			total++
		}
	}
	return total
}

// recorded is all that a workspace's record holds, latest first.
func recorded(t *testing.T, d *runtest.Desk) []store.Run {
	t.Helper()
	var found []store.Run
	err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) (err error) {
		found, _, err = tx.FindRuns(t.Context(), store.RunFilter{}, nil, 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestForbiddenReachesNeitherRecordNorDuo(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, phone := addUser(d, "ada")
	for _, test := range []struct {
		role   catalog.Role
		action string
		form   form
	}{
		{0, "send-activation-url", form{"phone_id": phone}},
		{catalog.Auditor, "create-bypass-code-for-user", form{"user_id": user}},
		{catalog.Helpdesk, "create-bypass-code-for-user", form{"user_id": user, "valid_secs": "3601"}},
		{catalog.Helpdesk, "update-user", form{"user_id": user, "realname": "x"}},
		{catalog.Technician, "update-user", form{"user_id": user, "status": "bypass"}},
		{catalog.Technician, "delete-user", form{"user_id": user, "permanent": "on", "confirm": "ada"}},
	} {
		q := d.Request(t, test.role, test.action, test.form)
		if _, err := d.Do(t, q); !errors.Is(err, run.ErrForbidden) {
			t.Errorf("%v carries out %s %v: %v", test.role, test.action, test.form, err)
		}
	}
	if n, calls := runs(t, d), d.Sim.Calls(d.Account.AccountID); n != 0 || calls != 0 {
		t.Errorf("%d runs recorded and %d calls made for what nobody was allowed", n, calls)
	}
}

// TestRecordedBeforeDuoIsAsked looks into the database at the moment a request
// leaves: the run is there, committed, and open. Afterwards it is closed.
func TestRecordedBeforeDuoIsAsked(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	q := d.Request(t, catalog.Technician, "update-user", form{"user_id": user, "realname": "Ada L"})
	q.Ticket = "T-1"
	var seen []string
	watched := d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet { // what was there before is read first
			seen = append(seen, d.Record(t, q.ID).State)
		}
		return d.Transport.RoundTrip(r)
	}))
	done, err := d.DoBy(t, watched, q)
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 || seen[0] != store.Sending {
		t.Errorf("while Duo was asked, the record said %q", seen)
	}
	record := d.Record(t, q.ID)
	if record.State != store.Applied || record.Subject != "ada" || record.Summary != "Changed full name." ||
		record.Ticket != "T-1" ||
		record.Operator != d.Owner.Email || record.Input["realname"] != "Ada L" ||
		record.Before["status"] != "active" || *record.OrgSlug != d.Client.Slug || record.FinishedAt == nil {
		t.Errorf("the record tells %+v", record)
	}
	if done.Run.State != store.Applied || done.Run.Summary != record.Summary {
		t.Errorf("the outcome tells %+v", done.Run)
	}
}

func TestTheSameFormTwice(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	q := d.Request(t, catalog.Helpdesk, "create-bypass-code-for-user", form{"user_id": user})
	first, err := d.Do(t, q)
	if err != nil || len(first.Result.Secrets) != 1 {
		t.Fatal(first, err)
	}
	again, err := d.Do(t, q)
	var already *run.AlreadyRun
	if !errors.As(err, &already) || already.Run.State != store.Applied || already.Run.Subject != "ada" {
		t.Errorf("sent again: %v", err)
	}
	if len(again.Result.Secrets) != 0 {
		t.Error("the code is shown a second time")
	}
	if n := len(d.Sim.Ledger()); n != 1 {
		t.Errorf("%d effects in Duo", n)
	}
}

// TestOtherValuesUnderAUsedID: whatever differs, nothing is sent.
func TestOtherValuesUnderAUsedID(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	other := d.Map(t, "Other", d.Sim.AddChild(d.Parent.AccountID, "Other"))
	used := d.Request(t, catalog.Technician, "update-user", form{"user_id": user, "realname": "Ada"})
	if _, err := d.Do(t, used); err != nil {
		t.Fatal(err)
	}
	colleague := d.Member(t, d.Workspace, catalog.Owner)
	for name, change := range map[string]func(*run.Request){
		"another value": func(q *run.Request) {
			q.Input = d.Request(t, 5, "update-user", form{"user_id": user, "realname": "Bob"}).Input
		},
		"a field more": func(q *run.Request) {
			q.Input = d.Request(t, 5, "update-user", form{"user_id": user, "realname": "Ada", "notes": ""}).Input
		},
		"another ticket": func(q *run.Request) { q.Ticket = "T-2" },
		"another action": func(q *run.Request) {
			n := d.Request(t, 5, "delete-user", form{"user_id": user})
			q.Action, q.Input = n.Action, n.Input
		},
		"another organization": func(q *run.Request) { q.Organization = other },
		"another operator":     func(q *run.Request) { q.Actor.Operator = colleague.ID },
		"another organization, seen from there alone": func(q *run.Request) {
			q.Organization, q.Scope = other, store.Within(d.Workspace.ID, other.ID)
		},
	} {
		q := used
		q.Actor = d.Actor(catalog.Owner)
		change(&q)
		if done, err := d.Do(t, q); !errors.Is(err, run.ErrOtherInput) || done.Run.Summary != "" {
			t.Errorf("%s: %v %+v", name, err, done.Run)
		}
	}
	if n := len(d.Sim.Ledger()); n != 1 {
		t.Errorf("%d effects in Duo, want the first alone", n)
	}
}

func TestTwentyAtOnceActOnce(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	q := d.Request(t, catalog.Technician, "create-user", form{"username": "ada"})
	var applied, already atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := d.Do(t, q)
			var again *run.AlreadyRun
			switch {
			case err == nil:
				applied.Add(1)
			case errors.As(err, &again):
				already.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if applied.Load() != 1 || already.Load() != 19 || len(d.Sim.Ledger()) != 1 {
		t.Errorf("%d applied, %d told that it was, %d effects", applied.Load(), already.Load(), len(d.Sim.Ledger()))
	}
}

func TestNotConnected(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	d.Client = d.Organizations(t, d.Workspace, "Acme")[0]
	for _, test := range []struct {
		kind, api string
		own       bool
	}{{"", "", false}, {store.Child, "Accounts API", false}, {store.Parent, "Admin API", false},
		{store.Own, "Admin API", true}} {
		d.Client = connected(t, d, d.Client, test.kind, d.Account)
		q := d.Request(t, catalog.Owner, "create-user", form{"username": "ada"})
		_, err := d.Do(t, q)
		var unconnected *run.NotConnected
		if !errors.As(err, &unconnected) || unconnected.API != test.api || unconnected.Own != test.own {
			t.Errorf("kind %q: %v", test.kind, err)
		}
	}
	if runs(t, d) != 0 {
		t.Error("a run is recorded that could never be sent")
	}
}

// connected stores how an organization is reached, past what the console allows.
func connected(t testing.TB, d *runtest.Desk, o store.Organization, kind string,
	account duosim.Account) store.Organization {
	t.Helper()
	d.Exec(t, `delete from connection where organization_id = $1`, o.ID)
	id, host := "", ""
	if kind == store.Child {
		id, host = account.AccountID, account.APIHostname
	}
	if kind != "" {
		d.Exec(t,
			`insert into connection (workspace_id, organization_id, kind, account_id, api_hostname, mapped_by, mapped_at)
			values ($1, $2, $3, nullif($4, ''), nullif($5, ''), $6, now())`, d.Workspace.ID, o.ID, kind, id,
			host, d.Owner.ID)
	}
	access, err := d.Access(t.Context(), d.Owner.ID, d.Workspace.Slug, o.Slug)
	if err != nil {
		t.Fatal(err)
	}
	return access.Organization
}

// TestTheBrowserLeaves ends the caller's context while Duo is at work: what Duo
// does then is still recorded.
func TestTheBrowserLeaves(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	ctx, leave := context.WithCancel(t.Context())
	q := d.Request(t, catalog.Technician, "create-user", form{"username": "ada"})
	leaving := d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		leave()
		return d.Transport.RoundTrip(r)
	}))
	if _, err := leaving.Do(ctx, q); err != nil || ctx.Err() == nil {
		t.Fatal(err, ctx.Err())
	}
	if record := d.Record(t, q.ID); record.State != store.Applied || len(d.Sim.Ledger()) != 1 {
		t.Errorf("recorded as %s with %d effects", record.State, len(d.Sim.Ledger()))
	}
}

// TestNobodyRecordsElsewhere: a scope that does not hold the organization
// records nothing and sends nothing.
func TestNobodyRecordsElsewhere(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	other := d.Map(t, "Other", d.Sim.AddChild(d.Parent.AccountID, "Other"))
	q := d.Request(t, catalog.Owner, "create-user", form{"username": "ada"})
	q.Scope = store.Within(d.Workspace.ID, other.ID)
	if _, err := d.Do(t, q); err == nil {
		t.Error("carried out in an organization that the scope does not hold")
	}
	if d.Sim.Calls(d.Account.AccountID) != 0 {
		t.Error("Duo was asked")
	}
}

// TestAWriteEndsBeforeAStop: a stopping server waits 35 s for a request in flight,
// of which up to 10 s go to its record.
func TestAWriteEndsBeforeAStop(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	var left time.Duration
	d.Runner = d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		deadline, _ := r.Context().Deadline()
		left = time.Until(deadline)
		return d.Transport.RoundTrip(r)
	}))
	for _, test := range []struct {
		action   string
		form     form
		min, max time.Duration
	}{
		{"create-user", form{"username": "bob"}, 15 * time.Second, 20 * time.Second},
		{"admin-api-action", form{"method": "post", "path": "/admin/v1/users/" + user, "params": "realname=Ada"},
			15 * time.Second, 20 * time.Second},
		// of 30 s for all calls
		{"admin-api-action", form{"method": "get", "path": "/admin/v1/users"}, 8 * time.Second, 10 * time.Second},
	} {
		if _, err := d.Do(t, d.Request(t, catalog.Owner, test.action, test.form)); err != nil {
			t.Errorf("%s %v: %v", test.action, test.form, err)
		}
		if left < test.min || left > test.max {
			t.Errorf("%s %v has %v", test.action, test.form, left)
		}
	}
}
