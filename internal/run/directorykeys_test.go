package run_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

func TestDirectoriesOfAnOrganization(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	scope, actor := store.Within(d.Workspace.ID, d.Client.ID), d.Actor(catalog.Administrator)
	const one, two = "DSAAAAAAAAAAAAAA1111", "DSBBBBBBBBBBBBBB2222"
	add := func(name, text string) string {
		t.Helper()
		bad, err := d.Setup().AddDirectory(t.Context(), scope, actor, d.Client, name, text)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, b := range bad {
			words = append(words, b.Field+": "+b.Message)
		}
		return strings.Join(words, " ")
	}
	list := func() (found []store.Directory) {
		t.Helper()
		if err := d.InWorkspace(t.Context(), scope, func(tx *store.Tx) (err error) {
			found, err = tx.Directories(t.Context(), d.Client.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return found
	}
	for what, c := range map[string]struct{ name, text, says string }{
		"no key": {"AD", " ", "directory_key: Paste the key"},
		"a page without one": {"AD", "Users\nExternal Directories\nDirectory Sync, Active Directory\n",
			"No directory key is in this text"},
		"two keys":                {"AD", one + "\n" + two, "This text holds 2 directory keys: " + one + ", " + two},
		"an integration key":      {"AD", d.NineFields()["admin_integration_key"], "This is an integration key"},
		"a name that is too long": {strings.Repeat("x", 61), one, "directory_name: This is longer"},
	} {
		if got := add(c.name, c.text); !strings.Contains(got, c.says) {
			t.Errorf("%s: %q", what, got)
		}
	}
	if got := add("", "https://admin-1a2b3c4d.duosecurity.com/users/directorysync/"+one+"\r\nCopy"); got != "" {
		t.Error(got)
	}
	if got := add("Entra", two); got != "" {
		t.Error(got)
	}
	if got := add("entra 2", two); !strings.Contains(got, "already has this key") {
		t.Error(got)
	}
	found := list()
	if len(found) != 2 || found[0].Name != store.FirstDirectory || found[0].Key != one || !found[0].Primary ||
		found[1].Primary {
		t.Fatalf("%+v", found)
	}
	if bad, err := d.Setup().RenameDirectory(t.Context(), scope, actor, d.Client, found[0].ID, "Entra"); err != nil ||
		len(bad) != 1 {
		t.Errorf("a name twice: %v (%v)", bad, err)
	}
	if bad, err := d.Setup().RenameDirectory(t.Context(), scope, actor, d.Client, found[0].ID,
		"Head office"); err != nil || len(bad) != 0 {
		t.Errorf("renamed: %v (%v)", bad, err)
	}
	// Names are compared as they are searched; what clashes already stays, and can be renamed.
	for _, twin := range []string{"entra", "  ENTRA\u200b", "Éntra"} {
		if got := add(twin, "DSCCCCCCCCCCCCCC3333"); !strings.Contains(got,
			"directory_name: This organization already has a directory with this name") {
			t.Errorf("%q is added beside Entra: %q", twin, got)
		}
		if bad, err := d.Setup().RenameDirectory(t.Context(), scope, actor, d.Client, found[0].ID, twin); err != nil ||
			len(bad) != 1 {
			t.Errorf("a directory beside Entra is called %q: %v (%v)", twin, bad, err)
		}
	}
	d.Exec(t, `update directory_key set name = 'ENTRA' where id = $1`, found[0].ID)
	for _, name := range []string{"entra 1", "Head office"} {
		if bad, err := d.Setup().RenameDirectory(t.Context(), scope, actor, d.Client, found[0].ID, name); err != nil ||
			len(bad) != 0 {
			t.Errorf("renamed: %v (%v)", bad, err)
		}
	}
	if bad, err := d.Setup().RenameDirectory(t.Context(), scope, actor, d.Client, found[1].ID, "Entra"); err != nil ||
		len(bad) != 0 {
		t.Errorf("renamed to what it is called: %v (%v)", bad, err)
	}
	if err := errors.Join(d.Setup().MakePrimary(t.Context(), scope, actor, d.Client, found[1].ID),
		d.Setup().RemoveDirectory(t.Context(), scope, actor, d.Client, found[0].ID)); err != nil {
		t.Fatal(err)
	}
	if left := list(); len(left) != 1 || left[0].Name != "Entra" || !left[0].Primary ||
		again(t, d, d.Client).DirectoryKey != two {
		t.Errorf("%+v", left)
	}
	if err := d.Setup().RemoveDirectory(t.Context(), scope, actor, d.Client, uuid.New()); !errors.Is(err,
		store.ErrNotFound) {
		t.Error(err)
	}
	said := latest(t, d, 5)
	for i, want := range []string{"Removed Head office, whose key ended in 1111.", "Made Entra primary.",
		"Renamed Entra to Entra.", "Renamed entra 1 to Head office.", "Renamed ENTRA to entra 1."} {
		if !strings.Contains(said[i], want) {
			t.Errorf("the record says %q, want %q", said[i], want)
		}
	}
	// The mapping's cell takes any text too, and edits the primary key.
	faults, err := d.Setup().SaveMapping(t.Context(), d.Scope(), actor, []setup.MappingRow{{Organization: d.Client.ID,
		KeepAccount: true, DirectoryKey: "Admin API Directory Key " + one + " Copy"}})
	if err != nil || len(faults) > 0 || again(t, d, d.Client).DirectoryKey != one {
		t.Errorf("%v (%v)", faults, err)
	}
}
