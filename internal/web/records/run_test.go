package records

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// A part of a search that was cut short says how far it searched, and no count of a
// part passes for the whole.
func TestSearchSaysHowFarItSearched(t *testing.T) {
	t.Parallel()
	s, v := &pages{&site.Site{Config: site.Config{Now: time.Now}}}, site.Visitor{Workspace: store.Workspace{Slug: "northwind"}}
	asked := site.RunsAsked{Words: views.RunsFilter{Query: "as"}}
	mark := &store.RunMark{At: time.Date(2026, 3, 3, 14, 2, 10, 0, time.UTC), ID: uuid.New()}
	page := s.runsPage(v, asked, foundRuns{next: mark, counts: store.RunCounts{Total: 7, Applied: 7}, more: true})
	if page.SearchedTo != "3 Mar 2026, 14:02:10 UTC" || !strings.Contains(page.Older, site.MarkText(*mark)) || !page.More {
		t.Errorf("%+v", page)
	}
	for _, link := range page.Outcomes {
		if link.Count != -1 {
			t.Errorf("%s is counted as %d", link.Text, link.Count)
		}
	}
	page = s.runsPage(v, asked, foundRuns{counts: store.RunCounts{Total: 7, Applied: 7}})
	if page.SearchedTo != "" || page.Older != "" || page.Outcomes[0].Count != 7 {
		t.Errorf("%+v", page)
	}
}
