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
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// runExportRows is how many runs are read at a time: no list is held whole, and no
// transaction lasts as long as a slow browser.
const runExportRows = 1000

var runExportHeader = []string{
	"started_at", "finished_at", "operator", "access_token", "action", "action_title", "organization",
	"organization_name", "duo_account_id",
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
	list := runList(v)
	asked, err := list.Ask(form.Values)
	if err != nil {
		return err
	}
	filter, err := s.exportedFilter(c.Request().Context(), v, asked, now)
	if err != nil {
		return err
	}
	if err := s.recordRunsExport(c.Request().Context(), v, list.Pairs(asked), filter); err != nil {
		return err
	}
	name := "runs-" + v.Workspace.Slug
	if v.Organization.Slug != "" {
		name += "-" + v.Organization.Slug
	}
	name += "-" + now.In(v.Location()).Format(site.DayLayout) + ".csv"
	return s.SendExport(c, v, runsFile, name, runExportHeader,
		table.Parts(asked.Query, pageOfRuns(filter), runExportRow))
}

// exportedFilter is what is asked for, up to now: the file's own record is left out. The index is asked for its words
// once, for all parts.
func (s *pages) exportedFilter(ctx context.Context, v site.Visitor, asked table.Asked,
	now time.Time) (f store.RunFilter, err error) {
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		meant, err := nameOrganization(ctx, tx, asked)
		if err == nil && len(meant) > 0 {
			err = site.BadRequest("Several organizations have this name. Choose an organization in the list first.")
		}
		if err != nil {
			return err
		}
		if f, _, err = site.AskedRuns(asked.Value, v, now); err != nil {
			return err
		}
		if f.To.IsZero() || f.To.After(now) {
			f.To = now
		}
		f, err = tx.LookUp(ctx, f)
		return err
	})
	return f, err
}

func pageOfRuns(f store.RunFilter) func(context.Context, *store.Tx, store.Query) (store.Page[store.Run], error) {
	return func(ctx context.Context, tx *store.Tx, q store.Query) (store.Page[store.Run], error) {
		q.Limit = runExportRows
		found, _, err := tx.RunsPage(ctx, f, q)
		return found, err
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
		r.StartedAt.UTC().Format(time.RFC3339), finished, r.Operator, r.Token, r.Action, words.TitleOf(r.Action),
		organization, name, r.AccountID,
		words.SubjectOf(r), strings.Join(input, ", "), r.Ticket, r.State, r.Summary, r.ID.String(), r.Reason,
		r.AfterFraud, tokenID,
	}
}

// recordRunsExport puts on record who took runs out, and how many.
func (s *pages) recordRunsExport(ctx context.Context, v site.Visitor, chosen []views.Hidden, f store.RunFilter) error {
	record := store.Record{Event: store.RunsExported, Input: map[string]string{}, Organization: v.Organization.ID,
		Subject: v.Organization.Name}
	for _, h := range chosen {
		record.Input[h.Name] = h.Value
	}
	rows, err := s.countRuns(ctx, v, f)
	if err != nil {
		return err
	}
	record.Summary = fmt.Sprintf("Export of %d runs started.", rows)
	return s.RecordFile(ctx, v, record, rows)
}

// countRuns counts all runs of a filter, in parts so that no statement takes long. It
// stops with the error of MayRead as soon as they are too many.
func (s *pages) countRuns(ctx context.Context, v site.Visitor, f store.RunFilter) (rows int, err error) {
	var after *store.RunMark
	for more := true; more && err == nil; more = after != nil {
		err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
			counts, next, err := tx.CountRuns(ctx, f, after)
			rows, after = rows+counts.Of(f.State), next
			return err
		})
		if err == nil && after != nil {
			err = s.MayRead(ctx, v, rows)
		}
	}
	return rows, err
}

const runsFile = "runs.csv"
