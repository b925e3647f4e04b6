package store_test

import (
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// oldMonth is fifteen months ago: what was then may be pruned.
var oldMonth = time.Date(today.Year(), today.Month()-15, 1, 0, 0, 0, 0, time.UTC)

// oldRecord gives a tenant closed runs within the month, an open one, and runs of the
// months beside it.
func oldRecord(t testing.TB, db storetest.DB) tenant {
	t.Helper()
	a := newTenant(t, db, 1)
	fillRecord(t, db, rand.New(rand.NewPCG(5, 6)), a, []store.Operator{a.owner}, 60)
	db.Exec(t,
		`update run set started_at = $2::timestamptz + interval '3 days' + (started_at - $3), state = case when state = 'sending' then 'unknown' else state end,
		finished_at = coalesce(finished_at, started_at) where workspace_id = $1 and subject <> ''`, a.ID,
		oldMonth, today)
	for i, at := range []time.Time{oldMonth, oldMonth.Add(-time.Microsecond), oldMonth.AddDate(0, 1, 0),
		oldMonth.AddDate(0, 1, 0).Add(-time.Microsecond)} {
		db.Exec(t,
			`insert into run (workspace_id, id, operator_id, action, subject, input, input_mac, ticket, state, summary, started_at, finished_at)
			values ($1, $2, $3, 'update-user', $4, '{"a": "\"\\ ö"}', '\x00ff', '', 'applied', 'ж', $5, $5)`, a.ID,
			uuid.New(), a.owner.ID, []string{"first", "before", "after", "last"}[i], at)
	}
	open := newRun(a.owner.ID)
	open.StartedAt = oldMonth.Add(time.Hour)
	start(t, db, a.Workspace, open)
	return a
}

func pruner(t testing.TB, url string) *store.Pruner {
	t.Helper()
	p, err := store.OpenPruner(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func seq(lines []string, end error) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, line := range lines {
			if !yield(line, nil) {
				return
			}
		}
		if end != nil {
			yield("", end)
		}
	}
}

// TestPruneDeletesOnlyWhatIsKept: whatever happens between the export and its end,
// a run is deleted only if the export holds it as it is, and with its record.
func TestPruneDeletesOnlyWhatIsKept(t *testing.T) {
	t.Parallel()
	db := boundOwner(t)
	a, other := oldRecord(t, db.DB), oldRecord(t, db.DB)
	su := db.Superuser(t)
	for range 500 { // what prunes next does not meet the lock of the one that has ended
		p, err := store.OpenPruner(t.Context(), db.BoundURL)
		if err != nil {
			t.Fatal(err)
		}
		p.Close()
	}
	p := pruner(t, db.BoundURL)
	if _, err := store.OpenPruner(t.Context(), db.BoundURL); !errors.Is(err, store.ErrPruning) {
		t.Error("two prune at once: ", err)
	}
	months, err := p.Months(t.Context(), a.Slug, oldMonth.AddDate(0, 1, 0))
	if err != nil || len(months) != 2 || !months[1].Month.Equal(oldMonth) || months[0].Runs != 1 {
		t.Fatal(months, err)
	}
	m := months[1]
	var lines []string
	runs, err := p.Export(t.Context(), m, func(line string) error {
		lines = append(lines, line)
		return nil
	})
	if err != nil || runs != len(lines) || runs < 30 || runs != m.Runs ||
		!strings.Contains(lines[0], `"subject": "first"`) || !strings.Contains(lines[0], a.owner.Email) {
		t.Fatal(runs, err, lines[0])
	}
	record := func() (store.Record, error) {
		return store.Record{Event: store.RecordPruned, Operator: a.owner.ID, Summary: "Deleted.", At: today}, nil
	}
	run := table{name: "run"}
	before, others := rowsOf(t, su, run, a.ID), rowsOf(t, su, run, other.ID)
	fault := errors.New("fault")
	for what, c := range map[string]struct {
		lines  iter.Seq2[string, error]
		record func() (store.Record, error)
		meddle string // and its undoing
		undo   string
	}{
		"a line is missing":   {lines: seq(lines[1:], nil)},
		"the last is missing": {lines: seq(lines[:runs-1], nil)},
		"a line twice":        {lines: seq(append(slices.Clone(lines), lines[3]), nil)},
		"a line changed": {lines: seq(append(slices.Clone(lines[1:]),
			strings.Replace(lines[0], "first", "fi-st", 1)), nil)},
		"another workspace's":     {lines: seq(append(slices.Clone(lines), `{"run": `+others[0]+`}`), nil)},
		"not JSON":                {lines: seq(append(slices.Clone(lines), "{"), nil)},
		"the file cannot be read": {lines: seq(lines, fault)},
		"no record": {lines: seq(lines, nil),
			record: func() (store.Record, error) { return store.Record{}, fault }},
		"a record that is refused": {lines: seq(lines, nil), record: func() (store.Record, error) {
			return store.Record{Event: store.RecordPruned, Operator: uuid.New(), At: today}, nil
		}},
		"a run changed": {lines: seq(lines, nil),
			meddle: `update run set summary = summary || '!' where workspace_id = $1 and subject = 'last'`,
			undo:   `update run set summary = 'ж' where workspace_id = $1 and subject = 'last'`},
		"a run came": {lines: seq(lines, nil),
			meddle: `insert into run select workspace_id, gen_random_uuid(), organization_id, account_id, operator_id, action, 'came', input, input_mac, ticket, state, summary,
			started_at, finished_at from run where workspace_id = $1 and subject = 'last'`,
			undo: `delete from run where workspace_id = $1 and subject = 'came'`},
	} {
		if c.record == nil {
			c.record = record
		}
		if c.meddle != "" {
			db.Exec(t, c.meddle, a.ID)
		}
		err := p.Prune(t.Context(), m, c.lines, c.record)
		if c.undo != "" {
			db.Exec(t, c.undo, a.ID)
		}
		if after := rowsOf(t, su, run, a.ID); err == nil || !slices.Equal(before, after) {
			t.Errorf("%s: %d of %d runs are left (%v)", what, len(after), len(before), err)
		}
	}
	if err := p.Prune(t.Context(), m, seq(lines, nil), record); err != nil {
		t.Fatal(err)
	}
	if left := column[string](t, su,
		`select action || ' ' || subject || state from run where workspace_id = $1 and started_at < now() - interval '13 months' order by started_at`, a.ID); !slices.Equal(left, []string{
		"update-user beforeapplied", "create-user adasending", "update-user afterapplied"}) {
		t.Error("left of the months around: ", left)
	}
	if n := len(rowsOf(t, su, run, a.ID)); n != len(before)-runs+1 {
		t.Errorf("%d of %d runs are left, and %d were exported", n, len(before), runs)
	}
	if after := rowsOf(t, su, run, other.ID); !slices.Equal(others, after) {
		t.Error("another workspace's record changed")
	}
	// Once more: nothing is there but what stays.
	if err := p.Prune(t.Context(), m, seq(lines, nil), record); !errors.Is(err, store.ErrMonthChanged) {
		t.Error("pruned twice: ", err)
	}
}

// Row-level security lets the owner delete old and closed runs of the workspace that
// the transaction names, and no record of pruning.
func TestOwnerDeletesOldRunsOnly(t *testing.T) {
	t.Parallel()
	db := boundOwner(t)
	a := oldRecord(t, db.DB)
	db.Exec(t,
		`insert into run (workspace_id, id, operator_id, action, subject, input, input_mac, ticket, state, summary, started_at, finished_at)
		values ($1, $2, $3, 'prune-record', '', '{}', '', '', 'applied', '', $4, $4)`, a.ID, uuid.New(),
		a.owner.ID, oldMonth)
	owner, app, su := connect(t, db.BoundURL), connect(t, db.AppURL), db.Superuser(t)
	want := column[int64](t, su,
		`select count(*) from run where started_at < now() - interval '365 days' and state <> 'sending' and action <> 'prune-record'`)[0]
	if _, err := whole(a.ID).attempt(t, app,
		`delete from run where started_at < now() - interval '400 days'`); code(err) != notPermitted {
		t.Error("the server's role deletes: ", err)
	}
	for _, sc := range []scope{{"", ""}, {"", "*"}, {uuid.NewString(), "*"}, only(a.ID)} {
		if n, err := sc.attempt(t, owner, `delete from run`); err != nil || n != 0 {
			t.Errorf("%v: the owner deletes %d runs (%v)", sc, n, err)
		}
	}
	if n, err := whole(a.ID).attempt(t, owner, `delete from run`); err != nil || n != want || n < 30 {
		t.Errorf("the owner deletes %d runs, want %d (%v)", n, want, err)
	}
}
