package web

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
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
func (s *Server) postExportRuns(c echo.Context, v visitor) error {
	form, err := formOf(c)
	if err != nil {
		return err
	}
	now := s.Now()
	asked, err := askedRuns(form.Get, v, now)
	if err != nil {
		return err
	}
	// The file ends with what is there now, its own record left out.
	if asked.runs.To.IsZero() || asked.runs.To.After(now) {
		asked.runs.To = now
	}
	if asked.runs, err = s.lookUpRuns(c.Request().Context(), v, asked.runs); err != nil {
		return err
	}
	if err := s.recordRunsExport(c.Request().Context(), v, asked, now); err != nil {
		return err
	}
	name := "runs-" + v.workspace.Slug
	if v.organization.Slug != "" {
		name += "-" + v.organization.Slug
	}
	name += "-" + now.In(v.location()).Format(dayLayout) + ".csv"
	return s.sendExport(c, v, runsFile, name, runExportHeader, exportedRuns(asked.runs))
}

// exportedRuns hands out the runs in parts, latest first.
func exportedRuns(f store.RunFilter) filePart {
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
func (s *Server) lookUpRuns(ctx context.Context, v visitor, f store.RunFilter) (found store.RunFilter, err error) {
	err = s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) (err error) {
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
		r.StartedAt.UTC().Format(time.RFC3339), finished, r.Operator, r.Token, r.Action, titleOf(r.Action), organization, name, r.AccountID,
		subjectOf(r), strings.Join(input, ", "), r.Ticket, r.State, r.Summary, r.ID.String(), r.Reason, r.AfterFraud, tokenID,
	}
}

// recordRunsExport puts on record who took runs out, and how many.
func (s *Server) recordRunsExport(ctx context.Context, v visitor, a runsAsked, now time.Time) error {
	record := store.Record{Event: store.RunsExported, Input: map[string]string{}, Organization: v.organization.ID, Subject: v.organization.Name}
	for _, h := range a.words.Pairs() {
		record.Input[h.Name] = h.Value
	}
	rows, err := s.countRuns(ctx, v, a)
	if err != nil {
		return err
	}
	record.Summary = fmt.Sprintf("Export of %d runs started.", rows)
	return s.recordFile(ctx, v, record, rows)
}

// countRuns counts all runs of a filter, in parts so that no statement takes long. It
// stops with the error of mayRead as soon as they are too many.
func (s *Server) countRuns(ctx context.Context, v visitor, a runsAsked) (rows int, err error) {
	var after *store.RunMark
	for more := true; more && err == nil; more = after != nil {
		err = s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) error {
			counts, next, err := tx.CountRuns(ctx, a.runs, after)
			rows, after = rows+counts.Of(a.words.Outcome), next
			return err
		})
		if err == nil && after != nil {
			err = s.mayRead(ctx, v, rows)
		}
	}
	return rows, err
}

const runsFile = "runs.csv"
