package flows

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/flows"
)

// draft is the plan that a form is about. form is what was sent; nil before.
type draft struct {
	store.Plan
	c      echo.Context // of the request that sends the form
	form   *site.Form
	query  url.Values // of the address
	faults map[string]string

	effected bool // taking the form has changed more than the draft
}

// box is what a field holds: what was typed, or else what is stored.
func (d draft) box(name, stored string) views.Input {
	if d.form != nil && d.form.Has(name) {
		stored = site.UnixLines(d.form.Get(name))
	}
	return views.Input{Value: stored, Error: d.faults[name]}
}

// screen is one form of an onboarding.
type screen struct {
	slug     string
	policy   site.Policy
	optional bool
	effects  bool // taking it changes more than the draft
	// draw fills in the page of the form.
	draw func(*pages, context.Context, site.Visitor, draft, *flows.FormPage) error
	// take reads what was typed, to be stored. With faults nothing is.
	take func(*pages, context.Context, site.Visitor, draft) (typed any, bad []catalog.FieldError, err error)
}

var screens = []screen{factsScreen, accountScreen, settingsScreen, directoriesScreen, authScreen, usersScreen}

// draftOf reads the visitor's plan; store.ErrNotFound where none is being filled in.
func (s *pages) draftOf(ctx context.Context, v site.Visitor) (draft, error) {
	p, _, err := s.Plans.Latest(ctx, v.Scope, v.Organization.ID, plan.OnboardingKind)
	return draft{Plan: p}, err
}

// draws shows a form. A plan that is no draft any more is shown as what it is.
func (s *pages) draws(sc screen) site.Handler {
	return func(c echo.Context, v site.Visitor) error {
		d, err := s.draftOf(c.Request().Context(), v)
		if err != nil || !plan.Drafted(d.Plan, s.Now()) {
			return s.toPlan(c, v, err)
		}
		d.query = c.QueryParams()
		return s.show(c, v, http.StatusOK, sc, d, "")
	}
}

// toPlan leads to the page of the plan, or of its absence.
func (s *pages) toPlan(c echo.Context, v site.Visitor, err error) error {
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Onboarding(v.Workspace.Slug, v.Organization.Slug))
}

func (s *pages) show(c echo.Context, v site.Visitor, status int, sc screen, d draft, fault string) error {
	ws, org := v.Workspace.Slug, v.Organization.Slug
	i := slices.IndexFunc(screens, func(other screen) bool { return other.slug == sc.slug })
	tag := words.TagOf(v.Organization)
	page := flows.FormPage{
		Workspace: ws, Organization: &tag, Heading: "Onboard " + v.Organization.Name, Screen: titleOf(sc.slug),
		Screens: links(v, d, sc.slug),
		Post:    views.OnboardingScreen(ws, org, sc.slug), Hidden: bound(d.Plan), Next: "Save and continue",
		Error:  fault,
		Review: i < len(screens)-1, Ticket: sc.effects,
	}
	if before := neighbor(v, i, -1); before != "" {
		page.Back = views.OnboardingScreen(ws, org, before)
	}
	if next := neighbor(v, i, +1); sc.optional && next != "" {
		page.Skip = views.OnboardingScreen(ws, org, next)
	}
	if i == len(screens)-1 {
		page.Next = "Save and review"
	}
	if err := sc.draw(s, c.Request().Context(), v, d, &page); err != nil {
		return err
	}
	return s.Render(c, status, v, site.Place{Tab: "overview"}, page)
}

// neighbor is the next screen in a direction that the visitor may open; "" for none.
func neighbor(v site.Visitor, i, step int) string {
	for i += step; i >= 0 && i < len(screens); i += step {
		if v.Fits(screens[i].policy) {
			return screens[i].slug
		}
	}
	return ""
}

// bound is what ties a form to the plan that it was opened for.
func bound(p store.Plan) []views.Hidden {
	return []views.Hidden{{Name: "plan", Value: p.ID.String()}, {Name: "revision", Value: strconv.Itoa(p.Revision)}}
}

// opened reads that again.
func opened(form site.Form) (id uuid.UUID, revision int, err error) {
	id, bad := uuid.Parse(form.Get("plan"))
	revision, also := strconv.Atoi(form.Get("revision"))
	if bad != nil || also != nil {
		return id, revision, site.BadRequest("The form does not say which plan it was opened for. Open it again.")
	}
	return id, revision, nil
}

func titleOf(slug string) string {
	k, _ := plan.KindOf(plan.OnboardingKind)
	for _, s := range k.Screens {
		if s.Slug == slug {
			return s.Title
		}
	}
	return slug
}

// links are the screens beside a form, as far as the visitor may open them.
func links(v site.Visitor, d draft, now string) []flows.ScreenLink {
	var all []flows.ScreenLink
	for _, sc := range screens {
		link := flows.ScreenLink{Title: titleOf(sc.slug), Href: views.OnboardingScreen(v.Workspace.Slug,
			v.Organization.Slug, sc.slug), State: "open"}
		_, given := d.Input[sc.slug]
		switch {
		case sc.slug == now:
			link.State = "now"
		case !v.Fits(sc.policy):
			link.State, link.Href = "closed", ""
		case given || sc.slug == plan.FactsScreen:
			link.State = "done"
		}
		all = append(all, link)
	}
	review := flows.ScreenLink{Title: "Review", Href: views.Onboarding(v.Workspace.Slug, v.Organization.Slug),
		State: "open"}
	if now == "" {
		review.State = "now"
	}
	return append(all, review)
}

// takes stores what was typed, and leads on.
func (s *pages) takes(sc screen) site.Handler {
	return func(c echo.Context, v site.Visitor) error {
		form, err := site.FormOf(c)
		if err != nil {
			return err
		}
		id, revision, err := opened(form)
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		d, err := s.draftOf(ctx, v)
		if err != nil || d.ID != id || !plan.Drafted(d.Plan, s.Now()) {
			return s.toPlan(c, v, err)
		}
		d.c, d.form = c, &form
		if sc.effects && s.overtaken(v, d, revision) {
			return s.saved(c, v, sc, d, &plan.Stale{Now: d.Plan, Changes: plan.Since(d.Plan, revision)})
		}
		typed, bad, err := sc.take(s, ctx, v, d)
		if site.DuoSaidNo(err) {
			why := run.Explain(err)
			return s.show(c, v, site.StatusOf(err), sc, d, why.Cause+" "+why.Fix)
		}
		if err != nil {
			return err
		}
		if len(bad) > 0 {
			d.Revision, d.faults = revision, site.ByField(bad)
			return s.show(c, v, http.StatusUnprocessableEntity, sc, d, d.faults[""])
		}
		d.effected = sc.effects
		err = s.Plans.Save(ctx, v.Scope, v.Actor(), sc.policy.Role, id, revision, sc.slug, typed)
		return s.saved(c, v, sc, d, err)
	}
}

// overtaken reports whether others changed a draft since a revision. The visitor's own form,
// sent twice, is no change by others.
func (s *pages) overtaken(v site.Visitor, d draft, revision int) bool {
	changes := plan.Since(d.Plan, revision)
	for _, change := range changes {
		if change.By != v.Operator.Email {
			return true
		}
	}
	return len(changes) < d.Revision-revision // more than are remembered
}

// saved leads on from a form that was stored, or shows it again beside what others changed.
func (s *pages) saved(c echo.Context, v site.Visitor, sc screen, d draft, err error) error {
	if stale, is := errors.AsType[*plan.Stale](err); is {
		d.Plan = stale.Now
		said := s.staleText(v, stale)
		if !d.effected {
			said += " Your changes are not saved yet."
		}
		return s.show(c, v, http.StatusConflict, sc, d, said+" Save again to keep what is typed here.")
	}
	if errors.As(err, new(*plan.Settled)) {
		return s.toPlan(c, v, nil)
	}
	if err != nil {
		return err
	}
	i := slices.IndexFunc(screens, func(other screen) bool { return other.slug == sc.slug })
	for i++; i < len(screens) && d.form.Get("next") != "review"; i++ {
		if v.Fits(screens[i].policy) {
			return c.Redirect(http.StatusSeeOther, views.OnboardingScreen(v.Workspace.Slug, v.Organization.Slug,
				screens[i].slug))
		}
	}
	now, err := s.draftOf(c.Request().Context(), v)
	if err != nil {
		return err
	}
	return s.previewed(c, v, now.ID, now.Revision)
}

// staleText says who changed which screens of a draft.
func (s *pages) staleText(v site.Visitor, e *plan.Stale) string {
	if len(e.Changes) == 0 {
		return "This plan has changed since you opened the form."
	}
	var said []string
	for _, change := range e.Changes {
		said = append(said, titleOf(change.Screen)+" ("+catalog.Plain(change.By)+", "+site.Exactly(v, change.At)+")")
	}
	return "Changed since you opened the form: " + strings.Join(said, ", ") + "."
}
