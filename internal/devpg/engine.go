package devpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// oldest is the first major version whose SQL the migrations use.
const oldest = 15

// engine is a PostgreSQL server program that was tried and works.
type engine struct {
	source  string
	version string
	major   int
	bin     string // folder of the binaries; empty when image is set
	image   string // Docker image
}

// errAbsent is a way's answer when the machine has nothing of that kind; it is not worth a line to the user.
var errAbsent = errors.New("not there")

// way looks for server binaries in one kind of place.
type way struct {
	name string
	find func(ctx context.Context, st *state, log *slog.Logger) (engine, error)
}

var allWays = []way{
	{"postgres in PATH", fromPath},
	{"pg_config", fromPgConfig},
	{"usual folders", fromUsualFolders},
	{"npm", fromNpm},
	{"docker", fromDocker},
}

// chosenWays are all ways, or the folder named by PGBIN alone: who sets it means it.
func chosenWays() []way {
	dir := os.Getenv("PGBIN")
	if dir == "" {
		return allWays
	}
	return []way{{"PGBIN", func(ctx context.Context, st *state, _ *slog.Logger) (engine, error) {
		eng, err := tryFolder(ctx, st, dir)
		if errors.Is(err, errAbsent) {
			err = fmt.Errorf("no postgres and initdb in %s", dir)
		}
		return eng, err
	}}}
}

// findEngine takes the first way that works, or says of each why it does not.
func findEngine(ctx context.Context, st *state, ways []way, log *slog.Logger) (engine, error) {
	var refusals []error
	for _, w := range ways {
		eng, err := w.find(ctx, st, log)
		if err == nil {
			return eng, nil
		}
		if ctx.Err() != nil {
			return engine{}, ctx.Err()
		}
		if !errors.Is(err, errAbsent) {
			refusals = append(refusals, fmt.Errorf("%s: %w", w.name, err))
		}
	}
	return engine{},
		errors.Join(append([]error{fmt.Errorf("no PostgreSQL server (%d or newer) was found. One of these helps: "+
			"set DATABASE_URL to a server of yours; install one (apt-get install postgresql, brew install postgresql); "+
			"name its folder in PGBIN; install npm, so that it is fetched; start Docker", oldest)}, refusals...)...)
}

func fromPath(ctx context.Context, st *state, _ *slog.Logger) (engine, error) {
	path, err := exec.LookPath("postgres")
	if err != nil {
		return engine{}, errAbsent
	}
	// A link in PATH may stand alone; its folder of origin has initdb too.
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return engine{}, err
	}
	return tryFolder(ctx, st, filepath.Dir(path))
}

func fromPgConfig(ctx context.Context, st *state, _ *slog.Logger) (engine, error) {
	out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output()
	if err != nil {
		return engine{}, errAbsent
	}
	// Client libraries bring pg_config without a server.
	return tryFolder(ctx, st, strings.TrimSpace(string(out)))
}

func fromUsualFolders(ctx context.Context, st *state, _ *slog.Logger) (engine, error) {
	var best engine
	var refusals []error
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/pgsql-*/bin",          // PostgreSQL's own packages for Red Hat
		"/usr/lib/postgresql*/bin",  // openSUSE
		"/usr/libexec/postgresql*",  // Alpine
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		folders, _ := filepath.Glob(pattern)
		for _, dir := range folders {
			eng, err := tryFolder(ctx, st, dir)
			switch {
			case err == nil && eng.major > best.major:
				best = eng
			case err != nil && !errors.Is(err, errAbsent):
				refusals = append(refusals, err)
			}
		}
	}
	if best.major > 0 {
		return best, nil
	}
	if len(refusals) == 0 {
		return engine{}, errAbsent
	}
	return engine{}, errors.Join(refusals...)
}

var versionPattern = regexp.MustCompile(`PostgreSQL\)? (\d+)(\S*)`)

// tryFolder runs the binaries as the account that will run the server, which also finds folders that it cannot enter.
func tryFolder(ctx context.Context, st *state, dir string) (engine, error) {
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return engine{}, fmt.Errorf("%w: no %s in %s", errAbsent, name, dir)
		}
	}
	out, err := st.account.command(ctx, filepath.Join(dir, "postgres"), "--version").CombinedOutput()
	if err != nil {
		return engine{}, fmt.Errorf("%s does not run as user id %d: %w %s", dir, st.account.uid, err, out)
	}
	m := versionPattern.FindStringSubmatch(string(out))
	if m == nil {
		return engine{}, fmt.Errorf("%s says %q", dir, out)
	}
	major, _ := strconv.Atoi(m[1])
	if major < oldest {
		return engine{}, fmt.Errorf("%s is PostgreSQL %s%s: %d or newer is needed", dir, m[1], m[2], oldest)
	}
	return engine{source: dir, version: m[1] + m[2], major: major, bin: dir}, nil
}

// command prepares one of the engine's programs for the account that owns the data.
func (e engine) command(ctx context.Context, st *state, program string, args ...string) *exec.Cmd {
	if e.image != "" {
		return dockerCommand(ctx, e, st, program, args)
	}
	return st.account.command(ctx, filepath.Join(e.bin, program), args...)
}

// postmasterPID is the number that the server writes into its pid file.
func (e engine) postmasterPID(p *process) int {
	if e.image != "" {
		return containerPID
	}
	return p.cmd.Process.Pid
}

// localeArgs gives every machine the same order of text and letters of all languages.
func localeArgs(major int) []string {
	switch {
	case major >= 17:
		return []string{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}
	case runtime.GOOS == "darwin":
		return []string{"--locale=C", "--lc-ctype=en_US.UTF-8"}
	default:
		return []string{"--locale=C.UTF-8"}
	}
}
