package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/task"
)

// Integration is the state of a workspace's nine credential fields for one
// operator: what is stored, what Duo said to it, and what the operator's last
// refused form held.
type Integration struct {
	Versions   []store.Version // active first within each API
	Draft      map[string]string
	DraftUntil time.Time
	Accounts   []store.Account // as the Accounts API last listed them
	Unusable   []store.Account // those that it listed without a usable host
}

// Version returns the stored version of an API in a state, and whether there is
// one.
func (i Integration) Version(api, state string) (store.Version, bool) {
	for _, v := range i.Versions {
		if v.API == api && v.State == state {
			return v, true
		}
	}
	return store.Version{}, false
}

// Integration reads the state of the nine fields. Secret keys are in it only as
// far as a draft holds them.
func (r *Runner) Integration(ctx context.Context, sc store.Scope, operator uuid.UUID) (Integration, error) {
	return r.stateOf(ctx, sc, nine, operator)
}

func (r *Runner) stateOf(ctx context.Context, sc store.Scope, f keyForm, operator uuid.UUID) (Integration, error) {
	var found Integration
	err := r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		if found.Versions, err = tx.Integration(ctx, f.organization); err != nil {
			return err
		}
		listed, err := tx.Accounts(ctx)
		if err != nil {
			return err
		}
		for _, a := range listed {
			if a.Usable() {
				found.Accounts = append(found.Accounts, a)
			} else {
				found.Unusable = append(found.Unusable, a)
			}
		}
		found.Draft, found.DraftUntil, err = tx.Draft(ctx, operator, f.draft, r.Now())
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return err
	})
	return found, err
}

// Refused is a form of the nine fields that was not saved. What was typed is
// kept as a draft.
type Refused struct {
	Faults []catalog.FieldError
	Notes  map[string]string
}

// SaveIntegration stores what was typed into the nine fields as candidates and
// validates each API on its own; a candidate that works replaces the version in
// use. When any field is missing or malformed nothing is stored but a draft,
// and Refused says why. An empty secret stands for the draft's or the stored one.
func (r *Runner) SaveIntegration(ctx context.Context, sc store.Scope, actor run.Actor, typed map[string]string) (*Refused, map[string]string, error) {
	refused, notes, err := r.saveKeys(ctx, sc, actor, nine, typed)
	if err != nil || refused != nil {
		return refused, nil, err
	}
	return nil, notes, r.CheckAll(ctx, sc, actor)
}

func (r *Runner) saveKeys(ctx context.Context, sc store.Scope, actor run.Actor, f keyForm, typed map[string]string) (*Refused, map[string]string, error) {
	before, err := r.stateOf(ctx, sc, f, actor.Operator)
	if err != nil {
		return nil, nil, err
	}
	hasSecret := map[string]bool{}
	for _, v := range before.Versions {
		hasSecret[v.API] = true
	}
	typed = withDraft(typed, before.Draft)
	plain, notes, bad := checkShape(f.fields, typed, hasSecret, r.Sandbox)
	if len(bad) == 0 && f.organization != uuid.Nil {
		bad, err = r.ownFaults(ctx, sc, f, plain)
	}
	if err != nil {
		return nil, nil, err
	}
	if len(bad) > 0 {
		for name := range notes {
			typed[name] = plain[name] // the note says what was taken off
		}
		return &Refused{Faults: bad, Notes: notes}, nil, r.keepDraft(ctx, sc, actor, f, typed)
	}
	err = r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if err := f.held(ctx, tx); err != nil {
			return err
		}
		for _, fields := range f.fields {
			if err := r.addCandidate(ctx, tx, before, f.slot(fields), fields, plain, actor); err != nil {
				return err
			}
		}
		return tx.DropDraft(ctx, actor.Operator, f.draft)
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

func (r *Runner) keepDraft(ctx context.Context, sc store.Scope, actor run.Actor, f keyForm, typed map[string]string) error {
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		return tx.SaveDraft(ctx, actor.Operator, f.draft, typed, r.Now())
	})
}

// addCandidate stores one API's fields unless they say what is stored already.
func (r *Runner) addCandidate(ctx context.Context, tx *store.Tx, before Integration, slot store.Slot, f apiFields, plain map[string]string, actor run.Actor) error {
	stored, found := before.Version(f.api, store.Candidate)
	if !found {
		stored, found = before.Version(f.api, store.Active)
	}
	same := found && stored.Host == plain[f.host] && stored.IntegrationKey == plain[f.integrationKey]
	if same && plain[f.secretKey] == keep {
		return nil
	}
	key := secret.Box([]byte(plain[f.secretKey]))
	if plain[f.secretKey] == keep {
		var err error
		if key, err = tx.SecretKey(ctx, stored.Slot(), stored.Version); err != nil {
			return err
		}
	}
	version, err := tx.AddCandidate(ctx, slot, plain[f.host], plain[f.integrationKey], key, actor.Operator, r.Now())
	if err != nil {
		return err
	}
	saved := store.Version{OrganizationID: slot.Owner(), API: f.api, Version: version, Host: plain[f.host], IntegrationKey: plain[f.integrationKey]}
	return tx.Record(ctx, versionRecord(store.IntegrationSaved, actor, saved, "Saved, to be checked before use.", r.Now()))
}

// CheckAll validates, for each API at the same time, the newest version.
func (r *Runner) CheckAll(ctx context.Context, sc store.Scope, actor run.Actor) error {
	var three task.Group
	for _, f := range nineFields {
		three.Go(ctx, r.Log, "check keys", func() error { return r.Check(ctx, sc, actor, f.api) })
	}
	return three.Wait()
}

// checkTime bounds a check: the calls to Duo, which have ReadTime, and the record.
const checkTime = 25 * time.Second

// Check validates the newest version of one API: the candidate if there is one,
// else the one in use. It returns store.ErrNotFound when there is neither.
func (r *Runner) Check(ctx context.Context, sc store.Scope, actor run.Actor, api string) error {
	return r.check(ctx, sc, actor, nine, api)
}

func (r *Runner) check(ctx context.Context, sc store.Scope, actor run.Actor, f keyForm, api string) error {
	if err := r.Change(ctx, sc, actor, catalog.Administrator, func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	state, err := r.stateOf(ctx, sc, f, actor.Operator)
	if err != nil {
		return err
	}
	for _, wanted := range []string{store.Candidate, store.Active} {
		if v, found := state.Version(api, wanted); found {
			err := r.checkVersion(ctx, sc, actor, f, v)
			if errors.Is(err, store.ErrNotFound) {
				return nil // another save or check was faster, and keeps its own verdict
			}
			return err
		}
	}
	return store.ErrNotFound
}

func (r *Runner) checkVersion(ctx context.Context, sc store.Scope, actor run.Actor, f keyForm, v store.Version) error {
	// What was saved is checked to the end even if the browser leaves.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTime)
	defer cancel()
	var client *duo.Client
	err := r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		client, err = r.ClientOf(ctx, tx, v)
		return err
	})
	if err != nil {
		return fmt.Errorf("run: open the keys: %w", err)
	}
	diagnosis := r.diagnose(ctx, client, v.Slot())
	text, err := json.Marshal(diagnosis.Verdict)
	if err != nil {
		return err
	}
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if err := tx.SaveCheck(ctx, v.Slot(), v.Version, diagnosis.Outcome, text, actor.Operator, r.Now()); err != nil {
			return err
		}
		if err := tx.Record(ctx, checkRecord(actor, v, diagnosis, r.Now())); err != nil {
			return err
		}
		if diagnosis.Outcome == Fails {
			return nil
		}
		if v.State == store.Candidate {
			if err := r.putToUse(ctx, tx, actor, f, v); err != nil {
				return err
			}
		}
		if v.API == store.AccountsAPI {
			return tx.SaveAccounts(ctx, diagnosis.accounts, r.Now())
		}
		return nil
	})
}

// putToUse activates a version. The first Admin API keys of an organization's own
// that are put to use connect it through them, unless somebody has connected it
// otherwise since the form was opened.
func (r *Runner) putToUse(ctx context.Context, tx *store.Tx, actor run.Actor, f keyForm, v store.Version) error {
	if v.OrganizationID == nil {
		return tx.Activate(ctx, v.Slot(), v.Version)
	}
	if err := tx.LockMapping(ctx); err != nil {
		return err
	}
	o, err := run.StillConnected(ctx, tx.LockConnection, f.connected)
	if err != nil {
		return err
	}
	if v.API == store.AuthAPI {
		return tx.Activate(ctx, v.Slot(), v.Version)
	}
	if err := tx.Activate(ctx, v.Slot(), v.Version); err != nil || o.Kind == store.Own {
		return err
	}
	if err := tx.ConnectOwn(ctx, *v.OrganizationID, actor.Operator, r.Now()); err != nil {
		return err
	}
	return tx.Record(ctx, connectionRecord(actor, o, store.Organization{Kind: store.Own}, nil, r.Now()))
}

// UseAnyway puts an API's candidate to use although Duo did not accept it. It
// returns store.ErrNotFound when there is no candidate.
func (r *Runner) UseAnyway(ctx context.Context, sc store.Scope, actor run.Actor, api string) error {
	return r.useAnyway(ctx, sc, actor, nine, api)
}

func (r *Runner) useAnyway(ctx context.Context, sc store.Scope, actor run.Actor, f keyForm, api string) error {
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		// Whoever maps takes this lock before the one of the versions.
		if err := tx.LockMapping(ctx); err != nil {
			return err
		}
		v, err := tx.LockCandidate(ctx, store.Slot{Organization: f.organization, API: api})
		if err != nil {
			return err
		}
		if err := r.putToUse(ctx, tx, actor, f, v); err != nil {
			return err
		}
		return tx.Record(ctx, versionRecord(store.IntegrationActivated, actor, v, "Put to use although "+lastCheck(v)+".", r.Now()))
	})
}

// Discard drops an API's candidate, if there is one.
func (r *Runner) Discard(ctx context.Context, sc store.Scope, actor run.Actor, api string) error {
	return r.discard(ctx, sc, actor, nine, api)
}

func (r *Runner) discard(ctx context.Context, sc store.Scope, actor run.Actor, f keyForm, api string) error {
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if err := f.held(ctx, tx); err != nil {
			return err
		}
		v, err := tx.LockCandidate(ctx, store.Slot{Organization: f.organization, API: api})
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.Discard(ctx, v.Slot()); err != nil {
			return err
		}
		return tx.Record(ctx, versionRecord(store.IntegrationDiscarded, actor, v, "Discarded; "+lastCheck(v)+".", r.Now()))
	})
}
