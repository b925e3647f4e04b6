package operators

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/members"
	"duodesk/internal/run/signon"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/operators"
)

// refusalsSince is how long a reason is listed for which sign-ins were refused.
const refusalsSince = 30 * 24 * time.Hour

func (s *pages) getSignOnSettings(c echo.Context, v site.Visitor) error {
	return s.showSignOnSettings(c, v, http.StatusOK, operators.SignOnSettingsPage{})
}

// showSignOnSettings shows the settings. page has what was typed, if a form was refused, and
// what a test found out.
func (s *pages) showSignOnSettings(c echo.Context, v site.Visitor, status int,
	page operators.SignOnSettingsPage) error {
	ctx := c.Request().Context()
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		p, err := tx.SignOn(ctx)
		if site.IgnoreNotFound(err) != nil {
			return err
		}
		s.fillSignOn(&page, p)
		owners, _, _, err := tx.Members(ctx, store.Query{Sort: "role", Limit: 100})
		if err != nil {
			return err
		}
		for _, m := range owners.Rows {
			if m.Role == catalog.Owner.String() && m.DisabledAt == nil && len(m.Factors) > 0 {
				page.Owners = append(page.Owners, operators.SignOnOwner{ID: m.OperatorID.String(), Email: m.Email})
			}
			if p.BreakGlass != nil && *p.BreakGlass == m.OperatorID {
				page.BreakGlass = m.Email
			}
		}
		refusals, err := tx.SignOnRefusals(ctx, s.Now().Add(-refusalsSince))
		for _, r := range refusals {
			page.Refusals = append(page.Refusals, operators.SignOnRefusal{Reason: r.Reason,
				Detail:  catalog.Plain(r.Detail),
				Address: r.Address, Times: r.Times, At: s.When(v, r.At)})
		}
		return err
	})
	if err != nil {
		return err
	}
	page.Workspace, page.RunID, page.Return = v.Workspace.Slug, uuid.NewString(), s.SignOn.Return(v.Workspace.Slug)
	flashes, err := s.FlashOf(ctx, c, v)
	if err != nil {
		return err
	}
	return s.Render(c, status, v, site.Place{Section: "operators", Flash: flashes}, page)
}

// fillSignOn adds what is stored to a page that has nothing typed.
func (s *pages) fillSignOn(page *operators.SignOnSettingsPage, p store.SignOnSettings) {
	if !page.Typed {
		page.Issuer.Value, page.ClientID.Value = p.Issuer, p.ClientID
		page.RoleClaim.Value, page.Roles.Value = p.RoleClaim, members.RolesText(p.Roles)
		page.Version = p.Version
	}
	page.Stored = p.Version > 0
	page.Proved, page.Required = p.ProvedAt != nil, p.Required()
}

// postSignOnSettings saves the settings.
func (s *pages) postSignOnSettings(c echo.Context, v site.Visitor) error {
	form, id, err := site.FormWithID(c)
	if err != nil {
		return err
	}
	page, p, clientSecret := s.readSignOn(form)
	if len(page.Problems()) > 0 {
		return s.showSignOnSettings(c, v, http.StatusUnprocessableEntity, page)
	}
	err = s.Members.SaveSignOn(c.Request().Context(), v.Scope, v.Actor(), id, p, clientSecret)
	if errors.Is(err, members.ErrSignOnRequired) {
		page.Problem = "Stop requiring single sign-on before you change issuer or client: nobody but the break-glass " +
			"owner could come in."
		return s.showSignOnSettings(c, v, http.StatusUnprocessableEntity, page)
	}
	if errors.Is(err, members.ErrSecretWanted) {
		page.Secret.Error = "Enter the client secret too: the stored one is for the issuer and client of before."
		return s.showSignOnSettings(c, v, http.StatusUnprocessableEntity, page)
	}
	var already *run.AlreadyRun
	if err != nil && !errors.As(err, &already) {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.With(views.SignOnSettings(v.Workspace.Slug), "run", id.String()))
}

// readSignOn reads the form of the settings. What is wrong is in the page.
func (s *pages) readSignOn(form site.Form) (page operators.SignOnSettingsPage, p store.SignOnSettings,
	clientSecret string) {
	page.Typed = true
	page.Version, _ = strconv.Atoi(form.Get("version"))
	page.Issuer.Value, page.ClientID.Value = text.Key(form.Get("issuer")), text.Key(form.Get("client_id"))
	page.RoleClaim.Value, page.Roles.Value = text.Line(form.Get("role_claim")), text.Block(form.Get("roles"))
	clientSecret = text.Key(form.Get("client_secret"))
	page.Issuer.Error = s.SignOn.IssuerFault(page.Issuer.Value)
	switch n := len([]rune(page.ClientID.Value)); {
	case n == 0 || n > store.LongestClientID || text.Bad(page.ClientID.Value) != text.Fine:
		page.ClientID.Error = "Enter the client ID that the provider shows."
	}
	if clientSecret == "" && page.Version == 0 || len(clientSecret) > store.LongestClientSecret {
		page.Secret.Error = "Enter the client secret that the provider shows."
	}
	roles, fault := claimRoles(page.Roles.Value)
	page.Roles.Error = fault
	claim := page.RoleClaim.Value
	switch {
	case len([]rune(claim)) > store.LongestClaim || text.Bad(claim) != text.Fine:
		page.RoleClaim.Error = "This is not the name of a claim."
	case claim == "" && len(roles) > 0:
		page.RoleClaim.Error = "Enter the claim that has these values."
	case claim != "" && len(roles) == 0 && fault == "":
		page.Roles.Error = "Enter at least one value with its role."
	}
	return page, store.SignOnSettings{Issuer: page.Issuer.Value, ClientID: page.ClientID.Value, Version: page.Version,
		RoleClaim: claim, Roles: roles}, clientSecret
}

// claimRoles reads lines such as "value = role".
func claimRoles(block string) (roles []store.ClaimRole, fault string) {
	seen := map[string]bool{}
	for line := range strings.Lines(block) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		at := strings.LastIndexByte(line, '=')
		if at < 0 {
			return nil, "Each line has to be like this: value = role."
		}
		r := store.ClaimRole{Value: text.Line(line[:at]), Role: strings.ToLower(text.Key(line[at+1:]))}
		switch {
		case r.Value == "" || text.Bad(r.Value) != text.Fine || len(r.Value) > 300:
			return nil, "A line has no value, or one that is too long."
		case catalog.ParseRole(r.Role) == 0:
			return nil, "A line has no role. Roles are owner, admin, technician, helpdesk and auditor."
		case seen[r.Value]:
			return nil, "“" + r.Value + "” is listed twice."
		case len(roles) == store.MostClaimRoles:
			return nil, "More than 20 values are listed; the limit is 20."
		}
		seen[r.Value] = true
		roles = append(roles, r)
	}
	return roles, ""
}

// postTestSignOn tests what is stored.
func (s *pages) postTestSignOn(c echo.Context, v site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	if err := s.PaceQuestion(c, v); err != nil {
		return err
	}
	ctx := c.Request().Context()
	place, err := s.SignOn.Find(ctx, v.Workspace.Slug)
	if err != nil {
		return err
	}
	found, err := s.SignOn.Test(ctx, place)
	if err != nil {
		return err
	}
	var page operators.SignOnSettingsPage
	for _, f := range found {
		chip := map[string]views.Chip{signon.Fine: {Level: "ok", Text: "Right"},
			signon.Wrong:   {Level: "bad", Text: "Wrong"},
			signon.Unknown: {Level: "idle", Text: "Not known"}}[f.State]
		page.Verdicts = append(page.Verdicts, operators.SignOnVerdict{Part: f.Part, Chip: chip, Text: f.Text})
	}
	return s.showSignOnSettings(c, v, http.StatusOK, page)
}

// postRequireSignOn has everyone but the break-glass owner come through the provider.
func (s *pages) postRequireSignOn(c echo.Context, v site.Visitor) error {
	form, version, err := versioned(c)
	if err != nil {
		return err
	}
	owner, _ := uuid.Parse(form.Get("break_glass"))
	err = s.Members.RequireSignOn(c.Request().Context(), v.Scope, v.Actor(), version, owner)
	var page operators.SignOnSettingsPage
	switch {
	case errors.Is(err, members.ErrNoBreakGlass):
		page.Owner = views.Input{Value: form.Get("break_glass"),
			Error: "Choose an owner who has a second factor of this console."}
	case errors.Is(err, members.ErrSignOnUnproved):
		page.Problem = "No owner has signed in through this provider yet."
	case err != nil:
		return err
	default:
		return c.Redirect(http.StatusSeeOther, views.SignOnSettings(v.Workspace.Slug))
	}
	return s.showSignOnSettings(c, v, http.StatusUnprocessableEntity, page)
}

// versioned reads a form that changes the settings of a version.
func versioned(c echo.Context) (form site.Form, version int, err error) {
	if form, err = site.FormOf(c); err != nil {
		return form, 0, err
	}
	if version, err = strconv.Atoi(form.Get("version")); err != nil {
		err = site.BadRequest("The form does not say which settings it is about.")
	}
	return form, version, err
}

func (s *pages) postOptionalSignOn(c echo.Context, v site.Visitor) error {
	_, version, err := versioned(c)
	if err != nil {
		return err
	}
	if err := s.Members.StopRequiringSignOn(c.Request().Context(), v.Scope, v.Actor(), version); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.SignOnSettings(v.Workspace.Slug))
}

func (s *pages) postRemoveSignOn(c echo.Context, v site.Visitor) error {
	_, version, err := versioned(c)
	if err != nil {
		return err
	}
	err = s.Members.RemoveSignOn(c.Request().Context(), v.Scope, v.Actor(), version)
	if errors.Is(err, members.ErrSignOnRequired) {
		return s.showSignOnSettings(c, v, http.StatusUnprocessableEntity, operators.SignOnSettingsPage{
			Problem: "Stop requiring single sign-on first."})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.SignOnSettings(v.Workspace.Slug))
}
