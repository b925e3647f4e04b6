package web

import (
	"duodesk/internal/store"
	"duodesk/views"
)

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
