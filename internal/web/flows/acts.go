package flows

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/flows"
)

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
	err := s.own(c, v, id)
	if err == nil {
		err = s.Plans.Preview(c.Request().Context(), v.Membership, v.Actor(), id, revision)
	}
	return s.after(c, v, id, err)
}

// own makes sure that a plan is the one of the address, or an onboarding of its
// organization.
func (s *pages) own(c echo.Context, v site.Visitor, id uuid.UUID) error {
	p, _, err := s.Plans.Of(c.Request().Context(), v.Scope, id)
	onboarding := planNamed(c) == ""
	if err == nil && ((p.Kind == plan.OnboardingKind) != onboarding || p.OrganizationID != v.Organization.ID) {
		err = store.ErrNotFound
	}
	return err
}

// after leads to the plan, and says there what spoke against an act on it.
func (s *pages) after(c echo.Context, v site.Visitor, id uuid.UUID, err error) error {
	fault, status := "", http.StatusConflict
	var differs *plan.Differs
	switch {
	case err == nil && planNamed(c) != "":
		return c.Redirect(http.StatusSeeOther, views.Plan(v.Workspace.Slug, v.Organization.Slug, id.String()))
	case err == nil:
		return s.toPlan(c, v, nil)
	case errors.As(err, &differs):
		fault = "Nothing was approved: the steps differ from those that you were shown. Look at what is new, and " +
			"approve again."
	case errors.As(err, new(*plan.Stale)):
		stale, _ := errors.AsType[*plan.Stale](err)
		fault = s.staleText(v, stale) + " Nothing was done."
	case errors.As(err, new(*plan.Lacks)):
		lacks, _ := errors.AsType[*plan.Lacks](err)
		fault, status = lacksText(lacks)+" Nothing was done.", http.StatusForbidden
	case errors.As(err, new(*plan.Settled)):
		settled, _ := errors.AsType[*plan.Settled](err)
		fault = settledText(settled)
	case errors.Is(err, plan.ErrWorking):
		fault = "Nothing was done: a step is in progress. Continue first, until it has ended."
	case errors.As(err, new(*catalog.FieldError)):
		missing, _ := errors.AsType[*catalog.FieldError](err)
		fault, status = "Nothing was done. "+missing.Message, http.StatusUnprocessableEntity
	case errors.As(err, new(*run.OverQuota)):
		over, _ := errors.AsType[*run.OverQuota](err)
		fault, status = s.QuotaText(v, over), http.StatusTooManyRequests
		c.Response().Header().Set("Retry-After", site.RetryAfter(err))
	case site.DuoSaidNo(err):
		why := run.Explain(err)
		fault, status = why.Cause+" "+why.Fix, site.StatusOf(err)
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
	return "Nothing was done: this plan is already " + planWords[e.State] + "."
}

// markNew marks the steps that were not in the preview before, and names those that are
// gone.
func markNew(page *flows.PlanPage, steps []store.PlanStep, d *plan.Differs) {
	fresh := map[uuid.UUID]bool{}
	for _, s := range d.New {
		fresh[s.ID] = true
	}
	for i, s := range steps[:min(len(steps), len(page.Steps))] { // a draft again shows none
		page.Steps[i].New = fresh[s.ID]
	}
	for _, s := range d.Gone {
		page.Gone = append(page.Gone, actTitle(s.Act)+": "+catalog.Plain(s.Subject))
	}
}

// postApprove lets the previewed steps be executed.
func (s *pages) postApprove(c echo.Context, v site.Visitor) error {
	form, id, err := s.planForm(c, v)
	if err != nil {
		return err
	}
	digest, bad := hex.DecodeString(form.Get("digest"))
	if bad != nil || len(digest) == 0 {
		return site.BadRequest("The form does not say which steps it approves. Open it again.")
	}
	return s.after(c, v, id, s.Plans.Approve(c.Request().Context(), v.Membership, v.Actor(), id, digest))
}

// planAct is an act on a plan as a whole.
type planAct func(context.Context, store.Scope, run.Actor, uuid.UUID) error

// acts answers the button of an act on a plan.
func (s *pages) acts(do planAct) site.Handler {
	return func(c echo.Context, v site.Visitor) error {
		_, id, err := s.planForm(c, v)
		if err != nil {
			return err
		}
		return s.after(c, v, id, do(c.Request().Context(), v.Scope, v.Actor(), id))
	}
}

// planForm reads the form of an act, and the id of the plan that it is about, which is the
// address's.
func (s *pages) planForm(c echo.Context, v site.Visitor) (site.Form, uuid.UUID, error) {
	form, err := site.FormOf(c)
	if err != nil {
		return form, uuid.Nil, err
	}
	named := planNamed(c)
	id, bad := uuid.Parse(cmp.Or(named, form.Get("plan")))
	switch {
	case bad != nil && named != "":
		err = store.ErrNotFound
	case bad != nil:
		err = site.BadRequest("The form does not say which plan it is about. Open it again.")
	default:
		err = s.own(c, v, id)
	}
	return form, id, err
}

// postContinue lets a paused plan go on, or tries a step again, and goes on at once.
func (s *pages) postContinue(c echo.Context, v site.Visitor) error {
	form, id, err := s.planForm(c, v)
	if err != nil {
		return err
	}
	var retry []uuid.UUID
	if step, bad := uuid.Parse(form.Get("retry")); bad == nil {
		retry = append(retry, step)
	}
	err = s.Plans.Continue(c.Request().Context(), v.Scope, v.Actor(), id, retry...)
	if err == nil && c.Param("workplan") == "" {
		err = s.Plans.Advance(c.Request().Context(), v.Scope, id, uuid.Nil, pageBudget)
	}
	return s.after(c, v, id, err)
}
