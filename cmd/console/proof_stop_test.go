//go:build proof

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"duodesk/internal/duo/duosim"
)

// TestProofSigterms: twenty deploys under a hundred requests a second of people
// who are signed in. No request fails, whether it reads or writes.
func TestProofSigterms(t *testing.T) {
	const people, restarts = 10, 20
	s := startSite(t, func(sim *duosim.Sim, parent duosim.Account) {
		account := sim.AddChild(parent.AccountID, "Client")
		for i := range 40 {
			sim.AddUser(account.AccountID, duosim.UserSpec{Username: fmt.Sprintf("user%02d", i)})
		}
	})
	current := s.serve("")
	l := &load{}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ticks := time.NewTicker(time.Second / 100)
	defer ticks.Stop()
	org := s.organizations()[0]
	var working sync.WaitGroup
	for range people {
		c := &wire{address: strings.TrimPrefix(s.url, "http://"), cookies: s.signIn(s.owner).Cookies(mustParse(s.url))}
		working.Go(func() {
			defer c.close()
			for n := 0; ; n++ {
				select {
				case <-ctx.Done():
					return
				case <-ticks.C:
				}
				began := time.Now()
				l.note(c.ask(s, org.Slug, n), time.Since(began))
			}
		})
	}
	for range restarts {
		before := l.answered.Load()
		next := s.serve("")
		current.stop()
		if l.answered.Load() == before {
			t.Error("there was no load during a restart")
		}
		current = next
	}
	stop()
	working.Wait()
	for _, failure := range l.failed[:min(len(l.failed), 20)] {
		t.Error(failure)
	}
	tell(t, "%d requests, %d restarts, %d failed, p99 %v", l.answered.Load(), restarts, len(l.failed), l.percentile(99))
}

func mustParse(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	return u
}

// wire is one connection that is kept as long as the server keeps it. Nothing is
// ever sent twice over it, as http.Transport would, unseen.
type wire struct {
	address string
	cookies []*http.Cookie
	conn    net.Conn
	read    *bufio.Reader
}

// ask sends the next of a few requests.
func (c *wire) ask(s *proofSite, org string, n int) error {
	var request *http.Request
	want := http.StatusOK
	switch n % 4 {
	case 0:
		request, want = s.post(context.Background(), s.url+"/preferences", url.Values{"theme": {"dark"}}),
			http.StatusSeeOther
	case 1:
		request = mustGet(s.home() + "/o/" + org + "/users")
	case 2:
		request = mustGet(s.home())
	case 3:
		request = mustGet(s.url + "/signin?next=/w/x")
		want = http.StatusSeeOther
	}
	for _, cookie := range c.cookies {
		request.AddCookie(cookie)
	}
	status, err := c.do(request)
	if err != nil {
		return fmt.Errorf("%s %s: %w", request.Method, request.URL.Path, err)
	}
	if status != want {
		return fmt.Errorf("%s %s: status %d", request.Method, request.URL.Path, status)
	}
	return nil
}

func mustGet(address string) *http.Request {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		panic(err)
	}
	return request
}

func (c *wire) do(request *http.Request) (status int, err error) {
	if c.conn == nil {
		if c.conn, err = net.Dial("tcp", c.address); err != nil {
			return 0, err
		}
		c.read = bufio.NewReader(c.conn)
	}
	if err := c.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return 0, err
	}
	over := true
	defer func() {
		if over {
			c.close()
		}
	}()
	if err := request.Write(c.conn); err != nil {
		return 0, err
	}
	answer, err := http.ReadResponse(c.read, request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return 0, err
	}
	over = answer.Close
	return answer.StatusCode, nil
}

func (c *wire) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}
