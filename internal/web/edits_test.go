package web

import (
	"testing"

	"duodesk/internal/duo/catalog"
)

// TestFormsEditWhatTheCatalogSays: an action that edits has a form which carries what the
// object was, and no other has.
func TestFormsEditWhatTheCatalogSays(t *testing.T) {
	t.Parallel()
	for _, a := range catalog.All() {
		if _, edits := (&Server{}).editOf(sheet{action: a}); edits != a.Edits {
			t.Errorf("%s: its form edits: %v, the catalog: %v", a.Slug, edits, a.Edits)
		}
	}
}
