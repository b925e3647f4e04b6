// Package store owns every SQL statement of the console. Tables that belong to
// no workspace (operators, sessions, workspaces) are methods of *Store; all that
// a workspace owns is a method of *Tx, and the only way to a *Tx is InWorkspace,
// which puts the database's row-level security under the caller's Scope.
package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"duodesk/internal/secret"
)

// ErrNotFound says that a row does not exist or that the scope does not reach
// it; callers cannot and must not tell the two apart.
var ErrNotFound = errors.New("store: not found")

// ErrLastOwner says that a workspace would be left without an owner who can sign
// in; nothing was changed.
var ErrLastOwner = errors.New("store: the last owner cannot go")

// ConflictError says that a row would repeat what another one must hold alone.
type ConflictError struct {
	Constraint string // name of the unique index or key
}

func (e *ConflictError) Error() string { return "store: conflict on " + e.Constraint }

// Store is the database as the server sees it. It is safe for concurrent use.
type Store struct {
	pool *pool
	keys atomic.Pointer[secret.Keyring] // see UseKeys

	clock   clock
	writing writing
}

// Open connects, with pool and time-outs of our own whatever the URL says. The role must be the
// application's own: see CheckRole. A tracer, where one is given, sees every statement: tests
// count them.
func Open(ctx context.Context, url string, keys *secret.Keyring, tracer ...pgx.QueryTracer) (*Store, error) {
	config, err := readURL(url)
	if err != nil {
		return nil, err
	}
	config.MinConns = 1 // see connectionName
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	config.ConnConfig.DialFunc = dialer(silence)
	config.ConnConfig.RuntimeParams["statement_timeout"] = strconv.FormatInt(statementTime.Milliseconds(), 10)
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "30000"
	// Duo is asked because a run is recorded: the record must outlive a crash of
	// Postgres, also on a server that is set to take that lightly.
	config.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	if len(tracer) > 0 {
		config.ConnConfig.Tracer = tracer[0]
	}
	s := &Store{}
	s.keys.Store(keys)
	config.BeforeConnect = s.nameConnections
	if s.pool, err = newPool(ctx, config, mostConnections); err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	return s, nil
}

// Close waits for borrowed connections and closes all.
func (s *Store) Close() { s.pool.inner.Close() }

// Connections is how busy the connections to the database are.
type Connections struct {
	Acquired, Idle, Max int
	Waits               int64         // for a connection, since Open
	Waited              time.Duration // in all of them
}

// Connections returns the numbers of this moment.
func (s *Store) Connections() Connections {
	now := s.pool.inner.Stat()
	waits, waited := s.pool.gate.counted()
	return Connections{
		Acquired: int(now.AcquiredConns()), Idle: int(now.IdleConns()), Max: int(now.MaxConns()),
		Waits: now.EmptyAcquireCount() + waits, Waited: now.EmptyAcquireWaitTime() + waited,
	}
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

// Scope is the part of one workspace that somebody may reach: all of its
// organizations or a list of them. The zero Scope reaches nothing.
type Scope struct {
	workspace     uuid.UUID
	every         bool
	organizations []uuid.UUID
	admitted      *SignOnRule // by which a visitor was let in; nil: it was no visitor. See Tx.Hold
}

// WholeWorkspace is the scope of everything in a workspace.
func WholeWorkspace(workspace uuid.UUID) Scope {
	return Scope{workspace: workspace, every: true}
}

// Within is the scope of chosen organizations of a workspace.
func Within(workspace uuid.UUID, organizations ...uuid.UUID) Scope {
	return Scope{workspace: workspace, organizations: organizations}
}

// Workspace returns the workspace the scope lies in.
func (sc Scope) Workspace() uuid.UUID { return sc.workspace }

// Every reports whether the scope holds all organizations of its workspace.
func (sc Scope) Every() bool { return sc.every }

// The part of a WHERE that keeps a statement within its scope. Row-level
// security says the same once more: either must hold when the other fails, so
// every statement about a workspace's rows carries one of these.
const (
	inWorkspace = `workspace_id = (select app.workspace())`
	inScope     = inWorkspace +
		` and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[]))`

	// organizationOnRecord are the organizations of the scope, archived ones too.
	organizationOnRecord = `o.` + inWorkspace +
		` and ((select app.every_organization()) or o.id = any ((select app.organizations())::uuid[]))`
	organizationInScope = organizationOnRecord + ` and o.archived_at is null`
	indexInScope        = `u.` + inWorkspace +
		` and ((select app.every_organization()) or u.organization_id = any ((select app.organizations())::uuid[]))`
	runInScope = `r.` + inWorkspace +
		` and ((select app.every_organization()) or r.organization_id = any ((select app.organizations())::uuid[]))`
)

// Tx is a transaction inside one workspace. Its methods see the rows of its
// scope and no others.
type Tx struct {
	tx    pgx.Tx
	keys  *secret.Keyring
	scope Scope
}

// WorkspaceID names the workspace whose rows t sees.
func (t *Tx) WorkspaceID() uuid.UUID { return t.scope.workspace }

// InWorkspace runs fn in a transaction whose statements see only the rows of sc.
// It commits when fn returns nil and rolls back otherwise. fn must not keep the
// Tx, nor wait for anything but the database, nor ask s for anything: it holds the
// one connection that there may be.
func (s *Store) InWorkspace(ctx context.Context, sc Scope, fn func(*Tx) error) error {
	return s.transact(ctx, func(tx pgx.Tx) error {
		entered, err := s.enter(ctx, tx, sc)
		if err != nil {
			return err
		}
		return fn(entered)
	})
}

// enter puts a transaction under a scope.
func (s *Store) enter(ctx context.Context, tx pgx.Tx, sc Scope) (*Tx, error) {
	organizations := "*"
	if !sc.every {
		organizations = uuidArray(sc.organizations)
	}
	_, err := tx.Exec(ctx, `select set_config('app.workspace', $1, true), set_config('app.organizations', $2, true)`,
		sc.workspace.String(), organizations)
	return &Tx{tx: tx, keys: s.keys.Load(), scope: sc}, err
}

func (s *Store) transact(ctx context.Context, fn func(pgx.Tx) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	err = conn.meant(pgx.BeginFunc(ctx, conn, fn))
	s.writing.note(err)
	return meaning(err)
}

// meaning turns what Postgres said into what callers act on.
func meaning(err error) error {
	var refused *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case errors.As(err, &refused) && refused.Code == "23505":
		return &ConflictError{Constraint: refused.ConstraintName}
	case errors.As(err, &refused) && refused.ConstraintName == "membership_last_owner":
		return ErrLastOwner
	case errors.As(err, &refused) && refused.Code == "22021":
		return ErrNotFound // bytes that no text in the database can hold
	}
	return err
}

func uuidArray(ids []uuid.UUID) string {
	text := "{"
	for i, id := range ids {
		if i > 0 {
			text += ","
		}
		text += id.String()
	}
	return text + "}"
}

// one runs a query that must give exactly one row.
func one[T any](ctx context.Context, tx pgx.Tx, sql string, args ...any) (T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		var none T
		return none, err
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
	return row, meaning(err)
}

// all runs a query that gives any number of rows.
func all[T any](ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}
