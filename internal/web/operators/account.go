package operators

import (
	"bytes"
	"errors"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/operators"
)

func (s *pages) getAccount(c echo.Context, v site.Visitor) error {
	page := operators.AccountPage{Said: c.QueryParam("done")}
	return s.showAccount(c, v, http.StatusOK, page)
}

// accountEventsShown is how many events of the account the page lists.
const accountEventsShown = 20

// showAccount fills in what the page shows in any case.
func (s *pages) showAccount(c echo.Context, v site.Visitor, status int, page operators.AccountPage) error {
	session, err := s.Sessions.Current(c.Request())
	if err != nil {
		return err
	}
	open, err := s.Store.Sessions(c.Request().Context(), v.Operator.ID, s.Now(), s.Idle)
	if err != nil {
		return err
	}
	for _, o := range open {
		page.Sessions = append(page.Sessions, operators.SessionRow{ID: o.ID.String(), Browser: run.BrowserName(o.Agent),
			Address: o.Address,
			Since:   s.When(v, o.CreatedAt), Seen: s.When(v, o.SeenAt), This: o.ID == session.ID})
	}
	factors, err := s.Store.Factors(c.Request().Context(), v.Operator.ID)
	if err != nil {
		return err
	}
	page.Factors = len(factors)
	devices, err := s.Store.Devices(c.Request().Context(), v.Operator.ID, s.Now())
	if err != nil {
		return err
	}
	here := s.DeviceHash(c.Request())
	for _, d := range devices {
		page.Devices = append(page.Devices, operators.SessionRow{ID: d.ID.String(), Browser: run.BrowserName(d.Agent),
			Address: d.Address,
			Since:   s.When(v, d.CreatedAt), Seen: s.When(v, d.SeenAt), This: bytes.Equal(here, d.TokenHash)})
	}
	events, err := s.Store.AccountEvents(c.Request().Context(), v.Operator.ID, accountEventsShown)
	if err != nil {
		return err
	}
	for _, e := range events {
		row := operators.AccountEventRow{Kind: e.Kind, Address: e.Address, At: s.When(v, e.At)}
		if e.Agent != "" {
			row.Browser = run.BrowserName(e.Agent)
		}
		page.Events = append(page.Events, row)
	}
	page.Email, page.Theme, page.Density = v.Operator.Email, v.Operator.Theme, v.Operator.Density
	if page.TimeZone.Error == "" {
		page.TimeZone.Value = v.Operator.TimeZone
	}
	if zone := site.ZoneOf(c.Request()); zone != nil {
		page.BrowserZone = zone.String()
	}
	return s.Render(c, status, v, site.Place{}, page)
}

func (s *pages) postPassword(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	var page operators.AccountPage
	operator, fault, status, err := s.OwnPassword(c, v, form.Get("current"))
	if err != nil {
		return err
	}
	page.Current.Error = fault
	if page.New.Error, err = s.newPasswordFault(c, v, form.Get("current"), form.Get("new")); err != nil {
		return err
	}
	if page.Current.Error != "" || page.New.Error != "" {
		return s.showAccount(c, v, status, page)
	}
	if err := s.changePassword(c, operator, form.Get("new")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.AccountAfter("password"))
}

// changePassword stores an operator's new password, and gives this browser a new session: the token of the one
// before may have been copied.
func (s *pages) changePassword(c echo.Context, operator store.Operator, password string) error {
	hash, err := secret.HashPassword(c.Request().Context(), password)
	if err != nil {
		return err
	}
	if operator, err = s.Store.ChangePassword(c.Request().Context(), operator, hash, site.OriginOf(c),
		s.Now()); err != nil {
		return err
	}
	before, err := s.Sessions.Current(c.Request())
	if err != nil {
		return err
	}
	return s.StartSession(c, store.Opening{Operator: operator, Proof: before.Proof, Renewed: true,
		EndsAt: before.EndsAt, Entered: before.Entered, Barred: before.Barred, SignedOn: before.SignedOn})
}

// newPasswordFault says why an operator cannot take a new password; empty: they can.
func (s *pages) newPasswordFault(c echo.Context, v site.Visitor, current, password string) (string, error) {
	belongs, err := s.Store.WorkspacesOf(c.Request().Context(), v.Operator.ID)
	if err != nil {
		return "", err
	}
	var names []string
	for _, w := range belongs {
		names = append(names, w.Name, w.Slug)
	}
	fault := site.PasswordFault(password, v.Operator.Email, names...)
	if fault == "" && password == current {
		fault = "This is the password you have."
	}
	return fault, nil
}

// postEndSession ends one of the operator's own sessions. One that is gone
// already is no trouble.
func (s *pages) postEndSession(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(form.Get("session"))
	if err != nil {
		return site.BadRequest("The form does not name a session.")
	}
	err = s.Store.EndSessionByID(c.Request().Context(), v.Operator.ID, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.AccountAfter("session"))
}

func (s *pages) postSignOutEverywhere(c echo.Context, v site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	ctx, known := c.Request().Context(), false
	if hash := s.DeviceHash(c.Request()); hash != nil {
		_, err := s.Store.FindDevice(ctx, hash, v.Operator.Email, s.Now())
		if known = err == nil; !known && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	operator, err := s.Store.EndAllSessions(ctx, v.Operator, site.OriginOf(c), s.Now())
	if err != nil {
		return err
	}
	if known { // who signs out everywhere comes back by this browser
		if err := s.RememberDevice(c, operator); err != nil {
			return err
		}
	}
	return s.PostSignOut(c, v)
}

// postPreferences takes any of the choices: the menu sends the theme alone.
func (s *pages) postPreferences(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	p := store.Preferences{Theme: form.Get("theme"), Density: form.Get("density")}
	if !slices.Contains([]string{"", "auto", "light", "dark"}, p.Theme) ||
		!slices.Contains([]string{"", "comfortable", "compact"}, p.Density) {
		return site.BadRequest("The theme or the density is not one of the choices.")
	}
	if form.Has("time_zone") {
		zone := text.Key(form.Get("time_zone"))
		if zone != "" && site.ZoneNamed(zone) == nil {
			return s.showAccount(c, v, http.StatusUnprocessableEntity, operators.AccountPage{
				TimeZone: views.Input{Value: form.Get("time_zone"),
					Error: "No time zone has this name. Use one such as Europe/London or America/New_York."}})
		}
		p.TimeZone = &zone
	}
	if err := s.Store.SetPreferences(c.Request().Context(), v.Operator.ID, p); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, site.LocalPath(form.Get("next")))
}

// postForgetDevice forgets one of the operator's own browsers. One that is gone
// already is no trouble.
func (s *pages) postForgetDevice(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(form.Get("device"))
	if err != nil {
		return site.BadRequest("The form does not name a browser.")
	}
	if err := site.IgnoreNotFound(s.Store.ForgetDevice(c.Request().Context(), v.Operator.ID, id)); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.AccountAfter("device"))
}
