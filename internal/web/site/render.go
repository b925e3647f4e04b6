package site

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// Place is where a page stands in the shell.
type Place struct {
	Section string // rail entry
	Tab     string // of an organization
	Flash   []views.Flash
	Tried   views.Tried
	Waits   bool // the page is read again until what it waits for has come
}

// standsAt is where an organization's page stands that could not be drawn: its
// address tells.
func standsAt(c echo.Context) Place {
	tab, _, _ := strings.Cut(strings.TrimPrefix(c.Path(), "/w/:ws/o/:org/"), "/")
	return Place{Tab: tab}
}

// switcherSize is how many organizations the switcher offers without typing.
const switcherSize = 12

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render draws a page into its shell and sends it in one piece, so that a page
// that cannot be drawn can still become an error page.
func (s *Site) Render(c echo.Context, status int, v Visitor, at Place, page views.Page) error {
	if begun := BegunEarly(c); begun != nil {
		return s.renderRest(c, begun, s.shell(c, v, at), page)
	}
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	// What was done must be told even when its time is over: the page may be the
	// only place where a bypass code is shown.
	ctx := context.WithoutCancel(c.Request().Context())
	if v.beside != nil {
		ctx = views.WithTicket(ctx, v.beside.ticket)
	}
	if err := views.Layout(s.shell(c, v, at), page).Render(ctx, b); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	c.Response().WriteHeader(status)
	_, err := c.Response().Write(b.Bytes())
	return err
}

// shell surrounds a page.
func (s *Site) shell(c echo.Context, v Visitor, at Place) views.Shell {
	shell := views.Shell{
		Theme: v.Operator.Theme, Density: v.Operator.Density, Here: here(c.Request()), Operator: v.Operator.Email,
		Section: at.Section, Tab: at.Tab, Sandbox: s.Sandbox, Flash: at.Flash, Tried: at.Tried,
	}
	if v.Operator.ID != uuid.Nil && v.Proof.Kind == "" {
		shell.NoFactor = &views.When{}
		if !v.GraceUntil.IsZero() {
			until := s.Until(v, v.GraceUntil)
			shell.NoFactor = &until
		}
	}
	if at.Waits {
		shell.Refresh = refreshEvery
	}
	if v.Workspace.ID == uuid.Nil {
		return shell
	}
	shell.Role, shell.Workspace, shell.WorkspaceName = v.Role.String(), v.Workspace.Slug, v.Workspace.Name
	if v.Organization.ID != uuid.Nil {
		tag := words.TagOf(v.Organization)
		shell.Organization = &tag
		shell.Section = "organizations"
	}
	for _, o := range v.first {
		if o.Recent {
			shell.Recent = append(shell.Recent, words.Tag(o))
		} else {
			shell.Switcher = append(shell.Switcher, words.Tag(o))
		}
	}
	shell.Notices = v.notices
	shell.Printed = printed(v, s.Now())
	shell.OrganizationsTotal = v.organizations
	return shell
}

// printed says on paper who printed a page and when. A page is printed soon after it is read; the script knows better.
func printed(v Visitor, now time.Time) views.Printed {
	at := now.In(v.Location())
	return views.Printed{At: at.Format("2 Jan 2006, 15:04:05 MST"), Day: at.Format("2 Jan 2006"),
		Zone: v.Location().String()}
}

// here is the address to come back to after a change of theme: a page, not the
// answer to a form.
func here(r *http.Request) string {
	if r.Method == http.MethodGet {
		return LocalPath(r.URL.RequestURI())
	}
	return refererPath(r)
}

// FlashOf reads what an address says was just done: the run that ?run= names.
func (s *Site) FlashOf(ctx context.Context, c echo.Context, v Visitor) ([]views.Flash, error) {
	done, err := s.DoneHere(ctx, c, v)
	return done.Flash, err
}

func flashOf(v Visitor, done store.Run) views.Flash {
	level := "ok"
	switch {
	case done.Answer == string(catalog.Denied) || done.Answer == string(catalog.Fraud) ||
		done.Answer == string(catalog.LockedOut):
		level = "bad"
	case done.State != store.Applied:
		level = "warn"
	}
	switch {
	case done.Unclear():
		done.Summary = words.UnclearWords(done, v.clock)
	case done.State == store.Sending:
		done.Summary = "This is still waiting for an answer."
	}
	return views.Flash{Level: level, Text: done.Summary,
		Link: views.Link{Text: "Open the run", Href: RunAddress(v, done)}}
}

// When puts a moment into words for the page, in the visitor's time zone. The
// clock time names it.
func (s *Site) When(v Visitor, t time.Time) views.When {
	if t.IsZero() {
		return views.When{}
	}
	return views.When{ISO: t.UTC().Format(time.RFC3339),
		Text: words.ClockText(t.In(v.Location()), s.Now().In(v.Location())), Ago: words.Distance(s.Now().Sub(t))}
}
