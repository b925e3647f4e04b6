package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// TestAdmitAll: the host opens a workspace again that admits nobody, on record under an owner's name, and leaves
// others alone.
func TestAdmitAll(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (said string, failed bool) {
		command := exec.Command(self, append([]string{"workspace"}, args...)...)
		command.Env = []string{asCommand + "=1", "CONSOLE_OWNER_DATABASE_URL=" + in.ownerURL}
		out, err := command.CombinedOutput()
		return string(out), err != nil
	}
	other, _ := in.Workspace(t)
	admin := in.Member(t, in.ws, catalog.Administrator)
	in.Exec(t, `update workspace set ranges = '{203.0.113.0/24}' where id = any ($1)`,
		[]string{in.ws.ID.String(), other.ID.String()})
	for words, args := range map[string][]string{
		"usage:":                    {"admit-all", "--workspace", in.ws.Slug},
		"usage: console workspace":  {},
		"no workspace has the slug": {"admit-all", "--workspace", "nowhere", "--by", in.owner.Email},
		"is not an owner":           {"admit-all", "--workspace", in.ws.Slug, "--by", admin.Email},
	} {
		if said, failed := run(args...); !failed || !strings.Contains(said, words) {
			t.Errorf("workspace %s: expected %q, got: %s", strings.Join(args, " "), words, said)
		}
	}
	if _, err := in.Access(t.Context(), in.owner.ID, in.ws.Slug, ""); err == nil {
		t.Fatal("the workspace is open before")
	}
	for _, words := range []string{"again. Until now it was from 203.0.113.0/24.", "was open from every address"} {
		if said, failed := run("admit-all", "--workspace", in.ws.Slug, "--by", in.owner.Email); failed ||
			!strings.Contains(said, words) {
			t.Errorf("expected %q, got: %s", words, said)
		}
	}
	if _, err := in.Access(t.Context(), in.owner.ID, in.ws.Slug, ""); err != nil {
		t.Error("the workspace is not open: ", err)
	}
	var runs []store.Run
	err = in.InWorkspace(t.Context(), store.WholeWorkspace(in.ws.ID), func(tx *store.Tx) (err error) {
		runs, _, err = tx.FindRuns(t.Context(), store.RunFilter{Action: store.RangesSet.Slug}, nil, 10)
		return err
	})
	if err != nil || len(runs) != 1 || runs[0].OperatorID != in.owner.ID ||
		!strings.Contains(runs[0].Summary, "on the host as ") || runs[0].Input["from"] != "203.0.113.0/24" {
		t.Errorf("on record is %+v (%v)", runs, err)
	}
	err = in.InWorkspace(t.Context(), store.WholeWorkspace(other.ID), func(tx *store.Tx) error {
		ranges, err := tx.Ranges(t.Context())
		if len(ranges) != 1 {
			t.Errorf("the other workspace has the ranges %v", ranges)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
