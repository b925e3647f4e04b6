package web

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
	"duodesk/views"
)

// place is where a page stands in the shell.
type place struct {
	section string // rail entry
	tab     string // of an organization
	flash   []views.Flash
	tried   views.Tried
	waits   bool // the page is read again until what it waits for has come
	bare    bool // the database is in trouble, and is not asked for more
}

// standsAt is where an organization's page stands that could not be drawn: its
// address tells.
func standsAt(c echo.Context) place {
	tab, _, _ := strings.Cut(strings.TrimPrefix(c.Path(), "/w/:ws/o/:org/"), "/")
	return place{tab: tab}
}

// switcherSize is how many organizations the switcher offers without typing.
const switcherSize = 12

// switcherTime bounds how long a page waits for it.
const switcherTime = 2 * time.Second

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// render draws a page into its shell and sends it in one piece, so that a page
// that cannot be drawn can still become an error page.
func (s *Server) render(c echo.Context, status int, v visitor, at place, page views.Page) error {
	if begun := begunEarly(c); begun != nil {
		return s.renderRest(c, begun, s.shell(c, v, at), page)
	}
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	// What was done must be told even when its time is over: the page may be the
	// only place where a bypass code is shown.
	if err := views.Layout(s.shell(c, v, at), page).Render(context.WithoutCancel(c.Request().Context()), b); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	c.Response().WriteHeader(status)
	_, err := c.Response().Write(b.Bytes())
	return err
}

// shell surrounds a page. Without the database it lacks the switcher, no more.
func (s *Server) shell(c echo.Context, v visitor, at place) views.Shell {
	shell := views.Shell{
		Theme: v.operator.Theme, Density: v.operator.Density, Here: here(c.Request()), Operator: v.operator.Email,
		Section: at.section, Tab: at.tab, Sandbox: s.Sandbox, Flash: at.flash, Tried: at.tried,
	}
	if at.waits {
		shell.Refresh = refreshEvery
	}
	if v.workspace.ID == uuid.Nil {
		return shell
	}
	shell.Role, shell.Workspace, shell.WorkspaceName = v.role.String(), v.workspace.Slug, v.workspace.Name
	if v.organization.ID != uuid.Nil {
		tag := tagOf(v.organization)
		shell.Organization = &tag
		shell.Section = "organizations"
	}
	if at.bare {
		return shell
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), switcherTime)
	defer cancel()
	err := s.Store.InWorkspace(ctx, v.membership, func(tx *store.Tx) error {
		first, total, err := tx.FirstOrganizations(ctx, switcherSize)
		for _, o := range first {
			shell.Switcher = append(shell.Switcher, views.OrganizationTag(o))
		}
		shell.OrganizationsTotal = total
		return err
	})
	if err != nil {
		s.Log.WarnContext(ctx, "page drawn without the switcher", "error", err)
	}
	return shell
}

// here is the address to come back to after a change of theme: a page, not the
// answer to a form.
func here(r *http.Request) string {
	if r.Method == http.MethodGet {
		return localPath(r.URL.RequestURI())
	}
	return refererPath(r)
}

// flashOf reads what an address says was just done: the run that ?run= names.
func (s *Server) flashOf(ctx context.Context, c echo.Context, v visitor) ([]views.Flash, error) {
	id, err := uuid.Parse(c.QueryParam("run"))
	if err != nil {
		return nil, nil
	}
	var done store.Run
	err = s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) (err error) {
		done, err = tx.Run(ctx, id)
		return err
	})
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	level := "ok"
	switch {
	case done.Answer == string(catalog.Denied) || done.Answer == string(catalog.Fraud) || done.Answer == string(catalog.LockedOut):
		level = "bad"
	case done.State != store.Applied:
		level = "warn"
	}
	switch {
	case done.Unclear():
		done.Summary = unclearWords(done, v.clock)
	case done.State == store.Sending:
		done.Summary = "This is still waiting for an answer."
	}
	return []views.Flash{{Level: level, Text: done.Summary, Link: views.Link{Text: "Open the run", Href: runAddress(v, done)}}}, nil
}

// when puts a moment into words for the page, in the visitor's time zone. The
// clock time names it.
func (s *Server) when(v visitor, t time.Time) views.When {
	if t.IsZero() {
		return views.When{}
	}
	return views.When{ISO: t.UTC().Format(time.RFC3339), Text: clockText(t.In(v.location()), s.Now().In(v.location())), Ago: distance(s.Now().Sub(t))}
}
