package actions

import (
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
)

// TestFormsEditWhatTheCatalogSays: an action that edits has a form which carries what the
// object was, and no other has.
func TestFormsEditWhatTheCatalogSays(t *testing.T) {
	t.Parallel()
	for _, a := range catalog.All() {
		if _, edits := (&pages{&site.Site{}}).editOf(sheet{action: a}); edits != a.Edits {
			t.Errorf("%s: its form edits: %v, the catalog: %v", a.Slug, edits, a.Edits)
		}
	}
}
