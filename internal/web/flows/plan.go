package flows

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

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

const (
	// pageBudget is for how long a page goes on with a plan before it is answered.
	pageBudget = 3 * time.Second
	// refreshEvery is after how many seconds the page of a plan at work is read again.
	refreshEvery = "2"
)

// getPlan shows a plan as it stands, and goes on with one that is at work.
func (s *pages) getPlan(c echo.Context, v site.Visitor) error {
	p, steps, err := s.Plans.Latest(c.Request().Context(), v.Scope, v.Organization.ID, plan.OnboardingKind)
	if errors.Is(err, store.ErrNotFound) {
		return s.showPlan(c, v, http.StatusOK, s.noPlan(v))
	}
	if err != nil {
		return err
	}
	if atWork(p) && s.drives(c, v, steps) {
		if err := s.Plans.Advance(c.Request().Context(), v.Scope, p.ID, uuid.Nil, pageBudget); err != nil {
			return err
		}
		if p, steps, err = s.Plans.Of(c.Request().Context(), v.Scope, p.ID); err != nil {
			return err
		}
	}
	if atWork(p) {
		c.Response().Header().Set("Refresh", refreshEvery)
	}
	return s.showPlan(c, v, http.StatusOK, s.planPage(v, p, steps))
}

func atWork(p store.Plan) bool { return p.State == store.PlanApproved || p.State == store.PlanRunning }

// drives reports whether a request for the page of a plan goes on with it: those do whose
// role reaches for its steps, on a page that they opened themselves.
func (s *pages) drives(c echo.Context, v site.Visitor, steps []store.PlanStep) bool {
	h := c.Request().Header
	own := h.Get("Sec-Fetch-Site") != "cross-site" && h.Get("Sec-Fetch-Site") != "same-site" && h.Get("Sec-Purpose") == ""
	return own && !site.OnlyHead(c.Request().Context()) && plan.Lacking(v.Role, v.Membership.Every(), steps) == nil
}

func (s *pages) showPlan(c echo.Context, v site.Visitor, status int, page flows.PlanPage) error {
	return s.Render(c, status, v, site.Place{Tab: "overview"}, page)
}

// act is the address of an act on the plan.
func act(v site.Visitor, what string) string {
	return views.OnboardingAct(v.Workspace.Slug, v.Organization.Slug, what)
}

func (s *pages) noPlan(v site.Visitor) flows.PlanPage {
	page := flows.PlanPage{Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Heading: "Onboard " + v.Organization.Name,
		Notes: []string{"This organization has no onboarding."}}
	if v.Fits(site.AdminOrganization) {
		page.Buttons = []flows.Button{{Text: "Begin an onboarding", Post: act(v, "begin"), Primary: true}}
	}
	return page
}

// planPage is a plan as a page, by its state.
func (s *pages) planPage(v site.Visitor, p store.Plan, steps []store.PlanStep) flows.PlanPage {
	page := flows.PlanPage{Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Heading: "Onboard " + v.Organization.Name,
		State: planChip(p), Hidden: []views.Hidden{{Name: "plan", Value: p.ID.String()}}, Post: act(v, "continue"), Facts: s.planFacts(v, p)}
	switch p.State {
	case store.PlanDraft, store.PlanPreviewed:
		s.drawDraft(v, p, steps, &page)
	default:
		s.drawWork(v, p, steps, &page)
	}
	return page
}

func (s *pages) planFacts(v site.Visitor, p store.Plan) []views.Fact {
	facts := []views.Fact{{Label: "Begun by", Text: p.BegunBy, Note: s.When(v, p.BegunAt).Text}}
	if p.Approver != nil && p.ApprovedAt != nil {
		facts = append(facts, views.Fact{Label: "In the name of", Text: *p.Approver, Note: s.When(v, *p.ApprovedAt).Text})
	}
	if p.State == store.PlanDraft || p.State == store.PlanPreviewed || p.State == store.PlanPaused {
		facts = append(facts, views.Fact{Label: "Kept until", Text: site.Exactly(v, p.ExpiresAt)})
	}
	return facts
}

// drawDraft shows a draft: its screens, and its steps once they were previewed.
func (s *pages) drawDraft(v site.Visitor, p store.Plan, steps []store.PlanStep, page *flows.PlanPage) {
	page.Screens, page.Preview = links(v, draft{Plan: p}, ""), true
	hidden := bound(p)
	if p.State == store.PlanPreviewed {
		page.Steps = previewRows(steps)
		hidden = append(hidden, views.Hidden{Name: "digest", Value: hex.EncodeToString(p.Digest)})
		switch lacks, is := errors.AsType[*plan.Lacks](plan.Lacking(v.Role, v.Membership.Every(), steps)); {
		case is:
			page.Notes = append(page.Notes, lacksText(lacks))
		default:
			page.Buttons = append(page.Buttons, flows.Button{Text: page.Heading, Post: act(v, "approve"), Hidden: hidden, Primary: true})
		}
	} else {
		page.Notes = append(page.Notes, "Nothing was done in Duo yet. Fill in the forms in any order, then review the steps.")
	}
	if v.Fits(site.TechOrganization) {
		again := flows.Button{Text: "Review the steps", Post: act(v, "preview"), Hidden: bound(p), Primary: true}
		if p.State == store.PlanPreviewed {
			again.Text, again.Primary = "Review the steps again", false
		}
		page.Buttons = append(page.Buttons, again)
	}
	if v.Fits(site.AdminOrganization) {
		page.Buttons = append(page.Buttons, flows.Button{Text: "Cancel the onboarding", Post: act(v, "cancel"), Hidden: page.Hidden, Danger: true})
	}
}

// lacksText says what an approval takes that the visitor has not.
func lacksText(e *plan.Lacks) string {
	text := "Approving this requires the " + e.Role.Title() + " role"
	if e.Whole {
		text += " for all organizations"
	}
	return text + "."
}

// postBegin begins another onboarding of an organization.
func (s *pages) postBegin(c echo.Context, v site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	return s.toPlan(c, v, s.Setup.OnboardAgain(c.Request().Context(), v.Scope, v.Actor(), v.Organization))
}

// postPreview makes the steps of a draft.
func (s *pages) postPreview(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	id, revision, err := opened(form)
	if err != nil {
		return err
	}
	return s.previewed(c, v, id, revision)
}

func (s *pages) previewed(c echo.Context, v site.Visitor, id uuid.UUID, revision int) error {
	err := s.own(c.Request().Context(), v, id)
	if err == nil {
		err = s.Plans.Preview(c.Request().Context(), v.Membership, v.Actor(), id, revision)
	}
	return s.after(c, v, id, err)
}

// own makes sure that a plan is the organization's of the address.
func (s *pages) own(ctx context.Context, v site.Visitor, id uuid.UUID) error {
	return s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		_, err := tx.Plan(ctx, id)
		return err
	})
}

// after leads to the plan, and says there what spoke against an act on it.
func (s *pages) after(c echo.Context, v site.Visitor, id uuid.UUID, err error) error {
	fault, status := "", http.StatusConflict
	var differs *plan.Differs
	switch {
	case err == nil:
		return s.toPlan(c, v, nil)
	case errors.As(err, &differs):
		fault = "Nothing was approved: the steps differ from those that you were shown. Look at what is new, and approve again."
	case errors.As(err, new(*plan.Stale)):
		stale, _ := errors.AsType[*plan.Stale](err)
		fault = s.staleText(v, stale) + " Nothing was done."
	case errors.As(err, new(*plan.Lacks)):
		lacks, _ := errors.AsType[*plan.Lacks](err)
		fault, status = lacksText(lacks)+" Nothing was done.", http.StatusForbidden
	case errors.As(err, new(*plan.Settled)):
		settled, _ := errors.AsType[*plan.Settled](err)
		fault = settledText(settled)
	default:
		return err
	}
	p, steps, err := s.Plans.Of(c.Request().Context(), v.Scope, id)
	if err != nil {
		return err
	}
	page := s.planPage(v, p, steps)
	page.Error = fault
	if differs != nil {
		markNew(&page, steps, differs)
	}
	return s.showPlan(c, v, status, page)
}

func settledText(e *plan.Settled) string {
	if e.State == plan.Expired {
		return "Nothing was done: this plan is more than 30 days old."
	}
	return "Nothing was done: this plan is " + planWords[e.State] + " by now."
}

// markNew marks the steps that were not in the preview before, and names those that are
// gone.
func markNew(page *flows.PlanPage, steps []store.PlanStep, d *plan.Differs) {
	fresh := map[uuid.UUID]bool{}
	for _, s := range d.New {
		fresh[s.ID] = true
	}
	for i, s := range steps {
		page.Steps[i].New = fresh[s.ID]
	}
	for _, s := range d.Gone {
		page.Gone = append(page.Gone, actTitle(s.Act)+": "+catalog.Plain(s.Subject))
	}
}

// postApprove lets the previewed steps be executed.
func (s *pages) postApprove(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	id, _, err := opened(form)
	if err != nil {
		return err
	}
	digest, bad := hex.DecodeString(form.Get("digest"))
	if bad != nil || len(digest) == 0 {
		return site.BadRequest("The form does not say which steps it approves. Open it again.")
	}
	if err = s.own(c.Request().Context(), v, id); err == nil {
		err = s.Plans.Approve(c.Request().Context(), v.Membership, v.Actor(), id, digest)
	}
	return s.after(c, v, id, err)
}

// planAct is an act on a plan as a whole.
type planAct func(context.Context, store.Scope, run.Actor, uuid.UUID) error

// acts answers the button of an act on a plan.
func (s *pages) acts(do planAct) site.Handler {
	return func(c echo.Context, v site.Visitor) error {
		_, id, err := planForm(c)
		if err != nil {
			return err
		}
		return s.after(c, v, id, do(c.Request().Context(), v.Scope, v.Actor(), id))
	}
}

func planForm(c echo.Context) (site.Form, uuid.UUID, error) {
	form, err := site.FormOf(c)
	if err != nil {
		return form, uuid.Nil, err
	}
	id, bad := uuid.Parse(form.Get("plan"))
	if bad != nil {
		err = site.BadRequest("The form does not say which plan it is about. Open it again.")
	}
	return form, id, err
}

// postContinue lets a paused plan go on, or tries a step again, and goes on at once.
func (s *pages) postContinue(c echo.Context, v site.Visitor) error {
	form, id, err := planForm(c)
	if err != nil {
		return err
	}
	var retry []uuid.UUID
	if step, bad := uuid.Parse(form.Get("retry")); bad == nil {
		retry = append(retry, step)
	}
	err = s.Plans.Continue(c.Request().Context(), v.Scope, v.Actor(), id, retry...)
	if err == nil {
		err = s.Plans.Advance(c.Request().Context(), v.Scope, id, uuid.Nil, pageBudget)
	}
	return s.after(c, v, id, err)
}
