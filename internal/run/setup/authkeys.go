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
// says that someone else is doing the same now.
func (r *Runner) ProvisionAuth(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization,
	id uuid.UUID) (run.Outcome, error) {
	done, err := r.makeAuth(ctx, sc, actor, o, id)
	if err != nil {
		return done, err
	}
	return done, r.CheckKeys(context.WithoutCancel(ctx), sc, actor, OfOrganization(o, store.AuthAPI))
}

// makeAuth is ProvisionAuth up to the keys: they wait to be checked.
func (r *Runner) makeAuth(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization,
	id uuid.UUID) (run.Outcome, error) {
	if o.Kind == store.Parent {
		return run.Outcome{}, &store.ConflictError{Constraint: "connection_parent"}
	}
	done, err := r.Do(ctx, run.Request{ID: id, Scope: sc, Organization: o, Actor: actor,
		Action: catalog.ProvisionAuth(),
		Opened: o.Connection(), Ticket: actor.Ticket})
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
	keys := OfOrganization(o, store.AuthAPI)
	err = r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if _, err := keys.hold(ctx, tx); err != nil {
			return err // these are the keys of the account before
		}
		slot := store.Slot{Organization: o.ID, API: store.AuthAPI}
		integrationKey, secretKey := yielded[catalog.IntegrationKeySecret],
			secret.Box([]byte(yielded[catalog.SecretKeySecret]))
		if err := r.addCandidate(ctx, tx, actor, slot, o.APIHostname, integrationKey, secretKey); err != nil {
			return err
		}
		return tx.DropDraft(ctx, actor.Operator, keys.draft)
	})
	return done, err
}
