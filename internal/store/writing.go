package store

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// refusedCounts is how long a change that the database refused for want of room, or
// for being read-only, counts as trouble of writing.
const refusedCounts = 10 * time.Second

// writing is what this process knows of writing to the database.
type writing struct {
	mu        sync.Mutex
	every     time.Duration // between heartbeats; 0: this process writes none
	last      time.Time     // a heartbeat was written
	heartbeat Trouble       // of the last heartbeat
	room      Trouble       // of the last look for room
	refused   Trouble       // of another change
	refusedAt time.Time
}

// Writing returns the trouble of writing that this process knows of, "" for none:
// the last heartbeat was not written, or none for long, there is no room on the disk,
// or a change was refused in the last 10 seconds.
func (s *Store) Writing() Trouble {
	w := &s.writing
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.heartbeat != "":
		return w.heartbeat
	case w.every > 0 && time.Since(w.last) > 15*w.every/2:
		return NotWriting
	case w.room != "":
		return w.room
	case time.Since(w.refusedAt) < refusedCounts:
		return w.refused
	}
	return ""
}

// Ready asks whether the database answers and returns what keeps the console from
// working with it, "" for nothing.
func (s *Store) Ready(ctx context.Context) Trouble {
	if err := s.Ping(ctx); err != nil {
		if t, is := TroubleOf(err); is {
			return t
		}
		return NoAnswer
	}
	return s.Writing()
}

// CheckRoom has the database write 200 kB to its disk and throw them away. A
// heartbeat alone does not notice a full disk: it finds room in its own page.
func (s *Store) CheckRoom(ctx context.Context) error {
	err := s.transact(Urgent(ctx), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `set local work_mem = '64kB'`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx,
			`with file as materialized (select repeat('x', 1000) from generate_series(1, 200)) select count(*) from file`)
		return err
	})
	w := &s.writing
	w.mu.Lock()
	defer w.mu.Unlock()
	switch t, _ := TroubleOf(err); {
	case err == nil:
		w.room = ""
	case t == DiskFull, t == Faulty:
		w.room = t
	default:
		return nil // nothing is known of the disk: what was known of it stays
	}
	return err
}

// wrote notes what came of a heartbeat.
func (w *writing) wrote(every time.Duration, err error) {
	t, is := TroubleOf(err)
	if err != nil && !is && meaning(err) != ErrNotFound {
		t = NotWriting
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.every = max(w.every, every); err == nil {
		w.last = time.Now()
	}
	w.heartbeat = t
}

// ended notes that this process writes no heartbeats any more.
func (w *writing) ended() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.every, w.heartbeat = 0, ""
}

// note keeps in mind that a change was refused.
func (w *writing) note(err error) {
	if t, _ := TroubleOf(err); t == DiskFull || t == ReadOnly {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.refused, w.refusedAt = t, time.Now()
	}
}
