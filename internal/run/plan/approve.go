package plan

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// Differs says that a plan's steps are not those that were previewed any more: nothing
// was approved, and the new ones are stored as previewed.
type Differs struct{ Difference }

func (e *Differs) Error() string { return "plan: the steps differ from those that were previewed" }

// Lacks says that an approver's role or scope does not reach for some steps.
type Lacks struct {
	Role  catalog.Role // that the steps take
	Whole bool         // they take a membership of every organization, and the approver has another
	Steps []store.PlanStep
}

func (e *Lacks) Error() string {
	return fmt.Sprintf("plan: %d steps take more than the role", len(e.Steps))
}
func (e *Lacks) Unwrap() error { return run.ErrForbidden }

// Lacking returns a *Lacks if a role and a scope do not reach for all that is left of
// steps.
func Lacking(role catalog.Role, every bool, steps []store.PlanStep) error {
	e := &Lacks{}
	for _, s := range steps {
		act, _ := ActOf(s.Act)
		if passed(s) || RoleOf(s) <= role && (every || !act.Whole) {
			continue
		}
		e.Role, e.Steps = max(e.Role, RoleOf(s)), append(e.Steps, s)
		e.Whole = e.Whole || act.Whole && !every
	}
	if len(e.Steps) == 0 {
		return nil
	}
	return e
}

// Approve lets a previewed plan be executed, in the actor's name. digest is that of the
// steps that the actor was shown. The steps are made again: if they differ by now the
// error is a *Differs. A *Lacks says that the actor's role does not reach for a step.
// Approved a second time, nothing is done.
func (r *Runner) Approve(ctx context.Context, sc store.Scope, actor run.Actor, id uuid.UUID, digest []byte) error {
	p, _, err := r.Of(ctx, sc, id)
	if err != nil {
		return err
	}
	var steps []store.PlanStep
	if p.State == store.PlanPreviewed {
		if steps, err = r.stepsNow(ctx, sc, p); err != nil {
			return err
		}
	}
	var differs *Differs
	err = r.changePlan(ctx, sc, actor, id, func(tx *store.Tx, now store.Plan, before []store.PlanStep,
		g store.Grant) error {
		begun := now.State == store.PlanApproved || now.State == store.PlanRunning || now.State == store.PlanDone
		if begun && bytes.Equal(digest, now.Digest) {
			return nil // the same form, sent twice
		}
		if err := r.open(now, store.PlanPreviewed); err != nil {
			return err
		}
		if err := stale(now, p.Revision); err != nil {
			return err
		}
		if !bytes.Equal(Digest(steps), now.Digest) || !bytes.Equal(digest, now.Digest) {
			differs = &Differs{differ(before, steps)}
			return showSteps(ctx, tx, now, steps)
		}
		if err := mayDirect(actor, g, steps); err != nil {
			return err
		}
		above, err := r.useQuotas(ctx, tx, actor, g, now, steps)
		if err != nil {
			return err
		}
		if err := r.Prove(ctx, tx, actor, catalog.Act, store.ApprovedPlan.Slug, "Approving these steps",
			run.DigestOf(id.String(), string(digest))); err != nil {
			return err
		}
		now.State = store.PlanApproved
		return r.sign(ctx, tx, actor, now, store.ApprovedPlan, above)
	})
	if err == nil && differs != nil {
		return differs
	}
	r.NoteQuota(ctx, sc.Workspace(), actor, store.Record{Organization: p.OrganizationID}, err)
	return err
}

// sign makes the actor the one in whose name the steps are executed from now on.
// why is kept with its record.
func (r *Runner) sign(ctx context.Context, tx *store.Tx, actor run.Actor, p store.Plan, e store.Event,
	why string) error {
	at := r.Now()
	p.ApprovedBy, p.ApprovedAt, p.ApprovedEpoch, p.PausedWhy = &actor.Operator, &at, &actor.Epoch, ""
	p.ExpiresAt = at.Add(store.PlanLife)
	p.Revision++
	if actor.Ticket != "" {
		p.Input = maps.Clone(p.Input)
		p.Input[TicketInput], _ = json.Marshal(actor.Ticket) // a text has a JSON
	}
	if err := r.askTicket(ctx, tx, p); err != nil {
		return err
	}
	if err := tx.SavePlan(ctx, p); err != nil {
		return err
	}
	return r.record(ctx, tx, actor.Operator, p, e, why)
}

// ticketOf is the ticket that a plan was approved with.
func ticketOf(p store.Plan) string {
	ticket, _ := Read[string](p, TicketInput)
	return ticket
}

// askTicket returns a *catalog.FieldError if the workspace requires a ticket for a step that
// is left, and neither the step nor the plan has one.
func (r *Runner) askTicket(ctx context.Context, tx *store.Tx, p store.Plan) error {
	steps, err := tx.PlanSteps(ctx, p.ID)
	if err != nil || ticketOf(p) != "" {
		return err
	}
	for _, s := range steps {
		action, is := catalog.Lookup(s.Act)
		if s.Act == ProvisionAuth {
			action, is = catalog.ProvisionAuth(), true
		}
		if !is || passed(s) || s.Input[TicketInput] != "" {
			continue
		}
		if err := run.AskTicket(ctx, tx, action); err != nil {
			return err
		}
	}
	return nil
}

// record keeps what became of a plan as a whole, with the ticket that it was approved with. Of a plan of the workspace
// nothing is kept but its steps: a run of the workspace would not be seen by those who see a part of it.
func (r *Runner) record(ctx context.Context, tx *store.Tx, operator uuid.UUID, p store.Plan, e store.Event,
	why string) error {
	if p.OrganizationID == uuid.Nil {
		return nil
	}
	k, _ := KindOf(p.Kind)
	o, err := tx.Organization(ctx, p.OrganizationID)
	if err != nil {
		return err
	}
	summary := e.Title + ": " + k.Title + "."
	if why != "" {
		summary += " " + why
	}
	return tx.Record(ctx, store.Record{
		Event: e, Operator: operator, Ticket: ticketOf(p), Organization: p.OrganizationID, AccountID: o.AccountID,
		Subject: o.Name, At: r.Now(),
		Input:   map[string]string{"plan": p.ID.String(), "kind": p.Kind, "digest": hex.EncodeToString(p.Digest)},
		Summary: summary,
	})
}

// changePlan changes a plan that it locks. g is what the actor's membership gives; who
// changes a plan may at least see its organization.
func (r *Runner) changePlan(ctx context.Context, sc store.Scope, actor run.Actor, id uuid.UUID,
	fn func(tx *store.Tx, p store.Plan, steps []store.PlanStep, g store.Grant) error) error {
	return r.Change(ctx, sc, actor, catalog.Helpdesk, func(tx *store.Tx) error {
		g, err := tx.HoldGrant(ctx, actor.Operator, actor.Epoch)
		if err != nil {
			return err
		}
		p, err := tx.LockPlan(ctx, id)
		if err != nil {
			return err
		}
		steps, err := tx.PlanSteps(ctx, id)
		if err != nil {
			return err
		}
		return fn(tx, p, steps, g)
	})
}

// mayDirect returns a *Lacks unless the actor's role reaches for all that is left.
func mayDirect(actor run.Actor, g store.Grant, steps []store.PlanStep) error {
	return Lacking(min(actor.Role, catalog.ParseRole(g.Role)), g.EveryOrganization, steps)
}

// Pause holds a plan's next step until someone continues it.
func (r *Runner) Pause(ctx context.Context, sc store.Scope, actor run.Actor, id uuid.UUID) error {
	return r.changePlan(ctx, sc, actor, id,
		func(tx *store.Tx, p store.Plan, steps []store.PlanStep, g store.Grant) error {
			switch p.State {
			case store.PlanPaused:
				return nil
			case store.PlanApproved, store.PlanRunning:
			default:
				return &Settled{p.State}
			}
			if err := mayDirect(actor, g, steps); err != nil {
				return err
			}
			p.State, p.PausedWhy = store.PlanPaused, "Paused by an operator."
			p.Revision++
			if err := tx.SavePlan(ctx, p); err != nil {
				return err
			}
			return r.record(ctx, tx, actor.Operator, p, store.PausedPlan, "")
		})
}

// Continue lets a paused plan go on, from now on in the actor's name. retry are the steps
// to be tried again: see MayRetry. What came of steps whose outcome is unknown is looked for
// once more, where that can be read; nothing of them is sent.
func (r *Runner) Continue(ctx context.Context, sc store.Scope, actor run.Actor, id uuid.UUID,
	retry ...uuid.UUID) error {
	return r.changePlan(ctx, sc, actor, id,
		func(tx *store.Tx, p store.Plan, steps []store.PlanStep, g store.Grant) error {
			states := []string{store.PlanPaused, store.PlanApproved, store.PlanRunning}
			if k, _ := KindOf(p.Kind); k.Independent && len(retry) > 0 {
				states = append(states, store.PlanDone)
			}
			if err := r.open(p, states...); err != nil {
				return err
			}
			if err := mayDirect(actor, g, steps); err != nil {
				return err
			}
			again, err := reopen(ctx, tx, steps, retry)
			if err != nil {
				return err
			}
			if p.State != store.PlanPaused && again == 0 {
				return nil // it goes on already
			}
			p.State = store.PlanRunning
			return r.sign(ctx, tx, actor, p, store.ContinuedPlan, "")
		})
}

// reopen makes steps ready to be tried again, or to be looked at again, and counts them.
func reopen(ctx context.Context, tx *store.Tx, steps []store.PlanStep, retry []uuid.UUID) (again int, err error) {
	for _, s := range steps {
		act, known := ActOf(s.Act)
		switch {
		case slices.Contains(retry, s.ID) && MayRetry(s):
			if s.Recorded { // an attempt that left no run is made again, so that all before the last have one
				s.Attempt++
			}
			s.State, s.Summary, s.Facts = store.StepWaiting, "", nil
		case known && !act.Sends && (s.State == store.StepUnknown || s.State == store.StepAbsent && made(s)):
			s.State = store.StepWorking // its run is on record
		default:
			continue
		}
		if err := tx.SaveStep(ctx, s); err != nil {
			return again, err
		}
		again++
	}
	return again, nil
}

// Cancel ends a plan: no further step is begun. What was done stays.
func (r *Runner) Cancel(ctx context.Context, sc store.Scope, actor run.Actor, id uuid.UUID) error {
	return r.changePlan(ctx, sc, actor, id,
		func(tx *store.Tx, p store.Plan, steps []store.PlanStep, g store.Grant) error {
			switch p.State {
			case store.PlanCanceled:
				return nil
			case store.PlanDone:
				return &Settled{p.State}
			}
			if err := mayDirect(actor, g, steps); err != nil {
				return err
			}
			p.State, p.PausedWhy = store.PlanCanceled, ""
			p.Revision++
			if err := tx.SavePlan(ctx, p); err != nil {
				return err
			}
			if k, _ := KindOf(p.Kind); k.Canceled != nil {
				if err := k.Canceled(ctx, tx, p); err != nil {
					return err
				}
			}
			return r.record(ctx, tx, actor.Operator, p, store.CanceledPlan, "")
		})
}

// Finish leaves out all steps that are not done, but for those that end a plan, and lets
// these be done in the actor's name.
func (r *Runner) Finish(ctx context.Context, sc store.Scope, actor run.Actor, id uuid.UUID) error {
	return r.changePlan(ctx, sc, actor, id,
		func(tx *store.Tx, p store.Plan, steps []store.PlanStep, g store.Grant) error {
			if err := r.open(p, store.PlanPaused); err != nil {
				return err
			}
			if err := mayDirect(actor, g, steps); err != nil {
				return err
			}
			if slices.ContainsFunc(steps, func(s store.PlanStep) bool { return s.State == store.StepWorking }) {
				return ErrWorking
			}
			for _, s := range steps {
				if act, _ := ActOf(s.Act); act.Last || passed(s) {
					continue
				}
				s.State, s.Summary = store.StepSkipped, "Skipped. "+s.Summary
				if err := tx.SaveStep(ctx, s); err != nil {
					return err
				}
			}
			p.State = store.PlanRunning
			return r.sign(ctx, tx, actor, p, store.ContinuedPlan, "")
		})
}
