package web

import (
	"context"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
)

// runOf reads the run of an address.
func (s *Server) runOf(c echo.Context, v visitor) (r store.Run, err error) {
	id, err := uuid.Parse(c.Param("run"))
	if err != nil {
		return r, store.ErrNotFound
	}
	err = s.Store.InWorkspace(c.Request().Context(), v.scope, func(tx *store.Tx) (err error) {
		r, err = tx.Run(c.Request().Context(), id)
		return err
	})
	return r, err
}

func (s *Server) directories(ctx context.Context, v visitor) (found []store.Directory, err error) {
	err = s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) (err error) {
		found, err = tx.Directories(ctx, v.organization.ID)
		return err
	})
	return found, err
}
