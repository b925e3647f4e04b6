package members

import (
	"context"

	"github.com/google/uuid"

	"duodesk/internal/run"
	"duodesk/internal/store"
)

// ApproveFactorReset approves, for this workspace, that a member who has lost every second
// factor sets up new ones. Owners cannot approve their own request (run.ErrForbidden). It
// returns store.ErrNotFound if no request waits for approval.
func (r *Runner) ApproveFactorReset(ctx context.Context, sc store.Scope, actor run.Actor, form,
	operator uuid.UUID) error {
	if operator == actor.Operator {
		return run.ErrForbidden
	}
	return r.actOnMember(ctx, sc, actor, form, operator, store.FactorsApproved, "Approved new second factors for %s.",
		func(tx *store.Tx) error { return tx.ApproveFactorReset(ctx, operator, actor.Operator, r.Now()) })
}
