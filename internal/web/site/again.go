package site

import (
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// WhyNot says why Duo did not do something, and what to do: where it is known, at
// what time it can be tried again.
func (s *Site) WhyNot(v Visitor, api catalog.API, err error) string {
	why := run.ExplainFor(v.Organization, api, err)
	if again := s.againAt(v, err); again != "" {
		return why.Cause + " Try again at " + again + "."
	}
	if whom, _ := KeysFix(v, api, err); whom != "" {
		return why.Cause + " " + whom
	}
	return why.Cause + " " + why.Fix
}

// KeysFix says where the keys that an error is about can be put right, to who may,
// and who can help, to others; both are empty for other errors.
func KeysFix(v Visitor, api catalog.API, err error) (whom string, at views.Link) {
	if !run.KeysAtFault(err) {
		return "", at
	}
	unconnected, none := errors.AsType[*run.NotConnected](err)
	own := v.Organization.Kind == store.Own || api == catalog.Auth && v.Organization.Kind != store.Parent
	if none {
		own = unconnected.Own
	}
	whom = "An owner or an admin of all organizations can "
	switch {
	case own && v.Role >= catalog.Administrator:
		return "", views.Link{Text: "Open Connection", Href: views.Connection(v.Workspace.Slug, v.Organization.Slug)}
	case none && unconnected.API == "" && v.MayIntegrate():
		return "", views.Link{Text: "Open Integration", Href: views.Mapping(v.Workspace.Slug, "q", v.Organization.Name)}
	case !own && v.MayIntegrate():
		return "", views.Link{Text: "Open Integration", Href: views.Integration(v.Workspace.Slug)}
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
func (s *Site) againAt(v Visitor, err error) string {
	in := run.AgainIn(err)
	if in <= 0 {
		return ""
	}
	return secondOf(v, s.Now().Add(in+time.Second-1)) // to a full second, and not too early
}

// secondOf is a moment of today to the second.
func secondOf(v Visitor, t time.Time) string { return t.In(v.Location()).Format("15:04:05 MST") }

// Trouble says on a page what Duo did not answer. With an older list, of readAt, it
// says how old that is.
func (s *Site) Trouble(c echo.Context, err error, readAt time.Time, behind bool) *views.Trouble {
	v := remembered(c)
	retry := c.Request().URL.RequestURI()
	_, at := KeysFix(v, catalog.Admin, err)
	var unconnected *run.NotConnected
	switch {
	case errors.As(err, &unconnected):
		return &views.Trouble{Headline: "Not connected to Duo yet", Text: s.WhyNot(v, catalog.Admin, err), Link: at}
	case readAt.IsZero():
		text := s.WhyNot(v, catalog.Admin, err)
		return &views.Trouble{Headline: "This cannot be read from Duo now", Text: text, Retry: retry, Link: at}
	}
	text := "This is the list as of " + secondOf(v, readAt) + ". "
	if behind {
		text = "This is the list as of " + secondOf(v, readAt) + ", before the last change that was made here. "
	}
	return &views.Trouble{Headline: "An older list", Text: text + s.WhyNot(v, catalog.Admin, err),
		Retry: retry, Link: at}
}
