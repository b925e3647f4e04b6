package web

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/views"
)

func (s *Server) getRuns(c echo.Context, v visitor) error {
	asked, err := askedRuns(c.QueryParam, v, s.Now())
	if err != nil {
		return err
	}
	found, err := s.findRuns(c.Request().Context(), v, asked)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, v, place{section: "runs", tab: "runs"}, s.runsPage(v, asked, found))
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

func (s *Server) findRuns(ctx context.Context, v visitor, a runsAsked) (found foundRuns, err error) {
	err = s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) (err error) {
		filter, err := tx.LookUp(ctx, a.runs)
		if err != nil {
			return err
		}
		if found.runs, found.next, err = tx.FindRuns(ctx, filter, a.after, listRows); err != nil {
			return err
		}
		if err = tx.MarkGone(ctx, found.runs); err != nil {
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
		if v.organization.ID == uuid.Nil {
			found.organizations, _, err = tx.Organizations(ctx, store.All, "", store.EveryOrganization, 0)
		}
		return err
	})
	return found, err
}

func (s *Server) runsPage(v visitor, a runsAsked, found foundRuns) views.RunsPage {
	page := views.RunsPage{
		Workspace: v.workspace.Slug, Zone: v.location().String(), Filter: a.words, Note: a.note, Total: found.counts.Of(a.words.Outcome), More: found.more, Actions: actionOptions(),
		Outcomes: outcomeFilters(v, a.words, found), Times: timeFilters(v, a.words, s.Now()),
	}
	if v.organization.ID != uuid.Nil {
		tag := tagOf(v.organization)
		page.Organization = &tag
	}
	for _, o := range found.operators {
		page.Operators = append(page.Operators, views.Option{Value: o.ID.String(), Text: o.Email})
	}
	for _, o := range found.organizations {
		page.Organizations = append(page.Organizations, views.Option{Value: o.Slug, Text: o.Name})
	}
	page.Rows = s.runRows(v, found.runs)
	if a.after != nil {
		page.Newest = runsView(v, a.words, func(f *views.RunsFilter) { f.After = "" })
	}
	if found.next != nil {
		page.Older = runsView(v, a.words, func(f *views.RunsFilter) { f.After = markText(*found.next) })
		if len(found.runs) < listRows {
			page.SearchedTo = exactly(v, found.next.At)
		}
	}
	return page
}

// runsView is the address of the list with a change of its filter.
func runsView(v visitor, f views.RunsFilter, change func(*views.RunsFilter)) string {
	change(&f)
	return views.RunsView(v.workspace.Slug, v.organization.Slug, f)
}

func outcomeFilters(v visitor, f views.RunsFilter, found foundRuns) []views.FilterLink {
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

func timeFilters(v visitor, f views.RunsFilter, now time.Time) []views.FilterLink {
	today := now.In(v.location())
	var links []views.FilterLink
	for _, o := range []struct {
		text string
		days int
	}{{"Today", 1}, {"7 days", 7}, {"30 days", 30}} {
		from := today.AddDate(0, 0, 1-o.days).Format(dayLayout)
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

func (s *Server) runRows(v visitor, runs []store.Run) []views.RunRow {
	var rows []views.RunRow
	for _, r := range runs {
		row := views.RunRow{ID: r.ID.String(), Href: runAddress(v, r), At: s.when(v, r.StartedAt), By: r.Operator, Action: titleOf(r.Action), Subject: subjectLink(v, r),
			Outcome: outcomeChip(r.State), Summary: r.Summary, Ticket: r.Ticket}
		row.Note = outcomeNote(v, r)
		if r.OrgSlug != nil {
			row.Organization = &views.OrganizationTag{Slug: *r.OrgSlug, Name: *r.Organization, Colour: *r.OrgColour}
			if row.Subject.Text == *r.Organization {
				row.Subject = views.Link{} // it stands beside it
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// runAddress is a run's page, within the organization if the visitor is there.
func runAddress(v visitor, r store.Run) string {
	return views.Run(v.workspace.Slug, v.organization.Slug, r.ID.String())
}

// subjectLink names whom a run was about, and leads there where that is a user or
// a phone. Who was created, or named, is found by the name.
func subjectLink(v visitor, r store.Run) views.Link {
	link := views.Link{Text: catalog.Plain(subjectOf(r))}
	if r.OrgSlug == nil || r.Gone {
		return link
	}
	user, phone, number := r.Input["user_id"], r.Input["phone_id"], r.Input["number"]
	switch ws := v.workspace.Slug; {
	case user != "":
		link.Href = views.User(ws, *r.OrgSlug, user)
	case phone != "":
		link.Href = views.Phone(ws, *r.OrgSlug, phone)
	case r.State != store.Applied:
	case r.Input["username"] != "":
		link.Href = views.UsersView(ws, *r.OrgSlug, views.UsersFilter{Query: r.Input["username"]})
	case number != "" && r.Action == "create-phone":
		link.Href = views.PhonesView(ws, *r.OrgSlug, number, 0)
	}
	return link
}

func titleOf(slug string) string {
	if a, found := catalog.Lookup(slug); found {
		return a.Title
	}
	if a := catalog.ProvisionAuth(); a.Slug == slug {
		return a.Title
	}
	for _, e := range store.Events() {
		if e.Slug == slug {
			return e.Title
		}
	}
	return slug
}

func outcomeChip(state string) views.Chip {
	switch state {
	case store.Applied:
		return views.Chip{Level: "ok", Text: "Applied"}
	case store.Refused:
		return views.Chip{Level: "bad", Text: "Refused"}
	case store.Sending:
		return views.Chip{Level: "info", Text: "Sending"}
	}
	return views.Chip{Level: "warn", Text: "Unknown"}
}

// subjectOf names whom a run was about; a run that was refused early knows only
// the id it was given.
func subjectOf(r store.Run) string {
	return cmp.Or(r.Subject, r.Input["username"], r.Input["user_id"], r.Input["phone_id"], r.Input["number"], r.Input["bypass_code_id"])
}
