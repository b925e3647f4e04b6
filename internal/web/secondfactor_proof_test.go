//go:build proof

package web

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"duodesk/internal/run/runtest"
	"duodesk/internal/store/storetest"
)

// TestProofEveryOrderOfSigningIn: no order of four requests that begins with the password
// leads to a session without each factor.
func TestProofEveryOrderOfSigningIn(t *testing.T) { walkOrders(t, 4, 0) }

// TestProofGuessedCodes: of 10,000 guesses at the code by who has the password, over as
// many browsers as they like and eight at once, few are looked at and none opens anything:
// not even the right one, while they go on.
func TestProofGuessedCodes(t *testing.T) {
	s := newSite(t)
	wrong := wrongCode(t, s)
	const guesses, guessers = 10_000, 8
	answers := make([]map[int]int, guessers)
	var all sync.WaitGroup
	for n := range guessers {
		answers[n] = map[int]int{}
		all.Go(func() {
			w := s.signingIn(t, s.Owner, false)
			for i := range guesses / guessers {
				if i%5 == 0 { // a sign-in takes five
					orderSteps[0].do(t, w)
				}
				answers[n][w.post("/signin/factor/code", "code", wrong).status]++
			}
		})
	}
	all.Wait()
	looked, total := 0, 0
	for _, of := range answers {
		looked += of[http.StatusUnprocessableEntity]
		for status, n := range of {
			total += n
			if status != http.StatusUnprocessableEntity && status != http.StatusTooManyRequests &&
				status != http.StatusUnauthorized {
				t.Errorf("%d guesses were answered with %d", n, status)
			}
		}
	}
	t.Logf("%d guesses, %d looked at", total, looked)
	if total != guesses || looked == 0 || looked > 25 {
		t.Errorf("of %d guesses %d were looked at", total, looked)
	}
	thief := s.twoSteps(t)
	thief.signIn(s.Owner, storetest.Password)
	thief.code(runtest.Code(t, s.DB, s.Owner, s.Clock.Now())).want(http.StatusTooManyRequests)
	s.Clock.Move(time.Hour)
	thief.signIn(s.Owner, storetest.Password)
	thief.code(runtest.Code(t, s.DB, s.Owner, s.Clock.Now())).want(http.StatusSeeOther)
}
