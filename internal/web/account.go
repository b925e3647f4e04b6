package web

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/views"
)

func (s *Server) getAccount(c echo.Context, v visitor) error {
	page := views.AccountPage{Said: c.QueryParam("done")}
	return s.showAccount(c, v, http.StatusOK, page)
}

// accountEventsShown is how many events of the account the page lists.
const accountEventsShown = 20

// showAccount fills in what the page shows in any case.
func (s *Server) showAccount(c echo.Context, v visitor, status int, page views.AccountPage) error {
	session, err := s.sessions.current(c.Request())
	if err != nil {
		return err
	}
	open, err := s.Store.Sessions(c.Request().Context(), v.operator.ID, s.Now(), s.Idle)
	if err != nil {
		return err
	}
	for _, o := range open {
		page.Sessions = append(page.Sessions, views.SessionRow{ID: o.ID.String(), Browser: browserName(o.Agent), Address: o.Address,
			Since: s.when(v, o.CreatedAt), Seen: s.when(v, o.SeenAt), This: o.ID == session.ID})
	}
	devices, err := s.Store.Devices(c.Request().Context(), v.operator.ID, s.Now())
	if err != nil {
		return err
	}
	here := s.deviceHash(c.Request())
	for _, d := range devices {
		page.Devices = append(page.Devices, views.SessionRow{ID: d.ID.String(), Browser: browserName(d.Agent), Address: d.Address,
			Since: s.when(v, d.CreatedAt), Seen: s.when(v, d.SeenAt), This: bytes.Equal(here, d.TokenHash)})
	}
	events, err := s.Store.AccountEvents(c.Request().Context(), v.operator.ID, accountEventsShown)
	if err != nil {
		return err
	}
	for _, e := range events {
		row := views.AccountEventRow{Kind: e.Kind, Address: e.Address, At: s.when(v, e.At)}
		if e.Agent != "" {
			row.Browser = browserName(e.Agent)
		}
		page.Events = append(page.Events, row)
	}
	page.Email, page.Theme, page.Density = v.operator.Email, v.operator.Theme, v.operator.Density
	if page.TimeZone.Error == "" {
		page.TimeZone.Value = v.operator.TimeZone
	}
	if zone := zoneOf(c.Request()); zone != nil {
		page.BrowserZone = zone.String()
	}
	return s.render(c, status, v, place{}, page)
}

func (s *Server) postPassword(c echo.Context, v visitor) error {
	form, err := formOf(c)
	if err != nil {
		return err
	}
	var page views.AccountPage
	operator, fault, status, err := s.ownPassword(c, v, form.Get("current"))
	if err != nil {
		return err
	}
	page.Current.Error = fault
	belongs, err := s.Store.WorkspacesOf(c.Request().Context(), v.operator.ID)
	if err != nil {
		return err
	}
	var names []string
	for _, w := range belongs {
		names = append(names, w.Name, w.Slug)
	}
	page.New.Error = PasswordFault(form.Get("new"), v.operator.Email, names...)
	if page.New.Error == "" && form.Get("new") == form.Get("current") {
		page.New.Error = "This is the password you have."
	}
	if page.Current.Error != "" || page.New.Error != "" {
		return s.showAccount(c, v, status, page)
	}
	hash, err := secret.HashPassword(c.Request().Context(), form.Get("new"))
	if err != nil {
		return err
	}
	if operator, err = s.Store.ChangePassword(c.Request().Context(), operator, hash, originOf(c), s.Now()); err != nil {
		return err
	}
	// This browser goes on with a new token: the one it had may have been copied.
	before, err := s.sessions.current(c.Request())
	if err != nil {
		return err
	}
	if err := s.startSession(c, operator, before.Entered...); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.AccountAfter("password"))
}

// postEndSession ends one of the operator's own sessions. One that is gone
// already is no trouble.
func (s *Server) postEndSession(c echo.Context, v visitor) error {
	form, err := formOf(c)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(form.Get("session"))
	if err != nil {
		return badRequest("The form does not name a session.")
	}
	err = s.Store.EndSessionByID(c.Request().Context(), v.operator.ID, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.AccountAfter("session"))
}

func (s *Server) postSignOutEverywhere(c echo.Context, v visitor) error {
	if _, err := formOf(c); err != nil {
		return err
	}
	ctx, known := c.Request().Context(), false
	if hash := s.deviceHash(c.Request()); hash != nil {
		_, err := s.Store.FindDevice(ctx, hash, v.operator.Email, s.Now())
		if known = err == nil; !known && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	operator, err := s.Store.EndAllSessions(ctx, v.operator, originOf(c), s.Now())
	if err != nil {
		return err
	}
	if known { // who signs out everywhere comes back by this browser
		if err := s.rememberDevice(c, operator); err != nil {
			return err
		}
	}
	return s.postSignOut(c, v)
}

// postPreferences takes any of the choices: the menu sends the theme alone.
func (s *Server) postPreferences(c echo.Context, v visitor) error {
	form, err := formOf(c)
	if err != nil {
		return err
	}
	p := store.Preferences{Theme: form.Get("theme"), Density: form.Get("density")}
	if !slices.Contains([]string{"", "auto", "light", "dark"}, p.Theme) || !slices.Contains([]string{"", "comfortable", "compact"}, p.Density) {
		return badRequest("The theme or the density is not one of the choices.")
	}
	if form.Has("time_zone") {
		zone := text.Key(form.Get("time_zone"))
		if zone != "" && zoneNamed(zone) == nil {
			return s.showAccount(c, v, http.StatusUnprocessableEntity, views.AccountPage{
				TimeZone: views.Input{Value: form.Get("time_zone"), Error: "There is no such time zone. Names look like Europe/London."}})
		}
		p.TimeZone = &zone
	}
	if err := s.Store.SetPreferences(c.Request().Context(), v.operator.ID, p); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, localPath(form.Get("next")))
}

// browserName puts what a browser calls itself into words: "Firefox on Windows".
// Browsers name others too, so the order counts.
func browserName(agent string) string {
	first := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	browser := first("Edg", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "FxiOS/", "Firefox", "CriOS/", "Chrome", "Chrome/", "Chrome", "Safari/", "Safari", "curl/", "curl")
	system := first("iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Windows", "Windows", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser+system != "":
		return browser + system
	}
	return "Another browser"
}

// postForgetDevice forgets one of the operator's own browsers. One that is gone
// already is no trouble.
func (s *Server) postForgetDevice(c echo.Context, v visitor) error {
	form, err := formOf(c)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(form.Get("device"))
	if err != nil {
		return badRequest("The form does not name a browser.")
	}
	if err := ignoreNotFound(s.Store.ForgetDevice(c.Request().Context(), v.operator.ID, id)); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.AccountAfter("device"))
}
