package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// serversHave is how long a rotation waits for servers to read the new key: each
// looks every keyLook, and a mounted secret takes its time to be replaced.
const serversHave = 2 * time.Minute

// rotation puts a new sealing key in the place of the one in use while servers
// run. Progress is read from the key file and the database, so that it can
// be killed at any point and run again:
//
//  1. the file gets the new key beside the old one; nothing is sealed with it;
//  2. when every server holds it, all seal with it from the same moment on;
//  3. what the old key sealed is sealed again;
//  4. the database retires the old key, then the file loses it.
//
// So at every moment every server holds the keys of all that is sealed.
type rotation struct {
	path   string // of the key file in use
	target string // where changed files go: path, or another file
	s      *store.Store
	out    io.Writer
}

func rotateCommand(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("key rotate", flag.ExitOnError)
	target := flags.String("out", "",
		"write the changed key file here, to be put in the place of CONSOLE_KEY_FILE by you")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	path := os.Getenv("CONSOLE_KEY_FILE")
	if path == "" {
		return errors.New("CONSOLE_KEY_FILE is missing: the key file that serve uses")
	}
	url, err := ownerURL()
	if err != nil {
		return err
	}
	r := rotation{path: path, target: orElse(*target, path), out: out}
	if err := r.writable(); err != nil {
		return err
	}
	keys, err := secret.Load(path)
	if err != nil {
		return err
	}
	if r.s, err = store.Open(ctx, url, keys); err != nil {
		return err
	}
	defer r.s.Close()
	release, err := r.s.LockRotation(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := errors.Join(r.s.CheckSchema(ctx), r.s.CheckKeys(ctx)); err != nil {
		return err
	}
	if err := r.run(ctx, keys); err != nil {
		return fmt.Errorf("%w\nNothing is lost. Run the same command again: it goes on from here", err)
	}
	return nil
}

// writable refuses, before anything is done, a key file that cannot be changed
// where it is.
func (r rotation) writable() error {
	if r.target == r.path {
		if err := secret.Replaceable(r.path); err != nil {
			return fmt.Errorf(
				"the key file cannot be changed where it is: %w\nUse --out FILE, and put that file in its place where the secret is kept", err)
		}
		return nil
	}
	if _, err := os.Lstat(r.target); err == nil {
		return fmt.Errorf("%s exists and stays as it is; name another file", r.target)
	}
	return nil
}

func (r rotation) run(ctx context.Context, keys *secret.Keyring) error {
	known, err := r.s.SealingKeys(ctx)
	if err != nil {
		return err
	}
	current, newest := known[len(known)-1].ID, keys.Newest()
	begun := len(keys.Keys()) > 1
	if !begun {
		if newest, err = secret.AddKey(r.path, r.target); err != nil {
			return err
		}
		r.say("1. The new key %v is in %s, beside %v. Nothing is sealed with it yet.", newest, r.target, current)
		if r.target != r.path {
			r.say(
				"Replace %s with that file on every server. Each server reads it by itself, without a restart.\nThen continue with: console key rotate --out ANOTHER-FILE", r.path)
			return nil
		}
		if keys, err = secret.Load(r.path); err != nil {
			return err
		}
		if err := r.s.UseKeys(ctx, keys); err != nil {
			return err
		}
	}
	if unknown(known, newest) {
		if err := r.switchTo(ctx, newest); err != nil {
			return err
		}
		current = newest
	}
	if err := r.reseal(ctx, current); err != nil {
		return err
	}
	return r.retire(ctx, current)
}

func unknown(known []store.SealingKey, id secret.KeyID) bool {
	for _, k := range known {
		if k.ID == id {
			return false
		}
	}
	return true
}

// switchTo waits until every server holds the key, then has all seal with it.
func (r rotation) switchTo(ctx context.Context, id secret.KeyID) error {
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	limit := time.After(serversHave)
	told := -1
	for {
		without, all, err := r.s.ServersWithout(ctx, id)
		if err != nil {
			return err
		}
		if without == 0 {
			if err = r.s.SwitchKey(ctx, id); err == nil {
				r.say("2. Every server holds the key %v (%d connections); all seal with it now.", id, all)
				return nil
			}
			if !errors.Is(err, store.ErrServersBehind) {
				return err
			}
		}
		if without != told {
			r.say("   Waiting for servers to read the key file: %d of %d connections are without the new key.",
				without, all)
			told = without
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit:
			return fmt.Errorf(
				"%d of %d connections are of servers without the new key: give them the changed key file, or stop them",
				without, all)
		case <-look.C:
		}
	}
}

// reseal seals again everything that a key not in use has sealed.
func (r rotation) reseal(ctx context.Context, current secret.KeyID) error {
	sealed, err := r.s.SealedWith(ctx)
	if err != nil {
		return err
	}
	total, done := 0, 0
	for id, n := range sealed {
		if id != current {
			total += n
		}
	}
	stuck, err := r.s.Reseal(ctx, func(resealed int) {
		done += resealed
		r.say("   Re-sealed %d of %d.", done, total)
	})
	if err != nil {
		return err
	}
	r.say("3. Re-sealed %d of %d values with the key %v.", done, total, current)
	for _, where := range stuck {
		r.say("   Cannot be opened, and is left alone: %s", where)
	}
	return nil
}

// retire does away with all keys but the one in use.
func (r rotation) retire(ctx context.Context, current secret.KeyID) error {
	left, err := r.s.RetireKeys(ctx)
	if err != nil {
		return err
	}
	for id, n := range left {
		return fmt.Errorf(
			"the key %v stays: %d values are sealed with it and cannot be opened where they stand; replace them in the console (Integration, Save Configuration) or delete them", id, n)
	}
	if err := secret.KeepKey(r.path, r.target, current); err != nil {
		return err
	}
	r.say("4. The database took the old key out of use; %s holds %v alone.", r.target, current)
	if r.target != r.path {
		r.say("Replace %s with that file; until then the old key opens backups only.", r.path)
	}
	r.say(
		"Keep a copy of the new file apart from the backups, and the old copy for as long as a backup made before now.")
	return nil
}

func (r rotation) say(format string, args ...any) { fmt.Fprintf(r.out, format+"\n", args...) }
