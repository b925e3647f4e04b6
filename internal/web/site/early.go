package site

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	"duodesk/views"
)

// readPatience is how long a request reads from Duo, all in all: a page has to be
// there in ten seconds.
const readPatience = 9 * time.Second

// early is a page that was begun before its content was known, because Duo takes
// its time: its head and "Asking Duo…" are sent, and render sends the rest. So it
// is one answer, with or without scripts, and also for a program that waits for
// its end. Its status is 200, whatever comes.
type early struct {
	begun bool
	rest  []byte // from behind the content
}

const earlyKey = "early"

// patience lets a request wait for Duo as long as a page may take. A page that is
// asked for begins after a second; what htmx asks for does not, since it is put
// into a page that is there.
func (s *Site) patience(c echo.Context, r Route) context.Context {
	p := run.NewPatience(readPatience)
	if r.Method == http.MethodGet && !r.Policy.Token && c.Request().Header.Get("HX-Request") == "" {
		page := &early{}
		c.Set(earlyKey, page)
		p.After = s.AskingAfter
		p.Asking = func() { s.beginEarly(c, page) }
	}
	return run.WithPatience(c.Request().Context(), p)
}

// BegunEarly returns a page that was begun and whose content is still to come; nil
// if there is none.
func BegunEarly(c echo.Context) *early {
	if page, ok := c.Get(earlyKey).(*early); ok && page.begun && page.rest != nil {
		return page
	}
	return nil
}

func (s *Site) beginEarly(c echo.Context, page *early) {
	if page.begun || c.Response().Committed {
		return
	}
	page.begun = true
	ctx, v, at := c.Request().Context(), remembered(c), standsAt(c)
	var whole bytes.Buffer
	note := views.AskingPage{Heading: headingOf(c, v)}
	if err := views.Layout(s.shell(c, v, at), note).Render(context.WithoutCancel(ctx), &whole); err != nil {
		s.Log.ErrorContext(ctx, "page could not be begun", "error", err)
		return
	}
	head, rest, found := bytes.Cut(whole.Bytes(), []byte(views.Later))
	if !found {
		return
	}
	page.rest = rest
	h := c.Response().Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // of nginx
	c.Response().WriteHeader(http.StatusOK)
	// A client that has gone does not read it.
	_, _ = c.Response().Write(head)
	_ = http.NewResponseController(c.Response()).Flush()
}

// headingOf is the title of an address's page, before what it is about is known.
func headingOf(c echo.Context, v Visitor) string {
	if v.Organization.Slug == "" {
		return "Asking Duo"
	}
	switch tab := standsAt(c).Tab; tab {
	case "users":
		return "Users"
	case "phones":
		return "Phones"
	case "bypass-codes":
		return "Bypass codes"
	case "settings":
		return "Settings"
	case "actions":
		return "Action"
	}
	return v.Organization.Name
}

// renderRest sends the content of a page that was begun, and its end.
func (s *Site) renderRest(c echo.Context, begun *early, shell views.Shell, page views.Page) error {
	rest := begun.rest
	begun.rest = nil
	var b bytes.Buffer
	if err := views.Content(shell, page).Render(context.WithoutCancel(c.Request().Context()), &b); err != nil {
		begun.rest = rest // an error page may still fit
		return err
	}
	b.Write(rest)
	_, err := c.Response().Write(b.Bytes())
	return err
}
