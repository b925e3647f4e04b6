package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// OverQuota says that an operator would do more than the quota of their role allows. Nothing
// was done.
type OverQuota struct {
	Quota  catalog.Quota
	Role   catalog.Role
	Most   int
	Used   int           // within the quota's window, without this
	Wanted int           // by this
	Until  time.Time     // from when it fits; zero: it never does
	Wait   time.Duration // until then, or the window where it never does
	Makers []string      // emails of those who made a plan; of a run: none
}

func (e *OverQuota) Error() string {
	return fmt.Sprintf("run: %d of %d %s are used, %d more are wanted", e.Used, e.Most, e.Quota.Slug, e.Wanted)
}

// Quotas are the limits of a workspace.
type Quotas []store.Limit

// Most is how much of a quota a role may use within its window.
func (q Quotas) Most(of catalog.Quota, role catalog.Role) int {
	for _, l := range q {
		if l.Quota == of.Slug && l.Role == role.String() {
			return l.Most
		}
	}
	return of.Default
}

// QuotasOf reads the limits of a workspace, in a transaction of it.
func QuotasOf(ctx context.Context, tx *store.Tx) (Quotas, error) {
	limits, err := tx.Limits(ctx)
	return limits, err
}

// MayUse returns an *OverQuota if what an operator does in a role is more than a quota
// allows. It keeps the operator's other uses waiting until the transaction ends, which
// has to count these by AddUses. of says what they belong to.
func MayUse(ctx context.Context, tx *store.Tx, role catalog.Role, uses []catalog.Use, of store.QuotaUse) error {
	if len(uses) == 0 {
		return nil
	}
	quotas, err := QuotasOf(ctx, tx)
	for _, u := range uses {
		if err != nil {
			return err
		}
		of.Quota, of.Amount = u.Quota.Slug, u.Amount
		most := quotas.Most(u.Quota, role)
		err = tx.MayUse(ctx, of, u.Quota.Window, most)
		if over, is := errors.AsType[*store.OverQuota](err); is {
			e := &OverQuota{Quota: u.Quota, Role: role, Most: most, Used: over.Used, Wanted: u.Amount,
				Until: over.Until, Wait: u.Quota.Window}
			if !over.Until.IsZero() {
				e.Wait = waitSince(over.Until.Add(-u.Quota.Window), u.Quota.Window, of.At)
			}
			return e
		}
	}
	return err
}

// AddUses counts what an operator does.
func AddUses(ctx context.Context, tx *store.Tx, uses []catalog.Use, of store.QuotaUse) error {
	for _, u := range uses {
		of.Quota, of.Amount = u.Quota.Slug, u.Amount
		if err := tx.AddUse(ctx, of); err != nil {
			return err
		}
	}
	return nil
}

// Use is MayUse and AddUses.
func Use(ctx context.Context, tx *store.Tx, role catalog.Role, uses []catalog.Use, of store.QuotaUse) error {
	if err := MayUse(ctx, tx, role, uses, of); err != nil {
		return err
	}
	return AddUses(ctx, tx, uses, of)
}

// useQuotas is Use for a run. What a plan does was counted when it was approved.
func (r *Runner) useQuotas(ctx context.Context, tx *store.Tx, q Request, role catalog.Role, run store.Run) error {
	if q.Actor.Proof.OfPlan {
		return nil
	}
	return Use(ctx, tx, min(role, q.Actor.Role), q.Action.UsesOf(q.Input),
		store.QuotaUse{Operator: q.Actor.Operator, Run: run.ID, At: run.StartedAt})
}

// noteTime bounds the writing of what owners see of a quota.
const noteTime = 5 * time.Second

// NoteQuota keeps for owners, and on record, that an error says that a quota is used up. about is the record as far as
// the caller knows it. Other errors are none of its business.
func (r *Runner) NoteQuota(ctx context.Context, workspace uuid.UUID, actor Actor, about store.Record, err error) {
	over, is := errors.AsType[*OverQuota](err)
	if many, pushes := errors.AsType[*TooManyPushes](err); pushes && many.Open == nil {
		over, is = &OverQuota{Quota: catalog.PushQuota, Role: actor.Role, Most: many.Most}, true
	}
	if !is {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	about.Event, about.Operator, about.At = store.QuotaReached, actor.Operator, r.Now()
	about.Token, about.TokenID = actor.Token.Name, actor.Token.ID
	about.Input = map[string]string{"quota": over.Quota.Title, "limit": fmt.Sprint(over.Most),
		"role": over.Role.Title()}
	about.Summary = cmp.Or(about.Summary, fmt.Sprintf("Not done: the quota of %s is %d in %s.", over.Quota.Counts,
		over.Most, catalog.Duration(over.Quota.Window)))
	use := store.QuotaUse{Operator: actor.Operator, Quota: over.Quota.Slug, At: about.At}
	failed := r.Store.InWorkspace(ctx, store.WholeWorkspace(workspace), func(tx *store.Tx) error {
		return tx.NoteAbove(ctx, use, about)
	})
	if failed != nil {
		r.Log.ErrorContext(ctx, "a quota that is used up could not be noted", "quota", over.Quota.Slug,
			"error", failed)
	}
}
