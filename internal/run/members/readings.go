package members

import (
	"context"
	"fmt"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// SetRowsADay changes how many rows an operator may take out of the workspace
// within 24 hours, as an owner and on record.
func (r *Runner) SetRowsADay(ctx context.Context, sc store.Scope, actor run.Actor, limit int) error {
	return r.Change(ctx, sc, actor, catalog.Owner, func(tx *store.Tx) error {
		before, err := tx.RowsADay(ctx)
		if err != nil || before == limit {
			return err
		}
		if err := r.ProveRaised(ctx, tx, actor, store.ReadingLimitSet, "Raising the rows in 24 hours", before,
			limit); err != nil {
			return err
		}
		return tx.SetRowsADay(ctx, limit, store.Record{Event: store.ReadingLimitSet, Operator: actor.Operator,
			Ticket: actor.Ticket, Token: actor.Token.Name, At: r.Now(),
			Summary: fmt.Sprintf("Changed the rows that an operator may take out in 24 hours from %d to %d.",
				before, limit)})
	})
}
