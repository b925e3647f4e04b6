package site

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
)

// deviceCookie is the name of the cookie by which a browser is known in which
// operators have signed in. It outlives sessions and gives no access.
func (s *Site) deviceCookie() string {
	if s.PublicURL.Scheme == "https" {
		return "__Host-device"
	}
	return "device"
}

// DeviceHash is the SHA-256 of the cookie that a request came with; nil without.
func (s *Site) DeviceHash(r *http.Request) []byte {
	cookie, err := r.Cookie(s.deviceCookie())
	if err != nil {
		return nil
	}
	return hashOf(cookie.Value)
}

// attemptKeys are what a sign-in by an email is counted by, its own key first. In
// a browser where that operator has signed in before, that is the browser alone:
// neither strangers nor a whole office can use its attempts up.
func (s *Site) attemptKeys(c echo.Context, email string) (own store.LoginKey, shared []store.LoginKey, err error) {
	if hash := s.DeviceHash(c.Request()); hash != nil {
		device, err := s.Store.FindDevice(c.Request().Context(), hash, email, s.Now())
		if err == nil {
			return store.LoginKey{Name: "device:" + device.String()}, nil, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return own, nil, err
		}
	}
	own, account, address := LoginKeys(email, c.RealIP())
	return own, []store.LoginKey{account, address}, nil
}

// LaneOf is where a request without a session waits, and what its attempts are paced
// by: a known browser's do not wait behind strangers'. Whose browser it is does not
// matter yet.
func (s *Site) LaneOf(r *http.Request) (l Lane, paced string) {
	cookie, err := r.Cookie(s.deviceCookie())
	if err == nil && judge(s.Store, deviceKind, cookie.Value, tokenBytes) == store.Proved {
		return s.Crowd.known, string(hashOf(cookie.Value))
	}
	return s.Crowd.Strangers, Network(s.Crowd.address(r))
}

// ownKeys are what attempts are counted by that come from a live session: nobody else's
// guesses count against it. A session that a workspace's provider began is no sign that the
// operator asks, and a provider can begin any number of them: its guesses count like those of
// strangers.
func (s *Site) ownKeys(c echo.Context, v Visitor) (own store.LoginKey, shared []store.LoginKey, err error) {
	session, err := s.Sessions.Current(c.Request())
	if err == nil && !session.Own {
		return s.attemptKeys(c, v.Operator.Email)
	}
	return store.LoginKey{Name: "session:" + session.ID.String()}, nil, err
}

// StartSession begins a session and remembers the browser; see store.StartSession.
func (s *Site) StartSession(c echo.Context, o store.Opening) error {
	o.From = OriginOf(c)
	o.From.Device = s.DeviceHash(c.Request())
	if err := s.Sessions.start(c, o); err != nil {
		return err
	}
	return s.RememberDevice(c, o.Operator)
}

// RememberDevice gives the browser a new cookie, in the place of any it came with.
func (s *Site) RememberDevice(c echo.Context, operator store.Operator) error {
	token, err := newToken(s.Store, deviceKind)
	if err != nil {
		return err
	}
	if err := s.Store.RememberDevice(c.Request().Context(), operator, s.DeviceHash(c.Request()), hashOf(token),
		OriginOf(c), s.Now()); err != nil {
		return err
	}
	http.SetCookie(c.Response(), &http.Cookie{Name: s.deviceCookie(), Value: token, Path: "/", HttpOnly: true,
		Secure:   s.PublicURL.Scheme == "https",
		SameSite: http.SameSiteStrictMode, MaxAge: int(store.DeviceLife / time.Second)})
	return nil
}
