package web

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
	"duodesk/views"
)

func (s *Server) getOperators(c echo.Context, v visitor) error {
	ctx, n := c.Request().Context(), pageOf(c)
	page := views.OperatorsPage{Workspace: v.workspace.Slug, Query: query(c)}
	var members []store.Member
	var waiting []store.Invitation
	var total, matching int
	err := s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) (err error) {
		if waiting, err = tx.Invitations(ctx, s.Now()); err != nil {
			return err
		}
		members, total, matching, err = tx.Members(ctx, page.Query, listRows, (n-1)*listRows)
		return err
	})
	if err != nil {
		return err
	}
	for _, m := range members {
		page.Rows = append(page.Rows, s.operatorRow(v, m))
	}
	for _, i := range waiting {
		page.Waiting = append(page.Waiting, views.InvitationRow{ID: i.ID.String(), RunID: uuid.NewString(), Email: i.Email, Role: i.Role,
			Reach: reachOf(i.Grant(), i.Names), By: i.Inviter, Until: s.when(v, i.ExpiresAt)})
	}
	page.Search = total >= searchFrom || page.Query != ""
	page.Pager = pagerOf(n, listRows, matching, "operators", func(p int) string { return views.OperatorsView(v.workspace.Slug, page.Query, p) })
	flashes, err := s.flashOf(ctx, c, v)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, v, place{section: "operators", flash: flashes}, page)
}

func (s *Server) operatorRow(v visitor, m store.Member) views.OperatorRow {
	row := views.OperatorRow{ID: m.OperatorID.String(), Email: m.Email, Role: m.Role, Reach: reachOf(m.Grant(), m.Names), State: memberState(m), You: m.OperatorID == v.operator.ID}
	if m.SeenAt != nil {
		row.Seen = s.when(v, *m.SeenAt)
	}
	return row
}

func memberState(m store.Member) views.Chip {
	if m.DisabledAt != nil {
		return views.Chip{Level: "idle", Text: "Disabled"}
	}
	return views.Chip{Level: "ok", Text: "Active"}
}

// memberOf finds the member of an address.
func (s *Server) memberOf(c echo.Context, v visitor) (store.Member, error) {
	id, err := uuid.Parse(c.Param("operator"))
	if err != nil {
		return store.Member{}, store.ErrNotFound
	}
	var found store.Member
	err = s.Store.InWorkspace(c.Request().Context(), v.scope, func(tx *store.Tx) (err error) {
		found, err = tx.Member(c.Request().Context(), id)
		return err
	})
	return found, err
}
