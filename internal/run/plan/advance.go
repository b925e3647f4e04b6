package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// lease is for how long a process has a step in hand, if it lives: longer than an act, its
// read-back and its record take.
const lease = 90 * time.Second

// Advance executes the steps of an approved plan that are due, one after the other, until
// none is or the budget is used up; a step that was begun is brought to its end. It does
// the steps of one organization, and so of one Duo account, or with uuid.Nil of all. Any
// number of processes may call it at once: one has a step in hand, and a step is one run.
//
// Each step is done in the approver's name, with the role and the scope that they have at
// that moment. If these do not reach for it any more, if their sessions were ended since,
// or if the connection is another one, the plan pauses and says why.
func (r *Runner) Advance(ctx context.Context, sc store.Scope, id, organization uuid.UUID, budget time.Duration) error {
	until := time.Now().Add(budget)
	for {
		job, err := r.claim(ctx, sc, id, organization)
		if err != nil || job == nil {
			return err
		}
		// What was begun is brought to its end, also when the page has gone; how long a page
		// reads from Duo does not count.
		begun := run.WithPatience(context.WithoutCancel(ctx), run.NewPatience(lease))
		more, err := r.work(begun, sc, job)
		if err != nil || !more || !time.Now().Before(until) || ctx.Err() != nil {
			return err
		}
	}
}

// job is a step in hand.
type job struct {
	act  Act
	step store.PlanStep
	work Work
	by   uuid.UUID // the process that has it in hand
}

// errDied is how tests let a process die in the middle of a step.
var errDied = errors.New("plan: the process died")

// claim takes the next step in hand; nil if none is due. What keeps a step from being
// done pauses the plan, and so does it when nothing more can be done.
func (r *Runner) claim(ctx context.Context, sc store.Scope, id, organization uuid.UUID) (taken *job, err error) {
	process, err := r.Process()
	if err != nil {
		return nil, err
	}
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		taken, err = r.next(ctx, tx, id, organization)
		if err != nil || taken == nil {
			return err
		}
		taken.by = process
		return tx.ClaimStep(ctx, taken.step.ID, taken.work.Run, process, lease)
	})
	if err != nil {
		return nil, err
	}
	if taken != nil && r.dies("claimed", taken.step) {
		return nil, errDied
	}
	return taken, nil
}

// next is claim within a transaction, which holds the approver's membership and the plan.
func (r *Runner) next(ctx context.Context, tx *store.Tx, id, organization uuid.UUID) (*job, error) {
	before, err := tx.Plan(ctx, id)
	if err != nil || !before.AtWork() {
		return nil, err
	}
	// The membership first, as all who change a plan lock it.
	actor, every, why, err := approver(ctx, tx, before)
	if err != nil {
		return nil, err
	}
	p, err := tx.LockPlan(ctx, id)
	if err != nil || !p.AtWork() || p.Revision != before.Revision {
		return nil, err // another one was faster; the next call sees what it did
	}
	steps, err := tx.PlanSteps(ctx, id)
	if err != nil {
		return nil, err
	}
	if why == "" && !r.Now().Before(p.ExpiresAt) {
		why = "It was approved more than 30 days ago."
	}
	next, busy := due(steps, organization, r.Now())
	switch {
	case busy:
		return nil, nil
	case next == nil:
		return nil, r.conclude(ctx, tx, p, steps, organization)
	case why != "":
		return nil, r.pause(ctx, tx, p, why)
	}
	taken, why, err := r.take(ctx, tx, p, *next, steps, actor, every)
	if err != nil || why != "" {
		return nil, errors.Join(err, r.pauseIf(ctx, tx, p, why))
	}
	if p.State == store.PlanApproved {
		p.State = store.PlanRunning
		err = tx.SavePlan(ctx, p)
	}
	return taken, err
}

// take makes a step ready to be worked at: in whose name, with which input, and for which
// connection. why says why it cannot be.
func (r *Runner) take(ctx context.Context, tx *store.Tx, p store.Plan, s store.PlanStep, steps []store.PlanStep,
	actor run.Actor,
	every bool) (taken *job, why string, err error) {
	act, known := ActOf(s.Act)
	if !known {
		return nil, "This version of the console does not know the step " + s.Act + ".", nil
	}
	switch least := RoleOf(s); {
	case actor.Role < least:
		return nil, fmt.Sprintf("%s approved this plan, and the next step requires the %s role.", *p.Approver,
			least.Title()), nil
	case act.Whole && !every:
		return nil, *p.Approver + " approved this plan, and does not see all organizations any more.", nil
	}
	o, err := tx.Organization(ctx, s.OrganizationID)
	if errors.Is(err, store.ErrNotFound) { // archived since: the others go on
		if s.State, s.Summary = store.StepRefused, "Not done. The organization is archived."; s.Recorded {
			s.State, s.Summary = store.StepUnknown, "The organization is archived. Look at the run."
		}
		return nil, "", tx.SaveStep(ctx, s)
	}
	if err != nil {
		return nil, "", err
	}
	input, missing := resolved(s, steps)
	if missing != "" {
		return nil, "What an earlier step made is not known. Look at its run.", nil
	}
	w := Work{Run: RunID(s.ID, s.Attempt), Scope: store.Within(tx.WorkspaceID(), s.OrganizationID), Actor: actor,
		Organization: o, Opened: input[ConnectionInput], Ticket: input[TicketInput], Reason: input[ReasonInput],
		ServedAs: input[OrganizationInput], Subject: s.Subject}
	if w.Ticket == "" {
		w.Ticket = ticketOf(p)
	}
	w.Actor.Ticket = w.Ticket
	if act.Whole {
		w.Scope = store.WholeWorkspace(tx.WorkspaceID())
	}
	wanted := input[OrganizationInput]
	if action, is := catalog.Lookup(s.Act); is && !action.OfWorkspace() {
		wanted = w.Opened
	}
	w.Input = fieldsOf(input)
	// A step that was begun is on record, or compares it when it begins.
	if wanted != "" && wanted != o.Connection() && s.State != store.StepWorking {
		return nil, "The connection has changed since the plan was approved. It is " + run.ConnectionText(o) +
			" now.", nil
	}
	return &job{act: act, step: s, work: w}, "", nil
}

// approver is in whose name a plan's steps are done, with what their membership gives at
// this moment. why says why it gives nothing any more.
func approver(ctx context.Context, tx *store.Tx, p store.Plan) (actor run.Actor, every bool, why string, err error) {
	g, err := tx.HoldGrant(ctx, *p.ApprovedBy, *p.ApprovedEpoch)
	switch {
	case errors.Is(err, store.ErrEnded):
		return actor, false,
			*p.Approver + " approved this plan, and has changed the password or signed out everywhere " +
				"since.", nil
	case errors.Is(err, store.ErrNotFound):
		return actor, false, *p.Approver + " approved this plan, and is no longer a member of this workspace.", nil
	case err != nil:
		return actor, false, "", err
	}
	for _, o := range about(p) {
		if !g.EveryOrganization && !slices.Contains(g.Organizations, o) {
			why = *p.Approver + " approved this plan, and no longer sees this organization."
			if p.OrganizationID == uuid.Nil {
				why = *p.Approver + " approved this plan, and no longer sees all of its organizations."
			}
		}
	}
	return run.Actor{Operator: *p.ApprovedBy, Epoch: *p.ApprovedEpoch, Role: catalog.ParseRole(g.Role),
			Proof: run.Proof{OfPlan: true}},
		g.EveryOrganization, why, nil
}

// about are the organizations that a plan is about.
func about(p store.Plan) []uuid.UUID {
	if p.OrganizationID == uuid.Nil {
		return p.Organizations
	}
	return []uuid.UUID{p.OrganizationID}
}

// conclude ends or pauses a plan of which no step is due.
func (r *Runner) conclude(ctx context.Context, tx *store.Tx, p store.Plan, steps []store.PlanStep,
	organization uuid.UUID) error {
	bad, left := 0, 0
	for _, s := range steps {
		switch {
		case s.NotBefore != nil && s.State == store.StepWaiting && r.Now().Before(*s.NotBefore),
			organization != uuid.Nil && s.OrganizationID != organization && !passed(s) && !failed(s):
			return nil // its time comes, or others are at it
		case failed(s):
			bad++
		case !passed(s):
			left++
		}
	}
	k, _ := KindOf(p.Kind)
	if k.Independent {
		bad = 0 // said by each, and tried again by hand
	}
	switch {
	case bad == 1:
		return r.pause(ctx, tx, p, "1 step was not done.")
	case bad > 1:
		return r.pause(ctx, tx, p, fmt.Sprintf("%d steps were not done.", bad))
	case left > 0:
		return r.pause(ctx, tx, p, "Steps wait for each other.")
	}
	p.State, p.ExpiresAt = store.PlanDone, r.Now().Add(store.PlanLife)
	p.Revision++
	if err := tx.SavePlan(ctx, p); err != nil {
		return err
	}
	return r.record(ctx, tx, *p.ApprovedBy, p, store.FinishedPlan, "")
}

func (r *Runner) pauseIf(ctx context.Context, tx *store.Tx, p store.Plan, why string) error {
	if why == "" {
		return nil
	}
	return r.pause(ctx, tx, p, why)
}

func (r *Runner) pause(ctx context.Context, tx *store.Tx, p store.Plan, why string) error {
	p.State, p.PausedWhy = store.PlanPaused, why
	p.Revision++
	if err := tx.SavePlan(ctx, p); err != nil {
		return err
	}
	return r.record(ctx, tx, *p.ApprovedBy, p, store.PausedPlan, why)
}

func (r *Runner) dies(at string, s store.PlanStep) bool { return r.stop != nil && r.stop(at, s) }
