package plan_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
)

// keyed adds organizations with Auth API keys of their own.
func (d *desk) keyed(names ...string) (all []store.Organization) {
	d.t.Helper()
	for _, name := range names {
		o := d.Map(d.t, name, d.Sim.AddChild(d.Parent.AccountID, name))
		if _, err := d.Setup().ProvisionAuth(d.t.Context(), d.Scope(), d.Actor(owner), o, uuid.New()); err != nil {
			d.t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

func idsOf(all []store.Organization) (ids []uuid.UUID) {
	for _, o := range all {
		ids = append(ids, o.ID)
	}
	return ids
}

// TestCheckKeysInLanes: several processes at several organizations at once check each once,
// and the plan is done, whatever failed.
func TestCheckKeysInLanes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	all := d.keyed("One", "Two", "Three", "Four", "Five")
	d.Sim.SetFault(all[2].AccountID, duosim.Fault{Kind: duosim.Revoked})
	d.plan = uuid.New()
	for range 2 { // the form, sent twice
		if err := d.runner().CheckKeys(t.Context(), d.Scope(), d.Actor(owner), d.plan, idsOf(all)); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.runner().CheckKeys(t.Context(), d.Scope(), d.Actor(owner), d.plan, idsOf(all[:2])); !errors.Is(err,
		run.ErrOtherInput) {
		t.Error("the same id with other organizations: ", err)
	}
	before := map[uuid.UUID]int{}
	for _, o := range all {
		before[o.ID] = d.Sim.Calls(o.AccountID)
	}
	var lanes sync.WaitGroup
	for range 2 {
		for _, o := range all {
			lanes.Go(func() {
				if err := d.runner().Advance(t.Context(), d.Scope(), d.plan, o.ID, time.Minute); err != nil {
					t.Error(err)
				}
			})
		}
	}
	lanes.Wait()
	d.advance()
	d.wantState(store.PlanDone, "")
	for i, s := range d.steps() {
		want := store.StepVerified
		if i == 2 {
			want = store.StepRefused
		}
		if s.State != want || s.OrganizationID != all[i].ID || !s.Recorded {
			t.Errorf("%s: %+v", all[i].Name, s)
		}
	}
	for _, o := range all[:2] {
		if n := d.Sim.Calls(o.AccountID) - before[o.ID]; n != 1 { // a ping has no signature, and is not counted
			t.Errorf("%s was called %d times", o.Name, n)
		}
	}
	// What failed is tried again, although the plan is over; what worked is not.
	d.Sim.SetFault(all[2].AccountID, duosim.Fault{})
	d.Clock.Move(2 * time.Hour)
	var retry []uuid.UUID
	for _, s := range d.steps() {
		retry = append(retry, s.ID)
	}
	if err := d.runner().Continue(t.Context(), d.Scope(), d.Actor(owner), d.plan, retry...); err != nil {
		t.Fatal(err)
	}
	d.advance()
	d.wantState(store.PlanDone, "")
	for i, s := range d.steps() {
		if s.State != store.StepVerified || (s.Attempt == 2) != (i == 2) {
			t.Errorf("%+v", s)
		}
	}
}

// TestCheckKeysWithinAScope: the approver's scope and role are those of the moment.
func TestCheckKeysWithinAScope(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	all := d.keyed("One", "Two", "Three")
	member := d.Member(t, d.Workspace, catalog.Administrator, all[0].ID, all[1].ID)
	actor, sc := d.ActorOf(member, catalog.Administrator), store.Within(d.Workspace.ID, all[0].ID, all[1].ID)
	d.plan = uuid.New()
	if err := d.runner().CheckKeys(t.Context(), sc, actor, d.plan, idsOf(all)); err != nil {
		t.Fatal(err)
	}
	if n := len(d.steps()); n != 2 {
		t.Errorf("%d steps", n)
	}
	// Who sees a part goes on with nothing, and changes nothing.
	part := store.Within(d.Workspace.ID, all[0].ID)
	for what, err := range map[string]error{
		"advance":  d.runner().Advance(t.Context(), part, d.plan, uuid.Nil, time.Minute),
		"pause":    d.runner().Pause(t.Context(), part, actor, d.plan),
		"cancel":   d.runner().Cancel(t.Context(), part, actor, d.plan),
		"continue": d.runner().Continue(t.Context(), part, actor, d.plan),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// Meanwhile one is no longer theirs.
	d.Exec(t, `delete from membership_organization where operator_id = $1 and organization_id = $2`,
		member.ID, all[1].ID)
	calls := d.Sim.Calls(all[0].AccountID) + d.Sim.Calls(all[1].AccountID)
	d.advance()
	d.wantState(store.PlanPaused, "no longer sees all of its organizations")
	if d.Sim.Calls(all[0].AccountID)+d.Sim.Calls(all[1].AccountID) != calls {
		t.Error("it went on")
	}
	// A technician begins none.
	technician := d.ActorOf(d.Member(t, d.Workspace, catalog.Technician), catalog.Technician)
	if err := d.runner().CheckKeys(t.Context(), d.Scope(), technician, uuid.New(), idsOf(all)); !errors.Is(err,
		run.ErrForbidden) {
		t.Error(err)
	}
}

// TestCheckKeysOfTheOwnAccount: these are the workspace's, and are checked by those alone who
// may see all of it; an organization that was archived meanwhile stops no other.
func TestCheckKeysOfTheOwnAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	all := append(d.keyed("One", "Gone"), d.Client)
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(owner), d.Client, store.Parent, ""); err != nil ||
		len(bad) > 0 {
		t.Fatal(err, bad)
	}
	d.plan = uuid.New()
	if err := d.runner().CheckKeys(t.Context(), d.Scope(), d.Actor(owner), d.plan, idsOf(all)); err != nil {
		t.Fatal(err)
	}
	d.Exec(t, `update organization set archived_at = now(), archived_by = $2 where id = $1`, all[1].ID, d.Owner.ID)
	d.advance()
	d.advance()
	d.wantState(store.PlanDone, "")
	steps := d.steps()
	if own := steps[2]; own.Act != plan.CheckWorkspaceAuth || own.State != store.StepVerified ||
		!strings.Contains(own.Summary, "accepts these keys") {
		t.Errorf("%+v", own)
	}
	if steps[0].State != store.StepVerified || steps[1].State != store.StepRefused ||
		!strings.Contains(steps[1].Summary, "archived") {
		t.Errorf("%+v", steps)
	}
	limited := d.ActorOf(d.Member(t, d.Workspace, catalog.Administrator, d.Client.ID), catalog.Administrator)
	err := d.runner().CheckKeys(t.Context(), store.Within(d.Workspace.ID, d.Client.ID), limited, uuid.New(), idsOf(all))
	if !errors.Is(err, store.ErrNotFound) {
		t.Error("the workspace's keys were checked by who sees one organization: ", err)
	}
}
