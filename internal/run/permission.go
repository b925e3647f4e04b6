package run

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// ErrForbidden says that the actor's role does not reach so far.
var ErrForbidden = errors.New("run: the role does not allow this")

// May makes sure, inside of the transaction of a change, that the actor's
// membership still allows it, and keeps the membership so until the change is
// committed. It returns the role that the actor holds.
func May(ctx context.Context, tx *store.Tx, actor Actor, least catalog.Role) (catalog.Role, error) {
	role, err := roleNow(ctx, tx, actor)
	if err == nil && role < least {
		err = ErrForbidden
	}
	return role, err
}

// roleNow is the role that an actor has now: the membership's, or less
// by a token.
func roleNow(ctx context.Context, tx *store.Tx, actor Actor) (catalog.Role, error) {
	text, err := tx.Hold(ctx, actor.Operator, actor.Epoch)
	role := catalog.ParseRole(text)
	if err == nil { // after the lock, which may have waited for a change
		err = Admitted(ctx, tx, actor)
	}
	if err != nil || actor.Token.ID == uuid.Nil {
		return role, err
	}
	text, err = tx.HoldToken(ctx, actor.Operator, actor.Token.ID, actor.Token.At)
	return min(role, catalog.ParseRole(text)), err
}

// Admitted makes sure, inside of the transaction of a change, that the workspace admits the
// address that the actor's request comes from. Work that no request waits for has no address: a
// plan goes on that was approved.
func Admitted(ctx context.Context, tx *store.Tx, actor Actor) error {
	if actor.From.Address == "" {
		return nil
	}
	return tx.Admits(ctx, actor.From.Address)
}

// Change is store.InWorkspace for what only the least role may do.
func (r *Runner) Change(ctx context.Context, sc store.Scope, actor Actor, least catalog.Role,
	fn func(*store.Tx) error) error {
	return r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		if _, err := May(ctx, tx, actor, least); err != nil {
			return err
		}
		return fn(tx)
	})
}
