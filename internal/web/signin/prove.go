package signin

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"duodesk/internal/run/factors"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/signin"
)

// refusal returns why a factor was not accepted; empty: err is nil or something else.
func refusal(err error) string {
	if refused := (*factors.Refused)(nil); errors.As(err, &refused) {
		return refused.Words
	}
	return ""
}

// has reports which second factors an operator has.
func (s *pages) has(c echo.Context, v site.Visitor) (passkey, app bool, err error) {
	found, err := s.Store.Factors(c.Request().Context(), v.Operator.ID)
	of := func(kind string) bool {
		return slices.ContainsFunc(found, func(f store.Factor) bool { return f.Kind == kind })
	}
	return of(store.Passkey), of(store.TOTP), err
}

func (s *pages) getSecondFactor(c echo.Context, v site.Visitor) error {
	return s.showSecondFactor(c, v, http.StatusOK, signin.SecondFactorPage{})
}

// showSecondFactor asks for the second factor of a sign-in, or to set one up.
func (s *pages) showSecondFactor(c echo.Context, v site.Visitor, status int, page signin.SecondFactorPage) error {
	passkey, app, err := s.has(c, v)
	if err != nil {
		return err
	}
	if !passkey && !app {
		return c.Redirect(http.StatusSeeOther, views.FirstFactor())
	}
	left, err := s.Store.RecoveryCodesLeft(c.Request().Context(), v.Operator.ID)
	if err != nil {
		return err
	}
	if page.Lost, err = s.lost(c, v); err != nil {
		return err
	}
	page.Email, page.App, page.RecoveryCodes = v.Operator.Email, app, left > 0
	page.Passkey = passkey && s.Factors.TakesPasskeys()
	return s.Render(c, status, site.Visitor{}, site.Place{}, page)
}

// postProveOptions asks the browser for one of the operator's passkeys.
func (s *pages) postProveOptions(c echo.Context, v site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	if err := s.PaceQuestion(c, v); err != nil {
		return err
	}
	asked, err := s.Factors.AskPasskey(c.Request().Context(), v.Operator, s.BoundTo(c, v))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, asked)
}

func (s *pages) postPasskey(c echo.Context, v site.Visitor) error {
	return s.prove(c, v, func(form site.Form) (store.Proof, error) {
		return s.Factors.ProvePasskey(c.Request().Context(), v.Operator, s.BoundTo(c, v), form.Get("challenge"),
			form.Get("answer"), site.OriginOf(c))
	}, false)
}

func (s *pages) postCode(c echo.Context, v site.Visitor) error {
	return s.prove(c, v, func(form site.Form) (store.Proof, error) {
		return s.Factors.ProveTOTP(c.Request().Context(), v.Operator, form.Get("code"))
	}, false)
}

func (s *pages) postRecovery(c echo.Context, v site.Visitor) error {
	return s.prove(c, v, func(form site.Form) (store.Proof, error) {
		return s.Factors.UseRecoveryCode(c.Request().Context(), v.Operator, form.Get("recovery"), site.OriginOf(c))
	}, true)
}

// prove answers a form with a second factor, which completes a sign-in. recovery: the form was for a recovery code.
func (s *pages) prove(c echo.Context, v site.Visitor, by func(site.Form) (store.Proof, error), recovery bool) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	proof, problem, status, err := s.try(c, v, func() (store.Proof, error) { return by(form) })
	if err != nil {
		return err
	}
	if problem != "" {
		return s.showSecondFactor(c, v, status, signin.SecondFactorPage{Problem: problem, Recovery: recovery})
	}
	next, err := s.CompleteSignIn(c, v, proof)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, next)
}

// try is TryFactor for a page: problem says why the factor was not accepted, and status is
// that of the page that says so.
func (s *pages) try(c echo.Context, v site.Visitor, by func() (store.Proof, error)) (proof store.Proof,
	problem string, status int, err error) {
	proof, wait, err := s.TryFactor(c, v, by)
	if problem = refusal(err); problem != "" {
		return proof, problem, http.StatusUnprocessableEntity, nil
	}
	if wait > 0 {
		return proof, site.SlowDown(c, wait), http.StatusTooManyRequests, nil
	}
	return proof, "", http.StatusOK, err
}

// proved completes a sign-in and returns where it was going, or continues a session under a
// new token and returns next.
func (s *pages) proved(c echo.Context, v site.Visitor, proof store.Proof, next string) (string, error) {
	if v.SigningIn() {
		return s.CompleteSignIn(c, v, proof)
	}
	o, err := s.Continues(c, v.Operator)
	if err != nil {
		return "", err
	}
	o.Proof = proof
	return next, s.StartSession(c, o)
}
