package operators

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/members"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/operators"
)

func (s *pages) getMember(c echo.Context, v site.Visitor) error {
	m, err := s.memberOf(c, v)
	if err != nil {
		return err
	}
	return s.showMember(c, v, http.StatusOK, m, grantForm{grant: m.Grant()}, "")
}

// showMember draws a member's page with the form as it stands.
func (s *pages) showMember(c echo.Context, v site.Visitor, status int, m store.Member, f grantForm,
	fault string) error {
	page := operators.MemberPage{Workspace: v.Workspace.Slug, ID: m.OperatorID.String(), Email: m.Email,
		State: memberState(m), Factors: words.FactorsChip(m.Factors), Disabled: m.DisabledAt != nil,
		You: m.OperatorID == v.Operator.ID, RunID: uuid.NewString(), Was: grantWords(m.Grant()), Error: fault}
	if m.SeenAt != nil {
		page.Seen = s.When(v, *m.SeenAt)
	}
	err := s.Store.InWorkspace(c.Request().Context(), v.Scope, func(tx *store.Tx) error {
		tokens, err := tx.Tokens(c.Request().Context(), m.OperatorID)
		page.Tokens = s.tokenRows(v, tokens, views.MemberTokens(v.Workspace.Slug, page.ID))
		if err != nil {
			return err
		}
		asked, err := tx.FactorRequest(c.Request().Context(), m.OperatorID, s.Now())
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		page.LostFactors = s.When(v, asked)
		return err
	})
	if err != nil {
		return err
	}
	if page.Grant, err = s.grantView(c, v, f); err != nil {
		return err
	}
	flashes, err := s.FlashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	return s.Render(c, status, v, site.Place{Section: "operators", Flash: flashes}, page)
}

// postMember shows a change for review first, and makes it when the review sends it again.
func (s *pages) postMember(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	m, err := s.memberOf(c, v)
	if err != nil {
		return err
	}
	f, err := s.readGrant(c, v, form)
	if err != nil {
		return err
	}
	switch {
	case form.Get("act") == "find" || form.Get("act") == "edit":
		return s.showMember(c, v, http.StatusOK, m, f, "")
	case f.faulty():
		return s.showMember(c, v, http.StatusUnprocessableEntity, m, f, "")
	case form.Get("act") != "change":
		if members.SameGrant(m.Grant(), f.grant) {
			return s.showMember(c, v, http.StatusUnprocessableEntity, m, f, "Nothing is changed yet.")
		}
		return s.reviewMember(c, v, http.StatusOK, m, f, "")
	}
	return s.changeMember(c, v, form, m, f)
}

// changeMember makes a change that was reviewed, unless the membership is not as it was then.
func (s *pages) changeMember(c echo.Context, v site.Visitor, form site.Form, m store.Member, f grantForm) error {
	id, err := form.RunID()
	if err != nil {
		return err
	}
	if err := s.Prove(c, v, tierOfRole(m.Role, f.grant.Role), "Changing a membership"); err != nil {
		return err
	}
	err = s.Members.ChangeMember(c.Request().Context(), v.Scope, v.Actor(), id, m.OperatorID,
		grantFrom(form.Get("was")), f.grant)
	switch {
	case errors.Is(err, members.ErrChangedMeanwhile):
		return s.reviewMember(c, v, http.StatusConflict, m, f,
			"Someone changed this membership since you opened the form. Review the change again.")
	case keptOwner(err) != "":
		return s.showMember(c, v, http.StatusUnprocessableEntity, m, f, keptOwner(err))
	}
	return s.afterChange(c, v, id, m, err)
}

// tierOfRole is the tier of what gives or takes one of the roles.
func tierOfRole(roles ...string) catalog.Tier {
	for _, role := range roles {
		if catalog.ParseRole(role) >= catalog.Administrator {
			return catalog.Act
		}
	}
	return catalog.Recent
}

// keptOwner says why an owner has to stay one; empty: err is something else.
func keptOwner(err error) string {
	switch {
	case errors.Is(err, store.ErrLastOwner):
		return "This is the last owner who can sign in here. Make another operator an owner first."
	case errors.Is(err, store.ErrBreakGlass):
		return "This is the break-glass owner of single sign-on. Stop requiring it, and require it with another one first."
	}
	return ""
}

// afterChange leads back to the list, with the record named so that the page
// says what was done; operators who ended their own membership are led out of it.
func (s *pages) afterChange(c echo.Context, v site.Visitor, id uuid.UUID, m store.Member, err error) error {
	var already *run.AlreadyRun
	if err != nil && !errors.As(err, &already) {
		return err
	}
	if m.OperatorID == v.Operator.ID {
		return c.Redirect(http.StatusSeeOther, views.Workspaces())
	}
	return c.Redirect(http.StatusSeeOther, views.OperatorsAfter(v.Workspace.Slug, id.String()))
}

func (s *pages) reviewMember(c echo.Context, v site.Visitor, status int, m store.Member, f grantForm,
	fault string) error {
	names, err := s.namesOf(c.Request().Context(), v, f.grant.Organizations)
	if err != nil {
		return err
	}
	page := operators.MemberReview{Workspace: v.Workspace.Slug, ID: m.OperatorID.String(), Email: m.Email,
		RunID: uuid.NewString(), Was: grantWords(m.Grant()), Error: fault,
		Before: words.ReachOf(m.Grant(), m.Names), BeforeRole: m.Role, After: words.ReachOf(f.grant, names),
		AfterRole: f.grant.Role, You: m.OperatorID == v.Operator.ID}
	page.LosesOwner = m.Role == "owner" && f.grant.Role != "owner"
	page.Kept = f.hidden()
	return s.Render(c, status, v, site.Place{Section: "operators"}, page)
}

// namesOf are the names of organizations, in their order.
func (s *pages) namesOf(ctx context.Context, v site.Visitor, ids []uuid.UUID) ([]string, error) {
	var names []string
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		found, err := tx.OrganizationsByID(ctx, ids)
		for _, o := range found {
			names = append(names, o.Name)
		}
		return err
	})
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return names, err
}

// memberAct is disabling, enabling or ending a membership: a page that asks, and
// a form that does it.
type memberAct struct {
	name string // of the address
	tier catalog.Tier
	act  string // in words
	do   func(*members.Runner, context.Context, store.Scope, run.Actor, uuid.UUID, uuid.UUID) error
}

var (
	disableMember = memberAct{"disable", catalog.Recent, "Disabling an operator", (*members.Runner).DisableMember}
	enableMember  = memberAct{"enable", catalog.Act, "Enabling an operator", (*members.Runner).EnableMember}
	endMember     = memberAct{"end", catalog.Recent, "Ending a membership", (*members.Runner).EndMember}

	approveFactors = memberAct{"approve", catalog.Act, "Approving new second factors",
		(*members.Runner).ApproveFactorReset}
)

func (s *pages) askMember(act memberAct) site.Handler {
	return func(c echo.Context, v site.Visitor) error {
		m, err := s.memberOf(c, v)
		if err != nil {
			return err
		}
		return s.showMemberAct(c, v, http.StatusOK, act, m, "")
	}
}

func (s *pages) showMemberAct(c echo.Context, v site.Visitor, status int, act memberAct, m store.Member,
	fault string) error {
	page := operators.MemberActPage{Workspace: v.Workspace.Slug, WorkspaceName: v.Workspace.Name,
		ID: m.OperatorID.String(), Email: m.Email, Act: act.name,
		Role: m.Role, Reach: words.ReachOf(m.Grant(), m.Names), RunID: uuid.NewString(),
		You: m.OperatorID == v.Operator.ID, Error: fault}
	return s.Render(c, status, v, site.Place{Section: "operators"}, page)
}

func (s *pages) doMember(act memberAct) site.Handler {
	return func(c echo.Context, v site.Visitor) error {
		_, id, err := site.FormWithID(c)
		if err != nil {
			return err
		}
		m, err := s.memberOf(c, v)
		if err != nil {
			return err
		}
		if err := s.Prove(c, v, act.tier, act.act); err != nil {
			return err
		}
		err = act.do(s.Members, c.Request().Context(), v.Scope, v.Actor(), id, m.OperatorID)
		if fault := keptOwner(err); fault != "" {
			return s.showMemberAct(c, v, http.StatusUnprocessableEntity, act, m, fault)
		}
		return s.afterChange(c, v, id, m, err)
	}
}
