package plan_test

import (
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/plan"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// TestApproverInFlight: what the approver loses while the plan is at work pauses it before
// the next step.
func TestApproverInFlight(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*desk, store.Operator) (why string){
		"demoted": func(d *desk, who store.Operator) string {
			d.grant(who, store.Grant{Role: "technician", EveryOrganization: true})
			return "requires the Admin"
		},
		"narrowed": func(d *desk, who store.Operator) string {
			d.grant(who, store.Grant{Role: "admin", Organizations: []uuid.UUID{d.Client.ID}})
			return "no longer sees this organization"
		},
		"removed": func(d *desk, who store.Operator) string {
			d.Exec(d.t, `delete from membership where operator_id = $1`, who.ID)
			return "no longer a member"
		},
		"signed out everywhere": func(d *desk, who store.Operator) string {
			d.Exec(d.t, `update operator set epoch = epoch + 1 where id = $1`, who.ID)
			return "signed out everywhere"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.some()
			who := d.Member(t, d.Workspace, catalog.Administrator)
			digest := d.preview()
			if err := d.approveBy(d.ActorOf(who, catalog.Administrator), digest); err != nil {
				t.Fatal(err)
			}
			d.one()
			if r := d.Record(t, d.step("map").ID); r.State != store.Applied || r.OperatorID != who.ID {
				t.Fatalf("%+v", r)
			}
			why := lose(d, who)
			d.advance()
			d.wantState(store.PlanPaused, why)
			if s := d.step("directory/DSAAAAAAAAAAAAAAAAAA"); s.State != store.StepWaiting ||
				d.organization().DirectoryKey != "" {
				t.Errorf("the next step is %s: %s", s.State, s.Summary)
			}
			// Another operator goes on, in their own name.
			if err := d.runner().Continue(t.Context(), d.Scope(), d.Actor(owner), d.plan); err != nil {
				t.Fatal(err)
			}
			d.advance()
			d.wantState(store.PlanDone, "")
			if r := d.Record(t, d.step("directory/DSAAAAAAAAAAAAAAAAAA").ID); r.OperatorID != d.Owner.ID {
				t.Errorf("%+v", r)
			}
		})
	}
}

func (d *desk) grant(who store.Operator, g store.Grant) {
	d.t.Helper()
	err := d.InWorkspace(d.t.Context(), d.Scope(), func(tx *store.Tx) error {
		return tx.ChangeMember(d.t.Context(),
			who.ID, g)
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// TestMappingChangedInFlight: a plan does not act in another account than it was approved
// for, also when the mapping is as it was again.
func TestMappingChangedInFlight(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.some()
	d.save(plan.UsersScreen, []plan.NewUser{{Username: "ada", Invite: plan.InviteNone}})
	d.approve()
	d.one()
	o := d.organization()
	for _, to := range []string{"", o.AccountID} {
		if _, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(owner), d.organization(),
			map[bool]string{true: store.Child}[to != ""], to); err != nil {
			t.Fatal(err)
		}
	}
	ledger := len(d.Sim.Ledger())
	d.advance()
	d.wantState(store.PlanPaused, "The connection has changed")
	if len(d.Sim.Ledger()) != ledger || d.organization().DirectoryKey != "" {
		t.Error("a step went on with another connection")
	}
}

// TestMappedByHandBeforeTheFirstStep: no account is made for an organization that has one by
// then.
func TestMappedByHandBeforeTheFirstStep(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.save(plan.AccountScreen, plan.AccountChoice{How: plan.NewAccount, Name: d.org.Name})
	d.approve()
	_, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(owner), d.organization(), store.Child, d.free.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	ledger := len(d.Sim.Ledger())
	d.advance()
	d.wantState(store.PlanPaused, "The connection has changed")
	if len(d.Sim.Ledger()) != ledger {
		t.Error("an account was made")
	}
}

// TestKeysChangedInFlight: the Accounts API keys that an account was to be made with were
// replaced after the approval.
func TestKeysChangedInFlight(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.save(plan.AccountScreen, plan.AccountChoice{How: plan.NewAccount, Name: d.org.Name})
	d.approve()
	keys, slot := d.Parent.Application(duosim.AccountsAPI), store.OfWorkspace(store.AccountsAPI)
	err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
		version, err := tx.AddCandidate(t.Context(), slot, d.Parent.APIHostname, keys.IntegrationKey,
			secret.Box([]byte(keys.SecretKey)), d.Owner.ID, d.Clock.Now())
		if err != nil {
			return err
		}
		return tx.Activate(t.Context(), slot, version)
	})
	if err != nil {
		t.Fatal(err)
	}
	ledger := len(d.Sim.Ledger())
	d.advance()
	d.wantState(store.PlanPaused, "The connection has changed")
	if len(d.Sim.Ledger()) != ledger {
		t.Error("an account was made")
	}
	if s := d.step("account"); s.State != store.StepWaiting {
		t.Error(s.State, s.Summary)
	}
}
