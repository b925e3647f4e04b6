package setup

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// keysHandler answers a form or a button about keys.
type keysHandler func(c echo.Context, v site.Visitor, keys runsetup.Keys) error

// ofNine hands on the keys of the workspace's three APIs.
func ofNine(handle keysHandler) site.Handler {
	return func(c echo.Context, v site.Visitor) error { return handle(c, v, runsetup.Nine()) }
}

// ofAPI hands on the workspace's keys of the API that the address names.
func ofAPI(handle keysHandler) site.Handler {
	return func(c echo.Context, v site.Visitor) error { return handle(c, v, runsetup.OfWorkspace(c.Param("api"))) }
}

// ownAdmin hands on the organization's own keys of the Admin API, ownAuth those of the
// Auth API: for the connection that the form was opened for.
func (s *pages) ownAdmin(handle keysHandler) site.Handler { return s.own(store.AdminAPI, handle) }
func (s *pages) ownAuth(handle keysHandler) site.Handler  { return s.own(store.AuthAPI, handle) }

func (s *pages) own(api string, handle keysHandler) site.Handler {
	return s.bound(func(c echo.Context, v site.Visitor) error {
		return handle(c, v, runsetup.OfOrganization(v.Organization, api))
	})
}

// postKeys saves keys and checks them.
func (s *pages) postKeys(c echo.Context, v site.Visitor, keys runsetup.Keys) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	refused, cleaned, err := s.SaveKeys(c, v, v.Scope, keys, typedKeys(form, keys))
	if err != nil {
		return err
	}
	if refused == nil {
		return c.Redirect(http.StatusSeeOther, savedAddress(v, keys, cleaned))
	}
	page, cards, at, err := s.keysPage(c, v, keys)
	if err != nil {
		return err
	}
	cards.set(keys, site.ByField(refused.Faults), refused.Notes)
	return s.Render(c, http.StatusUnprocessableEntity, v, at, page)
}

// postFillKeys fills the boxes of keys in from a text that was pasted. Nothing but the
// draft is saved by it.
func (s *pages) postFillKeys(c echo.Context, v site.Visitor, keys runsetup.Keys) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	did, err := s.Setup.FillKeys(c.Request().Context(), v.Scope, v.Actor(), keys, form.Get(keys.Paste()),
		typedKeys(form, keys))
	if err != nil {
		return err
	}
	page, cards, at, err := s.keysPage(c, v, keys)
	if err != nil {
		return err
	}
	status := cards.showPasted(keys, did, form)
	return s.Render(c, status, v, at, page)
}

// postCheckKeys asks Duo about one API's keys again.
func (s *pages) postCheckKeys(c echo.Context, v site.Visitor, keys runsetup.Keys) error {
	return s.toCard(c, v, keys, s.Setup.CheckKeys)
}

// postActivateKeys puts one API's waiting keys to use although they failed.
func (s *pages) postActivateKeys(c echo.Context, v site.Visitor, keys runsetup.Keys) error {
	return s.toCard(c, v, keys, s.Setup.ActivateKeys)
}

// postDiscardKeys drops one API's waiting keys.
func (s *pages) postDiscardKeys(c echo.Context, v site.Visitor, keys runsetup.Keys) error {
	return s.toCard(c, v, keys, s.Setup.DiscardKeys)
}

// toCard acts on one API's keys and leads back to their card.
func (s *pages) toCard(c echo.Context, v site.Visitor, keys runsetup.Keys, act actOnKeys) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	fields, err := keys.One()
	if err != nil {
		return err
	}
	if err := act(c.Request().Context(), v.Scope, v.Actor(), keys); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, keysAddress(v, keys)+"#api-"+fields.Name)
}

type actOnKeys func(context.Context, store.Scope, run.Actor, runsetup.Keys) error

// typedKeys is what the inputs of keys held, of all that are saved together.
func typedKeys(form site.Form, keys runsetup.Keys) map[string]string {
	typed := map[string]string{}
	for _, name := range keys.Inputs() {
		typed[name] = form.Get(name)
	}
	return typed
}

// keysAddress is the page that keys are on.
func keysAddress(v site.Visitor, keys runsetup.Keys) string {
	if keys.OfWorkspace() {
		return views.Integration(v.Workspace.Slug)
	}
	return views.Connection(v.Workspace.Slug, v.Organization.Slug)
}

// savedAddress is that page once keys have been saved: it says of which API they were if
// it is one, and of the nine what was taken off.
func savedAddress(v site.Visitor, keys runsetup.Keys, cleaned map[string]string) string {
	to := url.Values{"saved": {"1"}}
	if one, err := keys.One(); err == nil {
		to.Set("saved", one.API)
	} else if len(cleaned) > 0 {
		to.Set("cleaned", strings.Join(slices.Sorted(maps.Keys(cleaned)), ","))
	}
	return keysAddress(v, keys) + "?" + to.Encode()
}

// keysPage is the page that keys are on, as stored, with its cards.
func (s *pages) keysPage(c echo.Context, v site.Visitor, keys runsetup.Keys) (views.Page, keyCards, site.Place, error) {
	if keys.OfWorkspace() {
		page, err := s.integrationPage(c, v)
		return &page, nineCards(&page), site.Place{Section: "integration"}, err
	}
	page, err := s.connectionPage(c, v)
	return &page, ownCards(&page), site.Place{Tab: "connection"}, err
}
