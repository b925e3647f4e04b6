package duosim

import (
	"context"
	"net/http"
	"time"
)

// later is asked again, under the lock, whenever something has happened; done tells that its answer is the answer.
// overdue is true once the caller has waited for as long as Hold.
type later func(overdue bool) (response any, no *refusal, done bool)

// wait lets others at the simulator until the handler has its answer. A caller who leaves ends only the waiting; one
// who asks for headers alone does not wait.
func (c *call) wait(ctx context.Context) (any, *refusal) {
	if c.req.sent == http.MethodHead {
		response, no, _ := c.later(true)
		return response, no
	}
	overdue := time.NewTimer(c.sim.hold)
	defer overdue.Stop()
	late := false
	c.sim.waiting++
	c.sim.tell()
	defer func() { c.sim.waiting-- }()
	for {
		response, no, done := c.later(late)
		if done || no != nil {
			return response, no
		}
		news, wake := c.sim.news, time.NewTimer(c.sim.hold)
		if remaining := c.wake.Sub(c.sim.now()); remaining > 0 {
			wake.Reset(remaining)
		}
		if c.effects > 0 { // what was sent is kept, although nobody has been answered yet
			if err := c.sim.save(); err != nil {
				return nil, &refusal{code: 50001, detail: err.Error()}
			}
		}
		c.sim.mu.Unlock()
		select {
		case <-news:
		case <-overdue.C:
			late = true
			overdue.Reset(c.sim.hold)
		case <-wake.C:
		case <-ctx.Done():
			wake.Stop()
			c.sim.mu.Lock()
			panic(http.ErrAbortHandler)
		}
		wake.Stop()
		c.sim.mu.Lock()
		c.now = c.sim.now()
		c.account.expire(c.now)
	}
}

// tell wakes everybody who waits for an answer.
func (s *Sim) tell() {
	close(s.news)
	s.news = make(chan struct{})
}
