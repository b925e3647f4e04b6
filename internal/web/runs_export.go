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
	if err := s.recordRunsExport(c.Request().Context(), v, asked, now); err != nil {
		return err
	}
	name := "runs-" + v.workspace.Slug
	if v.organization.Slug != "" {
		name += "-" + v.organization.Slug
	}
	return s.sendCSV(c, name+"-"+now.In(v.location()).Format(dayLayout)+".csv", runExportHeader, s.exportedRuns(v, asked.runs))
}

// exportedRuns hands out the runs in parts, latest first.
func (s *Server) exportedRuns(v visitor, f store.RunFilter) func(context.Context) ([][]string, error) {
	var after *store.RunMark
	return func(ctx context.Context) (rows [][]string, err error) {
		var runs []store.Run
		err = s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) (err error) {
			runs, err = tx.FindRuns(ctx, f, after, runExportRows)
			return err
		})
		for _, r := range runs {
			rows = append(rows, runExportRow(r))
			after = &store.RunMark{At: r.StartedAt, ID: r.ID}
		}
		return rows, err
	}
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
	return s.recordFile(ctx, v, record, "runs.csv", func(tx *store.Tx) (int, string, error) {
		counts, err := tx.CountRuns(ctx, a.runs)
		n := counts.Of(a.words.Outcome)
		return n, fmt.Sprintf("Exported %d runs as a file.", n), err
	})
}
