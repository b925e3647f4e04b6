package actions

import (
	"testing"

	"duodesk/internal/duo/catalog"
)

// TestFormsEditWhatTheCatalogSays: an action that edits has a form which carries what the
// object was, and no other has.
func TestFormsEditWhatTheCatalogSays(t *testing.T) {
	t.Parallel()
	for _, a := range catalog.All() {
		if edits := looks[a.Slug].edit != nil; edits != a.Edits {
			t.Errorf("%s: its form edits: %v, the catalog: %v", a.Slug, edits, a.Edits)
		}
	}
	for slug, l := range looks {
		if _, known := catalog.Lookup(slug); !known {
			t.Errorf("%s has a look and is no action", slug)
		}
		if l.edit != nil && l.form == nil {
			t.Errorf("%s edits and has no form of its own", slug)
		}
	}
}
