package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"time"

	"duodesk/internal/store"
)

// pruning deletes old months of the record, each only after a file holds it. A month
// is deleted in one transaction that compares every run with the file as it is read
// back from the disk, and that puts the deleting on record. So a crash leaves a month
// whole, with a file too many, or gone, with its file and its record; the same command
// goes on from there.
type pruning struct {
	p    *store.Pruner
	to   string // folder of the files
	by   string // email address of the owner who answers for it
	host string // name of the account on this machine
	out  io.Writer
}

func recordCommand(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "prune" {
		return errors.New(
			"usage: console record prune --before 2025-01 --to FOLDER --by OWNER'S-EMAIL [--workspace SLUG] [--yes]")
	}
	flags := flag.NewFlagSet("record prune", flag.ExitOnError)
	before := flags.String("before", "",
		"delete the months before this one, such as 2025-01 (UTC); the last 12 months always stay")
	to := flags.String("to", "", "the folder that the files are written to")
	by := flags.String("by", "",
		"the email address of the owner of the workspaces who answers for it: the record names them")
	workspace := flags.String("workspace", "", "the slug of one workspace; all, if it is left out")
	yes := flags.Bool("yes", false, "write the files and delete; without it nothing is changed")
	if err := parseFlags(flags, args[1:]); err != nil {
		return err
	}
	month, err := time.Parse("2006-01", *before)
	if err != nil {
		return errors.New("--before is not a month like 2025-01")
	}
	if *by == "" || *yes && *to == "" {
		return errors.New("--by and, with --yes, --to are missing; see: console record prune -h")
	}
	url, err := ownerURL()
	if err != nil {
		return err
	}
	p := pruning{to: *to, by: *by, host: hostAccount(), out: out}
	if p.p, err = store.OpenPruner(ctx, url); err != nil {
		return err
	}
	defer p.p.Close()
	return p.run(ctx, *workspace, month, *yes)
}

// hostAccount is who runs the command, as far as the machine knows.
func hostAccount() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "uid " + strconv.Itoa(os.Getuid())
}

func (p pruning) run(ctx context.Context, workspace string, before time.Time, yes bool) error {
	newest, err := p.p.Newest(ctx)
	if err != nil {
		return err
	}
	if before.After(newest) {
		return fmt.Errorf("the last %d months of the record stay: --before may be %s at most", store.PruneKeeps,
			newest.Format("2006-01"))
	}
	months, err := p.p.Months(ctx, workspace, before)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("no workspace has the slug %q", workspace)
	}
	if err != nil {
		return err
	}
	for _, m := range months {
		if _, err := p.p.OwnerOf(ctx, m.Workspace.ID, p.by); err != nil {
			return p.noOwner(m, err)
		}
	}
	for _, m := range months {
		if !yes {
			p.say("%s %s: %d runs", m.Workspace.Slug, m.Month.Format("2006-01"), m.Runs)
		} else if err := p.prune(ctx, m); err != nil {
			return fmt.Errorf(
				"%s %s: %w\nThe month is whole, or gone with its file and its record. Run the same command again: it goes on from there",
				m.Workspace.Slug, m.Month.Format("2006-01"), err)
		}
	}
	switch {
	case len(months) == 0:
		p.say("The record holds no closed run from before %s.", before.Format("2006-01"))
	case !yes:
		p.say("Nothing was changed. With --yes these months are written to files and deleted.")
	}
	return nil
}

func (p pruning) noOwner(m store.PrunableMonth, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf(
			"%s is not an owner of the workspace %s who can sign in: choose one with --workspace, or another --by",
			p.by, m.Workspace.Slug)
	}
	return err
}

func (p pruning) prune(ctx context.Context, m store.PrunableMonth) error {
	path, runs, sum, err := p.export(ctx, m)
	if err != nil {
		return fmt.Errorf("the export failed: %w", err)
	}
	if runs == 0 {
		return os.Remove(path) // the runs left are still looked after
	}
	operator, err := p.p.OwnerOf(ctx, m.Workspace.ID, p.by)
	if err != nil {
		return p.noOwner(m, err)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	read, lines := sha256.New(), 0
	month := m.Month.Format("January 2006")
	err = p.p.Prune(ctx, m, linesOf(file, read, &lines), func() (store.Record, error) {
		if now := hex.EncodeToString(read.Sum(nil)); now != sum || lines != runs {
			return store.Record{}, fmt.Errorf("%s is not what was written: %d runs with SHA-256 %s", path, lines, now)
		}
		return store.Record{
			Event: store.RecordPruned, Operator: operator, Subject: month, At: time.Now(),
			Input: map[string]string{
				"month": m.Month.Format("2006-01"), "runs": strconv.Itoa(runs), "file": filepath.Base(path),
				"sha256": sum, "host_account": p.host,
			},
			Summary: fmt.Sprintf(
				"Deleted the %d runs of %s from the record, on the host as %s, after exporting them to %s (SHA-256 %s).",
				runs, month, p.host, filepath.Base(path), sum),
		}, nil
	})
	if err != nil {
		return err
	}
	p.say("%s %s: %d runs deleted, kept in %s\n  SHA-256 %s", m.Workspace.Slug, m.Month.Format("2006-01"),
		runs, path, sum)
	return nil
}

// export writes a month to a new file, down to the disk. Files of before stay.
func (p pruning) export(ctx context.Context, m store.PrunableMonth) (path string, runs int, sum string, err error) {
	now := time.Now().UTC().Format("20060102T150405.000Z")
	name := fmt.Sprintf("runs-%s-%s-%s.jsonl.gz", m.Workspace.Slug, m.Month.Format("2006-01"), now)
	path = filepath.Join(p.to, name)
	file, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return path, 0, "", err
	}
	defer file.Close()
	written := sha256.New()
	packed := gzip.NewWriter(io.MultiWriter(file, written))
	runs, err = p.p.Export(ctx, m, func(line string) error {
		_, err := io.WriteString(packed, line+"\n")
		return err
	})
	// A file gets its name when all of it is on the disk.
	if err = errors.Join(err, packed.Close(), file.Sync()); err != nil {
		return path, runs, "", errors.Join(err, os.Remove(path+".part"))
	}
	err = errors.Join(os.Rename(path+".part", path), syncFolder(p.to))
	return path, runs, hex.EncodeToString(written.Sum(nil)), err
}

// syncFolder makes the names in a folder last.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// linesOf reads the lines of a packed file to its end, and adds up the file itself.
func linesOf(file io.Reader, sum hash.Hash, count *int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		whole := io.TeeReader(file, sum)
		unpacked, err := gzip.NewReader(whole)
		if err != nil {
			yield("", err)
			return
		}
		lines := bufio.NewReader(unpacked)
		for {
			line, err := lines.ReadString('\n')
			if errors.Is(err, io.EOF) && line == "" {
				break
			}
			if *count++; !yield(line, err) || err != nil {
				return
			}
		}
		if _, err := io.Copy(io.Discard, whole); err != nil {
			yield("", err)
		}
	}
}

func (p pruning) say(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }
