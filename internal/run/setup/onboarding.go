package setup

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
)

// BeginOnboarding makes an organization that is being onboarded, with what is known of it,
// and a draft of the plan that sets it up. id is the organization's, chosen by the form:
// sent twice, the first one is returned again. Faults stand beside the fields of Details;
// with any, nothing is made.
func (r *Runner) BeginOnboarding(ctx context.Context, sc store.Scope, actor run.Actor, id uuid.UUID,
	typed Details) (store.Organization, []catalog.FieldError, error) {
	wanted, bad := typed.parse()
	if len(bad) > 0 {
		return store.Organization{}, bad, nil
	}
	wanted.ID = id
	made := []store.Organization{wanted}
	err := r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if err := tx.ImportOrganizations(ctx, made, actor.Operator, r.Now()); err != nil {
			return err
		}
		if err := tx.SetOnboarding(ctx, id); err != nil {
			return err
		}
		if err := tx.Record(ctx, creationRecord(actor, made[0], r.Now())); err != nil {
			return err
		}
		_, err := plan.Begin(ctx, tx, r.Runner, id, plan.OnboardingKind, actor.Operator)
		return err
	})
	if store.IsConflict(err, "organization_pkey") {
		made[0], err = r.Organization(ctx, sc, id)
	}
	return made[0], nil, err
}

// OnboardAgain begins another draft for an organization whose onboarding was canceled, is
// over, or never was. One that is open already is left.
func (r *Runner) OnboardAgain(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization) error {
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if err := tx.LockMapping(ctx); err != nil {
			return err
		}
		p, err := tx.LatestPlan(ctx, o.ID, plan.OnboardingKind)
		if err == nil && p.State != store.PlanCanceled && p.State != store.PlanDone && r.Now().Before(p.ExpiresAt) {
			return nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := tx.SetOnboarding(ctx, o.ID); err != nil {
			return err
		}
		_, err = plan.Begin(ctx, tx, r.Runner, o.ID, plan.OnboardingKind, actor.Operator)
		return err
	})
}
