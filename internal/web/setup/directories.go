package setup

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/run"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// keysOffered is how many pasted directory keys are offered to choose from.
const keysOffered = 6

func (s *pages) postDirectory(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	name, text := form.Get("directory_name"), form.Get("directory_key")
	bad, err := s.Setup.AddDirectory(c.Request().Context(), v.Scope, v.Actor(), v.Organization, name, text)
	if err != nil {
		return err
	}
	if len(bad) == 0 {
		return s.toDirectories(c, v)
	}
	return s.showNotAdded(c, v, name, text, site.ByField(bad))
}

// showNotAdded shows the form of a directory again. Of a text that holds several keys, it offers each.
func (s *pages) showNotAdded(c echo.Context, v site.Visitor, name, text string, faults map[string]string) error {
	page, err := s.connectionPage(c, v)
	if err != nil {
		return err
	}
	page.DirectoryName = views.Input{Value: name, Error: faults[runsetup.DirectoryNameField]}
	page.DirectoryKey = views.Input{Value: shownAgain(text), Error: faults[runsetup.DirectoryKeyField]}
	if keys := duo.FindDirectoryKeys(text); len(keys) > 1 && len(keys) <= keysOffered {
		for _, key := range keys {
			page.Keys = append(page.Keys, views.Option{Value: key, Text: key})
		}
		page.DirectoryKey = views.Input{
			Error: "This text holds several directory keys. Choose the key of this directory."}
	}
	return s.showConnection(c, v, http.StatusUnprocessableEntity, page)
}

func (s *pages) toDirectories(c echo.Context, v site.Visitor) error {
	return c.Redirect(http.StatusSeeOther, views.Connection(v.Workspace.Slug, v.Organization.Slug)+"#directories")
}

// directoryParam reads the directory that an address names.
func directoryParam(c echo.Context) (uuid.UUID, error) {
	id, err := uuid.Parse(c.Param("directory"))
	if err != nil {
		return id, store.ErrNotFound
	}
	return id, nil
}

func (s *pages) postRenameDirectory(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	id, err := directoryParam(c)
	if err != nil {
		return err
	}
	name := form.Get("name." + id.String())
	bad, err := s.Setup.RenameDirectory(c.Request().Context(), v.Scope, v.Actor(), v.Organization, id, name)
	if err != nil {
		return err
	}
	if len(bad) == 0 {
		return s.toDirectories(c, v)
	}
	page, err := s.connectionPage(c, v)
	if err != nil {
		return err
	}
	for i := range page.Directories {
		if row := &page.Directories[i]; row.ID == id.String() {
			row.Name = views.Input{Value: name, Error: bad[0].Message}
		}
	}
	return s.showConnection(c, v, http.StatusUnprocessableEntity, page)
}

func (s *pages) postPrimaryDirectory(c echo.Context, v site.Visitor) error {
	return s.actOnDirectory(c, v, s.Setup.MakePrimary)
}

func (s *pages) postRemoveDirectory(c echo.Context, v site.Visitor) error {
	return s.actOnDirectory(c, v, s.Setup.RemoveDirectory)
}

func (s *pages) actOnDirectory(c echo.Context, v site.Visitor,
	act func(context.Context, store.Scope, run.Actor, store.Organization, uuid.UUID) error) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	id, err := directoryParam(c)
	if err != nil {
		return err
	}
	if err := act(c.Request().Context(), v.Scope, v.Actor(), v.Organization, id); err != nil {
		return err
	}
	return s.toDirectories(c, v)
}
