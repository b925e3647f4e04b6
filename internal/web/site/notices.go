package site

import (
	"context"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// Notices returns up to most notices that wait for the visitor, latest first; none unless the
// visitor is an owner.
func (s *Site) Notices(ctx context.Context, tx *store.Tx, v Visitor, most int) (n views.Notices, err error) {
	if !v.Fits(Owners) {
		return n, nil
	}
	found, total, err := tx.OpenNotices(ctx, most)
	return views.Notices{Workspace: v.Workspace.Slug, Rows: s.NoticeRows(v, found), Total: total}, err
}

// NoticeRows returns notices as rows of a list.
func (s *Site) NoticeRows(v Visitor, notices []store.Notice) (rows []views.NoticeRow) {
	for _, n := range notices {
		row := views.NoticeRow{ID: n.ID.String(), Kind: views.Chip{Level: noticeLevel(n.Kind),
			Text: run.NoticeTitle(n.Kind)},
			Text: run.NoticeText(n), Place: run.NoticePlace(n), At: s.When(v, n.At)}
		if n.Member {
			row.Member = views.Link{Text: n.Email, Href: views.Member(v.Workspace.Slug, n.OperatorID.String())}
		}
		if n.AcknowledgedAt != nil {
			row.AcknowledgedBy, row.AcknowledgedAt = catalog.Plain(n.AcknowledgedBy), s.When(v, *n.AcknowledgedAt)
		}
		rows = append(rows, row)
	}
	return rows
}

// noticeLevel is how urgent a kind of notice looks.
func noticeLevel(kind string) string {
	if kind == store.NoticeBreakGlass || kind == store.NoticeWrongCodes {
		return "bad"
	}
	return "warn"
}
