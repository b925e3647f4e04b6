package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// A key that is sealed for one organization opens for no other, nor for the
// workspace; and the workspace's own opens for none of them.
func TestOwnKeysOpenForTheirOrganizationAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.Organizations(t, d.ws, "Acme Dental", "Birch Legal")
	slots := []store.Slot{store.OfOrganization(made[0].ID), store.OfOrganization(made[1].ID),
		store.OfWorkspace(store.AdminAPI)}
	for _, slot := range slots {
		if err := d.in(t, func(tx *store.Tx) error {
			_, err := tx.AddCandidate(t.Context(), slot, "api-00000000.duosecurity.com", "DI"+
				slot.Organization.String(), secret.Box([]byte("key of "+slot.Organization.String())), d.owner.ID, today)
			return errors.Join(err, tx.Activate(t.Context(), slot, 1))
		}); err != nil {
			t.Fatal(err)
		}
	}
	su := d.Superuser(t)
	const at = ` where workspace_id = $1 and organization_id is not distinct from nullif($2, '00000000-0000-0000-0000-000000000000'::uuid)`
	sealed := func(slot store.Slot) []byte {
		return column[[]byte](t, su, `select sealed_secret from integration_secret`+at, d.ws.ID, slot.Organization)[0]
	}
	open := func(slot store.Slot) (key string, err error) {
		err = d.in(t, func(tx *store.Tx) error {
			opened, err := tx.SecretKey(t.Context(), slot, 1)
			if err != nil {
				return err
			}
			return opened.Lend(func(b []byte) { key = string(b) })
		})
		return key, err
	}
	before := map[store.Slot][]byte{}
	for _, slot := range slots {
		before[slot] = sealed(slot)
	}
	for _, to := range slots {
		for _, from := range slots {
			if _, err := su.Exec(t.Context(), `update integration_secret set sealed_secret = $3`+at, d.ws.ID,
				to.Organization, before[from]); err != nil {
				t.Fatal(err)
			}
			key, err := open(to)
			if same := from == to; same != (err == nil) || same && key != "key of "+to.Organization.String() ||
				!same && !errors.Is(err, secret.ErrCannotOpen) {
				t.Errorf("the key of %v opens in %v as %q (%v)", from, to, key, err)
			}
		}
	}
}

// Slots do not touch each other: saving, using and discarding in one leaves the
// others as they are.
func TestSlotsAreApart(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	a, b := newTenant(t, db, 1), newTenant(t, db, 1)
	su := db.Superuser(t)
	mine := store.OfOrganization(a.organizations[0].ID)
	states := func() []string {
		return column[string](t, su,
			`select concat_ws(' ', workspace_id, organization_id, api, version, state, length(sealed_secret)) from integration_secret
			where workspace_id in ($1, $2) and organization_id is distinct from $3 order by 1`, a.ID, b.ID,
			mine.Organization)
	}
	before := states()
	within(t, db.Store, store.Within(a.ID, mine.Organization), func(tx *store.Tx) error {
		return errors.Join(tx.Activate(t.Context(), mine, 1), newKeys(t.Context(), tx, mine, a.owner.ID),
			tx.Discard(t.Context(), mine),
			tx.ConnectOwn(t.Context(), mine.Organization, a.owner.ID, today),
			tx.ConnectParent(t.Context(), mine.Organization, a.owner.ID, today))
	})
	if after := states(); !slices.Equal(before, after) {
		t.Errorf("before %v\nafter %v", before, after)
	}
	// The scope of one organization reads the workspace's keys, and changes none.
	other := store.OfOrganization(a.organizations[1].ID)
	within(t, db.Store, store.Within(a.ID, mine.Organization), func(tx *store.Tx) error {
		if found, err := tx.Integration(t.Context(), uuid.Nil); err != nil || len(found) != 1 {
			t.Errorf("the workspace's keys: %v (%v)", found, err)
		}
		if found, err := tx.Integration(t.Context(), other.Organization); err != nil || len(found) != 0 {
			t.Errorf("another organization's keys: %v (%v)", found, err)
		}
		return nil
	})
	for _, slot := range []store.Slot{other, store.OfWorkspace(store.AccountsAPI), store.OfWorkspace(store.AdminAPI)} {
		for what, fn := range map[string]func(*store.Tx) error{
			"saved":     func(tx *store.Tx) error { return newKeys(t.Context(), tx, slot, a.owner.ID) },
			"activated": func(tx *store.Tx) error { return tx.Activate(t.Context(), slot, 0) },
			"checked": func(tx *store.Tx) error {
				return tx.SaveCheck(t.Context(), slot, 1, "works", []byte(`{}`), a.owner.ID, today)
			},
		} {
			if err := db.InWorkspace(t.Context(), store.Within(a.ID, mine.Organization), fn); err == nil {
				t.Errorf("keys of %v are %s from another organization's scope", slot, what)
			}
		}
	}
	if after := states(); !slices.Equal(before, after) {
		t.Errorf("before %v\nafter %v", before, after)
	}
	// No check without what was checked, also where no reference is looked at.
	if err := db.InWorkspace(t.Context(), store.WholeWorkspace(a.ID), func(tx *store.Tx) error {
		return tx.SaveCheck(t.Context(), store.OfWorkspace(store.AccountsAPI), 99, "works", []byte(`{}`),
			a.owner.ID, today)
	}); code(err) != notPermitted {
		t.Errorf("a check of a version that does not exist: %v", err)
	}
}

func TestKindsOfConnection(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.Organizations(t, d.ws, "Acme Dental", "Birch Legal")
	first, second := made[0].ID, made[1].ID
	own := store.OfOrganization(first)
	must := func(fn func(*store.Tx) error) {
		t.Helper()
		if err := d.in(t, fn); err != nil {
			t.Fatal(err)
		}
	}
	shown := func() string {
		var text string
		must(func(tx *store.Tx) error {
			found, err := tx.OrganizationsByID(t.Context(), []uuid.UUID{first})
			o := found[0]
			text = fmt.Sprint(o.Kind, " ", o.AccountID, " ", o.APIHostname, " ", o.IntegrationKey, " ", o.Mapped())
			return err
		})
		return text
	}
	expect := func(want string) {
		t.Helper()
		if got := shown(); got != want {
			t.Errorf("shown as %q, want %q", got, want)
		}
	}
	keys := func(slot store.Slot, host, key string) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			_, err := tx.AddCandidate(t.Context(), slot, host, key, secret.Box([]byte("k")), d.owner.ID, today)
			return errors.Join(err, tx.Activate(t.Context(), slot, 0))
		}
	}
	must(func(tx *store.Tx) error { return tx.SaveAccounts(t.Context(), sharedAccounts, today) })
	must(keys(store.OfWorkspace(store.AdminAPI), "api-aaaaaaaa.duosecurity.com", "DIPARENT"))
	expect("    false")
	must(func(tx *store.Tx) error {
		return tx.Map(t.Context(), first, sharedAccounts[0].AccountID, d.owner.ID, today)
	})
	expect("child DA000000000000000001 api-00000001.duosecurity.com  true")
	must(keys(own, "api-bbbbbbbb.duosecurity.com", "DIOWN"))
	expect("child DA000000000000000001 api-00000001.duosecurity.com  true") // not before it is connected through them
	if err := d.in(t, keys(store.OfOrganization(second), "api-bbbbbbbb.duosecurity.com",
		"DIOWN")); !store.IsConflict(err, "integration_secret_own_key") {
		t.Errorf("two organizations with the same key: %v", err)
	}
	must(func(tx *store.Tx) error { return tx.ConnectOwn(t.Context(), first, d.owner.ID, today) })
	expect("own  api-bbbbbbbb.duosecurity.com DIOWN true")
	must(func(tx *store.Tx) error { return tx.ConnectParent(t.Context(), first, d.owner.ID, today) })
	expect("parent  api-aaaaaaaa.duosecurity.com DIPARENT true")
	if left := column[int](t, d.Superuser(t),
		`select count(*) from integration_secret where organization_id = $1 and (state <> 'retired' or length(sealed_secret) > 0)`, first)[0]; left != 0 {
		t.Error("keys that are out of use are kept")
	}
	if err := d.in(t,
		func(tx *store.Tx) error {
			return tx.ConnectParent(t.Context(), second, d.owner.ID, today)
		}); !store.IsConflict(err, "connection_parent") {
		t.Errorf("a second organization has the MSP's own account: %v", err)
	}
	must(func(tx *store.Tx) error { return tx.Unmap(t.Context(), first) })
	expect("    false")
	must(func(tx *store.Tx) error { return tx.ConnectParent(t.Context(), second, d.owner.ID, today) })
	must(func(tx *store.Tx) error {
		_, n, err := tx.Organizations(t.Context(), store.Query{Filter: string(store.Unmapped), Limit: 10})
		if n.Mapped != 1 || n.Matching != 1 {
			t.Errorf("counted %+v", n)
		}
		return err
	})
	for what, sc := range map[string]store.Scope{"another organization's scope": store.Within(d.ws.ID, second),
		"another workspace": store.WholeWorkspace(uuid.New())} {
		if err := d.InWorkspace(t.Context(), sc, func(tx *store.Tx) error {
			return tx.ConnectOwn(t.Context(), first, d.owner.ID, today)
		}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestDirectories(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.Organizations(t, d.ws, "Acme Dental", "Birch Legal")
	o := made[0].ID
	const k1, k2, k3 = "DSAAAAAAAAAAAAAAAAAA", "DSBBBBBBBBBBBBBBBBBB", "DSCCCCCCCCCCCCCCCCCC"
	list := func() (text string, ids map[string]uuid.UUID) {
		ids = map[string]uuid.UUID{}
		if err := d.in(t, func(tx *store.Tx) error {
			found, err := tx.Directories(t.Context(), o)
			for _, f := range found {
				text += f.Name + " " + f.Key[2:3]
				if f.Primary {
					text += "*"
				}
				text += "; "
				ids[f.Name] = f.ID
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return text, ids
	}
	expect := func(want string) map[string]uuid.UUID {
		t.Helper()
		got, ids := list()
		if got != want {
			t.Errorf("listed %q, want %q", got, want)
		}
		return ids
	}
	do := func(fn func(*store.Tx) error) error { return d.in(t, fn) }
	must := func(fn func(*store.Tx) error) {
		t.Helper()
		if err := do(fn); err != nil {
			t.Fatal(err)
		}
	}
	add := func(name, key string) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			_, err := tx.AddDirectory(t.Context(), o, name, key, d.owner.ID, today)
			return err
		}
	}
	set := func(key string) func(*store.Tx) error {
		return func(tx *store.Tx) error { return tx.SetDirectoryKey(t.Context(), o, key, d.owner.ID, today) }
	}
	must(add("AD", k1))
	must(add("Entra", k2))
	ids := expect("AD A*; Entra B; ")
	if err := do(add("AD", k3)); !store.IsConflict(err, "directory_key_name") {
		t.Errorf("a name twice: %v", err)
	}
	if err := do(add("Third", k2)); !store.IsConflict(err, "directory_key_key") {
		t.Errorf("a key twice: %v", err)
	}
	must(func(tx *store.Tx) error { return tx.MakePrimary(t.Context(), o, ids["Entra"]) })
	expect("Entra B*; AD A; ")
	must(func(tx *store.Tx) error { return tx.RenameDirectory(t.Context(), o, ids["AD"], "Head office") })
	must(set(k3))
	expect("Entra C*; Head office A; ")
	must(set(k1)) // the mapping is given the other directory's key
	ids = expect("Head office A*; Entra C; ")
	must(set(""))
	expect("Entra C*; ")
	for what, fn := range map[string]func(*store.Tx) error{
		"renamed": func(tx *store.Tx) error {
			return tx.RenameDirectory(t.Context(), made[1].ID, ids["Entra"], "x")
		},
		"made primary": func(tx *store.Tx) error { return tx.MakePrimary(t.Context(), made[1].ID, ids["Entra"]) },
		"removed":      func(tx *store.Tx) error { return tx.RemoveDirectory(t.Context(), made[1].ID, ids["Entra"]) },
	} {
		if err := do(fn); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s as another organization's: %v", what, err)
		}
		if err := d.InWorkspace(t.Context(), store.Within(d.ws.ID, made[1].ID),
			func(tx *store.Tx) error { return fn(tx) }); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s in another organization's scope: %v", what, err)
		}
	}
	expect("Entra C*; ")
	must(func(tx *store.Tx) error { return tx.RemoveDirectory(t.Context(), o, ids["Entra"]) })
	expect("")
}
