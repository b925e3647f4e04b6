package site

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/views"
)

func (s *Site) getSignIn(c echo.Context, _ Visitor) error {
	next := LocalPath(c.QueryParam("next"))
	session, err := s.Sessions.Current(c.Request())
	if err == nil && session.Own {
		return c.Redirect(http.StatusSeeOther, next)
	}
	return s.ShowSignIn(c, http.StatusOK, views.SignInPage{Next: next, Borrowed: err == nil})
}

// ShowSignIn shows the page that asks for email and password, or for a passkey.
func (s *Site) ShowSignIn(c echo.Context, status int, page views.SignInPage) error {
	page.Passkeys = s.Factors.TakesPasskeys()
	return s.Render(c, status, Visitor{}, Place{}, page)
}

// wrongPair is the answer to every sign-in that is refused.
const wrongPair = "Email or password is wrong."

// postSignIn answers alike, in words and in time, for names that exist and names
// that do not.
func (s *Site) postSignIn(c echo.Context, _ Visitor) error {
	form, err := FormOf(c)
	if err != nil {
		return err
	}
	page := views.SignInPage{Email: form.Get("email"), Next: LocalPath(form.Get("next")), Held: form.Get(HeldField)}
	operator, fits, wait, err := s.SignInBy(c, page.Email, form.Get("password"))
	switch {
	case errors.Is(err, secret.ErrBusy):
		page.SlowDown = Busy(c)
		return s.ShowSignIn(c, http.StatusServiceUnavailable, page)
	case err != nil:
		return err
	case wait > 0:
		page.SlowDown = SlowDown(c, wait)
		return s.ShowSignIn(c, http.StatusTooManyRequests, page)
	case !fits:
		page.Error = wrongPair
		return s.ShowSignIn(c, http.StatusUnprocessableEntity, page)
	}
	err = s.BeginSignIn(c, operator, page.Next, page.Held)
	if errors.Is(err, store.ErrEnded) { // the password was right when it was checked, and was changed since
		page.Error = wrongPair
		return s.ShowSignIn(c, http.StatusUnprocessableEntity, page)
	}
	return err
}

// SignInBy is passwordOf for who has no session. It asks the database nothing while
// the address or the browser is too fast, or too many are waiting: secret.ErrBusy.
func (s *Site) SignInBy(c echo.Context, email, password string) (operator store.Operator, fits bool, wait time.Duration,
	err error) {
	l, paced := s.LaneOf(c.Request())
	leave, wait, err := s.Crowd.Enter(c.Request().Context(), l, paced)
	if err != nil || wait > 0 {
		return operator, false, wait, err
	}
	defer leave()
	email = strings.ToLower(text.Line(email))
	own, shared, err := s.attemptKeys(c, email)
	if err != nil {
		return operator, false, 0, err
	}
	return s.passwordOf(c, email, password, own, shared...)
}

// passwordOf finds the operator of an email, if there is one, and says whether
// the password is right and the operator may sign in. It is one attempt under the
// keys: above zero, wait says that there were too many.
//
// A refusal tells nothing about the name by its time: the statements and the one
// hash are the same for a known name, an unknown one and a disabled operator, and
// all is done before the answer. Keep it so; TestRefusedSignInsDoTheSame counts.
func (s *Site) passwordOf(c echo.Context, email, password string, own store.LoginKey,
	shared ...store.LoginKey) (operator store.Operator, fits bool, wait time.Duration, err error) {
	ctx := c.Request().Context()
	if wait, err = s.BeginLogin(ctx, append([]store.LoginKey{own}, shared...)...); err != nil || wait > 0 {
		return operator, false, wait, err
	}
	operator, err = s.Store.OperatorByEmail(ctx, email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return operator, false, 0, err
	}
	fits, renew, err := secret.CheckPassword(ctx, operator.PasswordHash, password)
	if err != nil {
		return operator, false, 0, err
	}
	if !fits || operator.Disabled {
		// What was typed is not logged: people type passwords there.
		s.Log.InfoContext(ctx, "sign-in refused", "address", c.RealIP())
		return operator, false, 0, s.Store.RefuseSignIn(ctx, operator.ID, OriginOf(c), s.Now())
	}
	if renew {
		if hash, err := secret.HashPassword(ctx, password); err == nil {
			if err := s.Store.RenewPasswordHash(ctx, operator, hash); err != nil {
				return operator, false, 0, err
			}
			operator.PasswordHash = hash
		}
	}
	return operator, true, 0, s.Store.ForgiveLogin(ctx, own, shared...)
}

// Colleagues behind one address who sign in at the same moment have to be counted
// one after the other: that takes milliseconds, and is no reason to refuse one.
const (
	lostTries = 30
	lostPause = 30 * time.Millisecond // a half to one and a half of it
)

// BeginLogin is store.BeginLogin, tried again while another attempt is counted.
func (s *Site) BeginLogin(ctx context.Context, keys ...store.LoginKey) (wait time.Duration, err error) {
	for try := 1; ; try++ {
		wait, err = s.Store.BeginLogin(ctx, s.Now(), keys...)
		if err != nil || wait != store.AttemptLost || try == lostTries {
			return wait, err
		}
		select {
		case <-time.After(lostPause/2 + rand.N(lostPause)):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// OwnPassword checks the password of somebody who is signed in once more: guesses
// are counted for the session alone. The fault is for the box; the status is that
// of a page with a fault.
func (s *Site) OwnPassword(c echo.Context, v Visitor, password string) (operator store.Operator, fault string,
	status int, err error) {
	key, shared, err := s.ownKeys(c, v)
	if err != nil {
		return operator, "", 0, err
	}
	leave, err := s.Crowd.known.Enter(c.Request().Context())
	if err != nil {
		return operator, "", 0, err
	}
	operator, fits, wait, err := s.passwordOf(c, v.Operator.Email, password, key, shared...)
	leave()
	switch {
	case err != nil:
		return operator, "", 0, err
	case wait > 0:
		return operator, SlowDown(c, wait), http.StatusTooManyRequests, nil
	case fits && operator.Epoch != v.Operator.Epoch:
		return operator, "", 0, errSignedOut // the session was ended while the form was on its way
	case !fits || operator.ID != v.Operator.ID:
		return operator, "This is not your password.", http.StatusUnprocessableEntity, nil
	}
	return operator, "", http.StatusUnprocessableEntity, nil
}

// LoginKeys are what a stranger's attempts are counted by: the account from this address,
// which a few wrong guesses slow down; the account from anywhere and the address
// for any account, which take more, so that a stranger's guesses do not keep the
// operator out.
func LoginKeys(email, address string) (own, account, shared store.LoginKey) {
	sum := sha256.Sum256([]byte(email))
	name := hex.EncodeToString(sum[:])
	address = Network(address)
	return store.LoginKey{Name: "account:" + name + " from " + address},
		store.LoginKey{Name: "account:" + name, Shared: true}, store.LoginKey{Name: "address:" + address, Shared: true}
}

// PostSignOut ends the session.
func (s *Site) PostSignOut(c echo.Context, _ Visitor) error {
	if err := s.Sessions.end(c.Request(), c.Response()); err != nil {
		return err
	}
	c.Response().Header().Set("Clear-Site-Data", `"cache"`)
	return c.Redirect(http.StatusSeeOther, views.SignIn())
}

// LocalPath returns an address of this console, "/" for anything that could lead
// elsewhere.
func LocalPath(address string) string {
	u, err := url.Parse(address)
	if err != nil || !utf8.ValidString(address) || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.Contains(address, `\`) ||
		strings.ContainsFunc(address, unicode.IsControl) {
		return "/"
	}
	return address
}

func refererPath(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return "/"
	}
	return LocalPath(u.RequestURI())
}

// Busy says that too many ask at once, also in the answer's head.
func Busy(c echo.Context) string {
	c.Response().Header().Set("Retry-After", RetryAfter(secret.ErrBusy))
	return "Too many people are signing in right now. Try again in a few seconds."
}

// SlowDown says how long to wait, also in the answer's head.
func SlowDown(c echo.Context, wait time.Duration) string {
	seconds := int(wait/time.Second) + 1
	c.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
	return fmt.Sprintf("Too many attempts. Try again in %d s.", seconds)
}
