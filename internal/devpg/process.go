package devpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"duodesk/internal/task"
)

const (
	socketPort   = "5432" // part of the socket's file name; nothing listens on TCP
	startTimeout = 60 * time.Second
)

var errMemoryStillHeld = errors.New("a previous server's memory is still held")

// process is the running postmaster.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// startProcess starts cmd so that it ends with this process (on Linux) and not with a Ctrl-C in the terminal, which
// its owner must see first.
func startProcess(ctx context.Context, cmd *exec.Cmd, log *slog.Logger) (*process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	endWithParent(cmd.SysProcAttr, syscall.SIGINT)

	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	task.Go(ctx, log, "wait for the database server", func() error {
		// Linux sends the parent-death signal when the starting thread ends, so this thread stays until the child is
		// gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return err
		}
		defer close(p.done)
		return cmd.Wait()
	})
	return p, <-started
}

// stop asks with the gentle signal, then, once ctx has ended, kills.
func (p *process) stop(ctx context.Context, gentle syscall.Signal) {
	_ = p.cmd.Process.Signal(gentle)
	select {
	case <-p.done:
	case <-ctx.Done():
		// SIGQUIT before SIGKILL: the postmaster takes its children with it.
		_ = p.cmd.Process.Signal(syscall.SIGQUIT)
		select {
		case <-p.done:
		case <-time.After(2 * time.Second):
			_ = p.cmd.Process.Kill()
			<-p.done
		}
	}
}

// launch starts the server once and waits until it says in its pid file that it accepts connections.
func (s *Server) launch(ctx context.Context, args []string) error {
	logPath := filepath.Join(s.state.dir, "server.log")
	logFile, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()

	cmd := s.engine.command(context.WithoutCancel(ctx), s.state, "postgres", args...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	if s.process, err = startProcess(ctx, cmd, s.log); err != nil {
		return fmt.Errorf("%s: %w", s.engine.source, err)
	}
	pid := s.engine.postmasterPID(s.process)

	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		select {
		case <-s.process.done:
			said, _ := os.ReadFile(logPath)
			if bytes.Contains(said, []byte("shared memory block")) {
				return errMemoryStillHeld
			}
			return fmt.Errorf("the server of %s ended while it started:\n%s", s.engine.source, said)
		case <-ctx.Done():
			s.process.stop(ctx, syscall.SIGQUIT)
			return fmt.Errorf("waiting for the server of %s: %w (see %s)", s.engine.source, ctx.Err(), logPath)
		case <-poll.C:
			if f, ok := readPIDFile(s.dataDir()); ok && f.pid == pid && f.ready {
				return nil
			}
		}
	}
}

// pidFile is what a postmaster writes into postmaster.pid.
type pidFile struct {
	pid       int
	socketDir string
	ready     bool
}

func readPIDFile(dataDir string) (pidFile, bool) {
	content, err := os.ReadFile(filepath.Join(dataDir, "postmaster.pid"))
	if err != nil {
		return pidFile{}, false
	}
	// Lines: pid, data directory, start time, port, socket directory, listen address, shared memory, status.
	lines := append(strings.Split(string(content), "\n"), make([]string, 8)...)
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	return pidFile{pid, strings.TrimSpace(lines[4]), strings.TrimSpace(lines[7]) == "ready"}, err == nil && pid > 0
}

// answers reports whether a server still listens on the socket that the file names.
func (f pidFile) answers() bool {
	conn, err := net.DialTimeout("unix", filepath.Join(f.socketDir, ".s.PGSQL."+socketPort), time.Second)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

func (f pidFile) alive() bool {
	return !errors.Is(syscall.Kill(f.pid, 0), syscall.ESRCH)
}

// endLeftover ends a server whose owner died without stopping it, and removes a pid file whose number now
// belongs to some other process (after a reboot), which PostgreSQL itself would refuse to start over.
// The caller holds the state directory's lock, so no living console can be using that server.
func endLeftover(ctx context.Context, dataDir string, log *slog.Logger) error {
	const patience = 3 * time.Second // Linux has already sent the shutdown signal when the owner died
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for began, asked := time.Now(), false; ; {
		f, found := readPIDFile(dataDir)
		if !found || !f.alive() {
			return nil
		}
		waited := time.Since(began)
		switch answering := f.answers(); {
		case !answering && waited > patience:
			return os.Remove(filepath.Join(dataDir, "postmaster.pid"))
		case answering && waited > patience && f.pid == containerPID:
			return fmt.Errorf("a container of %s still runs the server: end it with docker stop", dockerImage)
		case answering && waited > 10*patience:
			return fmt.Errorf("a left-over server (process %d) does not end: kill it by hand", f.pid)
		case answering && waited > patience && !asked:
			log.Info("ending the server that a killed process left behind", "pid", f.pid)
			asked = true
			if err := syscall.Kill(f.pid, syscall.SIGINT); err != nil {
				return fmt.Errorf("ending the left-over server (process %d): %w", f.pid, err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
	}
}
