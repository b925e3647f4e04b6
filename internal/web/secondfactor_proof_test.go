//go:build proof

package web

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// TestProofEveryOrderOfSigningIn: no order of four requests that begins with the password
// leads to a session without each factor.
func TestProofEveryOrderOfSigningIn(t *testing.T) { walkOrders(t, 4, 0) }

// guessedDoors are where something can be guessed. begin prepares a guesser, who has what the
// door asks for first, and returns what answers one guess.
var guessedDoors = []struct {
	name  string
	begin func(t testing.TB, s *console, o store.Operator) (guess func(i int) int)
}{
	{"the code at a sign-in", func(t testing.TB, s *console, o store.Operator) func(int) int {
		w, wrong := s.signingIn(t, o, false), wrongCode(t, s)
		return func(i int) int {
			if i%5 == 0 { // a sign-in takes five
				orderSteps[0].do(t, w)
			}
			return w.post("/signin/factor/code", "code", wrong).status
		}
	}},
	{"the recovery code", func(t testing.TB, s *console, o store.Operator) func(int) int {
		w := s.signingIn(t, o, false)
		return func(i int) int {
			if i%5 == 0 {
				orderSteps[0].do(t, w)
			}
			return w.post("/signin/factor/recovery", "recovery", rand.Text()[:16]).status
		}
	}},
	{"the code for an act, in a stolen session", func(t testing.TB, s *console, o store.Operator) func(int) int {
		b, wrong := s.as(t, o), wrongCode(t, s)
		b.byHand = true
		var asked *formOfPage
		return func(i int) int {
			if i == 0 {
				asked = b.request(http.MethodPost, s.ws("/export/organizations"), url.Values{}).asksProof()
			}
			return asked.set("code", wrong).post().status
		}
	}},
	{"the password", func(t testing.TB, s *console, o store.Operator) func(int) int {
		b := s.stranger(t)
		b.byHand = true
		return func(int) int {
			return b.request(http.MethodPost, "/signin", url.Values{"email": {o.Email}, "password": {rand.Text()}}).status
		}
	}},
}

// TestProofGuessedCodes: of 10,240 guesses, as many at each door, by eight guessers at once
// who ask two processes, few are looked at and none opens anything: not even the right answer,
// while they go on.
func TestProofGuessedCodes(t *testing.T) {
	s := newSite(t)
	beside := serve(t, s.Desk)
	const guesses = 10_240
	for _, door := range guessedDoors {
		o := s.Member(t, s.Workspace, catalog.Owner)
		answers, guess := make([]map[int]int, 8), make([]func(int) int, 8)
		for n := range answers {
			answers[n], guess[n] = map[int]int{}, door.begin(t, []*console{s, beside}[n%2], o)
		}
		var all sync.WaitGroup
		for n := range answers {
			all.Go(func() {
				for i := range guesses / len(guessedDoors) / len(answers) {
					answers[n][guess[n](i)]++
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
					t.Errorf("%s: %d guesses were answered with %d", door.name, n, status)
				}
			}
		}
		fmt.Printf("%-34s %s: %d guesses, %d looked at\n", "TestProofGuessedCodes", door.name, total, looked)
		if total != guesses/len(guessedDoors) || looked == 0 || looked > 40 {
			t.Errorf("%s: of %d guesses %d were looked at", door.name, total, looked)
		}
		if door.name == guessedDoors[0].name {
			thief := beside.twoSteps(t)
			thief.signIn(o, storetest.Password)
			thief.code(runtest.Code(t, s.DB, o, s.Clock.Now())).want(http.StatusTooManyRequests)
			s.Clock.Move(time.Hour)
			thief.signIn(o, storetest.Password)
			thief.code(runtest.Code(t, s.DB, o, s.Clock.Now())).want(http.StatusSeeOther)
		}
	}
}
