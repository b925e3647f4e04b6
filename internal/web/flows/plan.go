package flows

import (
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

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
	if atWork(p) {
		c.Response().Header().Set("Refresh", refreshEvery) // before Duo is asked: the page may begin meanwhile
	}
	if atWork(p) && s.drives(c, v, steps) {
		if err := s.Plans.Advance(c.Request().Context(), v.Scope, p.ID, uuid.Nil, pageBudget); err != nil {
			return err
		}
		if p, steps, err = s.Plans.Of(c.Request().Context(), v.Scope, p.ID); err != nil {
			return err
		}
	}
	if !atWork(p) {
		c.Response().Header().Del("Refresh")
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
	page := flows.PlanPage{Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization),
		Heading: "Onboard " + v.Organization.Name,
		State:   planChip(p), Hidden: []views.Hidden{{Name: "plan", Value: p.ID.String()}}, Post: act(v, "continue"),
		Facts: s.planFacts(v, p)}
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
			page.Buttons = append(page.Buttons, flows.Button{Text: page.Heading, Post: act(v, "approve"), Hidden: hidden,
				Primary: true})
		}
	} else {
		page.Notes = append(page.Notes, "Nothing was done in Duo yet. Fill in the forms in any order, then review the steps.")
	}
	if v.Fits(site.TechnicianOrganization) {
		again := flows.Button{Text: "Review the steps", Post: act(v, "preview"), Hidden: bound(p), Primary: true}
		if p.State == store.PlanPreviewed {
			again.Text, again.Primary = "Review the steps again", false
		}
		page.Buttons = append(page.Buttons, again)
	}
	if v.Fits(site.AdminOrganization) {
		page.Buttons = append(page.Buttons, flows.Button{Text: "Cancel the onboarding", Post: act(v, "cancel"),
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
