package site

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/task"
)

var (
	errNoToken      = errors.New("web: no valid access token")
	errSessionInAPI = errors.New("web: a session in a request to the API")
)

// isAPI reports whether a request is for the addresses of programs.
func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

// admitToken lets a program in by its access token. The role and the scope are
// what the token and the membership both give now.
func (s *Site) admitToken(c echo.Context, p Policy) (Visitor, error) {
	v := Visitor{from: OriginOf(c)}
	r := c.Request()
	if _, err := r.Cookie(s.Sessions.cookie); err == nil {
		return v, errSessionInAPI
	}
	text, err := bearer(r)
	if err != nil {
		return v, err
	}
	var token store.Token
	var operator store.Operator
	err = s.Crowd.look(r, s.Members.TokenTrust(text), text, func() (err error) {
		token, operator, err = s.Members.Token(r.Context(), text, v.from.Address)
		return err
	})
	if errors.Is(err, store.ErrElsewhere) {
		s.noteRefused(r.Context(), token, v.from.Address)
	}
	if errors.Is(err, store.ErrNotFound) {
		return v, errNoToken
	}
	if err != nil {
		return v, err
	}
	now := s.Now()
	v.Operator, v.Token = operator, run.ByToken{ID: token.ID, Name: token.Name, At: now,
		Acts: token.Acts}
	if wait := s.pace.Take(token.ID.String(), now); wait > 0 {
		return v, &tooFast{wait}
	}
	_, err = v.enter(c, p, catalog.ParseRole(token.Role), func(ws, organization string) (store.Access, error) {
		return s.Store.AccessBy(r.Context(), token, v.from.Address, ws, organization)
	})
	if errors.Is(err, store.ErrElsewhere) { // the ranges of the workspace have just changed
		err = errNoToken
	}
	return v, err
}

// noteRefused keeps, for the operator of a token that is not admitted from an address, that it was
// used from there. It is written apart from the answer, which takes as long as that to a token that
// does not exist.
func (s *Site) noteRefused(ctx context.Context, token store.Token, from string) {
	if s.refusals.Take(token.ID.String(), s.Now()) > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	_ = task.Go(ctx, s.Log, "note a refused access token", func() error {
		defer cancel()
		err := s.Store.NoteRefused(ctx, token, from, s.Now())
		if err != nil {
			s.Log.ErrorContext(ctx, "a refused access token could not be noted", "error", err)
		}
		return err
	})
}

// bearer returns the token of a request that has exactly one.
func bearer(r *http.Request) (string, error) {
	all := r.Header.Values("Authorization")
	if len(all) != 1 {
		return "", errNoToken
	}
	scheme, text, _ := strings.Cut(all[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", errNoToken
	}
	return strings.TrimSpace(text), nil
}
