package members

import (
	"context"

	"github.com/google/uuid"

	"duodesk/internal/run"
	"duodesk/internal/store"
)

// ApproveFactorReset lets a member who has lost every second factor set up new ones, as far
// as the workspace is concerned. It returns run.ErrForbidden for one's own request, and
// store.ErrNotFound when there is none that waits.
func (r *Runner) ApproveFactorReset(ctx context.Context, sc store.Scope, actor run.Actor, form,
	operator uuid.UUID) error {
	if operator == actor.Operator {
		return run.ErrForbidden
	}
	return r.actOnMember(ctx, sc, actor, form, operator, store.FactorsApproved, "Approved new second factors for %s.",
		func(tx *store.Tx) error { return tx.ApproveFactorReset(ctx, operator, actor.Operator, r.Now()) })
}
