package operators

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

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

func (s *pages) getTokens(c echo.Context, v site.Visitor) error {
	ctx := c.Request().Context()
	page, from := operators.TokensPage{Said: c.QueryParam("done")}, c.RealIP()
	belongings, err := s.Store.WorkspacesOf(ctx, v.Operator.ID)
	if err != nil {
		return err
	}
	for _, b := range belongings {
		if !b.Ranges.Admit(from) {
			page.Elsewhere = append(page.Elsewhere, b.Name)
			continue
		}
		page.Places = append(page.Places, operators.TokenPlace{Workspace: b.Slug, Name: b.Name, Role: b.Role})
		access, err := s.Store.Enter(ctx, v.Operator.ID, from, b.Slug, "", 0)
		if err != nil {
			return err
		}
		err = s.Store.InWorkspace(ctx, access.Membership, func(tx *store.Tx) error {
			found, err := tx.Tokens(ctx, v.Operator.ID)
			for _, row := range s.tokenRows(v, found, views.RevokeToken(b.Slug)) {
				row.Workspace = b.Name
				page.Rows = append(page.Rows, row)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.Render(c, http.StatusOK, v, site.Place{}, page)
}

func (s *pages) tokenRows(v site.Visitor, tokens []store.Token, revoke string) []operators.TokenRow {
	var rows []operators.TokenRow
	for _, k := range tokens {
		row := operators.TokenRow{ID: k.ID.String(), Name: catalog.Plain(k.Name), Role: k.Role,
			Reach: words.ReachOf(k.Grant(), k.Names), Made: s.When(v, k.CreatedAt),
			Until: s.When(v, k.ExpiresAt), Over: !k.ExpiresAt.After(s.Now()), Revoke: revoke,
			Acts: actTitles(k.Acts), Ranges: k.Ranges.String(), RefusedFrom: k.RefusedFrom}
		if k.RefusedAt != nil {
			row.Refused = s.When(v, *k.RefusedAt)
		}
		if k.UsedAt != nil {
			row.Used = s.When(v, *k.UsedAt)
		}
		rows = append(rows, row)
	}
	return rows
}

// actTitles are the titles of actions that a token names. One that the catalog does not have any more is
// left out: the token cannot do it.
func actTitles(slugs []string) (titles []string) {
	for _, slug := range slugs {
		if action, found := catalog.Lookup(slug); found {
			titles = append(titles, action.Title)
		}
	}
	return titles
}

// actBox begins the names of the boxes that name actions; the slug follows.
const actBox = "act."

func (s *pages) getNewToken(c echo.Context, v site.Visitor) error {
	return s.showNewToken(c, v, http.StatusOK, operators.TokenForm{Days: views.Input{Value: "30"}},
		grantForm{grant: store.Grant{Role: catalog.Auditor.String(), EveryOrganization: true}})
}

// showNewToken fills in what the form shows in any case.
func (s *pages) showNewToken(c echo.Context, v site.Visitor, status int, page operators.TokenForm, f grantForm) error {
	var err error
	if page.Grant, err = s.grantView(c, v, f); err != nil {
		return err
	}
	for _, slug := range catalog.Acts() {
		action, _ := catalog.Lookup(slug)
		page.Acts = append(page.Acts, operators.TokenAct{Name: actBox + slug, Title: action.Title,
			Ticked: slices.Contains(page.Named, slug)})
	}
	page.Grant.Most, page.Grant.Limited = v.Role.String(), !v.Membership.Every()
	page.Workspace, page.WorkspaceName, page.RunID = v.Workspace.Slug, v.Workspace.Name, uuid.NewString()
	return s.Render(c, status, v, site.Place{}, page)
}

func (s *pages) postNewToken(c echo.Context, v site.Visitor) error {
	form, id, err := site.FormWithID(c)
	if err != nil {
		return err
	}
	f, err := s.readGrant(c, v, form)
	if err != nil {
		return err
	}
	page := operators.TokenForm{Name: views.Input{Value: form.Get("name")}, Days: views.Input{Value: form.Get("days")},
		Ranges: views.Input{Value: form.Get(members.RangesField)}, Named: actsIn(form)}
	if form.Get("act") == "find" {
		return s.showNewToken(c, v, http.StatusOK, page, f)
	}
	k := s.readToken(v, id, form, &f, &page)
	if page.Name.Error+page.Days.Error+page.Ranges.Error != "" || f.faulty() {
		return s.showNewToken(c, v, http.StatusUnprocessableEntity, page, f)
	}
	// The password is looked at last: attempts are counted.
	operator, fault, status, err := s.OwnPassword(c, v, form.Get("password"))
	if err != nil {
		return err
	}
	if page.Password.Error = fault; fault != "" {
		return s.showNewToken(c, v, status, page, f)
	}
	v.Operator = operator // the token carries the epoch of this check
	return s.makeToken(c, v, k, page, f)
}

// readToken reads what a form says about a new token, and puts its faults next to the fields.
func (s *pages) readToken(v site.Visitor, id uuid.UUID, form site.Form, f *grantForm,
	page *operators.TokenForm) store.Token {
	k := store.Token{ID: id, Role: f.grant.Role}
	k.Name, page.Name.Error = form.Text(catalog.Text{Name: "name", Max: store.LongestTokenName, Required: true})
	k.ExpiresAt, page.Days.Error = s.tokenEnd(form.Get("days"))
	k.Acts = page.Named
	k.Ranges, page.Ranges.Error = members.ParseRanges(page.Ranges.Value)
	if len(k.Acts) > 0 && k.ExpiresAt.Sub(s.Now()) > store.ActTokenLife {
		page.Days.Error = "A token that names actions ends after 90 days at most."
	}
	if f.role == "" && catalog.ParseRole(k.Role) > v.Role {
		f.role = "Choose a role that is not above your own."
	}
	return k
}

// actsIn are the slugs of the actions that a form names.
func actsIn(form site.Form) (slugs []string) {
	for _, slug := range catalog.Acts() {
		if form.Get(actBox+slug) != "" {
			slugs = append(slugs, slug)
		}
	}
	return slugs
}

// makeToken makes a token and shows it, once. A name that another token has is a fault of the form.
func (s *pages) makeToken(c echo.Context, v site.Visitor, k store.Token, page operators.TokenForm,
	f grantForm) (err error) {
	if k.Every, k.Organizations, err = s.tokenReach(c.Request().Context(), v, f.grant); err != nil {
		return err
	}
	if err := s.Prove(c, v, catalog.Act, "Create access token"); err != nil {
		return err
	}
	text, kept, err := s.Members.MakeToken(c.Request().Context(), v.Workspace.ID, v.Actor(), k)
	var taken *catalog.FieldError
	if errors.As(err, &taken) && taken.Field == "name" {
		page.Name.Error = taken.Message
		return s.showNewToken(c, v, http.StatusUnprocessableEntity, page, f)
	}
	var already *run.AlreadyRun
	if errors.As(err, &already) {
		page := s.SentBefore(v, "Access token "+already.Run.Subject, already.Run)
		page.Onward, page.Again = views.Link{Text: "See your access tokens", Href: views.Tokens()},
			views.Link{Text: "Make another", Href: views.NewToken(v.Workspace.Slug)}
		return s.Render(c, http.StatusOK, v, site.Place{}, page)
	}
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{}, operators.TokenShown{
		Workspace: v.Workspace.Slug, Name: catalog.Plain(kept.Name), Role: kept.Role, Reach: words.ReachOf(kept.Grant(),
			kept.Names), Token: text, Until: s.When(v, kept.ExpiresAt), Acts: actTitles(kept.Acts),
		Ranges: kept.Ranges.String(), ShownAt: s.When(v, s.Now()).Text,
		Curl: s.FirstRequest(v.Workspace.Slug),
	})
}

func (s *pages) tokenEnd(days string) (end time.Time, fault string) {
	switch days {
	case "7", "30", "90", "365":
		n, _ := strconv.Atoi(days)
		return s.Now().Add(time.Duration(n) * 24 * time.Hour), ""
	}
	return end, "Choose one."
}

// tokenReach is what a token reaches: for somebody with chosen organizations
// "all" are those that they are now.
func (s *pages) tokenReach(ctx context.Context, v site.Visitor, g store.Grant) (every bool, chosen []uuid.UUID,
	err error) {
	if !g.EveryOrganization || v.Membership.Every() {
		return g.EveryOrganization, g.Organizations, nil
	}
	err = s.Store.InWorkspace(ctx, v.Membership, func(tx *store.Tx) error {
		for o, err := range tx.EachOrganization(ctx) {
			if err != nil {
				return err
			}
			chosen = append(chosen, o.ID)
		}
		return nil
	})
	return false, chosen, err
}

// postRevokeToken ends one of the operator's own tokens.
func (s *pages) postRevokeToken(c echo.Context, v site.Visitor) error {
	id, err := tokenNamed(c)
	if err != nil {
		return err
	}
	if err := s.revokeToken(c, v, v.Operator.ID, id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.TokensAfter("revoked"))
}

func (s *pages) postRevokeMemberToken(c echo.Context, v site.Visitor) error {
	id, err := tokenNamed(c)
	if err != nil {
		return err
	}
	m, err := s.memberOf(c, v)
	if err != nil {
		return err
	}
	if err := s.revokeToken(c, v, m.OperatorID, id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Member(v.Workspace.Slug, m.OperatorID.String()))
}

// tokenNamed is the token that a form names.
func tokenNamed(c echo.Context) (uuid.UUID, error) {
	form, err := site.FormOf(c)
	if err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.Parse(form.Get("token"))
	if err != nil {
		return uuid.Nil, site.BadRequest("The form does not name an access token.")
	}
	return id, nil
}

// revokeToken ends a token. One that is gone already is no trouble.
func (s *pages) revokeToken(c echo.Context, v site.Visitor, operator, id uuid.UUID) error {
	return site.IgnoreNotFound(s.Members.RevokeToken(c.Request().Context(), v.Workspace.ID, v.Actor(), operator, id))
}
