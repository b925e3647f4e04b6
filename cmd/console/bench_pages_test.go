//go:build proof

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"duodesk/internal/duo/duosim"
)

const (
	benchConnections = 8 // of the console's pool, of pgbench, and of the people who ask
	benchRounds      = 7
	benchRound       = 3 * time.Second
)

// TestBenchPages measures two pages through the whole of HTTP against a console
// of its own process, and beside it the very SQL that each of them sends, sent
// by pgbench over as many connections. The two take turns, so that what else the
// machine does meets both; what counts is the ratio within a turn.
func TestBenchPages(t *testing.T) {
	const many = 500
	s := startSite(t, func(sim *duosim.Sim, parent duosim.Account) {
		for i := range many {
			account := sim.AddChild(parent.AccountID, fmt.Sprintf("Client %03d of the Workspace, Inc.", i))
			if i > 0 {
				continue
			}
			for n := range many {
				user := sim.AddUser(account.AccountID, duosim.UserSpec{Username: fmt.Sprintf("user%03d", n),
					Realname: fmt.Sprintf("Jane Roe %03d", n), Email: fmt.Sprintf("u%d@client.example", n)})
				sim.AddPhone(account.AccountID, duosim.PhoneSpec{Number: fmt.Sprintf("+1555010%04d", n), Type: "Mobile",
					Platform: "Apple iOS", UserIDs: []string{user}})
			}
		}
	})
	s.db.Exec(t, `analyze`)
	first := s.organizations()[0]
	pages := []struct{ name, path string }{
		{"users (500, list held)", "/o/" + first.Slug + "/users"},
		{"mapping (500 × 500)", "/integration"},
		{"mapping, suggestions", "/integration?suggest=1"},
	}
	fmt.Printf("%d people, %d turns of %v; medians, and the span of the turns\n", benchConnections,
		benchRounds, benchRound)
	fmt.Printf("%-24s %22s %9s %30s %9s %7s\n", "page", "requests/s", "p99", "its SQL alone, pages/s", "p99", "ratio")
	for _, p := range pages {
		script := s.recordSQL(p.path)
		c := s.serve("")
		people := make([]*http.Client, benchConnections)
		for i := range people {
			people[i] = s.browser(s.owner)
		}
		s.ask(people, p.path, time.Second) // the lists are held, statements prepared, connections open
		var pages, statements, ratio, slow, slowSQL []float64
		for range benchRounds {
			page := s.ask(people, p.path, benchRound)
			sql := s.replay(script, benchRound)
			pages, slow = append(pages, page.rate), append(slow, page.p99)
			statements, slowSQL = append(statements, sql.rate), append(slowSQL, sql.p99)
			ratio = append(ratio, page.rate/sql.rate)
		}
		fmt.Printf("%-24s %22s %6.1f ms %30s %6.1f ms %7.2f\n", p.name, span3(pages), median(slow),
			span3(statements)+fmt.Sprintf(" of %d", len(script.statements)), median(slowSQL), median(ratio))
		if dir := os.Getenv("PROFILES"); dir != "" {
			c.profile(filepath.Join(dir, fmt.Sprintf("page-%d.cpu", len(p.name))),
				func() { s.ask(people, p.path, 5*time.Second) })
		}
		for _, client := range people {
			client.CloseIdleConnections()
		}
		c.stop()
	}
}

// pace is how fast something went.
type pace struct {
	rate float64 // a second
	p99  float64 // milliseconds
}

func paceOf(took []time.Duration, within time.Duration) pace {
	if len(took) == 0 {
		return pace{}
	}
	slices.Sort(took)
	return pace{float64(len(took)) / within.Seconds(), float64(took[(len(took)-1)*99/100].Microseconds()) / 1000}
}

// ask has everybody ask for a page, again as soon as it is there.
func (s *proofSite) ask(people []*http.Client, path string, during time.Duration) pace {
	s.t.Helper()
	var mu sync.Mutex
	var took []time.Duration
	var asking sync.WaitGroup
	began := time.Now()
	for _, client := range people {
		asking.Go(func() {
			var mine []time.Duration
			for time.Since(began) < during {
				at := time.Now()
				answer, err := client.Get(s.home() + path)
				if err != nil {
					s.t.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if err != nil || answer.StatusCode != http.StatusOK {
					s.t.Errorf("%s: status %d, %v", path, answer.StatusCode, err)
					return
				}
				mine = append(mine, time.Since(at))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
		})
	}
	asking.Wait()
	return paceOf(took, time.Since(began))
}

// profile writes where a console's time goes while fn runs.
func (c *console) profile(file string, fn func()) {
	c.t.Helper()
	done := make(chan error)
	go func() {
		answer, err := c.peephole.Get("http://peephole/debug/pprof/profile?seconds=4")
		if err != nil {
			done <- err
			return
		}
		defer answer.Body.Close()
		out, err := os.Create(file)
		if err == nil {
			_, err = io.Copy(out, answer.Body)
			out.Close()
		}
		done <- err
	}()
	fn()
	if err := <-done; err != nil {
		c.t.Error(err)
	}
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

func span3(all []float64) string {
	return fmt.Sprintf("%.0f (%.0f–%.0f)", median(all), slices.Min(all), slices.Max(all))
}
