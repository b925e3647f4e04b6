package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// What decides a drill, without the tools of Postgres that make and restore the
// dump: make drill and make proof go the whole way.
func TestDrillOpensEverySecret(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	if err := store.CreateDatabase(t.Context(), db.OwnerURL, "drilled"); err != nil {
		t.Fatal(err)
	}
	elsewhere := func(url string) string { return strings.Replace(url, "/console?", "/drilled?", 1) }
	superURL, appURL := elsewhere(db.OwnerURL), elsewhere(db.AppURL)
	key, other := filepath.Join(t.TempDir(), "key.json"), filepath.Join(t.TempDir(), "key.json")
	for _, path := range []string{key, other} {
		if err := secret.Create(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := fillSample(t.Context(), superURL, appURL, key); err != nil {
		t.Fatal(err)
	}
	check := func(keyFile, fault, said string) {
		t.Helper()
		var out bytes.Buffer
		err := checkRestored(t.Context(), superURL, appURL, keyFile, &out)
		if (err == nil) != (fault == "") || err != nil && !strings.Contains(err.Error(), fault) || !strings.Contains(out.String(), said) {
			t.Errorf("expected %q and %q, got %v and %q", fault, said, err, out.String())
		}
	}
	check(key, "", "All 8 sealed values open.")
	check(other, store.ErrOtherKeyFile.Error(), "")
	check(other+".not", "is missing", "")

	db = storetest.DB{OwnerURL: superURL}
	db.Exec(t, `update integration_secret a set sealed_secret = b.sealed_secret from integration_secret b
		where a.workspace_id = b.workspace_id and a.api = 'admin' and b.api = 'accounts' and a.organization_id is null`)
	check(key, "2 sealed values do not open", "")
	check(key, "admin version 1", "")
	// A key file that the database knows, and a value of before another one's time.
	db.Exec(t, `delete from sealing_key`)
	check(other, "values sealed with the key", "")
}
