package store_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// TestConnectionNames: every change of a connection gives it a name that it never
// had, also back to an earlier account and with other keys of the same account;
// what is no change leaves it.
func TestConnectionNames(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.Organizations(t, d.ws, "Acme Dental")[0].ID
	owner := d.owner.ID
	keys := func(slot store.Slot, key string) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			_, err := tx.AddCandidate(t.Context(), slot, "api-aaaaaaaa.duosecurity.com", key, secret.Box([]byte("k")),
				owner, today)
			return errors.Join(err, tx.Activate(t.Context(), slot, 0))
		}
	}
	mapTo := func(account store.Account) func(*store.Tx) error {
		return func(tx *store.Tx) error { return tx.Map(t.Context(), o, account.AccountID, owner, today) }
	}
	list := func(accounts ...store.Account) func(*store.Tx) error {
		return func(tx *store.Tx) error { return tx.SaveAccounts(t.Context(), accounts, today) }
	}
	renamed, moved := sharedAccounts[0], sharedAccounts[0]
	renamed.Name, moved.APIHostname = "Acme Dental Group", "api-99999999.duosecurity.com"
	admin, auth, accounts := store.OfWorkspace(store.AdminAPI), store.OfWorkspace(store.AuthAPI),
		store.OfWorkspace(store.AccountsAPI)
	seen, last := map[string]string{}, ""
	for _, step := range []struct {
		what    string
		changes bool
		do      func(*store.Tx) error
	}{
		{"at first", true, list(sharedAccounts...)},
		{"mapped", true, mapTo(sharedAccounts[0])},
		{"the list read again", false, list(sharedAccounts...)},
		{"the account renamed in Duo", false, list(renamed, sharedAccounts[1])},
		{"its name accepted", false, func(tx *store.Tx) error { return tx.AcceptAccountName(t.Context(), o) }},
		{"the account moved to another host", true, list(moved, sharedAccounts[1])},
		{"mapped to another", true, mapTo(sharedAccounts[1])},
		{"and back", true, mapTo(sharedAccounts[0])},
		{"other Accounts API keys, through which the account is the same", false, keys(accounts, "DIACCOUNTS")},
		{"keys of its own, not connected through them", false, keys(store.OfOrganization(o), "DIOWN")},
		{"connected through them", true,
			func(tx *store.Tx) error { return tx.ConnectOwn(t.Context(), o, owner, today) }},
		{"the same key with another secret", true, keys(store.OfOrganization(o), "DIOWN")},
		{"Auth API keys of its own", false, keys(store.Slot{Organization: o, API: store.AuthAPI}, "DIAUTH")},
		{"Admin API keys of the workspace, which it does not use", false, keys(admin, "DIADMIN")},
		{"the parent account", true,
			func(tx *store.Tx) error { return tx.ConnectParent(t.Context(), o, owner, today) }},
		{"other Admin API keys of the workspace", true, keys(admin, "DIADMIN")},
		{"other Auth API keys of the workspace", true, keys(auth, "DIAUTH2")},
	} {
		var held, locked, read store.Organization
		err := d.in(t, func(tx *store.Tx) error {
			if err := step.do(tx); err != nil {
				return err
			}
			var one, two, three error
			held, one = tx.HoldConnection(t.Context(), o)
			locked, two = tx.LockConnection(t.Context(), o)
			read, three = tx.Organization(t.Context(), o)
			return errors.Join(one, two, three)
		})
		if err != nil {
			t.Fatal(step.what, ": ", err)
		}
		now := read.Connection()
		if now != held.Connection() || now != locked.Connection() {
			t.Errorf("%s: three ways to read it give three names", step.what)
		}
		switch before, known := seen[now]; {
		case step.changes && known:
			t.Errorf("%s: called as when %s", step.what, before)
		case !step.changes && now != last:
			t.Errorf("%s: called otherwise", step.what)
		}
		if !step.changes {
			continue
		}
		seen[now], last = step.what, now
	}
	if err := d.in(t, func(tx *store.Tx) error { return tx.Unmap(t.Context(), o) }); err != nil {
		t.Fatal(err)
	}
	for what, sc := range map[string]store.Scope{"another organization's scope": store.Within(d.ws.ID, uuid.New()),
		"another workspace": store.WholeWorkspace(uuid.New())} {
		for _, hold := range []func(*store.Tx) error{
			func(tx *store.Tx) error { _, err := tx.HoldConnection(t.Context(), o); return err },
			func(tx *store.Tx) error { _, err := tx.LockConnection(t.Context(), o); return err },
		} {
			if err := d.InWorkspace(t.Context(), sc, hold); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("held from %s: %v", what, err)
			}
		}
	}
}
