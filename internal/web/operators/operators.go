package operators

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/operators"
)

// operatorList is the list of a workspace's operators.
func (s *pages) operatorList(v site.Visitor) table.Definition[store.Member, operators.OperatorRow] {
	return table.Definition[store.Member, operators.OperatorRow]{
		List: table.List{One: "operator", Many: "operators", At: views.Operators(v.Workspace.Slug),
			Search: "Find an operator", Also: []string{"run"},
			Sorts: []table.Sort{{Name: "email"}, {Name: "role", Order: "role"},
				{Name: "seen", Order: "seen", Descending: true}}},
		Columns: operators.OperatorColumns(v.Workspace.Slug),
		Row:     func(m store.Member) operators.OperatorRow { return s.operatorRow(v, m) },
	}
}

func (s *pages) getOperators(c echo.Context, v site.Visitor) error {
	return s.showOperators(c, v, http.StatusOK, views.Input{})
}

// showOperators shows the list. grace is what was typed for the days without a second factor
// and refused; empty: show the current number.
func (s *pages) showOperators(c echo.Context, v site.Visitor, status int, grace views.Input) error {
	ctx := c.Request().Context()
	list := s.operatorList(v)
	asked, err := list.Ask(c.QueryParams())
	if err != nil {
		return err
	}
	var found table.Found[store.Member]
	var waiting []store.Invitation
	var days int
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		if waiting, err = tx.Invitations(ctx, s.Now()); err != nil {
			return err
		}
		if days, err = tx.GraceDays(ctx); err != nil {
			return err
		}
		found.Page, found.Total, found.Matching, err = tx.Members(ctx, asked.Query)
		return err
	})
	if err != nil {
		return err
	}
	page := operators.OperatorsPage{Workspace: v.Workspace.Slug, Table: list.Show(asked, found),
		Waiting: s.invitationRows(v, waiting), Grace: grace}
	inGrace := func(m store.Member) bool { return len(m.Factors) == 0 && m.GraceFrom != nil }
	if grace.Error == "" && (days > 0 || slices.ContainsFunc(found.Rows, inGrace)) {
		page.Grace.Value = strconv.Itoa(days)
	}
	if found.Total < site.SearchFrom && !asked.Filtered() {
		page.Table.Label = "" // they can be seen at a glance
	}
	flashes, err := s.FlashOf(ctx, c, v)
	if err != nil {
		return err
	}
	return s.Render(c, status, v, site.Place{Section: "operators", Flash: flashes}, page)
}

// postGrace changes the workspace's grace; see store.Tx.GraceDays.
func (s *pages) postGrace(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	typed := form.Get("days")
	days, err := strconv.Atoi(typed)
	if err != nil || days < 0 || days > store.MostGraceDays {
		return s.showOperators(c, v, http.StatusUnprocessableEntity, views.Input{Value: typed,
			Error: fmt.Sprintf("Enter a whole number from 0 to %d.", store.MostGraceDays)})
	}
	if err := s.Members.SetGraceDays(c.Request().Context(), v.Scope, v.Actor(), days); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Operators(v.Workspace.Slug))
}

func (s *pages) invitationRows(v site.Visitor, waiting []store.Invitation) (rows []operators.InvitationRow) {
	for _, i := range waiting {
		rows = append(rows, operators.InvitationRow{ID: i.ID.String(), RunID: uuid.NewString(), Email: i.Email,
			Role: i.Role, Reach: words.ReachOf(i.Grant(), i.Names), By: i.Inviter, Until: s.When(v, i.ExpiresAt)})
	}
	return rows
}

func (s *pages) operatorRow(v site.Visitor, m store.Member) operators.OperatorRow {
	row := operators.OperatorRow{ID: m.OperatorID.String(), Email: m.Email, Role: m.Role,
		Reach: words.ReachOf(m.Grant(), m.Names), State: memberState(m), Factors: words.FactorsChip(m.Factors),
		You: m.OperatorID == v.Operator.ID}
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
