package store

import (
	"sync/atomic"
	"time"
)

// Sessions, tokens, invitations and runs are written by one process and judged by
// others, on machines whose clocks may differ. So all of them use the time of the
// one database: Now is this machine's clock, corrected by what heartbeats measure.

const (
	clockTolerance = time.Second     // by which clocks may differ without being corrected
	clockRead      = 2 * time.Second // a slower answer measures nothing
)

// clock is this machine's clock beside the database's.
type clock struct {
	wall   func() time.Time // nil: time.Now
	behind atomic.Int64     // nanoseconds that the database's is ahead of it
}

func (c *clock) now() time.Time {
	if c.wall == nil {
		return time.Now()
	}
	return c.wall()
}

// measure compares the clocks by an answer of the database: it read its own in
// between.
func (c *clock) measure(before, database, after time.Time) {
	if took := after.Sub(before); took > clockRead || database.IsZero() {
		return
	}
	behind := database.Sub(before.Add(after.Sub(before) / 2))
	// A small difference is noise, and time should not jump back and forth with it.
	if (behind - time.Duration(c.behind.Load())).Abs() > clockTolerance {
		c.behind.Store(int64(behind))
	}
}

// Now is the time in the database, to within a second. It is measured by BeginProcess
// and Beat; before that it is this machine's.
func (s *Store) Now() time.Time { return s.clock.now().Add(time.Duration(s.clock.behind.Load())) }

// ClockBehind is how far this machine's clock is behind the database's; negative if
// it is ahead. A difference of up to a second reads as none.
func (s *Store) ClockBehind() time.Duration { return time.Duration(s.clock.behind.Load()) }

// UseClock puts another clock in the place of this machine's. It must be called
// before the Store is shared.
func (s *Store) UseClock(wall func() time.Time) { s.clock.wall = wall }
