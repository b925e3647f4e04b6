package site

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
)

// sessionStore is a sessions.Store whose truth is a row in Postgres: the cookie
// holds a random token, the row its SHA-256, and deleting the row signs out.
type sessionStore struct {
	store         *store.Store
	crowd         *crowd
	now           func() time.Time
	idle, longest time.Duration
	cookie        string
	options       sessions.Options
}

const (
	tokenBytes = 32
	sessionKey = "session" // of Values: the store.Session found
)

func newSessionStore(c Config, crowd *crowd) *sessionStore {
	s := &sessionStore{
		store: c.Store, crowd: crowd, now: c.Now, idle: c.Idle, longest: c.Longest,
		cookie: "session",
		options: sessions.Options{Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
			MaxAge: int(c.Longest / time.Second)},
	}
	if c.PublicURL.Scheme == "https" {
		s.cookie, s.options.Secure = "__Host-session", true
	}
	return s
}

// Get returns the request's session, looked up once per request.
func (s *sessionStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New looks a session up by the request's cookie. A token that is unknown or
// whose session has ended gives a new, empty session.
func (s *sessionStore) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	options := s.options
	session.Options = &options
	session.IsNew = true
	cookie, err := r.Cookie(name)
	if err != nil {
		return session, nil
	}
	var found store.Session
	err = s.crowd.look(r, judge(s.store, sessionKind, cookie.Value, tokenBytes, tokenBytes+len(uuid.UUID{})),
		cookie.Value, func() (err error) {
			found, err = s.store.FindSession(r.Context(), hashOf(cookie.Value), s.now(), s.idle)
			return err
		})
	if errors.Is(err, store.ErrNotFound) {
		return session, nil
	}
	if err != nil {
		return session, err
	}
	session.ID, session.IsNew = cookie.Value, false
	session.Values[sessionKey] = found
	return session, nil
}

// Save ends the session that the request came with, which is all that is ever saved of one:
// start has as arguments what a new one takes.
func (s *sessionStore) Save(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	if err := s.endRow(r, session); err != nil {
		return err
	}
	session.Options.MaxAge = -1
	http.SetCookie(w, sessions.NewCookie(session.Name(), "", session.Options))
	return nil
}

// endRow deletes a session's row, if it has one.
func (s *sessionStore) endRow(r *http.Request, session *sessions.Session) error {
	found, ok := session.Values[sessionKey].(store.Session)
	if !ok {
		return nil
	}
	return s.store.EndSession(r.Context(), found.ID)
}

// The kinds of cookies, for their stamps.
const (
	sessionKind = "session"
	deviceKind  = "device"
)

// newToken makes the value of a cookie: random bytes, what follows them, and a
// stamp. A session's holds the operator's id, so that a form sent after the session
// can be held for them.
func newToken(s *store.Store, kind string, following ...byte) (string, error) {
	raw := make([]byte, tokenBytes, tokenBytes+len(following))
	rand.Read(raw)
	stamped, err := s.Stamp(kind, append(raw, following...))
	return base64.RawURLEncoding.EncodeToString(stamped), err
}

// judge reports what a cookie's value shows; lengths are those of its bytes without
// the stamp.
func judge(s *store.Store, kind, text string, lengths ...int) store.Trust {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return store.MadeUp
	}
	return s.Judge(kind, raw, lengths...)
}

// claimedOperator is the operator that a session's cookie names. One without a
// stamp proves nothing: it serves to seal a form for that operator, and for nothing
// else.
func claimedOperator(r *http.Request, cookie string) uuid.UUID {
	found, err := r.Cookie(cookie)
	if err != nil {
		return uuid.Nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(found.Value)
	named := tokenBytes + len(uuid.UUID{})
	if err != nil || len(raw) != named && len(raw) != named+store.StampBytes {
		return uuid.Nil
	}
	return uuid.UUID(raw[tokenBytes:named])
}

// Current returns the request's session, or errSignedOut.
func (s *sessionStore) Current(r *http.Request) (store.Session, error) {
	session, err := s.Get(r, s.cookie)
	if err != nil {
		return store.Session{}, err
	}
	found, ok := session.Values[sessionKey].(store.Session)
	if !ok {
		return store.Session{}, errSignedOut
	}
	return found, nil
}

// Lives looks the request's session up again and reports whether it still exists and opens
// a workspace. Streams call it, because they outlive a page, and the token of their request.
func (s *sessionStore) Lives(r *http.Request, workspace uuid.UUID) bool {
	found, err := s.Current(r)
	if err == nil {
		found, err = s.store.FindSessionByID(r.Context(), found.ID, s.now(), s.idle)
	}
	return err == nil && !slices.Contains(found.Barred, workspace)
}

// tokenHash is the SHA-256 of the token that the request's session has now; nil without one.
func (s *sessionStore) tokenHash(r *http.Request) []byte {
	session, err := s.Get(r, s.cookie)
	if err != nil || session.ID == "" {
		return nil
	}
	return hashOf(session.ID)
}

// renew has prove give the request's session another token, and gives it to the browser if
// prove says that the session has it.
func (s *sessionStore) renew(c echo.Context, operator uuid.UUID, prove func(store.Renewal) (bool, error)) error {
	session, err := s.Get(c.Request(), s.cookie)
	if err != nil {
		return err
	}
	token, err := newToken(s.store, sessionKind, operator[:]...)
	if err != nil {
		return err
	}
	renewed, err := prove(store.Renewal{Before: hashOf(session.ID), Token: hashOf(token)})
	if err != nil || !renewed {
		return err
	}
	session.ID = token
	http.SetCookie(c.Response(), sessions.NewCookie(session.Name(), token, session.Options))
	return nil
}

// start signs an operator in, or has a session that entered workspaces go on under a
// new token; see store.StartSession.
func (s *sessionStore) start(c echo.Context, o store.Opening) error {
	r := c.Request()
	traceOf(r.Context()).operator = o.Operator.ID
	session, err := s.Get(r, s.cookie)
	if err != nil {
		return err
	}
	token, err := newToken(s.store, sessionKind, o.Operator.ID[:]...)
	if err != nil {
		return err
	}
	o.TokenHash = hashOf(token)
	if o.EndsAt.IsZero() {
		o.EndsAt = s.now().Add(s.longest)
	}
	if err := s.store.StartSession(r.Context(), o, s.now()); err != nil {
		return err // the session that the request came with, of whatever operator, is left as it is
	}
	if o.Before == nil {
		if err := s.endRow(r, session); err != nil {
			return err
		}
	}
	session.ID = token
	http.SetCookie(c.Response(), sessions.NewCookie(session.Name(), token, session.Options))
	return nil
}

// OriginOf is where a request comes from.
func OriginOf(c echo.Context) store.Origin {
	return store.Origin{Address: c.RealIP(), Agent: c.Request().UserAgent()}
}

// end signs out.
func (s *sessionStore) end(r *http.Request, w http.ResponseWriter) error {
	session, err := s.Get(r, s.cookie)
	if err != nil {
		return err
	}
	return s.Save(r, w, session)
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

var _ sessions.Store = (*sessionStore)(nil)
