package web

import (
	"context"
	"encoding/hex"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// ownerOf is the owner of a tenant's workspace.
func (e *fleet) ownerOf(n *tenant) run.Actor {
	owner := e.Owner
	if n.workspace.ID == e.foreign.workspace.ID {
		owner = e.otherOwner
	}
	return e.ActorOf(owner, catalog.Owner)
}

// onboards begins an onboarding of a tenant's organization, unless one is open.
func (e *fleet) onboards(n *tenant) {
	err := setup.New(e.Runner).OnboardAgain(context.Background(), store.WholeWorkspace(n.workspace.ID), e.ownerOf(n),
		n.org)
	if err != nil {
		panic(err)
	}
}

// onboarding brings the onboarding of a tenant's organization into a state, and returns it.
func (e *fleet) onboarding(n *tenant, state string) store.Plan {
	ctx, sc, actor := context.Background(), store.WholeWorkspace(n.workspace.ID), e.ownerOf(n)
	plans := plan.New(e.Runner)
	latest := func() store.Plan {
		p, _, err := plans.Latest(ctx, sc, n.org.ID, plan.OnboardingKind)
		if err != nil {
			panic(err)
		}
		return p
	}
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	e.onboards(n)
	p := latest()
	draft := state == store.PlanDraft || state == store.PlanPreviewed
	if draft && p.State != store.PlanDraft && p.State != store.PlanPreviewed {
		must(plans.Cancel(ctx, sc, actor, p.ID))
		e.onboards(n)
		p = latest()
	}
	if state != store.PlanDraft && (p.State == store.PlanDraft || p.State == store.PlanPreviewed) {
		if err := plans.Preview(ctx, sc, actor, p.ID, p.Revision); site.DuoSaidNo(err) {
			return p // a walk has replaced the keys: its forms only name what others may not reach
		} else {
			must(err)
		}
		p = latest()
	}
	if !draft && p.State == store.PlanPreviewed {
		if err := e.Proving(ctx, e.t, actor, func(a run.Actor) error {
			return plans.Approve(ctx, sc, a, p.ID, p.Digest)
		}); site.DuoSaidNo(err) {
			return p
		} else {
			must(err)
		}
		p = latest()
	}
	if state == store.PlanPaused && p.State != store.PlanPaused {
		must(plans.Pause(ctx, sc, actor, p.ID))
	}
	if state == store.PlanApproved && p.State == store.PlanPaused {
		must(plans.Continue(ctx, sc, actor, p.ID))
	}
	return latest()
}

// planForm makes a form about a plan in a state, with more fields.
func planForm(state string, pairs ...string) func(*fleet, *tenant, bool) url.Values {
	return func(e *fleet, n *tenant, fresh bool) url.Values {
		form := url.Values{"plan": {uuid.NewString()}, "revision": {"1"}, "digest": {"00"}}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		if fresh {
			p := e.onboarding(n, state)
			form.Set("plan", p.ID.String())
			form.Set("revision", strconv.Itoa(p.Revision))
			form.Set("digest", hex.EncodeToString(p.Digest))
			form.Set("organization_revision", strconv.Itoa(e.asItIsNow(n).Revision))
		}
		return form
	}
}

// factsForm changes nothing of an organization's facts.
func factsForm(e *fleet, n *tenant, fresh bool) url.Values {
	form := planForm(store.PlanDraft, "similar", "true")(e, n, fresh)
	o := e.asItIsNow(n)
	form.Set("name", o.Name)
	form.Set("color", strconv.Itoa(max(o.Colour, 1)))
	return form
}

func onboardForm(*fleet, *tenant, bool) url.Values {
	return url.Values{"id": {uuid.NewString()}, "name": {"Fresh Client " + uuid.NewString()[:8]}, "similar": {"true"}}
}
