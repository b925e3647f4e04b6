package devpg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// childDir makes this test binary the owner of a server in that directory, to be killed by the test that started it.
const childDir = "DEVPG_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		s, err := Start(context.Background(), Config{Dir: dir})
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println("ready", s.URL(Superuser, "postgres"))
		<-s.Done()
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestDataSurvivesAStop(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)

	first := mustStart(t, Config{Dir: dir})
	query(t, first, "create table kept (word text)")
	query(t, first, "insert into kept values ('here')")
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}

	second := mustStart(t, Config{Dir: dir})
	if got := query(t, second, "select word from kept"); got != "here" {
		t.Errorf("after a restart the row reads %q", got)
	}
}

func TestTemporaryServerLeavesNothing(t *testing.T) {
	t.Parallel()
	s := mustStart(t, Config{})
	if got := query(t, s, "show fsync"); got != "off" {
		t.Errorf("fsync is %s: tests pay for durability they do not need", got)
	}
	dir := s.state.dir
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there (%v)", dir, err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
}

func TestOnlyTheOwnerReachesTheServer(t *testing.T) {
	t.Parallel()
	s := mustStart(t, Config{})
	info, err := os.Stat(s.state.socketDir)
	if err != nil {
		t.Fatal(err)
	}
	if perm := info.Mode().Perm(); perm != 0o700 {
		t.Errorf(
			"the socket's directory has mode %o: other accounts of the machine reach the database without a password", perm)
	}
	if got := query(t, s, "show listen_addresses"); got != "" {
		t.Errorf("the server listens on %q", got)
	}
}

// Who has set the variables of psql for a server of his own means that one there.
func TestEnvironmentLeadsNowhereElse(t *testing.T) {
	s := mustStart(t, Config{})
	for _, name := range []string{"PGHOST", "PGPORT", "PGUSER", "PGDATABASE"} {
		t.Setenv(name, "1")
	}
	if got := query(t, s, "select current_user"); got != Superuser {
		t.Errorf("connected as %s", got)
	}
}

func TestLettersOfAllLanguages(t *testing.T) {
	t.Parallel()
	s := mustStart(t, Config{})
	if got := query(t, s, "select lower('ŽANETA ØRSTED')"); got != "žaneta ørsted" {
		t.Errorf("lower() gives %q: searching names would miss people", got)
	}
}

func TestSecondStartIsRefused(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	mustStart(t, Config{Dir: dir})

	_, err := Start(t.Context(), Config{Dir: dir})
	if !errors.Is(err, ErrInUse) {
		t.Fatalf("a second start on the same directory gave %v", err)
	}
	if pid := fmt.Sprintf("process %d ", os.Getpid()); !strings.Contains(err.Error(), pid) {
		t.Errorf("the message %q does not name the process", err)
	}
	if err := Remove(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("removing the directory under a running server gave %v", err)
	}
}

func TestRemoveStartsOver(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	s := mustStart(t, Config{Dir: dir})
	query(t, s, "create table gone ()")
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := Remove(dir); err != nil {
		t.Fatal(err)
	}
	s = mustStart(t, Config{Dir: dir})
	if got := query(t, s, "select coalesce(to_regclass('gone')::text, 'no table')"); got != "no table" {
		t.Errorf("after Remove the database still has the table %s", got)
	}
}

func TestRecoversFromACrash(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	s := mustStart(t, Config{Dir: dir})
	query(t, s, "create table kept as select 'here' as word")
	query(t, s, "checkpoint") // asynchronous commit may lose the last moments before a crash, by design
	connect(t, s)             // an open session holds the old server's memory when its postmaster is gone

	if err := s.process.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, found := readPIDFile(s.dataDir()); !found {
		t.Fatal("the crash left no stale postmaster.pid: this test proves nothing")
	}

	s = mustStart(t, Config{Dir: dir})
	if got := query(t, s, "select word from kept"); got != "here" {
		t.Errorf("after the crash the row reads %q", got)
	}
}

func TestForeignProcessWithTheOldNumber(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	s := mustStart(t, Config{Dir: dir})
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	// After a reboot the number in a stale file can belong to any process of the same account.
	other := s.state.account.command(t.Context(), "/bin/cat")
	if _, err := other.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	stale := fmt.Sprintf("%d\n%s\n1\n5432\n%s\n\n1 1\nready   \n", other.Process.Pid, s.dataDir(), s.state.socketDir)
	if err := os.WriteFile(filepath.Join(s.dataDir(), "postmaster.pid"), []byte(stale), 0o644); err != nil {
		t.Fatal(err)
	}

	query(t, mustStart(t, Config{Dir: dir}), "select 1")
	if err := other.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the foreign process was ended: %v", err)
	}
}

func TestServerEndsWithItsKilledParent(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url, ready := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ready {
		t.Fatalf("the child said %q (%v)", line, err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))

	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := conn.WaitForNotification(ctx); err == nil || ctx.Err() != nil {
		t.Fatalf("the server went on after its parent was killed (%v)", err)
	}
	// The next start neither needs help nor trips over what is left.
	query(t, mustStart(t, Config{Dir: dir}), "select 1")
}

func TestLongPathStillHasASocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(stateDir(t), strings.Repeat("deep/", 30), "postgres")
	t.Cleanup(func() {
		if err := Remove(dir); err != nil {
			t.Error(err)
		}
	})
	query(t, mustStart(t, Config{Dir: dir}), "select 1")
}

func TestNpmPackage(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	s, err := start(t.Context(), Config{Log: slog.New(slog.NewTextHandler(&said, nil))}, []way{{"npm", fromNpm}})
	if err != nil {
		if _, lookErr := exec.LookPath("npm"); lookErr != nil {
			if !strings.Contains(err.Error(), "install npm") {
				t.Errorf("without npm the message does not say that npm would help: %v", err)
			}
			return
		}
		t.Fatalf("%v\n%s", err, said.String())
	}
	stopLater(t, s)
	if got := query(t, s, "show server_version_num"); !strings.HasPrefix(got, "18") {
		t.Errorf("the npm package is PostgreSQL %s", got)
	}
	query(t, s, "create extension pg_trgm")
	query(t, s, "create extension btree_gin")
}

func TestNothingFoundNamesTheWaysOut(t *testing.T) {
	t.Parallel()
	broken := way{"pg_config", func(ctx context.Context, st *state, _ *slog.Logger) (engine, error) {
		dir := stateDir(t)
		for _, name := range []string{"postgres", "initdb"} {
			// Written by another process: a file that this one has open for writing when it forks cannot be run.
			script := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(script, []byte("#!/bin/sh\necho 'postgres (PostgreSQL) 9.6.1'\n"), 0o755); err != nil {
				return engine{}, err
			}
			if err := exec.CommandContext(ctx, "cp", script, filepath.Join(dir, name)).Run(); err != nil {
				return engine{}, err
			}
		}
		return tryFolder(ctx, st, dir)
	}}
	_, err := start(t.Context(), Config{}, []way{broken})
	if err == nil {
		t.Fatal("PostgreSQL 9.6 was taken")
	}
	for _, want := range []string{"DATABASE_URL", "apt-get install postgresql", "PGBIN", "npm", "Docker", "9.6.1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the message does not mention %s: %v", want, err)
		}
	}
}

// stateDir is a directory for Config.Dir with a short path that every account can reach; t.TempDir is neither.
func stateDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "devpg")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func mustStart(t *testing.T, c Config) *Server {
	t.Helper()
	s, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	stopLater(t, s)
	return s
}

func stopLater(t *testing.T, s *Server) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func connect(t *testing.T, s *Server) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL(Superuser, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// query runs one statement on a connection of its own and returns the first column of the first row as text.
func query(t *testing.T, s *Server, sql string) string {
	t.Helper()
	conn := connect(t, s)
	rows, err := conn.Query(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var first string
	if rows.Next() {
		first = string(rows.RawValues()[0])
	}
	rows.Close()
	if rows.Err() != nil {
		t.Fatalf("%s: %v", sql, rows.Err())
	}
	return first
}
