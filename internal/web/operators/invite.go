package operators

import (
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/operators"
)

func (s *pages) getInvite(c echo.Context, v site.Visitor) error {
	return s.showInvite(c, v, http.StatusOK, views.Input{}, grantForm{grant: store.Grant{EveryOrganization: true}})
}

func (s *pages) showInvite(c echo.Context, v site.Visitor, status int, email views.Input, f grantForm) error {
	page := operators.InvitePage{Workspace: v.Workspace.Slug, RunID: uuid.NewString(), Email: email}
	var err error
	if page.Grant, err = s.grantView(c, v, f); err != nil {
		return err
	}
	return s.Render(c, status, v, site.Place{Section: "operators"}, page)
}

// postInvite answers alike whether the email belongs to an operator somewhere or
// not; members of this workspace are in the list for all to see.
func (s *pages) postInvite(c echo.Context, v site.Visitor) error {
	form, id, err := site.FormWithID(c)
	if err != nil {
		return err
	}
	f, err := s.readGrant(c, v, form)
	if err != nil {
		return err
	}
	email := views.Input{Value: form.Get("email")}
	if form.Get("act") == "find" {
		return s.showInvite(c, v, http.StatusOK, email, f)
	}
	address, fault := site.EmailOf(form.Get("email"))
	if email.Error = fault; fault != "" || f.faulty() {
		return s.showInvite(c, v, http.StatusUnprocessableEntity, email, f)
	}
	return s.invite(c, v, store.Invitation{ID: id, Email: address, Role: f.grant.Role,
		Every: f.grant.EveryOrganization, Organizations: f.grant.Organizations}, email, f)
}

// invite makes an invitation and shows its link, or the form again where the email is a member's.
func (s *pages) invite(c echo.Context, v site.Visitor, i store.Invitation, email views.Input, f grantForm) error {
	if err := s.Prove(c, v, tierOfRole(i.Role), "Inviting an operator"); err != nil {
		return err
	}
	token, kept, err := s.Members.Invite(c.Request().Context(), v.Scope, v.Actor(), i)
	var member *catalog.FieldError
	var already *run.AlreadyRun
	switch {
	case errors.As(err, &member):
		email.Error = member.Message
		return s.showInvite(c, v, http.StatusUnprocessableEntity, email, f)
	case errors.As(err, &already):
		return s.invitedBefore(c, v, already.Run)
	case err != nil:
		return err
	}
	return s.showInvited(c, v, token, kept)
}

// showInvited shows an invitation's link, once.
func (s *pages) showInvited(c echo.Context, v site.Visitor, token string, kept store.Invitation) error {
	return s.Render(c, http.StatusOK, v, site.Place{Section: "operators"}, operators.InvitedPage{
		Workspace: v.Workspace.Slug, Email: kept.Email, Role: kept.Role, Reach: words.ReachOf(kept.Grant(), kept.Names),
		Until:   s.When(v, kept.ExpiresAt),
		Link:    strings.TrimSuffix(s.PublicURL.String(), "/") + views.InvitationLink(token),
		ShownAt: s.When(v, s.Now()).Text,
	})
}

// invitedBefore answers a form that was sent before: its link is not shown again.
func (s *pages) invitedBefore(c echo.Context, v site.Visitor, done store.Run) error {
	page := s.SentBefore(v, "Invitation of "+done.Subject, done)
	page.Onward = views.Link{Text: "See who is invited", Href: views.Operators(v.Workspace.Slug)}
	page.Again = views.Link{Text: "Invite again", Href: views.Invite(v.Workspace.Slug)}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "operators"}, page)
}

func (s *pages) postRevokeInvitation(c echo.Context, v site.Visitor) error {
	_, id, err := site.FormWithID(c)
	if err != nil {
		return err
	}
	invitation, err := uuid.Parse(c.Param("invitation"))
	if err != nil {
		return store.ErrNotFound
	}
	err = s.Members.RevokeInvitation(c.Request().Context(), v.Scope, v.Actor(), id, invitation)
	var already *run.AlreadyRun
	if err != nil && !errors.As(err, &already) {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.OperatorsAfter(v.Workspace.Slug, id.String()))
}
