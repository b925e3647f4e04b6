package run_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// TestDirectoriesAtOnce: of several people who add a directory of one name at once, in
// whatever case, one does.
func TestDirectoriesAtOnce(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	scope, actor := store.Within(d.Workspace.ID, d.Client.ID), d.Actor(catalog.Administrator)
	var all sync.WaitGroup
	for i, name := range []string{"ad", "AD", "Ad", "aD", "ÀD", "ád"} {
		all.Go(func() {
			bad, err := d.Setup().AddDirectory(t.Context(), scope, actor, d.Client, name,
				fmt.Sprintf("DSAAAAAAAAAAAAAAA%03d", i))
			if err != nil || len(bad) > 1 {
				t.Error(name, ": ", bad, err)
			}
		})
	}
	all.Wait()
	err := d.InWorkspace(t.Context(), scope, func(tx *store.Tx) error {
		found, err := tx.Directories(t.Context(), d.Client.ID)
		if len(found) != 1 || !strings.HasPrefix(found[0].Key, "DSAAAAAAAAAAAAAAA") {
			t.Errorf("directories: %+v", found)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
