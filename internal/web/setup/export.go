package setup

import (
	"context"
	"fmt"

	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// exportRows is how many organizations an export reads at a time.
const exportRows = 500

// postExport is the list of organizations as a file that can be imported: the
// part that the list shows, of what the visitor may see. It is a POST because it
// is put on record.
func (s *pages) postExport(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	filter, search, from := store.Filter(organizationFilter(form.Get("show"))), site.Searched(form.Get("q")), 0
	var accounts map[string]store.Account
	part := func(ctx context.Context, tx *store.Tx) ([][]string, bool, error) {
		if accounts == nil {
			listed, err := tx.Accounts(ctx)
			if err != nil {
				return nil, false, err
			}
			accounts = map[string]store.Account{}
			for _, a := range listed {
				accounts[a.AccountID] = a
			}
		}
		found, _, err := tx.Organizations(ctx, filter, search, exportRows, from)
		from += len(found)
		return site.ExportOf(found, accounts), len(found) < exportRows, err
	}
	if err := s.recordExport(c.Request().Context(), v, filter, search); err != nil {
		return err
	}
	name := "organizations-" + v.Workspace.Slug + "-" + s.Now().In(v.Location()).Format(site.DayLayout) + ".csv"
	header := append(importColumns[:len(importColumns):len(importColumns)], slugColumn, stateColumn)
	return s.SendExport(c, v, organizationsFile, name, header, part)
}

// recordExport puts on record who took the list out, and how much of it. It is
// about the workspace, whatever part of it the visitor sees.
func (s *pages) recordExport(ctx context.Context, v site.Visitor, filter store.Filter, search string) error {
	record := store.Record{Event: store.OrganizationsExported, Input: map[string]string{"filter": string(filter), "search": search}}
	rows := 0
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		_, n, err := tx.Organizations(ctx, filter, search, 0, 0)
		rows = n.Matching
		return err
	})
	if err != nil {
		return err
	}
	record.Summary = fmt.Sprintf("Export of %d organizations started.", rows)
	return s.RecordFile(ctx, v, record, rows)
}

// The lists that files are counted as; see CountReading.
const (
	organizationsFile = "organizations.csv"
)
