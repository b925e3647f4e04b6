package signin

import (
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/signin"
)

func (s *pages) postRecoveryCodes(c echo.Context, v site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	if err := s.Prove(c, v, catalog.Act, "Creating recovery codes"); err != nil {
		return err
	}
	return s.showRecoveryCodes(c, v, s.enrollment(c, v).Session, views.Factors())
}

func (s *pages) getFactors(c echo.Context, v site.Visitor) error {
	return s.showFactors(c, v, http.StatusOK, signin.FactorsPage{Said: c.QueryParam("done"),
		Wanted: c.QueryParam("wanted") != ""})
}

func (s *pages) showFactors(c echo.Context, v site.Visitor, status int, page signin.FactorsPage) error {
	ctx := c.Request().Context()
	found, err := s.Store.Factors(ctx, v.Operator.ID)
	if err != nil {
		return err
	}
	for _, f := range found {
		row := signin.FactorRow{ID: f.ID.String(), Name: f.Name, Kind: f.Kind, Made: s.When(v, f.CreatedAt),
			This: f.ID == v.Proof.Factor}
		if f.UsedAt != nil {
			row.Used = s.When(v, *f.UsedAt)
		}
		page.Factors = append(page.Factors, row)
	}
	if page.RecoveryCodes, err = s.Store.RecoveryCodesLeft(ctx, v.Operator.ID); err != nil {
		return err
	}
	if page.Until, err = s.graceOf(c, v); err != nil {
		return err
	}
	page.Passkeys, page.Full = s.Factors.TakesPasskeys(), len(found) >= store.MostFactors
	return s.Render(c, status, v, site.Place{}, page)
}

// postRemove removes one of the operator's factors. One that was removed before is no error.
func (s *pages) postRemove(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(form.Get("factor"))
	if err != nil {
		return site.BadRequest("The form does not name a second factor.")
	}
	if err := s.Prove(c, v, catalog.Act, "Removing a second factor"); err != nil {
		return err
	}
	session, err := s.Sessions.Current(c.Request())
	if err != nil {
		return err
	}
	err = s.Store.RemoveFactor(c.Request().Context(), v.Operator, id, session.ID, site.OriginOf(c), s.Now())
	if errors.Is(err, store.ErrLastFactor) {
		return s.showFactors(c, v, http.StatusUnprocessableEntity, signin.FactorsPage{
			Problem: "This is your last second factor. Set up another one before you remove it."})
	}
	if site.IgnoreNotFound(err) != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.FactorsAfter("removed"))
}
