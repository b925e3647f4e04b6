//go:build proof

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store/storetest"
)

const (
	floodConnections = 500
	floodRound       = 10 * time.Second
)

// TestBenchFlood measures a signed-in page, and the sign-in of a known browser,
// beside a flood of sign-ins: none, one from a single address, and one from as many
// addresses as connections. The flood runs on the same cores.
func TestBenchFlood(t *testing.T) {
	s := startSite(t, func(sim *duosim.Sim, parent duosim.Account) { sim.AddChild(parent.AccountID, "Client") })
	c := s.serve("")
	defer c.stop()
	known, reader := s.browser(s.owner), s.browser(s.owner)
	for range 5 {
		s.timed(reader, s.home())
	}
	fmt.Printf("%-24s %10s %10s %16s %14s  %s\n", "flood of sign-ins", "page p50", "page p95", "known browser's",
		"requests/s", "answers")
	for _, f := range []struct {
		name      string
		addresses int
	}{{"none", 0}, {"500 from one address", 1}, {"500 from 500 addresses", floodConnections}} {
		ctx, cancel := context.WithTimeout(t.Context(), floodRound)
		var answers map[int]int
		var flooding sync.WaitGroup
		flooding.Go(func() { answers = s.flood(ctx, f.addresses) })
		var pages, signIns []time.Duration
		for ctx.Err() == nil {
			pages = append(pages, s.timed(reader, s.home()))
			if len(pages)%20 == 1 {
				signIns = append(signIns, s.signsIn(known))
			}
		}
		cancel()
		flooding.Wait()
		all := 0
		for _, n := range answers {
			all += n
		}
		slices.Sort(pages)
		slices.Sort(signIns)
		fmt.Printf("%-24s %10s %10s %16s %14.0f  %v\n", f.name, pages[len(pages)/2].Round(100*time.Microsecond),
			pages[(len(pages)-1)*95/100].Round(100*time.Microsecond),
			fmt.Sprintf("%v at most", signIns[len(signIns)-1].Round(time.Millisecond)),
			float64(all)/floodRound.Seconds(), answers)
	}
}

// timed asks for a page.
func (s *proofSite) timed(client *http.Client, address string) time.Duration {
	s.t.Helper()
	began := time.Now()
	answer, err := client.Get(address)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatal(answer.Status, err)
	}
	return time.Since(began)
}

// signsIn signs the owner in once more, by password and code, in a browser that is known.
func (s *proofSite) signsIn(client *http.Client) time.Duration {
	s.t.Helper()
	code := runtest.Code(s.t, s.db, s.owner, time.Now())
	began := time.Now()
	for _, step := range []struct {
		path string
		form url.Values
	}{
		{"/signin", url.Values{"email": {s.owner.Email}, "password": {storetest.Password}}},
		{"/signin/factor/code", url.Values{"code": {code}}},
	} {
		if answer := sendForm(s.t, client, s.url, step.path, step.form); answer.StatusCode != http.StatusSeeOther {
			s.t.Fatalf("%s in a known browser is answered %s", step.path, answer.Status)
		}
	}
	return time.Since(began)
}

// flood sends wrong sign-ins over many connections until ctx ends, and counts the
// answers by status.
func (s *proofSite) flood(ctx context.Context, addresses int) map[int]int {
	answers := map[int]int{}
	if addresses == 0 {
		return answers
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	for n := range floodConnections {
		from := net.IPv4(127, 2, byte(n%addresses>>8), byte(n%addresses))
		transport := &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext}
		all.Go(func() {
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			for ctx.Err() == nil {
				form := url.Values{"email": {fmt.Sprintf("nobody%d@msp.example", n)}, "password": {"wrong"}}.Encode()
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/signin", strings.NewReader(form))
				if err != nil {
					return
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				answer, err := client.Do(r)
				if err != nil {
					continue // the end of the round
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				mu.Lock()
				answers[answer.StatusCode]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return answers
}
