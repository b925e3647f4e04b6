package actions

import (
	"net/url"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// TestAnInterruptedRunIsToldByAnyFormOfTheName: the name is compared as a person would.
func TestAnInterruptedRunIsToldByAnyFormOfTheName(t *testing.T) {
	t.Parallel()
	about := site.AboutUser("DU1", "Zo\u00eb\u200b")
	for name, want := range map[string]bool{"zoe\u0308": true, "ZO\u00cb": true, "zoe\ufffd": true, "zoi": false,
		"": false} {
		if got := about(store.Run{Input: map[string]string{"username": name}}); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
	if site.AboutUser("DU1", "\u200b")(store.Run{Input: map[string]string{}}) {
		t.Error("a run that names nobody is about a user whose name nobody sees")
	}
	form := aboutForm(site.Visitor{Operator: store.Operator{ID: uuid.New()}},
		sheet{action: catalog.Action{Slug: "create-user"}, values: url.Values{"username": {"Zo\u00eb"}}})
	for name, want := range map[string]bool{"zoe\u0308\u200b": true, "zoi": false} {
		if got := form(store.Run{Action: "create-user", Input: map[string]string{"username": name}}); got != want {
			t.Errorf("a form for Zoë beside a run for %q: %t", name, got)
		}
	}
}
