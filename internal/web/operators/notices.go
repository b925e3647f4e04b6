package operators

import (
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/operators"
)

// How many notices the page lists.
const (
	openNotices = 50
	pastNotices = 200
)

func (s *pages) getNotices(c echo.Context, v site.Visitor) error {
	ctx := c.Request().Context()
	var page operators.NoticesPage
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		if page.Open, err = s.Notices(ctx, tx, v, openNotices); err != nil {
			return err
		}
		past, err := tx.PastNotices(ctx, s.Now(), pastNotices+1)
		if page.More = len(past) > pastNotices; page.More {
			past = past[:pastNotices]
		}
		page.Past = s.NoticeRows(v, past)
		return err
	})
	if err != nil {
		return err
	}
	flashes, err := s.FlashOf(ctx, c, v)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "operators", Flash: flashes}, page)
}

// postNotices acknowledges the notices that a button names. Those that were acknowledged before are no trouble.
func (s *pages) postNotices(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	named := strings.Fields(form.Get("notice"))
	if len(named) == 0 || len(named) > openNotices {
		return site.BadRequest("The form does not name the notices.")
	}
	var ids []uuid.UUID
	for _, text := range named {
		id, err := uuid.Parse(text)
		if err != nil {
			return site.BadRequest("The form names something that is not a notice.")
		}
		ids = append(ids, id)
	}
	record, err := s.Members.Acknowledge(c.Request().Context(), v.Scope, v.Actor(), ids)
	if err != nil {
		return err
	}
	back := views.NoticesOf(v.Workspace.Slug)
	if record != uuid.Nil {
		back = views.With(back, "run", record.String())
	}
	return c.Redirect(http.StatusSeeOther, back)
}
