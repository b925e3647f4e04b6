package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"duodesk/deploy"
	"duodesk/internal/devpg"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// drillCommand restores a backup into a server of its own, brings it up to date,
// makes the checks that serve starts with, and opens everything that is sealed.
// Nothing of it touches the database that the backup came from.
func drillCommand(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("drill", flag.ExitOnError)
	dump := flags.String("dump", "",
		"a backup made with pg_dump --format=custom; without it one of made-up data is made and tried")
	keyFile := flags.String("key-file", "", "the key file that belongs to the backup")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if (*dump == "") != (*keyFile == "") {
		return errors.New("usage: console drill [--dump FILE --key-file FILE]")
	}
	if err := leaveNoCore(); err != nil {
		return fmt.Errorf("core dumps, which would hold opened keys, cannot be switched off: %w", err)
	}
	var before []store.TableRows
	if *dump == "" {
		dir, err := os.MkdirTemp("", "duodesk-drill-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		*dump, *keyFile = filepath.Join(dir, "duodesk.dump"), filepath.Join(dir, "key.json")
		if before, err = dumpSample(ctx, *dump, *keyFile, out); err != nil {
			return fmt.Errorf("the backup failed: %w", err)
		}
	}
	if err := restore(ctx, *dump, *keyFile, before, out); err != nil {
		return fmt.Errorf("THE DRILL FAILED, this backup does not bring everything back:\n%w", err)
	}
	_, err := fmt.Fprintln(out, "The backup and its key file bring everything back.")
	return err
}

// drillServer is a new server with the roles and the empty database of an
// installation, as deploy/roles.sql makes them.
type drillServer struct{ *devpg.Server }

func startDrillServer(ctx context.Context) (drillServer, error) {
	server, err := devpg.Start(ctx, devpg.Config{})
	if err != nil {
		return drillServer{}, err
	}
	s := drillServer{server}
	if err := s.tool(ctx, deploy.Roles, "psql", "--no-psqlrc", "--quiet", "--file=-",
		"--dbname="+server.URL(devpg.Superuser, "postgres")); err != nil {
		return drillServer{}, errors.Join(err, s.end())
	}
	return s, nil
}

func (s drillServer) as(role string) string { return s.URL(role, "console") }

// end is for defer, also when the drill was cut off.
func (s drillServer) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return s.Stop(ctx)
}

// tool runs a client program of Postgres, with nothing of our environment.
func (s drillServer) tool(ctx context.Context, in, name string, args ...string) error {
	path, err := s.Tool(name)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "OWNER_PASSWORD=" + rand.Text(),
		"APP_PASSWORD=" + rand.Text(), "BACKUP_PASSWORD=" + rand.Text()}
	cmd.Stdin = strings.NewReader(in)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, bytes.TrimSpace(said))
	}
	return nil
}

// dumpSample fills a database and dumps it as the backup role. It returns what is
// in it.
func dumpSample(ctx context.Context, dump, keyFile string, out io.Writer) ([]store.TableRows, error) {
	server, err := startDrillServer(ctx)
	if err != nil {
		return nil, err
	}
	defer server.end()
	if err := secret.Create(keyFile); err != nil {
		return nil, err
	}
	if err := fillSample(ctx, server.as("owner"), server.as(store.AppRole), keyFile); err != nil {
		return nil, err
	}
	before, err := store.CountRows(ctx, server.as(devpg.Superuser))
	if err != nil {
		return nil, err
	}
	dumpAs := func(role string) error {
		return server.tool(ctx, "", "pg_dump", "--format=custom", "--file="+dump, "--dbname="+server.as(role))
	}
	// Forced row-level security binds the owner too. Were that dump to succeed, it
	// would be a backup without its tenants.
	if err := dumpAs("owner"); err == nil || !strings.Contains(err.Error(), "row-level security") {
		return nil, fmt.Errorf("the owner's dump has to be refused for row-level security: %v", err)
	}
	if err := dumpAs("console_backup"); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(out,
		"Dumped a database of made-up clients as console_backup; the owner's dump was refused, as it has to be.")
	return before, err
}

// restore is what somebody does after the worst day, as docs/backup.md tells it.
// before is what must be there, if that is known.
func restore(ctx context.Context, dump, keyFile string, before []store.TableRows, out io.Writer) error {
	server, err := startDrillServer(ctx)
	if err != nil {
		return err
	}
	defer server.end()
	super := server.as(devpg.Superuser)
	if err := server.tool(ctx, "", "pg_restore", "--exit-on-error", "--no-owner", "--role=owner", "--dbname="+super,
		dump); err != nil {
		return err
	}
	rows, err := store.CountRows(ctx, super)
	if err != nil {
		return err
	}
	if before != nil && !slices.Equal(before, rows) {
		return fmt.Errorf("before there was %v, after there is %v", before, rows)
	}
	applied, err := store.Migrate(ctx, server.as("owner"))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Restored into a new PostgreSQL %s; %d migrations were applied.\n", server.Version(), applied)
	for _, r := range rows {
		fmt.Fprintf(out, "  %-28s%8d rows\n", r.Table, r.Rows)
	}
	if err := checkRestored(ctx, super, server.as(store.AppRole), keyFile, out); err != nil {
		return err
	}
	return server.tool(ctx, deploy.Restored, "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-",
		"--dbname="+super)
}

// checkRestored makes the checks of serve's start, as its role, and opens
// everything that is sealed, past row-level security.
func checkRestored(ctx context.Context, superURL, appURL, keyFile string, out io.Writer) error {
	s, err := open(ctx, config{databaseURL: appURL, keyFile: keyFile})
	if err != nil {
		return fmt.Errorf("serve would not start: %w", err)
	}
	s.Close()
	keys, err := secret.Load(keyFile)
	if err != nil {
		return err
	}
	if s, err = store.Open(ctx, superURL, keys); err != nil {
		return err
	}
	defer s.Close()
	opened, stuck, err := s.OpenSealed(ctx)
	if err != nil {
		return err
	}
	if len(stuck) > 0 {
		return fmt.Errorf("%d sealed values do not open with %s:\n  %s", len(stuck), keyFile,
			strings.Join(stuck, "\n  "))
	}
	_, err = fmt.Fprintf(out, "All %d sealed values open.\n", opened)
	return err
}
