package setup

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// bound wraps the handler of a form about how an organization is connected, or
// about what belongs to its account: it is called only for a form that was opened
// for the connection that v holds, which the transaction of the change compares
// once more. What was typed is shown again otherwise.
func (s *pages) bound(handle site.Handler) site.Handler {
	return func(c echo.Context, v site.Visitor) error {
		form, err := site.FormOf(c)
		if err != nil {
			return err
		}
		connection, words, err := form.Opened()
		if err != nil {
			return err
		}
		if connection != v.Organization.Connection() && !asksForWhatIs(v.Organization, form) {
			return s.showConnectionChanged(c, v, form, words, run.ConnectionText(v.Organization))
		}
		err = handle(c, v)
		if changed, is := errors.AsType[*run.ConnectionChanged](err); is {
			if v.Organization, err = s.organizationNow(c.Request().Context(), v); err != nil {
				return err
			}
			return s.showConnectionChanged(c, v, form, words, changed.Now)
		}
		return err
	}
}

// asksForWhatIs reports whether a form asks to connect an organization as it is
// connected already: it was sent twice.
func asksForWhatIs(o store.Organization, f site.Form) bool {
	return f.Has(runsetup.KindField) && f.Get(runsetup.KindField) == o.Kind && (o.Kind == store.Parent ||
		o.Kind == store.Child && runsetup.AccountIDIn(f.Get(runsetup.AccountField)) == o.AccountID)
}

// organizationNow reads the visitor's organization again.
func (s *pages) organizationNow(ctx context.Context, v site.Visitor) (o store.Organization, err error) {
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		o, err = tx.Organization(ctx, v.Organization.ID)
		return err
	})
	return o, err
}

// showConnectionChanged shows the connection as it is now, with what was typed
// for another, secrets aside.
func (s *pages) showConnectionChanged(c echo.Context, v site.Visitor, f site.Form, was, now string) error {
	page, err := s.connectionPage(c, v)
	if err != nil {
		return err
	}
	if f.Has("account") {
		page.Account.Value = accountShownAgain(f.Get("account"), page.Accounts)
	}
	if f.Has(runsetup.DirectoryKeyField) {
		page.DirectoryName.Value, page.DirectoryKey.Value = f.Get(runsetup.DirectoryNameField),
			shownAgain(f.Get(runsetup.DirectoryKeyField))
	}
	for api, card := range ownCards(&page).of {
		own, err := runsetup.OfOrganization(v.Organization, api).One()
		if err == nil && f.Has(own.Host) {
			card.Host.Value, card.IntegrationKey.Value = f.Get(own.Host), f.Get(own.IntegrationKey)
		}
	}
	return s.showConnection(c, v, http.StatusConflict, page, views.Flash{Level: "bad",
		Text: "Nothing was done: the connection has changed since you opened this page. Then it was " +
			cmp.Or(was, "another") + "; now it is " + site.SinceThen(was, now) + "."})
}
