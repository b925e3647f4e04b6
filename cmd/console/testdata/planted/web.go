package estate

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// getPlantedSearch is the page of the planted hole in the store.
func (s *pages) getPlantedSearch(c echo.Context, v site.Visitor) error {
	var names []string
	err := s.Store.InWorkspace(c.Request().Context(), v.Scope, func(tx *store.Tx) (err error) {
		names, err = tx.Planted(c.Request().Context(), c.QueryParam("q"))
		return err
	})
	if err != nil {
		return err
	}
	return c.HTML(http.StatusOK, "<!doctype html><title>Planted</title><p>"+
		templ.EscapeString(strings.Join(names, "<p>")))
}

// getPlantedRaw writes a name from Duo into a page as it is: what the crawl must find.
func (s *pages) getPlantedRaw(c echo.Context, v site.Visitor) error {
	users, err := s.Runner.Users(c.Request().Context(), v.Scope, v.Organization, false)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Type", "text/html; charset=utf-8")
	for _, u := range users.Items {
		if err := templ.Raw("<p>"+u.RealName).Render(c.Request().Context(), c.Response()); err != nil {
			return err
		}
	}
	return nil
}
