package site

import (
	"context"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
)

// RunOf reads the run of an address.
func (s *Site) RunOf(c echo.Context, v Visitor) (r store.Run, err error) {
	id, err := uuid.Parse(c.Param("run"))
	if err != nil {
		return r, store.ErrNotFound
	}
	err = s.Store.InWorkspace(c.Request().Context(), v.Scope, func(tx *store.Tx) (err error) {
		r, err = tx.Run(c.Request().Context(), id)
		return err
	})
	return r, err
}

// Directories reads the directories of the visitor's organization.
func (s *Site) Directories(ctx context.Context, v Visitor) (found []store.Directory, err error) {
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		found, err = tx.Directories(ctx, v.Organization.ID)
		return err
	})
	return found, err
}
