package site

import (
	"maps"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// SaveKeys is setup.Runner.SaveKeys for a form. It takes a second factor for it, once what was
// typed has no fault.
func (s *Site) SaveKeys(c echo.Context, v Visitor, sc store.Scope, keys setup.Keys,
	typed map[string]string) (refused *setup.Refused, cleaned map[string]string, err error) {
	ctx := c.Request().Context()
	refused, err = s.Setup.RefusedKeys(ctx, sc, v.Actor(), keys, maps.Clone(typed))
	if err == nil && refused == nil {
		err = s.Prove(c, v, catalog.Act, "Saving keys")
	}
	if err != nil {
		return nil, nil, err
	}
	return s.Setup.SaveKeys(ctx, sc, v.Actor(), keys, typed)
}
