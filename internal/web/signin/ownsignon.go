package signin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	"duodesk/internal/run/signon"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/signin"
)

func (s *pages) getOwnSignOns(c echo.Context, v site.Visitor) error {
	return s.showOwnSignOns(c, v, http.StatusOK, signin.OwnSignOnsPage{Said: c.QueryParam("done")})
}

func (s *pages) showOwnSignOns(c echo.Context, v site.Visitor, status int, page signin.OwnSignOnsPage) error {
	found, err := s.Store.SignOnsOf(c.Request().Context(), v.Operator.ID)
	if err != nil {
		return err
	}
	for _, o := range found {
		row := signin.OwnSignOn{Workspace: o.Slug, Name: o.Name, Provider: hostOf(o.Issuer), Required: o.Required,
			Linked: o.Linked, Account: o.Label}
		if row.Account == "" {
			row.Account = o.Subject
		}
		if o.LinkedAt != nil {
			row.Since = s.When(v, *o.LinkedAt)
		}
		if o.UsedAt != nil {
			row.Used = s.When(v, *o.UsedAt)
		}
		page.Rows = append(page.Rows, row)
	}
	return s.Render(c, status, v, site.Place{}, page)
}

// freshFactor reports whether a proof is of a passkey or an app, and recent. A recovery code opens
// a session, and no other way into it.
func (s *pages) freshFactor(p store.Proof) bool {
	return p.Kind != "" && p.Kind != store.RecoveryCode && s.Now().Sub(p.At) < run.RecentProof
}

func hostOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return issuer
	}
	return u.Host
}

// ownPlace reads a form about the provider of one of the operator's workspaces. It returns
// store.ErrNotFound if the operator is no member of the workspace.
func (s *pages) ownPlace(c echo.Context, v site.Visitor) (place signon.Place, session store.Session, err error) {
	form, err := site.FormOf(c)
	if err != nil {
		return place, session, err
	}
	ctx := c.Request().Context()
	if _, err := s.Store.Enter(ctx, v.Operator.ID, site.OriginOf(c).Address, form.Get("workspace"), "", 0); err != nil {
		return place, session, err
	}
	if place, err = s.SignOn.Find(ctx, form.Get("workspace")); err != nil {
		return place, session, err
	}
	session, err = s.Sessions.Current(c.Request())
	return place, session, err
}

// postLinkSignOn shows the way to the provider, where the person signs in again: a session that
// the browser has there may be someone else's.
func (s *pages) postLinkSignOn(c echo.Context, v site.Visitor) error {
	place, _, err := s.ownPlace(c, v)
	if err != nil {
		return err
	}
	if err := s.PaceQuestion(c, v); err != nil {
		return err
	}
	browser, err := s.NameBrowser(c)
	if err != nil {
		return err
	}
	address, err := s.SignOn.Ask(c.Request().Context(), place, signon.Ask{Purpose: signon.Link, Browser: browser,
		Session: s.BoundTo(c, v), Next: views.OwnSignOnsAfter("linked")}, nil)
	if err != nil {
		return s.signOnRefused(c, place, views.OwnSignOns(), err)
	}
	return s.Render(c, http.StatusOK, v, site.Place{}, signin.LinkSignOnPage{Name: place.Name,
		Provider: hostOf(place.Issuer), Address: address})
}

// linked links an identity with the operator who asked, whose factor has to be as fresh as when
// they were sent to the provider.
func (s *pages) linked(c echo.Context, taken signon.Taken, identity signon.Identity) error {
	ctx := c.Request().Context()
	session, err := s.Sessions.Current(c.Request())
	if err != nil {
		return err
	}
	if !session.Own || !s.freshFactor(session.Proof) {
		return signon.Changed()
	}
	label := identity.Label
	if label == "" {
		label = identity.Subject
	}
	err = s.Store.LinkSignOn(ctx, session.Operator, session.ID, taken.Provider, store.SignOnLink{Workspace: taken.ID,
		Issuer: identity.Issuer, Subject: identity.Subject, Label: label}, store.Record{ID: uuid.New(),
		Event: store.SignOnLinked, Operator: session.Operator.ID, Subject: session.Operator.Email, At: s.Now(),
		Input:   map[string]string{"account": label, "subject": identity.Subject},
		Summary: fmt.Sprintf("Linked the account %s at the provider.", label)})
	switch {
	case store.IsConflict(err, "sign_on_link_subject"):
		return signon.LinkedElsewhere(identity)
	case errors.Is(err, store.ErrEnded):
		return signon.Changed()
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, site.LocalPath(taken.Next()))
}

func (s *pages) postUnlinkSignOn(c echo.Context, v site.Visitor) error {
	place, session, err := s.ownPlace(c, v)
	if err != nil {
		return err
	}
	err = s.Store.UnlinkSignOn(c.Request().Context(), v.Operator, session.ID, place.ID, store.Record{ID: uuid.New(),
		Event: store.SignOnUnlinked, Operator: v.Operator.ID, Subject: v.Operator.Email, At: s.Now(),
		Summary: "Unlinked the account at the provider."})
	if site.IgnoreNotFound(err) != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.OwnSignOnsAfter("unlinked"))
}
