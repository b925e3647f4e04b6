package run_test

import (
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/plan"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// rows counts what a statement finds about the Desk's organization, past every policy.
func rows(t *testing.T, d *runtest.Desk, sql string) (n int) {
	t.Helper()
	if err := d.Superuser(t).QueryRow(t.Context(), sql, d.Client.ID).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestKeysOfAnArchivedOrganization: a form of keys that was opened before its organization was
// archived leaves nothing behind, whether it was pasted, refused or saved, and its plans are gone.
func TestKeysOfAnArchivedOrganization(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	actor, nine := d.Actor(catalog.Owner), d.NineFields()
	typed := func(name, secret string) map[string]string {
		return map[string]string{name + "_host": nine["admin_host"],
			name + "_integration_key": nine["admin_integration_key"], name + "_secret_key": secret}
	}
	choice := plan.SynchronizeChoice{DirectoryKey: "DSAAAAAAAAAAAAAAAAAA", Usernames: []string{"ada"},
		Connection: d.Client.Connection()}
	if err := plan.New(d.Runner).Synchronize(t.Context(), d.Scope(), actor, d.Client.ID, uuid.New(),
		choice); err != nil {
		t.Fatal(err)
	}
	if n := rows(t, d, `select count(*) from plan where organization_id = $1`); n != 1 {
		t.Fatalf("%d plans before", n)
	}
	opened := d.Client
	if bad, err := d.Setup().Archive(t.Context(), d.Scope(), actor, d.Client, d.Client.Name); err != nil ||
		len(bad) > 0 {
		t.Fatal(bad, err)
	}
	for name, api := range map[string]string{"own": store.AdminAPI, "ownauth": store.AuthAPI} {
		keys := setup.OfOrganization(opened, api)
		text := "Integration key " + nine["admin_integration_key"] + "\nSecret key " + nine["admin_secret_key"] +
			"\nAPI hostname " + nine["admin_host"]
		_, pasted := d.Setup().FillKeys(t.Context(), d.Scope(), actor, keys, text, nil)
		_, _, refused := d.Setup().SaveKeys(t.Context(), d.Scope(), actor, keys, typed(name, "too short"))
		_, _, saved := d.Setup().SaveKeys(t.Context(), d.Scope(), actor, keys, typed(name, nine["admin_secret_key"]))
		for what, err := range map[string]error{"pasted": pasted, "refused": refused, "saved": saved} {
			if err == nil {
				t.Errorf("%s: %s: it was kept", api, what)
			}
		}
	}
	for what, sql := range map[string]string{
		"drafts": `select count(*) from draft where right(form, 36) = $1::uuid::text`,
		"keys":   `select count(*) from integration_secret where organization_id = $1 and sealed_secret <> ''`,
		"plans":  `select count(*) from plan where organization_id = $1`,
		"steps":  `select count(*) from plan_step where organization_id = $1`,
	} {
		if n := rows(t, d, sql); n != 0 {
			t.Errorf("%d %s are left", n, what)
		}
	}
}

// TestDraftOfKeysMeetsTheArchiving: the form is sent while the archiving has not committed.
func TestDraftOfKeysMeetsTheArchiving(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	actor, nine := d.Actor(catalog.Owner), d.NineFields()
	text := "Integration key " + nine["admin_integration_key"] + "\nSecret key " + nine["admin_secret_key"] +
		"\nAPI hostname " + nine["admin_host"]
	answer := make(chan error, 1)
	err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
		if err := tx.LockMapping(t.Context()); err != nil {
			return err
		}
		if err := tx.ArchiveOrganization(t.Context(), d.Client.ID, d.Owner.ID, d.Clock.Now()); err != nil {
			return err
		}
		go func() {
			_, err := d.Setup().FillKeys(t.Context(), d.Scope(), actor,
				setup.OfOrganization(d.Client, store.AdminAPI), text, nil)
			answer <- err
		}()
		eventually(t, "the form waits, or was taken", func() bool {
			return len(answer) > 0 ||
				rows(t, d,
					`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and $1::uuid is not null`) > 0
		})
		return nil
	})
	if late := <-answer; err != nil || late == nil {
		t.Errorf("%v; sent meanwhile: %v", err, late)
	}
	if n := rows(t, d, `select count(*) from draft where right(form, 36) = $1::uuid::text`); n != 0 {
		t.Errorf("%d drafts are left", n)
	}
}
