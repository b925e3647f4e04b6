package plan_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
)

// invited fills a plan with users who get an enrollment email each.
func (d *desk) invited(n int) {
	d.t.Helper()
	var users []plan.NewUser
	for i := range n {
		users = append(users, plan.NewUser{Username: fmt.Sprintf("user%d", i),
			Email:  fmt.Sprintf("u%d@birch.example", i),
			Invite: plan.InviteEmail})
	}
	d.save(plan.AccountScreen, plan.AccountChoice{How: plan.NewAccount, Name: d.org.Name})
	d.save(plan.UsersScreen, users)
}

// used is what counts of the activations of an operator.
func (d *desk) used(o store.Operator) (n int) {
	d.t.Helper()
	err := d.InWorkspace(d.t.Context(), d.Scope(), func(tx *store.Tx) (err error) {
		n, err = tx.UsedSince(d.t.Context(), o.ID, catalog.ActivationQuota.Slug, d.Clock.Now().Add(-time.Hour))
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// TestPlanIsChargedOnce: a plan is counted at its approval, in the approver's name, and not
// at its steps, which no quota holds up; canceling gives nothing back.
func TestPlanIsChargedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.invited(3)
	digest := d.preview()
	for range 2 {
		if err := d.approveBy(d.Actor(owner), digest); err != nil {
			t.Fatal(err)
		}
	}
	if n := d.used(d.Owner); n != 3 {
		t.Errorf("%d are counted at the approval", n)
	}
	d.limit(catalog.ActivationQuota, catalog.Owner, 1) // lowered meanwhile
	d.advance()
	if n := d.used(d.Owner); n != 3 {
		t.Errorf("%d are counted after the steps", n)
	}
	if got := states(d.steps()); got["invite/user2"] != store.StepDone {
		t.Errorf("%v", got)
	}
	// Another plan uses nothing; a third is more than is left, for its maker.
	d.limit(catalog.ActivationQuota, catalog.Owner, 5)
	d.begin("Cedar Dental")
	d.invited(2)
	d.approve()
	if err := d.runner().Cancel(t.Context(), d.Scope(), d.Actor(owner), d.plan); err != nil {
		t.Fatal(err)
	}
	if n := d.used(d.Owner); n != 5 {
		t.Errorf("%d are counted after a plan was canceled", n)
	}
	d.begin("Dune Dental")
	d.invited(1)
	var over *run.OverQuota
	if err := d.approveBy(d.Actor(owner), d.preview()); !errors.As(err, &over) || over.Used != 5 ||
		over.Wait < 59*time.Minute || over.Wait > time.Hour {
		t.Errorf("%v %+v", err, over)
	}
	d.wantState(store.PlanPreviewed, "")
	d.Clock.Move(time.Hour + time.Second)
	if err := d.approveBy(d.Actor(owner), d.preview()); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

// limit sets how much of a quota a role may use.
func (d *desk) limit(q catalog.Quota, role catalog.Role, most int) {
	d.t.Helper()
	err := d.InWorkspace(d.t.Context(), d.Scope(), func(tx *store.Tx) error {
		return tx.SetLimits(d.t.Context(), []store.Limit{{Quota: q.Slug, Role: role.String(), Most: most}},
			store.Record{Event: store.QuotasSet, Operator: d.Owner.ID, At: d.Clock.Now()})
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// TestPlanAboveTheQuota: it is approved by an administrator who did not make it, at once by
// one of several, and by nobody else.
func TestPlanAboveTheQuota(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, role := range []catalog.Role{catalog.Technician, catalog.Administrator, catalog.Owner} {
		d.limit(catalog.ActivationQuota, role, 2)
	}
	d.invited(3)
	editor, other := d.Member(t, d.Workspace, catalog.Administrator), d.Member(t, d.Workspace, catalog.Administrator)
	p, _ := d.now()
	if err := d.runner().Save(t.Context(), d.Scope(), d.ActorOf(editor, catalog.Administrator),
		catalog.Technician, d.plan,
		p.Revision, plan.DirectoriesScreen,
		[]plan.DirectoryChoice{{Name: "AD", Key: "DSAAAAAAAAAAAAAAAAAA"}}); err != nil {
		t.Fatal(err)
	}
	digest := d.preview()
	for _, maker := range []run.Actor{d.Actor(owner), d.ActorOf(editor, catalog.Administrator)} {
		var over *run.OverQuota
		if err := d.approveBy(maker, digest); !errors.As(err, &over) || over.Wanted != 3 || over.Most != 2 ||
			!slices.Equal(over.Makers, []string{d.Owner.Email, editor.Email}) {
			t.Errorf("%v %+v", err, over)
		}
	}
	d.wantState(store.PlanPreviewed, "")
	var all sync.WaitGroup
	for range 8 { // an operator has ten sessions at most
		all.Go(func() {
			if err := d.approveBy(d.ActorOf(other, catalog.Administrator), digest); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	d.wantState(store.PlanApproved, "")
	if n := d.used(other); n != 3 || d.used(d.Owner) != 0 || d.events(store.ApprovedPlan) != 1 {
		t.Errorf("%d are counted, %d approvals on record", n, d.events(store.ApprovedPlan))
	}
}
