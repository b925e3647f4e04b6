package site

import (
	"duodesk/internal/store"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// RunRows are runs as rows of a list.
func (s *Site) RunRows(v Visitor, runs []store.Run) []views.RunRow {
	var rows []views.RunRow
	for _, r := range runs {
		row := views.RunRow{ID: r.ID.String(), Href: RunAddress(v, r), At: s.When(v, r.StartedAt), By: r.Operator, Action: words.TitleOf(r.Action), Subject: SubjectLink(v, r),
			Outcome: words.OutcomeChip(r.State), Summary: r.Summary, Ticket: r.Ticket}
		row.Note = outcomeNote(v, r)
		if r.OrgSlug != nil {
			tag := words.Tag(store.OrganizationName{Slug: *r.OrgSlug, Name: *r.Organization, Colour: *r.OrgColour, AccountID: r.TwinAccount, Twin: r.Twin})
			row.Organization = &tag
			if row.Subject.Text == *r.Organization {
				row.Subject = views.Link{} // it stands beside it
			}
		}
		rows = append(rows, row)
	}
	return rows
}
