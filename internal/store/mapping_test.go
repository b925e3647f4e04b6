package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// mapped tries to map in a transaction of its own.
func mapped(t testing.TB, db storetest.DB, sc store.Scope, organization uuid.UUID, account string,
	operator uuid.UUID) error {
	t.Helper()
	return db.InWorkspace(t.Context(), sc,
		func(tx *store.Tx) error { return tx.Map(t.Context(), organization, account, operator, today) })
}

func TestMap(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	foreign, _ := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme Dental", "Birch Legal")
	theirs := db.Organizations(t, foreign, "Corner Bakery")
	every := store.WholeWorkspace(ws.ID)
	within(t, db.Store, every, func(tx *store.Tx) error { return tx.SaveAccounts(t.Context(), sharedAccounts, today) })
	within(t, db.Store, store.WholeWorkspace(foreign.ID), func(tx *store.Tx) error {
		return tx.SaveAccounts(t.Context(), []store.Account{{AccountID: "DAFOREIGN"}}, today)
	})
	first, second := sharedAccounts[0].AccountID, sharedAccounts[1].AccountID

	for what, try := range map[string]struct {
		organization uuid.UUID
		account      string
	}{
		"account that is not listed":        {made[0].ID, "DA9"},
		"account of another workspace":      {made[0].ID, "DAFOREIGN"},
		"no account":                        {made[0].ID, ""},
		"organization of another workspace": {theirs[0].ID, first},
		"organization that does not exist":  {uuid.New(), first},
	} {
		if err := mapped(t, db, every, try.organization, try.account, owner.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := mapped(t, db, store.Within(ws.ID, made[1].ID), made[0].ID, first, owner.ID); !errors.Is(err,
		store.ErrNotFound) {
		t.Errorf("organization outside the scope: %v", err)
	}
	if err := mapped(t, db, every, made[0].ID, first, owner.ID); err != nil {
		t.Fatal(err)
	}
	if err := mapped(t, db, every, made[0].ID, first, owner.ID); err != nil {
		t.Errorf("the same account again: %v", err)
	}
	if err := mapped(t, db, every, made[1].ID, first, owner.ID); !store.IsConflict(err, "connection_account") {
		t.Errorf("an account that another organization has: %v", err)
	}
	if err := mapped(t, db, every, made[0].ID, second, owner.ID); err != nil {
		t.Errorf("another account for a mapped organization: %v", err)
	}
	if err := mapped(t, db, every, made[1].ID, first, owner.ID); err != nil {
		t.Errorf("an account that was given free: %v", err)
	}
	within(t, db.Store, every, func(tx *store.Tx) error {
		if err := tx.Unmap(t.Context(), made[1].ID); err != nil {
			return err
		}
		accounts, err := tx.Accounts(t.Context())
		if len(accounts) != 2 || accounts[0].MappedTo != nil || accounts[1].MappedTo == nil ||
			*accounts[1].MappedTo != made[0].ID {
			t.Errorf("accounts %+v", accounts)
		}
		return err
	})
}

func TestSaveAccountsReplaces(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	other := newTenant(t, db, 1)
	made := db.Organizations(t, ws, "Acme Dental")
	later := today.Add(time.Minute)
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		if err := tx.SaveAccounts(t.Context(), sharedAccounts, today); err != nil {
			return err
		}
		if err := tx.Map(t.Context(), made[0].ID, sharedAccounts[0].AccountID, owner.ID, today); err != nil {
			return err
		}
		// Duo lists an account twice, renames one and does not list the mapped one any more.
		renamed := store.Account{AccountID: sharedAccounts[1].AccountID, Name: "Renamed",
			APIHostname: "api-00000003.duosecurity.com"}
		if err := tx.SaveAccounts(t.Context(), []store.Account{renamed, renamed}, later); err != nil {
			return err
		}
		accounts, err := tx.Accounts(t.Context())
		if len(accounts) != 1 || accounts[0].Name != "Renamed" || accounts[0].APIHostname != renamed.APIHostname ||
			!accounts[0].ReadAt.Equal(later) {
			t.Errorf("accounts %+v", accounts)
		}
		return err
	})
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		found, err := tx.OrganizationsByID(t.Context(), []uuid.UUID{made[0].ID})
		if len(found) != 1 || !found[0].Mapped() {
			t.Errorf("the mapping went with the account: %+v", found)
		}
		return err
	})
	within(t, db.Store, store.WholeWorkspace(other.ID), func(tx *store.Tx) error {
		accounts, err := tx.Accounts(t.Context())
		if len(accounts) != 2 {
			t.Errorf("another workspace's accounts are %+v", accounts)
		}
		return err
	})
}

// Duo may move an account to another host: requests must follow it there.
func TestMappingFollowsTheAccountsHost(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	made, bystander := newTenant(t, db, 1), newTenant(t, db, 1)
	moved := sharedAccounts[0]
	moved.APIHostname = "api-0000000f.duosecurity.com"
	within(t, db.Store, store.WholeWorkspace(made.ID), func(tx *store.Tx) error {
		return tx.SaveAccounts(t.Context(), []store.Account{moved, sharedAccounts[1]}, today)
	})
	for _, c := range []struct {
		tenant tenant
		hosts  [2]string
	}{
		{made, [2]string{moved.APIHostname, sharedAccounts[1].APIHostname}},
		{bystander, [2]string{sharedAccounts[0].APIHostname, sharedAccounts[1].APIHostname}},
	} {
		within(t, db.Store, store.WholeWorkspace(c.tenant.ID), func(tx *store.Tx) error {
			listed, _, err := tx.Organizations(t.Context(), store.Query{Limit: 10})
			found := listed.Rows
			if len(found) != 2 || found[0].APIHostname != c.hosts[0] || found[1].APIHostname != c.hosts[1] {
				t.Errorf("hosts %+v, want %q", found, c.hosts)
			}
			return err
		})
	}
}

func TestDirectoryKey(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme Dental", "Birch Legal")
	set := func(sc store.Scope, organization uuid.UUID, key string) error {
		return db.InWorkspace(t.Context(), sc,
			func(tx *store.Tx) error { return tx.SetDirectoryKey(t.Context(), organization, key, owner.ID, today) })
	}
	kept := func() (key string) {
		within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			found, err := tx.OrganizationsByID(t.Context(), []uuid.UUID{made[0].ID})
			key = found[0].DirectoryKey
			return err
		})
		return key
	}
	every := store.WholeWorkspace(ws.ID)
	for _, key := range []string{"DKAAAAAAAAAAAAAAAAAA", "DKBBBBBBBBBBBBBBBBBB", ""} {
		if err := set(every, made[0].ID, key); err != nil || kept() != key {
			t.Errorf("set %q, kept %q (%v)", key, kept(), err)
		}
	}
	if err := set(every, made[0].ID, "short"); code(err) != checkBroken {
		t.Errorf("a key of another form: %v", err)
	}
	for what, sc := range map[string]store.Scope{"another organization's scope": store.Within(ws.ID, made[1].ID),
		"another workspace": store.WholeWorkspace(uuid.New())} {
		if err := set(sc, made[0].ID, "DKAAAAAAAAAAAAAAAAAA"); !errors.Is(err, store.ErrNotFound) || kept() != "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// One bad row of a table that is saved at once must not take the good ones with it.
func TestSavepointKeepsWhatIsGood(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme Dental", "Birch Legal", "Corner Bakery")
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		if err := tx.SaveAccounts(t.Context(), sharedAccounts, today); err != nil {
			return err
		}
		for i, account := range []string{sharedAccounts[0].AccountID, sharedAccounts[0].AccountID,
			sharedAccounts[1].AccountID} {
			err := tx.Savepoint(t.Context(), func(inner *store.Tx) error {
				if err := inner.SetDirectoryKey(t.Context(), made[i].ID, "DKAAAAAAAAAAAAAAAAAA", owner.ID,
					today); err != nil {
					return err
				}
				return inner.Map(t.Context(), made[i].ID, account, owner.ID, today)
			})
			if taken := store.IsConflict(err, "connection_account"); taken != (i == 1) {
				t.Errorf("row %d: %v", i, err)
			}
		}
		return nil
	})
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		listed, _, err := tx.Organizations(t.Context(), store.Query{Limit: 10})
		found := listed.Rows
		for i, o := range found {
			if good := i != 1; o.Mapped() != good || (o.DirectoryKey != "") != good {
				t.Errorf("row %d: %+v", i, o)
			}
		}
		return err
	})
}
