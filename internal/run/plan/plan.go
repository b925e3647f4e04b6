// Package plan executes several steps that one person approved together. A kind of plan
// turns what was typed into steps; a step does an act, once, as a run with an id of its
// own, and reads back what became of it. Drafts, steps and outcomes are rows, so that any
// process and any operator who may see the organization can go on.
package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// Runner executes plans. It is safe for concurrent use, by several processes too.
type Runner struct {
	*run.Runner
	stop func(at string, step store.PlanStep) bool // of tests: the process ends at a point; nil: never
}

// New makes a Runner.
func New(r *run.Runner) *Runner { return &Runner{Runner: r} }

// Kind is a kind of plan.
type Kind struct {
	Slug, Title string
	Role        catalog.Role // that starting one takes
	Screens     []Screen     // what is typed, in the order of the forms
	Independent bool         // no step needs another: what was not done does not pause the plan, and can be tried again
	Checks      bool         // its steps change nothing in Duo: they find out whether something works
	// Steps turns what was typed into steps. It reads what is there now and changes
	// nothing; the same answers give the same steps.
	Steps func(context.Context, Reader, map[string]json.RawMessage) ([]store.PlanStep, error)
	// Canceled undoes in the console what the plan's draft began; nil: nothing is.
	Canceled func(context.Context, *store.Tx, store.Plan) error
}

// Screen is one form of a kind of plan.
type Screen struct{ Slug, Title string }

// Reader reads what steps depend on, as far as a scope reaches.
type Reader struct {
	*run.Runner
	Scope        store.Scope
	Organization store.Organization
}

// kinds are all kinds by their slugs.
var kinds = map[string]Kind{}

func init() {
	for _, k := range []Kind{onboarding(), synchronize(), checkKeys()} {
		kinds[k.Slug] = k
	}
}

// KindOf returns a kind of plan.
func KindOf(slug string) (Kind, bool) {
	k, known := kinds[slug]
	return k, known
}

// Stale says that others changed a plan since it was shown: nothing was saved.
type Stale struct {
	Now     store.Plan
	Changes []store.PlanChange // since then
}

func (e *Stale) Error() string { return fmt.Sprintf("plan: now at revision %d", e.Now.Revision) }

// Settled says that a plan is not in a state in which it can be changed so.
type Settled struct{ State string }

func (e *Settled) Error() string { return "plan: it is " + e.State }

// ErrWorking says that a step of a plan was begun, and its end is not known yet.
var ErrWorking = errors.New("plan: a step is in progress")

// Expired is the state that a *Settled names for a plan whose time is over.
const Expired = "expired"

// open returns a *Settled unless a plan is in one of some states, and its time is not over.
func (r *Runner) open(p store.Plan, states ...string) error {
	if !slices.Contains(states, p.State) {
		return &Settled{p.State}
	}
	if !r.Now().Before(p.ExpiresAt) {
		return &Settled{Expired}
	}
	return nil
}

// stale returns what was changed since a revision; nil if nothing was.
func stale(p store.Plan, revision int) error {
	if p.Revision == revision {
		return nil
	}
	return &Stale{Now: p, Changes: Since(p, revision)}
}

// Since returns the changes of a plan's screens since a revision, as far as they are
// remembered.
func Since(p store.Plan, revision int) (changes []store.PlanChange) {
	for _, c := range p.Trail {
		if c.Revision > revision {
			changes = append(changes, c)
		}
	}
	return changes
}

// Drafted reports whether a plan can still be filled in at a time.
func Drafted(p store.Plan, now time.Time) bool {
	return (p.State == store.PlanDraft || p.State == store.PlanPreviewed) && now.Before(p.ExpiresAt)
}

// Of returns a plan with its steps.
func (r *Runner) Of(ctx context.Context, sc store.Scope, id uuid.UUID) (p store.Plan, steps []store.PlanStep,
	err error) {
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		if p, err = tx.Plan(ctx, id); err == nil {
			steps, err = tx.PlanSteps(ctx, id)
		}
		return err
	})
	return p, steps, err
}

// Latest returns the plan of a kind that was begun last for an organization, with its
// steps; store.ErrNotFound if there is none.
func (r *Runner) Latest(ctx context.Context, sc store.Scope, organization uuid.UUID, kind string) (p store.Plan,
	steps []store.PlanStep, err error) {
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		if p, err = tx.LatestPlan(ctx, organization, kind); err == nil {
			steps, err = tx.PlanSteps(ctx, p.ID)
		}
		return err
	})
	return p, steps, err
}
