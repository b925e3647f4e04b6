package words

import (
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/views"
)

// TestRolesHaveOneTitle: pages name a role as refusals do.
func TestRolesHaveOneTitle(t *testing.T) {
	for r := catalog.Auditor; r <= catalog.Owner; r++ {
		if got := views.RoleTitle(r.String()); got != r.Title() {
			t.Errorf("%v is called %q on pages, and %q elsewhere", r, got, r.Title())
		}
	}
}
