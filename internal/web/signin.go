package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/views"
)

func (s *Server) getSignIn(c echo.Context, _ visitor) error {
	next := localPath(c.QueryParam("next"))
	if _, err := s.sessions.current(c.Request()); err == nil {
		return c.Redirect(http.StatusSeeOther, next)
	}
	return s.render(c, http.StatusOK, visitor{}, place{}, views.SignInPage{Next: next})
}

// postSignIn answers alike, in words and in time, for names that exist and names
// that do not.
func (s *Server) postSignIn(c echo.Context, _ visitor) error {
	form, err := formOf(c)
	if err != nil {
		return err
	}
	page := views.SignInPage{Email: form.Get("email"), Next: localPath(form.Get("next"))}
	ctx := c.Request().Context()
	email := strings.ToLower(strings.TrimSpace(page.Email))
	own, account, address := loginKeys(email, c.RealIP())
	wait, err := s.Store.BeginLogin(ctx, s.Now(), own, account, address)
	if err != nil {
		return err
	}
	if wait > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		page.SlowDown = fmt.Sprintf("Too many attempts. Try again in %d s.", int(wait/time.Second)+1)
		return s.render(c, http.StatusTooManyRequests, visitor{}, place{}, page)
	}
	operator, err := s.Store.OperatorByEmail(ctx, email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	fits, renew, err := secret.CheckPassword(ctx, operator.PasswordHash, form.Get("password"))
	if err != nil {
		return err
	}
	if !fits || operator.Disabled {
		page.Error = "E-mail or password is wrong."
		if err := s.render(c, http.StatusUnprocessableEntity, visitor{}, place{}, page); err != nil {
			return err
		}
		// The record is written when the answer has gone, so that the time it takes
		// does not tell which names are known.
		c.Response().Flush()
		s.recordRefusedSignIn(c, operator)
		return nil
	}
	if renew {
		if hash, err := secret.HashPassword(ctx, form.Get("password")); err == nil {
			if err := s.Store.RenewPasswordHash(ctx, operator, hash); err != nil {
				return err
			}
		}
	}
	if err := s.Store.ForgiveLogin(ctx, own, account, address); err != nil {
		return err
	}
	if err := s.sessions.start(c.Request(), c.Response(), operator, s.signInRecord(c, operator)); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, page.Next)
}

// loginKeys are what attempts are counted by: the account from this address,
// which a few wrong guesses slow down; the account from anywhere and the address
// for any account, which take more, so that a stranger's guesses do not keep the
// operator out.
func loginKeys(email, address string) (own, account, shared store.LoginKey) {
	sum := sha256.Sum256([]byte(email))
	name := hex.EncodeToString(sum[:])
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() && !ip.Is4In6() {
		// Whoever has one IPv6 address has 2^64 of them.
		if prefix, err := ip.WithZone("").Prefix(64); err == nil {
			address = prefix.String()
		}
	}
	return store.LoginKey{Name: "account:" + name + " from " + address},
		store.LoginKey{Name: "account:" + name, Shared: true}, store.LoginKey{Name: "address:" + address, Shared: true}
}

func (s *Server) postSignOut(c echo.Context, _ visitor) error {
	if err := s.sessions.end(c.Request(), c.Response()); err != nil {
		return err
	}
	c.Response().Header().Set("Clear-Site-Data", `"cache"`)
	return c.Redirect(http.StatusSeeOther, views.SignIn())
}

func (s *Server) postPreferences(c echo.Context, v visitor) error {
	form, err := formOf(c)
	if err != nil {
		return err
	}
	theme := form.Get("theme")
	if theme != "auto" && theme != "light" && theme != "dark" {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	if err := s.Store.SetTheme(c.Request().Context(), v.operator.ID, theme); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, localPath(form.Get("next")))
}

// localPath returns an address of this console, "/" for anything that could lead
// elsewhere.
func localPath(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.Contains(address, `\`) || strings.ContainsFunc(address, unicode.IsControl) {
		return "/"
	}
	return address
}

func refererPath(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return "/"
	}
	return localPath(u.RequestURI())
}
