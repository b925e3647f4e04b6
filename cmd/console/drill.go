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

// drillDatabase is the name that deploy/roles.sql gives.
const drillDatabase = "console"

// drillCommand restores a backup into a server of its own, brings it up to date,
// makes the checks that serve starts with, and opens everything that is sealed.
// Nothing of it touches the database that the backup came from.
func drillCommand(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("drill", flag.ExitOnError)
	dump := flags.String("dump", "", "a backup made with pg_dump --format=custom; without it one of made-up data is made and tried")
	keyFile := flags.String("key-file", "", "the key file that belongs to the backup")
	if err := flags.Parse(args); err != nil {
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

// dumpSample fills a database and dumps it as the backup role. It returns what is
// in it.
func dumpSample(ctx context.Context, dump, keyFile string, out io.Writer) ([]store.TableRows, error) {
	server, err := startDrillServer(ctx)
	if err != nil {
		return nil, err
	}
	defer stopServer(server, out)
	if err := makeRoles(ctx, server); err != nil {
		return nil, err
	}
	ownerURL := server.URL("owner", drillDatabase)
	if _, err := store.Migrate(ctx, ownerURL); err != nil {
		return nil, err
	}
	if err := secret.Create(keyFile); err != nil {
		return nil, err
	}
	if err := fillSample(ctx, ownerURL, server.URL(store.AppRole, drillDatabase), keyFile); err != nil {
		return nil, err
	}
	before, err := store.CountRows(ctx, server.URL(devpg.Superuser, drillDatabase))
	if err != nil {
		return nil, err
	}
	// Forced row-level security binds the owner too. Were that dump to succeed, it
	// would be a backup without its tenants.
	if err := runTool(ctx, server, "pg_dump", nil, "--format=custom", "--file="+dump, "--dbname="+ownerURL); err == nil {
		return nil, errors.New("the owner could dump the database: row-level security is not forced")
	}
	if err := runTool(ctx, server, "pg_dump", nil, "--format=custom", "--file="+dump, "--dbname="+server.URL("console_backup", drillDatabase)); err != nil {
		return nil, err
	}
	info, err := os.Stat(dump)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "Dumped a database of made-up clients as console_backup: %d bytes; the owner's dump was refused, as it has to be.\n", info.Size())
	return before, nil
}

// restore is what somebody does after the worst day. before is what must be
// there, if that is known.
func restore(ctx context.Context, dump, keyFile string, before []store.TableRows, out io.Writer) error {
	server, err := startDrillServer(ctx)
	if err != nil {
		return err
	}
	defer stopServer(server, out)
	if err := makeRoles(ctx, server); err != nil {
		return err
	}
	superURL := server.URL(devpg.Superuser, drillDatabase)
	if err := runTool(ctx, server, "pg_restore", nil, "--exit-on-error", "--no-owner", "--role=owner", "--dbname="+superURL, dump); err != nil {
		return err
	}
	rows, err := store.CountRows(ctx, superURL)
	if err != nil {
		return err
	}
	if before != nil && !slices.Equal(before, rows) {
		return fmt.Errorf("before there was %v, after there is %v", before, rows)
	}
	applied, err := store.Migrate(ctx, server.URL("owner", drillDatabase))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Restored into PostgreSQL %s; %d migrations were applied.\n", server.Version(), applied)
	for _, r := range rows {
		fmt.Fprintf(out, "  %-28s%8d rows\n", r.Table, r.Rows)
	}
	return checkRestored(ctx, superURL, server.URL(store.AppRole, drillDatabase), keyFile, out)
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
		return fmt.Errorf("%d sealed values do not open with %s:\n  %s", len(stuck), keyFile, strings.Join(stuck, "\n  "))
	}
	total := 0
	for _, n := range opened {
		total += n
	}
	fmt.Fprintf(out, "All %d sealed values open.\n", total)
	return nil
}

func startDrillServer(ctx context.Context) (*devpg.Server, error) {
	return devpg.Start(ctx, devpg.Config{})
}

func stopServer(server *devpg.Server, out io.Writer) {
	stopping, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Stop(stopping); err != nil {
		fmt.Fprintln(out, "Stopping the database:", err)
	}
}

func makeRoles(ctx context.Context, server *devpg.Server) error {
	return runTool(ctx, server, "psql", strings.NewReader(deploy.Roles), "--no-psqlrc", "--quiet", "--file=-", "--dbname="+server.URL(devpg.Superuser, "postgres"))
}

// runTool runs a client program of Postgres, with nothing of our environment.
func runTool(ctx context.Context, server *devpg.Server, name string, in io.Reader, args ...string) error {
	path, err := server.Tool(name)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "OWNER_PASSWORD=" + rand.Text(), "APP_PASSWORD=" + rand.Text(), "BACKUP_PASSWORD=" + rand.Text()}
	cmd.Stdin = in
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, bytes.TrimSpace(said))
	}
	return nil
}
