package duo

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"duodesk/internal/task"
)

// Pacer keeps requests within what Duo asks of its callers, for each account by itself. One Pacer
// serves all clients of a process, those of [Client.ForAccount] too: an account is known by its
// host. The zero value is ready for use; it remembers a few hundred bytes for each host.
//
// An account may be sent 8 requests at once and 4 a second after that. Its logs may be read 5 times
// at once and once a minute after that, one read at a time. Half of the requests and all but one of
// the log reads at once are kept for people: [Options.Background] clients do not touch them, so
// that a page does not queue up behind a synchronization. One of nine requests is the background's
// in any case.
//
// A call that comes too early waits, first come, first served. It gives up at once, with the
// [TransportError] Paced and nothing sent, if its turn comes after the deadline of its context, or,
// unless in the background, later than [Options.Timeout].
//
// After a rate limit (429) the account is left alone for as long as Duo says, 60 seconds at most, or
// for a second and a bit. Meanwhile one call in 10 seconds goes through, and one a second of all
// accounts that are limited: when Duo answers it, the limit is over. After three calls in a row that
// timed out, the account is pinged, and called by one at a time once it answers. The other calls
// fail at once with Limited or Silent and nothing sent, or wait in the background.
type Pacer struct {
	// Unspaced leaves the requests as they come; limits and silence count all the same.
	Unspaced bool
	// Now is the clock that limits are measured by; the default is time.Now.
	Now func() time.Time
	// Log is told of a panic in the pings; the default is none.
	Log *slog.Logger

	mu        sync.Mutex
	accounts  map[string]*accountPace
	trials    int       // so far
	nextProbe time.Time // of any limited account
}

func (p *Pacer) time() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

// pace is a number of requests that may come at once, of which some are reserved, and the time
// that each takes to come back.
type pace struct {
	every           time.Duration
	burst, reserved int
}

var (
	requestPace = pace{every: time.Second / 4, burst: 8, reserved: 4}
	logPace     = pace{every: time.Minute, burst: 5, reserved: 4}
)

// accountPace is what one account was sent.
type accountPace struct {
	requests, logs bucket
	logRead        chan struct{} // holds the one log read that is under way
	gate, auth     gate          // of the Auth API: auth
}

// bucket tells, by the time when all of its requests are there again, how many there are.
type bucket struct {
	pace
	full  time.Time
	queue chan struct{} // holds the background call whose turn is next
}

func newBucket(p pace) bucket { return bucket{pace: p, queue: make(chan struct{}, 1)} }

// wait tells how long it is until a request can be taken that leaves some in the bucket.
func (b *bucket) wait(now time.Time, leaving int) time.Duration {
	missing := max(b.full.Sub(now), 0)
	return max(missing+b.every-time.Duration(b.burst-leaving)*b.every, 0)
}

func (b *bucket) take(now time.Time) {
	if b.full.Before(now) {
		b.full = now
	}
	b.full = b.full.Add(b.every)
}

func (p *Pacer) account(host string) *accountPace {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.accounts[host]
	if a == nil {
		a = &accountPace{requests: newBucket(requestPace), logs: newBucket(logPace), logRead: make(chan struct{}, 1)}
		if p.accounts == nil {
			p.accounts = map[string]*accountPace{}
		}
		p.accounts[host] = a
	}
	return a
}

func isLog(path string) bool {
	return strings.HasPrefix(path, "/admin/v1/logs/") || strings.HasPrefix(path, "/admin/v2/logs/") ||
		strings.HasPrefix(path, "/admin/v1/trust_monitor/")
}

// paced waits until the account may be sent r. The caller then calls done with how it went. It is
// all that a Client asks of its Pacer: may this go now, and what came of it.
func (c *Client) paced(ctx context.Context, r Request) (done func(error), err error) {
	p := c.options.Pacer
	if p == nil {
		return func(error) {}, nil
	}
	a := p.account(c.credentials.Host)
	g := &a.gate
	if strings.HasPrefix(r.Path, "/auth/") {
		g = &a.auth
	}
	trial, leave, err := p.enter(ctx, a, g, c.options, isLog(r.Path))
	if err != nil {
		failed := &TransportError{Failure: Paced, Method: r.Method, Path: r.Path, Host: c.credentials.Host, Err: err}
		if early, ok := errors.AsType[*tooEarly](err); ok {
			failed.Failure, failed.RetryAfter = early.why, early.wait
		} else if errors.Is(err, context.Canceled) {
			failed.Failure = Canceled
		}
		return nil, failed
	}
	began := time.Now()
	return func(err error) {
		leave()
		p.report(g, trial, ofAccount(r, err), time.Since(began))
		if p.mayPing(g, false) {
			log := p.Log
			if log == nil {
				log = slog.New(slog.DiscardHandler)
			}
			task.Go(context.Background(), log, "ping a silent account", func() error { return c.revive(g) })
		}
	}, nil
}

// enter takes a call through the gate and the buckets. The gate is asked again at the end, as Duo
// may have said something meanwhile.
func (p *Pacer) enter(ctx context.Context, a *accountPace, g *gate, o Options, isLog bool) (trial int, leave func(),
	err error) {
	if o.Background {
		p.mu.Lock()
		g.behind++
		p.mu.Unlock()
		defer func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			g.behind--
		}()
	}
	if _, err := p.pass(ctx, g, o.Background, false); err != nil {
		return 0, nil, err
	}
	leave = func() {}
	if !p.Unspaced {
		if leave, err = p.space(ctx, a, o, isLog); err != nil {
			return 0, nil, err
		}
	}
	if trial, err = p.pass(ctx, g, o.Background, true); err != nil {
		leave()
	}
	return trial, leave, err
}

// space waits for the call's turn among those to the same account.
func (p *Pacer) space(ctx context.Context, a *accountPace, o Options, isLog bool) (leave func(), err error) {
	if !o.Background {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Timeout)
		defer cancel()
	}
	buckets := []*bucket{&a.requests}
	if isLog {
		buckets = []*bucket{&a.logs, &a.requests}
	}
	for _, b := range buckets {
		if err := p.turn(ctx, b, o.Background); err != nil {
			return nil, err
		}
	}
	if !isLog {
		return func() {}, nil
	}
	return func() { <-a.logRead }, enter(ctx, a.logRead)
}

// fairShare is how many requests of people go before one that waits in the background.
const fairShare = 8

// turn waits for b. People reserve their turn when they come; what runs in the background looks
// again when it has waited, because people may have come in between. Its first one goes after
// fairShare of theirs in any case: who never stops reading would keep the answer to a push from
// being asked for.
func (p *Pacer) turn(ctx context.Context, b *bucket, background bool) error {
	if !background {
		wait, err := p.take(ctx, b, 0, true, 0)
		if err != nil || wait == 0 {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			b.full = b.full.Add(-b.every)
			return err
		}
		return nil
	}
	if err := enter(ctx, b.queue); err != nil {
		return err
	}
	defer func() { <-b.queue }()
	for until := time.Now().Add(fairShare * b.every); ; {
		wait, err := p.take(ctx, b, b.reserved, false, time.Until(until))
		if err != nil || wait == 0 {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// take takes a request out of b and tells how long to wait before it may be sent, unless that is
// longer than ctx lasts. It takes what is not there yet only with ahead, or when most, the longest
// wait without it, is over.
func (p *Pacer) take(ctx context.Context, b *bucket, leaving int, ahead bool,
	most time.Duration) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	wait := b.wait(now, leaving)
	if !ahead {
		wait = min(wait, max(most, 0))
	}
	if deadline, ok := ctx.Deadline(); ok && wait > 0 && !now.Add(wait).Before(deadline) {
		return 0, &tooEarly{Paced, wait}
	}
	if ahead || wait == 0 {
		b.take(now)
	}
	return wait, nil
}

func enter(ctx context.Context, turn chan struct{}) error {
	select {
	case turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
