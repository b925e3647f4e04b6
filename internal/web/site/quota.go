package site

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// QuotaText says why something was not done, and until when it is not.
func (s *Site) QuotaText(v Visitor, over *run.OverQuota) string {
	text := fmt.Sprintf("Nothing was done in Duo: in the %s role, your quota of %s is %d in %s, and you have used %d.",
		over.Role.Title(), over.Quota.Counts, over.Most, catalog.Duration(over.Quota.Window), over.Used)
	if over.Wanted > 1 {
		text += fmt.Sprintf(" This needs %d.", over.Wanted)
	}
	switch {
	case len(over.Makers) > 0:
		text += fmt.Sprintf(" An Administrator or Owner who did not work on these steps can approve them now: anyone but %s.",
			catalog.Listed(over.Makers, MostAsked))
		if !over.Until.IsZero() {
			text += " You can approve them at " + s.quotaUntil(v, over) + "."
		}
		return text
	case over.Until.IsZero():
		text += " Do less at once."
	default:
		text += " Try again at " + s.quotaUntil(v, over) + "."
	}
	return text + " Owners change quotas under Runs, Quotas."
}

// quotaUntil is when something fits into a quota again. A clock time without seconds is rounded
// up: at that minute it fits. A quota of a day can end tomorrow.
func (s *Site) quotaUntil(v Visitor, over *run.OverQuota) string {
	if over.Quota.Window >= 12*time.Hour {
		return Exactly(v, over.Until)
	}
	return s.Clock(v, over.Until.Add(time.Minute-time.Nanosecond).Truncate(time.Minute))
}

func pageOverQuota(s *Site, err error, r request) (views.ErrorPage, string) {
	over, _ := errors.AsType[*run.OverQuota](err)
	page := views.ErrorPage{Headline: "Quota reached", Text: s.QuotaText(r.v, over)}
	return withHome(page, r), ""
}

// bigFile is how many rows a file has that is not a large one.
const bigFile = 500

// useFile counts a file that a visitor takes, if it is a large one, or about several
// organizations; of a *run.OverQuota NoteQuota has to be told.
func useFile(ctx context.Context, tx *store.Tx, v Visitor, several bool, rows int, at time.Time) error {
	if rows <= bigFile && !several {
		return nil
	}
	return run.Use(ctx, tx, v.Role, []catalog.Use{{Quota: catalog.FileQuota, Amount: 1}},
		store.QuotaUse{Operator: v.Operator.ID, At: at})
}

// UseFile counts a file about the visitor's organization, or of the workspace.
func (s *Site) UseFile(ctx context.Context, v Visitor, rows int) error {
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		return useFile(ctx, tx, v, v.Organization.ID == uuid.Nil, rows, s.Now())
	})
	s.Runner.NoteQuota(ctx, v.Workspace.ID, v.Actor(), store.Record{Organization: v.Organization.ID}, err)
	return err
}
