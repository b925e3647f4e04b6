package store_test

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// newRun is a run of the workspace itself.
func newRun(operator uuid.UUID) store.Run {
	return store.Run{ID: uuid.New(), OperatorID: operator, Action: "create-user", Subject: "ada",
		Input: map[string]string{"username": "ada"}, StartedAt: today}
}

func start(t testing.TB, db storetest.DB, ws store.Workspace, r store.Run, fields ...string) {
	t.Helper()
	within(t, db.Store, store.WholeWorkspace(ws.ID),
		func(tx *store.Tx) error { return tx.StartRun(t.Context(), r, fields) })
}

func TestRunIsClosedOnce(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	for _, state := range []string{store.Applied, store.Refused, store.Unknown} {
		r := newRun(owner.ID)
		start(t, db, ws, r)
		finish := func(state, summary string) error {
			return db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
				return tx.FinishRun(t.Context(), r.ID, store.Ending{State: state, Summary: summary},
					today.Add(time.Second))
			})
		}
		if err := finish(state, "the first"); err != nil {
			t.Fatal(err)
		}
		if err := finish(store.Applied, "the second"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: closed a second time (%v)", state, err)
		}
		within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			got, err := tx.Run(t.Context(), r.ID)
			if err != nil || got.State != state || got.Summary != "the first" || got.Subject != "ada" ||
				got.Operator != owner.Email ||
				got.FinishedAt == nil || !got.FinishedAt.Equal(today.Add(time.Second)) || !got.StartedAt.Equal(today) ||
				got.Input["username"] != "ada" {
				t.Errorf("run %+v (%v)", got, err)
			}
			return nil
		})
	}
}

// A form that is sent twice must find its first run, and only with the very same
// values: a secret field that differs counts, though it is stored nowhere.
func TestRepeatedRun(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	r := newRun(owner.ID)
	start(t, db, ws, r, "ada", "secret 1")
	err := db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID),
		func(tx *store.Tx) error { return tx.StartRun(t.Context(), r, nil) })
	if !store.IsConflict(err, "run_pkey") {
		t.Errorf("the same id again: %v", err)
	}
	organization, somebody := uuid.New(), r
	elsewhere, otherAction, otherID := r, r, r
	somebody.OperatorID, elsewhere.OrganizationID, otherAction.Action, otherID.ID = uuid.New(), &organization,
		"delete-user", uuid.New()
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		stored, err := tx.Run(t.Context(), r.ID)
		if err != nil {
			return err
		}
		for what, c := range map[string]struct {
			repeated store.Run
			fields   []string
			want     bool
		}{
			"the same":           {r, []string{"ada", "secret 1"}, true},
			"another secret":     {r, []string{"ada", "secret 2"}, false},
			"fields joined":      {r, []string{"adasecret 1"}, false},
			"a field more":       {r, []string{"ada", "secret 1", ""}, false},
			"another person":     {somebody, []string{"ada", "secret 1"}, false},
			"another place":      {elsewhere, []string{"ada", "secret 1"}, false},
			"another action":     {otherAction, []string{"ada", "secret 1"}, false},
			"another run's form": {otherID, []string{"ada", "secret 1"}, false},
		} {
			if got := tx.SameRun(stored, c.repeated, c.fields); got != c.want {
				t.Errorf("%s: same run %t", what, got)
			}
		}
		return nil
	})
}

func TestParallelStartsOfOneRun(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	r := newRun(owner.ID)
	var started atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			err := db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID),
				func(tx *store.Tx) error { return tx.StartRun(t.Context(), r, nil) })
			if err == nil {
				started.Add(1)
			} else if !store.IsConflict(err, "run_pkey") {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if started.Load() != 1 {
		t.Errorf("%d of 20 forms with the same id would have asked Duo", started.Load())
	}
}

func TestRunsAreListedLatestFirstWithinTheScope(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme Dental", "Birch Legal")
	var ids []uuid.UUID
	for i := range 6 {
		r := newRun(owner.ID)
		r.StartedAt = today.Add(time.Duration(i) * time.Second)
		if i < 4 {
			r.OrganizationID = &made[i%2].ID
		}
		start(t, db, ws, r)
		ids = append(ids, r.ID)
	}
	list := func(sc store.Scope, limit int, after *store.RunMark, wantTotal int, want ...uuid.UUID) {
		t.Helper()
		within(t, db.Store, sc, func(tx *store.Tx) error {
			runs, _, err := tx.FindRuns(t.Context(), store.RunFilter{}, after, limit)
			counts, _, counting := tx.CountRuns(t.Context(), store.RunFilter{}, nil)
			var got []uuid.UUID
			for _, r := range runs {
				got = append(got, r.ID)
			}
			if counts.Total != wantTotal || !slices.Equal(got, want) {
				t.Errorf("%v of %d, want %v of %d", got, counts.Total, want, wantTotal)
			}
			return errors.Join(err, counting)
		})
	}
	every := store.WholeWorkspace(ws.ID)
	list(every, 10, nil, 6, ids[5], ids[4], ids[3], ids[2], ids[1], ids[0])
	list(every, 2, &store.RunMark{At: today.Add(3 * time.Second), ID: ids[3]}, 6, ids[2], ids[1])
	list(store.Within(ws.ID, made[0].ID), 10, nil, 2, ids[2], ids[0])
	list(store.Within(ws.ID), 10, nil, 0)
	err := db.InWorkspace(t.Context(), store.Within(ws.ID, made[0].ID), func(tx *store.Tx) error {
		_, err := tx.Run(t.Context(), ids[1])
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a run outside the scope: %v", err)
	}
}

// TestRunsOfAPhone: what was done to a phone is told of that phone, in that
// account, within the scope, and of no other.
func TestRunsOfAPhone(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	other, otherOwner := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme Dental", "Birch Legal")
	var ids []uuid.UUID
	for i, of := range []struct {
		organization   uuid.UUID
		account, phone string
	}{{made[0].ID, "DA1", "DP1"}, {made[0].ID, "DA1", "DP2"}, {made[0].ID, "DA2", "DP1"}, {made[1].ID, "DA1", "DP1"},
		{made[0].ID, "DA1", "DP1"}} {
		r := newRun(owner.ID)
		r.OrganizationID, r.AccountID, r.Input = &of.organization, of.account, map[string]string{"phone_id": of.phone}
		r.StartedAt = today.Add(time.Duration(i) * time.Second)
		start(t, db, ws, r)
		ids = append(ids, r.ID)
	}
	foreign := newRun(otherOwner.ID)
	foreign.AccountID, foreign.Input = "DA1", map[string]string{"phone_id": "DP1"}
	start(t, db, other, foreign)
	list := func(sc store.Scope, phone string, limit int, want ...uuid.UUID) {
		t.Helper()
		within(t, db.Store, sc, func(tx *store.Tx) error {
			runs, err := tx.RunsOfPhone(t.Context(), "DA1", phone, limit)
			var got []uuid.UUID
			for _, r := range runs {
				got = append(got, r.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", phone, got, want)
			}
			return err
		})
	}
	list(store.Within(ws.ID, made[0].ID), "DP1", 10, ids[4], ids[0])
	list(store.Within(ws.ID, made[0].ID), "DP1", 1, ids[4])
	list(store.Within(ws.ID, made[1].ID), "DP1", 10, ids[3])
	list(store.WholeWorkspace(other.ID), "DP1", 10, foreign.ID)
	list(store.WholeWorkspace(ws.ID), "", 10)
}

// The record of who did what must survive a server that is taken over.
func TestRecordCannotBeRewritten(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	su, app := db.Superuser(t), connect(t, db.AppURL)
	ws, owner := db.Workspace(t)
	closed, open := newRun(owner.ID), newRun(owner.ID)
	start(t, db, ws, closed)
	start(t, db, ws, open)
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		return tx.FinishRun(t.Context(), closed.ID, store.Ending{State: store.Applied, Summary: "done"}, today)
	})
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		return tx.Record(t.Context(), store.Record{Event: store.SignedIn, Operator: owner.ID,
			Summary: "Signed in.", At: today})
	})
	record := column[uuid.UUID](t, su, `select id from run where workspace_id = $1 and action = 'sign-in'`, ws.ID)[0]
	before := rowsOf(t, su, table{name: "run"}, ws.ID)
	for _, sql := range []string{
		`delete from run`,
		`truncate run`,
		`update run set operator_id = operator_id`,
		`update run set action = 'x'`,
		`update run set input = '{}'`,
		`update run set input_mac = ''`,
		`update run set started_at = now()`,
		`update run set ticket = 'x'`,
		`update run set organization_id = null`,
		`update run set id = gen_random_uuid()`,
		`insert into run select * from run on conflict (workspace_id, id) do update set action = 'x'`,
		`alter table run disable row level security`,
		`drop policy closed_once on run`,
		`create rule x as on update to run do instead nothing`,
	} {
		if touched, err := whole(ws.ID).attempt(t, app, sql); code(err) != notPermitted {
			t.Errorf("%s: %d rows, error %v", sql, touched, err)
		}
	}
	if touched, err := whole(ws.ID).attempt(t, app, `update run set summary = 'x' where id = $1`,
		closed.ID); err != nil || touched != 0 {
		t.Errorf("a closed run was rewritten: %d rows (%v)", touched, err)
	}
	// An open run can be closed and not rewritten; a record is closed from the start.
	if touched, err := whole(ws.ID).attempt(t, app, `update run set summary = 'x', subject = 'y' where id = $1`,
		open.ID); code(err) != notPermitted {
		t.Errorf("an open run was rewritten: %d rows (%v)", touched, err)
	}
	for _, column := range []string{"state", "summary", "subject", "finished_at"} {
		for _, id := range []uuid.UUID{closed.ID, record} {
			if touched, err := whole(ws.ID).attempt(t, app, `update run set `+column+` = `+column+` where id = $1`,
				id); err != nil || touched != 0 {
				t.Errorf("%s of a closed run was written: %d rows (%v)", column, touched, err)
			}
		}
	}
	if touched, err := whole(ws.ID).attempt(t, app,
		`update run set state = 'sending', finished_at = null where id = any ($1)`,
		[]uuid.UUID{closed.ID, record}); err != nil || touched != 0 {
		t.Errorf("a closed run was opened again: %d rows (%v)", touched, err)
	}
	for _, sql := range []string{
		`update run set state = 'applied' where id = $1`,
		`update run set finished_at = now() where id = $1`,
	} {
		if _, err := whole(ws.ID).attempt(t, app, sql, open.ID); code(err) != checkBroken && code(err) != notPermitted {
			t.Errorf("%s: half closed (%v)", sql, err)
		}
	}
	if after := rowsOf(t, su, table{name: "run"}, ws.ID); !slices.Equal(before, after) {
		t.Errorf("the record changed\nbefore %s\nafter  %s", before, after)
	}
}
