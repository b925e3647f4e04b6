package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"duodesk/internal/devpg"
	"duodesk/internal/store"
)

// trialDatabase is where a trial keeps its rows.
type trialDatabase struct {
	ownerURL, appURL string
	died             <-chan struct{}
	stop             func()
}

// startDatabase uses the database of DATABASE_URL, whose role then has to be
// its owner, or starts a private one.
func startDatabase(ctx context.Context, out io.Writer) (trialDatabase, error) {
	if given := os.Getenv("DATABASE_URL"); given != "" {
		if err := checkDatabase(given, os.Getenv(databaseTLS)); err != nil {
			return trialDatabase{}, fmt.Errorf("DATABASE_URL: %w", err)
		}
		fmt.Fprintln(out, "Using the database of DATABASE_URL.")
		app, err := url.Parse(given)
		if err != nil || app.Scheme == "" {
			return trialDatabase{}, errors.New("DATABASE_URL is not an address like postgres://owner@host/database")
		}
		password := rand.Text()
		if _, err := store.Migrate(ctx, given); err != nil {
			return trialDatabase{}, err
		}
		if err := store.SetAppPassword(ctx, given, password); err != nil {
			return trialDatabase{}, err
		}
		app.User = url.UserPassword(store.AppRole, password)
		query := app.Query()
		if query.Has("user") {
			query.Set("user", store.AppRole)
			query.Set("password", password)
			app.RawQuery = query.Encode()
		}
		return trialDatabase{ownerURL: given, appURL: app.String(), stop: func() {}}, nil
	}
	server, err := devpg.Start(ctx, devpg.Config{Dir: filepath.Join(dataDir, "postgres"),
		Log: slog.New(slog.NewTextHandler(out, nil))})
	if errors.Is(err, devpg.ErrInUse) {
		return trialDatabase{}, fmt.Errorf("a trial is running in this folder already; its address is in %s (%w)",
			filepath.Join(dataDir, "dev.json"), err)
	}
	if err != nil {
		return trialDatabase{}, err
	}
	d := trialDatabase{ownerURL: server.URL(devpg.Superuser, devDatabase),
		appURL: server.URL(store.AppRole, devDatabase), died: server.Done(), stop: func() {
			stopping, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := server.Stop(stopping); err != nil {
				fmt.Fprintln(out, "Stopping the database:", err)
			}
		}}
	err = store.CreateDatabase(ctx, server.URL(devpg.Superuser, "postgres"), devDatabase)
	if err == nil {
		_, err = store.Migrate(ctx, d.ownerURL)
	}
	if err != nil {
		d.stop()
	}
	return d, err
}
