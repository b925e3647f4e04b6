package web

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	"duodesk/internal/store"
)

// exportRows is how many organizations an export reads at a time.
const exportRows = 500

// postExport is the list of organizations as a file that can be imported: the
// part that the list shows, of what the visitor may see. It is a POST because it
// is put on record.
func (s *Server) postExport(c echo.Context, v visitor) error {
	form, err := formOf(c)
	if err != nil {
		return err
	}
	filter, search, from := store.Filter(organizationFilter(form.Get("show"))), searched(form.Get("q")), 0
	var accounts map[string]store.Account
	more := func(ctx context.Context) ([][]string, error) {
		var found []store.Organization
		err := s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) (err error) {
			if accounts == nil {
				listed, err := tx.Accounts(ctx)
				if err != nil {
					return err
				}
				accounts = map[string]store.Account{}
				for _, a := range listed {
					accounts[a.AccountID] = a
				}
			}
			found, _, err = tx.Organizations(ctx, filter, search, exportRows, from)
			return err
		})
		from += len(found)
		return exportOf(found, accounts), err
	}
	if err := s.recordExport(c.Request().Context(), v, filter, search); err != nil {
		return err
	}
	name := "organizations-" + v.workspace.Slug + "-" + s.Now().UTC().Format(dayLayout) + ".csv"
	header := append(importColumns[:len(importColumns):len(importColumns)], slugColumn, stateColumn)
	return s.sendCSV(c, name, header, more)
}

// recordExport puts on record who took the list out, and how much of it. It is
// about the workspace, whatever part of it the visitor sees.
func (s *Server) recordExport(ctx context.Context, v visitor, filter store.Filter, search string) error {
	record := store.Record{Event: store.OrganizationsExported, Input: map[string]string{"filter": string(filter), "search": search}}
	return s.recordFile(ctx, v, record, "organizations.csv", func(tx *store.Tx) (int, string, error) {
		_, n, err := tx.Organizations(ctx, filter, search, 0, 0)
		return n.Matching, fmt.Sprintf("Exported %d organizations.", n.Matching), err
	})
}

// recordFile puts on record that a visitor takes a file; count says how many rows
// of it, as the visitor sees it. Somebody whose membership has ended meanwhile, or
// who would take more than the owners allow, takes nothing.
func (s *Server) recordFile(ctx context.Context, v visitor, record store.Record, file string, count func(*store.Tx) (rows int, summary string, err error)) error {
	record.Operator, record.At = v.operator.ID, s.Now()
	rows := 0
	err := s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) (err error) {
		if _, err = tx.Hold(ctx, v.operator.ID, v.operator.Epoch); err == nil {
			rows, record.Summary, err = count(tx)
		}
		return err
	})
	if err == nil {
		err = s.countReading(ctx, v, file, rows)
	}
	if err != nil {
		return err
	}
	// A record about no organization belongs to the whole workspace: in a part of it
	// row-level security lets nobody write one, and a member who sees a part may
	// export that part.
	scope := v.scope
	if record.Organization == uuid.Nil {
		scope = store.WholeWorkspace(v.workspace.ID)
	}
	return s.Store.InWorkspace(ctx, scope, func(tx *store.Tx) error { return tx.Record(ctx, record) })
}

func exportOf(found []store.Organization, accounts map[string]store.Account) [][]string {
	var rows [][]string
	for _, o := range found {
		account, state := o.AccountID, "not mapped"
		if a, listed := accounts[o.AccountID]; listed {
			account = run.AccountText(a)
		}
		switch {
		case o.Failing:
			state = "failing"
		case o.Mapped():
			state = "mapped"
		}
		rows = append(rows, []string{
			o.Name, strings.Join(o.Aliases, " | "), strings.Join(o.Tags, " | "), o.TimeZone, run.Colours[o.Colour-1], account, o.DirectoryKey, o.Slug, state,
		})
	}
	return rows
}
