package plan

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// start adds a plan whose input is complete and previews it, and with approve approves it
// at once, in the actor's name. A plan that has no organization becomes the workspace's, and
// is about the organizations of its steps. Started a second time with the same input,
// nothing is done; with other input the error is run.ErrOtherInput.
func (r *Runner) start(ctx context.Context, sc store.Scope, actor run.Actor, p store.Plan, approve bool) error {
	k, _ := KindOf(p.Kind)
	steps, err := r.stepsNow(ctx, sc, p)
	if err == nil && len(steps) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return err
	}
	if p.OrganizationID == uuid.Nil {
		p.Organizations = organizationsOf(steps)
	}
	err = r.Change(ctx, sc, actor, k.Role, func(tx *store.Tx) error {
		g, err := tx.HoldGrant(ctx, actor.Operator, actor.Epoch)
		if err != nil {
			return err
		}
		if err := tx.AddPlan(ctx, p, actor.Operator, r.Now()); err != nil {
			return err
		}
		now, err := tx.LockPlan(ctx, p.ID)
		if err != nil {
			return err
		}
		if err := unused(ctx, tx, steps); err != nil {
			return err
		}
		if err := showSteps(ctx, tx, now, steps); err != nil || !approve {
			return err
		}
		if err := mayDirect(actor, g, steps); err != nil {
			return err
		}
		above, err := r.useQuotas(ctx, tx, actor, g, now, steps)
		if err != nil {
			return err
		}
		now.State, now.Digest = store.PlanApproved, Digest(steps)
		return r.sign(ctx, tx, actor, now, store.ApprovedPlan, above)
	})
	if store.IsConflict(err, "plan_pkey") {
		return r.sameAs(ctx, sc, p)
	}
	return err
}

// unused returns run.ErrOtherInput if a run is on record by the id of a step, and did something else: the form began
// another plan once, which was deleted since. Its run would be taken for the step's. The first attempt decides: a later
// one has a run only where the first has one, and does the same.
func unused(ctx context.Context, tx *store.Tx, steps []store.PlanStep) error {
	begun := map[uuid.UUID]store.PlanStep{}
	for _, s := range steps {
		if s.Skip == "" {
			begun[RunID(s.ID, s.Attempt)] = s
		}
	}
	recorded, err := tx.RunsByID(ctx, slices.Collect(maps.Keys(begun)))
	for _, r := range recorded {
		s := begun[r.ID]
		action, is := catalog.Lookup(s.Act)
		if !is { // what other acts do is in the id
			continue
		}
		o := store.Organization{ID: s.OrganizationID}
		q, bad := requestOf(action, Work{Run: r.ID, Organization: o, Input: fieldsOf(s.Input)})
		if len(bad) > 0 || !run.SameRun(tx, r, q) {
			return run.ErrOtherInput
		}
	}
	return err
}

// sameAs returns run.ErrOtherInput unless a plan was started with the same input.
func (r *Runner) sameAs(ctx context.Context, sc store.Scope, p store.Plan) error {
	before, _, err := r.Of(ctx, sc, p.ID)
	if errors.Is(err, store.ErrNotFound) {
		return run.ErrOtherInput
	}
	if err != nil {
		return err
	}
	same := before.Kind == p.Kind && before.OrganizationID == p.OrganizationID
	for screen, typed := range p.Input {
		same = same && sameJSON(before.Input[screen], typed)
	}
	if !same {
		return run.ErrOtherInput
	}
	return nil
}

// organizationsOf are the organizations of steps, each once.
func organizationsOf(steps []store.PlanStep) (all []uuid.UUID) {
	for _, s := range steps {
		if !slices.Contains(all, s.OrganizationID) {
			all = append(all, s.OrganizationID)
		}
	}
	return all
}
