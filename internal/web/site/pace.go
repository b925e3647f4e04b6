package site

import (
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
)

// What one access token may ask of one process: so many requests at once, and
// from then on one each PaceEvery.
const (
	paceBurst = 30
	PaceEvery = 100 * time.Millisecond
)

// tooFast says that a token has to wait.
type tooFast struct{ wait time.Duration }

func (e *tooFast) Error() string { return fmt.Sprintf("web: too many requests; wait %s", e.wait) }

// pace counts the requests of each token. A token's account is the moment at
// which everything that it asked for will have been paid off. The zero pace is
// ready for use.
type pace struct {
	mu     sync.Mutex
	paidBy map[uuid.UUID]time.Time
	swept  time.Time
}

// wait takes account of one request and returns 0, or how long the token has to
// wait before one is taken.
func (p *pace) wait(token uuid.UUID, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paidBy == nil {
		p.paidBy = map[uuid.UUID]time.Time{}
	}
	if now.Sub(p.swept) >= time.Minute {
		p.swept = now
		for id, paid := range p.paidBy {
			if !paid.After(now) {
				delete(p.paidBy, id)
			}
		}
	}
	paid := p.paidBy[token]
	if paid.Before(now) {
		paid = now
	}
	paid = paid.Add(PaceEvery)
	if over := paid.Sub(now) - paceBurst*PaceEvery; over > 0 {
		return over
	}
	p.paidBy[token] = paid
	return 0
}

// MostStreams is how many streams of events one operator may have open of one
// process: each asks the database for as long as it is open.
const MostStreams = 16

// streams counts those that are open, by operator. The zero value is ready for
// use.
type streams struct {
	mu   sync.Mutex
	open map[uuid.UUID]int
}

// Enter takes account of one more, until leave is called; ok is false for one too
// many.
func (s *streams) Enter(operator uuid.UUID) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[operator] >= MostStreams {
		return nil, false
	}
	if s.open == nil {
		s.open = map[uuid.UUID]int{}
	}
	s.open[operator]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.open[operator]--; s.open[operator] == 0 {
			delete(s.open, operator)
		}
	}, true
}
