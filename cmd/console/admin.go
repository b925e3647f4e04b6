package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"duodesk/internal/store"
)

// ownerURL is the database as the role that owns the schema: for commands of the
// host, never for serve.
func ownerURL() (string, error) {
	url := os.Getenv("CONSOLE_OWNER_DATABASE_URL")
	if url == "" {
		return "", errors.New("CONSOLE_OWNER_DATABASE_URL is missing: the database, as the role that owns the schema")
	}
	if err := checkDatabase(url, os.Getenv(databaseTLS)); err != nil {
		return "", fmt.Errorf("CONSOLE_OWNER_DATABASE_URL: %w", err)
	}
	return url, nil
}

func migrateCommand(ctx context.Context, args []string, out io.Writer) error {
	if err := parseFlags(flag.NewFlagSet("migrate", flag.ExitOnError), args); err != nil {
		return err
	}
	url, err := ownerURL()
	if err != nil {
		return err
	}
	applied, err := store.MigrateSaying(ctx, url, func(wait string) { fmt.Fprintln(out, wait) })
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "The schema is up to date; %d migrations were applied.\n", applied)
	return err
}
