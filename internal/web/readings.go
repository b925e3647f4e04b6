package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/views"
)

// administratorReads is how many times the workspace's limit a token of an
// administrator may read: a program that keeps a copy of every list does.
const administratorReads = 5

// countReading puts on record that a visitor takes rows of a list out of the
// console: as a file, or by an access token. It returns a *store.TooMuchRead if
// these would be too many, and then none may leave; before Duo is asked, 0 rows
// find out whether there may be any.
func (s *Server) countReading(ctx context.Context, v visitor, list string, rows int) error {
	reading := store.Reading{OperatorID: v.operator.ID, List: list, Rows: rows}
	if v.token.ID != uuid.Nil {
		reading.TokenID, reading.Token = &v.token.ID, v.token.Name
	}
	if v.organization.ID != uuid.Nil {
		reading.OrganizationID = &v.organization.ID
	}
	err := s.Store.InWorkspace(ctx, store.WholeWorkspace(v.workspace.ID), func(tx *store.Tx) error {
		if err := tx.CountReading(ctx, reading, v.readTimes()); err != nil || !onlyHead(ctx) {
			return err
		}
		return errOnlyHead
	})
	if errors.Is(err, errOnlyHead) {
		return nil // there may be so many rows, and none was taken out
	}
	return err
}

// mayRead is countReading without the counting.
func (s *Server) mayRead(ctx context.Context, v visitor, rows int) error {
	return s.Store.InWorkspace(ctx, store.WholeWorkspace(v.workspace.ID), func(tx *store.Tx) error {
		return tx.MayRead(ctx, v.operator.ID, rows, v.readTimes())
	})
}

// readTimes is how many times the workspace's limit a visitor may read.
func (v visitor) readTimes() int {
	if v.token.ID != uuid.Nil && v.role >= catalog.Administrator {
		return administratorReads
	}
	return 1
}

// errOnlyHead takes back what a transaction keeps of an answer's body, for a request
// that gets none.
var errOnlyHead = errors.New("web: only the headers are asked for")

func tooMuchRead(e *store.TooMuchRead) views.ErrorPage {
	return views.ErrorPage{Status: http.StatusTooManyRequests, Headline: "Too many rows taken out", Text: fmt.Sprintf(
		"You have taken out %d rows within 24 hours; the limit is %d. Nothing was sent. Ask an owner to raise the limit under Runs, Data taken out.", e.Used, e.Limit)}
}

func (s *Server) getReadings(c echo.Context, v visitor) error {
	return s.showReadings(c, v, http.StatusOK, views.Input{})
}

func (s *Server) showReadings(c echo.Context, v visitor, status int, limit views.Input) error {
	var after *store.RunMark
	if text := c.QueryParam("after"); text != "" {
		mark, err := parseMark(text)
		if err != nil {
			return err
		}
		after = mark
	}
	var found []store.Reading
	var most int
	err := s.Store.InWorkspace(c.Request().Context(), v.scope, func(tx *store.Tx) (err error) {
		if found, err = tx.Readings(c.Request().Context(), after, listRows+1); err == nil {
			most, err = tx.RowsADay(c.Request().Context())
		}
		return err
	})
	if err != nil {
		return err
	}
	page := views.ReadingsPage{Workspace: v.workspace.Slug, Limit: limit, MayChange: v.role >= catalog.Owner}
	if page.Limit.Error == "" {
		page.Limit.Value = strconv.Itoa(most)
	}
	shown := found[:min(len(found), listRows)]
	for _, r := range shown {
		page.Rows = append(page.Rows, s.readingRow(v, r))
	}
	if after != nil {
		page.Newest = views.Readings(v.workspace.Slug)
	}
	if len(found) > listRows {
		last := shown[len(shown)-1]
		page.Older = views.ReadingsAfter(v.workspace.Slug, markText(store.RunMark{At: last.Hour, ID: last.ID}))
	}
	return s.render(c, status, v, place{section: "runs"}, page)
}

func (s *Server) readingRow(v visitor, r store.Reading) views.ReadingRow {
	row := views.ReadingRow{Hour: s.when(v, r.Hour), By: r.Operator, Token: r.Token, List: r.List, Rows: r.Rows}
	if r.Organization != nil {
		row.Organization = &views.OrganizationTag{Name: *r.Organization, Slug: *r.OrgSlug, Colour: *r.OrgColour}
	}
	return row
}

// postReadingLimit changes how many rows an operator may take out within 24 hours.
func (s *Server) postReadingLimit(c echo.Context, v visitor) error {
	form, err := formOf(c)
	if err != nil {
		return err
	}
	typed := form.Get("limit")
	limit, err := strconv.Atoi(typed)
	if err != nil || limit < store.LeastRowsADay || limit > store.MostRowsADay {
		fault := fmt.Sprintf("Enter a whole number from %d to %d.", store.LeastRowsADay, store.MostRowsADay)
		return s.showReadings(c, v, http.StatusUnprocessableEntity, views.Input{Value: typed, Error: fault})
	}
	if err := s.Runner.SetRowsADay(c.Request().Context(), v.scope, v.actor(), limit); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Readings(v.workspace.Slug))
}
