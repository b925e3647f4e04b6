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
		if err := d.runner().Approve(t.Context(), d.Scope(), d.Actor(owner), d.plan, p.Digest); err != nil {
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
