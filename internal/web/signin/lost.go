package signin

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/signin"
)

// postLost asks the owners of the operator's workspaces to let the operator set up new
// second factors.
func (s *pages) postLost(c echo.Context, v site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	if err := s.Store.AskFactorReset(c.Request().Context(), v.Operator, site.OriginOf(c), s.Now()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.SecondFactor())
}

// postLostReset removes the second factors of an operator whose owners have approved it. The
// operator then starts again with the password.
func (s *pages) postLostReset(c echo.Context, v site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	err := s.Store.ResetOwnFactors(c.Request().Context(), v.Operator, site.OriginOf(c), s.Now())
	if errors.Is(err, store.ErrNotFound) {
		return s.showSecondFactor(c, v, http.StatusUnprocessableEntity, signin.SecondFactorPage{Recovery: true,
			Problem: "Not every owner has approved it yet."})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.SignIn())
}

// lost returns the state of the operator's request for new second factors, for the page.
func (s *pages) lost(c echo.Context, v site.Visitor) (lost signin.Lost, err error) {
	found, err := s.Store.FactorRequests(c.Request().Context(), v.Operator.ID, s.Now())
	lost.Approved = len(found) > 0
	for _, r := range found {
		lost.Asked = lost.Asked || r.AskedAt != nil
		lost.Approved = lost.Approved && r.ApprovedAt != nil
		lost.Workspaces = append(lost.Workspaces, signin.LostIn{Name: r.Workspace, Asked: r.AskedAt != nil,
			Approved: r.ApprovedAt != nil})
	}
	return lost, err
}
