//go:build proof

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"duodesk/internal/duo/duosim"
)

// answeredWithin is how long anybody waits for an answer while Postgres is frozen.
const answeredWithin = 10 * time.Second

// TestProofPostgresFreezes: all processes of Postgres are stopped under load, so that
// connections stay open and nothing answers. Everybody gets an answer in 10 s, and
// afterwards everything works, nothing is lost, and no connection or goroutine stays
// behind.
func TestProofPostgresFreezes(t *testing.T) {
	const people = 12
	s := startSite(t, func(sim *duosim.Sim, parent duosim.Account) {
		for i := range people {
			account := sim.AddChild(parent.AccountID, fmt.Sprintf("Client %02d", i))
			sim.AddUser(account.AccountID, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
		}
	})
	c := s.serve("")
	everybody := make([]*worker, people)
	for i, o := range s.organizations() {
		everybody[i] = s.newWorker(o, i)
		everybody[i].client.Timeout = answeredWithin
	}
	watch := s.browser(s.owner)
	watch.Timeout = answeredWithin
	// what follows counts the connections of the console
	s.db.Close()
	everybody[0].get(s.home() + "/o/" + everybody[0].org.Slug + "/users") // lists that are held have a sweep
	everybody[0].client.CloseIdleConnections()
	time.Sleep(time.Second)
	resting := c.goroutines()

	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	for _, w := range everybody {
		working.Go(func() { w.work(ctx) })
	}
	var recovered []time.Duration
	for _, frozen := range []time.Duration{4 * time.Second, 20 * time.Second, 12 * time.Second} {
		time.Sleep(2 * time.Second) // of ordinary work
		thaw := s.freezePostgres()
		for began := time.Now(); time.Since(began) < frozen; time.Sleep(time.Second) {
			answer, err := watch.Get(s.url + "/readyz")
			if err != nil {
				t.Error("/readyz: ", err)
				continue
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusServiceUnavailable && time.Since(began) > 2*time.Second {
				t.Errorf("/readyz answers %d", answer.StatusCode)
			}
		}
		thaw()
		recovered = append(recovered, s.healthy(watch))
	}
	time.Sleep(2 * time.Second)
	stop()
	working.Wait()

	count := map[int]int{}
	for _, w := range everybody {
		for status, n := range w.answers {
			count[status] += n
		}
	}
	if count[http.StatusOK] < 100 || count[http.StatusServiceUnavailable] < people {
		t.Errorf("the load was not one: %v", count)
	}
	c.await("runs stay open", func() bool { return s.openRuns() == 0 })
	runs, effects := s.nothingLost(everybody)
	for _, l := range c.lines("request failed") {
		t.Error("a fault that nobody expected: ", l.Error)
	}
	if len(c.lines("panic")) > 0 {
		t.Error("a panic; ", c.tail())
	}
	watch.CloseIdleConnections()
	var now int
	defer func() {
		if t.Failed() {
			t.Logf("goroutines %d then %d, connections %d, at work %d", resting, now, s.connections(`true`),
				s.connections(`state <> 'idle'`))
		}
	}()
	c.await("connections or goroutines stay behind", func() bool {
		now = c.goroutines()
		return now <= resting && s.connections(`state <> 'idle'`) == 0 && s.connections(`true`) <= 8
	})
	tell(t,
		"%d freezes, all answered within %v: %v, healthy after %v, %d writes in Duo all in the record (%d runs), goroutines %d then %d, connections %d",
		len(recovered), answeredWithin, count, recovered, effects, runs, resting, now, s.connections(`true`))
}

// healthy returns how long it takes until everything works.
func (s *proofSite) healthy(watch *http.Client) time.Duration {
	s.t.Helper()
	for began := time.Now(); time.Since(began) < 2*healthyWithin; {
		if isOK(watch, s.url+"/readyz") && isOK(watch, s.home()) {
			took := time.Since(began).Round(time.Millisecond)
			if took > healthyWithin {
				s.t.Errorf("healthy only after %v", took)
			}
			return took
		}
	}
	s.t.Fatalf("not healthy within %v", 2*healthyWithin)
	return 0
}

// freezePostgres stops the site's server and all of its sessions, as they are.
func (s *proofSite) freezePostgres() (thaw func()) {
	s.t.Helper()
	su := s.db.Superuser(s.t)
	var postmaster int
	if err := su.QueryRow(s.t.Context(),
		`select split_part(pg_read_file('postmaster.pid'), e'\n', 1)::int`).Scan(&postmaster); err != nil {
		s.t.Fatal(err)
	}
	su.Close(context.Background())
	signal := func(pid int, what syscall.Signal) {
		if err := syscall.Kill(pid, what); err != nil {
			s.t.Error(err)
		}
	}
	signal(postmaster, syscall.SIGSTOP) // it starts no more sessions
	frozen := append(childrenOf(s.t, postmaster), postmaster)
	for _, pid := range frozen {
		signal(pid, syscall.SIGSTOP)
	}
	thaw = sync.OnceFunc(func() {
		for _, pid := range frozen {
			signal(pid, syscall.SIGCONT)
		}
	})
	s.t.Cleanup(thaw)
	return thaw
}

func childrenOf(t *testing.T, parent int) (children []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		// The name of a process, in parentheses, may hold blanks.
		_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')'):]), ") ")
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if err != nil {
				t.Fatal(err)
			}
			children = append(children, pid)
		}
	}
	if len(children) == 0 {
		t.Fatal("no sessions of Postgres")
	}
	return children
}
