package store

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// A database that is frozen, or behind a network that drops packets, keeps a
// connection open and says nothing. The statement timeout is the database's own and
// does not help then; so a connection of a server is given up by this side.
const (
	statementTime = 6 * time.Second         // of one statement, kept by the database
	silence       = 6500 * time.Millisecond // without a byte; longer, so that a living database is first
	firstByte     = 3 * time.Second         // the same for a new connection, also one that cancels a statement
)

// dialer makes connections that give up after a silence; 0: never.
func dialer(silence time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	if silence > 0 {
		d.Timeout = firstByte
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &wire{Conn: c, silence: silence}, nil
	}
}

// wire is a connection to the database whose reads and writes do not block for
// longer than a silence, whatever deadlines pgx sets. Its errors are wireErrors.
type wire struct {
	net.Conn
	silence time.Duration

	mu          sync.Mutex
	read, write time.Time // deadlines as pgx set them
	heard, dead bool
}

func (w *wire) Read(b []byte) (int, error) {
	return w.bounded(b, w.Conn.Read, w.Conn.SetReadDeadline, &w.read)
}

func (w *wire) Write(b []byte) (int, error) {
	return w.bounded(b, w.Conn.Write, w.Conn.SetWriteDeadline, &w.write)
}

// bounded reads or writes until pgx's deadline, or the silence's if that is sooner.
func (w *wire) bounded(b []byte, do func([]byte) (int, error), set func(time.Time) error,
	asked *time.Time) (int, error) {
	if err := w.until(set, asked); err != nil {
		return 0, ofWire(err)
	}
	n, err := do(b)
	failed, is := err.(net.Error)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = w.heard || n > 0 && asked == &w.read
	if is && failed.Timeout() && w.silence > 0 && (asked.IsZero() || time.Now().Before(*asked)) {
		w.dead = true
		return n, errSilence
	}
	return n, ofWire(err)
}

func (w *wire) until(set func(time.Time) error, asked *time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	patience := w.silence
	switch {
	case w.silence == 0:
		return nil
	case w.dead:
		return errSilence // not even a good-bye is waited for
	case !w.heard:
		patience = min(patience, firstByte)
	}
	deadline := time.Now().Add(patience)
	if !asked.IsZero() && asked.Before(deadline) {
		deadline = *asked
	}
	return set(deadline)
}

// silent reports whether the connection was given up for its silence.
func (w *wire) silent() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dead
}

func (w *wire) SetDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read, w.write = t, t
	return w.Conn.SetDeadline(t)
}

func (w *wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read = t
	return w.Conn.SetReadDeadline(t)
}

func (w *wire) SetWriteDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.write = t
	return w.Conn.SetWriteDeadline(t)
}

// errSilence is no time-out for pgx, which would keep the connection.
var errSilence = errors.New("store: the database says nothing")

// wireError is an error of a connection to the database, as opposed to one to Duo
// or to a browser.
type wireError struct{ err net.Error }

func (e *wireError) Error() string   { return e.err.Error() }
func (e *wireError) Timeout() bool   { return e.err.Timeout() }
func (e *wireError) Temporary() bool { return false }
func (e *wireError) Unwrap() error   { return e.err }

func ofWire(err error) error {
	if failed, is := err.(net.Error); is {
		return &wireError{failed}
	}
	return err // the end of the stream
}
