package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// The states of a plan.
const (
	PlanDraft     = "draft"     // is being filled in
	PlanPreviewed = "previewed" // its steps were shown, and wait for an approval
	PlanApproved  = "approved"  // nothing was begun yet
	PlanRunning   = "running"
	PlanPaused    = "paused" // goes on when a person says so
	PlanDone      = "done"
	PlanCanceled  = "canceled"
)

// PlanLife is how long a plan is kept after its last change.
const PlanLife = 30 * 24 * time.Hour

// Plan is several steps that one person approves together, for one organization, or for
// several of the workspace.
type Plan struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID   // zero: the plan is the workspace's
	Organizations  []uuid.UUID // that a plan of the workspace is about
	Reached        bool        // the scope holds all of them: it sees every step, and may change the plan
	Kind           string
	State          string
	Revision       int                        // counts the changes
	Input          map[string]json.RawMessage // by screen; never a secret
	Trail          []PlanChange               // the last ones, oldest first
	Digest         []byte                     // of the previewed steps; nil: not previewed
	BegunBy        string                     // email
	BegunAt        time.Time
	ApprovedBy     *uuid.UUID
	Approver       *string // email
	ApprovedAt     *time.Time
	ApprovedEpoch  *int   // of the approver, as they were then
	PausedWhy      string // in words
	ExpiresAt      time.Time
}

// AtWork reports whether steps of a plan may be begun.
func (p Plan) AtWork() bool { return p.State == PlanApproved || p.State == PlanRunning }

// PlanChange says who changed a screen of a plan, and made it which revision.
type PlanChange struct {
	Revision int       `json:"revision"`
	Screen   string    `json:"screen"`
	By       string    `json:"by"` // email
	At       time.Time `json:"at"`
}

const planQuery = `
	select p.id, coalesce(p.organization_id, '00000000-0000-0000-0000-000000000000') as organization_id, p.organizations,
	       (select app.every_organization()) or p.organization_id is not null
	           or p.organizations <@ ((select app.organizations())::uuid[]) as reached, p.kind, p.state, p.revision, p.input, p.trail, p.digest, b.email as begun_by, p.begun_at,
	       p.approved_by, a.email as approver, p.approved_at, p.approved_epoch, p.paused_why, p.expires_at
	from plan p join operator b on b.id = p.begun_by left join operator a on a.id = p.approved_by`

// planInScope is what the scope sees for the alias p, and planReached what it may change:
// a plan of the workspace is changed by those who see all that it is about.
var (
	planInScope = `p.` + inWorkspace + ` and ((select app.every_organization())
		or p.organization_id = any ((select app.organizations())::uuid[])
		or p.organizations && ((select app.organizations())::uuid[]))`
	planReachedInScope = `p.` + inWorkspace + ` and ((select app.every_organization())
		or p.organization_id = any ((select app.organizations())::uuid[])
		or p.organization_id is null and p.organizations <@ ((select app.organizations())::uuid[]))`
)

// AddPlan begins a plan as a draft: its id, kind and input, and the organization or the
// organizations that it is about. A *ConflictError on "plan_pkey" says that it was begun
// before.
func (t *Tx) AddPlan(ctx context.Context, p Plan, operator uuid.UUID, now time.Time) error {
	if p.Input == nil {
		p.Input = map[string]json.RawMessage{}
	}
	if p.Organizations == nil {
		p.Organizations = []uuid.UUID{}
	}
	_, err := t.tx.Exec(ctx, `
		insert into plan (workspace_id, id, organization_id, organizations, kind, state, input, begun_by, begun_at, expires_at)
		values ($1, $2, $3, $4, $5, 'draft', $6, $7, $8, $9)`,
		t.scope.workspace, p.ID, Slot{Organization: p.OrganizationID}.Owner(), p.Organizations, p.Kind, p.Input,
		operator, now,
		now.Add(PlanLife))
	return meaning(err)
}

// Plan returns one plan of the scope.
func (t *Tx) Plan(ctx context.Context, id uuid.UUID) (Plan, error) {
	return one[Plan](ctx, t.tx, planQuery+` where `+planInScope+` and p.id = $1`, id)
}

// LatestPlan returns the plan of a kind that was begun last for an organization;
// ErrNotFound if there is none.
func (t *Tx) LatestPlan(ctx context.Context, organization uuid.UUID, kind string) (Plan, error) {
	return one[Plan](ctx, t.tx, planQuery+` where `+planInScope+`
		and p.organization_id = $1 and p.kind = $2 order by p.begun_at desc, p.id limit 1`, organization, kind)
}

// LockPlan is Plan, and keeps others from changing it or its steps until the
// transaction ends. ErrNotFound is also for a plan that the scope sees a part of.
func (t *Tx) LockPlan(ctx context.Context, id uuid.UUID) (Plan, error) {
	locked, err := t.tx.Exec(ctx, `select from plan p where `+planReachedInScope+` and p.id = $1 for update`, id)
	if err == nil && locked.RowsAffected() == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Plan{}, err
	}
	// A statement of its own: the one that waited reads other tables as they were.
	return t.Plan(ctx, id)
}

// SavePlan stores what changes of a plan, which LockPlan holds.
func (t *Tx) SavePlan(ctx context.Context, p Plan) error {
	if p.Trail == nil {
		p.Trail = []PlanChange{}
	}
	done, err := t.tx.Exec(ctx, `
		update plan p set state = $2, revision = $3, input = $4, trail = $5, digest = $6, approved_by = $7, approved_at = $8,
		       approved_epoch = $9, paused_why = $10, expires_at = $11
		where `+planReachedInScope+` and p.id = $1`,
		p.ID, p.State, p.Revision, p.Input, p.Trail, p.Digest, p.ApprovedBy, p.ApprovedAt, p.ApprovedEpoch, p.PausedWhy,
		p.ExpiresAt)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return meaning(err)
}

// OnboardingPlan is the kind of plan that sets an organization up, which is marked until it
// ends.
const OnboardingPlan = "onboarding"

// DropOldPlans deletes the scope's plans whose time is over, but for those at work. What
// their steps did stays on record. An organization whose onboarding is deleted is not being
// onboarded any more. It waits for those who begin an onboarding again: a draft that they
// add meanwhile would not be seen.
func (t *Tx) DropOldPlans(ctx context.Context, now time.Time) error {
	if err := t.LockMapping(ctx); err != nil {
		return err
	}
	_, err := t.tx.Exec(ctx, `
		with gone as (
			delete from plan p where `+planReachedInScope+
		` and expires_at <= $1 and state not in ('approved', 'running')
			returning p.id, p.organization_id, p.kind, p.state)
		update organization o set onboarding = false where `+organizationInScope+` and o.onboarding
		and exists (select from gone g where g.organization_id = o.id and g.kind = $2 and g.state not in ('done', 'canceled'))
		and not exists (select from plan p where p.`+inWorkspace+` and p.organization_id = o.id and p.kind = $2
			and p.state not in ('done', 'canceled') and p.id not in (select id from gone))`, now, OnboardingPlan)
	return meaning(err)
}

// EndOnboarding takes the mark away that an organization is being onboarded.
func (t *Tx) EndOnboarding(ctx context.Context, organization uuid.UUID) error {
	done, err := t.tx.Exec(ctx, `update organization o set onboarding = false where `+organizationInScope+
		` and o.id = $1`, organization)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return meaning(err)
}

// SetOnboarding marks an organization as being onboarded.
func (t *Tx) SetOnboarding(ctx context.Context, organization uuid.UUID) error {
	done, err := t.tx.Exec(ctx, `update organization o set onboarding = true where `+organizationInScope+
		` and o.id = $1`, organization)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return meaning(err)
}
