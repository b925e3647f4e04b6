package operators

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/members"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/operators"
)

// linesOf shows ranges as they are typed, one a line.
func linesOf(ranges store.Ranges) string { return strings.ReplaceAll(ranges.String(), ", ", "\n") }

func (s *pages) getRanges(c echo.Context, v site.Visitor) error {
	var now store.Ranges
	err := s.Store.InWorkspace(c.Request().Context(), v.Scope, func(tx *store.Tx) (err error) {
		now, err = tx.Ranges(c.Request().Context())
		return err
	})
	if err != nil {
		return err
	}
	return s.showRanges(c, v, http.StatusOK, views.Input{Value: linesOf(now)})
}

func (s *pages) showRanges(c echo.Context, v site.Visitor, status int, typed views.Input) error {
	flashes, err := s.FlashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	return s.Render(c, status, v, site.Place{Section: "operators", Flash: flashes}, operators.RangesPage{
		Workspace: v.Workspace.Slug, Name: v.Workspace.Name, You: c.RealIP(), Ranges: typed,
		Saved: c.QueryParam("done") == "saved"})
}

// postRanges changes from which addresses the workspace is open.
func (s *pages) postRanges(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	typed := views.Input{Value: form.Get(members.RangesField)}
	ranges, fault := members.ParseRanges(typed.Value)
	if fault == "" {
		err = s.Members.SetRanges(c.Request().Context(), v.Scope, v.Actor(), ranges)
		if refused, is := errors.AsType[*catalog.FieldError](err); is {
			fault, err = refused.Message, nil
		}
	}
	if err != nil {
		return err
	}
	if typed.Error = fault; fault != "" {
		return s.showRanges(c, v, http.StatusUnprocessableEntity, typed)
	}
	return c.Redirect(http.StatusSeeOther, views.With(views.Addresses(v.Workspace.Slug), "done", "saved"))
}
