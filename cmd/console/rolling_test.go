package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"duodesk/internal/store/storetest"
)

// Each restart starts the next console, waits until that one serves, and tells
// the one before to stop. SIGTERMS=20 does it that many times.
func TestRollingRestartLosesNothing(t *testing.T) {
	t.Parallel()
	restarts := 3
	if n, err := strconv.Atoi(os.Getenv("SIGTERMS")); err == nil {
		restarts = n
	}
	address := reserve(t)
	environment := serveEnvironment(t, address)
	current := startServing(t, environment)
	load := startLoad(t, "http://"+address)
	for range restarts {
		before := load.answered.Load()
		next := startServing(t, environment)
		current.stop(syscall.SIGTERM)
		if code := current.cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("a stop ended with %d:\n%s", code, current.out.String())
		}
		if load.answered.Load() == before {
			t.Error("there was no load during a restart")
		}
		current = next
	}
	load.end()
	t.Logf("%d requests, %d restarts, %d failed, p99 %v", load.answered.Load(), restarts, len(load.failed),
		load.percentile(99))
	for _, failure := range load.failed {
		t.Error(failure)
	}
}

// reserve holds a port without listening on it, for consoles that follow one
// another there.
func reserve(t *testing.T) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port)
}

func serveEnvironment(t *testing.T, address string) []string {
	t.Helper()
	db := storetest.Open(t)
	return []string{"ADDR=" + address, "DATABASE_URL=" + db.AppURL, "CONSOLE_KEY_FILE=" + db.KeyFile}
}

// startServing starts a console of its own process and waits until it says that
// it serves: a probe could be answered by the one before.
func startServing(t *testing.T, environment []string) *program {
	t.Helper()
	p := startProgram(t, t.TempDir(), environment, "serve")
	p.serves()
	return p
}

// serves waits until the console says that it serves.
func (p *program) serves() {
	p.t.Helper()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for !strings.Contains(p.out.String(), `"msg":"serving"`) {
		select {
		case <-p.done:
			p.t.Fatalf("the console ended:\n%s", p.out.String())
		case <-poll.C:
		}
	}
}

// load is a hundred requests a second over ten connections that are kept alive,
// none of them sent twice.
type load struct {
	answered atomic.Int64
	end      func()

	mu     sync.Mutex
	failed []string
	took   []time.Duration
}

func startLoad(t *testing.T, url string) *load {
	l := &load{}
	ctx, cancel := context.WithCancel(context.Background())
	ticks := time.NewTicker(10 * time.Millisecond)
	var all sync.WaitGroup
	l.end = func() {
		cancel()
		all.Wait()
		ticks.Stop()
	}
	t.Cleanup(l.end)
	for range 10 {
		// One connection each: none of them idles, as spare ones of a pool would.
		transport := &http.Transport{MaxConnsPerHost: 1}
		all.Go(func() {
			defer transport.CloseIdleConnections()
			for n := 0; ; n++ {
				select {
				case <-ctx.Done():
					return
				case <-ticks.C:
				}
				method, path, want := http.MethodGet, "/signin", http.StatusOK
				if n%2 == 0 {
					method, path, want = http.MethodPost, "/csp", http.StatusNoContent
				}
				began := time.Now()
				l.note(ask(transport, method, url+path, want), time.Since(began))
			}
		})
	}
	return l
}

// ask sends one request. The transport sends a request again, unseen, when it
// can; with a body that can be read only once it cannot.
func ask(transport *http.Transport, method, url string, want int) error {
	r, err := http.NewRequest(method, url, struct{ io.Reader }{strings.NewReader("{}")})
	if err != nil {
		return err
	}
	r.ContentLength = 2
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != want {
		return fmt.Errorf("%s %s: %s", method, url, answer.Status)
	}
	return nil
}

func (l *load) note(err error, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answered.Add(1)
	l.took = append(l.took, took)
	if err != nil {
		l.failed = append(l.failed, err.Error())
	}
}

func (l *load) percentile(n int) time.Duration {
	slices.Sort(l.took)
	return l.took[(len(l.took)-1)*n/100].Round(100 * time.Microsecond)
}

// While it lingers, a stopping console answers, ends each connection with the
// answer, and tells probes that it is leaving.
func TestStoppingSendsClientsAway(t *testing.T) {
	t.Parallel()
	address := reserve(t)
	console := startServing(t, serveEnvironment(t, address))
	kept := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	visit := func(path string) (status int, over bool) {
		answer, err := kept.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		io.Copy(io.Discard, answer.Body)
		return answer.StatusCode, answer.Close
	}
	if status, over := visit("/readyz"); status != http.StatusOK || over {
		t.Errorf("a console at work answers its probe with %d, connection over: %v", status, over)
	}
	if err := console.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for {
		status, over := visit("/readyz")
		if status == http.StatusOK {
			continue // the signal is on its way
		}
		if status != http.StatusServiceUnavailable || !over {
			t.Errorf("a stopping console answers its probe with %d, connection over: %v", status, over)
		}
		break
	}
	for _, path := range []string{"/signin", "/healthz", "/nowhere"} {
		if status, over := visit(path); status >= 500 || !over {
			t.Errorf("a stopping console answers %s with %d, connection over: %v", path, status, over)
		}
	}
	console.ends()
	if code := console.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ended with %d:\n%s", code, console.out.String())
	}
}

// What waits in a listening socket that closes is reset by the kernel. Clients
// that come without a pause find out whether anything waited.
func TestClosingListenerResetsNobody(t *testing.T) {
	t.Parallel()
	for name, host := range map[string]string{"one address": "127.0.0.1", "all addresses": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			closeUnderLoad(t, host)
		})
	}
}

func closeUnderLoad(t *testing.T, host string) {
	address := reserve(t)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	accept := func() net.Listener {
		listener, err := listenShared(t.Context(), net.JoinHostPort(host, port))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				io.WriteString(conn, "x")
				conn.Close()
			}
		}()
		return listener
	}
	current := accept()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var clients sync.WaitGroup
	var served atomic.Int64
	for range 4 {
		clients.Go(func() {
			for ctx.Err() == nil {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = io.ReadFull(conn, make([]byte, 1))
				conn.Close()
				if err != nil {
					t.Error("a connection was accepted by nobody: ", err)
					return
				}
				served.Add(1)
			}
		})
	}
	for range 3 {
		next := accept()
		for before := served.Load(); served.Load() < before+100; {
			runtime.Gosched()
		}
		if err := emptyQueue(current); err != nil {
			t.Fatal(err)
		}
		current.Close()
		current = next
	}
	cancel()
	clients.Wait()
	current.Close()
}

// systemd holds the socket, here the test: what comes between one console and
// the next waits.
func TestSocketOfSystemdOutlivesARestart(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	environment := append(serveEnvironment(t, "127.0.0.1:1"), "CONSOLE_PUBLIC_URL="+url)
	start := func(sockets int) *program {
		// LISTEN_PID has to be the process's own number.
		cmd := exec.Command("/bin/sh", "-c", fmt.Sprintf(`LISTEN_PID=$$ LISTEN_FDS=%d exec "$0" serve`, sockets), self)
		cmd.ExtraFiles = []*os.File{file}
		return startCommand(t, cmd, t.TempDir(), environment)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	first := start(1)
	first.serves()
	if err := ask(transport, http.MethodGet, url+"/signin", http.StatusOK); err != nil {
		t.Fatal(err)
	}
	first.stop(syscall.SIGTERM)
	between := make(chan error)
	go func() { between <- ask(transport, http.MethodGet, url+"/signin", http.StatusOK) }()
	second := start(1)
	second.serves()
	if err := <-between; err != nil {
		t.Error("what came between two consoles was lost: ", err)
	}
	several := start(2)
	several.ends()
	if several.cmd.ProcessState.ExitCode() == 0 || !strings.Contains(several.out.String(), "serve takes one") {
		t.Errorf("two sockets: %s", several.out.String())
	}
}

// An operator who presses Ctrl-C again does not want to wait.
func TestSecondInterruptEndsAtOnce(t *testing.T) {
	t.Parallel()
	console := startServing(t, serveEnvironment(t, reserve(t)))
	press := time.NewTicker(20 * time.Millisecond)
	defer press.Stop()
	for ended := false; !ended; {
		select {
		case <-console.done:
			ended = true
		case <-press.C:
			_ = console.cmd.Process.Signal(os.Interrupt) // it may have ended
		}
	}
	if status := console.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() ||
		status.Signal() != syscall.SIGINT {
		t.Errorf("it went on to its own end: %v\n%s", console.cmd.ProcessState, console.out.String())
	}
}
