package duo

import (
	"context"
	"sync/atomic"
	"time"
)

// clock is this machine's clock, corrected by what Duo has told. A parent's client and those of
// its children share one.
type clock struct {
	now    func() time.Time
	offset atomic.Int64 // time.Duration
}

func (c *clock) time() time.Time { return c.now().Add(time.Duration(c.offset.Load())) }

// ClockOffset returns how far Duo's clock is ahead of this machine's, to the second. It is 0 until
// Duo refuses a request for its date; from then on requests carry Duo's time.
func (c *Client) ClockOffset() time.Duration { return time.Duration(c.clock.offset.Load()) }

// learnOffset asks Duo for its time and returns the offset from then on, which is the old one if
// Duo does not answer.
func (c *Client) learnOffset(ctx context.Context) time.Duration {
	if theirs, err := c.Ping(ctx); err == nil {
		c.clock.offset.Store(int64(theirs.Sub(c.clock.now()).Round(time.Second)))
	}
	return c.ClockOffset()
}
