package run

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/task"
)

// Some runs end when a person has answered a push or a call. They stay open in
// the state Sending meanwhile, and are followed by the process that began them:
// by a goroutine each, which outlives the request and closes the run. If the
// process stops or dies, another one goes on: see Watch.

// How often Duo is asked how it goes on: most people answer soon, or late. And how
// long one question may take, of which the next is asked, and how much longer than
// a person has.
const (
	followEvery  = time.Second
	followSoon   = 20 * time.Second
	followSlowly = 2 * time.Second
	followAsking = 10 * time.Second
	followLonger = 15 * time.Second
)

// Duo forgets a question when its time is over, and the answer with it. That nobody
// answered is known only where the question was seen open shortly before, and not
// much too early for its time to be over.
const (
	followUnseen = 15 * time.Second
	followEarly  = 30 * time.Second
)

// followPause is how long to wait for the next question to Duo, some time after a
// run was started.
func followPause(after time.Duration) time.Duration {
	if after < followSoon {
		return followEvery
	}
	return followSlowly
}

// Live is where a run stands that waits for a person.
type Live struct {
	Text  string
	Until time.Time // the person has until then
}

type runKey struct{ workspace, id uuid.UUID }

// followed is one run on its way.
type followed struct {
	live    Live
	changed chan struct{} // closed when there is something new
}

// following are the runs that this process follows.
type following struct {
	ctx  context.Context // ends when the process stops
	stop context.CancelFunc
	all  task.Group

	mu   sync.Mutex
	runs map[runKey]*followed
}

// Stop ends the following of all runs and the looking for outcomes, here and of
// those that are still to come: other processes go on with them. It does not wait:
// see Wait.
func (r *Runner) Stop() { r.following.stop() }

// Wait waits, after Stop, until no run is followed any more and each is closed.
// When ctx ends, runs that cannot be closed are given up. Nothing may be begun
// meanwhile. Then this process is over for the others, see Begin.
func (r *Runner) Wait(ctx context.Context) {
	giveUp := task.AfterFunc(ctx, r.Log, "give up closing", r.endGrace)
	defer giveUp()
	_ = r.following.all.Wait()
	r.endProcess()
}

// Live tells where a run stands that this process follows, and gives a channel
// that is closed when there is something new. ok is false for a run that is not
// followed here: it has been closed, or another process follows it.
func (r *Runner) Live(sc store.Scope, id uuid.UUID) (live Live, changed <-chan struct{}, ok bool) {
	r.following.mu.Lock()
	defer r.following.mu.Unlock()
	f, ok := r.following.runs[runKey{sc.Workspace(), id}]
	if !ok {
		return Live{}, nil, false
	}
	return f.live, f.changed, true
}

// tell publishes where a followed run stands; nil takes it off the list.
func (f *following) tell(key runKey, live *Live) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if before := f.runs[key]; before != nil {
		if live != nil && before.live == *live {
			return
		}
		close(before.changed)
	}
	if live == nil {
		delete(f.runs, key)
		return
	}
	f.runs[key] = &followed{live: *live, changed: make(chan struct{})}
}

// follow follows a run that was started to its end. Of ctx only the words for the
// log count.
func (r *Runner) follow(ctx context.Context, q Request, client *duo.Client, started store.Run, result catalog.Result) {
	key := runKey{q.Scope.Workspace(), q.ID}
	until := started.StartedAt.Add(q.Action.Patience)
	r.following.tell(key, &Live{Text: "Waiting for the answer.", Until: until})
	noted := make(chan struct{})
	r.following.all.Go(ctx, r.Log, "note a question", func() error {
		err := r.untilDone(r.following.ctx, func(ctx context.Context) error {
			return r.Store.InWorkspace(ctx, q.Scope, func(tx *store.Tx) error {
				return tx.NotePending(ctx, started, result.Pending, result.Summary, result.Subject, result.Recorded())
			})
		})
		if err == nil {
			close(noted)
		}
		return err
	})
	r.following.all.Go(ctx, r.Log, "follow a run", func() error {
		// Readers are woken after the run is closed, so that they find the outcome.
		defer r.following.tell(key, nil)
		// Nobody waits for these calls: they leave room for those that people wait for.
		end := r.ending(q, client.InBackground(), until, result)
		select {
		case <-noted:
			if r.following.ctx.Err() != nil && end.Answer == "" {
				r.turned(Unclosed)
				return nil // another process goes on
			}
		default:
		}
		end.Subject, end.Facts, end.By = result.Subject, result.Recorded(), *started.ProcessID
		end.Summary = catalog.Sentences(catalog.Plain(result.Summary) + " " + end.Summary)
		r.forget(q.Scope, q.Organization) // an answer can lock a user out
		r.close(ctx, q.Scope, q.ID, end)
		return nil
	})
}

// ending asks Duo until there is an answer, or nobody can expect one any more.
func (r *Runner) ending(q Request, client *duo.Client, until time.Time, result catalog.Result) store.Ending {
	ctx, cancel := context.WithTimeout(r.following.ctx, q.Action.Patience+followLonger)
	defer cancel()
	// By the clock of the machine: a step of the calendar is no gap.
	seen := sinceBoot() - max(0, r.Now().Sub(until.Add(-q.Action.Patience)))
	for {
		asking, asked := context.WithTimeout(ctx, followAsking)
		progress, err := q.Action.Follow(asking, client, q.Input, result)
		asked()
		pause := followPause(q.Action.Patience - until.Sub(r.Now()))
		var refused *duo.Error
		switch {
		case r.following.ctx.Err() != nil:
			return store.Ending{State: store.Unknown, Summary: "The console stopped before the answer came."}
		case err == nil && progress.Gone && (sinceBoot()-seen > followUnseen ||
			r.Now().Before(until.Add(-followEarly))):
			return store.Ending{State: store.Unknown,
				Summary: "Duo no longer knows the request. It is not known whether the person answered."}
		case err == nil && progress.Answer.Good():
			return store.Ending{State: store.Applied, Summary: progress.Text, Answer: string(progress.Answer)}
		case err == nil && progress.Answer != "":
			return store.Ending{State: store.Refused, Summary: progress.Text, Answer: string(progress.Answer)}
		case ctx.Err() != nil || r.Now().After(until.Add(followLonger)):
			return store.Ending{State: store.Unknown, Summary: "Duo did not return the answer in time."}
		case err == nil:
			seen = sinceBoot()
			r.following.tell(runKey{q.Scope.Workspace(), q.ID}, &Live{progress.Text, until})
		case errors.As(err, &refused) && refused.Code == duo.CodeRateLimited:
			pause = max(pause, refused.RetryAfter)
			r.following.tell(runKey{q.Scope.Workspace(), q.ID},
				&Live{"Duo is limiting how often it may be asked for the answer.", until})
		case errors.As(err, &refused) && refused.Status < 500:
			return store.Ending{State: store.Unknown,
				Summary: "Duo does not return the answer. " + ExplainFor(q.Organization, q.Action.API, err).Cause}
		default:
			r.following.tell(runKey{q.Scope.Workspace(), q.ID},
				&Live{"Duo does not answer right now and is asked again.", until})
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}
