package site

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
)

// visitTime is how long a page waits until a visit is written.
const visitTime = 2 * time.Second

// noteOpened remembers that a visitor opened an organization's page. Forms, streams, files and HEAD open none.
func (s *Site) noteOpened(c echo.Context, v Visitor) {
	if v.Organization.ID == uuid.Nil || c.Request().Method != http.MethodGet ||
		c.Request().Header.Get("Accept") == "text/event-stream" {
		return
	}
	if v.opened == nil || s.Now().Sub(*v.opened) >= store.VisitEvery {
		s.noteVisit(c.Request().Context(), v, store.Visit{})
	}
}

// NoteUser remembers that a visitor opened the page of a user of the organization.
func (s *Site) NoteUser(ctx context.Context, v Visitor, id, name string) {
	s.noteVisit(ctx, v, store.Visit{UserID: id, Name: cut(name, 300), Account: v.Organization.Account()})
}

// ForgetUser drops a user from those that the visitor opened, as Duo has none of the id. The page is answered
// without it too.
func (s *Site) ForgetUser(ctx context.Context, v Visitor, id string) {
	if v.Token.ID != uuid.Nil || OnlyHead(ctx) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, visitTime)
	defer cancel()
	err := s.Store.InWorkspace(ctx, v.Membership, func(tx *store.Tx) error {
		return tx.ForgetUser(ctx, v.Operator.ID, v.Organization.ID, id)
	})
	if err != nil {
		s.Log.InfoContext(ctx, "a visit was not forgotten", "error", err)
	}
}

// noteVisit writes a visit. It is a convenience: a page is shown without it.
func (s *Site) noteVisit(ctx context.Context, v Visitor, visit store.Visit) {
	if OnlyHead(ctx) || v.Token.ID != uuid.Nil {
		return
	}
	visit.Organization, visit.At = v.Organization.ID, s.Now()
	ctx, cancel := context.WithTimeout(ctx, visitTime)
	defer cancel()
	err := s.Store.InWorkspace(ctx, v.Membership,
		func(tx *store.Tx) error { return tx.NoteVisit(ctx, v.Operator.ID, visit) })
	if err != nil {
		s.Log.InfoContext(ctx, "a visit was not kept", "error", err)
	}
}

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}
