package setup

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

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
// in use are destroyed. Own keys connect when they are put to use: see SaveOwn.
// Faults stand beside KindField or AccountField; with any, nothing is changed.
func (r *Runner) Connect(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization, kind, account string) ([]catalog.FieldError, error) {
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

func (r *Runner) connect(ctx context.Context, tx *store.Tx, actor run.Actor, wanted store.Organization, accounts []store.Account) ([]catalog.FieldError, error) {
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
		return fault(KindField, "Another organization is connected with the parent account. Change that there first."), nil
	}
	return nil, err
}

func fault(field, message string) []catalog.FieldError {
	return []catalog.FieldError{{Field: field, Message: message}}
}

// Own reads the state of an organization's own keys of one API: see Integration.
func (r *Runner) Own(ctx context.Context, sc store.Scope, o store.Organization, api string, operator uuid.UUID) (Integration, error) {
	return r.stateOf(ctx, sc, ownForm(o, api), operator)
}

// SaveOwn stores an organization's own keys of an API, as SaveIntegration does
// the workspace's. Once Admin API keys work, the organization is connected through
// them; until then it stays connected as it was. Auth API keys are for an
// organization that is connected, and have to be of its host.
func (r *Runner) SaveOwn(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization, api string, typed map[string]string) (*Refused, map[string]string, error) {
	f := ownForm(o, api)
	refused, notes, err := r.saveKeys(ctx, sc, actor, f, typed)
	if err != nil || refused != nil {
		return refused, nil, err
	}
	err = r.CheckOwn(ctx, sc, actor, o, api)
	if store.IsConflict(err, "integration_secret_own_key") {
		refused = &Refused{Faults: fault(f.fields[0].integrationKey, "Another organization is connected with this key.")}
		return refused, nil, r.DiscardOwn(ctx, sc, actor, o, api)
	}
	return nil, notes, err
}

// CheckOwn validates an organization's own keys of an API again: see Check.
func (r *Runner) CheckOwn(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization, api string) error {
	return r.check(ctx, sc, actor, ownForm(o, api), api)
}

// UseOwnAnyway puts waiting keys of an organization to use: see UseAnyway.
func (r *Runner) UseOwnAnyway(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization, api string) error {
	return r.useAnyway(ctx, sc, actor, ownForm(o, api), api)
}

// DiscardOwn drops waiting keys of an organization: see Discard.
func (r *Runner) DiscardOwn(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization, api string) error {
	return r.discard(ctx, sc, actor, ownForm(o, api), api)
}

// ownFaults refuses keys that cannot be the organization's own.
func (r *Runner) ownFaults(ctx context.Context, sc store.Scope, f keyForm, plain map[string]string) ([]catalog.FieldError, error) {
	bad, err := r.workspaceKeys(ctx, sc, f, plain)
	fields := f.fields[0]
	if err != nil || len(bad) > 0 || fields.api != store.AuthAPI {
		return bad, err
	}
	o, err := r.Organization(ctx, sc, f.organization)
	switch {
	case err != nil:
		return nil, err
	case o.Kind == store.Parent:
		return fault(fields.integrationKey, "This organization is your own account: the workspace's Auth API keys serve it."), nil
	case !o.Mapped():
		return fault(fields.host, "Connect this organization with its Duo account first: Auth API keys belong to one account."), nil
	case !strings.EqualFold(plain[fields.host], o.APIHostname):
		return fault(fields.host, "This is the host of another Duo account. This organization's is "+o.APIHostname+"."), nil
	}
	return nil, nil
}

// workspaceKeys refuses the workspace's own keys: with them an organization would
// act on the MSP's account.
func (r *Runner) workspaceKeys(ctx context.Context, sc store.Scope, f keyForm, plain map[string]string) (bad []catalog.FieldError, err error) {
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		stored, err := tx.Integration(ctx, uuid.Nil)
		for _, v := range stored {
			for _, fields := range f.fields {
				if v.IntegrationKey == plain[fields.integrationKey] {
					bad = fault(fields.integrationKey, "This is the key of the workspace's own "+run.APITitle(v.API)+". An organization's own keys come from its own Duo account.")
				}
			}
		}
		return err
	})
	return bad, err
}
