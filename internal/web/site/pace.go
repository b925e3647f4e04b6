package site

import (
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"
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

func newPace() Buckets { return Buckets{Limit: rate.Every(PaceEvery), Burst: paceBurst} }

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
