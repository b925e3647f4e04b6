package run_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// silence keeps a process from writing its heartbeat
// until the returned function is called, as a database does that is away.
func silence(t *testing.T, d *runtest.Desk, process string) (end func()) {
	t.Helper()
	conn := d.Superuser(t)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `select from process where id = $1 for update`, process); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// begun makes a process of a quick rhythm and returns it with its id.
func begun(t *testing.T, d *runtest.Desk, over http.RoundTripper) (*run.Runner, string) {
	t.Helper()
	r := d.Process(t, run.Config{HTTP: over, Heartbeat: quick})
	user := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "process"})
	q := d.Request(t, catalog.Technician, "update-user", form{"user_id": user, "notes": "x"})
	if _, err := r.Do(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	return r, d.Record(t, q.ID).ProcessID.String()
}

func writes(d *runtest.Desk) int { return len(d.Sim.Ledger()) }

// TestASilentProcessSendsNothing: a process that cannot write its heartbeat answers
// so, and goes on when it can again.
func TestASilentProcessSendsNothing(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	r, process := begun(t, d, d.Transport)
	before, runsBefore := writes(d), runs(t, d)
	end := silence(t, d, process)
	create := func(name string) error {
		_, err := r.Do(t.Context(), d.Request(t, catalog.Technician, "create-user", form{"username": name}))
		return err
	}
	// Until it is silent for long enough, work goes on.
	made := 0
	eventually(t, "it stops", func() bool {
		err := create("user" + time.Now().Format("150405.000000"))
		if err == nil {
			made++
		}
		return errors.Is(err, run.ErrSilent)
	})
	if writes(d) != before+made || runs(t, d) != runsBefore+made {
		t.Errorf("%d changes and %d runs, %d were answered as done", writes(d)-before, runs(t, d)-runsBefore, made)
	}
	end()
	eventually(t, "it goes on", func() bool { return create("ada") == nil })
}

// TestSuspendedBeforeTheFirstByte: the process is cut off after the run was
// recorded, at three points of the way to Duo. Nothing is sent.
func TestSuspendedBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"while the object is read", "with the request in hand", "judged dead and back"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			d := runtest.New(t)
			user, _ := addUser(d, "ada")
			var r *run.Runner
			var process string
			pause, resume := func() {}, func() {}
			q := d.Request(t, catalog.Technician, "modify-phone", form{"phone_id": phoneOf(t, d, user), "name": "Desk"})
			r, process = begun(t, d, transport(func(req *http.Request) (*http.Response, error) {
				if (req.Method == http.MethodGet) == (where == "while the object is read") {
					pause()
				}
				return d.Transport.RoundTrip(req)
			}))
			before := writes(d)
			pause = func() {
				pause = func() {}
				if where == "judged dead and back" {
					d.Exec(t, `update process set gone_at = clock_timestamp() where id = $1`, process)
					eventually(t, "it begins another life",
						func() bool { return strings.Contains(d.Log.String(), "taken for dead") })
					return
				}
				resume = silence(t, d, process)
				eventually(t, "it is silent", func() bool {
					_, err := r.Do(t.Context(), run.Request{Action: q.Action, Actor: q.Actor, Input: q.Input})
					return errors.Is(err, run.ErrSilent)
				})
			}
			_, err := r.Do(t.Context(), q)
			if !errors.Is(err, run.ErrSilent) || writes(d) != before {
				t.Errorf("%v; %d changes in Duo", err, writes(d)-before)
			}
			resume()
			eventually(t, "the process works again", func() bool {
				_, err := r.Do(t.Context(), d.Request(t, catalog.Technician, "create-user", form{"username": "grace"}))
				return err == nil
			})
			if where == "while the object is read" {
				return // the run was not recorded yet
			}
			eventually(t, "the run is closed", func() bool { return d.Record(t, q.ID).State != store.Sending })
			if record := d.Record(t, q.ID); record.State != store.Refused ||
				!strings.Contains(record.Summary, "Not sent") {
				t.Errorf("recorded as %s: %q", record.State, record.Summary)
			}
		})
	}
}

func phoneOf(t *testing.T, d *runtest.Desk, user string) string {
	t.Helper()
	found, _, err := d.Runner.User(t.Context(), d.Scope(), d.Client, user)
	if err != nil {
		t.Fatal(err)
	}
	return string(found.Phones[0].ID)
}

// TestOnlyAProcessActs: without a registration nobody could tell that it is gone.
func TestOnlyAProcessActs(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	r := run.New(run.Config{Store: d.Store, HTTP: d.Transport, Now: d.Clock.Now, Sandbox: true})
	if _, err := r.Do(t.Context(), d.Request(t, catalog.Technician, "create-user",
		form{"username": "ada"})); !errors.Is(err, run.ErrSilent) || writes(d) != 0 {
		t.Error(err)
	}
}

// TestAStoppedProcessIsGoneAtOnce: others need not wait for its heartbeat.
func TestAStoppedProcessIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	r, process := begun(t, d, d.Transport)
	r.Stop()
	r.Wait(t.Context())
	rows, err := d.Superuser(t).Query(t.Context(), `select gone_at is not null from process where id = $1`, process)
	if err != nil {
		t.Fatal(err)
	}
	if gone, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool]); err != nil || !gone {
		t.Errorf("gone: %v, %v", gone, err)
	}
}
