package records

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// A part of a search that was cut short says how far it searched, and no count of a
// part passes for the whole.
func TestSearchSaysHowFarItSearched(t *testing.T) {
	t.Parallel()
	s, v := &pages{&site.Site{Config: site.Config{Now: time.Now}}},
		site.Visitor{Workspace: store.Workspace{Slug: "northwind"}}
	list := runList(v)
	asked, err := list.Ask(url.Values{"q": {"as"}})
	if err != nil {
		t.Fatal(err)
	}
	mark := &store.RunMark{At: time.Date(2026, 3, 3, 14, 2, 10, 0, time.UTC), ID: uuid.New()}
	next := store.Page[store.Run]{Next: &store.Mark{Key: mark.At.Format(time.RFC3339Nano), ID: mark.ID}}
	page := s.runsPage(v, list, asked, foundRuns{Page: next, searchedTo: mark,
		counts: store.RunCounts{Total: 7, Applied: 7}, more: true})
	if said := strings.Join(page.Table.Notes, " "); !strings.Contains(said, "3 Mar 2026, 14:02:10 UTC") || !page.More ||
		page.Table.Next.Href == "" || page.Table.More.Href != page.Table.Next.Href ||
		page.Table.Empty.Headline != "No run matches so far" {
		t.Errorf("%+v", page)
	}
	for _, link := range page.Table.Choices[0].Links {
		if link.Count != -1 {
			t.Errorf("%s is counted as %d", link.Text, link.Count)
		}
	}
	page = s.runsPage(v, runList(v), asked, foundRuns{counts: store.RunCounts{Total: 7, Applied: 7}})
	if len(page.Table.Notes) != 0 || page.Table.Next.Href != "" || page.Table.Choices[0].Links[0].Count != 7 {
		t.Errorf("%+v", page)
	}
}
