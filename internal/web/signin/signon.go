package signin

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"duodesk/internal/run/signon"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/signin"
)

// A provider is asked by a link and not by a form: browsers hold every redirect after a form
// against form-action of the content security policy, also those within the provider.

// getSignOnChoice asks for the workspace, whose page says nothing else of it than that it has
// single sign-on.
func (s *pages) getSignOnChoice(c echo.Context, _ site.Visitor) error {
	page := signin.SignOnChoicePage{Next: site.LocalPath(c.QueryParam("next"))}
	page.Workspace.Value = text.Key(c.QueryParam("workspace"))
	if page.Workspace.Value == "" {
		return s.Render(c, http.StatusOK, site.Visitor{}, site.Place{}, page)
	}
	place, problem, status, err := s.findPlace(c, page.Workspace.Value)
	switch {
	case err != nil:
		return err
	case problem != "":
		page.Workspace.Error = problem
		return s.Render(c, status, site.Visitor{}, site.Place{}, page)
	}
	return c.Redirect(http.StatusSeeOther, views.SignOnAndReturn(place.Slug, page.Next))
}

const noSignOn = "No workspace with this name has single sign-on."

// findPlace finds the place of a slug for a stranger. problem says why there is none, in the
// same words for a workspace that does not exist and one without a provider.
func (s *pages) findPlace(c echo.Context, slug string) (place signon.Place, problem string, status int, err error) {
	_, paced := s.LaneOf(c.Request())
	return s.findPlacePaced(c, slug, paced)
}

// findPlacePaced is findPlace with something else to be paced by.
func (s *pages) findPlacePaced(c echo.Context, slug, paced string) (place signon.Place, problem string, status int,
	err error) {
	ctx := c.Request().Context()
	lane, _ := s.LaneOf(c.Request())
	leave, wait, err := s.Crowd.Enter(ctx, lane, paced)
	switch {
	case errors.Is(err, secret.ErrBusy):
		return place, site.Busy(c), http.StatusServiceUnavailable, nil
	case err != nil:
		return place, "", 0, err
	case wait > 0:
		return place, site.SlowDown(c, wait), http.StatusTooManyRequests, nil
	}
	defer leave()
	place, err = s.SignOn.Find(ctx, slug)
	if errors.Is(err, store.ErrNotFound) {
		return place, noSignOn, http.StatusNotFound, nil
	}
	return place, "", http.StatusOK, err
}

func (s *pages) getSignOn(c echo.Context, _ site.Visitor) error {
	page := signin.SignOnPage{Workspace: c.Param("workspace"), Next: site.LocalPath(c.QueryParam("next"))}
	place, problem, status, err := s.findPlace(c, page.Workspace)
	if err != nil {
		return err
	}
	if problem == "" {
		page.Name = place.Name
		if session, err := s.Sessions.Current(c.Request()); err == nil && session.Own {
			page.SignedIn = session.Operator.Email
		}
	}
	page.Problem = problem
	return s.Render(c, status, site.Visitor{}, site.Place{}, page)
}

// getSignOnStart sends the browser to the provider.
func (s *pages) getSignOnStart(c echo.Context, _ site.Visitor) error {
	slug, next := c.Param("workspace"), site.LocalPath(c.QueryParam("next"))
	place, problem, status, err := s.findPlace(c, slug)
	if err != nil {
		return err
	}
	if problem != "" {
		return s.Render(c, status, site.Visitor{}, site.Place{}, signin.SignOnPage{Workspace: slug, Next: next,
			Problem: problem})
	}
	if site.OnlyHead(c.Request().Context()) { // which asks no provider
		return c.NoContent(http.StatusSeeOther)
	}
	browser, err := s.NameBrowser(c)
	if err != nil {
		return err
	}
	if len(next) > store.LongestNext {
		next = "/"
	}
	address, err := s.SignOn.Ask(c.Request().Context(), place, signon.Ask{Purpose: signon.SignIn, Browser: browser,
		Next: next}, s.lane(c))
	if err != nil {
		return s.signOnRefused(c, place, next, err)
	}
	return c.Redirect(http.StatusSeeOther, address)
}

// lane waits in the visitor's lane.
func (s *pages) lane(c echo.Context) func(context.Context) (func(), error) {
	return func(ctx context.Context) (func(), error) {
		lane, _ := s.LaneOf(c.Request())
		return lane.Enter(ctx)
	}
}

// refusedSignOn is all that a visitor learns.
const refusedSignOn = "Single sign-on did not let you in. Start again. If it goes on, ask an owner of the workspace: " +
	"the reason is on the workspace's page of single sign-on."

// signOnRefused answers a refusal: the reason is for the owners. Another error is returned.
func (s *pages) signOnRefused(c echo.Context, place signon.Place, next string, err error) error {
	var refused *signon.Refused
	if errors.Is(err, secret.ErrBusy) {
		return s.Render(c, http.StatusServiceUnavailable, site.Visitor{}, site.Place{},
			signin.SignOnPage{Workspace: place.Slug, Name: place.Name, Next: next, Problem: site.Busy(c)})
	}
	if !errors.As(err, &refused) {
		return err
	}
	ctx := c.Request().Context()
	s.Log.InfoContext(ctx, "single sign-on refused", "reason", refused.Reason, "address", c.RealIP())
	leave, err := s.lane(c)(ctx)
	if err != nil {
		return err
	}
	err = s.SignOn.Note(ctx, place.ID, refused, site.OriginOf(c))
	leave()
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusForbidden, site.Visitor{}, site.Place{}, signin.SignOnPage{Workspace: place.Slug,
		Name: place.Name, Next: next, Problem: refusedSignOn})
}

// getSignOnBack is where a provider sends the browser back to.
func (s *pages) getSignOnBack(c echo.Context, _ site.Visitor) error {
	slug := c.Param("workspace")
	_, paced := s.LaneOf(c.Request())
	if browser := s.BrowserHash(c); browser != nil { // an office that signs in at nine has one address
		paced = "back " + string(browser)
	}
	place, problem, status, err := s.findPlacePaced(c, slug, paced)
	if err != nil {
		return err
	}
	if problem != "" {
		return s.Render(c, status, site.Visitor{}, site.Place{}, signin.SignOnPage{Workspace: slug, Problem: problem})
	}
	if site.OnlyHead(c.Request().Context()) { // which uses nothing up
		return c.NoContent(http.StatusSeeOther)
	}
	taken, err := s.takeAnswer(c, place)
	if err == nil {
		var identity signon.Identity
		if identity, err = s.SignOn.Redeem(c.Request().Context(), taken, c.QueryParams()); err == nil {
			err = s.signedOn(c, taken, identity)
		}
	}
	if err != nil {
		return s.signOnRefused(c, place, taken.Next(), err)
	}
	return nil
}

// takeAnswer finds what the browser was sent for, in the visitor's lane.
func (s *pages) takeAnswer(c echo.Context, place signon.Place) (taken signon.Taken, err error) {
	ctx := c.Request().Context()
	var session []byte
	if _, err := s.Sessions.Current(c.Request()); err == nil { // which waits in a lane of its own
		session = s.BoundTo(c, site.Visitor{})
	}
	leave, err := s.lane(c)(ctx)
	if err != nil {
		return taken, err
	}
	defer leave()
	return s.SignOn.Take(ctx, place, c.QueryParam("state"), s.BrowserHash(c), session)
}

// signedOn does what the browser was sent for.
func (s *pages) signedOn(c echo.Context, taken signon.Taken, identity signon.Identity) error {
	switch taken.Purpose() {
	case signon.SignIn:
		return s.signInThrough(c, taken, identity)
	case signon.Link:
		return s.linked(c, taken, identity)
	}
	return s.proveThrough(c, taken, identity)
}

// signInThrough starts the session of the operator that an identity is linked to.
func (s *pages) signInThrough(c echo.Context, taken signon.Taken, identity signon.Identity) error {
	ctx := c.Request().Context()
	leave, err := s.lane(c)(ctx)
	if err != nil {
		return err
	}
	defer leave()
	operator, through, err := s.SignOn.Operator(ctx, taken, identity, site.OriginOf(c))
	if err != nil {
		return err
	}
	err = s.StartThrough(c, operator, through)
	if errors.Is(err, store.ErrEnded) {
		return signon.Changed()
	}
	if err != nil {
		return err
	}
	next := taken.Next()
	if next == "" || next == "/" {
		next = views.Workspace(taken.Slug)
	}
	return c.Redirect(http.StatusSeeOther, next)
}

// proveThrough keeps the proof for the form that waits, and leads back to it.
func (s *pages) proveThrough(c echo.Context, taken signon.Taken, identity signon.Identity) error {
	session, err := s.Sessions.Current(c.Request())
	if err != nil {
		return err
	}
	token, err := s.SignOn.KeepProof(c.Request().Context(), taken, identity, session.Operator)
	if err != nil {
		return err
	}
	return s.Proved(c, taken.Next(), token)
}
