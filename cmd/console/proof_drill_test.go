//go:build proof

package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"duodesk/internal/secret"
)

// TestProofDrill: a dump by the backup role, restored elsewhere with the roles of
// deploy/roles.sql, is whole; with another key file it is worth nothing, and the
// drill says so.
func TestProofDrill(t *testing.T) {
	dir := t.TempDir()
	dump, key, other := filepath.Join(dir, "duodesk.dump"), filepath.Join(dir, "key.json"),
		filepath.Join(dir, "other.json")
	var out bytes.Buffer
	before, err := dumpSample(t.Context(), dump, key, &out)
	if err != nil {
		t.Fatal(err)
	}
	if err := restore(t.Context(), dump, key, before, &out); err != nil {
		t.Error(err)
	}
	if err := secret.Create(other); err != nil {
		t.Fatal(err)
	}
	err = drillCommand(t.Context(), []string{"--dump", dump, "--key-file", other}, &out)
	if err == nil || !strings.Contains(err.Error(), "THE DRILL FAILED") ||
		!strings.Contains(err.Error(), "key file is not the one") {
		t.Errorf("another key file: %v", err)
	}
	before[0].Rows++
	if err := restore(t.Context(), dump, key, before, &out); err == nil {
		t.Error("a lost row was not noticed")
	}
	rows := 0
	for _, r := range before {
		rows += r.Rows
	}
	tell(t, "%d rows of %d tables dumped and restored; another key file refused", rows-1, len(before))
}
