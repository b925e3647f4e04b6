package records

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/records"
)

func (s *pages) getRuns(c echo.Context, v site.Visitor) error {
	asked, err := site.AskedRuns(c.QueryParam, v, s.Now())
	if err != nil {
		return err
	}
	found, err := s.findRuns(c.Request().Context(), v, asked)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "runs", Tab: "runs"}, s.runsPage(v, asked, found))
}

// foundRuns is one part of a list of runs, and what can be chosen from.
type foundRuns struct {
	runs          []store.Run
	next          *store.RunMark // where older ones begin; nil: there are none
	counts        store.RunCounts
	more          bool // there are at least as many as counts says
	operators     []store.RunOperator
	organizations []store.Organization
}

func (s *pages) findRuns(ctx context.Context, v site.Visitor, a site.RunsAsked) (found foundRuns, err error) {
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		filter, err := tx.LookUp(ctx, a.Runs)
		if err != nil {
			return err
		}
		if found.runs, found.next, err = tx.FindRuns(ctx, filter, a.After, site.ListRows); err != nil {
			return err
		}
		if err = tx.MarkGone(ctx, found.runs, catalog.DeleteUser, catalog.DeletePhone); err != nil {
			return err
		}
		counts, further, err := tx.CountRuns(ctx, filter, nil)
		if err != nil {
			return err
		}
		found.counts, found.more = counts, further != nil
		if found.operators, err = tx.RunOperators(ctx); err != nil {
			return err
		}
		if v.Organization.ID == uuid.Nil {
			found.organizations, _, err = tx.Organizations(ctx, store.All, "", store.EveryOrganization, 0)
		}
		return err
	})
	return found, err
}

func (s *pages) runsPage(v site.Visitor, a site.RunsAsked, found foundRuns) records.RunsPage {
	page := records.RunsPage{
		Workspace: v.Workspace.Slug, Zone: v.Location().String(), Filter: a.Words, Note: a.Note, Total: found.counts.Of(a.Words.Outcome), More: found.more, Actions: actionOptions(),
		Outcomes: outcomeFilters(v, a.Words, found), Times: timeFilters(v, a.Words, s.Now()),
	}
	if v.Organization.ID != uuid.Nil {
		tag := words.TagOf(v.Organization)
		page.Organization = &tag
	}
	for _, o := range found.operators {
		page.Operators = append(page.Operators, views.Option{Value: o.ID.String(), Text: o.Email})
	}
	for _, o := range found.organizations {
		page.Organizations = append(page.Organizations, views.Option{Value: o.Slug, Text: o.Name})
	}
	page.Rows = s.RunRows(v, found.runs)
	if a.After != nil {
		page.Newest = runsView(v, a.Words, func(f *views.RunsFilter) { f.After = "" })
	}
	if found.next != nil {
		page.Older = runsView(v, a.Words, func(f *views.RunsFilter) { f.After = site.MarkText(*found.next) })
		if len(found.runs) < site.ListRows {
			page.SearchedTo = site.Exactly(v, found.next.At)
		}
	}
	return page
}

// runsView is the address of the list with a change of its filter.
func runsView(v site.Visitor, f views.RunsFilter, change func(*views.RunsFilter)) string {
	change(&f)
	return views.RunsView(v.Workspace.Slug, v.Organization.Slug, f)
}

func outcomeFilters(v site.Visitor, f views.RunsFilter, found foundRuns) []views.FilterLink {
	var links []views.FilterLink
	for _, o := range []views.Option{{Text: "All"}, {Value: store.Applied, Text: "Applied"}, {Value: store.Refused, Text: "Refused"}, {Value: store.Unknown, Text: "Unknown: needs a look"}} {
		count := found.counts.Of(o.Value)
		if found.more {
			count = -1 // of a part, which would pass for the whole
		}
		links = append(links, views.FilterLink{Text: o.Text, Count: count, Current: f.Outcome == o.Value,
			Href: runsView(v, f, func(f *views.RunsFilter) { f.Outcome, f.After = o.Value, "" })})
	}
	return links
}

func timeFilters(v site.Visitor, f views.RunsFilter, now time.Time) []views.FilterLink {
	today := now.In(v.Location())
	var links []views.FilterLink
	for _, o := range []struct {
		text string
		days int
	}{{"Today", 1}, {"7 days", 7}, {"30 days", 30}} {
		from := today.AddDate(0, 0, 1-o.days).Format(site.DayLayout)
		links = append(links, views.FilterLink{Text: o.text, Count: -1, Current: f.From == from && f.To == "",
			Href: runsView(v, f, func(f *views.RunsFilter) { f.From, f.To, f.After = from, "", "" })})
	}
	return links
}

func actionOptions() []views.Option {
	var all []views.Option
	for _, a := range append(catalog.All(), catalog.ProvisionAuth()) {
		all = append(all, views.Option{Value: a.Slug, Text: a.Title})
	}
	for _, e := range store.Events() {
		all = append(all, views.Option{Value: e.Slug, Text: e.Title})
	}
	return all
}
