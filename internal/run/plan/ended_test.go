package plan_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
)

// TestFinishWaitsForAStepInProgress: a step that a process began, and left when it died, may
// be done. The plan is not finished around it.
func TestFinishWaitsForAStepInProgress(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"claimed", "acted"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.some()
			d.approve()
			d.dieAt("map", at)
			ctx, sc, actor, r := t.Context(), d.Scope(), d.Actor(owner), d.runner()
			if err := r.Pause(ctx, sc, actor, d.plan); err != nil {
				t.Fatal(err)
			}
			if err := r.Finish(ctx, sc, actor, d.plan); !errors.Is(err, plan.ErrWorking) {
				t.Errorf("finished while a step is in progress: %v", err)
			}
			d.wantState(store.PlanPaused, "by an operator")
			if s := d.step("map"); s.State != store.StepWorking {
				t.Errorf("%+v", s)
			}
			// Continued until it has ended, the plan can be finished.
			if err := r.Continue(ctx, sc, actor, d.plan); err != nil {
				t.Fatal(err)
			}
			d.one()
			if err := errors.Join(r.Pause(ctx, sc, actor, d.plan), r.Finish(ctx, sc, actor, d.plan)); err != nil {
				t.Fatal(err)
			}
			d.advance()
			d.wantState(store.PlanDone, "")
			if s := states(d.steps()); s["map"] != store.StepVerified ||
				s["directory/DSAAAAAAAAAAAAAAAAAA"] != store.StepSkipped {
				t.Error(s)
			}
		})
	}
}

// TestArchivedAfterTheRun: what was recorded before an organization was archived may be done.
// What was not begun is not.
func TestArchivedAfterTheRun(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{"claimed": store.StepRefused, "acted": store.StepUnknown} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			all := d.keyed("One", "Two")
			d.plan = uuid.New()
			if err := d.runner().CheckKeys(t.Context(), d.Scope(), d.Actor(owner), d.plan, idsOf(all)); err != nil {
				t.Fatal(err)
			}
			d.dieAt("keys/"+all[0].ID.String(), at)
			if bad, err := d.Setup().Archive(t.Context(), d.Scope(), d.Actor(owner), all[0], all[0].Name); err != nil ||
				len(bad) > 0 {
				t.Fatal(bad, err)
			}
			d.advance()
			d.advance()
			d.wantState(store.PlanDone, "")
			steps := d.steps()
			if steps[0].State != want || !strings.Contains(steps[0].Summary, "archived") ||
				steps[1].State != store.StepVerified {
				t.Errorf("%s: %s, then %s", steps[0].State, steps[0].Summary, steps[1].State)
			}
		})
	}
}

// TestResultOfATakenClaim: a process was taken for dead while it worked at a step, and another
// took the step over. What the first found is not kept: the step is the other's.
func TestResultOfATakenClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.some()
	d.approve()
	slow, other := d.Process(t, run.Config{}), d.Process(t, run.Config{})
	process := func(r *run.Runner) uuid.UUID {
		id, err := r.Process()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first, second := process(slow), process(other)
	took, release, done := make(chan bool), make(chan bool), make(chan error, 1)
	takeOver := func() {
		d.Exec(t, `update process set gone_at = clock_timestamp() where id = $1`, first)
		go func() {
			done <- plan.New(other).Dying(func(at string, _ store.PlanStep) bool {
				if at == "claimed" {
					took <- true
					<-release
				}
				return false
			}).Advance(t.Context(), d.Scope(), d.plan, uuid.Nil, 0)
		}()
		select {
		case <-took:
		case err := <-done:
			t.Fatal("the other process did not take the step over: ", err)
		}
	}
	err := plan.New(slow).Dying(func(at string, _ store.PlanStep) bool {
		if at == "acted" {
			takeOver()
		}
		return false
	}).Advance(t.Context(), d.Scope(), d.plan, uuid.Nil, 0)
	if err != nil {
		t.Error(err)
	}
	if s := d.step("map"); s.State != store.StepWorking || s.Worker == nil || *s.Worker != second || !s.Held {
		t.Errorf("the step of the other process is %+v", s)
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if s := d.step("map"); s.State != store.StepVerified || s.Attempt != 1 {
		t.Errorf("%+v", s)
	}
}

// TestCanceledAfterAnotherBegan: the page of an old draft is open while another onboarding begins. Canceled there, the
// old one ends, and the organization is onboarded by the other.
func TestCanceledAfterAnotherBegan(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Clock.Move(store.PlanLife + time.Minute)
	if err := d.Setup().OnboardAgain(t.Context(), d.Scope(), d.Actor(owner), d.organization()); err != nil {
		t.Fatal(err)
	}
	if err := d.runner().Cancel(t.Context(), d.Scope(), d.Actor(owner), d.plan); err != nil {
		t.Fatal(err)
	}
	if p, _ := d.now(); p.State != store.PlanCanceled || !d.organization().Onboarding {
		t.Errorf("%s; being onboarded: %t", p.State, d.organization().Onboarding)
	}
	other, _, err := d.runner().Latest(t.Context(), d.Scope(), d.org.ID, plan.OnboardingKind)
	if err == nil {
		err = d.runner().Cancel(t.Context(), d.Scope(), d.Actor(owner), other.ID)
	}
	if err != nil || d.organization().Onboarding {
		t.Errorf("%v; being onboarded: %t", err, d.organization().Onboarding)
	}
}
