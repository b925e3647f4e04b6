package run_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// A request that was let in while its operator was an administrator, and writes
// after a demotion was committed, is refused whatever it wants to change.
func TestDemotionWinsOverRequestsInFlight(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	d.Sim.AddChild(d.Parent.AccountID, "Unmapped")
	ctx := t.Context()
	changes := func(actor run.Actor) map[string]error {
		all := map[string]error{}
		q := d.Request(t, catalog.Administrator, "update-user", form{"user_id": user, "realname": "x"})
		q.Actor = actor
		done, err := d.Runner.Do(ctx, q)
		if all["Do"] = err; done.Run.ID != uuid.Nil || done.Run.State != "" {
			t.Errorf("a run that was not recorded is told of: %+v", done.Run)
		}
		all["UseAnyway"] = d.Runner.UseAnyway(ctx, d.Scope(), actor, store.AdminAPI)
		all["Discard"] = d.Runner.Discard(ctx, d.Scope(), actor, store.AdminAPI)
		all["Check"] = d.Runner.Check(ctx, d.Scope(), actor, store.AdminAPI)
		_, all["RefreshAccounts"] = d.Runner.RefreshAccounts(ctx, d.Scope(), actor)
		all["AdoptAccounts"] = d.Runner.AdoptAccounts(ctx, d.Scope(), actor)
		_, _, all["CreateOrganization"] = d.Runner.CreateOrganization(ctx, d.Scope(), actor, "New", run.MappingRow{})
		_, all["SaveMapping"] = d.Runner.SaveMapping(ctx, d.Scope(), actor, []run.MappingRow{{Organization: d.Client.ID}})
		_, _, all["SaveIntegration"] = d.Runner.SaveIntegration(ctx, d.Scope(), actor, d.NineFields())
		_, _, all["SaveIntegration, with faults"] = d.Runner.SaveIntegration(ctx, d.Scope(), actor, map[string]string{})
		return all
	}
	for what, c := range map[string]struct {
		change string
		want   error
	}{
		"demoted":  {`update membership set role = 'auditor' where operator_id = $1`, run.ErrForbidden},
		"disabled": {`update membership set disabled_at = now() where operator_id = $1`, store.ErrNotFound},
		"limited":  {`update membership set every_organization = false where operator_id = $1`, store.ErrNotFound},
		"ended":    {`delete from membership where operator_id = $1`, store.ErrNotFound},
	} {
		admin := d.Member(t, d.Workspace, catalog.Administrator)
		d.Exec(t, c.change, admin.ID)
		before, calls := runs(t, d), len(d.Sim.Ledger())
		for name, err := range changes(run.Actor{Operator: admin.ID, Role: catalog.Administrator}) {
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %s says %v, want %v", what, name, err, c.want)
			}
		}
		if n := runs(t, d); n != before || len(d.Sim.Ledger()) != calls {
			t.Errorf("%s: %d runs were recorded, Duo has changed: %v", what, n-before, d.Sim.Ledger()[calls:])
		}
	}
	if len(organizations(t, d)) != 1 {
		t.Error("organizations were made")
	}
}

// An organization that was taken off a member's list is out of reach for a form
// that was already on its way.
func TestOrganizationTakenAwayInFlight(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	tech := d.Member(t, d.Workspace, catalog.Technician, d.Client.ID)
	q := d.Request(t, catalog.Technician, "update-user", form{"user_id": user, "realname": "x"})
	q.Actor, q.Scope = run.Actor{Operator: tech.ID, Role: catalog.Technician}, store.Within(d.Workspace.ID, d.Client.ID)
	if _, err := d.Runner.Do(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	d.Exec(t, `delete from membership_organization where operator_id = $1`, tech.ID)
	q.ID = uuid.New()
	if _, err := d.Runner.Do(t.Context(), q); !errors.Is(err, store.ErrNotFound) || len(d.Sim.Ledger()) != 1 {
		t.Errorf("%v; Duo has %v", err, d.Sim.Ledger())
	}
}
