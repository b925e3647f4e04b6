package run

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// What Duo answered must reach the record even when the database is away at that
// moment: closing a run is tried until it succeeds or the process has to end.
const (
	closeWait  = 2 * time.Second        // how long the person who asked waits for the record
	closeTry   = 3 * time.Second        // one attempt
	closePause = 100 * time.Millisecond // before the second attempt; doubles
	closeRest  = 5 * time.Second        // the longest pause
)

// finish closes a run with what is known of it. It returns when the run is closed,
// or after closeWait: the caller has Duo's answer and must not wait for the
// database. The closing then goes on in the background. The values of ctx count,
// its deadline does not.
func (r *Runner) finish(ctx context.Context, sc store.Scope, id uuid.UUID, end store.Ending) {
	closed := make(chan struct{})
	r.following.all.Go(ctx, r.Log, "close a run", func() error {
		defer close(closed)
		r.close(ctx, sc, id, end)
		return nil
	})
	select {
	case <-closed:
	case <-time.After(closeWait):
	}
}

// close tries to close a run until that succeeds or the process ends, and reports
// what came of it to Turned. Each attempt is safe to repeat: a run is closed once,
// and one that a lost answer of the database had closed already is found with the
// same outcome. The deadline of ctx does not count.
func (r *Runner) close(ctx context.Context, sc store.Scope, id uuid.UUID, end store.Ending) {
	said := false
	err := r.untilDone(context.WithoutCancel(ctx), func(ctx context.Context) error {
		err := r.closeOnce(ctx, sc, id, end)
		if err != nil && !said {
			said = true
			r.Log.WarnContext(ctx, "run is not closed yet", "run", id, "error", err)
		}
		return err
	})
	if err != nil {
		r.Log.ErrorContext(ctx, "run could not be closed", "run", id, "error", err)
		end.State = Unclosed
	}
	r.turned(end.State)
}

// untilDone carries out a short step in the database again and again until it
// succeeds, finds nothing to do (ErrNotFound), ctx ends, or the process ends.
func (r *Runner) untilDone(ctx context.Context, step func(context.Context) error) error {
	for pause := closePause; ; pause = min(2*pause, closeRest) {
		err := once(ctx, step)
		if err == nil || errors.Is(err, store.ErrNotFound) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		case <-r.grace.Done():
			return err
		}
	}
}

func once(ctx context.Context, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(store.Urgent(ctx), closeTry)
	defer cancel()
	return step(ctx)
}

func (r *Runner) closeOnce(ctx context.Context, sc store.Scope, id uuid.UUID, end store.Ending) error {
	return r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		err := tx.FinishRun(ctx, id, end, r.Now())
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		closed, err := tx.Run(ctx, id)
		switch {
		case err != nil:
			return err
		case closed.State == store.Sending:
			return errors.New("run: the run is open and cannot be closed")
		case closed.State == end.State && closed.Summary == end.Summary && closed.Answer == end.Answer:
			return nil // by an attempt before, whose answer was lost
		}
		return r.appendLate(ctx, tx, closed, end)
	})
}

// cancel closes a run whose start was not confirmed, in case that it was committed
// all the same: it was not sent, and nobody else closes the run of a process that
// lives.
func (r *Runner) cancel(ctx context.Context, sc store.Scope, started store.Run) {
	ctx = context.WithoutCancel(ctx)
	r.following.all.Go(ctx, r.Log, "cancel a run", func() error {
		err := r.untilDone(ctx, func(ctx context.Context) error {
			return r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
				return tx.CancelRun(ctx, started, "Not sent: the database did not confirm the record in time.", r.Now())
			})
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			r.Log.ErrorContext(ctx, "a run that was not sent may be open", "run", started.ID, "error", err)
		}
		return nil
	})
}

// appendLate puts a result on record that came after the run had been closed, as
// a record of its own: a closed run is not rewritten. Repeated, it is written once.
func (r *Runner) appendLate(ctx context.Context, tx *store.Tx, closed store.Run, end store.Ending) error {
	late := store.Record{
		ID: uuid.New(), Event: store.LateResult, Operator: closed.OperatorID, Token: closed.Token,
		AccountID: closed.AccountID, Subject: catalog.Plain(closed.Subject), State: end.State, Summary: end.Summary,
		At:    r.Now(),
		Input: map[string]string{"run_id": closed.ID.String(), "action": closed.Action}, Asked: &closed,
		Answer: end.Answer, Facts: end.Facts,
	}
	if closed.OrganizationID != nil {
		late.Organization = *closed.OrganizationID
	}
	if end.Subject != "" {
		late.Subject = end.Subject
	}
	// Once, also where the answer to a commit was lost; found by what it is about and
	// not by an id, since a program chooses the ids of its runs.
	if before, err := tx.LateResults(ctx, closed.ID); err != nil || len(before) > 0 {
		return err
	}
	return tx.Record(ctx, late)
}
