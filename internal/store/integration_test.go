package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// desk saves versions of an API's fields in a workspace of its own.
type desk struct {
	storetest.DB
	ws    store.Workspace
	owner store.Operator
}

func newDesk(t testing.TB) desk {
	t.Helper()
	d := desk{DB: storetest.Open(t)}
	d.ws, d.owner = d.Workspace(t)
	return d
}

func (d desk) in(t testing.TB, fn func(*store.Tx) error) error {
	t.Helper()
	return d.InWorkspace(t.Context(), store.WholeWorkspace(d.ws.ID), fn)
}

func (d desk) save(t testing.TB, api, key string) (version int) {
	t.Helper()
	if err := d.in(t, func(tx *store.Tx) (err error) {
		version, err = tx.AddCandidate(t.Context(), store.OfWorkspace(api), "api-00000000.duosecurity.com", "DI"+api,
			secret.Box([]byte(key)), d.owner.ID, today)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return version
}

func (d desk) activate(t testing.TB, api string, version int) error {
	t.Helper()
	return d.in(t, func(tx *store.Tx) error { return tx.Activate(t.Context(), store.OfWorkspace(api), version) })
}

// opened is the secret key of a version, or the error that it does not open with.
func (d desk) opened(t testing.TB, api string, version int) (key string, err error) {
	t.Helper()
	err = d.in(t, func(tx *store.Tx) error {
		s, err := tx.SecretKey(t.Context(), store.OfWorkspace(api), version)
		if err != nil {
			return err
		}
		return s.Lend(func(b []byte) { key = string(b) })
	})
	return key, err
}

// states lists the versions of an API as "1 retired, 2 active", with a mark where
// a sealed secret is left.
func (d desk) states(t testing.TB, api string) string {
	t.Helper()
	return column[string](t, d.Superuser(t), `
		select coalesce(string_agg(version || ' ' || state || case when length(sealed_secret) > 0 then '*' else '' end, ', ' order by version), '')
		from integration_secret where workspace_id = $1 and api = $2`, d.ws.ID, api)[0]
}

func TestVersionsOfCredentials(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	expect := func(want string) {
		t.Helper()
		if got := d.states(t, store.AdminAPI); got != want {
			t.Errorf("versions %q, want %q", got, want)
		}
	}
	if err := d.activate(t, store.AdminAPI, 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nothing to activate: %v", err)
	}
	d.save(t, store.AdminAPI, "first")
	expect("1 candidate*")
	d.save(t, store.AdminAPI, "second")
	expect("1 retired, 2 candidate*")
	if err := d.activate(t, store.AdminAPI, 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a version that was replaced: %v", err)
	}
	if err := d.activate(t, store.AdminAPI, 2); err != nil {
		t.Fatal(err)
	}
	d.save(t, store.AdminAPI, "third")
	expect("1 retired, 2 active*, 3 candidate*")
	if err := d.activate(t, store.AdminAPI, 2); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the version in use as a candidate: %v", err)
	}
	expect("1 retired, 2 active*, 3 candidate*")
	if err := d.in(t,
		func(tx *store.Tx) error { return tx.Discard(t.Context(), store.OfWorkspace(store.AdminAPI)) }); err != nil {
		t.Fatal(err)
	}
	expect("1 retired, 2 active*, 3 retired")
	d.save(t, store.AdminAPI, "fourth")
	if err := d.activate(t, store.AdminAPI, 0); err != nil {
		t.Fatal(err)
	}
	expect("1 retired, 2 retired, 3 retired, 4 active*")
	if key, err := d.opened(t, store.AdminAPI, 4); key != "fourth" || err != nil {
		t.Errorf("opened %q (%v)", key, err)
	}
	for _, version := range []int{0, 1, 2, 3, 5} {
		if key, err := d.opened(t, store.AdminAPI, version); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("version %d opened as %q (%v)", version, key, err)
		}
	}
}

func TestIntegrationShowsTheLatestCheck(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.save(t, store.AuthAPI, "a")
	if err := d.activate(t, store.AuthAPI, 1); err != nil {
		t.Fatal(err)
	}
	d.save(t, store.AuthAPI, "b")
	if err := d.in(t, func(tx *store.Tx) error {
		return errors.Join(
			tx.SaveCheck(t.Context(), store.OfWorkspace(store.AuthAPI), 1, "fails", []byte(`{"n": 1}`),
				d.owner.ID, today),
			tx.SaveCheck(t.Context(), store.OfWorkspace(store.AuthAPI), 1, "works", []byte(`{"n": 2}`), d.owner.ID,
				today.Add(time.Second)),
			tx.SaveCheck(t.Context(), store.OfWorkspace(store.AuthAPI), 1, "limited", []byte(`{"n": 0}`), d.owner.ID,
				today.Add(-time.Second)))
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.in(t, func(tx *store.Tx) error {
		versions, err := tx.Integration(t.Context(), uuid.Nil)
		if err != nil || len(versions) != 2 {
			t.Fatalf("versions %+v (%v)", versions, err)
		}
		inUse, waiting := versions[0], versions[1]
		if inUse.State != store.Active || inUse.Finding == nil || *inUse.Finding != "works" ||
			string(inUse.Verdict) != `{"n": 2}` || *inUse.CheckedBy != d.owner.Email || inUse.SetBy != d.owner.Email {
			t.Errorf("in use %+v", inUse)
		}
		if waiting.State != store.Candidate || waiting.Finding != nil || waiting.Version != 2 {
			t.Errorf("candidate %+v", waiting)
		}
		v, err := tx.ActiveVersion(t.Context(), store.OfWorkspace(store.AuthAPI))
		if v.Version != 1 || v.IntegrationKey != "DIauth" {
			t.Errorf("active %+v", v)
		}
		if _, err := tx.ActiveVersion(t.Context(), store.OfWorkspace(store.AdminAPI)); !errors.Is(err,
			store.ErrNotFound) {
			t.Errorf("no version in use: %v", err)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// Two people who save, use and discard at once must leave one version in use at
// most, and no secret of a version that is out of use.
func TestParallelSaves(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			version := d.save(t, store.AccountsAPI, fmt.Sprint("key ", i))
			if i%3 == 0 {
				version = 0
			}
			if err := d.activate(t, store.AccountsAPI, version); err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Error("activate: ", err)
			}
			if i%5 == 0 {
				if err := d.in(t, func(tx *store.Tx) error {
					return tx.Discard(t.Context(), store.OfWorkspace(store.AccountsAPI))
				}); err != nil {
					t.Error("discard: ", err)
				}
			}
		})
	}
	all.Wait()
	su := d.Superuser(t)
	for what, sql := range map[string]string{
		"several in use":              `select count(*) from integration_secret where workspace_id = $1 and state = 'active' having count(*) > 1`,
		"several candidates":          `select count(*) from integration_secret where workspace_id = $1 and state = 'candidate' having count(*) > 1`,
		"a secret out of use":         `select version from integration_secret where workspace_id = $1 and state = 'retired' and length(sealed_secret) > 0`,
		"a version in use with none":  `select version from integration_secret where workspace_id = $1 and state <> 'retired' and length(sealed_secret) = 0`,
		"a version saved and missing": `select count(*) from integration_secret where workspace_id = $1 having count(*) <> 30`,
		"nothing in use":              `select 1 where not exists (select from integration_secret where workspace_id = $1 and state = 'active')`,
	} {
		if found := column[int](t, su, sql, d.ws.ID); len(found) > 0 {
			t.Errorf("%s: %v", what, found)
		}
	}
}

func TestDraft(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	colleague := d.Member(t, d.ws, catalog.Administrator)
	other := newDesk(t)
	draft := func(d desk, operator uuid.UUID, form string, after time.Duration) (input map[string]string,
		until time.Time, err error) {
		err = d.in(t, func(tx *store.Tx) (err error) {
			input, until, err = tx.Draft(t.Context(), operator, form, today.Add(after))
			return err
		})
		return input, until, err
	}
	save := func(text string) {
		if err := d.in(t, func(tx *store.Tx) error {
			return tx.SaveDraft(t.Context(), d.owner.ID, "integration",
				map[string]string{"auth_secret_key": text}, today)
		}); err != nil {
			t.Fatal(err)
		}
	}
	save("old")
	save("typed")
	if input, until, err := draft(d, d.owner.ID, "integration", 23*time.Hour); err != nil ||
		input["auth_secret_key"] != "typed" || !until.Equal(today.Add(24*time.Hour)) {
		t.Errorf("draft %v until %v (%v)", input, until, err)
	}
	for what, c := range map[string]struct {
		desk     desk
		operator uuid.UUID
		form     string
	}{
		"colleague":         {d, colleague.ID, "integration"},
		"another form":      {d, d.owner.ID, "other"},
		"another workspace": {other, d.owner.ID, "integration"},
	} {
		if input, _, err := draft(c.desk, c.operator, c.form, 0); !errors.Is(err, store.ErrNotFound) || len(input) > 0 {
			t.Errorf("%s: %v (%v)", what, input, err)
		}
	}
	if _, _, err := draft(d, d.owner.ID, "integration", 24*time.Hour); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after 24 h: %v", err)
	}
	save("again")
	// Reading a draft deletes the ones that have expired.
	if err := d.in(t, func(tx *store.Tx) error {
		_, _, err := tx.Draft(t.Context(), colleague.ID, "integration", today.Add(24*time.Hour))
		if !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if left := column[int](t, d.Superuser(t), `select count(*) from draft where workspace_id = $1`,
		d.ws.ID)[0]; left != 0 {
		t.Error("a draft is still stored after its time")
	}
	save("saved at last")
	if err := d.in(t,
		func(tx *store.Tx) error { return tx.DropDraft(t.Context(), d.owner.ID, "integration") }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := draft(d, d.owner.ID, "integration", 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("dropped: %v", err)
	}
}
