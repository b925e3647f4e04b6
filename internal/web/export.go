package web

import (
	"context"
	"fmt"
	"net/http"
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
		return exportOf(found, accounts), len(found) < exportRows, err
	}
	if err := s.recordExport(c.Request().Context(), v, filter, search); err != nil {
		return err
	}
	name := "organizations-" + v.workspace.Slug + "-" + s.Now().In(v.location()).Format(dayLayout) + ".csv"
	header := append(importColumns[:len(importColumns):len(importColumns)], slugColumn, stateColumn)
	return s.sendExport(c, v, organizationsFile, name, header, part)
}

// recordExport puts on record who took the list out, and how much of it. It is
// about the workspace, whatever part of it the visitor sees.
func (s *Server) recordExport(ctx context.Context, v visitor, filter store.Filter, search string) error {
	record := store.Record{Event: store.OrganizationsExported, Input: map[string]string{"filter": string(filter), "search": search}}
	rows := 0
	err := s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) error {
		_, n, err := tx.Organizations(ctx, filter, search, 0, 0)
		rows = n.Matching
		return err
	})
	if err != nil {
		return err
	}
	record.Summary = fmt.Sprintf("Export of %d organizations started.", rows)
	return s.recordFile(ctx, v, record, rows)
}

// The lists that files are counted as; see countReading.
const (
	organizationsFile = "organizations.csv"
	runsFile          = "runs.csv"
)

// recordFile puts on record that a visitor takes a file of so many rows. A visitor
// whose membership has ended meanwhile, or who would take more than the owners
// allow, takes nothing. The rows are counted as they are sent.
func (s *Server) recordFile(ctx context.Context, v visitor, record store.Record, rows int) error {
	record.Operator, record.At = v.operator.ID, s.Now()
	err := s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) error {
		_, err := tx.Hold(ctx, v.operator.ID, v.operator.Epoch)
		return err
	})
	if err == nil {
		err = s.mayRead(ctx, v, rows)
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

// filePart hands out the next rows of a file, perhaps none, and says whether they are
// the last.
type filePart func(context.Context, *store.Tx) (rows [][]string, last bool, err error)

// sendExport is sendCSV for a list of the console's own. Each part is read in a transaction of
// its own under the rights of that moment, and counted before it is sent. A session
// or a membership that ends, or a limit that is reached, cuts the file off.
func (s *Server) sendExport(c echo.Context, v visitor, file, name string, header []string, part filePart) error {
	leave, ok := s.streams.enter(v.operator.ID)
	if !ok {
		return echo.NewHTTPError(http.StatusTooManyRequests)
	}
	defer leave()
	last := false
	return s.sendCSV(c, name, header, func(ctx context.Context) (rows [][]string, err error) {
		for len(rows) == 0 && !last {
			if !s.sessions.lives(c.Request()) {
				return nil, errSignedOut
			}
			err = s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) (err error) {
				if _, err = tx.Hold(ctx, v.operator.ID, v.operator.Epoch); err == nil {
					rows, last, err = part(ctx, tx)
				}
				return err
			})
			if err != nil {
				return nil, err
			}
		}
		if len(rows) > 0 {
			err = s.countReading(ctx, v, file, len(rows))
		}
		return rows, err
	})
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
