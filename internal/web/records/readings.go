package records

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/views"
	"duodesk/views/records"
)

func (s *pages) getReadings(c echo.Context, v site.Visitor) error {
	return s.showReadings(c, v, http.StatusOK, views.Input{})
}

func (s *pages) showReadings(c echo.Context, v site.Visitor, status int, limit views.Input) error {
	shown := table.Definition[store.Reading, records.ReadingRow]{
		List: table.List{One: "export", Many: "exports", At: views.Readings(v.Workspace.Slug),
			Sorts: []table.Sort{{Name: "hour", Descending: true}}, Turns: [2]string{"Newer", "Older"}},
		Columns: records.ReadingColumns, Row: func(r store.Reading) records.ReadingRow { return s.readingRow(v, r) },
		None: views.Empty{Kind: "nothing-yet", Headline: "Nothing exported yet",
			Text: "Exports and lists read by access tokens appear here."}}
	asked, err := shown.Ask(c.QueryParams())
	if err != nil {
		return err
	}
	var found store.Page[store.Reading]
	var most int
	err = s.Store.InWorkspace(c.Request().Context(), v.Scope, func(tx *store.Tx) (err error) {
		if found, err = tx.Readings(c.Request().Context(), asked.Query); err == nil {
			most, err = tx.RowsADay(c.Request().Context())
		}
		return err
	})
	if err != nil {
		return err
	}
	page := records.ReadingsPage{Workspace: v.Workspace.Slug, Most: most, Limit: limit,
		MayChange: v.Role >= catalog.Owner}
	if page.Limit.Error == "" {
		page.Limit.Value = strconv.Itoa(most)
	}
	page.Table = shown.Show(asked, table.Found[store.Reading]{Page: found})
	page.Table.Caption = ""
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
