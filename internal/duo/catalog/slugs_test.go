package catalog

import "testing"

// TestTablesBySlugNameActions: what is told apart by slug is of an action that exists, and each action says what it brings back.
func TestTablesBySlugNameActions(t *testing.T) {
	t.Parallel()
	for slug := range brings {
		if _, known := Lookup(slug); !known {
			t.Errorf("%s brings something back and is no action", slug)
		}
	}
	for slug := range readBacks {
		if _, known := Lookup(slug); !known && slug != ProvisionAuthAPI {
			t.Errorf("%s is read back and is no action", slug)
		}
	}
	for _, a := range all {
		if _, known := brings[a.Slug]; !known {
			t.Errorf("%s brings back what?", a.Slug)
		}
	}
}
