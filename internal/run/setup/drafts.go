package setup

import (
	"context"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// keepDraft keeps what a form held that was not carried out yet, sealed, for the operator
// who sent it: one a form.
func (r *Runner) keepDraft(ctx context.Context, sc store.Scope, actor run.Actor, form string, input map[string]string) error {
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		return tx.SaveDraft(ctx, actor.Operator, form, input, r.Now())
	})
}
