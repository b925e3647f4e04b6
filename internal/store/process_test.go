package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// newProcess registers a process whose heartbeat is due every two seconds and was
// written so long ago.
func newProcess(t testing.TB, db storetest.DB, silent time.Duration) uuid.UUID {
	t.Helper()
	id := uuid.New()
	if _, err := db.BeginProcess(t.Context(), id, 2*time.Second); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `update process set heartbeat_at = clock_timestamp() - $2::interval where id = $1`, id, silent)
	return id
}

func sentBy(operator, process uuid.UUID) store.Run {
	r := newRun(operator)
	r.ProcessID, r.Within = &process, 20*time.Second
	return r
}

// read returns a run as pages see it.
func read(t testing.TB, db storetest.DB, ws store.Workspace, id uuid.UUID) (found store.Run) {
	t.Helper()
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) (err error) {
		found, err = tx.Run(t.Context(), id)
		return err
	})
	return found
}

// An open run stays in the state Sending, and tells since when nothing was heard
// of the process that sends it: by the database's clock alone.
func TestInterruptedIsTheAbsenceOfTheProcess(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	process := newProcess(t, db, 0)
	r := sentBy(owner.ID, process)
	r.StartedAt = today.Add(-time.Hour) // of a clock that is behind
	start(t, db, ws, r)
	for _, test := range []struct {
		silent time.Duration
		want   bool
	}{{0, false}, {8 * time.Second, false}, {11 * time.Second, true}, {time.Hour, true}} {
		db.Exec(t, `update process set heartbeat_at = clock_timestamp() - $2::interval where id = $1`, process,
			test.silent)
		if got := read(t, db, ws, r.ID); got.State != store.Sending || (got.SilentSince != nil) != test.want ||
			got.Unclear() != test.want {
			t.Errorf("silent for %v: %s, since %v", test.silent, got.State, got.SilentSince)
		}
	}
	if err := db.EndProcess(t.Context(), process); err != nil {
		t.Fatal(err)
	}
	if got := read(t, db, ws, r.ID); got.SilentSince == nil {
		t.Error("the process ended, and the run does not tell")
	}
	// A run of an earlier version names no process: its age decides.
	old := newRun(owner.ID)
	old.StartedAt = time.Now()
	start(t, db, ws, old)
	if got := read(t, db, ws, old.ID); got.Unclear() {
		t.Error("a young run without a process is taken for cut off")
	}
	db.Exec(t, `update run set started_at = clock_timestamp() - interval '4 minutes' where id = $1`, old.ID)
	if got := read(t, db, ws, old.ID); got.State != store.Sending || !got.Unclear() {
		t.Errorf("an old run without a process is %s, since %v", got.State, got.SilentSince)
	}
}

// While the process that sent a run lives, no other closes it; afterwards the
// first that tries does, the sender included.
func TestNobodyClosesTheRunOfALivingProcess(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	close := func(r store.Run, by uuid.UUID) error {
		return db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			return tx.FinishRun(t.Context(), r.ID, store.Ending{State: store.Applied, Summary: "done", By: by}, today)
		})
	}
	process, other := newProcess(t, db, 0), newProcess(t, db, 0)
	first, second, third := sentBy(owner.ID, process), sentBy(owner.ID, process), sentBy(owner.ID, process)
	for _, r := range []store.Run{first, second, third} {
		start(t, db, ws, r)
	}
	// Overdue is not yet dead: that is a judgement of its own.
	db.Exec(t, `update process set heartbeat_at = clock_timestamp() - interval '1 hour' where id = $1`, process)
	for _, by := range []uuid.UUID{other, uuid.Nil, uuid.New()} {
		if err := close(first, by); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("closed by another while the sender lives: %v", err)
		}
	}
	if err := close(first, process); err != nil {
		t.Error("the sender may not close its own run: ", err)
	}
	if err := db.EndProcess(t.Context(), process); err != nil {
		t.Fatal(err)
	}
	if err := close(second, other); err != nil {
		t.Error("the run of a process that is gone: ", err)
	}
	if err := close(third, process); err != nil {
		t.Error("a sender that came back may not close its own run: ", err)
	}
	young := newRun(owner.ID)
	young.StartedAt = time.Now()
	start(t, db, ws, young)
	if err := close(young, other); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a young run of an earlier version was closed by another: %v", err)
	}
}

// A process that others may take for dead records no run, and so sends nothing.
func TestASilentProcessStartsNothing(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	begin := func(process uuid.UUID) error {
		return db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID),
			func(tx *store.Tx) error { return tx.StartRun(t.Context(), sentBy(owner.ID, process), nil) })
	}
	gone := newProcess(t, db, 0)
	if err := db.EndProcess(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	for what, test := range map[string]struct {
		process uuid.UUID
		want    error
	}{
		"one that writes":       {newProcess(t, db, 0), nil},
		"one that paused":       {newProcess(t, db, 13*time.Second), nil},
		"one that is overdue":   {newProcess(t, db, 16*time.Second), store.ErrSilent},
		"one that is gone":      {gone, store.ErrSilent},
		"one that nobody knows": {uuid.New(), store.ErrSilent},
	} {
		if err := begin(test.process); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Judging declares overdue processes dead and no others, each by its own rhythm,
// and not before the database has been up for long enough. Heartbeats of 50 ms
// make that 0.75 s.
func TestJudging(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	su := db.Superuser(t)
	process := func(every, silent time.Duration) uuid.UUID {
		id := newProcess(t, db, silent)
		db.Exec(t, `update process set beats_every = $2 where id = $1`, id, every)
		return id
	}
	const quick, slow = 50 * time.Millisecond, 10 * time.Second
	lives, pauses, dead := process(quick, -time.Hour), process(slow, 80*time.Second), process(quick, time.Second)
	early := process(slow, 1000*time.Hour)
	var up time.Duration
	for up < 15*quick { // nobody is judged before: the database of the tests can be younger
		if err := su.QueryRow(t.Context(),
			`select clock_timestamp() - pg_postmaster_start_time()`).Scan(&up); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.JudgeProcesses(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[uuid.UUID]bool{lives: false, pauses: false, dead: true, early: up > 150*time.Second}
	for id, gone := range want {
		if got := column[bool](t, su, `select gone_at is not null from process where id = $1`, id)[0]; got != gone {
			t.Errorf("%v judged dead: %v, want %v; the database is up for %v",
				map[uuid.UUID]string{lives: "one that lives", pauses: "one that pauses", dead: "a dead one",
					early: "one of a slow rhythm"}[id], got, gone, up)
		}
	}
	if _, err := db.Beat(t.Context(), dead); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a process that was judged dead goes on: %v", err)
	}
	if h, err := db.Beat(t.Context(), lives); err != nil || h.UpSince.IsZero() || h.Previous.Before(h.At) {
		t.Errorf("a heartbeat %+v, %v", h, err)
	}
}

// One process looks for the outcome of an open run at a time; the claim of one that
// is gone does not count.
func TestOneProcessLooks(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	sender, a, b := newProcess(t, db, 0), newProcess(t, db, 0), newProcess(t, db, 0)
	r := sentBy(owner.ID, sender)
	start(t, db, ws, r)
	orphans := func() int {
		found, _, err := db.Orphans(t.Context(), a, []uuid.UUID{ws.ID}, nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	claim := func(by uuid.UUID) error {
		return db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			_, err := tx.Claim(t.Context(), r.ID, by)
			return err
		})
	}
	look := func(by uuid.UUID) error {
		return db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			_, err := tx.NoteLook(t.Context(), r.ID, by, "not in Duo", true)
			return err
		})
	}
	if n := orphans(); n != 0 {
		t.Errorf("%d orphans while the sender lives", n)
	}
	// A process looks after its own runs that it should have closed long ago.
	lost := sentBy(owner.ID, a)
	start(t, db, ws, lost)
	for _, deadline := range []string{"2 minutes", "4 minutes"} {
		db.Exec(t, `update run set deadline_at = clock_timestamp() - $2::interval where id = $1`, lost.ID, deadline)
		if n := orphans(); n != map[string]int{"4 minutes": 1}[deadline] {
			t.Errorf("%d orphans of its own, %s after the deadline", n, deadline)
		}
	}
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		return tx.FinishRun(t.Context(), lost.ID, store.Ending{State: store.Unknown, By: a}, today)
	})
	end := func(id uuid.UUID) {
		if err := db.EndProcess(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	end(sender)
	if n := orphans(); n != 1 {
		t.Errorf("%d orphans, want 1", n)
	}
	if err := claim(a); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(claim(a), look(a)); err != nil {
		t.Error("the same once more: ", err)
	}
	if one, another := claim(b), look(b); !errors.Is(one, store.ErrNotFound) ||
		!errors.Is(another, store.ErrNotFound) || orphans() != 0 {
		t.Errorf("a second process looks as well: %v, %v", one, another)
	}
	end(a)
	if n := orphans(); n != 1 {
		t.Errorf("%d orphans after the looking process is gone", n)
	}
	if err := claim(b); err != nil {
		t.Error("after the first is gone: ", err)
	}
	if err := look(a); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the first goes on: %v", err)
	}
	if got := read(t, db, ws, r.ID); got.LookedAt == nil || !got.Absent || got.Looked != "not in Duo" {
		t.Errorf("the run does not tell what was found: %+v", got)
	}
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		return tx.FinishRun(t.Context(), r.ID, store.Ending{State: store.Refused, Summary: "Not done.", By: b}, today)
	})
	if n := column[int](t, db.Superuser(t), `select count(*) from run_open where workspace_id = $1`, ws.ID)[0]; n != 0 {
		t.Error("the working row outlives the closing")
	}
	if err := claim(b); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a closed run is looked for: %v", err)
	}
}
