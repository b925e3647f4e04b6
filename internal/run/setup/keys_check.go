package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/task"
)

// checkTime bounds a check: the calls to Duo, which have ReadTime, and the record.
const checkTime = 25 * time.Second

// CheckKeys asks Duo about the newest version of each API's keys, at the same time: the
// candidate if one waits, else the version in use. A candidate that works is activated.
// It returns store.ErrNotFound where an API has neither.
func (r *Runner) CheckKeys(ctx context.Context, sc store.Scope, actor run.Actor, k Keys) error {
	if len(k.fields) == 0 {
		return store.ErrNotFound
	}
	if err := r.Change(ctx, sc, actor, catalog.Administrator, func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	state, err := r.KeyState(ctx, sc, k, actor.Operator)
	if err != nil {
		return err
	}
	var checks task.Group
	for _, f := range k.fields {
		checks.Go(ctx, r.Log, "check keys", func() error {
			v, found := state.newest(f.API)
			if !found {
				return store.ErrNotFound
			}
			err := r.checkVersion(ctx, sc, actor, k, v)
			if errors.Is(err, store.ErrNotFound) {
				return nil // another save or check was faster, and keeps its own verdict
			}
			return err
		})
	}
	return checks.Wait()
}

func (r *Runner) checkVersion(ctx context.Context, sc store.Scope, actor run.Actor, k Keys, v store.Version) error {
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
	found := r.diagnose(ctx, client, v.Slot())
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		return r.keepVerdict(ctx, tx, actor, k, v, found)
	})
}

// keepVerdict stores what a check found of a version, and what follows from it.
func (r *Runner) keepVerdict(ctx context.Context, tx *store.Tx, actor run.Actor, k Keys, v store.Version,
	found diagnosis) error {
	text, err := json.Marshal(found.Verdict)
	if err != nil {
		return err
	}
	if err := tx.SaveCheck(ctx, v.Slot(), v.Version, found.Finding, text, actor.Operator, r.Now()); err != nil {
		return err
	}
	record := checkRecord(actor, v, found, r.Now())
	record.ID = k.check
	if err := tx.Record(ctx, record); err != nil || found.Finding == Fails {
		return err
	}
	if v.State == store.Candidate {
		o, err := k.hold(ctx, tx)
		if err != nil {
			return err
		}
		if err := r.activate(ctx, tx, actor, o, v); err != nil {
			return err
		}
	}
	if v.API == store.AccountsAPI {
		return tx.SaveAccounts(ctx, found.accounts, r.Now())
	}
	return nil
}

// activate puts a version to use. The first Admin API keys of an organization's own that
// are put to use connect it through them: o is the organization as it is held.
func (r *Runner) activate(ctx context.Context, tx *store.Tx, actor run.Actor, o store.Organization,
	v store.Version) error {
	if err := tx.Activate(ctx, v.Slot(), v.Version); err != nil {
		return err
	}
	if v.OrganizationID == nil || v.API == store.AuthAPI || o.Kind == store.Own {
		return nil
	}
	if err := tx.ConnectOwn(ctx, *v.OrganizationID, actor.Operator, r.Now()); err != nil {
		return err
	}
	return tx.Record(ctx, connectionRecord(actor, o, store.Organization{Kind: store.Own}, nil, r.Now()))
}

// ActivateKeys puts one API's candidate to use although Duo did not accept it. It
// returns store.ErrNotFound if none waits.
func (r *Runner) ActivateKeys(ctx context.Context, sc store.Scope, actor run.Actor, k Keys) error {
	activate := func(tx *store.Tx, o store.Organization, v store.Version) (string, error) {
		return "Activated although " + lastCheck(v) + ".", r.activate(ctx, tx, actor, o, v)
	}
	return r.settleCandidate(ctx, sc, actor, k, store.IntegrationActivated, activate)
}

// DiscardKeys drops one API's candidate, if one waits.
func (r *Runner) DiscardKeys(ctx context.Context, sc store.Scope, actor run.Actor, k Keys) error {
	discard := func(tx *store.Tx, _ store.Organization, v store.Version) (string, error) {
		return "Discarded; " + lastCheck(v) + ".", tx.Discard(ctx, v.Slot())
	}
	err := r.settleCandidate(ctx, sc, actor, k, store.IntegrationDiscarded, discard)
	if errors.Is(err, errNoneWaits) {
		return nil
	}
	return err
}

// errNoneWaits says that there is no candidate.
var errNoneWaits = fmt.Errorf("run: no keys wait: %w", store.ErrNotFound)

// settleCandidate activates or drops one API's candidate and records that, with the
// summary that settle returns. The error is errNoneWaits if there is no candidate.
func (r *Runner) settleCandidate(ctx context.Context, sc store.Scope, actor run.Actor, k Keys, event store.Event,
	settle func(*store.Tx, store.Organization, store.Version) (summary string, err error)) error {
	f, err := k.One()
	if err != nil {
		return err
	}
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		o, err := k.hold(ctx, tx)
		if err != nil {
			return err
		}
		v, err := tx.LockCandidate(ctx, k.slot(f))
		if errors.Is(err, store.ErrNotFound) {
			return errNoneWaits
		}
		if err != nil {
			return err
		}
		summary, err := settle(tx, o, v)
		if err != nil {
			return err
		}
		return tx.Record(ctx, versionRecord(event, actor, v, summary, r.Now()))
	})
}
