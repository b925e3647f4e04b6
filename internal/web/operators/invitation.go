package operators

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/run/members"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/operators"
)

// An invitation's link is /invitation#TOKEN. What follows the # is not sent to
// any server: it is in no access log, ours or a proxy's, and in no Referer. A
// script puts it into the form and sends that; without scripts a person does.
func (s *pages) getInvitation(c echo.Context, _ site.Visitor) error {
	return s.Render(c, http.StatusOK, site.Visitor{}, site.Place{}, operators.InvitationPage{})
}

// postInvitation shows what a token invites to.
func (s *pages) postInvitation(c echo.Context, _ site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	token := tokenOf(form.Get("token"))
	found, refused, err := s.openInvitation(c, token)
	if err != nil || refused {
		return err
	}
	return s.Render(c, http.StatusOK, site.Visitor{}, site.Place{}, s.acceptPage(c, token, found))
}

// openInvitation finds what a token invites to, paced like signing in. Links that
// are wrong, used, revoked or too old are answered alike.
func (s *pages) openInvitation(c echo.Context, token string) (found members.OpenInvitation, refused bool, err error) {
	found, wait, err := s.findInvitation(c, token)
	switch {
	case errors.Is(err, secret.ErrBusy):
		return found, true, s.Render(c, http.StatusServiceUnavailable, site.Visitor{}, site.Place{},
			operators.InvitationPage{SlowDown: site.Busy(c)})
	case errors.Is(err, store.ErrNotFound):
		return found, true, s.Render(c, http.StatusUnprocessableEntity, site.Visitor{}, site.Place{},
			operators.InvitationPage{Refused: true})
	case wait > 0:
		return found, true, s.Render(c, http.StatusTooManyRequests, site.Visitor{}, site.Place{},
			operators.InvitationPage{SlowDown: site.SlowDown(c, wait)})
	}
	return found, err != nil, err
}

// findInvitation is openInvitation without its pages: it holds a place in a lane.
func (s *pages) findInvitation(c echo.Context, token string) (found members.OpenInvitation, wait time.Duration,
	err error) {
	ctx := c.Request().Context()
	l, paced := s.LaneOf(c.Request())
	leave, wait, err := s.Crowd.Enter(ctx, l, paced)
	if err != nil || wait > 0 {
		return found, wait, err
	}
	defer leave()
	own, account, address := site.LoginKeys("invitation "+token, c.RealIP())
	if wait, err = s.BeginLogin(ctx, own, account, address); err != nil || wait > 0 {
		return found, wait, err
	}
	if found, err = s.Members.Invitation(ctx, token); err != nil {
		return found, 0, err
	}
	return found, 0, s.Store.ForgiveLogin(ctx, own, account, address)
}

// tokenOf takes the token out of what a person pasted: the link or its end.
func tokenOf(pasted string) string {
	if i := strings.LastIndexByte(pasted, '#'); i >= 0 {
		pasted = pasted[i+1:]
	}
	return text.Key(pasted)
}

// acceptPage asks for what is missing: nothing of the operator who is signed in,
// the password of one who is known, a new password of anybody else.
func (s *pages) acceptPage(c echo.Context, token string, found members.OpenInvitation) operators.AcceptPage {
	page := operators.AcceptPage{Token: token, Email: found.Email, Workspace: found.Workspace.Name, Role: found.Role,
		Reach:   words.ReachOf(found.Grant(), found.Names),
		Inviter: found.Inviter, Until: s.When(site.Visitor{Zone: site.ZoneOf(c.Request())}, found.ExpiresAt),
		Known: found.Known}
	// A session that a workspace's provider began is not enough to join another workspace.
	if session, err := s.Sessions.Current(c.Request()); err == nil && session.Own {
		page.SignedIn, page.Other = session.Operator.Email == found.Email, session.Operator.Email
	}
	return page
}

func (s *pages) postAccept(c echo.Context, _ site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	token := tokenOf(form.Get("token"))
	found, refused, err := s.openInvitation(c, token)
	if err != nil || refused {
		return err
	}
	page := s.acceptPage(c, token, found)
	operator, workspace, refused, err := s.accept(c, page, found, form.Get("password"))
	if err != nil || refused {
		return err
	}
	if !page.SignedIn {
		return s.BeginSignIn(c, operator, views.Workspace(workspace.Slug), "")
	}
	return c.Redirect(http.StatusSeeOther, views.Workspace(workspace.Slug))
}

// accept makes the person a member: the operator who is signed in or enters the password, or a new operator with
// that password. refused: the page was shown again with the reason.
func (s *pages) accept(c echo.Context, page operators.AcceptPage, found members.OpenInvitation,
	password string) (operator store.Operator, workspace store.Workspace, refused bool, err error) {
	if page.SignedIn || page.Known {
		if operator, refused, err = s.invitedOperator(c, page, password); err != nil || refused {
			return operator, workspace, refused, err
		}
		workspace, err = s.Members.Accept(c.Request().Context(), page.Token, operator, site.OriginOf(c))
	} else {
		if page.Error = site.PasswordFault(password, found.Email, found.Workspace.Name,
			found.Workspace.Slug); page.Error != "" {
			return operator, workspace, true, s.Render(c, http.StatusUnprocessableEntity, site.Visitor{}, site.Place{},
				page)
		}
		operator, workspace, err = s.acceptAsNew(c, page.Token, password)
	}
	if err != nil {
		return operator, workspace, true, s.notAccepted(c, page, err)
	}
	return operator, workspace, false, nil
}

// notAccepted shows the page again with why an invitation was not accepted.
func (s *pages) notAccepted(c echo.Context, page operators.AcceptPage, err error) error {
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(err, secret.ErrBusy):
		status, page.Error = http.StatusServiceUnavailable, site.Busy(c)
	case errors.Is(err, store.ErrNotFound): // someone else used it in between
		return s.Render(c, status, site.Visitor{}, site.Place{}, operators.InvitationPage{Refused: true})
	case errors.Is(err, store.ErrEnded) && !page.SignedIn: // the password was changed since it was checked
		page.Error = "This password is wrong."
	case store.IsConflict(err, "operator_email_key"):
		page.Known, page.Error = true, "You have become an operator meanwhile. Enter the password you chose then."
	default:
		return err
	}
	return s.Render(c, status, site.Visitor{}, site.Place{}, page)
}

func (s *pages) acceptAsNew(c echo.Context, token, password string) (store.Operator, store.Workspace, error) {
	ctx := c.Request().Context()
	l, _ := s.LaneOf(c.Request())
	leave, err := l.Enter(ctx)
	if err != nil {
		return store.Operator{}, store.Workspace{}, err
	}
	defer leave()
	hash, err := secret.HashPassword(ctx, password)
	if err != nil {
		return store.Operator{}, store.Workspace{}, err
	}
	return s.Members.AcceptAsNew(ctx, token, hash, site.OriginOf(c))
}

// invitedOperator is the known operator of an invitation, who has a session or
// gives the password.
func (s *pages) invitedOperator(c echo.Context, page operators.AcceptPage, password string) (operator store.Operator,
	refused bool, err error) {
	if page.SignedIn {
		session, err := s.Sessions.Current(c.Request())
		return session.Operator, err != nil, err
	}
	operator, fits, wait, err := s.SignInBy(c, page.Email, password)
	switch {
	case errors.Is(err, secret.ErrBusy):
		page.Error = site.Busy(c)
		return operator, true, s.Render(c, http.StatusServiceUnavailable, site.Visitor{}, site.Place{}, page)
	case err != nil:
		return operator, true, err
	case wait > 0:
		page.Error = site.SlowDown(c, wait)
		return operator, true, s.Render(c, http.StatusTooManyRequests, site.Visitor{}, site.Place{}, page)
	case !fits:
		page.Error = "This password is wrong."
		return operator, true, s.Render(c, http.StatusUnprocessableEntity, site.Visitor{}, site.Place{}, page)
	}
	return operator, false, nil
}
