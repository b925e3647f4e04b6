package main

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// record runs console record on the host.
func (in installation) record(t *testing.T, args ...string) (said string, failed bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self, append([]string{"record"}, args...)...)
	command.Env = []string{asCommand + "=1", "CONSOLE_OWNER_DATABASE_URL=" + in.ownerURL}
	out, err := command.CombinedOutput()
	return string(out), err != nil
}

// addRuns writes closed runs that began within a month.
func (in installation) addRuns(t *testing.T, ws store.Workspace, by store.Operator, month time.Time, n int) {
	t.Helper()
	in.Exec(t, `
		insert into run (workspace_id, id, operator_id, action, subject, input, input_mac, ticket, state, summary, started_at, finished_at)
		select $1, gen_random_uuid(), $2, 'update-user', 'subject ' || i, '{"user_id": "DU1"}', '', 'INC-' || i, 'applied', 'Changed.', $3::timestamptz + i * interval '1 second', $3
		from generate_series(1, $4::int) i`, ws.ID, by.ID, month, n)
}

func (in installation) countRuns(t *testing.T, ws store.Workspace, where string) (n int) {
	t.Helper()
	if err := in.Superuser(t).QueryRow(t.Context(), `select count(*) from run where workspace_id = $1 and `+where,
		ws.ID).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRecordPrune(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	other, _ := in.Workspace(t)
	now := time.Now().UTC()
	month := func(ago int) time.Time {
		return time.Date(now.Year(), now.Month()-time.Month(ago), 1, 0, 0, 0, 0, time.UTC)
	}
	for ago, n := range map[int]int{12: 3, 13: 1200, 14: 5} {
		in.addRuns(t, in.ws, in.owner, month(ago), n)
		in.addRuns(t, other, in.owner, month(ago), 7)
	}
	dir := t.TempDir()
	refused := func(words string, args ...string) {
		t.Helper()
		if said, failed := in.record(t, args...); !failed || !strings.Contains(said, words) {
			t.Errorf("record %s: expected %q, got: %s", strings.Join(args, " "), words, said)
		}
	}
	text := func(ago int) string { return month(ago).Format("2006-01") }
	admin := in.Member(t, in.ws, catalog.Administrator)
	refused("usage: console record prune")
	refused("not a month", "prune", "--before", "2025", "--by", in.owner.Email)
	refused("--before may be "+text(12)+" at most", "prune", "--before", text(11), "--by", in.owner.Email, "--to",
		dir, "--yes")
	refused("--by and", "prune", "--before", text(12), "--by", in.owner.Email, "--yes")
	refused("no workspace has the slug", "prune", "--before", text(12), "--by", in.owner.Email,
		"--workspace", "nowhere")
	refused("is not an owner of the workspace "+other.Slug, "prune", "--before", text(12), "--by", in.owner.Email,
		"--to", dir, "--yes")
	own := []string{"prune", "--before", text(12), "--workspace", in.ws.Slug, "--by"}
	refused("is not an owner", append(own, admin.Email, "--to", dir, "--yes")...)
	refused("the export failed", append(own, in.owner.Email, "--to", filepath.Join(dir, "nowhere"), "--yes")...)
	said, failed := in.record(t, append(own, in.owner.Email)...)
	if failed || !strings.Contains(said, text(13)+": 1200 runs") || !strings.Contains(said, "Nothing was changed") {
		t.Error(said)
	}
	if n := in.countRuns(t, in.ws, `action = 'update-user'`); n != 1208 {
		t.Fatalf("%d runs are left of 1208", n)
	}

	// What a run of the command that was killed left behind is in nobody's way.
	if err := os.WriteFile(filepath.Join(dir, "runs-"+in.ws.Slug+"-"+text(14)+"-20260101T000000.000Z.jsonl.gz.part"),
		[]byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, failed = in.record(t, append(own, in.owner.Email, "--to", dir, "--yes")...); failed {
		t.Fatal(said)
	}
	if left, others := in.countRuns(t, in.ws, `action = 'update-user'`), in.countRuns(t, other, `true`); left != 3 ||
		others != 21 {
		t.Errorf("%d runs are left, %d in another workspace", left, others)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "runs-"+in.ws.Slug+"-"+text(13)+"-*.jsonl.gz"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	in.checkFile(t, files[0], 1200)
	// Twice does nothing.
	if said, failed = in.record(t, append(own, in.owner.Email, "--to", dir, "--yes")...); failed ||
		!strings.Contains(said, "holds no closed run") {
		t.Error(said)
	}
	if all, _ := filepath.Glob(filepath.Join(dir, "*")); len(all) != 3 {
		t.Error(all)
	}
}

// checkFile holds a file against what its record says, and a row of it against the
// form that the database takes.
func (in installation) checkFile(t *testing.T, path string, runs int) {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	unpacked, err := gzip.NewReader(strings.NewReader(string(packed)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	var line struct {
		Run      struct{ Subject, Ticket, State string }
		Operator string
	}
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || len(lines) != runs ||
		line.Operator != in.owner.Email || line.Run.Subject != "subject 1" || line.Run.State != "applied" {
		t.Errorf("%d lines, the first %+v (%v)", len(lines), line, err)
	}
	var found []store.Run
	err = in.InWorkspace(t.Context(), store.WholeWorkspace(in.ws.ID), func(tx *store.Tx) (err error) {
		found, _, err = tx.FindRuns(t.Context(), store.RunFilter{Action: store.RecordPruned.Slug}, nil, 10)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(packed)
	if !slices.ContainsFunc(found, func(r store.Run) bool {
		return r.Operator == in.owner.Email && r.Input["sha256"] == hex.EncodeToString(sum[:]) &&
			r.Input["file"] == filepath.Base(path) &&
			r.Input["host_account"] == hostAccount() && strings.Contains(r.Summary, "Deleted the 1200 runs of ")
	}) || len(found) != 2 {
		t.Errorf("the record says %+v", found)
	}
}
