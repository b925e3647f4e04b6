package site

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// FilePart hands out the next rows of a file, perhaps none, and says whether they are
// the last.
type FilePart func(context.Context, *store.Tx) (rows [][]string, last bool, err error)

// RecordFile puts on record that a visitor takes a file of so many rows. A visitor
// whose membership has ended meanwhile, or who would take more than the owners
// allow, of rows or of large files, takes nothing. The rows are counted as they are sent.
func (s *Site) RecordFile(ctx context.Context, v Visitor, record store.Record, rows int) error {
	record.Operator, record.At = v.Operator.ID, s.Now()
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		_, err := run.May(ctx, tx, v.Actor(), v.Policy.Role)
		return err
	})
	if err == nil {
		err = s.MayRead(ctx, v, rows)
	}
	if err != nil {
		return err
	}
	// A record about no organization belongs to the whole workspace: in a part of it
	// row-level security lets nobody write one, and a member who sees a part may
	// export that part.
	scope := v.Scope
	if record.Organization == uuid.Nil {
		scope = store.WholeWorkspace(v.Workspace.ID)
	}
	err = s.Store.InWorkspace(ctx, scope, func(tx *store.Tx) error {
		if err := useFile(ctx, tx, v, record.Organization == uuid.Nil, rows, record.At); err != nil {
			return err
		}
		return tx.Record(ctx, record)
	})
	s.Runner.NoteQuota(ctx, v.Workspace.ID, v.Actor(), store.Record{Organization: record.Organization}, err)
	return err
}

// SendExport is SendCSV for a list of the console's own. Each part is read in a transaction of
// its own under the rights of that moment, and counted before it is sent. A session
// or a membership that ends, or a limit that is reached, cuts the file off.
func (s *Site) SendExport(c echo.Context, v Visitor, file, name string, header []string, part FilePart) error {
	leave, ok := s.Streams.Enter(v.Operator.ID)
	if !ok {
		return echo.NewHTTPError(http.StatusTooManyRequests)
	}
	defer leave()
	last := false
	return s.SendCSV(c, name, header, func(ctx context.Context) (rows [][]string, err error) {
		for len(rows) == 0 && !last {
			if !s.Sessions.Lives(c.Request(), v.Workspace.ID) {
				return nil, errSignedOut
			}
			err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
				if _, err = run.May(ctx, tx, v.Actor(), v.Policy.Role); err == nil {
					rows, last, err = part(ctx, tx)
				}
				return err
			})
			if err != nil {
				return nil, err
			}
		}
		if len(rows) > 0 {
			err = s.CountReading(ctx, v, file, len(rows))
		}
		return rows, err
	})
}

// ExportOf makes the row of an organization in a file. accounts are by their id.
func ExportOf(o store.Organization, accounts map[string]store.Account) []string {
	account, state := o.AccountID, "not mapped"
	if a, listed := accounts[o.AccountID]; listed {
		account = setup.AccountText(a)
	}
	switch {
	case o.Failing:
		state = "failing"
	case o.Mapped():
		state = "mapped"
	}
	return []string{
		o.Name, strings.Join(o.Aliases, " | "), strings.Join(o.Tags, " | "), o.TimeZone, setup.Colours[o.Colour-1],
		account, o.DirectoryKey, o.Slug, state,
	}
}
