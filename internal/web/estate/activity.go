package estate

import (
	"context"
	"slices"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/estate"
)

// What our record says of a person, beside what Duo says.

// recentRuns is how many runs a person's page shows.
const recentRuns = 5

// mostMakers is how many of a person's runs are searched for who made a code. Duo keeps
// at most 100 codes.
const mostMakers = 100

// fromRecord adds to a person's page what the record knows: how the person was verified,
// who made the codes, and what was done.
func (s *pages) fromRecord(ctx context.Context, v site.Visitor, page *estate.UserPage, codes []duo.BypassCode) error {
	var verified, called *store.Run
	var makers, recent []store.Run
	o := v.Organization
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		since := s.Now().Add(-shieldTime)
		latest := func(action string) (*store.Run, error) {
			r, err := tx.LatestSince(ctx, o.ID, o.AccountID, action, page.ID, since)
			if err != nil {
				return nil, site.IgnoreNotFound(err)
			}
			return &r, nil
		}
		if verified, err = latest(catalog.VerifyCaller); err != nil {
			return err
		}
		if called, err = latest(store.CalledBack.Slug); err != nil {
			return err
		}
		if len(codes) > 0 {
			if makers, err = tx.AppliedRuns(ctx, o.ID, o.AccountID, catalog.CreateBypassCodes, page.ID,
				mostMakers); err != nil {
				return err
			}
		}
		recent, err = tx.RunsOfPerson(ctx, o.ID, o.AccountID, page.ID, recentRuns)
		return err
	})
	if err != nil {
		return err
	}
	s.addShields(v, page, verified, called)
	for i, code := range codes {
		page.Codes[i].Maker = makerOf(v, code, makers)
	}
	page.Runs = s.personRows(v, recent)
	return nil
}

// makerOf names the operator who made a code, with its run; empty where the record does
// not know.
func makerOf(v site.Visitor, code duo.BypassCode, makers []store.Run) views.Link {
	for _, r := range makers {
		if slices.Contains(catalog.RecordedFacts(r.Facts).Codes, string(code.ID)) {
			return views.Link{Text: r.Operator, Href: site.RunAddress(v, r)}
		}
	}
	return views.Link{}
}

// personRows are runs as rows of a page that names person and organization already.
func (s *pages) personRows(v site.Visitor, runs []store.Run) []views.RunRow {
	rows := s.RunRows(v, runs)
	for i := range rows {
		rows[i].Organization, rows[i].Subject = nil, views.Link{}
	}
	return rows
}

// ended is when a run was closed; until then, when it was started.
func ended(r store.Run) time.Time {
	if r.FinishedAt != nil {
		return *r.FinishedAt
	}
	return r.StartedAt
}
