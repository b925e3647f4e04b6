package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// installation is a database with a key file of its own, owned by a role that
// row-level security binds, as the README has it.
type installation struct {
	storetest.DB
	keyFile  string
	ownerURL string // bound by row-level security, unlike OwnerURL
}

func newInstallation(t testing.TB) installation {
	t.Helper()
	db := storetest.Open(t)
	owner := randomName()
	db.Exec(t, `create role `+owner+` login createrole`)
	url := otherDatabase(t, db)
	name := url[strings.LastIndex(url[:strings.Index(url, "?")], "/")+1 : strings.Index(url, "?")]
	db.Exec(t, `alter database `+name+` owner to `+owner)
	in := installation{keyFile: filepath.Join(t.TempDir(), "key.json")}
	in.OwnerURL, in.ownerURL = url, strings.Replace(url, "user=postgres", "user="+owner, 1)
	in.AppURL = strings.Replace(url, "user=postgres", "user="+store.AppRole, 1)
	if _, err := store.Migrate(t.Context(), in.ownerURL); err != nil {
		t.Fatal(err)
	}
	if err := secret.Create(in.keyFile); err != nil {
		t.Fatal(err)
	}
	in.Store = in.server(t, in.keyFile)
	if err := in.CheckKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	return in
}

func keysOf(t testing.TB, path string) *secret.Keyring {
	t.Helper()
	keys, err := secret.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// server connects as a server does, with the keys of a file.
func (in installation) server(t testing.TB, keyFile string) *store.Store {
	t.Helper()
	return in.connected(t, in.AppURL, keyFile)
}

func (in installation) owner(t testing.TB) *store.Store {
	t.Helper()
	return in.connected(t, in.ownerURL, in.keyFile)
}

func (in installation) connected(t testing.TB, url, keyFile string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, keysOf(t, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// addKey adds a key to the file and lets servers read it.
func (in installation) addKey(t testing.TB, servers ...*store.Store) secret.KeyID {
	t.Helper()
	id, err := secret.AddKey(in.keyFile, in.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		if err := s.UseKeys(t.Context(), keysOf(t, in.keyFile)); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

func TestKeyFileBelongsToItsDatabase(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	dir := t.TempDir()
	other, grown := filepath.Join(dir, "other.json"), filepath.Join(dir, "grown.json")
	if err := secret.Create(other); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.AddKey(in.keyFile, grown); err != nil {
		t.Fatal(err)
	}
	for path, fits := range map[string]bool{in.keyFile: true, grown: true, other: false} {
		err := in.server(t, path).CheckKeys(t.Context())
		if fits && err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
		if !fits && !errors.Is(err, store.ErrOtherKeyFile) {
			t.Errorf("%s: error %v", filepath.Base(path), err)
		}
		if err := in.UseKeys(t.Context(), keysOf(t, path)); (err == nil) != fits {
			t.Errorf("%s read while running: %v", filepath.Base(path), err)
		}
	}
	if err := in.UseKeys(t.Context(), keysOf(t, in.keyFile)); err != nil {
		t.Error(err)
	}
	// Who has SQL as the server's role must not make another key file the right one.
	app := connect(t, in.AppURL)
	for _, attack := range []string{
		`insert into sealing_key (generation, key_id, proof) values (2, 'abcd', '')`, `update sealing_key set retired_at = now()`,
		`update sealing_key set proof = ''`, `delete from sealing_key`, `truncate sealing_key`, `do $$ begin lock table sealing_key in access exclusive mode; end $$`,
	} {
		if _, err := app.Exec(t.Context(), attack); code(err) != notPermitted {
			t.Errorf("%s: %v", attack, err)
		}
	}
	if _, err := app.Exec(t.Context(), `insert into sealing_key (key_id, proof) values ('abcd', '')`); code(err) != "23505" {
		t.Error("a second first key: ", err)
	}
}

// Where the database takes no new connection, the new keys are in use all the
// same: nobody is told that those before are.
func TestKeysAreInUseBeforeTheyAreAnnounced(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	before := in.HeldKeys()
	if _, err := secret.AddKey(in.keyFile, in.keyFile); err != nil {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig(in.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Open(t).Exec(t, `alter database `+config.Database+` allow_connections false`)
	err = in.UseKeys(t.Context(), keysOf(t, in.keyFile))
	if took := !slices.Equal(in.HeldKeys(), before); took != (err == nil) {
		t.Errorf("other keys are held: %t, and the error is %v", took, err)
	}
}

// A database from before there was a table of keys must not take up with a wrong
// key file on its first start.
func TestFirstKeyFileMustOpenWhatIsThere(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	newTenant(t, in.DB, 1)
	if _, err := connect(t, in.ownerURL).Exec(t.Context(), `delete from sealing_key`); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other.json")
	if err := secret.Create(other); err != nil {
		t.Fatal(err)
	}
	if err := in.server(t, other).CheckKeys(t.Context()); !errors.Is(err, store.ErrOtherKeyFile) {
		t.Error("a key file that opens nothing: ", err)
	}
	if err := in.server(t, in.keyFile).CheckKeys(t.Context()); err != nil {
		t.Error(err)
	}
}

// notSealed are the columns of bytes that a rotation leaves alone.
var notSealed = []string{
	"run.input_mac",         // a digest
	"plan.digest",           // a digest
	"plan.proof",            // of a second factor, bound to the digest; nothing writes it yet
	"device.token_hash",     // a hash
	"session.token_hash",    // a hash
	"invitation.token_hash", // a hash
	"api_token.token_hash",  // a hash
	"device.token_hash",     // a hash
	"sealing_key.key_id",    // no secret
	"sealing_key.proof",     // each is sealed with its own key
}

func TestEverySealedColumnIsKnown(t *testing.T) {
	t.Parallel()
	su := storetest.Open(t).Superuser(t)
	found := column[string](t, su, `select table_name || '.' || column_name from information_schema.columns where table_schema = 'public' and data_type = 'bytea'`)
	known := append(store.SealedColumns(), notSealed...)
	for _, name := range found {
		if !slices.Contains(known, name) {
			t.Errorf("%s holds bytes: list it in sealedColumns, or it is lost when keys rotate", name)
		}
	}
	for _, name := range known {
		if !slices.Contains(found, name) {
			t.Errorf("%s is listed and does not exist", name)
		}
	}
}

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
			all = append(all, tx.SaveDraft(t.Context(), a.owner.ID, fmt.Sprintf("form %d", i), map[string]string{}, today))
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
			if column[bool](t, su, `select exists (select from pg_locks where relation = 'sealing_key'::regclass and not granted)`)[0] {
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

// What was tampered with cannot be sealed anew; it must neither stop the rest nor
// be forgotten while its key is thrown away.
func TestRotationLeavesAloneWhatDoesNotOpen(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	old := in.HeldKeys()[0]
	a, b := newTenant(t, in.DB, 1), newTenant(t, in.DB, 1)
	su := in.Superuser(t)
	if _, err := su.Exec(t.Context(), `update integration_secret i set sealed_secret = (select sealed_secret from integration_secret where workspace_id = $2 and organization_id is null)
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
		if err != nil || len(stuck) != 1 || !strings.Contains(stuck[0], "integration_secret of workspace "+a.ID.String()) {
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
