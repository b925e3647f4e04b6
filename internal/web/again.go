package web

import (
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// whyNot says why Duo did not do something, and what to do: where it is known, at
// what time it can be tried again.
func (s *Server) whyNot(v visitor, api catalog.API, err error) string {
	why := run.ExplainFor(v.organization, api, err)
	if again := s.againAt(v, err); again != "" {
		return why.Cause + " Try again at " + again + "."
	}
	if whom, _ := keysFix(v, api, err); whom != "" {
		return why.Cause + " " + whom
	}
	return why.Cause + " " + why.Fix
}

// keysFix says where the keys that an error is about can be put right, to who may,
// and whom to ask, to others; both are empty for other errors.
func keysFix(v visitor, api catalog.API, err error) (whom string, at views.Link) {
	if !run.KeysAtFault(err) {
		return "", at
	}
	unconnected, none := errors.AsType[*run.NotConnected](err)
	own := v.organization.Kind == store.Own || api == catalog.Auth && v.organization.Kind != store.Parent
	if none {
		own = unconnected.Own
	}
	whom = "An owner or an admin of all organizations can "
	switch {
	case own && v.role >= catalog.Administrator:
		return "", views.Link{Text: "Open Connection", Href: views.Connection(v.workspace.Slug, v.organization.Slug)}
	case !own && v.mayIntegrate():
		return "", views.Link{Text: "Open Integration", Href: views.Integration(v.workspace.Slug)}
	case own:
		whom = "An owner or admin can "
	}
	switch {
	case none && unconnected.API == "":
		return whom + "map it.", at
	case none:
		return whom + "add them.", at
	}
	return whom + "correct the keys.", at
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
	retry := c.Request().URL.RequestURI()
	_, at := keysFix(v, catalog.Admin, err)
	var unconnected *run.NotConnected
	switch {
	case errors.As(err, &unconnected):
		return &views.Trouble{Headline: "Not connected to Duo yet", Text: s.whyNot(v, catalog.Admin, err), Link: at}
	case readAt.IsZero():
		text := s.whyNot(v, catalog.Admin, err)
		return &views.Trouble{Headline: "This cannot be read from Duo now", Text: text, Retry: retry, Link: at}
	}
	text := "This is the list as of " + secondOf(v, readAt) + ". "
	if behind {
		text = "This is the list as of " + secondOf(v, readAt) + ", before the last change that was made here. "
	}
	return &views.Trouble{Headline: "An older list", Text: text + s.whyNot(v, catalog.Admin, err), Retry: retry, Link: at}
}
