package run_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// TestNewKeysForgetRefusals: new workspace keys take back that child accounts refused the old
// ones, and nothing else.
func TestNewKeysForgetRefusals(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	silent := d.Map(t, "Silent", d.Sim.AddChild(d.Parent.AccountID, "Silent"))
	own := d.Organizations(t, d.Workspace, "Own account")[0]
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(catalog.Owner), own, store.Parent,
		""); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	activate := func(api string) {
		t.Helper()
		keys, slot := d.Parent.Application(api), store.OfWorkspace(api)
		if err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
			version, err := tx.AddCandidate(t.Context(), slot, d.Parent.APIHostname, keys.IntegrationKey,
				secret.Box([]byte(keys.SecretKey)), d.Owner.ID, d.Clock.Now())
			if err != nil {
				return err
			}
			return tx.Activate(t.Context(), slot, version)
		}); err != nil {
			t.Fatal(err)
		}
	}
	noted := func() map[string]string {
		t.Helper()
		all := map[string]string{}
		for _, o := range []store.Organization{d.Client, silent, own} {
			all[o.Name] = again(t, d, o).Trouble
		}
		return all
	}
	troubles := map[string]string{d.Client.Name: store.KeysTrouble, silent.Name: store.ReachTrouble,
		own.Name: store.KeysTrouble}
	note := func() {
		t.Helper()
		for _, o := range []store.Organization{d.Client, silent, own} {
			if err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
				return tx.NoteContact(t.Context(), again(t, d, o), troubles[o.Name], d.Clock.Now())
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	note()
	activate(store.AuthAPI)
	if now := noted(); now[d.Client.Name] != store.KeysTrouble {
		t.Errorf("keys of another API took it back: %v", now)
	}
	note() // the own account's connection is another one since
	activate(store.AccountsAPI)
	if now := noted(); now[d.Client.Name] != store.NoTrouble || now[silent.Name] != store.ReachTrouble ||
		now[own.Name] != store.KeysTrouble {
		t.Errorf("after new keys: %v", now)
	}
}

// TestShortPatienceIsNoTrouble: the caller's own time was over before Duo answered.
func TestShortPatienceIsNoTrouble(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	_, phone := addUser(d, "ada")
	ask := func(patience time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		_, err := d.Runner.AskActivated(ctx, d.Scope(), d.Client, phone, time.Time{})
		return err
	}
	if err := ask(time.Minute); err != nil {
		t.Fatal(err)
	}
	d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.Slow, Delay: time.Hour})
	if err := ask(300 * time.Millisecond); err == nil {
		t.Fatal("it was answered")
	}
	if trouble, _, _ := contactOf(t, d); trouble != store.NoTrouble || len(failingOf(t, d)) != 0 {
		t.Errorf("after a short wait: %q", trouble)
	}
}

// TestContactOfAnotherProcess: what another process noted is corrected by the first answer
// that differs from it.
func TestContactOfAnotherProcess(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	other := d.Process(t, run.Config{})
	read := func(r *run.Runner) {
		d.Clock.Move(time.Second)
		r.Users(t.Context(), d.Scope(), again(t, d, d.Client), true)
	}
	read(d.Runner)
	d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.Revoked})
	read(other)
	if trouble, _, _ := contactOf(t, d); trouble != store.KeysTrouble {
		t.Fatalf("%q", trouble)
	}
	d.Sim.SetFault(d.Account.AccountID, duosim.Fault{})
	read(d.Runner)
	if trouble, _, _ := contactOf(t, d); trouble != store.NoTrouble {
		t.Errorf("after the fault, for a process that never met it: %q", trouble)
	}
}

// TestContactThatCannotBeKept: a contact that the database refused is kept later, and not
// tried again with each call.
func TestContactThatCannotBeKept(t *testing.T) {
	t.Parallel()
	d := runtest.Apart(t)
	su := d.Superuser(t)
	exec := func(sql string) {
		t.Helper()
		if _, err := su.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	tries := func() int { return strings.Count(d.Log.String(), "a contact was not kept") }
	read := func() { d.Runner.Users(t.Context(), d.Scope(), d.Client, true) }
	exec(`delete from contact`)
	exec(`revoke insert on contact from console_app`)
	for range 3 {
		read()
	}
	if n := tries(); n != 1 {
		t.Errorf("tried %d times in a moment", n)
	}
	d.Clock.Move(11 * time.Second)
	read()
	if n := tries(); n != 2 {
		t.Errorf("tried %d times after a while", n)
	}
	exec(`grant insert on contact to console_app`)
	d.Clock.Move(11 * time.Second)
	read()
	if trouble, _, _ := contactOf(t, d); trouble != store.NoTrouble || tries() != 2 {
		t.Errorf("%q after %d tries", trouble, tries())
	}
}
