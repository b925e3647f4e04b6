package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// opens reads every kind of sealed value of a tenant the way the product does.
func (in installation) opens(t testing.TB, s *store.Store, of tenant) {
	t.Helper()
	within(t, s, store.WholeWorkspace(of.ID), func(tx *store.Tx) error {
		_, err := tx.SecretKey(t.Context(), store.OfWorkspace(store.AccountsAPI), 1)
		for _, o := range of.organizations {
			_, own := tx.SecretKey(t.Context(), store.OfOrganization(o.ID), 1)
			err = errors.Join(err, own)
		}
		draft, _, drafted := tx.Draft(t.Context(), of.owner.ID, "integration", today)
		if drafted == nil && draft["auth_host"] != "x" {
			drafted = fmt.Errorf("the draft holds %v", draft)
		}
		return errors.Join(err, drafted)
	})
}

func TestRotation(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	old := in.HeldKeys()[0]
	a, b := newTenant(t, in.DB, 1), newTenant(t, in.DB, 1)
	// More values than a slice holds.
	within(t, in.Store, store.WholeWorkspace(a.ID), func(tx *store.Tx) error {
		var all []error
		for i := range 230 {
			all = append(all, tx.SaveDraft(t.Context(), a.owner.ID, fmt.Sprintf("form %d", i),
				map[string]string{}, today))
		}
		return errors.Join(all...)
	})
	late := in.server(t, in.keyFile)
	id := in.addKey(t, in.Store)
	owner := in.owner(t)

	in.opens(t, in.Store, a)
	before, err := owner.SealedWith(t.Context())
	if err != nil || before[old] < 230 || len(before) != 1 {
		t.Errorf("before the switch %v are sealed (%v)", before, err)
	}
	if err := owner.SwitchKey(t.Context(), id); !errors.Is(err, store.ErrServersBehind) {
		t.Fatal("switched while a server could not open what is sealed: ", err)
	}
	if err := late.UseKeys(t.Context(), keysOf(t, in.keyFile)); err != nil {
		t.Fatal(err)
	}
	if err := switchKey(t, owner, id); err != nil {
		t.Fatal(err)
	}
	if left, err := owner.RetireKeys(t.Context()); err != nil || left[old] != before[old] {
		t.Errorf("the old key was retired while it was needed: %v (%v)", left, err)
	}

	// Cut off after every slice, begun again, while servers read and write.
	writing, stop := context.WithCancel(t.Context())
	wrote := make(chan error, 1)
	go func() {
		for i := 0; writing.Err() == nil; i++ {
			err := late.InWorkspace(t.Context(), store.WholeWorkspace(b.ID), func(tx *store.Tx) error {
				return tx.SaveDraft(t.Context(), b.owner.ID, "integration", map[string]string{"auth_host": "x"}, today)
			})
			if err == nil {
				err = late.InWorkspace(t.Context(), store.WholeWorkspace(b.ID), func(tx *store.Tx) error {
					_, _, err := tx.Draft(t.Context(), b.owner.ID, "integration", today)
					return err
				})
			}
			if err != nil {
				wrote <- err
				return
			}
		}
		wrote <- nil
	}()
	t.Cleanup(stop)
	cuts, total := 0, 0
	for {
		ctx, cut := context.WithCancel(t.Context())
		stuck, err := owner.Reseal(ctx, func(n int) { total += n; cuts++; cut() })
		cut()
		if len(stuck) > 0 {
			t.Error("cannot be opened: ", stuck)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	stop()
	if err := <-wrote; err != nil {
		t.Error("a server in the middle of it: ", err)
	}
	if cuts < 4 || total < before[old]-1 {
		t.Errorf("%d values in %d slices", total, cuts)
	}
	if left, err := owner.RetireKeys(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left: %v (%v)", left, err)
	}
	if err := secret.KeepKey(in.keyFile, in.keyFile, id); err != nil {
		t.Fatal(err)
	}
	fresh := in.server(t, in.keyFile)
	if err := fresh.CheckKeys(t.Context()); err != nil {
		t.Error(err)
	}
	for _, of := range []tenant{a, b} {
		in.opens(t, fresh, of)
		in.opens(t, in.Store, of)
	}
	if sealed, err := owner.SealedWith(t.Context()); err != nil || len(sealed) != 1 || sealed[id] == 0 {
		t.Errorf("at the end %v are sealed (%v)", sealed, err)
	}
}

// switchKey switches once connections with the names of before are gone, which are
// closed in the background.
func switchKey(t *testing.T, owner *store.Store, id secret.KeyID) error {
	err := owner.SwitchKey(t.Context(), id)
	for errors.Is(err, store.ErrServersBehind) && t.Context().Err() == nil {
		err = owner.SwitchKey(t.Context(), id)
	}
	return err
}

// A server that sealed with the old key and has not committed holds the switch
// up: what it sealed would be left behind when the old key goes.
func TestSwitchWaitsForWhatIsBeingSealed(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	of := newTenant(t, in.DB, 1)
	id := in.addKey(t, in.Store)
	owner := in.owner(t)
	switched := make(chan error, 1)
	within(t, in.Store, store.WholeWorkspace(of.ID), func(tx *store.Tx) error {
		if err := tx.SaveDraft(t.Context(), of.owner.ID, "slow", map[string]string{}, today); err != nil {
			return err
		}
		go func() { switched <- switchKey(t, owner, id) }()
		su := in.Superuser(t)
		for deadline := time.Now().Add(20 * time.Second); ; {
			if column[bool](t, su,
				`select exists (select from pg_locks where relation = 'sealing_key'::regclass and not granted)`)[0] {
				break
			}
			select {
			case err := <-switched:
				t.Fatal("the switch did not wait: ", err)
			default:
			}
			if time.Now().After(deadline) {
				t.Fatal("the switch waits for nothing")
			}
		}
		return nil
	})
	if err := <-switched; err != nil {
		t.Fatal(err)
	}
	within(t, in.Store, store.WholeWorkspace(of.ID), func(tx *store.Tx) error {
		return tx.SaveDraft(t.Context(), of.owner.ID, "later", map[string]string{}, today)
	})
	sealed, err := owner.SealedWith(t.Context())
	if err != nil || sealed[id] != 1 {
		t.Errorf("sealed after the switch: %v (%v)", sealed, err)
	}
}

// What was tampered with cannot be sealed again; it must neither stop the rest nor
// be forgotten while its key is thrown away.
func TestRotationLeavesAloneWhatDoesNotOpen(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	old := in.HeldKeys()[0]
	a, b := newTenant(t, in.DB, 1), newTenant(t, in.DB, 1)
	su := in.Superuser(t)
	if _,
		err := su.Exec(t.Context(),
		`update integration_secret i set sealed_secret = (select sealed_secret from integration_secret where workspace_id = $2 and organization_id is null)
		where workspace_id = $1 and organization_id is null`, a.ID, b.ID); err != nil {
		t.Fatal(err)
	}
	id := in.addKey(t, in.Store)
	owner := in.owner(t)
	if err := switchKey(t, owner, id); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		stuck, err := owner.Reseal(t.Context(), func(int) {})
		if err != nil || len(stuck) != 1 || !strings.Contains(stuck[0],
			"integration_secret of workspace "+a.ID.String()) {
			t.Errorf("stuck: %q (%v)", stuck, err)
		}
		if left, err := owner.RetireKeys(t.Context()); err != nil || left[old] != 1 {
			t.Errorf("left: %v (%v)", left, err)
		}
	}
	in.opens(t, in.Store, b)
}

func TestOneRotationAtATime(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	release, err := in.owner(t).LockRotation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := in.owner(t)
	if _, err := second.LockRotation(t.Context()); !errors.Is(err, store.ErrRotating) {
		t.Error("two at once: ", err)
	}
	release()
	if release, err = second.LockRotation(t.Context()); err != nil {
		t.Error("after the first: ", err)
	} else {
		release()
	}
}
