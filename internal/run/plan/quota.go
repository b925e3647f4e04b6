package plan

import (
	"context"
	"errors"
	"slices"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// A plan is counted once, when it is approved, in the approver's name: its steps are neither
// counted nor held up by quotas again, also after a pause, in another's name, or on a retry.
// Canceling gives nothing back.

// useQuotas counts what the steps of a plan use. Above a quota it returns a *run.OverQuota
// that names who made the plan, unless the actor is an administrator who did not: then it
// counts them, and above says so.
func (r *Runner) useQuotas(ctx context.Context, tx *store.Tx, actor run.Actor, g store.Grant, p store.Plan,
	steps []store.PlanStep) (above string, err error) {
	role, uses := min(actor.Role, catalog.ParseRole(g.Role)), usesOf(steps)
	of := store.QuotaUse{Operator: actor.Operator, Plan: p.ID, At: r.Now()}
	err = run.MayUse(ctx, tx, role, uses, of)
	over, is := errors.AsType[*run.OverQuota](err)
	if err != nil && !is {
		return "", err
	}
	if is {
		by, err := tx.Member(ctx, actor.Operator)
		if err != nil {
			return "", err
		}
		if over.Makers = Makers(p); role < catalog.Administrator || slices.Contains(over.Makers, by.Email) {
			return "", over
		}
		above = "Above the quota: " + over.Quota.Title + "."
	}
	return above, run.AddUses(ctx, tx, uses, of)
}

// Makers are the emails of those who began a plan or changed its draft, as far as that is
// remembered.
func Makers(p store.Plan) []string {
	makers := []string{p.BegunBy}
	for _, c := range p.Trail {
		if !slices.Contains(makers, c.By) {
			makers = append(makers, c.By)
		}
	}
	return makers
}

// usesOf is what all steps use that are to be done.
func usesOf(steps []store.PlanStep) (uses []catalog.Use) {
	for _, s := range steps {
		action, is := catalog.Lookup(s.Act)
		if !is || passed(s) || s.Skip != "" {
			continue
		}
		in, _ := action.Parse(func(name string) (string, bool) { text, given := s.Input[name]; return text, given })
		uses = append(uses, action.UsesOf(in)...)
	}
	return catalog.AddUses(uses)
}
