package web

import (
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/views"
)

// whyNot says why Duo did not do something, and what to do: where it is known, at
// what time it can be tried again.
func (s *Server) whyNot(v visitor, api catalog.API, err error) string {
	why := run.ExplainFor(v.organization, api, err)
	if again := s.againAt(v, err); again != "" {
		return why.Cause + " Try again at " + again + "."
	}
	return why.Cause + " " + why.Fix
}

// againAt is the time at which Duo can be asked again; empty if that is not known.
func (s *Server) againAt(v visitor, err error) string {
	in := run.AgainIn(err)
	if in <= 0 {
		return ""
	}
	return secondOf(v, s.Now().Add(in+time.Second-1)) // to a full second, and not too early
}

// secondOf is a moment of today to the second.
func secondOf(v visitor, t time.Time) string { return t.In(v.location()).Format("15:04:05 MST") }

// trouble says on a page what Duo did not answer. With an older list, of readAt, it
// says how old that is.
func (s *Server) trouble(c echo.Context, err error, readAt time.Time, behind bool) *views.Trouble {
	v := remembered(c)
	why, retry := run.ExplainFor(v.organization, catalog.Admin, err), c.Request().URL.RequestURI()
	var unconnected *run.NotConnected
	switch {
	case errors.As(err, &unconnected):
		return &views.Trouble{Headline: "Not connected to Duo yet", Text: why.Cause + " " + why.Fix}
	case readAt.IsZero():
		text := s.whyNot(v, catalog.Admin, err)
		return &views.Trouble{Headline: "This cannot be read from Duo now", Text: text, Retry: retry}
	}
	text := "This is the list as of " + secondOf(v, readAt) + ". "
	if behind {
		text = "This is the list as of " + secondOf(v, readAt) + ", before the last change that was made here. "
	}
	return &views.Trouble{Headline: "An older list", Text: text + s.whyNot(v, catalog.Admin, err), Retry: retry}
}
