package setup

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/setup"
)

func (s *pages) getArchive(c echo.Context, v site.Visitor) error {
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "overview"}, archivePage(v))
}

func archivePage(v site.Visitor) setup.ArchivePage {
	return setup.ArchivePage{Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization),
		Connection: v.Organization.Connection(),
		Connected:  run.ConnectionText(v.Organization)}
}

// postArchive ends an organization, and leads to what is left of it: its runs.
func (s *pages) postArchive(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	opened, _, err := form.Opened()
	if err != nil {
		return err
	}
	if opened != v.Organization.Connection() {
		return s.showNotArchived(c, v, form,
			"The connection has changed since you opened this page. Look at it, then type the name again.")
	}
	faults, err := s.Setup.Archive(c.Request().Context(), v.Scope, v.Actor(), v.Organization,
		form.Get(runsetup.ConfirmField))
	if changed, is := errors.AsType[*run.ConnectionChanged](err); is {
		return s.showNotArchived(c, v, form, "The connection has just changed. It is "+changed.Now+
			" now. Open this page again.")
	}
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return s.showNotArchived(c, v, form, faults[0].Message)
	}
	return c.Redirect(http.StatusSeeOther, views.With(views.Runs(v.Workspace.Slug), "organization",
		v.Organization.Slug))
}

func (s *pages) showNotArchived(c echo.Context, v site.Visitor, form site.Form, why string) error {
	page := archivePage(v)
	page.Confirm = views.Input{Value: shownAgain(form.Get(runsetup.ConfirmField)), Error: why}
	return s.Render(c, http.StatusUnprocessableEntity, v, site.Place{Tab: "overview"}, page)
}
