package site

import (
	"context"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// RunRows are runs as rows of a list.
func (s *Site) RunRows(v Visitor, runs []store.Run) []views.RunRow {
	var rows []views.RunRow
	for _, r := range runs {
		row := views.RunRow{ID: r.ID.String(), Href: RunAddress(v, r), At: s.When(v, r.StartedAt), By: r.Operator,
			Action: words.TitleOf(r.Action), Subject: SubjectLink(v, r),
			Outcome: words.OutcomeChip(r.State), Summary: r.Summary, Ticket: r.Ticket}
		row.Note = outcomeNote(v, r)
		if r.OrgSlug != nil {
			tag := words.Tag(store.OrganizationName{Slug: *r.OrgSlug, Name: *r.Organization, Colour: *r.OrgColour,
				AccountID: r.TwinAccount, Twin: r.Twin})
			row.Organization = &tag
			if row.Subject.Text == *r.Organization {
				row.Subject = views.Link{} // it stands beside it
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// LastActs are the latest runs of the visitor's scope that changed something or reached a person: readings and exports
// are left out, so that programs do not push acts out of sight.
func (s *Site) LastActs(ctx context.Context, tx *store.Tx, v Visitor, limit int) ([]views.RunRow, error) {
	runs, err := tx.Acts(ctx, notActs(), duo.ReadingPosts(), limit)
	if err == nil {
		err = tx.MarkGone(ctx, runs, catalog.DeleteUser, catalog.DeletePhone)
	}
	return s.RunRows(v, runs), err
}

// notActs are the actions that change nothing in Duo, and the events that change nothing here.
func notActs() []string {
	slugs := []string{store.SignedIn.Slug, store.Denied.Slug, store.QuotaReached.Slug,
		store.RunsExported.Slug, store.OrganizationsExported.Slug,
		store.IntegrationChecked.Slug, store.OwnKeysChecked.Slug}
	for _, a := range catalog.All() {
		if a.Kind == catalog.Read {
			slugs = append(slugs, a.Slug)
		}
	}
	return slugs
}
