package setup

import (
	"context"
	"errors"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// KindField is the name of the choice of how an organization is connected.
const KindField = "kind"

// Connect connects an organization as a child account (account is the text of
// its box), with the MSP's own account, or, with an empty kind, not at all. It
// needs a scope of every organization. Keys of the organization's own that were
// in use are destroyed. Own keys connect when they are put to use: see SaveKeys.
// Faults stand beside KindField or AccountField; with any, nothing is changed.
func (r *Runner) Connect(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization,
	kind, account string) ([]catalog.FieldError, error) {
	wanted := store.Organization{ID: o.ID, Kind: kind}
	var accounts []store.Account
	switch kind {
	case "", store.Parent:
	case store.Child:
		if text.Line(account) == "" {
			return fault(AccountField, "Choose the child account."), nil
		}
		var err error
		if accounts, err = r.RefreshAccounts(ctx, sc, actor); err != nil {
			return nil, err
		}
		id, wrong := accountOf(account, accounts)
		if wrong != "" {
			return fault(AccountField, wrong), nil
		}
		wanted.AccountID = id
	default:
		return fault(KindField, "Choose how this organization is connected."), nil
	}
	var bad []catalog.FieldError
	err := r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if err := tx.LockMapping(ctx); err != nil {
			return err
		}
		now, err := run.StillConnected(ctx, tx.LockConnection, o)
		if err != nil {
			return err
		}
		if now.Kind == wanted.Kind && now.AccountID == wanted.AccountID {
			return nil
		}
		if bad, err = r.connect(ctx, tx, actor, wanted, accounts); err != nil || len(bad) > 0 {
			return err
		}
		return tx.Record(ctx, connectionRecord(actor, now, wanted, accounts, r.Now()))
	})
	return bad, err
}

func (r *Runner) connect(ctx context.Context, tx *store.Tx, actor run.Actor, wanted store.Organization,
	accounts []store.Account) ([]catalog.FieldError, error) {
	err := tx.Savepoint(ctx, func(tx *store.Tx) error {
		switch wanted.Kind {
		case store.Child:
			return tx.Map(ctx, wanted.ID, wanted.AccountID, actor.Operator, r.Now())
		case store.Parent:
			return tx.ConnectParent(ctx, wanted.ID, actor.Operator, r.Now())
		}
		return tx.Unmap(ctx, wanted.ID)
	})
	switch {
	case errors.Is(err, store.ErrNotFound) && wanted.Kind == store.Child:
		why, err := unlisted(ctx, tx, wanted.AccountID)
		return fault(AccountField, why), err
	case store.IsConflict(err, "connection_account"):
		return fault(AccountField, r.takenBy(ctx, tx, wanted.AccountID, accounts)), nil
	case store.IsConflict(err, "connection_parent"):
		return fault(KindField,
			"Another organization is connected with the parent account. Change that there first."), nil
	}
	return nil, err
}

func fault(field, message string) []catalog.FieldError {
	return []catalog.FieldError{{Field: field, Message: message}}
}
