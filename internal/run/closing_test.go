package run_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// eventually polls until ok says yes.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	patience := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-poll.C:
		case <-patience:
			t.Fatal("not within 30 s: ", what)
		}
	}
}

// TestAKnownOutcomeOutlivesTheDatabase: the database refuses every closing when Duo
// has answered. The person gets the answer, and the record gets it later.
func TestAKnownOutcomeOutlivesTheDatabase(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	allow := d.RefuseClosing(t, d.Workspace)
	q := d.Request(t, catalog.Helpdesk, "create-bypass-code-for-user", form{"user_id": user})
	began := time.Now()
	done, err := d.Runner.Do(t.Context(), q)
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("the caller waited %v for the record", took)
	}
	if err != nil || len(done.Result.Secrets) != 1 || done.Run.State != store.Applied {
		t.Fatalf("%+v, %v", done.Run, err)
	}
	if record := d.Record(t, q.ID); record.State != store.Sending {
		t.Fatalf("the closing was not refused: %+v", record)
	}
	allow("")
	eventually(t, "the run is closed", func() bool { return d.Record(t, q.ID).State != store.Sending })
	if record := d.Record(t, q.ID); record.State != store.Applied || record.Summary != done.Run.Summary {
		t.Errorf("answered %q, recorded as %s: %q", done.Run.Summary, record.State, record.Summary)
	}
}

// TestAResultAfterTheCloseIsAppended: what was closed stays as it is, and what
// came later is a record of its own, once. The same outcome, whose commit was
// answered to nobody, is no second result.
func TestAResultAfterTheCloseIsAppended(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		state, summary string
		late           int
	}{
		"closed otherwise meanwhile": {store.Unknown, "Nobody knows.", 1},
		"the commit's answer lost":   {store.Applied, "Created user ada.", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := runtest.New(t)
			var mu sync.Mutex
			var turned []string
			d.Runner = d.Process(t, run.Config{Turned: func(state string) {
				mu.Lock()
				defer mu.Unlock()
				turned = append(turned, state)
			}})
			allow := d.RefuseClosing(t, d.Workspace)
			q := d.Request(t, catalog.Technician, "create-user", form{"username": "ada"})
			// A program chooses the ids of its runs, also one that could be the result's.
			guess := d.Request(t, catalog.Technician, "list-users", nil)
			guess.ID = uuid.NewSHA1(q.ID, []byte(store.LateResult.Slug))
			act := func() error { _, err := d.Runner.Do(t.Context(), guess); return err }
			if err := act(); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Runner.Do(t.Context(), q); err != nil {
				t.Fatal(err)
			}
			allow(fmt.Sprintf(`update run set state = '%s', summary = '%s', finished_at = now() where id = '%s'`, test.state, test.summary, q.ID))
			eventually(t, "the closing ends", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return slices.Equal(turned[max(0, len(turned)-2):], []string{store.Sending, store.Applied}) && len(turned) == 3
			})
			if record := d.Record(t, q.ID); record.State != test.state || record.Summary != test.summary {
				t.Errorf("a closed run was rewritten: %+v", record)
			}
			var late []store.Run
			for _, r := range recorded(t, d) {
				if r.Action == store.LateResult.Slug {
					late = append(late, r)
				}
			}
			if len(late) != test.late {
				t.Fatalf("%d late results, want %d", len(late), test.late)
			}
			if test.late == 1 && (late[0].State != store.Applied || late[0].Summary != "Created user ada." || late[0].Input["run_id"] != q.ID.String() || late[0].Subject != "ada") {
				t.Errorf("the late result says %+v", late[0])
			}
		})
	}
}

// TestABrokenActionIsClosed: a run must not stay open because the console failed.
func TestABrokenActionIsClosed(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, phone := addUser(d, "ada")
	for slug, test := range map[string]struct {
		form  form
		state string
	}{
		"modify-phone":                {form{"phone_id": phone, "name": "Desk"}, store.Applied}, // by read-back
		"create-bypass-code-for-user": {form{"user_id": user}, store.Unknown},
	} {
		q := d.Request(t, catalog.Owner, slug, test.form)
		acts := q.Action.Run
		q.Action.Run = func(ctx context.Context, c *duo.Client, in catalog.Values) (catalog.Result, error) {
			if _, err := acts(ctx, c, in); err != nil {
				t.Error(err)
			}
			panic("broken")
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_, _ = d.Runner.Do(t.Context(), q)
		}()
		eventually(t, "the run is closed", func() bool { return d.Record(t, q.ID).State != store.Sending })
		if got := d.Record(t, q.ID); got.State != test.state {
			t.Errorf("%s is closed as %s: %q", slug, got.State, got.Summary)
		}
	}
}

// TestAStopGivesUpAtItsEnd: a process whose database never comes back ends.
func TestAStopGivesUpAtItsEnd(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	turned := make(chan string, 10)
	d.Runner = d.Process(t, run.Config{Turned: func(state string) { turned <- state }})
	d.RefuseClosing(t, d.Workspace)
	if _, err := d.Runner.Do(t.Context(), d.Request(t, catalog.Technician, "create-user", form{"username": "ada"})); err != nil {
		t.Fatal(err)
	}
	d.Runner.Stop()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	d.Runner.Wait(over)
	if first, last := <-turned, <-turned; first != store.Sending || last != run.Unclosed {
		t.Errorf("counted as %s, %s", first, last)
	}
}
