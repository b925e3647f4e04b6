package plan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
)

// TestFormOfADeletedPlan: a form is sent again after the plan that it began was deleted. With
// other input its id is refused: the run of then would be taken for the step's. With the same
// input nothing is done a second time.
func TestFormOfADeletedPlan(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	key := d.Sim.AddDirectory(d.Account.AccountID, duosim.DirectorySpec{Name: "AD"})
	other := d.Sim.AddDirectory(d.Account.AccountID, duosim.DirectorySpec{Name: "Other"})
	for _, k := range []string{key, other} {
		d.Sim.ChangeDirectory(d.Account.AccountID, k, duosim.Person{Username: "ada"})
	}
	d.plan = uuid.New()
	choice := plan.SynchronizeChoice{DirectoryKey: key, Usernames: []string{"ada"}, Connection: d.Client.Connection(),
		Ticket: "INC-1"}
	send := func(choice plan.SynchronizeChoice) error {
		return d.runner().Synchronize(t.Context(), d.Scope(), d.Actor(owner), d.Client.ID, d.plan, choice)
	}
	finish := func() {
		t.Helper()
		p, _ := d.now()
		if err := d.approveBy(d.Actor(owner), p.Digest); err != nil {
			t.Fatal(err)
		}
		d.advance()
		d.wantState(store.PlanDone, "")
	}
	if err := send(choice); err != nil {
		t.Fatal(err)
	}
	finish()
	if s := d.step("user/ada"); s.State != store.StepDone {
		t.Fatal(s.State, s.Summary)
	}
	effects := len(d.Sim.Ledger())
	d.Clock.Move(store.PlanLife + time.Minute)
	if err := d.InWorkspace(t.Context(), d.Scope(),
		func(tx *store.Tx) error { return tx.DropOldPlans(t.Context(), d.Clock.Now()) }); err != nil {
		t.Fatal(err)
	}

	elsewhere := choice
	elsewhere.DirectoryKey = other
	if err := send(elsewhere); !errors.Is(err, run.ErrOtherInput) {
		t.Errorf("another directory: %v", err)
	}
	again := choice
	again.Ticket = "INC-2" // which changes nothing of what is done
	if err := send(again); err != nil {
		t.Fatal(err)
	}
	finish()
	if s := d.step("user/ada"); s.State != store.StepDone || len(d.Sim.Ledger()) != effects ||
		d.Record(t, s.ID).Action != catalog.SynchronizeUser {
		t.Errorf("%s: %s; %d effects more", s.State, s.Summary, len(d.Sim.Ledger())-effects)
	}
}

// TestFormOfADeletedPlanOfRetries: the first attempt of a step was not sent, and left no run; the second was. A form
// with other input is refused for it as for a first attempt: a retry would take its run for the step's.
func TestFormOfADeletedPlanOfRetries(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var keys [2]string
	for i, name := range []string{"AD", "Other"} {
		keys[i] = d.Sim.AddDirectory(d.Account.AccountID, duosim.DirectorySpec{Name: name})
		d.Sim.ChangeDirectory(d.Account.AccountID, keys[i], duosim.Person{Username: "ada"})
	}
	d.plan = uuid.New()
	send := func(key string) error {
		return d.runner().Synchronize(t.Context(), d.Scope(), d.Actor(owner), d.Client.ID, d.plan,
			plan.SynchronizeChoice{DirectoryKey: key, Usernames: []string{"ada"}, Connection: d.Client.Connection()})
	}
	if err := send(keys[0]); err != nil {
		t.Fatal(err)
	}
	p, _ := d.now()
	if err := d.approveBy(d.Actor(owner), p.Digest); err != nil {
		t.Fatal(err)
	}
	d.Exec(t, `update workspace set tickets = $2 where id = $1`, d.Workspace.ID, []string{catalog.SynchronizeUser})
	d.advance()
	first := d.step("user/ada")
	if first.State != store.StepRefused || first.Recorded {
		t.Fatalf("%s, recorded: %v: %s", first.State, first.Recorded, first.Summary)
	}
	d.Exec(t, `update workspace set tickets = '{}' where id = $1`, d.Workspace.ID)
	if err := d.runner().Continue(t.Context(), d.Scope(), d.Actor(owner), d.plan, first.ID); err != nil {
		t.Fatal(err)
	}
	d.advance()
	if s := d.step("user/ada"); s.State != store.StepDone || !s.Recorded {
		t.Fatalf("%s, recorded: %v: %s", s.State, s.Recorded, s.Summary)
	}
	d.Clock.Move(store.PlanLife + time.Minute)
	if err := d.InWorkspace(t.Context(), d.Scope(),
		func(tx *store.Tx) error { return tx.DropOldPlans(t.Context(), d.Clock.Now()) }); err != nil {
		t.Fatal(err)
	}
	if err := send(keys[1]); !errors.Is(err, run.ErrOtherInput) {
		t.Errorf("another directory: %v", err)
	}
	if err := send(keys[0]); err != nil {
		t.Fatal(err)
	}
}
