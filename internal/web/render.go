package web

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
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

func clockText(t, now time.Time) string {
	switch {
	case t.Year() == now.Year() && t.YearDay() == now.YearDay():
		return t.Format("15:04 MST")
	case t.Year() == now.Year():
		return t.Format("2 Jan, 15:04 MST")
	}
	return t.Format("2 Jan 2006")
}

func distance(d time.Duration) string {
	ago, in := " ago", ""
	if d < 0 {
		d, ago, in = -d, "", "in "
	}
	count := func(unit time.Duration, noun string) string {
		return in + strconv.Itoa(int(d.Round(unit)/unit)) + noun + ago
	}
	switch {
	case d.Round(time.Second) < 2*time.Second:
		return "just now"
	case d.Round(time.Second) < time.Minute:
		return count(time.Second, " s")
	case d.Round(time.Minute) < time.Hour:
		return count(time.Minute, " min")
	case d.Round(time.Hour) < 48*time.Hour:
		return count(time.Hour, " h")
	}
	return count(24*time.Hour, " days")
}

func tagOf(o store.Organization) views.OrganizationTag {
	return views.OrganizationTag{Slug: o.Slug, Name: o.Name, Colour: o.Colour}
}

// pageOf reads which page of a list is asked for, from 1.
func pageOf(c echo.Context) int {
	n, err := strconv.Atoi(c.QueryParam("page"))
	if err != nil || n < 1 || n > 1_000_000 {
		return 1
	}
	return n
}

// pagerOf describes page n of a list in pages of size; address makes the address
// of another page.
func pagerOf(n, size, total int, noun string, address func(page int) string) views.Pager {
	p := views.Pager{From: min((n-1)*size+1, total), To: min(n*size, total), Total: total, Noun: noun}
	if n > 1 {
		p.Previous = address(n - 1)
	}
	if n*size < total {
		p.Next = address(n + 1)
	}
	return p
}

// slice cuts page n out of a list that is held whole.
func slice[T any](items []T, n, size int) []T {
	from := min((n-1)*size, len(items))
	return items[from:min(from+size, len(items))]
}

// query is the search text of an address.
func query(c echo.Context) string { return searched(c.QueryParam("q")) }

// longestSearch is how many characters of a search are read.
const longestSearch = 300

// searched cleans a search text: what is searched is folded, so that the very text
// of a name finds it.
func searched(typed string) string {
	typed = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(typed, ""))
	typed = text.Line(typed)
	return string([]rune(typed)[:min(longestSearch, utf8.RuneCountInString(typed))])
}
