package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// limitConnections lets the server's role have so many connections to a database
// that is the test's own; -1: as many as it wants.
func limitConnections(t testing.TB, db storetest.DB, n int) {
	t.Helper()
	su := db.Superuser(t)
	defer su.Close(context.Background())
	if _, err := su.Exec(t.Context(), fmt.Sprintf(`alter database %s connection limit %d`, su.Config().Database,
		n)); err != nil {
		t.Fatal(err)
	}
}

// endConnections ends all connections of the server's role to a database.
func endConnections(t testing.TB, db storetest.DB) {
	t.Helper()
	su := db.Superuser(t)
	defer su.Close(context.Background())
	db.Pool().Reset()
	for until := time.Now().Add(10 * time.Second); ; {
		var left int
		err := su.QueryRow(t.Context(), `
			select count(*) from (select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'console_app') ended`).Scan(&left)
		if err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			db.Pool().Reset() // one that was being made meanwhile has ended too
			return
		}
		if time.Now().After(until) {
			t.Fatal("connections do not end: ", left)
		}
	}
}

// work is one short transaction.
func work(ctx context.Context, s *store.Store, ws store.Workspace) error {
	return s.InWorkspace(ctx, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		_, _, err := tx.Organizations(ctx, store.Query{Limit: 10})
		return err
	})
}

// together runs transactions that all wait until n of them are open.
func together(ctx context.Context, s *store.Store, ws store.Workspace, n int) error {
	var open atomic.Int64
	all := make(chan struct{})
	failed := make(chan error, n)
	for range n {
		go func() {
			failed <- s.InWorkspace(ctx, store.WholeWorkspace(ws.ID), func(*store.Tx) error {
				if open.Add(1) == int64(n) {
					close(all)
				}
				select {
				case <-all:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		}()
	}
	var err error
	for range n {
		err = errors.Join(err, <-failed)
	}
	return err
}

// A console that gets two connections serves at their pace, and takes more as soon
// as there are more.
func TestTwoConnectionsServeEverybody(t *testing.T) {
	t.Parallel()
	db := storetest.Apart(t)
	ws, _ := db.Workspace(t)
	endConnections(t, db)
	limitConnections(t, db, 2)
	var crowd sync.WaitGroup
	for range 60 {
		crowd.Go(func() {
			for range 5 {
				if err := work(t.Context(), db.Store, ws); err != nil {
					t.Error(err)
				}
			}
		})
	}
	crowd.Wait()
	if now := db.Connections(); now.Acquired+now.Idle > 2 || now.Waits == 0 {
		t.Errorf("%+v", now)
	}
	limitConnections(t, db, -1)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for together(soon(ctx, 2*time.Second), db.Store, ws, 8) != nil {
		if ctx.Err() != nil {
			t.Fatal("there are never eight connections again")
		}
	}
}

func soon(ctx context.Context, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(ctx, d)
	context.AfterFunc(ctx, cancel)
	return ctx
}

// Where there is no connection at all, that is said soon.
func TestNoConnectionIsSaidSoon(t *testing.T) {
	t.Parallel()
	db := storetest.Apart(t)
	ws, _ := db.Workspace(t)
	limitConnections(t, db, 0)
	endConnections(t, db)
	began := time.Now()
	var crowd sync.WaitGroup
	for range 30 {
		crowd.Go(func() {
			if trouble, _ := store.TroubleOf(work(t.Context(), db.Store, ws)); trouble != store.NoConnections {
				t.Errorf("trouble %q", trouble)
			}
		})
	}
	crowd.Wait()
	if took := time.Since(began); took > 9*time.Second {
		t.Errorf("said after %v", took) // by the deadline of a page, however busy the machine
	}
	if trouble := db.Ready(t.Context()); trouble != store.NoConnections {
		t.Errorf("ready: %q", trouble)
	}
	limitConnections(t, db, -1)
	if err := work(t.Context(), db.Store, ws); err != nil {
		t.Error("once there are connections again: ", err)
	}
}

// What is urgent goes before what has waited for longer; and nobody waits for long
// where nothing moves.
func TestUrgentGoesFirst(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	s, err := store.OpenNarrow(t.Context(), db.AppURL, db.Keys, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var order []string
	var mu sync.Mutex
	var crowd sync.WaitGroup
	enter := func(ctx context.Context, who string) {
		waiting := s.Waiting()
		crowd.Go(func() {
			err := s.InWorkspace(ctx, store.WholeWorkspace(ws.ID), func(*store.Tx) error {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, who)
				return nil
			})
			if err != nil {
				t.Error(who, err)
			}
		})
		for until := time.Now().Add(5 * time.Second); s.Waiting() == waiting; {
			if time.Now().After(until) {
				t.Fatal("nobody waits")
			}
		}
	}
	err = s.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(*store.Tx) error {
		began := time.Now()
		err := work(t.Context(), s, ws)
		if trouble, _ := store.TroubleOf(err); trouble != store.AllInUse || time.Since(began) > 9*time.Second {
			t.Errorf("a second one beside one that never comes back: %v after %v", err, time.Since(began))
		}
		enter(t.Context(), "page")
		enter(t.Context(), "another page")
		enter(store.Urgent(t.Context()), "heartbeat")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	crowd.Wait()
	if got := strings.Join(order, ", "); got != "heartbeat, page, another page" {
		t.Error(got)
	}
}

// Heartbeats find room in a page of their own, so a look for room writes to the
// disk, which is full here for all that a session puts there.
func TestFullDiskIsNoticed(t *testing.T) {
	t.Parallel()
	db := storetest.Apart(t)
	if err := db.CheckRoom(t.Context()); err != nil || db.Writing() != "" {
		t.Fatal(err, db.Writing())
	}
	su := db.Superuser(t)
	var pids string // of all connections that the next statement may go by
	if err := su.QueryRow(t.Context(), `select string_agg(pid::text, ' ') from pg_stat_activity
		where datname = current_database() and usename = 'console_app'`).Scan(&pids); err != nil {
		t.Fatal(err)
	}
	// Postgres opens whatever is there under the name of its next temporary file.
	script := fmt.Sprintf(
		`mkdir -p base/pgsql_tmp; for p in %s; do for n in $(seq 0 99); do ln -s /dev/full base/pgsql_tmp/pgsql_tmp$p.$n; done; done; true`, pids)
	if _, err := su.Exec(t.Context(), `copy (select 1) to program '`+script+`'`); err != nil {
		t.Fatal(err)
	}
	err := db.CheckRoom(t.Context())
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "53100" || db.Ready(t.Context()) != store.DiskFull {
		t.Errorf("%v, ready: %q", err, db.Ready(t.Context()))
	}
	if _, err := su.Exec(t.Context(), fmt.Sprintf(
		`copy (select 1) to program 'for p in %s; do rm -f base/pgsql_tmp/pgsql_tmp$p.*; done'`, pids)); err != nil {
		t.Fatal(err)
	}
	if err := db.CheckRoom(t.Context()); err != nil || db.Writing() != store.DiskFull {
		// What was refused counts for a few seconds more.
		t.Error(err, db.Writing())
	}
}

// A console that may only read says so by its heartbeat.
func TestHeartbeatOfAReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	db := storetest.Apart(t)
	h := beginning(t, db)
	if db.Ready(t.Context()) != "" {
		t.Error(db.Writing())
	}
	su := db.Superuser(t)
	set := func(value string) {
		t.Helper()
		if _, err := su.Exec(t.Context(), `alter database `+su.Config().Database+
			` set default_transaction_read_only = `+value); err != nil {
			t.Fatal(err)
		}
		endConnections(t, db)
	}
	set("on")
	if _, err := db.Beat(t.Context(), h); err == nil || db.Ready(t.Context()) != store.ReadOnly {
		t.Errorf("%v, ready: %q", err, db.Ready(t.Context()))
	}
	set("off")
	if _, err := db.Beat(t.Context(), h); err != nil || db.Ready(t.Context()) != "" {
		t.Errorf("%v, ready: %q", err, db.Ready(t.Context()))
	}
}

func TestTroubleOf(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]store.Trouble{
		"53100": store.DiskFull, "53200": store.NoMemory, "53300": store.NoConnections, "53400": store.AtItsLimit,
		"57P01": store.Restarting, "57P03": store.Restarting,
		"25006": store.ReadOnly, "57014": store.TooSlow, "55P03": store.Contended, "40P01": store.Contended,
		"58030": store.Faulty, "XX001": store.Faulty,
		"08006": store.Unreachable, "23505": "", "42501": "", "P0001": "",
	} {
		trouble, is := store.TroubleOf(fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code}))
		if trouble != want || is != (want != "") || is && trouble.Text() == "" {
			t.Errorf("%s is %q (%v)", code, trouble, is)
		}
	}
	for what, err := range map[string]error{
		"of a browser": &net.OpError{Op: "read", Err: errors.New("reset")}, "none": nil,
		"a closed tab": context.Canceled,
	} {
		if trouble, is := store.TroubleOf(err); is {
			t.Errorf("%s is %q", what, trouble)
		}
	}
	db := storetest.Open(t)
	for address, want := range map[string]store.Trouble{
		"postgres://console_app@127.0.0.1:1/console?sslmode=disable":        store.Unreachable,
		strings.Replace(db.AppURL, "/console?", "/nowhere?", 1):             store.ShutOff,
		strings.Replace(db.AppURL, "user=console_app", "user=nobody_is", 1): store.ShutOff,
	} {
		s := open(t, db, address)
		if trouble, _ := store.TroubleOf(s.Ping(t.Context())); trouble != want {
			t.Errorf("%s: %q, want %q", address, trouble, want)
		}
		if _, err := store.Migrate(t.Context(), address); err == nil {
			t.Error("migrated: ", address)
		} else if trouble, _ := store.TroubleOf(err); trouble != want {
			t.Errorf("migrate: %v is %q, want %q", err, trouble, want)
		}
	}
}

// beginning registers a process.
func beginning(t testing.TB, db storetest.DB) uuid.UUID {
	t.Helper()
	id := uuid.New()
	if _, err := db.BeginProcess(t.Context(), id, 2*time.Second); err != nil {
		t.Fatal(err)
	}
	return id
}
