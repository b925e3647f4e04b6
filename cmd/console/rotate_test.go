package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// installation is a database with a key file of its own, and values sealed.
type installation struct {
	storetest.DB
	dir      string
	ownerURL string // as the README makes the owner: row-level security binds it
	keyFile  string
	ws       store.Workspace
	owner    store.Operator
}

const drafts = 330 // more than are sealed again at once

func newInstallation(t *testing.T) installation {
	t.Helper()
	in := installation{DB: storetest.Open(t), dir: t.TempDir()}
	in.keyFile = filepath.Join(in.dir, "key.json")
	name := strings.ToLower(strings.ReplaceAll(t.Name(), "/", "_"))
	in.Exec(t, `create role `+name+` login createrole`)
	in.Exec(t, `create database `+name+` owner `+name)
	for _, address := range []*string{&in.OwnerURL, &in.AppURL} {
		u, err := url.Parse(*address)
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/" + name
		*address = u.String()
	}
	in.ownerURL = strings.Replace(in.OwnerURL, "user=postgres", "user="+name, 1)
	if _, err := store.Migrate(t.Context(), in.ownerURL); err != nil {
		t.Fatal(err)
	}
	if err := secret.Create(in.keyFile); err != nil {
		t.Fatal(err)
	}
	in.Store = in.server(t)
	in.ws, in.owner = in.Workspace(t)
	return in
}

// server opens the database as serve does.
func (in installation) server(t *testing.T) *store.Store {
	t.Helper()
	s, err := open(t.Context(), config{databaseURL: in.AppURL, keyFile: in.keyFile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func (in installation) write(t *testing.T, count int) {
	t.Helper()
	for i := range count {
		if err := in.draft(t.Context(), in.Store, i); err != nil {
			t.Fatal(err)
		}
	}
}

// draft seals a value and opens it again.
func (in installation) draft(ctx context.Context, s *store.Store, i int) error {
	form, input := fmt.Sprintf("form %d", i), map[string]string{"field": fmt.Sprint(i)}
	return errors.Join(
		s.InWorkspace(ctx, store.WholeWorkspace(in.ws.ID), func(tx *store.Tx) error {
			return tx.SaveDraft(ctx, in.owner.ID, form, input, time.Now())
		}),
		in.opens(ctx, s, i))
}

func (in installation) opens(ctx context.Context, s *store.Store, i int) error {
	return s.InWorkspace(ctx, store.WholeWorkspace(in.ws.ID), func(tx *store.Tx) error {
		found, _, err := tx.Draft(ctx, in.owner.ID, fmt.Sprintf("form %d", i), time.Now())
		if err == nil && found["field"] != fmt.Sprint(i) {
			err = fmt.Errorf("draft %d holds %v", i, found)
		}
		return err
	})
}

// command starts the program with the settings of the installation.
func (in installation) command(t *testing.T, args ...string) *program {
	t.Helper()
	return startProgram(t, in.dir, []string{"DATABASE_URL=" + in.AppURL, "CONSOLE_OWNER_DATABASE_URL=" + in.ownerURL,
		"CONSOLE_KEY_FILE=" + in.keyFile}, args...)
}

// says fails unless the program says something before it ends.
func (p *program) says(words string) {
	p.t.Helper()
	if !p.said(words) {
		p.t.Fatalf("the program ended without %q:\n%s", words, p.out.String())
	}
}

// said waits until the program has said something, or ended without.
func (p *program) said(words string) bool {
	p.t.Helper()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	limit := time.After(60 * time.Second)
	for !strings.Contains(p.out.String(), words) {
		select {
		case <-p.done:
			return strings.Contains(p.out.String(), words)
		case <-limit:
			p.t.Fatalf("the program does not say %q:\n%s", words, p.out.String())
		case <-poll.C:
		}
	}
	return true
}

// A rotation that is killed after each of its steps, and begun again, while two
// servers run: nobody may meet a value that does not open.
func TestRotationIsKilledAndGoesOn(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	in.write(t, drafts)
	old := in.HeldKeys()[0]
	console := in.command(t, "serve")
	console.says(`"serving"`)
	if limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", console.cmd.Process.Pid)); err == nil &&
		!coreIsZero(string(limits)) {
		t.Errorf("serve may dump core:\n%s", limits)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go watchKeys(ctx, config{keyFile: in.keyFile, keyLook: 20 * time.Millisecond}, in.Store,
		slog.New(slog.DiscardHandler))
	worked := make(chan error, 1)
	go func() {
		for i := 0; ctx.Err() == nil; i = (i + 1) % drafts {
			if err := in.draft(t.Context(), in.Store, i); err != nil {
				worked <- err
				return
			}
		}
		worked <- nil
	}()

	for _, words := range []string{"1. The new key", "Waiting for servers", "2. Every server holds", "Re-sealed 1",
		"3. Re-sealed"} {
		killed := in.command(t, "key", "rotate")
		said := killed.said(words)
		killed.stop(syscall.SIGKILL)
		if now := secretKeys(t, in.keyFile); len(now) == 1 && now[0] != old {
			break // it was quicker than the kill, and is finished
		}
		t.Logf("killed at %q: %t", words, said)
	}
	if now := secretKeys(t, in.keyFile); len(now) == 2 {
		in.command(t, "key", "rotate").says("Keep a copy of the new file")
	}
	stop()
	if err := <-worked; err != nil {
		t.Error("a server in the middle of it: ", err)
	}
	now := secretKeys(t, in.keyFile)
	if len(now) != 1 || now[0] == old {
		t.Fatalf("the key file holds %v, and held %v before", now, old)
	}
	after := in.server(t)
	for i := range drafts {
		if err := in.opens(t.Context(), after, i); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(in.keyFile + "*"); len(left) != 1 {
		t.Error("files left beside the key file: ", left)
	}
	console.stop(syscall.SIGTERM)
	if said := console.out.String(); !strings.Contains(said, "the key file has other keys") ||
		strings.Contains(said, "is not used") {
		t.Errorf("serve said:\n%s", said)
	}
}

func secretKeys(t *testing.T, path string) []secret.KeyID {
	t.Helper()
	keys, err := secret.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return keys.Keys()
}

func coreIsZero(limits string) bool {
	for line := range strings.Lines(limits) {
		if rest, found := strings.CutPrefix(line, "Max core file size"); found {
			return strings.Fields(rest)[0] == "0" && strings.Fields(rest)[1] == "0"
		}
	}
	return false
}

// Where the key file is a mounted secret, a person carries the changed files.
func TestRotationOfAMountedSecret(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	in.write(t, drafts)
	old := in.HeldKeys()[0]
	in.Close() // no server runs
	real := filepath.Join(t.TempDir(), "key.json")
	upload := func(path string) {
		t.Helper()
		if err := errors.Join(os.Rename(path, real), os.Chmod(real, 0o400)); err != nil {
			t.Fatal(err)
		}
	}
	upload(in.keyFile)
	if err := os.Symlink(real, in.keyFile); err != nil {
		t.Fatal(err)
	}
	first, second := filepath.Join(in.dir, "first.json"), filepath.Join(in.dir, "second.json")
	rotate := func(words string, args ...string) {
		t.Helper()
		p := in.command(t, append([]string{"key", "rotate"}, args...)...)
		p.says(words)
		p.ends()
	}
	rotate("Use --out FILE")
	rotate("with that file", "--out", first)
	rotate("exists and stays as it is", "--out", first)
	upload(first)
	rotate("3. Re-sealed 331 of 331", "--out", second)
	if now := secretKeys(t, in.keyFile); len(now) != 2 {
		t.Errorf("the mounted secret changed: %v", now)
	}
	upload(second)
	after := in.server(t)
	for i := range drafts {
		if err := in.opens(t.Context(), after, i); err != nil {
			t.Error(err)
		}
	}
	if now := secretKeys(t, in.keyFile); len(now) != 1 || now[0] == old {
		t.Errorf("the key file holds %v, and held %v before", now, old)
	}
}
