package plan_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
)

// quick is the rhythm of processes that die here.
const quick = 100 * time.Millisecond

// dieAt goes on with the plan in a process that dies at a point of a step: before the act,
// after it and before that is stored, or after it is stored.
func (d *desk) dieAt(key, at string) {
	d.t.Helper()
	victim := d.Process(d.t, run.Config{Heartbeat: quick})
	process, err := victim.Process()
	if err != nil {
		d.t.Fatal(err)
	}
	died := false
	err = plan.New(victim).Dying(func(point string, s store.PlanStep) bool {
		died = died || point == at && s.Key == key
		return died
	}).Advance(d.t.Context(), d.Scope(), d.plan, uuid.Nil, time.Minute)
	if !died || err == nil {
		d.t.Fatalf("%s of %s: the process went on (%v)", at, key, err)
	}
	d.Exec(d.t, `update process set gone_at = clock_timestamp() where id = $1`, process)
	victim.Stop()
	victim.Wait(context.Background())
}

// TestKilledAtEveryStep kills a process before, after and behind the act of each step of a
// whole onboarding; each time another one goes on. In the end there is one of everything.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fill()
	d.approve()
	_, steps := d.now()
	if len(steps) < 11 {
		t.Fatal("only ", len(steps), " steps")
	}
	for _, s := range steps {
		for _, at := range []string{"claimed", "acted", "kept"} {
			d.dieAt(s.Key, at)
		}
	}
	d.advance()
	if p, _ := d.now(); p.State != store.PlanDone {
		t.Errorf("%s %q %v", p.State, p.PausedWhy, states(steps))
	}
	d.exactlyOnce()
}

// eventually waits until something is so.
func (d *desk) eventually(what string, is func() bool) {
	d.t.Helper()
	for until := time.Now().Add(30 * time.Second); !is(); {
		if time.Now().After(until) {
			d.t.Fatal("it never came to be: ", what)
		}
	}
}

// TestEveryAnswerIsLost loses Duo's answer to each write of an onboarding: what was made is
// found, nothing is sent twice, and of what was sent to a person the outcome is unknown.
func TestEveryAnswerIsLost(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fill()
	d.approve()
	r := plan.New(d.Process(t, run.Config{Heartbeat: quick}))
	for range 60 {
		p, steps := d.now()
		if p.State != store.PlanApproved && p.State != store.PlanRunning {
			break
		}
		d.loseAnswer()
		if err := r.Advance(t.Context(), d.Scope(), d.plan, uuid.Nil, 0); err != nil {
			t.Fatal(err)
		}
		for _, s := range steps {
			s := d.step(s.Key)
			if s.State != store.StepWorking || s.RunID == nil {
				continue
			}
			d.Exec(t, `update run set deadline_at = clock_timestamp() where id = $1`, *s.RunID)
			d.eventually(s.Key+" is closed", func() bool { return d.Record(t, *s.RunID).State != store.Sending })
		}
	}
	p, steps := d.now()
	if p.State != store.PlanPaused {
		t.Errorf("%s %q %v", p.State, p.PausedWhy, states(steps))
	}
	for key, state := range states(steps) {
		switch want := map[string]string{"invite/ada": store.StepUnknown, "invite/grace": store.StepUnknown,
			"auth":       store.StepUnknown,
			"auth-check": store.StepWaiting, "end": store.StepWaiting}[key]; {
		case want == "" && state != store.StepVerified, want != "" && state != want:
			t.Errorf("%s is %s: %s", key, state, d.step(key).Summary)
		}
		if may := plan.MayRetry(d.step(key)); may != (key == "auth") {
			t.Errorf("%s may be tried again: %v", key, may)
		}
	}
	d.lose(duosim.Fault{})
	// The application that was made is found; what was sent is not sent again.
	if err := r.Continue(t.Context(), d.Scope(), d.Actor(owner), d.plan, d.step("auth").ID,
		d.step("invite/ada").ID); err != nil {
		t.Fatal(err)
	}
	d.advance()
	if err := r.Finish(t.Context(), d.Scope(), d.Actor(owner), d.plan); err != nil {
		t.Fatal(err)
	}
	d.advance()
	if p, steps := d.now(); p.State != store.PlanDone {
		t.Errorf("%s %q %v", p.State, p.PausedWhy, states(steps))
	}
	d.exactlyOnce()
}

// loseAnswer loses the answer to the next write, in whichever account.
func (d *desk) loseAnswer() {
	d.lose(duosim.Fault{Kind: duosim.AnswerLost, WritesOnly: true, Times: 1})
}

func (d *desk) lose(f duosim.Fault) {
	if o := d.organization(); o.Mapped() {
		d.Sim.SetFault(d.Parent.APIHostname, duosim.Fault{})
		d.Sim.SetFault(o.AccountID, f)
		return
	}
	d.Sim.SetFault(d.Parent.APIHostname, f)
}

// TestTwoProcessesAtOnce: several go on with one plan at the same time, and each step is
// done once.
func TestTwoProcessesAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fill()
	d.approve()
	done := make(chan error)
	for range 4 {
		r := plan.New(d.Process(t, run.Config{}))
		go func() {
			for {
				p, _, err := r.Of(context.Background(), d.Scope(), d.plan)
				if err == nil {
					err = r.Advance(context.Background(), d.Scope(), d.plan, uuid.Nil, 10*time.Millisecond)
				}
				if err != nil || p.State != store.PlanApproved && p.State != store.PlanRunning {
					done <- err
					return
				}
			}
		}()
	}
	var all error
	for range 4 {
		all = errors.Join(all, <-done)
	}
	if p, steps := d.now(); all != nil || p.State != store.PlanDone {
		t.Errorf("%v: %s %q %v", all, p.State, p.PausedWhy, states(steps))
	}
	d.exactlyOnce()
}
