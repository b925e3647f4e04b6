//go:build proof

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	_ "net/http/pprof" // looked at through the peephole
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"duodesk/internal/store"
)

// peepholeAt names a Unix socket on which a test binary that plays the console
// serves its profiles.
const peepholeAt = "DUODESK_TEST_PEEPHOLE"

func init() {
	path := os.Getenv(peepholeAt)
	if path == "" {
		return
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		fmt.Fprintln(os.Stderr, "no peephole:", err)
		return
	}
	go http.Serve(listener, nil)
}

// console is one running serve.
type console struct {
	t        *testing.T
	cmd      *exec.Cmd
	log      string // file
	peephole *http.Client
	done     chan struct{}
}

// started counts consoles, to tell their files apart.
var started atomic.Int64

// serve starts a console and waits until it serves. program is the path of a
// binary, or empty for this one.
func (s *proofSite) serve(program string) *console {
	s.t.Helper()
	n := started.Add(1)
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			s.t.Fatal(err)
		}
	}
	socket := filepath.Join(os.TempDir(), fmt.Sprintf("duodesk-peephole-%d-%d", os.Getpid(), n))
	c := &console{t: s.t, cmd: exec.Command(program, "serve"),
		log: filepath.Join(s.dir, fmt.Sprintf("console-%d.log", n)), done: make(chan struct{})}
	c.peephole = &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}}}
	c.cmd.Env = append(os.Environ(), asCommand+"=1", peepholeAt+"="+socket,
		"ADDR="+strings.TrimPrefix(s.url, "http://"), "CONSOLE_PUBLIC_URL="+s.url, "DATABASE_URL="+s.db.AppURL,
		"CONSOLE_KEY_FILE="+s.db.KeyFile, "CONSOLE_SANDBOX_ADDRESS="+s.duo.Address,
		"CONSOLE_SANDBOX_CA_FILE="+s.duo.CAFile)
	out, err := os.Create(c.log)
	if err != nil {
		s.t.Fatal(err)
	}
	defer out.Close()
	c.cmd.Stdout, c.cmd.Stderr = out, out
	if err := c.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		// How it ended is read from ProcessState.
		_ = c.cmd.Wait()
		close(c.done)
	}()
	s.t.Cleanup(func() {
		os.Remove(socket)
		select {
		case <-c.done:
		default:
			c.stop()
		}
	})
	c.await("it does not serve", func() bool { return len(c.lines("serving")) > 0 })
	return c
}

// stop sends SIGTERM and waits for the end, which must be a clean one.
func (c *console) stop() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	select {
	case <-c.done:
	case <-time.After(stopAtMost + 5*time.Second):
		c.cmd.Process.Kill()
		c.t.Fatal("the console did not stop; ", c.tail())
	}
	if code := c.cmd.ProcessState.ExitCode(); code != 0 {
		c.t.Errorf("the console ended with %d; %s", code, c.tail())
	}
}

// await polls until ok says yes.
func (c *console) await(otherwise string, ok func() bool) {
	c.t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	limit := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-c.done:
			c.t.Fatal("the console ended; ", c.tail())
		case <-limit:
			c.t.Fatal(otherwise, "; ", c.tail())
		case <-poll.C:
		}
	}
}

func (c *console) tail() string {
	text, _ := os.ReadFile(c.log)
	return "it said:\n" + string(text[max(0, len(text)-3000):])
}

// line is what a line of the console's log says, as far as proofs look at it.
type line struct {
	Level, Msg, Method, Route, Error, Kind string
	Status                                 int
}

// lines returns the lines of the log with that message; all when it is empty.
func (c *console) lines(message string) []line {
	c.t.Helper()
	file, err := os.Open(c.log)
	if err != nil {
		c.t.Fatal(err)
	}
	defer file.Close()
	var found []line
	text := bufio.NewScanner(file)
	text.Buffer(nil, 1<<20)
	for text.Scan() {
		var l line
		if json.Unmarshal(text.Bytes(), &l) == nil && (message == "" || l.Msg == message) {
			found = append(found, l)
		}
	}
	return found
}

// browser is a signed-in operator's client, which follows no redirects.
func (s *proofSite) browser(operator store.Operator) *http.Client {
	s.t.Helper()
	return &http.Client{
		Jar: s.signIn(operator), Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 4},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post makes a request of a form as a browser sends it.
func (s *proofSite) post(ctx context.Context, address string, form url.Values) *http.Request {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", s.url)
	return request
}

// signIn signs an operator in by the form and returns the cookies.
func (s *proofSite) signIn(operator store.Operator) http.CookieJar {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	defer client.CloseIdleConnections()
	answer := signInBy(s.t, client, s.url, s.db, operator)
	if answer.StatusCode != http.StatusOK || answer.Request.URL.Path != "/w/"+s.ws.Slug {
		s.t.Fatalf("signing in led to %s with status %d", answer.Request.URL.Path, answer.StatusCode)
	}
	return jar
}
