package setup

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// What plans do of what this package does. Each act is on record as the run of its step,
// in the transaction of its change.
func init() {
	plan.Register(plan.Act{Slug: plan.MapAccount, Title: "Connect with the Duo account", Role: catalog.Administrator,
		Whole: true,
		Do:    act((*Runner).mapStep), Check: check((*Runner).mapped, goneWords)})
	plan.Register(plan.Act{Slug: plan.AddDirectory, Title: "Add directory key", Role: catalog.Administrator,
		Do: act((*Runner).directoryStep), Check: check((*Runner).hasDirectory, goneWords)})
	plan.Register(plan.Act{Slug: plan.ProvisionAuth, Title: "Provision Auth API application",
		Role: catalog.Administrator,
		Call: catalog.ProvisionAuth().Call, Again: true, Do: act((*Runner).provisionStep),
		Check: check((*Runner).hasAuthKeys, "no keys are stored. Press Provision on the page "+
			"Connection, then Continue here.")})
	plan.Register(plan.Act{Slug: plan.CheckAuth, Title: "Check Auth API keys", Role: catalog.Administrator,
		Call: "GET /auth/v2/check", Do: act((*Runner).checkStep), Check: check((*Runner).authWorks, goneWords)})
	plan.Register(plan.Act{Slug: plan.CheckWorkspaceAuth, Title: "Check Auth API keys", Role: catalog.Administrator,
		Whole: true, OfWorkspace: true, Call: "GET /auth/v2/check", Do: act((*Runner).checkStep),
		Check: check((*Runner).workspaceAuthWorks, goneWords)})
	plan.Register(plan.Act{Slug: plan.EndOnboarding, Title: "End onboarding", Role: catalog.Administrator, Last: true,
		Do: act((*Runner).endStep), Check: check((*Runner).onboarded, goneWords)})
}

func act(do func(*Runner, context.Context, plan.Work) (plan.Done, error)) func(context.Context, *run.Runner,
	plan.Work) (plan.Done, error) {
	return func(ctx context.Context, r *run.Runner, w plan.Work) (plan.Done, error) { return do(New(r), ctx, w) }
}

const goneWords = "it is gone, or was changed."

// check makes a read-back of a function that reports whether what a step was to do is so,
// in the console's own tables; otherwise says what is so instead.
func check(is func(*Runner, context.Context, *store.Tx, plan.Work) (bool, error),
	otherwise string) func(context.Context,
	*run.Runner, plan.Work, plan.Done) (plan.Seen, error) {
	return func(ctx context.Context, r *run.Runner, w plan.Work, _ plan.Done) (plan.Seen, error) {
		seen := plan.Seen{Finding: catalog.NotMade, Words: otherwise}
		err := r.Store.InWorkspace(ctx, w.Scope, func(tx *store.Tx) error {
			so, err := is(New(r), ctx, tx, w)
			if so {
				seen = plan.Seen{Finding: catalog.Made}
			}
			return err
		})
		return seen, err
	}
}

// once carries out a change of the console's own tables as the run of a step: a second
// time it returns *run.AlreadyRun. A fault undoes the change, and is on record as refused.
func (r *Runner) once(ctx context.Context, w plan.Work,
	change func(*store.Tx) (record store.Record, fault string, err error)) (plan.Done, error) {
	var kept store.Record
	err := r.Change(ctx, w.Scope, w.Actor, catalog.Administrator, func(tx *store.Tx) error {
		before, err := tx.Run(ctx, w.Run)
		if err == nil {
			return &run.AlreadyRun{Run: before}
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		fault := ""
		err = tx.Savepoint(ctx, func(tx *store.Tx) (err error) {
			if kept, fault, err = change(tx); err == nil && fault != "" {
				err = errFaults
			}
			return err
		})
		if err != nil && !errors.Is(err, errFaults) {
			return err
		}
		if fault != "" {
			kept.State, kept.Summary, kept.Facts = store.Refused, "Not done. "+fault, nil
		}
		kept.ID = w.Run
		return tx.Record(ctx, kept)
	})
	if store.IsConflict(err, "run_pkey") {
		err = r.Store.InWorkspace(ctx, w.Scope, func(tx *store.Tx) error {
			before, err := tx.Run(ctx, w.Run)
			if err == nil {
				err = &run.AlreadyRun{Run: before}
			}
			return err
		})
	}
	state := store.Applied
	if kept.State != "" {
		state = kept.State
	}
	return plan.Done{State: state, Summary: kept.Summary, Facts: kept.Facts}, err
}

// held is the organization of a step, if it is connected as the step was approved for, and
// keeps it so.
func held(ctx context.Context, tx *store.Tx, w plan.Work) (store.Organization, error) {
	now, err := run.StillConnected(ctx, tx.HoldConnection, w.Organization)
	if err == nil && w.Opened != "" && w.Opened != now.Connection() {
		err = &run.ConnectionChanged{Now: run.ConnectionText(now)}
	}
	return now, err
}

// mapStep connects an organization that has no Duo account with a child account.
func (r *Runner) mapStep(ctx context.Context, w plan.Work) (plan.Done, error) {
	accounts, err := r.RefreshAccounts(ctx, w.Scope, w.Actor)
	if err != nil {
		return plan.Done{}, err
	}
	return r.once(ctx, w, func(tx *store.Tx) (record store.Record, fault string, err error) {
		if err := tx.LockMapping(ctx); err != nil {
			return record, "", err
		}
		now, err := tx.LockConnection(ctx, w.Organization.ID)
		if err != nil {
			return record, "", err
		}
		id, fault := listedID(w.Input[plan.AccountInput], accounts)
		record = mappingRecord(w.Actor, now, id, accounts, r.Now())
		switch {
		case fault != "":
			return record, fault, nil
		case now.Kind == store.Child && now.AccountID == id:
			record.Summary, record.Facts = "It was connected already.", plan.ConnectedFacts(now)
			return record, "", nil
		case now.Mapped():
			return record, "The organization is connected with " + run.ConnectionText(now) + " already.", nil
		}
		bad, err := r.connect(ctx, tx, w.Actor, store.Organization{ID: now.ID, Kind: store.Child,
			AccountID: id}, accounts)
		if err == nil && len(bad) > 0 && taken(id, accounts) {
			// not which: see the record
			return record, "Another organization has this account. Unmap it there first.", nil
		}
		if err != nil || len(bad) > 0 {
			return record, firstMessage(bad), err
		}
		connected, err := tx.Organization(ctx, now.ID)
		record.Facts = plan.ConnectedFacts(connected)
		return record, "", err
	})
}

// taken reports whether an organization has an account.
func taken(id string, accounts []store.Account) bool {
	return slices.ContainsFunc(accounts, func(a store.Account) bool { return a.AccountID == id && a.MappedTo != nil })
}

func firstMessage(bad []catalog.FieldError) string {
	if len(bad) == 0 {
		return ""
	}
	return bad[0].Message
}

func (r *Runner) mapped(ctx context.Context, tx *store.Tx, w plan.Work) (bool, error) {
	now, err := tx.Organization(ctx, w.Organization.ID)
	return now.Kind == store.Child && now.AccountID == w.Input[plan.AccountInput], err
}

func (r *Runner) directoryStep(ctx context.Context, w plan.Work) (plan.Done, error) {
	name, key := w.Input[plan.DirectoryNameInput], w.Input[plan.DirectoryKeyInput]
	return r.once(ctx, w, func(tx *store.Tx) (record store.Record, fault string, err error) {
		o, err := held(ctx, tx, w)
		if err != nil {
			return record, "", err
		}
		record = directoryRecord(store.DirectoryAdded, w.Actor, o, store.Directory{Name: name, Key: key},
			"Added "+name+", whose key ends in "+run.Tail(key)+".", r.Now())
		if err = directoryNameFree(ctx, tx, o, uuid.Nil, name); err == nil {
			err = tx.Savepoint(ctx, func(tx *store.Tx) error {
				_, err := tx.AddDirectory(ctx, o.ID, name, key, w.Actor.Operator, r.Now())
				return err
			})
		}
		bad, err := directoryConflict(err)
		return record, firstMessage(bad), err
	})
}

func (r *Runner) hasDirectory(ctx context.Context, tx *store.Tx, w plan.Work) (bool, error) {
	found, err := tx.Directories(ctx, w.Organization.ID)
	return slices.ContainsFunc(found, func(d store.Directory) bool {
		return d.Key == w.Input[plan.DirectoryKeyInput] && text.Same(d.Name, w.Input[plan.DirectoryNameInput])
	}), err
}

// provisionStep makes an Auth API application, or finds the one that was made before, and
// keeps its keys.
func (r *Runner) provisionStep(ctx context.Context, w plan.Work) (plan.Done, error) {
	if w.Opened != "" && w.Opened != w.Organization.Connection() {
		return plan.Done{}, &run.ConnectionChanged{Now: run.ConnectionText(w.Organization)}
	}
	out, err := r.makeAuth(ctx, w.Scope, w.Actor, w.Organization, w.Run)
	done := plan.Done{State: out.Run.State, Summary: out.Run.Summary, Facts: out.Run.Facts}
	if out.Run.State == store.Refused || out.Run.State == store.Unknown {
		return done, nil // on record
	}
	return done, err
}

// authKeys returns an organization's Auth API keys in a state, of the host that it is
// connected with.
func authKeys(ctx context.Context, tx *store.Tx, w plan.Work, states ...string) (store.Version, bool, error) {
	o, err := tx.Organization(ctx, w.Organization.ID)
	if err != nil {
		return store.Version{}, false, err
	}
	versions, err := tx.Integration(ctx, o.ID)
	for _, v := range versions {
		if v.API == store.AuthAPI && v.Host == o.APIHostname && slices.Contains(states, v.State) {
			return v, true, err
		}
	}
	return store.Version{}, false, err
}

func (r *Runner) hasAuthKeys(ctx context.Context, tx *store.Tx, w plan.Work) (bool, error) {
	_, has, err := authKeys(ctx, tx, w, store.Active, store.Candidate)
	return has, err
}

// checkStep asks Duo about an organization's Auth API keys, and puts them to use if they work.
// Those of the workspace serve its own account.
func (r *Runner) checkStep(ctx context.Context, w plan.Work) (plan.Done, error) {
	if w.Opened != "" && w.Opened != w.Organization.Connection() {
		return plan.Done{}, &run.ConnectionChanged{Now: run.ConnectionText(w.Organization)}
	}
	keys := OfOrganization(w.Organization, store.AuthAPI)
	if w.Organization.Kind == store.Parent {
		keys = OfWorkspace(store.AuthAPI)
	}
	err := r.CheckKeys(ctx, w.Scope, w.Actor, keys.CheckedAs(w.Run))
	if errors.Is(err, store.ErrNotFound) {
		return plan.Done{}, &plan.Refusal{Summary: "This organization has no Auth API keys to check."}
	}
	if store.IsConflict(err, "integration_secret_own_key") {
		return plan.Done{}, &plan.Refusal{Summary: "Another organization has the same Auth API keys."}
	}
	if err != nil && !store.IsConflict(err, "run_pkey") {
		return plan.Done{}, err
	}
	var checked store.Run
	var why string
	err = r.Store.InWorkspace(ctx, w.Scope, func(tx *store.Tx) (err error) {
		if checked, err = tx.Run(ctx, w.Run); err == nil && checked.State == store.Refused {
			why, err = causeOf(ctx, tx, keys)
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return plan.Done{}, &plan.Refusal{Summary: "Someone else changed the Auth API keys at the same moment."}
	}
	return plan.Done{State: checked.State, Summary: strings.TrimSpace(checked.Summary + " " + why),
		Facts: json.RawMessage(checked.Facts)}, err
}

// causeOf is why the last check of keys failed, in words.
func causeOf(ctx context.Context, tx *store.Tx, keys Keys) (string, error) {
	owner := uuid.Nil
	if keys.owner != nil {
		owner = keys.owner.ID
	}
	versions, err := tx.Integration(ctx, owner)
	var last Verdict
	for _, v := range versions { // of an API, the one that waits comes last
		if v.API == store.AuthAPI && v.Finding != nil && *v.Finding == Fails &&
			json.Unmarshal(v.Verdict, &last) != nil {
			last = Verdict{}
		}
	}
	return last.Cause, err
}

func (r *Runner) workspaceAuthWorks(ctx context.Context, tx *store.Tx, _ plan.Work) (bool, error) {
	versions, err := tx.Integration(ctx, uuid.Nil)
	for _, v := range versions {
		if v.API == store.AuthAPI && v.State == store.Active {
			return v.Finding != nil && *v.Finding != Fails, err
		}
	}
	return false, err
}

func (r *Runner) authWorks(ctx context.Context, tx *store.Tx, w plan.Work) (bool, error) {
	v, has, err := authKeys(ctx, tx, w, store.Active)
	return has && v.Finding != nil && *v.Finding != Fails, err
}

func (r *Runner) endStep(ctx context.Context, w plan.Work) (plan.Done, error) {
	return r.once(ctx, w, func(tx *store.Tx) (store.Record, string, error) {
		return store.Record{Event: store.OnboardingEnded, Operator: w.Actor.Operator, Ticket: w.Actor.Ticket,
			Organization: w.Organization.ID, AccountID: w.Organization.AccountID, Subject: w.Organization.Name,
			Summary: "The organization is onboarded.",
			At:      r.Now(),
		}, "", tx.EndOnboarding(ctx, w.Organization.ID)
	})
}

func (r *Runner) onboarded(ctx context.Context, tx *store.Tx, w plan.Work) (bool, error) {
	now, err := tx.Organization(ctx, w.Organization.ID)
	return !now.Onboarding, err
}
