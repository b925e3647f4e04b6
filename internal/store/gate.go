package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// How long a request waits for one of the connections that others use.
const (
	longestWait = 6 * time.Second
	stuckAfter  = 3 * time.Second        // gives up sooner when no working connection comes back for so long
	gateLook    = 250 * time.Millisecond // how often a request that waits looks at the time
	loneTries   = 3
	tryPause    = 20 * time.Millisecond // before a refused request tries again
	growEvery   = time.Second           // how often another connection is tried after one was refused
)

var (
	errAllInUse = errors.New("store: all connections to the database are in use")
	errRefused  = errors.New("store: the database accepts no more connections, and those that work are in use")
)

// gate lets as many requests use the pool as there are connections. A request that
// the database refuses another connection waits here for one that works. What is
// urgent goes first.
type gate struct {
	most int

	mu             sync.Mutex
	limit          int // most, or how many connections worked when another one was refused
	inside         int
	urgent, others []chan struct{} // closed to let in
	growAt         time.Time       // the limit may be tried by one more
	moved          time.Time       // when a working connection was last given back
	lone           int             // refusals with nobody inside, since a connection worked
	silent         bool            // so was the database when another connection was last tried

	waits  int64
	waited time.Duration
}

func newGate(most int) *gate { return &gate{most: most, limit: most} }

// enter waits until the caller may use a connection; leave or refused ends that.
// Errors are errAllInUse, errRefused and errNoAnswer, with ctx's own if that ended
// the wait.
func (g *gate) enter(ctx context.Context, urgent bool) error {
	began, ticket := time.Now(), make(chan struct{})
	g.mu.Lock()
	if urgent {
		g.urgent = append(g.urgent, ticket)
	} else {
		g.others = append(g.others, ticket)
	}
	g.admit(began)
	g.mu.Unlock()
	select {
	case <-ticket:
		return nil
	default:
	}
	look := time.NewTicker(gateLook)
	defer look.Stop()
	for {
		var err error
		select {
		case <-ticket:
			g.count(began)
			return nil
		case <-ctx.Done():
			err = fmt.Errorf("%w: %w", g.why(), ctx.Err())
		case now := <-look.C:
			err = g.look(now, began)
		}
		if err != nil && g.withdraw(ticket) {
			g.count(began)
			return err
		}
	}
}

// admit lets in who may enter. g.mu is held.
func (g *gate) admit(now time.Time) {
	for len(g.urgent)+len(g.others) > 0 {
		if g.inside >= g.limit {
			if g.limit >= g.most || now.Before(g.growAt) {
				return
			}
			g.limit, g.growAt = g.inside+1, now.Add(growEvery)
		}
		queue := &g.others
		if len(g.urgent) > 0 {
			queue = &g.urgent
		}
		close((*queue)[0])
		*queue = (*queue)[1:]
		g.inside++
	}
}

// look returns why a request that has waited since began need not wait any longer.
func (g *gate) look(now, began time.Time) error {
	g.mu.Lock()
	g.admit(now)
	moved := g.moved
	g.mu.Unlock()
	if began.After(moved) {
		moved = began
	}
	if now.Sub(began) >= longestWait || now.Sub(moved) >= stuckAfter {
		return g.why()
	}
	return nil
}

func (g *gate) why() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.limit == g.most:
		return errAllInUse
	case g.silent:
		return errNoAnswer
	}
	return errRefused
}

// withdraw reports whether a ticket was still waiting, and takes it out.
func (g *gate) withdraw(ticket chan struct{}) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, queue := range []*[]chan struct{}{&g.urgent, &g.others} {
		if i := slices.Index(*queue, ticket); i >= 0 {
			*queue = slices.Delete(*queue, i, i+1)
			return true
		}
	}
	return false
}

// leave ends a use of the pool; the connection works or there was none.
func (g *gate) leave(works bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.inside--
	if works {
		g.moved, g.lone = now, 0
	}
	g.admit(now)
}

// refused ends a use of the pool, tried since then, that got no connection because
// another one cannot be made. It reports whether trying again is worth it: a
// connection came back meanwhile, or some are in use, unless the database is silent.
// Several that are made at once can keep each other out, so the first who are
// refused with nobody beside them try again as well.
func (g *gate) refused(since time.Time, silent bool) (worthIt bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.inside--
	g.limit, g.growAt, g.silent = max(1, g.inside), now.Add(growEvery), silent
	if g.inside == 0 {
		g.lone++
	}
	worthIt = g.moved.After(since) || !silent && (g.inside > 0 || g.lone <= loneTries)
	g.admit(now)
	return worthIt
}

// grew notes that another connection could be made: the next may be tried at once.
func (g *gate) grew() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.growAt = time.Time{}
	g.admit(time.Now())
}

// have notes how many connections the pool has.
func (g *gate) have(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n > g.limit {
		g.limit = min(n, g.most)
		g.admit(time.Now())
	}
}

func (g *gate) count(began time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waits++
	g.waited += time.Since(began)
}

func (g *gate) counted() (waits int64, waited time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waits, g.waited
}
