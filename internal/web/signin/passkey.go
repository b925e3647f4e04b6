package signin

import (
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/run/factors"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// postSignInOptions asks the browser of a stranger for a passkey.
func (s *pages) postSignInOptions(c echo.Context, _ site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	asked, wait, err := s.askAnyPasskey(c)
	if err != nil {
		return err
	}
	if wait > 0 {
		site.SlowDown(c, wait)
		return echo.NewHTTPError(http.StatusTooManyRequests)
	}
	return c.JSON(http.StatusOK, asked)
}

// askAnyPasskey is postSignInOptions without its answers: it holds a place in a lane.
func (s *pages) askAnyPasskey(c echo.Context) (asked factors.Ceremony, wait time.Duration, err error) {
	lane, paced := s.LaneOf(c.Request())
	leave, wait, err := s.Crowd.Enter(c.Request().Context(), lane, paced)
	if err != nil || wait > 0 {
		return asked, wait, err
	}
	defer leave()
	asked, err = s.Factors.AskAnyPasskey(c.Request().Context())
	return asked, 0, err
}

// postSignInPasskey signs in with a passkey alone.
func (s *pages) postSignInPasskey(c echo.Context, _ site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	page := views.SignInPage{Next: site.LocalPath(form.Get("next")), Held: form.Get(site.HeldField)}
	operator, wait, err := s.signInByPasskey(c, form.Get("challenge"), form.Get("answer"))
	page.Refused = refusal(err)
	switch {
	case errors.Is(err, secret.ErrBusy):
		page.SlowDown = site.Busy(c)
		return s.ShowSignIn(c, http.StatusServiceUnavailable, page)
	case page.Refused != "":
		return s.ShowSignIn(c, http.StatusUnprocessableEntity, page)
	case err != nil:
		return err
	case wait > 0:
		page.SlowDown = site.SlowDown(c, wait)
		return s.ShowSignIn(c, http.StatusTooManyRequests, page)
	}
	next, err := s.NextOf(c, operator, page.Next, page.Held)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, next)
}

// signInByPasskey is postSignInPasskey without its pages: it holds a place in a lane. A
// refusal counts for the operator whose passkey it was.
func (s *pages) signInByPasskey(c echo.Context, challenge, answer string) (operator store.Operator,
	wait time.Duration, err error) {
	ctx := c.Request().Context()
	lane, paced := s.LaneOf(c.Request())
	leave, wait, err := s.Crowd.Enter(ctx, lane, paced)
	if err != nil || wait > 0 {
		return operator, wait, err
	}
	defer leave()
	operator, proof, err := s.Factors.SignInByPasskey(ctx, challenge, answer, site.OriginOf(c))
	// No password was right: it is a refused sign-in, and not one of the wrong codes that owners are told of.
	if refusal(err) != "" && operator.ID != uuid.Nil {
		if fault := s.Store.RefuseSignIn(ctx, operator.ID, site.OriginOf(c), s.Now()); fault != nil {
			return operator, 0, fault
		}
	}
	if err != nil {
		return operator, 0, err
	}
	err = s.StartSession(c, store.Opening{Operator: operator, Proof: proof})
	if errors.Is(err, store.ErrEnded) {
		err = &factors.Refused{Words: "Your account was changed while you signed in. Start again."}
	}
	return operator, 0, err
}
