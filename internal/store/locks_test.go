package store_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// holding is a transaction that holds locks while others wait for them.
type holding struct {
	pgx.Tx
	t    *testing.T
	conn *pgx.Conn
}

func holdBy(t *testing.T, db storetest.DB, statement string, args ...any) holding {
	t.Helper()
	conn := db.Superuser(t)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := holding{tx, t, conn}
	h.must(statement, args...)
	return h
}

func (h holding) must(statement string, args ...any) {
	h.t.Helper()
	if _, err := h.Exec(h.t.Context(), statement, args...); err != nil {
		h.t.Fatalf("%s: %v", statement, err)
	}
}

// waits returns once so many wait behind the transaction, directly or behind one another.
func (h holding) waits(db storetest.DB, many int) {
	h.t.Helper()
	look, behind := db.Superuser(h.t), 0
	for until := time.Now().Add(20 * time.Second); behind < many; {
		if time.Now().After(until) {
			h.t.Fatalf("%d of %d wait", behind, many)
		}
		if err := look.QueryRow(h.t.Context(), `
			with recursive behind(pid) as (
				select pid from pg_stat_activity where $1::int = any (pg_blocking_pids(pid))
				union
				select a.pid from pg_stat_activity a join behind b on b.pid = any (pg_blocking_pids(a.pid)))
			select count(*) from behind`, h.conn.PgConn().PID()).Scan(&behind); err != nil {
			h.t.Fatal(err)
		}
	}
}

func inBackground(fn func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	return done
}

// TestSignInWaitsWithNothing: a sign-in that waits for its operator holds nothing that who
// has the operator may want, such as the operator's sessions that have ended.
func TestSignInWaitsWithNothing(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	_, owner := db.Workspace(t)
	hash := signIn(t, db, owner, today)
	db.Exec(t, `update session set ends_at = created_at where token_hash = $1`, hash)
	db.Exec(t, `insert into account_event (operator_id, kind, at, address, agent)
		values ($1, $2, now() - interval '1 year', '', '')`, owner.ID, store.AccountSignedIn)
	h := holdBy(t, db, `select from operator where id = $1 for no key update`, owner.ID)
	done := inBackground(func() error {
		return db.StartSession(context.WithoutCancel(t.Context()), db.Opening(t, owner, bytes.Repeat([]byte("l"), 32), today,
			today.Add(time.Hour)), today)
	})
	h.waits(db, 1)
	h.must(`set local lock_timeout = '2s'`)
	h.must(`delete from session where operator_id = $1`, owner.ID)
	h.must(`delete from account_event where operator_id = $1`, owner.ID)
	if err := h.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestResetMeetsAFirstPage: a session that comes into a workspace for the first time and a
// reset on the host end one after the other, whatever each holds already.
func TestResetMeetsAFirstPage(t *testing.T) {
	t.Parallel()
	db := storetest.Apart(t) // since no run can be recorded meanwhile
	ws, _ := db.Workspace(t)
	o := db.Member(t, ws, catalog.Technician)
	session, err := db.FindSession(t.Context(), signIn(t, db, o, today), today, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	h := holdBy(t, db, `lock table run in share mode`)
	entered := inBackground(func() error {
		return db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			return tx.EnterWorkspace(t.Context(), session, store.Entrance{}, today)
		})
	})
	h.waits(db, 1)
	reset := inBackground(func() error {
		_, err := store.ResetPassword(t.Context(), db.OwnerURL, o.Email, o.PasswordHash, today)
		return err
	})
	h.waits(db, 2)
	if err := h.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-entered; err != nil {
		t.Error("the first page: ", err)
	}
	if err := <-reset; err != nil {
		t.Error("the reset: ", err)
	}
}
