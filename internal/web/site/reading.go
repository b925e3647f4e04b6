package site

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/views"
)

// administratorReads is how many times the workspace's limit a token of an
// administrator may read: a program that keeps a copy of every list does.
const administratorReads = 5

// readTimes is how many times the workspace's limit a visitor may read.
func (v Visitor) readTimes() int {
	if v.Token.ID != uuid.Nil && v.Role >= catalog.Administrator {
		return administratorReads
	}
	return 1
}

// CountReading puts on record that a visitor takes rows of a list out of the
// console: as a file, or by an access token. It returns a *store.TooMuchRead if
// these would be too many, and then none may leave; before Duo is asked, 0 rows
// find out whether there may be any.
func (s *Site) CountReading(ctx context.Context, v Visitor, list string, rows int) error {
	reading := store.Reading{OperatorID: v.Operator.ID, List: list, Rows: rows}
	if v.Token.ID != uuid.Nil {
		reading.TokenID, reading.Token = &v.Token.ID, v.Token.Name
	}
	if v.Organization.ID != uuid.Nil {
		reading.OrganizationID = &v.Organization.ID
	}
	err := s.Store.InWorkspace(ctx, store.WholeWorkspace(v.Workspace.ID), func(tx *store.Tx) error {
		if err := tx.CountReading(ctx, reading, v.readTimes()); err != nil || !OnlyHead(ctx) {
			return err
		}
		return errOnlyHead
	})
	if errors.Is(err, errOnlyHead) {
		return nil // there may be so many rows, and none was taken out
	}
	return err
}

// MayRead is CountReading without the counting.
func (s *Site) MayRead(ctx context.Context, v Visitor, rows int) error {
	return s.Store.InWorkspace(ctx, store.WholeWorkspace(v.Workspace.ID), func(tx *store.Tx) error {
		return tx.MayRead(ctx, v.Operator.ID, rows, v.readTimes())
	})
}

// errOnlyHead takes back what a transaction keeps of an answer's body, for a request
// that gets none.
var errOnlyHead = errors.New("web: only the headers are asked for")

func tooMuchRead(e *store.TooMuchRead) views.ErrorPage {
	return views.ErrorPage{Status: http.StatusTooManyRequests, Headline: "Too many rows exported", Text: fmt.Sprintf(
		"You have exported %d rows in 24 hours; the limit is %d. Nothing was sent. Ask an owner to raise the limit under Runs, Data exports.", e.Used, e.Limit)}
}
