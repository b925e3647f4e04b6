package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"duodesk/internal/run/factors"
)

// program is the console as a process of its own in a folder of its own.
type program struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	out  safeBuffer
	done chan struct{}
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func startProgram(t *testing.T, dir string, environment []string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return startCommand(t, exec.Command(self, args...), dir, environment)
}

// startCommand starts the console by a command of a test's own.
func startCommand(t *testing.T, cmd *exec.Cmd, dir string, environment []string) *program {
	t.Helper()
	p := &program{t: t, dir: dir, cmd: cmd, done: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = append(append(os.Environ(), asCommand+"=1", "DATABASE_URL=", "ADDR=127.0.0.1:0"), environment...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		// How it ended is read from ProcessState.
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() { p.stop(syscall.SIGTERM) })
	return p
}

// stop sends a signal and waits for the end.
func (p *program) stop(s syscall.Signal) {
	p.t.Helper()
	select {
	case <-p.done:
		return
	default:
	}
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Error(err)
	}
	p.ends()
}

func (p *program) ends() {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.cmd.Process.Kill()
		p.t.Fatalf("the program did not end; it said:\n%s", p.out.String())
	}
}

// ready waits until the console answers and returns what it wrote to dev.json.
func (p *program) ready() devFile {
	p.t.Helper()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	limit := time.After(30 * time.Second)
	for {
		var file devFile
		text, err := os.ReadFile(filepath.Join(p.dir, dataDir, "dev.json"))
		if err == nil && json.Unmarshal(text, &file) == nil && strings.Contains(p.out.String(), file.URL) {
			if r, err := http.Get(file.URL + "/readyz"); err == nil {
				r.Body.Close()
				if r.StatusCode == http.StatusOK {
					return file
				}
			}
		}
		select {
		case <-p.done:
			p.t.Fatalf("the program ended:\n%s", p.out.String())
		case <-limit:
			p.t.Fatalf("the console is not ready; it said:\n%s", p.out.String())
		case <-poll.C:
		}
	}
}

// signIn posts both sign-in forms and returns where they led.
func signIn(t *testing.T, file devFile) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	sendForm(t, client, file.URL, "/signin", url.Values{"email": {file.Email}, "password": {file.Password}})
	return sendForm(t, client, file.URL, "/signin/factor/code",
		url.Values{"code": {trialCode(t, file)}}).Request.URL.Path
}

// trialCode is a code of the trial's authenticator app that was not used: one of the next
// half minute is taken too.
func trialCode(t *testing.T, file devFile) string {
	t.Helper()
	usedCodes.Lock()
	defer usedCodes.Unlock()
	for _, ahead := range []time.Duration{-30 * time.Second, 0, 30 * time.Second} {
		code, err := factors.Code(file.TOTP, time.Now().Add(ahead))
		if err != nil {
			t.Fatal(err)
		}
		if !usedCodes.of[code+file.TOTP] {
			usedCodes.of[code+file.TOTP] = true
			return code
		}
	}
	t.Fatal("every code around now was used")
	return ""
}

var usedCodes = struct {
	sync.Mutex
	of map[string]bool
}{of: map[string]bool{}}

// A newcomer's first hour: start, stop, start again, start twice, start over.
func TestTrial(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	first := startProgram(t, dir, nil, "dev")
	file := first.ready()
	if led := signIn(t, file); led != "/w/northwind-managed-it" {
		t.Errorf("signing in with what dev.json says led to %s", led)
	}
	for _, name := range []string{"auth_host", "auth_integration_key", "auth_secret_key", "account_host",
		"accounts_integration_key",
		"accounts_secret_key", "admin_host", "admin_integration_key", "admin_secret_key"} {
		if file.Sandbox[name] == "" || !strings.Contains(first.out.String(), file.Sandbox[name]) {
			t.Errorf("the sandbox value %s is missing", name)
		}
	}
	info, err := os.Stat(filepath.Join(dir, dataDir, "dev.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("dev.json has mode %v, %v", info.Mode(), err)
	}

	second := startProgram(t, dir, nil, "dev")
	second.ends()
	if second.cmd.ProcessState.ExitCode() == 0 || strings.Count(second.out.String(), "\n") > 1 ||
		!strings.Contains(second.out.String(), "in use") {
		t.Errorf("a second start in the same folder said:\n%s", second.out.String())
	}
	busy := startProgram(t, t.TempDir(), []string{"ADDR=" + strings.TrimPrefix(file.URL, "http://")}, "dev")
	busy.ends()
	if busy.cmd.ProcessState.ExitCode() == 0 || !strings.Contains(busy.out.String(), "ADDR") ||
		strings.Count(busy.out.String(), "\n") > 1 {
		t.Errorf("a start on a port in use said:\n%s", busy.out.String())
	}

	for address, want := range map[string]string{"9000": "a host and a port",
		"0.0.0.0:9000": "a loopback address only"} {
		wrong := startProgram(t, t.TempDir(), []string{"ADDR=" + address}, "dev")
		wrong.ends()
		if wrong.cmd.ProcessState.ExitCode() == 0 || !strings.Contains(wrong.out.String(), want) {
			t.Errorf("a start on %s said:\n%s", address, wrong.out.String())
		}
	}

	first.stop(syscall.SIGINT)
	if code := first.cmd.ProcessState.ExitCode(); code != 0 ||
		!strings.Contains(first.out.String(), "Stopped. The data stays") {
		t.Errorf("Ctrl-C ended it with %d:\n%s", code, first.out.String())
	}
	again := startProgram(t, dir, nil, "dev")
	next := again.ready()
	if next.Password != file.Password || next.Sandbox["admin_secret_key"] != file.Sandbox["admin_secret_key"] {
		t.Error("a restart changed the password or the sandbox")
	}
	if led := signIn(t, next); led != "/w/northwind-managed-it" {
		t.Errorf("signing in after a restart led to %s", led)
	}

	refused := startProgram(t, dir, nil, "dev", "--reset")
	refused.ends()
	if refused.cmd.ProcessState.ExitCode() == 0 {
		t.Error("a reset while the console runs was not refused")
	}
	again.stop(syscall.SIGKILL) // the database has to end by itself
	kept := startProgram(t, dir, []string{"DATABASE_URL=postgres://owner@db/console"}, "dev", "--reset")
	kept.ends()
	if kept.cmd.ProcessState.ExitCode() == 0 || !strings.Contains(kept.out.String(), "DATABASE_URL") {
		t.Errorf("a reset with DATABASE_URL set said:\n%s", kept.out.String())
	}
	resetWhenFree(t, dir)
	if _, err := os.Stat(filepath.Join(dir, dataDir)); !os.IsNotExist(err) {
		t.Errorf("the data is still there: %v", err)
	}
}

// resetWhenFree resets as soon as the killed console's database has let go of
// its folder.
func resetWhenFree(t *testing.T, dir string) {
	t.Helper()
	for range 50 {
		reset := startProgram(t, dir, nil, "dev", "--reset")
		reset.ends()
		if reset.cmd.ProcessState.ExitCode() == 0 {
			return
		}
		if !strings.Contains(reset.out.String(), "in use") {
			t.Fatalf("the reset said:\n%s", reset.out.String())
		}
	}
	t.Fatal("the database of a killed console never ended")
}

// What others start the simulator for is the one line of JSON.
func TestDuosimCommand(t *testing.T) {
	t.Parallel()
	p := startProgram(t, t.TempDir(), nil, "duosim", "--estate", "empty", "--http")
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for !strings.Contains(p.out.String(), "\n") {
		select {
		case <-p.done:
			t.Fatalf("the simulator ended:\n%s", p.out.String())
		case <-poll.C:
		}
	}
	var ready struct {
		Address, Scheme string
		Accounts        []struct{ Applications []any }
	}
	if err := json.Unmarshal([]byte(p.out.String()), &ready); err != nil {
		t.Fatalf("%v in %s", err, p.out.String())
	}
	if len(ready.Accounts) != 1 || len(ready.Accounts[0].Applications) != 3 || ready.Scheme != "http" {
		t.Errorf("the simulator says %s", p.out.String())
	}
	answer, err := http.Get("http://" + ready.Address + "/auth/v2/ping")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("ping was answered with %d", answer.StatusCode)
	}
}
