package records

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
)

// runExportRows is how many runs are read at a time: no list is held whole, and no
// transaction lasts as long as a slow browser.
const runExportRows = 1000

var runExportHeader = []string{
	"started_at", "finished_at", "operator", "access_token", "action", "action_title", "organization", "organization_name", "duo_account_id",
	"subject", "input", "ticket", "outcome", "summary", "run_id", "reason", "after_fraud", "access_token_id",
}

// postExportRuns sends the filtered runs as a file. That somebody took them is a
// record of its own, written before.
func (s *pages) postExportRuns(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	now := s.Now()
	asked, err := site.AskedRuns(form.Get, v, now)
	if err != nil {
		return err
	}
	// The file ends with what is there now, its own record left out.
	if asked.Runs.To.IsZero() || asked.Runs.To.After(now) {
		asked.Runs.To = now
	}
	if asked.Runs, err = s.lookUpRuns(c.Request().Context(), v, asked.Runs); err != nil {
		return err
	}
	if err := s.recordRunsExport(c.Request().Context(), v, asked, now); err != nil {
		return err
	}
	name := "runs-" + v.Workspace.Slug
	if v.Organization.Slug != "" {
		name += "-" + v.Organization.Slug
	}
	name += "-" + now.In(v.Location()).Format(site.DayLayout) + ".csv"
	return s.SendExport(c, v, runsFile, name, runExportHeader, exportedRuns(asked.Runs))
}

// exportedRuns hands out the runs in parts, latest first.
func exportedRuns(f store.RunFilter) site.FilePart {
	var after *store.RunMark
	return func(ctx context.Context, tx *store.Tx) (rows [][]string, last bool, err error) {
		runs, next, err := tx.FindRuns(ctx, f, after, runExportRows)
		for _, r := range runs {
			rows = append(rows, runExportRow(r))
		}
		after = next
		return rows, next == nil, err
	}
}

// lookUpRuns asks the index for a filter's words, for all that follows.
func (s *pages) lookUpRuns(ctx context.Context, v site.Visitor, f store.RunFilter) (found store.RunFilter, err error) {
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		found, err = tx.LookUp(ctx, f)
		return err
	})
	return found, err
}

func runExportRow(r store.Run) []string {
	finished, organization, name := "", "", ""
	if r.FinishedAt != nil {
		finished = r.FinishedAt.UTC().Format(time.RFC3339)
	}
	if r.OrgSlug != nil {
		organization, name = *r.OrgSlug, *r.Organization
	}
	tokenID := ""
	if r.TokenID != nil {
		tokenID = r.TokenID.String()
	}
	var input []string
	for _, key := range slices.Sorted(maps.Keys(r.Input)) {
		input = append(input, key+"="+r.Input[key])
	}
	return []string{
		r.StartedAt.UTC().Format(time.RFC3339), finished, r.Operator, r.Token, r.Action, words.TitleOf(r.Action), organization, name, r.AccountID,
		words.SubjectOf(r), strings.Join(input, ", "), r.Ticket, r.State, r.Summary, r.ID.String(), r.Reason, r.AfterFraud, tokenID,
	}
}

// recordRunsExport puts on record who took runs out, and how many.
func (s *pages) recordRunsExport(ctx context.Context, v site.Visitor, a site.RunsAsked, now time.Time) error {
	record := store.Record{Event: store.RunsExported, Input: map[string]string{}, Organization: v.Organization.ID, Subject: v.Organization.Name}
	for _, h := range a.Words.Pairs() {
		record.Input[h.Name] = h.Value
	}
	rows, err := s.countRuns(ctx, v, a)
	if err != nil {
		return err
	}
	record.Summary = fmt.Sprintf("Export of %d runs started.", rows)
	return s.RecordFile(ctx, v, record, rows)
}

// countRuns counts all runs of a filter, in parts so that no statement takes long. It
// stops with the error of MayRead as soon as they are too many.
func (s *pages) countRuns(ctx context.Context, v site.Visitor, a site.RunsAsked) (rows int, err error) {
	var after *store.RunMark
	for more := true; more && err == nil; more = after != nil {
		err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
			counts, next, err := tx.CountRuns(ctx, a.Runs, after)
			rows, after = rows+counts.Of(a.Words.Outcome), next
			return err
		})
		if err == nil && after != nil {
			err = s.MayRead(ctx, v, rows)
		}
	}
	return rows, err
}

const runsFile = "runs.csv"
