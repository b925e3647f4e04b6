package run_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	done, err := d.Do(t, q)
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
			act := func() error { _, err := d.Do(t, guess); return err }
			if err := act(); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Do(t, q); err != nil {
				t.Fatal(err)
			}
			allow(fmt.Sprintf(`update run set state = '%s', summary = '%s', finished_at = now() where id = '%s'`,
				test.state, test.summary, q.ID))
			eventually(t, "the closing ends", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return slices.Equal(turned[max(0, len(turned)-2):], []string{store.Sending, store.Applied}) &&
					len(turned) == 3
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
			if test.late == 1 && (late[0].State != store.Applied || late[0].Summary != "Created user ada." ||
				late[0].Input["run_id"] != q.ID.String() || late[0].Subject != "ada") {
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
			_, _ = d.Do(t, q)
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
	if _, err := d.Do(t, d.Request(t, catalog.Technician, "create-user",
		form{"username": "ada"})); err != nil {
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

// loseCommit returns a URL for the Desk's database by which the answer to the first commit of a run is lost, once, and
// the connection with it.
func loseCommit(t *testing.T, d *runtest.Desk) string {
	t.Helper()
	to, err := url.Parse(d.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	query := to.Query()
	socket := filepath.Join(query.Get("host"), ".s.PGSQL."+query.Get("port"))
	var lost atomic.Bool
	carry := func(from, to net.Conn, seen func([]byte) (goOn bool)) {
		defer from.Close()
		defer to.Close()
		b := make([]byte, 32<<10)
		for {
			n, err := from.Read(b)
			if !seen(b[:n]) {
				return
			}
			if _, failed := to.Write(b[:n]); failed != nil || err != nil {
				return
			}
		}
	}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("unix", socket)
			if err != nil {
				near.Close()
				return
			}
			var begun atomic.Bool
			go carry(near, far, func(b []byte) bool {
				if bytes.Contains(b, []byte("insert into run (")) {
					begun.Store(true)
				}
				return true
			})
			go carry(far, near, func(b []byte) bool {
				return !begun.Load() || !bytes.Contains(b, []byte("COMMIT\x00")) || !lost.CompareAndSwap(false, true)
			})
		}
	}()
	to.Host, to.User, to.RawQuery = listener.Addr().String(), url.User(query.Get("user")), "sslmode=disable"
	return to.String()
}

// TestARunWhoseStartIsNotConfirmed: the run was committed, and the database's answer to that was lost. Nothing is sent,
// and the record says so.
func TestARunWhoseStartIsNotConfirmed(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	s, err := store.Open(t.Context(), loseCommit(t, d), d.Keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	runner := d.Process(t, run.Config{Store: s})
	q := d.Request(t, catalog.Technician, "create-user", form{"username": "ada"})
	effects := len(d.Sim.Ledger())
	var unsent *run.NotSent
	if _, err := d.DoBy(t, runner, q); !errors.As(err, &unsent) {
		t.Fatalf("the start was confirmed, or refused otherwise: %v", err)
	}
	eventually(t, "the run is closed", func() bool { return d.Record(t, q.ID).State != store.Sending })
	record := d.Record(t, q.ID)
	if record.State != store.Refused || !strings.HasPrefix(record.Summary, "Not sent: ") ||
		len(d.Sim.Ledger()) != effects {
		t.Errorf("%s: %q; in Duo: %+v", record.State, record.Summary, d.Sim.Ledger()[effects:])
	}
}
