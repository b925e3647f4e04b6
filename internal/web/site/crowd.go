package site

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// What strangers ask for is bounded before it costs the database or a core
// anything, so that a flood of it does not slow the pages of operators down.
const (
	attemptsAtOnce = 60 // sign-ins and invitations of an address or a device; one a second from then on
	missesAtOnce   = 30 // credentials of an address that open nothing; one a second from then on

	laneQueue = 32              // how many wait for a place in a lane
	laneWait  = 5 * time.Second // for how long

	mostPaused = 2000 // refusals that are held back at once

	// A pool of 8 connections keeps at least half of them for pages.
	laneWidest = 2
)

// tooMany says that an address or a device has to wait.
type tooMany struct{ wait time.Duration }

func (e *tooMany) Error() string { return fmt.Sprintf("web: too many attempts; wait %s", e.wait) }

// crowd keeps account of those who have proved nothing yet.
type crowd struct {
	now      func() time.Time
	address  func(*http.Request) string
	Attempts Buckets
	Misses   Buckets
	met      generations[struct{}] // credentials without a stamp that opened something

	// Who comes with the cookie of a known browser, or has a session, does not wait
	// behind strangers. As many places as there are cores hash at once: strangers take
	// half of them.
	Strangers, known Lane

	pause  time.Duration
	paused chan struct{}
}

func newCrowd(c Config) *crowd {
	return &crowd{
		now: c.Now, address: whoAsks(c.TrustedProxies), Attempts: Buckets{Limit: 1, Burst: attemptsAtOnce},
		Misses: Buckets{Limit: 1, Burst: missesAtOnce},
		pause:  cmp.Or(c.RefusalPause, time.Second), paused: make(chan struct{}, mostPaused),
		Strangers: newLane(max(1, min(runtime.NumCPU()/2, laneWidest))),
		known:     newLane(min(runtime.NumCPU(), laneWidest)),
	}
}

// Enter takes account of an attempt and waits for a place in a lane, until leave is
// called. Above zero, wait says that the address or the browser is too fast; the
// error may be secret.ErrBusy.
func (c *crowd) Enter(ctx context.Context, l Lane, paced string) (leave func(), wait time.Duration, err error) {
	if wait = c.Attempts.Take(paced, c.now()); wait == 0 {
		leave, err = l.Enter(ctx)
	}
	if wait > 0 || errors.Is(err, secret.ErrBusy) {
		c.holdBack(ctx)
	}
	return leave, wait, err
}

// holdBack lets a refusal wait: connections that send the next request as soon as
// the last is answered would keep the cores busy with refusals alone.
func (c *crowd) holdBack(ctx context.Context) {
	select {
	case c.paused <- struct{}{}:
		defer func() { <-c.paused }()
	default:
		return
	}
	select {
	case <-time.After(c.pause):
	case <-ctx.Done():
	}
}

// look finds what a credential opens by find, which asks the database and returns
// store.ErrNotFound for one that opens nothing. A credential that cannot be ours is
// not looked for. One without a stamp may be anybody's guess: it waits among the
// strangers, and its misses are counted for its address. Those of others are counted for both:
// an access token that is used where it is not admitted goes on working where it is.
func (c *crowd) look(r *http.Request, trust store.Trust, credential string, find func() error) error {
	itself := string(hashOf(credential))
	counted, stranger := itself+Network(c.address(r)), false
	switch {
	case trust == store.MadeUp:
		return store.ErrNotFound
	case trust == store.Unproved:
		if _, met := c.met.Get(itself, c.now()); !met {
			counted, stranger = Network(c.address(r)), true
		}
	}
	if c.Misses.isEmpty(counted, c.now()) {
		if stranger {
			c.holdBack(r.Context())
			return &tooMany{time.Second}
		}
		return store.ErrNotFound // so it was a moment ago
	}
	if stranger {
		leave, err := c.Strangers.Enter(r.Context())
		if err != nil {
			return err
		}
		defer leave()
	}
	err := find()
	switch {
	case errors.Is(err, store.ErrNotFound):
		c.Misses.Take(counted, c.now())
	case err == nil && stranger:
		c.met.put(itself, struct{}{}, c.now())
	}
	return err
}

// Network is the address by which a stranger is counted: who has one IPv6 address
// has 2^64 of them.
func Network(address string) string {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() && !ip.Is4In6() {
		if prefix, err := ip.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address
}

// Lane lets a few in at once and a bounded number wait. Hold it for statements and
// hashes only, never while a body is read or a page is written: a slow client would
// keep everybody out.
type Lane struct{ Inside, Places chan struct{} }

func newLane(wide int) Lane {
	return Lane{Inside: make(chan struct{}, wide), Places: make(chan struct{}, wide+laneQueue)}
}

// Enter waits for a place, until leave is called. It returns secret.ErrBusy when
// too many wait, or the wait is too long.
func (l Lane) Enter(ctx context.Context) (leave func(), err error) {
	select {
	case l.Places <- struct{}{}:
	default:
		return nil, secret.ErrBusy
	}
	ctx, cancel := context.WithTimeout(ctx, laneWait)
	defer cancel()
	select {
	case l.Inside <- struct{}{}:
		return func() { <-l.Inside; <-l.Places }, nil
	case <-ctx.Done():
		<-l.Places
		return nil, secret.ErrBusy
	}
}

// Buckets pace what is counted by a key: Burst at once, and Limit a second from then on.
type Buckets struct {
	Limit  rate.Limit
	Burst  int
	Counts generations[*rate.Limiter]
}

// Take takes account of one and returns 0, or how long to wait before one is taken.
func (b *Buckets) Take(key string, now time.Time) time.Duration {
	bucket, found := b.Counts.Get(key, now)
	if !found {
		bucket = b.Counts.put(key, rate.NewLimiter(b.Limit, b.Burst), now)
	}
	if bucket.AllowN(now, 1) {
		return 0
	}
	return time.Duration(float64(time.Second) * (1 - bucket.TokensAt(now)) / float64(b.Limit))
}

// isEmpty reports whether take would have to wait.
func (b *Buckets) isEmpty(key string, now time.Time) bool {
	bucket, found := b.Counts.Get(key, now)
	return found && bucket.TokensAt(now) < 1
}

// A key that was not used for one to two generations is forgotten: by then its
// bucket is full again.
const (
	generation     = 10 * time.Minute
	mostGeneration = 50_000 // keys; some 10 MB
)

// generations is a bounded map that forgets what was not used lately. The zero
// value is ready for use.
type generations[V any] struct {
	mu           sync.Mutex
	this, before map[string]V
	began        time.Time
}

func (g *generations[V]) Get(key string, now time.Time) (V, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if v, found := g.this[key]; found {
		return v, true
	}
	v, found := g.before[key]
	if found {
		g.keep(key, v, now)
	}
	return v, found
}

// put keeps a value unless there is one, and returns the one that is kept.
func (g *generations[V]) put(key string, v V, now time.Time) V {
	g.mu.Lock()
	defer g.mu.Unlock()
	if kept, found := g.this[key]; found {
		return kept
	}
	g.keep(key, v, now)
	return v
}

func (g *generations[V]) keep(key string, v V, now time.Time) {
	if g.this == nil || len(g.this) >= mostGeneration || now.Sub(g.began) >= generation {
		g.this, g.before, g.began = map[string]V{}, g.this, now
	}
	g.this[key] = v
}
