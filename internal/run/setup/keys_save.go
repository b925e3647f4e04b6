package setup

import (
	"context"
	"maps"
	"strings"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// Refused is a form of keys that was not saved. What was typed is kept as a draft.
type Refused struct {
	Faults []catalog.FieldError
	Notes  map[string]string
}

// SaveKeys stores what was typed into the whole form of keys as candidates and checks each
// API on its own; a candidate that works replaces the version in use. If any field is
// missing or malformed nothing is stored but a draft, and Refused says why; else notes
// say what was taken off, by input. An empty secret stands for the draft's or the
// stored one.
//
// Once an organization's own Admin API keys work, it is connected through them; until
// then it stays connected as it was. Auth API keys are for an organization that is
// connected, and have to be of its host.
func (r *Runner) SaveKeys(ctx context.Context, sc store.Scope, actor run.Actor, k Keys,
	typed map[string]string) (refused *Refused, notes map[string]string, err error) {
	if len(k.fields) == 0 {
		return nil, nil, store.ErrNotFound
	}
	k.fields = k.form
	refused, notes, err = r.saveCandidates(ctx, sc, actor, k, typed)
	if err != nil || refused != nil {
		return refused, nil, err
	}
	err = r.CheckKeys(ctx, sc, actor, k)
	if store.IsConflict(err, "integration_secret_own_key") {
		refused = &Refused{Faults: fault(k.form[0].IntegrationKey, "Another organization is connected with this key.")}
		return refused, nil, r.DiscardKeys(ctx, sc, actor, k)
	}
	return nil, notes, err
}

// RefusedKeys is what SaveKeys would refuse of what was typed. Nothing is saved, and Duo is
// not asked. nil: nothing.
func (r *Runner) RefusedKeys(ctx context.Context, sc store.Scope, actor run.Actor, k Keys,
	typed map[string]string) (*Refused, error) {
	before, err := r.KeyState(ctx, sc, k, actor.Operator)
	if err != nil {
		return nil, err
	}
	_, _, bad := checkShape(k.form, withDraft(typed, before.Draft), before, r.Sandbox)
	if len(bad) == 0 {
		return nil, nil
	}
	return &Refused{Faults: bad}, nil
}

func (r *Runner) saveCandidates(ctx context.Context, sc store.Scope, actor run.Actor, k Keys,
	typed map[string]string) (*Refused, map[string]string, error) {
	before, err := r.KeyState(ctx, sc, k, actor.Operator)
	if err != nil {
		return nil, nil, err
	}
	typed = withDraft(typed, before.Draft)
	plain, notes, bad := checkShape(k.form, typed, before, r.Sandbox)
	if len(bad) == 0 && k.owner != nil {
		bad, err = r.ownFaults(ctx, sc, k, plain)
	}
	if err != nil {
		return nil, nil, err
	}
	if len(bad) > 0 {
		for name := range notes {
			typed[name] = plain[name] // the note says what was taken off
		}
		return &Refused{Faults: bad, Notes: notes}, nil, r.keepKeys(ctx, sc, actor, k, typed)
	}
	err = r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if _, err := k.hold(ctx, tx); err != nil {
			return err
		}
		for _, f := range k.form {
			if err := r.replaceKeys(ctx, tx, actor, before, k.slot(f), f, plain); err != nil {
				return err
			}
		}
		return tx.DropDraft(ctx, actor.Operator, k.draft)
	})
	return nil, notes, err
}

// withDraft fills empty secrets with those of a draft: they are not shown, so
// that nobody can type them again.
func withDraft(typed, draft map[string]string) map[string]string {
	full := map[string]string{}
	maps.Copy(full, typed)
	for name, text := range draft {
		if SecretField(name) && full[name] == "" {
			full[name] = text
		}
	}
	return full
}

// replaceKeys stores one API's fields unless they are what is stored already.
func (r *Runner) replaceKeys(ctx context.Context, tx *store.Tx, actor run.Actor, before KeyState, slot store.Slot,
	f Fields, plain map[string]string) error {
	host, integrationKey := plain[f.Host], plain[f.IntegrationKey]
	key := secret.Box([]byte(plain[f.SecretKey]))
	if plain[f.SecretKey] == keep {
		stored, _ := before.newest(f.API) // checkShape saw to it that there is one
		if stored.Host == host && stored.IntegrationKey == integrationKey {
			return nil
		}
		var err error
		if key, err = tx.SecretKey(ctx, stored.Slot(), stored.Version); err != nil {
			return err
		}
	}
	return r.addCandidate(ctx, tx, actor, slot, host, integrationKey, key)
}

// addCandidate stores keys in a slot, to be checked before use, and records that.
func (r *Runner) addCandidate(ctx context.Context, tx *store.Tx, actor run.Actor, slot store.Slot,
	host, integrationKey string, key secret.Secret) error {
	version, err := tx.AddCandidate(ctx, slot, host, integrationKey, key, actor.Operator, r.Now())
	if err != nil {
		return err
	}
	saved := store.Version{OrganizationID: slot.Owner(), API: slot.API, Version: version, Host: host,
		IntegrationKey: integrationKey}
	return tx.Record(ctx, versionRecord(store.IntegrationSaved, actor, saved,
		"Saved, to be checked before use.", r.Now()))
}

// ownFaults refuses keys that cannot be the organization's own.
func (r *Runner) ownFaults(ctx context.Context, sc store.Scope, k Keys,
	plain map[string]string) ([]catalog.FieldError, error) {
	f, err := k.One()
	if err != nil {
		return nil, err
	}
	var workspace []store.Version
	var o store.Organization
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		if workspace, err = tx.Integration(ctx, uuid.Nil); err != nil {
			return err
		}
		o, err = tx.Organization(ctx, k.owner.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, v := range workspace {
		// With these the organization would act on the MSP's account.
		if v.IntegrationKey == plain[f.IntegrationKey] {
			return fault(f.IntegrationKey, "This is the key of the workspace's own "+run.APITitle(v.API)+
				". An organization's own keys come from its own Duo account."), nil
		}
	}
	switch {
	case f.API != store.AuthAPI:
		return nil, nil
	case o.Kind == store.Parent:
		return fault(f.IntegrationKey,
			"This organization is your own account: the workspace's Auth API keys serve it."), nil
	case !o.Mapped():
		return fault(f.Host,
			"Connect this organization with its Duo account first: Auth API keys belong to one account."), nil
	case !strings.EqualFold(plain[f.Host], o.APIHostname):
		return fault(f.Host, "This is the host of another Duo account. This organization's is "+o.APIHostname+"."), nil
	}
	return nil, nil
}
