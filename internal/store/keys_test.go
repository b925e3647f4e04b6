package store_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
		`insert into sealing_key (generation, key_id, proof) values (2, 'abcd', '')`,
		`update sealing_key set retired_at = now()`,
		`update sealing_key set proof = ''`, `delete from sealing_key`, `truncate sealing_key`,
		`do $$ begin lock table sealing_key in access exclusive mode; end $$`,
	} {
		if _, err := app.Exec(t.Context(), attack); code(err) != notPermitted {
			t.Errorf("%s: %v", attack, err)
		}
	}
	if _, err := app.Exec(t.Context(),
		`insert into sealing_key (key_id, proof) values ('abcd', '')`); code(err) != "23505" {
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
	"run.input_mac",           // a digest
	"plan.digest",             // a digest
	"plan.proof",              // nothing writes it: an approval uses a row of proof
	"device.token_hash",       // a hash
	"session.token_hash",      // a hash
	"sign_in.token_hash",      // a hash
	"recovery_code.code_hash", // a hash
	"challenge.token_hash",    // a hash
	"challenge.bound",         // a hash
	"challenge.data",          // of minutes: what a retired key sealed in it is begun again
	"proof.digest",            // a hash
	"factor.credential_id",    // no secret
	"invitation.token_hash",   // a hash
	"api_token.token_hash",    // a hash
	"device.token_hash",       // a hash
	"sealing_key.key_id",      // no secret
	"index_user.digest",       // of what is kept in the clear beside it
	"sealing_key.proof",       // each is sealed with its own key
}

func TestEverySealedColumnIsKnown(t *testing.T) {
	t.Parallel()
	su := storetest.Open(t).Superuser(t)
	found := column[string](t, su,
		`select table_name || '.' || column_name from information_schema.columns where table_schema = 'public' and data_type = 'bytea'`)
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
