package setup

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/setup"
)

// driftRows lists what Duo changed about mapped accounts, to be settled above
// the mapping.
func driftRows(drifted []store.Drifted) []setup.DriftRow {
	var rows []setup.DriftRow
	for _, d := range drifted {
		rows = append(rows, setup.DriftRow{
			OrganizationTag: views.OrganizationTag{Slug: d.Slug, Name: d.Name, Colour: d.Colour},
			AccountID:       d.AccountID, AccountName: catalog.Plain(d.AccountName), NameNow: catalog.Plain(d.NameNow),
			Gone: d.Gone, NoHost: d.NoHost,
		})
	}
	return rows
}

// postRepair settles one of them: the form says what the person saw, so that
// nothing is decided about what Duo changed since.
func (s *pages) postRepair(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	slug := v.Organization.Slug
	err = s.Setup.Repair(c.Request().Context(), v.Scope, v.Actor(), v.Organization, form.Get("repair"),
		form.Get("account_id."+slug), form.Get("name_now."+slug))
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Mapping(v.Workspace.Slug))
}
