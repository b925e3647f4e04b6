package plan

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// result is what came of a step.
type result struct {
	state string // of the step
	Done
	pause string // why the plan cannot go on; the step is done later
}

// work brings a step in hand to its end, or as far as is known, and stores that. more
// says that the next one can be begun.
func (r *Runner) work(ctx context.Context, sc store.Scope, j *job) (more bool, err error) {
	got, failure := r.execute(ctx, j)
	if r.dies("acted", j.step) {
		return false, errDied
	}
	err = r.keep(ctx, sc, j, got)
	if r.dies("kept", j.step) {
		return false, errDied
	}
	return got.pause == "" && got.state != store.StepWorking && got.state != store.StepWaiting,
		errors.Join(failure, err)
}

// execute does the act of a step once, and reads back what became of it. Where an attempt
// is on record, as after a process died, nothing is sent.
func (r *Runner) execute(ctx context.Context, j *job) (result, error) {
	var done Done
	earlier, err := r.recorded(ctx, j)
	switch {
	case err == nil:
		done = doneOf(earlier)
	case errors.Is(err, store.ErrNotFound):
		done, err = j.act.Do(ctx, r.Runner, j.work)
	}
	if already, is := errors.AsType[*run.AlreadyRun](err); is {
		done, err = doneOf(already.Run), nil
	}
	if err != nil {
		return r.notDone(j, err)
	}
	switch done.State {
	case store.Sending: // its outcome is looked for
		return result{state: store.StepWorking, Done: done}, nil
	case store.Refused:
		return result{state: store.StepRefused, Done: done}, nil
	}
	return r.check(ctx, j, done), nil
}

// recorded is the run of a step's attempt, if there is one.
func (r *Runner) recorded(ctx context.Context, j *job) (found store.Run, err error) {
	err = r.Store.InWorkspace(ctx, j.work.Scope, func(tx *store.Tx) (err error) {
		found, err = tx.Run(ctx, j.work.Run)
		return err
	})
	return found, err
}

func doneOf(earlier store.Run) Done {
	return Done{State: earlier.State, Summary: earlier.Summary, Facts: earlier.Facts, Before: earlier.Before}
}

// notDone is for a step of which nothing was sent.
func (r *Runner) notDone(j *job, err error) (result, error) {
	refusal, refused := errors.AsType[*Refusal](err)
	changed, other := errors.AsType[*run.ConnectionChanged](err)
	_, trouble := store.TroubleOf(err)
	var held *run.HeldBack
	var fault *catalog.FieldError
	switch {
	case errors.As(err, &held):
		return result{state: store.StepRefused, Done: Done{Summary: heldText(held)}}, nil
	case errors.As(err, &fault):
		return result{state: store.StepRefused, Done: Done{Summary: "Not sent: " + fault.Shown()}}, nil
	case refused:
		return result{state: store.StepRefused, Done: Done{Summary: refusal.Summary}}, nil
	case other:
		return result{state: store.StepWaiting,
			pause: "The connection has changed since the plan was approved. It is " +
				changed.Now + " now."}, nil
	case errors.Is(err, run.ErrForbidden), errors.Is(err, store.ErrEnded), errors.Is(err, store.ErrNotFound):
		return result{state: store.StepWaiting,
			pause: "The role or the organizations of the person who approved this " +
				"have changed, or the organization is archived."}, nil
	case trouble, errors.Is(err, run.ErrSilent), errors.As(err, new(*run.NotSent)), errors.Is(err, context.Canceled),
		errors.Is(err, context.DeadlineExceeded):
		return result{state: store.StepWaiting}, err
	}
	api := catalog.Admin
	if action, is := catalog.Lookup(j.step.Act); is {
		api = action.API
	}
	why := run.ExplainFor(j.work.Organization, api, err)
	return result{state: store.StepRefused, Done: Done{Summary: "Not done. " + cmp.Or(why.Cause,
		"It was held back.")}}, nil
}

// heldText says why a report of fraud holds a step back, and what next.
func heldText(held *run.HeldBack) string {
	text := "Not sent. Held back: " + catalog.Plain(held.Fraud.Username) + " reported a push as fraud."
	switch {
	case held.NeedsReason:
		return text + " Send the form for this user with a reason."
	case len(held.Ask) > 0:
		return text + " Ask " + strings.Join(held.Ask, ", ") + "."
	}
	return text
}

// check reads back what was done, or may have been.
func (r *Runner) check(ctx context.Context, j *job, done Done) result {
	got := result{state: store.StepDone, Done: done}
	seen, err := Seen{Finding: catalog.Unclear}, error(nil)
	if j.act.Check != nil {
		seen, err = j.act.Check(ctx, r.Runner, j.work, done)
	}
	if len(seen.Facts) > 0 {
		got.Facts = seen.Facts
	}
	switch {
	case seen.Finding == catalog.Made && err == nil:
		got.state = store.StepVerified
	case done.State == store.Unknown:
		got.state = store.StepUnknown
	case seen.Finding == catalog.NotMade && err == nil:
		got.state, got.Summary = store.StepAbsent, got.Summary+" Read back, it is not so: "+seen.Words
	case err != nil:
		got.Summary += " It could not be read back."
	}
	return got
}

// keep stores what came of a step, unless another process did, which took it over.
func (r *Runner) keep(ctx context.Context, sc store.Scope, j *job, got result) error {
	return r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		p, err := tx.LockPlan(ctx, j.step.PlanID)
		if err != nil {
			return err
		}
		steps, err := tx.PlanSteps(ctx, p.ID)
		if err != nil {
			return err
		}
		for _, s := range steps {
			if s.ID != j.step.ID || s.State != store.StepWorking || s.RunID == nil || *s.RunID != j.work.Run ||
				s.Worker == nil || *s.Worker != j.by {
				continue
			}
			s.State, s.Facts, s.Summary = got.state, got.Facts, catalog.Sentences(got.Summary)
			if err := tx.SaveStep(ctx, s); err != nil {
				return err
			}
		}
		if p.State != store.PlanRunning {
			return nil
		}
		return r.pauseIf(ctx, tx, p, got.pause)
	})
}
