package store_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// An organization fails when Duo lists its account no more, or when its own keys
// in use were refused last; a candidate that was refused is not in use.
func TestFailing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.Organizations(t, d.ws, "Acme Dental", "Birch Legal", "Corner Bakery")
	child, own := made[0].ID, made[1].ID
	must := func(fn func(*store.Tx) error) {
		t.Helper()
		if err := d.in(t, fn); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, want ...uuid.UUID) {
		t.Helper()
		must(func(tx *store.Tx) error {
			listed, n, err := tx.Organizations(t.Context(), store.Query{Filter: string(store.Failing), Limit: 10})
			found := listed.Rows
			if len(found) != len(want) || n.Failing != len(want) || n.Matching != len(want) {
				t.Errorf("%s: %d of %d fail, want %d", what, len(found), n.Failing, len(want))
			}
			for i, id := range want {
				if i < len(found) && (found[i].ID != id || !found[i].Failing) {
					t.Errorf("%s: %s fails", what, found[i].Name)
				}
			}
			return err
		})
	}
	check := func(slot store.Slot, version int, outcome string) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			return tx.SaveCheck(t.Context(), slot, version, outcome, []byte(`{}`), d.owner.ID, today)
		}
	}
	candidate := func(slot store.Slot) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			_, err := tx.AddCandidate(t.Context(), slot, "api-00000000.duosecurity.com", "DI", secret.Box([]byte("k")),
				d.owner.ID, today)
			return err
		}
	}
	slot := store.OfOrganization(own)
	must(func(tx *store.Tx) error { return tx.SaveAccounts(t.Context(), sharedAccounts, today) })
	must(func(tx *store.Tx) error {
		return tx.Map(t.Context(), child, sharedAccounts[0].AccountID, d.owner.ID, today)
	})
	must(candidate(slot))
	must(check(slot, 1, "fails"))
	expect("not connected yet")
	must(func(tx *store.Tx) error {
		return errors.Join(tx.Activate(t.Context(), slot, 1), tx.ConnectOwn(t.Context(), own, d.owner.ID, today))
	})
	expect("own keys refused", own)
	must(func(tx *store.Tx) error {
		return tx.SaveCheck(t.Context(), slot, 1, "works", []byte(`{}`), d.owner.ID, today.Add(1e9))
	})
	must(candidate(slot))
	must(check(slot, 2, "fails"))
	expect("the candidate is refused, not what is in use")
	must(func(tx *store.Tx) error { return tx.SaveAccounts(t.Context(), sharedAccounts[1:], today) })
	expect("the account is gone", child)
	must(func(tx *store.Tx) error {
		found, err := tx.Drifted(t.Context())
		if len(found) != 1 || !found[0].Gone || found[0].AccountName != sharedAccounts[0].Name {
			t.Errorf("drifted: %+v", found)
		}
		return err
	})
	if err := d.InWorkspace(t.Context(), store.Within(d.ws.ID, own), func(tx *store.Tx) error {
		found, err := tx.Drifted(t.Context())
		if len(found) != 0 {
			t.Errorf("the scope of one organization sees another drift: %+v", found)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
