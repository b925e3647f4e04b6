package store

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	mostConnections = 8
	connectTime     = 3 * time.Second // until a connection is there that answers
	pingTime        = 2 * time.Second // for one that was idle; then the next one is tried
)

// errNoAnswer says that no connection could be had because the database is silent.
var errNoAnswer = fmt.Errorf("store: the database did not answer within %s", connectTime)

// pool is a pgxpool behind a gate. Code that holds a connection must not ask for a
// second one: there may be only one.
type pool struct {
	inner *pgxpool.Pool
	gate  *gate
}

func newPool(ctx context.Context, config *pgxpool.Config, most int) (*pool, error) {
	p := &pool{gate: newGate(most)}
	config.MaxConns = int32(most)
	config.PingTimeout = pingTime
	config.AfterConnect = func(context.Context, *pgx.Conn) error {
		p.gate.grew()
		return nil
	}
	var err error
	p.inner, err = pgxpool.NewWithConfig(ctx, config)
	return p, err
}

type urgentKey struct{}

// Urgent makes statements go before those of pages when connections are short: for
// what others rely on, such as heartbeats and the closing of runs.
func Urgent(ctx context.Context) context.Context { return context.WithValue(ctx, urgentKey{}, true) }

// conn is a connection on loan, until Release.
type conn struct {
	*pgxpool.Conn
	gate *gate
}

// meant is an error of the connection, of which pgx may say no more than that it is
// closed.
func (c *conn) meant(err error) error {
	if err == nil || !c.Conn.Conn().IsClosed() {
		return err
	}
	on := c.Conn.Conn().PgConn().Conn()
	if secured, is := on.(*tls.Conn); is {
		on = secured.NetConn()
	}
	if w, is := on.(*wire); is && w.silent() && !errors.Is(err, errSilence) {
		return fmt.Errorf("%w: %w", errSilence, err)
	}
	return err
}

func (c *conn) Release() {
	works := !c.Conn.Conn().IsClosed()
	c.Conn.Release()
	c.gate.leave(works)
}

// Acquire borrows a connection. Where another one cannot be made, it waits for one
// of those that work.
func (p *pool) Acquire(ctx context.Context) (*conn, error) {
	first := ctx.Value(urgentKey{}) != nil
	var refused error
	for {
		if err := p.gate.enter(ctx, first); err != nil {
			return nil, errors.Join(err, refused)
		}
		began := time.Now()
		within, cancel := context.WithTimeout(ctx, connectTime)
		c, err := p.inner.Acquire(within)
		cancel()
		if err == nil {
			now := p.inner.Stat()
			p.gate.have(int(now.AcquiredConns() + now.IdleConns()))
			return &conn{c, p.gate}, nil
		}
		silent := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errSilence)
		switch {
		case ctx.Err() != nil || !silent && !errors.As(err, new(*pgconn.ConnectError)):
			p.gate.leave(false)
			return nil, err
		case silent:
			err = fmt.Errorf("%w: %w", errNoAnswer, err)
		}
		if !p.gate.refused(began, silent) {
			return nil, err
		}
		first, refused = true, err // it has waited once
		select {
		case <-time.After(tryPause):
		case <-ctx.Done():
		}
	}
}

func (p *pool) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	c, err := p.Acquire(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	defer c.Release()
	done, err := c.Conn.Exec(ctx, sql, args...)
	return done, c.meant(err)
}

// SendBatch carries out a batch in a transaction of its own.
func (p *pool) SendBatch(ctx context.Context, batch *pgx.Batch) error {
	c, err := p.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	return c.meant(c.Conn.SendBatch(ctx, batch).Close())
}

// Query is that of pgx: the connection is given back when the rows are closed, or
// read to their end.
func (p *pool) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	c, err := p.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.Conn.Query(ctx, sql, args...)
	if err != nil {
		err = c.meant(err)
		c.Release()
		return nil, err
	}
	return &poolRows{rows, sync.OnceFunc(c.Release)}, nil
}

// QueryRow is that of pgx. The row must be scanned.
func (p *pool) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	c, err := p.Acquire(ctx)
	if err != nil {
		return failedRow{err}
	}
	return poolRow{c.Conn.QueryRow(ctx, sql, args...), c}
}

func (p *pool) Ping(ctx context.Context) error {
	c, err := p.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	return c.meant(c.Conn.Ping(ctx))
}

type poolRows struct {
	pgx.Rows
	release func()
}

func (r *poolRows) Close() {
	r.Rows.Close()
	r.release()
}

func (r *poolRows) Next() bool {
	next := r.Rows.Next()
	if !next {
		r.Close()
	}
	return next
}

type poolRow struct {
	pgx.Row
	conn *conn
}

func (r poolRow) Scan(dest ...any) error {
	defer r.conn.Release()
	return r.conn.meant(r.Row.Scan(dest...))
}

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }
