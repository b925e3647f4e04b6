package run_test

import (
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// contactOf is what is kept of how an organization's account answered last.
func contactOf(t *testing.T, d *runtest.Desk) (trouble string, at, since time.Time) {
	t.Helper()
	err := d.Superuser(t).QueryRow(t.Context(), `select trouble, at, since from contact where organization_id = $1`,
		d.Client.ID).Scan(&trouble, &at, &since)
	if err != nil {
		t.Fatal(err)
	}
	return trouble, at, since
}

func failingOf(t *testing.T, d *runtest.Desk) []store.FailingOrganization {
	t.Helper()
	var found []store.FailingOrganization
	if err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) (err error) {
		found, _, err = tx.FailingOrganizations(t.Context(), 10)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestOrganizationsFailInUse: what Duo answers a page tells whether an organization works, from the first call that
// fails to the first that does not.
func TestOrganizationsFailInUse(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	read := func() { d.Runner.Users(t.Context(), d.Scope(), d.Client, true) }
	read()
	trouble, first, _ := contactOf(t, d)
	if failing := failingOf(t, d); trouble != store.NoTrouble || len(failing) != 0 {
		t.Fatalf("%q; failing: %+v", trouble, failing)
	}
	// A refusal of what was asked is an answer.
	addUser(d, "ada")
	if _, err := d.Do(t, d.Request(t, catalog.Owner, "create-user",
		form{"username": "ada"})); err == nil || len(failingOf(t, d)) != 0 {
		t.Error("a second user of the name was made, or the organization fails for it")
	}
	for _, c := range []struct {
		fault duosim.FaultKind
		want  string
	}{{duosim.Revoked, store.KeysTrouble}, {duosim.Unavailable, store.InternalTrouble},
		{duosim.Down, store.ReachTrouble}} {
		d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: c.fault})
		d.Clock.Move(time.Minute)
		read()
		trouble, at, since := contactOf(t, d)
		if failing := failingOf(t, d); trouble != c.want || !at.After(first) || !since.Equal(at) || len(failing) != 1 ||
			failing[0].Trouble != c.want || !again(t, d, d.Client).Failing {
			t.Errorf("%v: %q at %v since %v; failing: %+v", c.fault, trouble, at, since, failing)
		}
	}
	d.Sim.SetFault(d.Account.AccountID, duosim.Fault{})
	d.Clock.Move(time.Hour)
	read()
	trouble, back, _ := contactOf(t, d)
	if trouble != store.NoTrouble || len(failingOf(t, d)) != 0 {
		t.Errorf("after the fault: %q", trouble)
	}
	// The same answer is kept again after a while, and not at each call.
	d.Clock.Move(time.Minute)
	read()
	if _, at, _ := contactOf(t, d); !at.Equal(back) {
		t.Error("each call is written down")
	}
	d.Clock.Move(contactAgain)
	read()
	if _, at, since := contactOf(t, d); !at.After(back) || !since.Equal(back) {
		t.Errorf("kept at %v since %v, before that at %v", at, since, back)
	}
}

const contactAgain = 11 * time.Minute

// TestTroubleEndsWithItsConnection: an organization that is connected otherwise is not failing for what was before.
func TestTroubleEndsWithItsConnection(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	other := d.Sim.AddChild(d.Parent.AccountID, "Other")
	d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.Revoked})
	d.Runner.Users(t.Context(), d.Scope(), d.Client, true)
	if len(failingOf(t, d)) != 1 {
		t.Fatal("it does not fail")
	}
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(catalog.Owner), d.Client, store.Child,
		other.AccountID); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	if failing := failingOf(t, d); len(failing) != 0 {
		t.Errorf("after it was connected otherwise: %+v", failing)
	}
	// An answer to the old connection that comes late says nothing of the new one.
	if err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
		return tx.NoteContact(t.Context(), d.Client, store.KeysTrouble, d.Clock.Now().Add(time.Hour))
	}); err != nil {
		t.Fatal(err)
	}
	if failing := failingOf(t, d); len(failing) != 0 {
		t.Errorf("a late answer counts: %+v", failing)
	}
}
