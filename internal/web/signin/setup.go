package signin

import (
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/factors"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/signin"
)

func (s *pages) getFirstFactor(c echo.Context, v site.Visitor) error {
	return s.showFirstFactor(c, v, http.StatusOK, "")
}

func (s *pages) showFirstFactor(c echo.Context, v site.Visitor, status int, problem string) error {
	passkey, app, err := s.has(c, v)
	if err != nil {
		return err
	}
	if passkey || app {
		return c.Redirect(http.StatusSeeOther, views.SecondFactor())
	}
	page := signin.FirstFactorPage{Email: v.Operator.Email, Passkeys: s.Factors.TakesPasskeys(), Problem: problem}
	if page.Until, err = s.graceOf(c, v); err != nil {
		return err
	}
	return s.Render(c, status, site.Visitor{}, site.Place{}, page)
}

// graceOf returns until when the operator can do without a second factor; nil: not any more.
func (s *pages) graceOf(c echo.Context, v site.Visitor) (*views.When, error) {
	until, err := s.Store.GraceUntil(c.Request().Context(), v.Operator)
	if err != nil || !s.Now().Before(until) {
		return nil, err
	}
	when := s.Until(v, until)
	return &when, nil
}

// postLater starts a session without a second factor, within the grace.
func (s *pages) postLater(c echo.Context, v site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	next, err := s.CompleteSignIn(c, v, store.Proof{})
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, next)
}

// errHasFactor says that a sign-in cannot set one up, because the operator has one.
var errHasFactor = errors.New("signin: the operator has a second factor")

// mayAdd returns nil if the visitor may set up a factor: an operator who has none, while
// signing in (or errHasFactor); in a session, who proves one for this, or has signed in by a
// recovery code within RecentProof: theirs may be lost.
func (s *pages) mayAdd(c echo.Context, v site.Visitor) error {
	if !v.SigningIn() {
		if v.Proof.Kind == store.RecoveryCode && s.Now().Sub(v.Proof.At) < run.RecentProof {
			return nil
		}
		return s.Prove(c, v, catalog.Act, "Setting up a second factor")
	}
	return s.hasNone(c, v)
}

// hasNone returns errHasFactor for a sign-in of an operator who has a factor.
func (s *pages) hasNone(c echo.Context, v site.Visitor) error {
	if !v.SigningIn() {
		return nil
	}
	passkey, app, err := s.has(c, v)
	if err == nil && (passkey || app) {
		err = errHasFactor
	}
	return err
}

// notAdded answers the errors of mayAdd.
func (s *pages) notAdded(c echo.Context, v site.Visitor, err error) error {
	if errors.Is(err, errHasFactor) {
		return s.showSecondFactor(c, v, http.StatusUnauthorized,
			signin.SecondFactorPage{Problem: "Use the second factor that you have."})
	}
	return err
}

// postEnrollOptions asks the browser to make a passkey.
func (s *pages) postEnrollOptions(c echo.Context, v site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	if err := s.PaceQuestion(c, v); err != nil {
		return err
	}
	if err := s.hasNone(c, v); err != nil {
		return s.notAdded(c, v, err)
	}
	asked, err := s.Factors.BeginPasskey(c.Request().Context(), v.Operator, s.BoundTo(c, v))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, asked)
}

func (s *pages) postNewPasskey(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	if err := s.mayAdd(c, v); err != nil {
		return s.notAdded(c, v, err)
	}
	proof, err := s.Factors.AddPasskey(c.Request().Context(), s.enrollment(c, v), form.Get("challenge"),
		form.Get("answer"), form.Get("name"))
	if problem := refusal(err); problem != "" {
		return s.notSetUp(c, v, problem)
	}
	if err != nil {
		return err
	}
	return s.setUp(c, v, proof)
}

// enrollment says who sets up a factor, and from where.
func (s *pages) enrollment(c echo.Context, v site.Visitor) factors.Enrollment {
	o := factors.Enrollment{Operator: v.Operator, Bound: s.BoundTo(c, v), First: v.SigningIn(),
		From: site.OriginOf(c)}
	if session, err := s.Sessions.Current(c.Request()); err == nil && !o.First {
		o.Session = session.ID
	}
	return o
}

// notSetUp shows the page that a new factor was asked for on, with a problem.
func (s *pages) notSetUp(c echo.Context, v site.Visitor, problem string) error {
	if v.SigningIn() {
		return s.showFirstFactor(c, v, http.StatusUnprocessableEntity, problem)
	}
	return s.showFactors(c, v, http.StatusUnprocessableEntity, signin.FactorsPage{Problem: problem})
}

// postApp shows the secret of a new authenticator app.
func (s *pages) postApp(c echo.Context, v site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	if err := s.PaceQuestion(c, v); err != nil {
		return err
	}
	if err := s.mayAdd(c, v); err != nil {
		return s.notAdded(c, v, err)
	}
	begun, err := s.Factors.BeginTOTP(c.Request().Context(), v.Operator, s.BoundTo(c, v))
	if err != nil {
		return err
	}
	return s.showApp(c, v, http.StatusOK, begun, signin.AppPage{})
}

func (s *pages) showApp(c echo.Context, v site.Visitor, status int, begun factors.Setup, page signin.AppPage) error {
	code, err := words.DrawQR(begun.URL)
	if err != nil {
		s.Log.ErrorContext(c.Request().Context(), "a QR code could not be made") // the secret alone will do
	}
	page.Challenge, page.Secret, page.QR = begun.Token, begun.Secret, code
	page.Action, page.Cancel = views.NewAppCode(), views.Factors()
	if v.SigningIn() {
		page.Alone, page.Action, page.Cancel = true, views.FirstFactorAppCode(), views.FirstFactor()
		v = site.Visitor{}
	}
	return s.Render(c, status, v, site.Place{}, page)
}

// postAppCode takes the first code of a new authenticator app.
func (s *pages) postAppCode(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	if err := s.hasNone(c, v); err != nil {
		return s.notAdded(c, v, err)
	}
	proof, problem, status, err := s.try(c, v, func() (store.Proof, error) {
		return s.Factors.AddTOTP(c.Request().Context(), s.enrollment(c, v), form.Get("challenge"), form.Get("code"),
			form.Get("name"))
	})
	if err != nil {
		return err
	}
	if problem == "" {
		return s.setUp(c, v, proof)
	}
	begun, err := s.Factors.TOTPSetup(c.Request().Context(), v.Operator, s.BoundTo(c, v), form.Get("challenge"))
	if expired := refusal(err); expired != "" {
		return s.notSetUp(c, v, expired)
	}
	if err != nil {
		return err
	}
	return s.showApp(c, v, status, begun, signin.AppPage{Name: views.Input{Value: form.Get("name")},
		Code: views.Input{Error: problem}})
}

// setUp answers after a new factor: an operator who has no recovery codes gets them first.
func (s *pages) setUp(c echo.Context, v site.Visitor, proof store.Proof) error {
	next, err := s.proved(c, v, proof, views.FactorsAfter("added"))
	if err != nil {
		return err
	}
	left, err := s.Store.RecoveryCodesLeft(c.Request().Context(), v.Operator.ID)
	if err != nil {
		return err
	}
	if left > 0 {
		return c.Redirect(http.StatusSeeOther, next)
	}
	return s.showRecoveryCodes(c, v, uuid.Nil, next) // proved has begun a session just now
}

// showRecoveryCodes replaces the operator's recovery codes and shows the new ones, which are
// in this answer and nowhere else. session is the one that asks for them; uuid.Nil: none.
func (s *pages) showRecoveryCodes(c echo.Context, v site.Visitor, session uuid.UUID, next string) error {
	codes, err := s.Factors.NewRecoveryCodes(c.Request().Context(), v.Operator, session, site.OriginOf(c))
	if err != nil {
		return err
	}
	page := signin.RecoveryCodesPage{Codes: codes, Next: next, Alone: v.SigningIn()}
	if page.Alone {
		v = site.Visitor{}
	}
	return s.Render(c, http.StatusOK, v, site.Place{}, page)
}
