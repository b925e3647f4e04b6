package run

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// How much a process takes upon itself of what others left.
const (
	lookAtOnce    = 8  // questions to Duo at a time
	orphansAtOnce = 50 // open runs of a workspace in one sweep
	settleAtOnce  = 200
	oldEvery      = time.Minute // between sweeps for runs that name no process, or that this one lost sight of
	plansEvery    = time.Hour   // between sweeps for plans whose time is over
)

// settling are the runs whose outcome this process looks for.
type settling struct {
	mu   sync.Mutex
	runs map[runKey]bool
}

// enter reports whether the caller is to look for a run's outcome: nobody here does
// yet, and there is room.
func (s *settling) enter(key runKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runs[key] || len(s.runs) >= settleAtOnce {
		return false
	}
	s.runs[key] = true
	return true
}

func (s *settling) leave(key runKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.runs, key)
}

// Watch looks after the runs of processes that are gone, until Stop: it finds out
// what became of changes, and goes on asking for the answers of persons. It also deletes
// plans whose time is over. It does so in all workspaces, or in those that are named.
func (r *Runner) Watch(only ...uuid.UUID) {
	r.following.all.Go(r.following.ctx, r.Log, "watch other processes", func() error {
		var old, plans time.Time // of the last sweeps for runs without a process, and for plans
		for {
			withOld := time.Since(old) > oldEvery
			err := r.sweep(r.following.ctx, only, withOld)
			if r.following.ctx.Err() != nil {
				return nil
			}
			if err != nil {
				r.Log.Warn("runs of other processes could not be looked after", "error", err)
			} else if withOld {
				old = time.Now()
			}
			if time.Since(plans) > plansEvery {
				if err := r.dropOldPlans(r.following.ctx, only); err != nil {
					r.Log.Warn("old plans could not be deleted", "error", err)
				} else {
					plans = time.Now()
				}
			}
			select {
			case <-time.After(r.rhythm.skip()):
			case <-r.following.ctx.Done():
				return nil
			}
		}
	})
}

// dropOldPlans deletes the plans whose time is over.
func (r *Runner) dropOldPlans(ctx context.Context, places []uuid.UUID) (err error) {
	if len(places) == 0 {
		if places, err = r.Store.Workspaces(ctx); err != nil {
			return err
		}
	}
	for _, workspace := range places {
		err := r.Store.InWorkspace(ctx, store.WholeWorkspace(workspace), func(tx *store.Tx) error {
			return tx.DropOldPlans(ctx, r.Now())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sweep judges other processes, if this one may, and takes over what those that are
// gone left open.
func (r *Runner) sweep(ctx context.Context, only []uuid.UUID, withOld bool) error {
	l := r.process.now.Load()
	if !l.fresh() {
		return nil // its own heartbeat is missing
	}
	if l.mayJudge() {
		dead, err := r.Store.JudgeProcesses(ctx)
		if err != nil {
			return err
		}
		if dead > 0 {
			r.Log.WarnContext(ctx, "processes do not answer any more: their runs are looked after", "processes", dead)
		}
	}
	gone, err := r.Store.UnsettledProcesses(ctx)
	if err != nil || len(gone) == 0 && !withOld {
		return err
	}
	places := only
	if len(only) == 0 {
		if places, err = r.Store.Workspaces(ctx); err != nil {
			return err
		}
	}
	orphans, busy, err := r.Store.Orphans(ctx, l.id, places, gone, orphansAtOnce)
	if err != nil {
		return err
	}
	for _, o := range orphans {
		r.takeOver(o, l.id)
	}
	if len(only) > 0 {
		return nil // there may be open runs elsewhere
	}
	var settled []uuid.UUID
	for _, id := range gone {
		if !busy[id] {
			settled = append(settled, id)
		}
	}
	if len(settled) == 0 {
		return nil
	}
	return r.Store.SettleProcesses(ctx, settled)
}

// takeOver looks after an open run that nobody looks after, unless another process
// is quicker.
func (r *Runner) takeOver(o store.OpenRun, looker uuid.UUID) {
	key := runKey{o.Workspace, o.ID}
	if !r.settling.enter(key) {
		return
	}
	r.following.all.Go(r.following.ctx, r.Log, "read back a run", func() error {
		defer r.settling.leave(key)
		// A claim that is left behind keeps others away for as long as this process lives.
		defer func() { r.unclaim(o, looker) }()
		ctx, sc := r.following.ctx, store.WholeWorkspace(o.Workspace)
		err := r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
			o, err = tx.Claim(ctx, o.ID, looker)
			return err
		})
		if err != nil {
			return nil // another process was quicker; or this is tried again with the next sweep
		}
		if action, known := catalog.Lookup(o.Action); known && action.Follow != nil && o.Pending != "" {
			r.followOn(ctx, o, action, looker)
			return nil
		}
		r.settle(ctx, o, looker)
		return nil
	})
}

func (r *Runner) unclaim(o store.OpenRun, looker uuid.UUID) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTry)
	defer cancel()
	err := r.Store.InWorkspace(ctx, store.WholeWorkspace(o.Workspace),
		func(tx *store.Tx) error { return tx.Unclaim(ctx, o.ID, looker) })
	if err != nil {
		r.Log.Warn("a run that is not looked after any more is still claimed", "run", o.ID, "error", err)
	}
}

// followOn asks Duo for a person's answer to a question that a process sent which
// is gone: the answer counts, no matter which process asks for it.
func (r *Runner) followOn(ctx context.Context, o store.OpenRun, action catalog.Action, looker uuid.UUID) {
	sc := store.WholeWorkspace(o.Workspace)
	until := o.StartedAt.Add(action.Patience)
	end := store.Ending{State: store.Unknown, Subject: o.Subject, Facts: o.Facts, By: looker}
	if r.Now().After(until) {
		// Duo may have forgotten the question by now, and would report no answer.
		end.Summary = catalog.Sentences(o.Sent + " The console stopped before the answer came.")
		r.closeFound(ctx, o, end)
		return
	}
	client, err := r.clientAsSent(ctx, o, action.API)
	if err != nil {
		end.Summary = catalog.Sentences(o.Sent + " " + lookFailed(o, action, err))
		r.closeFound(ctx, o, end)
		return
	}
	q := Request{ID: o.ID, Scope: sc, Action: action, Input: catalog.Recalled(o.Input),
		Organization: store.Organization{Kind: o.ConnectionKind, AccountID: o.AccountID}}
	if o.OrganizationID != nil {
		q.Organization.ID = *o.OrganizationID
	}
	key := runKey{o.Workspace, o.ID}
	r.following.tell(key, &Live{Text: "Waiting for the answer.", Until: until})
	defer r.following.tell(key, nil)
	end = r.ending(q, client.InBackground(), until,
		catalog.Result{Pending: o.Pending, Facts: catalog.RecordedFacts(o.Facts)})
	if r.following.ctx.Err() != nil {
		return // the next process goes on
	}
	end.Subject, end.Facts, end.By = o.Subject, o.Facts, looker
	end.Summary = catalog.Sentences(o.Sent + " " + end.Summary)
	if organization, err := r.organizationOf(ctx, o); err == nil {
		r.forget(sc, organization) // an answer can lock a user out
	}
	r.closeFound(ctx, o, end)
}
