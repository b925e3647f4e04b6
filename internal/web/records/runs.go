package records

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/records"
)

// runList is what can be chosen of a list of runs: of the workspace's, or of the visitor's organization's. AskedRuns
// says what the filters take.
func runList(v site.Visitor) table.List {
	any := func(string) bool { return true }
	zone := v.Location().String()
	list := table.List{
		One: "run", Many: "runs", At: views.RunsOf(v.Workspace.Slug, v.Organization.Slug), Search: "Search",
		Placeholder: "Name or ticket",
		Filters: []table.Filter{
			{Name: "from", Label: "From", Control: table.Day, Valid: any},
			{Name: "to", Label: "To (" + zone + ")", Control: table.Day, Valid: any},
			{Name: "operator", Label: "By", Control: table.Select, Valid: any},
			{Name: "organization", Label: "Organization", Control: table.Text, Valid: any},
			{Name: "action", Label: "Action", Control: table.Select, Valid: any, Options: actionOptions()},
			{Name: "outcome", Label: "Filter by outcome", Valid: any,
				Options: []table.Option{{Text: "All"}, {Value: store.Applied, Text: "Applied"},
					{Value: store.Refused, Text: "Refused"}, {Value: store.Unknown, Text: "Unknown: needs a look"}}},
		},
		Sorts: []table.Sort{{Name: "when", Descending: true}}, Turns: [2]string{"Newer", "Older"},
	}
	if v.Organization.ID != uuid.Nil {
		about := table.Filter{Name: "user", Control: table.Hidden, Valid: any}
		list.Filters = append(append(list.Filters[:3:3], list.Filters[4:]...), about)
	}
	return list
}

func (s *pages) getRuns(c echo.Context, v site.Visitor) error {
	list := runList(v)
	asked, err := list.Ask(c.QueryParams())
	if err != nil {
		return err
	}
	found, err := s.findRuns(c.Request().Context(), v, asked)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "runs", Tab: "runs"}, s.runsPage(v, list, asked, found))
}

// foundRuns is one page of a list of runs, and what can be chosen from.
type foundRuns struct {
	store.Page[store.Run]
	note       string
	searchedTo *store.RunMark // how far runs were read, if that cut the page short
	counts     store.RunCounts
	more       bool // there are at least as many as counts says
	operators  []store.RunOperator
	meant      []store.Organization // that the name in the box can mean, where that is not one
}

func (s *pages) findRuns(ctx context.Context, v site.Visitor, asked table.Asked) (found foundRuns, err error) {
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		if found.meant, err = nameOrganization(ctx, tx, asked); err != nil {
			return err
		}
		var filter store.RunFilter
		if filter, found.note, err = site.AskedRuns(asked.Value, v, s.Now()); err != nil {
			return err
		}
		if filter, err = tx.LookUp(ctx, filter); err != nil {
			return err
		}
		if found.Page, found.searchedTo, err = tx.RunsPage(ctx, filter, asked.Query); err != nil {
			return err
		}
		if err = tx.MarkGone(ctx, found.Rows, catalog.DeleteUser, catalog.DeletePhone); err != nil {
			return err
		}
		if err = tx.MarkTwins(ctx, found.Rows); err != nil {
			return err
		}
		counts, further, err := tx.CountRuns(ctx, filter, nil)
		if err != nil {
			return err
		}
		found.counts, found.more = counts, further != nil
		found.operators, err = tx.RunOperators(ctx)
		return err
	})
	return found, err
}

// organizationsMeant is how many organizations are offered for a part of a name.
const organizationsMeant = 12

// nameOrganization puts the slug in the place of the name of an organization. Where a name can mean several, it returns
// them for a person to choose.
func nameOrganization(ctx context.Context, tx *store.Tx, asked table.Asked) ([]store.Organization, error) {
	typed := site.Searched(asked.Value("organization"))
	if typed == "" || typed != strings.TrimSpace(asked.Value("organization")) {
		return nil, nil // nothing, or what no name can be: AskedRuns says so
	}
	is, err := tx.HasOrganization(ctx, typed)
	if err != nil || is {
		return nil, err
	}
	meant, _, err := tx.Organizations(ctx, store.Query{Search: typed, Limit: organizationsMeant})
	if err == nil && len(meant.Rows) == 1 {
		asked.Set("organization", meant.Rows[0].Slug)
		return nil, nil
	}
	return meant.Rows, err
}

func (s *pages) runsPage(v site.Visitor, list table.List, asked table.Asked, found foundRuns) records.RunsPage {
	total := found.counts.Of(asked.Value("outcome"))
	list.Filters = withCounts(list.Filters, found)
	shown := table.Definition[store.Run, views.RunRow]{List: list,
		Columns: records.RunColumns(v.Workspace.Slug, v.Organization.ID == uuid.Nil),
		Row:     func(r store.Run) views.RunRow { return s.RunRows(v, []store.Run{r})[0] },
		None: views.Empty{Kind: "nothing-yet",
			Headline: "Nothing was done here yet",
			Text:     "Each change is listed here: the operator, the action, the user and the outcome."}}
	page := records.RunsPage{Workspace: v.Workspace.Slug, Org: v.Organization.Slug, Chosen: list.Pairs(asked),
		Total: total, More: found.more,
		Table: shown.Show(asked, table.Found[store.Run]{Page: found.Page, Total: total, Matching: total,
			AtLeast: found.more})}
	t := &page.Table
	t.Choices = append(t.Choices, timeChoices(v, list, asked, s.Now()))
	if len(found.meant) > 0 {
		t.Choices = append(t.Choices, meantChoices(list, asked, found.meant))
	}
	if found.note != "" {
		t.Notes = append(t.Notes, found.note)
	}
	if found.searchedTo != nil {
		t.Notes = append(t.Notes, "Searched as far as "+site.Exactly(v, found.searchedTo.At)+".")
		on := t.Next
		if asked.Before {
			on = t.Previous
		}
		t.More = views.Link{Text: "Search on", Href: on.Href}
		t.Empty = views.Empty{Kind: "no-match", Headline: "No run matches so far",
			Text: "These words are too common or too short for the index. Choose days, an operator or an action to search faster."}
	}
	return page
}

// withCounts are the filters with who can be chosen, and how many runs each outcome has.
func withCounts(filters []table.Filter, found foundRuns) []table.Filter {
	for i, f := range filters {
		switch f.Name {
		case "operator":
			filters[i].Options = []table.Option{{Text: "All operators"}}
			for _, o := range found.operators {
				filters[i].Options = append(filters[i].Options, table.Option{Value: o.ID.String(), Text: o.Email})
			}
		case "outcome":
			for j, o := range f.Options {
				if f.Options[j].Count = found.counts.Of(o.Value); found.more {
					f.Options[j].Count = -1 // of a part, which would pass for the whole
				}
			}
		}
	}
	return filters
}

func timeChoices(v site.Visitor, list table.List, asked table.Asked, now time.Time) views.Choices {
	today := now.In(v.Location())
	row := views.Choices{Label: "Filter by time"}
	for _, o := range []struct {
		text string
		days int
	}{{"Today", 1}, {"7 days", 7}, {"30 days", 30}} {
		from := today.AddDate(0, 0, 1-o.days).Format(site.DayLayout)
		row.Links = append(row.Links, views.FilterLink{Text: o.text, Count: -1,
			Current: asked.Value("from") == from && asked.Value("to") == "",
			Href:    list.Address(asked, "from", from, "to", "")})
	}
	return row
}

func meantChoices(list table.List, asked table.Asked, meant []store.Organization) views.Choices {
	row := views.Choices{Label: "Organizations with this name"}
	for _, o := range meant {
		tag := words.TagOf(o)
		row.Links = append(row.Links, views.FilterLink{Text: strings.TrimSpace(tag.Name + " " + tag.Tail), Count: -1,
			Href: list.Address(asked, "organization", o.Slug)})
	}
	return row
}

func actionOptions() []table.Option {
	all := []table.Option{{Text: "Any"}}
	for _, a := range append(catalog.All(), catalog.ProvisionAuth()) {
		all = append(all, table.Option{Value: a.Slug, Text: a.Title})
	}
	for _, e := range store.Events() {
		all = append(all, table.Option{Value: e.Slug, Text: e.Title})
	}
	return all
}
