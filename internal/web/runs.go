package web

import (
	"cmp"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/views"
)

func (s *Server) getRuns(c echo.Context, v visitor) error {
	n := pageOf(c)
	page := views.RunsPage{Workspace: v.workspace.Slug}
	var runs []store.Run
	var total int
	err := s.Store.InWorkspace(c.Request().Context(), v.scope, func(tx *store.Tx) (err error) {
		if runs, err = tx.Runs(c.Request().Context(), s.Now(), listRows, (n-1)*listRows); err != nil {
			return err
		}
		total, err = tx.CountRuns(c.Request().Context())
		return err
	})
	if err != nil {
		return err
	}
	page.Rows = s.runRows(v, runs)
	address := func(p int) string { return views.RunsView(v.workspace.Slug, p) }
	if v.organization.ID != uuid.Nil {
		tag := tagOf(v.organization)
		page.Organization = &tag
		address = func(p int) string { return views.OrganizationRunsView(v.workspace.Slug, tag.Slug, p) }
	}
	page.Pager = pagerOf(n, listRows, total, "runs", address)
	return s.render(c, http.StatusOK, v, place{section: "runs", tab: "runs"}, page)
}

func (s *Server) runRows(v visitor, runs []store.Run) []views.RunRow {
	var rows []views.RunRow
	for _, r := range runs {
		row := views.RunRow{ID: r.ID.String(), At: s.when(v, r.StartedAt), By: r.Operator, Action: titleOf(r.Action), Subject: views.Link{Text: subjectOf(r)},
			Outcome: outcomeChip(r.State), Summary: r.Summary, Ticket: r.Ticket}
		if r.State == store.Unknown {
			row.Note = "May have happened: look in Duo before you do it again."
		}
		if r.OrgSlug != nil {
			row.Organization = &views.OrganizationTag{Slug: *r.OrgSlug, Name: *r.Organization, Colour: *r.OrgColour}
			if id := r.Input["user_id"]; id != "" {
				row.Subject.Href = views.User(v.workspace.Slug, *r.OrgSlug, id)
			} else if id := r.Input["phone_id"]; id != "" {
				row.Subject.Href = views.Phone(v.workspace.Slug, *r.OrgSlug, id)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func titleOf(slug string) string {
	if a, found := catalog.Lookup(slug); found {
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
