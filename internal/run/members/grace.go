package members

import (
	"context"
	"fmt"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// SetGraceDays changes the workspace's grace, as an owner and on record; see
// store.Tx.GraceDays. Setting the days that it has records nothing.
func (r *Runner) SetGraceDays(ctx context.Context, sc store.Scope, actor run.Actor, days int) error {
	return r.Change(ctx, sc, actor, catalog.Owner, func(tx *store.Tx) error {
		before, err := tx.GraceDays(ctx)
		if err != nil || before == days {
			return err
		}
		if err := r.ProveRaised(ctx, tx, actor, store.FactorGraceSet, "Raising the days without a second factor",
			before, days); err != nil {
			return err
		}
		return tx.SetGraceDays(ctx, days, store.Record{Event: store.FactorGraceSet, Operator: actor.Operator,
			Ticket: actor.Ticket, Token: actor.Token.Name, At: r.Now(),
			Summary: fmt.Sprintf("Changed the days without a second factor from %d to %d.", before, days)})
	})
}
