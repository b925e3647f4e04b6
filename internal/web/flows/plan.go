package flows

import (
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
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
	return s.goOn(c, v, p, steps)
}

// getOther shows a plan of another kind, at the address of its own, and goes on with it.
func (s *pages) getOther(c echo.Context, v site.Visitor) error {
	p, steps, err := s.other(c, v)
	if err != nil {
		return err
	}
	return s.goOn(c, v, p, steps)
}

// planNamed is the id of the plan that an address names, of an organization or of the workspace. The address of an
// onboarding names none.
func planNamed(c echo.Context) string { return c.Param("plan") + c.Param("workplan") }

// other is the plan that an address names. An onboarding has an address of its own.
func (s *pages) other(c echo.Context, v site.Visitor) (p store.Plan, steps []store.PlanStep, err error) {
	id, bad := uuid.Parse(planNamed(c))
	if bad != nil {
		return p, nil, store.ErrNotFound
	}
	p, steps, err = s.Plans.Of(c.Request().Context(), v.Scope, id)
	if err == nil && (p.Kind == plan.OnboardingKind || p.OrganizationID != v.Organization.ID) {
		err = store.ErrNotFound
	}
	return p, steps, err
}

func (s *pages) goOn(c echo.Context, v site.Visitor, p store.Plan, steps []store.PlanStep) (err error) {
	p, steps, err = s.driven(c, v, p, steps, pageBudget)
	if err != nil && !site.DuoSaidNo(err) {
		return err
	}
	page := s.planPage(v, p, steps)
	if err != nil { // the step waits; Pause and Cancel are on this page
		why := run.Explain(err)
		page.Notes = append(page.Notes, strings.TrimSpace(why.Cause+" "+why.Fix))
	}
	return s.showPlan(c, v, http.StatusOK, page)
}

// driven goes on with a plan that is at work, and returns it as it stands then.
func (s *pages) driven(c echo.Context, v site.Visitor, p store.Plan, steps []store.PlanStep,
	budget time.Duration) (store.Plan, []store.PlanStep, error) {
	if !p.AtWork() || !s.drives(c, v, p, steps) {
		return p, steps, nil
	}
	if err := s.advance(c, v, p, steps, budget); err != nil {
		return p, steps, err
	}
	return s.Plans.Of(c.Request().Context(), v.Scope, p.ID)
}

// drives reports whether a request for the page of a plan, or its stream, goes on with it:
// those do whose role reaches for its steps, on a page that they opened themselves. What a
// script reads again for the stream does not.
func (s *pages) drives(c echo.Context, v site.Visitor, p store.Plan, steps []store.PlanStep) bool {
	h := c.Request().Header
	own := h.Get("HX-Request") == "" && h.Get("Sec-Fetch-Site") != "cross-site" &&
		h.Get("Sec-Fetch-Site") != "same-site" && h.Get("Sec-Purpose") == ""
	return own && p.Reached && !site.OnlyHead(c.Request().Context()) &&
		plan.Lacking(v.Role, v.Membership.Every(), steps) == nil
}

func (s *pages) showPlan(c echo.Context, v site.Visitor, status int, page flows.PlanPage) error {
	return s.Render(c, status, v, site.Place{Tab: page.Tab, Section: "integration", Waits: page.Live != nil}, page)
}

// act is the address of an act on an onboarding.
func act(v site.Visitor, what string) string {
	return views.OnboardingAct(v.Workspace.Slug, v.Organization.Slug, what)
}

// actOn is the address of an act on a plan.
func actOn(v site.Visitor, p store.Plan, what string) string {
	if p.Kind == plan.OnboardingKind {
		return act(v, what)
	}
	return views.PlanAct(v.Workspace.Slug, v.Organization.Slug, p.ID.String(), what)
}

func (s *pages) noPlan(v site.Visitor) flows.PlanPage {
	page := flows.PlanPage{Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization),
		Heading: "Onboard " + v.Organization.Name,
		Notes:   []string{"This organization has no onboarding."}}
	if v.Fits(site.AdminOrganization) {
		page.Buttons = []flows.Button{{Text: "Begin an onboarding", Post: act(v, "begin"), Primary: true}}
	}
	return page
}

// planPage is a plan as a page, by its state.
func (s *pages) planPage(v site.Visitor, p store.Plan, steps []store.PlanStep) flows.PlanPage {
	page := flows.PlanPage{Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Tab: "overview",
		Heading: "Onboard " + v.Organization.Name,
		State:   planChip(p), Hidden: []views.Hidden{{Name: "plan", Value: p.ID.String()}},
		Post:  actOn(v, p, "continue"),
		Facts: s.planFacts(v, p)}
	if other, is := others[p.Kind]; is {
		page.Heading, page.Tab = other.heading, other.tab
	}
	switch p.State {
	case store.PlanDraft, store.PlanPreviewed:
		if p.Kind == plan.OnboardingKind {
			s.drawDraft(v, p, steps, &page)
		} else {
			s.drawPreview(v, p, steps, &page)
		}
	default:
		s.drawWork(v, p, steps, &page)
	}
	return page
}

func (s *pages) planFacts(v site.Visitor, p store.Plan) []views.Fact {
	facts := []views.Fact{{Label: "Started by", Text: p.BegunBy, Note: s.When(v, p.BegunAt).Text}}
	if choice, given := plan.Read[plan.SynchronizeChoice](p, plan.SynchronizeScreen); given &&
		p.Kind == plan.SynchronizeKind {
		facts = append(facts, views.Fact{Label: "Directory", Text: catalog.Plain(choice.Directory),
			Note: choice.DirectoryKey})
	}
	if p.Approver != nil && p.ApprovedAt != nil {
		facts = append(facts, views.Fact{Label: "Approved by", Text: *p.Approver, Note: s.When(v, *p.ApprovedAt).Text})
	}
	if p.State == store.PlanDraft || p.State == store.PlanPreviewed || p.State == store.PlanPaused {
		facts = append(facts, views.Fact{Label: "Kept until", Text: site.Exactly(v, p.ExpiresAt)})
	}
	return facts
}

// drawDraft shows a draft: its screens, and its steps once they were previewed.
func (s *pages) drawDraft(v site.Visitor, p store.Plan, steps []store.PlanStep, page *flows.PlanPage) {
	if !s.Now().Before(p.ExpiresAt) {
		page.Notes = append(page.Notes, "This draft is more than 30 days old. Nothing more can be done with it.")
		if v.Fits(site.AdminOrganization) {
			page.Buttons = []flows.Button{{Text: "Begin another onboarding", Post: act(v, "begin"), Primary: true}}
		}
		return
	}
	page.Screens, page.Preview = links(v, draft{Plan: p}, ""), true
	hidden := bound(p)
	if p.State == store.PlanPreviewed {
		page.Steps = previewRows(steps)
		hidden = append(hidden, views.Hidden{Name: "digest", Value: hex.EncodeToString(p.Digest)})
		switch lacks, is := errors.AsType[*plan.Lacks](plan.Lacking(v.Role, v.Membership.Every(), steps)); {
		case is:
			page.Notes = append(page.Notes, lacksText(lacks))
		default:
			page.Buttons = append(page.Buttons, flows.Button{Text: page.Heading, Post: act(v, "approve"),
				Hidden:  hidden,
				Primary: true, Ticket: true})
		}
	} else {
		page.Notes = append(page.Notes,
			"Nothing was done in Duo yet. Fill in the forms in any order, then review the steps.")
	}
	if v.Fits(site.TechnicianOrganization) {
		again := flows.Button{Text: "Review the steps", Post: act(v, "preview"), Hidden: bound(p), Primary: true}
		if p.State == store.PlanPreviewed {
			again.Text, again.Primary = "Review the steps again", false
		}
		page.Buttons = append(page.Buttons, again)
	}
	if v.Fits(site.AdminOrganization) {
		page.Buttons = append(page.Buttons, flows.Button{Text: "Cancel onboarding", Post: act(v, "cancel"),
			Hidden: page.Hidden, Danger: true})
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
