package plan_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
)

// some fills in what is quick: two steps in the console's tables and the end.
func (d *desk) some() {
	d.t.Helper()
	d.save(plan.AccountScreen, plan.AccountChoice{How: plan.ExistingAccount, AccountID: d.free.AccountID})
	d.save(plan.DirectoriesScreen, []plan.DirectoryChoice{{Name: "AD", Key: "DSAAAAAAAAAAAAAAAAAA"}})
}

func (d *desk) wantState(state, why string) {
	d.t.Helper()
	p, steps := d.now()
	if p.State != state || !strings.Contains(p.PausedWhy, why) {
		d.t.Errorf("%s %q, want %s %q; %v", p.State, p.PausedWhy, state, why, states(steps))
	}
}

// one does one step.
func (d *desk) one() {
	d.t.Helper()
	if err := d.runner().Advance(d.t.Context(), d.Scope(), d.plan, uuid.Nil, 0); err != nil {
		d.t.Fatal(err)
	}
}

// TestStatesOfAPlan goes through what can be done in which state.
func TestStatesOfAPlan(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, sc, actor, r := t.Context(), d.Scope(), d.Actor(owner), d.runner()
	d.some()
	p, _ := d.now()
	settled := func(what string, err error, state string) {
		t.Helper()
		var is *plan.Settled
		if !errors.As(err, &is) || is.State != state {
			t.Errorf("%s: %v, want %s", what, err, state)
		}
	}
	// A draft cannot be approved, continued, paused or finished, and does nothing.
	settled("approve a draft", d.approveBy(actor, make([]byte, 32)), store.PlanDraft)
	settled("continue a draft", r.Continue(ctx, sc, actor, d.plan), store.PlanDraft)
	settled("pause a draft", r.Pause(ctx, sc, actor, d.plan), store.PlanDraft)
	settled("finish a draft", r.Finish(ctx, sc, actor, d.plan), store.PlanDraft)
	d.one()
	d.wantState(store.PlanDraft, "")

	// Edited after the preview, the approval of what was shown counts for nothing.
	digest := d.preview()
	d.save(plan.UsersScreen, []plan.NewUser{{Username: "ada", Invite: plan.InviteNone}})
	settled("approve what was edited", d.approveBy(actor, digest), store.PlanDraft)
	// The other operator's form is older than the draft.
	var stale *plan.Stale
	err := r.Save(ctx, sc, actor, catalog.Technician, d.plan, p.Revision, plan.AuthScreen,
		plan.AuthChoice{Provision: true})
	if !errors.As(err, &stale) || len(stale.Changes) != 1 || stale.Changes[0].Screen != plan.UsersScreen ||
		stale.Changes[0].By != d.Owner.Email {
		t.Errorf("%v %+v", err, stale)
	}
	// The same form sent twice is no clash.
	if err := r.Save(ctx, sc, actor, catalog.Technician, d.plan, p.Revision, plan.UsersScreen,
		[]plan.NewUser{{Username: "ada", Invite: plan.InviteNone}}); err != nil {
		t.Error(err)
	}

	// Approved twice, with one digest: once. With another: not at all.
	digest = d.preview()
	for range 2 {
		if err := d.approveBy(actor, digest); err != nil {
			t.Fatal(err)
		}
	}
	settled("approve other steps", d.approveBy(actor, make([]byte, 32)), store.PlanApproved)
	if n := d.events(store.ApprovedPlan); n != 1 {
		t.Errorf("%d approvals are on record", n)
	}
	p, _ = d.now()
	settled("edit what was approved", r.Save(ctx, sc, actor, catalog.Technician, d.plan, p.Revision, plan.AuthScreen,
		plan.AuthChoice{}), store.PlanApproved)
	settled("preview what was approved", r.Preview(ctx, sc, actor, d.plan, p.Revision), store.PlanApproved)

	// Paused by hand, it stays; continued, it goes on; canceled, it ends where it is.
	d.one()
	if err := r.Pause(ctx, sc, actor, d.plan); err != nil {
		t.Fatal(err)
	}
	d.advance()
	d.wantState(store.PlanPaused, "by an operator")
	if err := r.Continue(ctx, sc, actor, d.plan); err != nil {
		t.Fatal(err)
	}
	d.one()
	before := states(d.steps())
	for range 2 {
		if err := r.Cancel(ctx, sc, actor, d.plan); err != nil {
			t.Fatal(err)
		}
	}
	d.advance()
	d.wantState(store.PlanCanceled, "")
	if after := states(d.steps()); after["user/ada"] != before["user/ada"] || after["end"] != store.StepWaiting {
		t.Errorf("%v went on to %v", before, after)
	}
	if d.organization().Onboarding {
		t.Error("the organization is being onboarded after that")
	}
	// Another one begins from nothing: no run of the first is taken for one of its own.
	first := d.plan
	if err := d.Setup().OnboardAgain(ctx, sc, actor, d.organization()); err != nil {
		t.Fatal(err)
	}
	again, _, err := r.Latest(ctx, sc, d.org.ID, plan.OnboardingKind)
	if err != nil || again.ID == first || again.State != store.PlanDraft || !d.organization().Onboarding {
		t.Errorf("%+v %v", again, err)
	}
	settled("continue what was canceled", r.Continue(ctx, sc, actor, d.plan), store.PlanCanceled)
	for event, want := range map[store.Event]int{store.PausedPlan: 1, store.ContinuedPlan: 1, store.CanceledPlan: 1,
		store.FinishedPlan: 0} {
		if n := d.events(event); n != want {
			t.Errorf("%s: %d on record, want %d", event.Title, n, want)
		}
	}
}

func (d *desk) steps() []store.PlanStep {
	_, steps := d.now()
	return steps
}

// events counts the records of an event.
func (d *desk) events(e store.Event) (n int) {
	d.t.Helper()
	err := d.InWorkspace(d.t.Context(), d.Scope(), func(tx *store.Tx) error {
		all, _, err := tx.FindRuns(d.t.Context(), store.RunFilter{}, nil, 1000)
		for _, r := range all {
			if r.Action == e.Slug {
				n++
			}
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// TestWhatDiffersIsShownAgain: what changed in Duo after the preview is no part of its
// approval.
func TestWhatDiffersIsShownAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.save(plan.AccountScreen, plan.AccountChoice{How: plan.NewAccount, Name: d.org.Name})
	digest := d.preview()
	d.Sim.AddChild(d.Parent.AccountID, d.org.Name)
	var differs *plan.Differs
	err := d.approveBy(d.Actor(owner), digest)
	if !errors.As(err, &differs) || len(differs.New) != 1 || !strings.Contains(differs.New[0].Warning,
		"already") || len(differs.Gone) != 1 {
		t.Fatalf("%v %+v", err, differs)
	}
	d.wantState(store.PlanPreviewed, "")
	if d.advance(); d.organization().Mapped() {
		t.Error("it went on")
	}
	p, _ := d.now()
	if err := d.approveBy(d.Actor(owner), p.Digest); err != nil {
		t.Error("what was shown again: ", err)
	}
}

// TestApprovalTakesTheRoleOfEachStep: the role and the scope of the approver.
func TestApprovalTakesTheRoleOfEachStep(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.some()
	narrow := store.Within(d.Workspace.ID, d.org.ID)
	for _, c := range []struct {
		who   store.Operator
		sc    store.Scope
		whole bool
	}{
		{d.Member(t, d.Workspace, catalog.Technician), d.Scope(), false},
		{d.Member(t, d.Workspace, catalog.Administrator, d.org.ID), narrow, true},
	} {
		for _, claimed := range []catalog.Role{catalog.Technician, catalog.Administrator, catalog.Owner} {
			actor := d.ActorOf(c.who, claimed)
			p, _ := d.now()
			if err := d.runner().Preview(t.Context(), c.sc, d.Actor(owner), d.plan, p.Revision); err != nil {
				t.Fatal(err)
			}
			p, _ = d.now()
			err := d.approveIn(c.sc, actor, p.Digest)
			lacks, is := errors.AsType[*plan.Lacks](err)
			if !is || !errors.Is(err, run.ErrForbidden) || lacks.Whole != c.whole ||
				lacks.Role != catalog.Administrator || len(lacks.Steps) == 0 {
				t.Errorf("%s as %s: %v %+v", c.who.Email, claimed, err, lacks)
			}
		}
	}
	d.wantState(store.PlanPreviewed, "")
}

// TestUnknownIsLookedForAgain: continued, a plan looks for what became of a step whose
// outcome is unknown, by its run and in Duo, and sends nothing.
func TestUnknownIsLookedForAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.some()
	d.save(plan.UsersScreen, []plan.NewUser{{Username: "ada", Invite: plan.InviteNone}})
	d.approve()
	d.one()
	d.one()
	d.one() // the account, the directory, the user
	made := d.step("user/ada")
	if made.State != store.StepVerified {
		t.Fatal(made.State, made.Summary)
	}
	d.Exec(t, `update plan_step set state = 'unknown', facts = '{}' where id = $1`, made.ID)
	d.Exec(t, `update plan set state = 'paused' where id = $1`, d.plan)
	ledger := len(d.Sim.Ledger())
	if err := d.runner().Continue(t.Context(), d.Scope(), d.Actor(owner), d.plan); err != nil {
		t.Fatal(err)
	}
	d.advance()
	d.wantState(store.PlanDone, "")
	if again := d.step("user/ada"); again.State != store.StepVerified || again.Attempt != 1 ||
		len(d.Sim.Ledger()) != ledger {
		t.Errorf("%+v; %d effects more", again, len(d.Sim.Ledger())-ledger)
	}
}

// TestPlansEnd: after thirty days nothing is approved or done of a plan. A draft is deleted.
func TestPlansEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.some()
	digest := d.preview()
	d.Clock.Move(store.PlanLife + time.Minute)
	ctx, sc, actor, r := t.Context(), d.Scope(), d.Actor(owner), d.runner()
	p, _ := d.now()
	for what, err := range map[string]error{
		"approve": d.approveBy(actor, digest),
		"preview": r.Preview(ctx, sc, actor, d.plan, p.Revision),
		"save": r.Save(ctx, sc, actor, catalog.Technician, d.plan, p.Revision, plan.AuthScreen,
			plan.AuthChoice{Provision: true}),
	} {
		if settled, is := errors.AsType[*plan.Settled](err); !is || settled.State != plan.Expired {
			t.Errorf("%s: %v", what, err)
		}
	}
	old, was := d.plan, d.org
	d.begin("Cedar Homes")
	d.approve()
	d.Clock.Move(store.PlanLife + time.Minute)
	// The sweep deletes it, and the organization waits for no onboarding any more.
	d.Process(t, run.Config{Heartbeat: quick}).Watch(d.Workspace.ID)
	d.eventually("the old draft is deleted", func() bool {
		_, _, err := r.Of(ctx, sc, old)
		return errors.Is(err, store.ErrNotFound)
	})
	if o, err := d.Runner.Organization(ctx, sc, was.ID); err != nil || o.Onboarding || !d.organization().Onboarding {
		t.Errorf("%+v (%v)", o, err)
	}
	// One at work stays, and pauses.
	d.one()
	d.wantState(store.PlanPaused, "30 days")
}
