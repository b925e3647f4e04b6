package site

import (
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	"duodesk/internal/run/factors"
	"duodesk/internal/store"
	"duodesk/views"
)

// A sign-in has two steps. After the password the browser gets a cookie that names a
// store.SignIn and is accepted by the pages of the second step only. The session starts when
// a factor is proved, with a cookie of its own.

// errFactorWanted says that the workspace no longer admits the operator without a second factor.
var errFactorWanted = errors.New("web: the workspace wants a second factor")

const signInKind = "sign-in"

// SigningIn reports whether the visitor's second factor is awaited: there is no session yet.
func (v Visitor) SigningIn() bool { return v.SignIn.TokenHash != nil }

func (s *Site) signInCookie() string {
	if s.PublicURL.Scheme == "https" {
		return "__Host-signin"
	}
	return "signin"
}

func (s *Site) setSignInCookie(c echo.Context, value string, maxAge int) {
	http.SetCookie(c.Response(), &http.Cookie{Name: s.signInCookie(), Value: value, Path: "/", HttpOnly: true,
		Secure: s.PublicURL.Scheme == "https", SameSite: http.SameSiteLaxMode, MaxAge: maxAge})
}

// BeginSignIn redirects an operator whose password was right to the second step. next and
// held are where the completed sign-in leads; see NextOf. It returns store.ErrEnded if the
// password was changed or the operator disabled since.
func (s *Site) BeginSignIn(c echo.Context, operator store.Operator, next, held string) error {
	token, err := newToken(s.Store, signInKind)
	if err != nil {
		return err
	}
	// What cannot be kept was made up, or is longer than any page of ours: the way in stays open.
	if len(next) > store.LongestNext {
		next = "/"
	}
	if _, err := base64.RawURLEncoding.DecodeString(held); err != nil || len(held) > store.LongestHeld {
		held = ""
	}
	in := store.SignIn{TokenHash: hashOf(token), Operator: operator, Next: next, Held: held}
	traceOf(c.Request().Context()).operator = operator.ID
	if err := s.Store.BeginSignIn(c.Request().Context(), in, s.Now()); err != nil {
		return err
	}
	s.setSignInCookie(c, token, int(store.SignInLife/time.Second))
	return c.Redirect(http.StatusSeeOther, views.SecondFactor())
}

// admitSignIn adds to v the sign-in that a request's cookie names, and its operator. It
// returns errSignedOut if there is none.
func (s *Site) admitSignIn(c echo.Context, v Visitor) (Visitor, error) {
	cookie, err := c.Request().Cookie(s.signInCookie())
	if err != nil {
		return v, errSignedOut
	}
	trust := judge(s.Store, signInKind, cookie.Value, tokenBytes)
	if trust != store.Proved { // each has had a stamp from the first
		return v, errSignedOut
	}
	err = s.Crowd.look(c.Request(), trust, cookie.Value, func() (err error) {
		v.SignIn, err = s.Store.FindSignIn(c.Request().Context(), hashOf(cookie.Value), s.Now())
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = errSignedOut
	}
	v.Operator = v.SignIn.Operator
	return v, err
}

// CompleteSignIn starts the session of a visitor who is signing in, and returns the address
// to go to. A zero proof is for an operator within the grace. It returns store.ErrEnded as
// store.StartSession does.
func (s *Site) CompleteSignIn(c echo.Context, v Visitor, proof store.Proof) (next string, err error) {
	if err := s.StartSession(c, store.Opening{Operator: v.Operator, Proof: proof,
		SignIn: v.SignIn.TokenHash}); err != nil {
		return "", err
	}
	s.setSignInCookie(c, "", -1)
	return s.NextOf(c, v.Operator, v.SignIn.Next, v.SignIn.Held)
}

// NextOf returns where a new session leads: to the page of the form that was held for the
// operator, if it still can be, and otherwise to next.
func (s *Site) NextOf(c echo.Context, operator store.Operator, next, held string) (string, error) {
	back, err := s.returnForm(c, operator, held)
	switch {
	case err == nil:
		return back, nil
	case errors.Is(err, store.ErrNotFound):
		return LocalPath(next), nil
	}
	return "", err
}

// BoundTo returns what a visitor's challenges are bound to: the SHA-256 of the sign-in's
// token, or of the session's id, which stays when its token is renewed.
func (s *Site) BoundTo(c echo.Context, v Visitor) []byte {
	if v.SigningIn() {
		return v.SignIn.TokenHash
	}
	session, err := s.Sessions.Current(c.Request())
	if err != nil {
		return nil
	}
	return run.DigestOf(session.ID.String())
}

// Continues returns the opening that has the request's session go on under a new token.
func (s *Site) Continues(c echo.Context, operator store.Operator) (store.Opening, error) {
	before, err := s.Sessions.Current(c.Request())
	return store.Opening{Operator: operator, Before: s.Sessions.tokenHash(c.Request()), EndsAt: before.EndsAt,
		Entered: before.Entered}, err
}

// PaceQuestion takes account of a question that a visitor wants to be asked, which is a row
// until some time after its end: a burst, then one a second for each sign-in or session. The
// error says that there were too many.
func (s *Site) PaceQuestion(c echo.Context, v Visitor) error {
	wait := s.Crowd.Attempts.Take("question to "+string(s.BoundTo(c, v)), s.Now())
	if wait == 0 {
		return nil
	}
	SlowDown(c, wait)
	return echo.NewHTTPError(http.StatusTooManyRequests)
}

// TryFactor calls prove for a visitor's answer, which may be a guess, and records a refusal.
// Answers are counted per operator, or in a browser that the operator has used per browser,
// and by the sign-in, which ends after five (errSignedOut). If wait is above zero, prove was
// not called: there were too many. *factors.Refused says that the answer was not accepted.
func (s *Site) TryFactor(c echo.Context, v Visitor, prove func() (store.Proof, error)) (proof store.Proof,
	wait time.Duration, err error) {
	ctx := c.Request().Context()
	if v.SigningIn() {
		err := s.Store.TrySignIn(ctx, v.SignIn.TokenHash, s.Now())
		if errors.Is(err, store.ErrNotFound) {
			err = errSignedOut
		}
		if err != nil {
			return proof, 0, err
		}
	}
	key, err := s.factorKey(c, v)
	if err != nil {
		return proof, 0, err
	}
	if wait, err = s.BeginLogin(ctx, key); err != nil || wait > 0 {
		return proof, wait, err
	}
	proof, err = prove()
	var refused *factors.Refused
	switch {
	case errors.As(err, &refused):
		s.Log.InfoContext(ctx, "second factor refused", "address", c.RealIP())
		// What cannot be kept is not answered as if it were: owners are told of many.
		if fault := s.Store.RefuseFactor(ctx, v.Operator.ID, OriginOf(c), s.Now()); fault != nil {
			return proof, 0, fault
		}
		return proof, 0, err
	case err != nil:
		return proof, 0, err
	}
	return proof, 0, s.Store.ForgiveLogin(ctx, key)
}

// factorKey returns what a visitor's answers are counted by: the browser, if the operator
// has used it before, or the operator.
func (s *Site) factorKey(c echo.Context, v Visitor) (store.LoginKey, error) {
	if hash := s.DeviceHash(c.Request()); hash != nil {
		device, err := s.Store.FindDevice(c.Request().Context(), hash, v.Operator.Email, s.Now())
		if err == nil {
			return store.LoginKey{Name: "factor in " + device.String()}, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return store.LoginKey{}, err
		}
	}
	return store.LoginKey{Name: "factor of " + v.Operator.ID.String()}, nil
}

// toFactors sends a visitor without a second factor to the page about them. A form gets a
// page that says that nothing was done.
func (s *Site) toFactors(c echo.Context) error {
	if m := c.Request().Method; m == http.MethodGet || m == http.MethodHead {
		return c.Redirect(http.StatusSeeOther, views.FactorsWanted())
	}
	return s.Render(c, http.StatusForbidden, Visitor{}, Place{}, views.ErrorPage{Status: http.StatusForbidden,
		Headline: "Set up a second factor first",
		Text:     "This workspace no longer admits you without one. Nothing was done.",
		Links:    []views.Link{{Text: "Set up a second factor", Href: views.FactorsWanted()}}})
}
