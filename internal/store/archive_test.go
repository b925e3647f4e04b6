package store_test

import (
	"errors"
	"strings"
	"testing"

	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// TestArchivedOrganization: nothing that reaches its account is left, none of it comes back, its name and slug stay.
func TestArchivedOrganization(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.Organizations(t, d.ws, "Acme Dental", "Birch Legal")
	gone, stays := made[0], made[1]
	const key = "DSABCDEFGH1234567890"
	sealed := secret.Box([]byte("a key of its own"))
	connect := func(tx *store.Tx, o store.Organization) error {
		slot := store.OfOrganization(o.ID)
		version, err := tx.AddCandidate(t.Context(), slot, "api-00000000.duosecurity.com", "DI"+o.ID.String()[:18],
			sealed, d.owner.ID, today)
		if err != nil {
			return err
		}
		if err := errors.Join(tx.Activate(t.Context(), slot, version),
			tx.ConnectOwn(t.Context(), o.ID, d.owner.ID, today)); err != nil {
			return err
		}
		_, err = tx.AddDirectory(t.Context(), o.ID, "Head office", key, d.owner.ID, today)
		return errors.Join(err, tx.SaveDraft(t.Context(), d.owner.ID, "own keys "+o.ID.String(),
			map[string]string{"own_secret_key": "typed"}, today))
	}
	for _, o := range made {
		if err := d.in(t, func(tx *store.Tx) error { return connect(tx, o) }); err != nil {
			t.Fatal(err)
		}
	}
	archive := func() error {
		return d.in(t,
			func(tx *store.Tx) error { return tx.ArchiveOrganization(t.Context(), gone.ID, d.owner.ID, today) })
	}
	if err := archive(); err != nil {
		t.Fatal(err)
	}
	if err := archive(); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("archived twice: %v", err)
	}
	su := d.Superuser(t)
	for what, sql := range map[string]string{
		"connections":    `select count(*) from connection where organization_id = $1`,
		"directory keys": `select count(*) from directory_key where organization_id = $1`,
		"keys":           `select count(*) from integration_secret where organization_id = $1 and (state <> 'retired' or sealed_secret <> '')`,
		"drafts":         `select count(*) from draft where right(form, 36) = $1::uuid::text`,
	} {
		if n, others := column[int](t, su, sql, gone.ID)[0], column[int](t, su, sql, stays.ID)[0]; n != 0 ||
			others != 1 {
			t.Errorf("%d %s are left, and %d of the other organization", n, what, others)
		}
	}
	// A look by slug says what it is; none by id finds it.
	var archived *store.ArchivedError
	if _, err := d.Access(t.Context(), d.owner.ID, d.ws.Slug, gone.Slug); !errors.As(err, &archived) ||
		archived.Name != gone.Name {
		t.Errorf("by its slug: %v", err)
	}
	if err := d.in(t,
		func(tx *store.Tx) error { _, err := tx.Organization(t.Context(), gone.ID); return err }); !errors.Is(err,
		store.ErrNotFound) {
		t.Errorf("by its id: %v", err)
	}
	// A statement that asks for the organization alone is refused as well.
	for what, sql := range map[string]string{
		"a connection":    `insert into connection (workspace_id, organization_id, kind, mapped_by, mapped_at) values ($1, $2, 'parent', $3, now())`,
		"a directory key": `insert into directory_key (workspace_id, organization_id, name, key, set_by, set_at) values ($1, $2, 'x', '` + key + `', $3, now())`,
		"keys of its own": `insert into integration_secret (workspace_id, organization_id, api, version, host, integration_key, sealed_secret, state, set_by) values ($1, $2, 'admin', 9, 'h', 'DI', '', 'candidate', $3)`,
	} {
		if _, err := su.Exec(t.Context(), sql, d.ws.ID, gone.ID, d.owner.ID); err == nil ||
			!strings.Contains(err.Error(), "archived") {
			t.Errorf("%s is stored for it: %v", what, err)
		}
	}
	// Nobody gets its slug.
	if again := d.Organizations(t, d.ws, gone.Name)[0]; again.Slug == gone.Slug {
		t.Error("its slug is used again")
	}
}

// TestArchivingMeetsADirectory: a key that is added at the same moment is destroyed with the others, or not stored.
func TestArchivingMeetsADirectory(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.Organizations(t, d.ws, "Acme Dental")[0]
	scope := store.Within(d.ws.ID, o.ID)
	add := func(tx *store.Tx) error {
		_, err := tx.AddDirectory(t.Context(), o.ID, "Head office", "DSABCDEFGH1234567890", d.owner.ID, today)
		return err
	}
	archive := func(tx *store.Tx) error { return tx.ArchiveOrganization(t.Context(), o.ID, d.owner.ID, today) }
	answer := make(chan error)
	err := d.InWorkspace(t.Context(), scope, func(tx *store.Tx) error {
		if err := add(tx); err != nil {
			return err
		}
		go func() { answer <- d.InWorkspace(t.Context(), scope, archive) }()
		waitForLockOf(t, d.DB, "%archived_at = %")
		return nil
	})
	if err := errors.Join(err, <-answer); err != nil {
		t.Fatal(err)
	}
	if n := column[int](t, d.Superuser(t), `select count(*) from directory_key where organization_id = $1`,
		o.ID)[0]; n != 0 {
		t.Errorf("%d keys are left", n)
	}
	other := d.Organizations(t, d.ws, "Birch Legal")[0]
	err = d.InWorkspace(t.Context(), store.Within(d.ws.ID, other.ID), func(tx *store.Tx) error {
		if err := tx.ArchiveOrganization(t.Context(), other.ID, d.owner.ID, today); err != nil {
			return err
		}
		go func() {
			answer <- d.InWorkspace(t.Context(), store.Within(d.ws.ID, other.ID), func(tx *store.Tx) error {
				_, err := tx.AddDirectory(t.Context(), other.ID, "Head office", "DSABCDEFGH1234567890",
					d.owner.ID, today)
				return err
			})
		}()
		waitForLockOf(t, d.DB, "%insert into directory_key%")
		return nil
	})
	if late := <-answer; err != nil || !store.IsConflict(late, "organization_archived") {
		t.Errorf("%v; added meanwhile: %v", err, late)
	}
	if n := column[int](t, d.Superuser(t), `select count(*) from directory_key where organization_id = $1`,
		other.ID)[0]; n != 0 {
		t.Errorf("%d keys are left", n)
	}
}
