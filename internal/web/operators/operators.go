package operators

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/operators"
)

func (s *pages) getOperators(c echo.Context, v site.Visitor) error {
	ctx, n := c.Request().Context(), site.PageOf(c)
	page := operators.OperatorsPage{Workspace: v.Workspace.Slug, Query: site.Query(c)}
	var members []store.Member
	var waiting []store.Invitation
	var total, matching int
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		if waiting, err = tx.Invitations(ctx, s.Now()); err != nil {
			return err
		}
		members, total, matching, err = tx.Members(ctx, page.Query, site.ListRows, (n-1)*site.ListRows)
		return err
	})
	if err != nil {
		return err
	}
	for _, m := range members {
		page.Rows = append(page.Rows, s.operatorRow(v, m))
	}
	for _, i := range waiting {
		page.Waiting = append(page.Waiting, operators.InvitationRow{ID: i.ID.String(), RunID: uuid.NewString(), Email: i.Email, Role: i.Role,
			Reach: words.ReachOf(i.Grant(), i.Names), By: i.Inviter, Until: s.When(v, i.ExpiresAt)})
	}
	page.Search = total >= site.SearchFrom || page.Query != ""
	page.Pager = site.PagerOf(n, site.ListRows, matching, "operators", func(p int) string { return views.OperatorsView(v.Workspace.Slug, page.Query, p) })
	flashes, err := s.FlashOf(ctx, c, v)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "operators", Flash: flashes}, page)
}

func (s *pages) operatorRow(v site.Visitor, m store.Member) operators.OperatorRow {
	row := operators.OperatorRow{ID: m.OperatorID.String(), Email: m.Email, Role: m.Role, Reach: words.ReachOf(m.Grant(), m.Names), State: memberState(m), You: m.OperatorID == v.Operator.ID}
	if m.SeenAt != nil {
		row.Seen = s.When(v, *m.SeenAt)
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
func (s *pages) memberOf(c echo.Context, v site.Visitor) (store.Member, error) {
	id, err := uuid.Parse(c.Param("operator"))
	if err != nil {
		return store.Member{}, store.ErrNotFound
	}
	var found store.Member
	err = s.Store.InWorkspace(c.Request().Context(), v.Scope, func(tx *store.Tx) (err error) {
		found, err = tx.Member(c.Request().Context(), id)
		return err
	})
	return found, err
}
