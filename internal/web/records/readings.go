package records

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/records"
)

func (s *pages) getReadings(c echo.Context, v site.Visitor) error {
	return s.showReadings(c, v, http.StatusOK, views.Input{})
}

func (s *pages) showReadings(c echo.Context, v site.Visitor, status int, limit views.Input) error {
	var after *store.RunMark
	if text := c.QueryParam("after"); text != "" {
		mark, err := site.ParseMark(text)
		if err != nil {
			return err
		}
		after = mark
	}
	var found []store.Reading
	var most int
	err := s.Store.InWorkspace(c.Request().Context(), v.Scope, func(tx *store.Tx) (err error) {
		if found, err = tx.Readings(c.Request().Context(), after, site.ListRows+1); err == nil {
			most, err = tx.RowsADay(c.Request().Context())
		}
		return err
	})
	if err != nil {
		return err
	}
	page := records.ReadingsPage{Workspace: v.Workspace.Slug, Limit: limit, MayChange: v.Role >= catalog.Owner}
	if page.Limit.Error == "" {
		page.Limit.Value = strconv.Itoa(most)
	}
	shown := found[:min(len(found), site.ListRows)]
	for _, r := range shown {
		page.Rows = append(page.Rows, s.readingRow(v, r))
	}
	if after != nil {
		page.Newest = views.Readings(v.Workspace.Slug)
	}
	if len(found) > site.ListRows {
		last := shown[len(shown)-1]
		page.Older = views.ReadingsAfter(v.Workspace.Slug, site.MarkText(store.RunMark{At: last.Hour, ID: last.ID}))
	}
	return s.Render(c, status, v, site.Place{Section: "runs"}, page)
}

func (s *pages) readingRow(v site.Visitor, r store.Reading) records.ReadingRow {
	row := records.ReadingRow{Hour: s.When(v, r.Hour), By: r.Operator, Token: r.Token, List: r.List, Rows: r.Rows}
	if r.Organization != nil {
		row.Organization = &views.OrganizationTag{Name: *r.Organization, Slug: *r.OrgSlug, Colour: *r.OrgColour}
	}
	return row
}

// postReadingLimit changes how many rows an operator may take out within 24 hours.
func (s *pages) postReadingLimit(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	typed := form.Get("limit")
	limit, err := strconv.Atoi(typed)
	if err != nil || limit < store.LeastRowsADay || limit > store.MostRowsADay {
		fault := fmt.Sprintf("Enter a whole number from %d to %d.", store.LeastRowsADay, store.MostRowsADay)
		return s.showReadings(c, v, http.StatusUnprocessableEntity, views.Input{Value: typed, Error: fault})
	}
	if err := s.Members.SetRowsADay(c.Request().Context(), v.Scope, v.Actor(), limit); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Readings(v.Workspace.Slug))
}
