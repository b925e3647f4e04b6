package run

import (
	"context"
	"errors"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// recall adds to a request's values what the record has of the action that its own decides by: the
// latest applied run on the same user of the same Duo account. Without one, nothing is added.
func (r *Runner) recall(ctx context.Context, q Request) (catalog.Values, error) {
	var past store.Run
	err := r.store.InWorkspace(ctx, q.Scope, func(tx *store.Tx) (err error) {
		past, err = tx.LatestApplied(ctx, q.Organization.ID, q.Organization.AccountID, q.Action.Recalls, q.Input.Given(q.Action)["user_id"])
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return q.Input, nil
	case err != nil:
		return q.Input, err
	}
	return q.Input.Recalling(catalog.Past{Before: past.Before, From: past.StartedAt, To: *past.FinishedAt, Now: r.now()}), nil
}
