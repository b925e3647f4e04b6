package setup

import (
	"context"
	"fmt"

	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
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
	asked, err := organizationList(v).Ask(form.Values)
	if err != nil {
		return err
	}
	asked.Filter, asked.Limit = asked.Value("show"), exportRows
	var accounts map[string]store.Account
	part := table.Parts(asked.Query,
		func(ctx context.Context, tx *store.Tx, q store.Query) (found store.Page[store.Organization], err error) {
			if accounts == nil {
				if accounts, err = accountsByID(ctx, tx); err != nil {
					return found, err
				}
			}
			found, _, err = tx.Organizations(ctx, q)
			return found, err
		}, func(o store.Organization) []string { return site.ExportOf(o, accounts) })
	if err := s.recordExport(c.Request().Context(), v, asked); err != nil {
		return err
	}
	name := "organizations-" + v.Workspace.Slug + "-" + s.Now().In(v.Location()).Format(site.DayLayout) + ".csv"
	header := append(importColumns[:len(importColumns):len(importColumns)], slugColumn, stateColumn)
	return s.SendExport(c, v, organizationsFile, name, header, part)
}

func accountsByID(ctx context.Context, tx *store.Tx) (map[string]store.Account, error) {
	listed, err := tx.Accounts(ctx)
	accounts := map[string]store.Account{}
	for _, a := range listed {
		accounts[a.AccountID] = a
	}
	return accounts, err
}

// recordExport puts on record who took the list out, and how much of it. It is
// about the workspace, whatever part of it the visitor sees.
func (s *pages) recordExport(ctx context.Context, v site.Visitor, asked table.Asked) error {
	record := store.Record{Event: store.OrganizationsExported,
		Input: map[string]string{"filter": asked.Filter, "search": asked.Search}}
	rows := 0
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		n, err := tx.CountOrganizations(ctx, asked.Query)
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
