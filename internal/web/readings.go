package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/views"
)

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
