package members

import (
	"context"
	"fmt"
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// Quotas returns the limits of a workspace.
func (r *Runner) Quotas(ctx context.Context, sc store.Scope) (found run.Quotas, err error) {
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		found, err = run.QuotasOf(ctx, tx)
		return err
	})
	return found, err
}

// SetQuotas changes limits of the workspace, as an owner and on record. Raising one takes a
// proof for this act, lowering a recent one. Limits that are as they were change nothing.
func (r *Runner) SetQuotas(ctx context.Context, sc store.Scope, actor run.Actor, limits []store.Limit) error {
	return r.Change(ctx, sc, actor, catalog.Owner, func(tx *store.Tx) error {
		found, err := tx.LockLimits(ctx)
		if err != nil {
			return err
		}
		before := run.Quotas(found)
		tier, changed, input := catalog.Recent, []store.Limit(nil), map[string]string{}
		digest := []string{store.QuotasSet.Slug, sc.Workspace().String()}
		for _, l := range limits {
			quota, known := catalog.QuotaOf(l.Quota)
			role := catalog.ParseRole(l.Role)
			was := before.Most(quota, role)
			if !known || role == 0 || was == l.Most {
				continue
			}
			if l.Most > was {
				tier = catalog.Act
			}
			changed = append(changed, l)
			text := fmt.Sprintf("%d to %d", was, l.Most)
			input[quota.Title+", "+role.Title()] = text
			digest = append(digest, l.Quota, l.Role, text)
		}
		if len(changed) == 0 {
			return nil
		}
		title := "Lowering quotas"
		if tier == catalog.Act {
			title = "Raising quotas"
		}
		if err := r.Prove(ctx, tx, actor, tier, store.QuotasSet.Slug, title, run.DigestOf(digest...)); err != nil {
			return err
		}
		return tx.SetLimits(ctx, changed, store.Record{Event: store.QuotasSet, Operator: actor.Operator,
			Ticket: actor.Ticket, Token: actor.Token.Name, TokenID: actor.Token.ID, At: r.Now(), Input: input,
			Summary: "Changed " + strings.Join(titles(changed), ", ") + "."})
	})
}

// titles are the quotas of limits, each once.
func titles(limits []store.Limit) (all []string) {
	seen := map[string]bool{}
	for _, l := range limits {
		if quota, _ := catalog.QuotaOf(l.Quota); !seen[l.Quota] {
			all, seen[l.Quota] = append(all, "quota of "+quota.Counts), true
		}
	}
	return all
}
