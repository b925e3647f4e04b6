package duo

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// How long an account is left alone, and how it is tried again.
const (
	maxLimit     = time.Minute      // for a rate limit at most, whatever Retry-After says
	probeEvery   = 10 * time.Second // one call may go through to a limited account
	probeSpacing = time.Second      // between the probes of all limited accounts of a Pacer
	maxTimeouts  = 3                // in a row, until an account counts as silent
	fairTime     = 3 * time.Second  // a call has to have had, for its time-out to count
	gatePatience = 2 * time.Second  // a person waits for a limit to end
	trialPoll    = 100 * time.Millisecond
	trialTime    = 10 * time.Second // a trial keeps others back: a call can wait for a person's answer

	pingEvery     = time.Second     // a silent account is pinged
	pingTime      = 2 * time.Second // it has to answer
	pingFor       = time.Minute     // after somebody last wanted something of it
	silentRetryIn = 5 * time.Second // what a person is told of a silent account: it is back in no more
)

// gate keeps calls away from an account that Duo limits or that does not answer. The Auth API has one
// of its own: Duo limits it by itself, and what a form shows of a person comes from the Admin API. What closed it is
// over when a call that was let through, the trial, is answered; there is one trial at a time.
//
// It stands behind the two questions of a Client, may this go now and what came of it, so that what
// it knows can be kept where several processes see it.
type gate struct {
	closed  Failure       // Limited, Silent, or "" while the account is open
	trial   int           // number of the call that is on its way; 0: none is
	behind  int           // calls in the background that wait, of which the next trial is
	began   time.Time     // of the trial
	changed chan struct{} // closed when the gate opens, or the trial ends

	until time.Time // Limited: Duo asked to be left alone until then
	probe time.Time // Limited: when a call may go through before that

	timeouts int       // in a row
	pinging  bool      // Silent: no call goes through before a ping is answered
	wanted   time.Time // Silent: when somebody last wanted to call
}

// admit lets a call through, as a trial if the gate is closed; or it returns why not, and for how
// long. take says that the call goes at once. People leave the trial of a limited account to a call that
// waits in the background: by asking all the time they would always come first. p.mu is held.
func (p *Pacer) admit(g *gate, now time.Time, background, take bool) (trial int, why Failure, wait time.Duration) {
	tried := g.trial != 0 && now.Before(g.began.Add(trialTime))
	switch {
	case g.closed == "":
		return 0, "", 0
	case g.closed == Silent:
		g.wanted = now
		if tried || g.pinging {
			return 0, Silent, silentRetryIn
		}
	case now.Before(g.until) && (tried || now.Before(g.probe)):
		return 0, Limited, g.until.Sub(now)
	case tried:
		return 0, Limited, trialPoll // it may be answered at any time
	case now.Before(p.nextProbe):
		return 0, Limited, max(g.until.Sub(now), p.nextProbe.Sub(now))
	case g.behind > 0 && !background:
		return 0, Limited, max(g.until.Sub(now), trialPoll)
	}
	if !take {
		return 0, "", 0
	}
	p.trials++
	g.trial, g.began = p.trials, now
	if g.closed == Limited {
		g.probe, p.nextProbe = now.Add(probeEvery), now.Add(probeSpacing)
	}
	return g.trial, "", 0
}

// pass waits until a call may go through, which a person does for a moment only.
func (p *Pacer) pass(ctx context.Context, g *gate, background, take bool) (trial int, err error) {
	for began := p.time(); ; {
		p.mu.Lock()
		now := p.time()
		trial, why, wait := p.admit(g, now, background, take)
		changed := g.changed
		p.mu.Unlock()
		switch {
		case why == "":
			return trial, nil
		case background:
			wait = min(wait, time.Second) // what is limited can open earlier
		case why == Silent || now.Add(wait).After(began.Add(gatePatience)):
			return 0, &tooEarly{why, max(wait, time.Second)}
		}
		select {
		case <-time.After(wait):
		case <-changed:
		case <-ctx.Done():
		}
		switch {
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return 0, &tooEarly{why, wait}
		case ctx.Err() != nil:
			return 0, ctx.Err()
		}
	}
}

// Check returns the [TransportError] that a read of an account by the Admin API would fail with at
// once, if it would: for who could wait for somebody else's read. It lets nothing through.
func (p *Pacer) Check(host string) error {
	a := p.account(host)
	p.mu.Lock()
	defer p.mu.Unlock()
	_, why, wait := p.admit(&a.gate, p.time(), false, false)
	if why == Silent || why == Limited && wait > gatePatience {
		return &TransportError{Failure: why, Method: http.MethodGet, Host: host, RetryAfter: wait}
	}
	return nil
}

// tooEarly is a call that may not go now.
type tooEarly struct {
	why  Failure
	wait time.Duration
}

func (e *tooEarly) Error() string {
	return "the next one can be sent in " + e.wait.Round(time.Millisecond).String()
}

// report takes down what became of a call, and how long it took.
func (p *Pacer) report(g *gate, number int, err error, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.time()
	trial := number != 0
	if trial && g.trial == number {
		g.trial = 0
	}
	refused, isRefusal := errors.AsType[*Error](err)
	failed, isFailure := errors.AsType[*TransportError](err)
	switch {
	case isRefusal && refused.Status == http.StatusTooManyRequests:
		wait := refused.RetryAfter
		if wait == 0 {
			wait = time.Second + rand.N(time.Second/2) // shorter than a person's patience
		}
		if until := now.Add(min(wait, maxLimit)); g.closed != Limited || until.After(g.until) {
			g.until = until
		}
		g.closed, g.probe, g.timeouts = Limited, now.Add(probeEvery), 0
	case isFailure && failed.Failure == TimedOut && took >= fairTime:
		if g.timeouts++; trial || g.timeouts >= maxTimeouts {
			g.closed = Silent
		}
	case isFailure && !answered(failed):
		// Nothing is known of the account; a trial was none.
	case trial || g.closed == "":
		// A call from before the gate closed says nothing of what comes after.
		g.closed, g.timeouts = "", 0
	}
	if trial && g.changed != nil {
		close(g.changed)
		g.changed = nil
	}
	if g.closed != "" && g.changed == nil {
		g.changed = make(chan struct{})
	}
}

// answered reports whether a call failed for what was answered.
func answered(e *TransportError) bool {
	return e.Failure == Redirected || e.Failure == AnswerTooLarge || e.Failure == NotUnderstood ||
		e.Failure == OtherAnswer
}

// mayPing reports whether an account's pings are to be begun, or to go on if they were.
func (p *Pacer) mayPing(g *gate, begun bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if g.closed != Silent || g.pinging != begun || p.time().Sub(g.wanted) > pingFor && begun {
		return false
	}
	if !begun {
		g.pinging, g.wanted = true, p.time()
	}
	return true
}

// revive pings a silent account until it answers, or nobody has wanted anything of it for a while:
// then the next call may be the trial.
func (c *Client) revive(g *gate) error {
	p := c.options.Pacer
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		g.pinging = false
	}()
	for p.mayPing(g, true) {
		ctx, cancel := context.WithTimeout(context.Background(), pingTime)
		_, err := c.Ping(ctx)
		cancel()
		if failed, ok := errors.AsType[*TransportError](err); !ok || answered(failed) {
			return nil
		}
		time.Sleep(pingEvery)
	}
	return nil
}

// ofAccount leaves out of an error what is not the account's: the Auth API and the directory
// synchronization limit how often one user may be asked for.
func ofAccount(r Request, err error) error {
	refused, ok := errors.AsType[*Error](err)
	if !ok || refused.Status != http.StatusTooManyRequests || refused.RetryAfter > 0 {
		return err
	}
	if strings.HasPrefix(r.Path, "/auth/v2/") || strings.HasPrefix(r.Path, "/admin/v1/users/directorysync/") {
		return nil
	}
	return err
}
