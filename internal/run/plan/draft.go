package plan

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// mostTrail is how many changes of a draft are remembered.
const mostTrail = 20

// Begin adds a draft in the transaction of its caller, which makes sure that no other one of
// the kind is open for the organization. Its id is no other plan's ever: those of its steps
// and runs are made of it.
func Begin(ctx context.Context, tx *store.Tx, r *run.Runner, organization uuid.UUID, kind string,
	operator uuid.UUID) (uuid.UUID, error) {
	id := uuid.New()
	return id, tx.AddPlan(ctx, store.Plan{ID: id, OrganizationID: organization, Kind: kind}, operator, r.Now())
}

// Save stores what was typed on a screen of a draft; role is what the screen takes. A
// preview counts no longer. A *Stale error says that the plan is not at this revision any
// more, a *Settled that it is not a draft. What is stored already is a success.
func (r *Runner) Save(ctx context.Context, sc store.Scope, actor run.Actor, role catalog.Role, id uuid.UUID,
	revision int,
	screen string, typed any) error {
	text, err := json.Marshal(typed)
	if err != nil {
		return err
	}
	return r.Change(ctx, sc, actor, role, func(tx *store.Tx) error {
		p, err := tx.LockPlan(ctx, id)
		if err != nil {
			return err
		}
		if err := r.open(p, store.PlanDraft, store.PlanPreviewed); err != nil {
			return err
		}
		if sameJSON(p.Input[screen], text) {
			return nil
		}
		if err := stale(p, revision); err != nil {
			return err
		}
		by, err := tx.Member(ctx, actor.Operator)
		if err != nil {
			return err
		}
		p.Revision++
		p.State, p.Digest, p.ExpiresAt = store.PlanDraft, nil, r.Now().Add(store.PlanLife)
		p.Input[screen] = text
		p.Trail = append(p.Trail, store.PlanChange{Revision: p.Revision, Screen: screen, By: by.Email, At: r.Now()})
		p.Trail = p.Trail[max(0, len(p.Trail)-mostTrail):]
		return tx.SavePlan(ctx, p)
	})
}

// sameJSON reports whether two texts hold the same value.
func sameJSON(a, b json.RawMessage) bool {
	plain := func(text json.RawMessage) []byte {
		var value any
		if json.Unmarshal(text, &value) != nil {
			return nil
		}
		out, _ := json.Marshal(value) // what was read can be written
		return out
	}
	return len(a) > 0 && bytes.Equal(plain(a), plain(b))
}

// stepsNow makes the steps of a plan from what was typed and what is there now.
func (r *Runner) stepsNow(ctx context.Context, sc store.Scope, p store.Plan) ([]store.PlanStep, error) {
	k, known := KindOf(p.Kind)
	if !known {
		return nil, store.ErrNotFound
	}
	var o store.Organization
	if p.OrganizationID != uuid.Nil {
		var err error
		if o, err = r.Organization(ctx, sc, p.OrganizationID); err != nil {
			return nil, err
		}
	}
	steps, err := k.Steps(ctx, Reader{r.Runner, sc, o}, p.Input)
	return numbered(p, steps), err
}

// Preview makes the steps of a draft, and stores them as what an approval can be for. sc
// must reach what the steps depend on.
func (r *Runner) Preview(ctx context.Context, sc store.Scope, actor run.Actor, id uuid.UUID, revision int) error {
	p, _, err := r.Of(ctx, sc, id)
	if err != nil {
		return err
	}
	steps, err := r.stepsNow(ctx, sc, p)
	if err != nil {
		return err
	}
	return r.Change(ctx, sc, actor, catalog.Helpdesk, func(tx *store.Tx) error {
		now, err := tx.LockPlan(ctx, id)
		if err != nil {
			return err
		}
		if err := r.open(now, store.PlanDraft, store.PlanPreviewed); err != nil {
			return err
		}
		if err := stale(now, revision); err != nil {
			return err
		}
		return showSteps(ctx, tx, now, steps)
	})
}

// showSteps stores steps as previewed.
func showSteps(ctx context.Context, tx *store.Tx, p store.Plan, steps []store.PlanStep) error {
	p.State, p.Digest = store.PlanPreviewed, Digest(steps)
	if err := tx.ReplaceSteps(ctx, p.ID, steps); err != nil {
		return err
	}
	return tx.SavePlan(ctx, p)
}
