package setup

import (
	"context"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// ProvisionAuth makes an Auth API application in an organization's Duo account, or
// finds the one that was made before, and puts its keys to use once they work. id
// is the form's, as of every run. Errors are those of Do; a *store.ConflictError
// says that somebody does the same at this moment.
func (r *Runner) ProvisionAuth(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization, id uuid.UUID) (run.Outcome, error) {
	if o.Kind == store.Parent {
		return run.Outcome{}, &store.ConflictError{Constraint: "connection_parent"}
	}
	done, err := r.Do(ctx, run.Request{ID: id, Scope: sc, Organization: o, Actor: actor, Action: catalog.ProvisionAuth(), Opened: o.Connection()})
	if err != nil {
		return done, err
	}
	yielded := map[string]string{}
	for _, s := range done.Result.Secrets {
		yielded[s.Label] = s.Value
	}
	done.Result.Secrets, done.Result.Raw = nil, nil
	// What was made is kept to the end even if the browser leaves.
	ctx = context.WithoutCancel(ctx)
	slot := store.Slot{Organization: o.ID, API: store.AuthAPI}
	err = r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if _, err := run.StillConnected(ctx, tx.LockConnection, o); err != nil {
			return err // these are the keys of the account before
		}
		key := secret.Box([]byte(yielded[catalog.SecretKeySecret]))
		version, err := tx.AddCandidate(ctx, slot, o.APIHostname, yielded[catalog.IntegrationKeySecret], key, actor.Operator, r.Now())
		if err != nil {
			return err
		}
		saved := store.Version{OrganizationID: slot.Owner(), API: slot.API, Version: version, Host: o.APIHostname, IntegrationKey: yielded[catalog.IntegrationKeySecret]}
		if err := tx.DropDraft(ctx, actor.Operator, ownForm(o, store.AuthAPI).draft); err != nil {
			return err
		}
		return tx.Record(ctx, versionRecord(store.IntegrationSaved, actor, saved, "Saved, to be checked before use.", r.Now()))
	})
	if err != nil {
		return done, err
	}
	return done, r.CheckOwn(ctx, sc, actor, o, store.AuthAPI)
}
