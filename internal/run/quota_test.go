package run_test

import (
	"errors"
	"strconv"
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

// codesOf is how many bypass codes a user has in the simulator.
func codesOf(t *testing.T, d *runtest.Desk, user string) int {
	t.Helper()
	_, codes, err := d.Runner.User(t.Context(), d.Scope(), d.Client, user)
	if err != nil {
		t.Fatal(err)
	}
	return len(codes)
}

// TestQuotaIsExact: fifty at the same moment by two processes make exactly as many codes as
// the quota allows, and no more.
func TestQuotaIsExact(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	processes := []*run.Runner{d.Runner, d.Process(t, run.Config{})}
	user := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "ada"})
	sneaker := d.Member(t, d.Workspace, catalog.Technician)
	var all sync.WaitGroup
	var made, refused atomic.Int32
	for i := range 50 {
		q := d.Request(t, catalog.Technician, catalog.CreateBypassCodes, form{"user_id": user})
		q.Actor = d.ActorOf(sneaker, catalog.Technician)
		all.Go(func() {
			_, err := processes[i%2].Do(t.Context(), q)
			var over *run.OverQuota
			switch {
			case err == nil:
				made.Add(1)
			case errors.As(err, &over) && over.Used == 10 && over.Wait > 59*time.Minute:
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made.Load() != 10 || refused.Load() != 40 || codesOf(t, d, user) != 10 {
		t.Errorf("%d made, %d refused, %d in Duo", made.Load(), refused.Load(), codesOf(t, d, user))
	}
}

// TestQuotaCounts: a code counts for an hour, each of several counts, what Duo refused does
// not, and what an operator did counts for no other and in every organization.
func TestQuotaCounts(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "ada"})
	other := d.Member(t, d.Workspace, catalog.Technician)
	by := func(o store.Operator, fields form) error {
		q := d.Request(t, catalog.Technician, catalog.CreateBypassCodes, fields)
		q.Actor = d.ActorOf(o, catalog.Technician)
		_, err := d.Do(t, q)
		return err
	}
	codes := func(n int) form { return form{"user_id": user, "count": strconv.Itoa(n)} }
	var over *run.OverQuota
	if err := by(d.Owner, codes(6)); err != nil {
		t.Fatal(err)
	}
	if err := by(d.Owner, form{"user_id": "DUNOWHERE00000000000", "count": "4"}); err == nil {
		t.Fatal("a user who does not exist has codes")
	}
	first := d.Clock.Now()
	d.Clock.Move(10 * time.Minute)
	if err := by(d.Owner, codes(5)); !errors.As(err, &over) || over.Used != 6 || over.Wanted != 5 ||
		over.Until.Sub(first.Add(time.Hour)).Abs() > time.Minute || over.Wait.Round(time.Minute) != 50*time.Minute {
		t.Errorf("eleven within an hour: %v %+v", err, over)
	}
	if err := by(d.Owner, codes(4)); err != nil {
		t.Errorf("what Duo refused counts: %v", err)
	}
	if err := by(other, codes(10)); err != nil {
		t.Errorf("another's codes count: %v", err)
	}
	d.Clock.Move(50*time.Minute + time.Second)
	if err := by(d.Owner, codes(6)); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	if err := by(d.Owner, codes(1)); !errors.As(err, &over) || over.Wait.Round(time.Minute) != 10*time.Minute {
		t.Errorf("the four of ten minutes later count: %v", err)
	}
	if n := codesOf(t, d, user); n != 20 { // the first six are over
		t.Errorf("%d codes in Duo", n)
	}
}

// TestNothingIsDoneUncounted: what cannot be counted is not done, and what needs no counting
// is.
func TestNothingIsDoneUncounted(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "ada"})
	before := runs(t, d)
	d.RefuseUses(t, d.Workspace)
	_, err := d.Do(t, d.Request(t, catalog.Technician, catalog.CreateBypassCodes, form{"user_id": user}))
	if err == nil || codesOf(t, d, user) != 0 || runs(t, d) != before {
		t.Errorf("%v: %d codes, %d runs", err, codesOf(t, d, user), runs(t, d)-before)
	}
	if _, err := d.Do(t, d.Request(t, catalog.Technician, catalog.CreateUser, form{"username": "bob"})); err != nil {
		t.Error(err)
	}
}

// TestQuotaTakesTheRoleAtCommit: the limit is that of the role that is held when the run is
// committed, and of a token's role where that is less.
func TestQuotaTakesTheRoleAtCommit(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "ada"})
	for role, most := range map[catalog.Role]int{catalog.Helpdesk: 1, catalog.Technician: 2, catalog.Owner: 3} {
		err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
			return tx.SetLimits(t.Context(), []store.Limit{{Quota: catalog.BypassCodeQuota.Slug, Role: role.String(),
				Most: most}}, store.Record{Event: store.QuotasSet, Operator: d.Owner.ID, At: d.Clock.Now()})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	technician := d.Member(t, d.Workspace, catalog.Technician)
	var over *run.OverQuota
	for i, c := range []struct {
		who   store.Operator
		claim catalog.Role
		most  int // 0: it is done
	}{
		{technician, catalog.Owner, 0}, {technician, catalog.Helpdesk, 1}, {technician, catalog.Owner, 0},
		{technician, catalog.Owner, 2}, {d.Owner, catalog.Helpdesk, 0}, {d.Owner, catalog.Helpdesk, 1},
		{d.Owner, catalog.Owner, 0}, {d.Owner, catalog.Owner, 0}, {d.Owner, catalog.Owner, 3},
	} {
		q := d.Request(t, c.claim, catalog.CreateBypassCodes, form{"user_id": user})
		q.Actor = d.ActorOf(c.who, c.claim)
		_, err := d.Do(t, q)
		is := errors.As(err, &over)
		if is != (c.most > 0) || is && over.Most != c.most || !is && err != nil {
			t.Errorf("%d: %v %+v", i, err, over)
		}
	}
}
