package store_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

func randomName() string { return "t" + strings.ToLower(rand.Text()) }

// otherDatabase makes an empty database in the same server.
func otherDatabase(t testing.TB, db storetest.DB) string {
	t.Helper()
	name := randomName()
	if err := store.CreateDatabase(t.Context(), db.OwnerURL, name); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(db.OwnerURL, "/console?", "/"+name+"?", 1)
}

func open(t testing.TB, db storetest.DB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, db.Keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// TestCommitsAreWaitedFor: the test server is set not to wait for its log, and the store does all the same.
func TestCommitsAreWaitedFor(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	var server, ours string
	if err := db.Superuser(t).QueryRow(t.Context(), `show synchronous_commit`).Scan(&server); err != nil {
		t.Fatal(err)
	}
	if err := db.Pool().QueryRow(t.Context(), `show synchronous_commit`).Scan(&ours); err != nil {
		t.Fatal(err)
	}
	if server != "off" || ours != "on" {
		t.Errorf("the server says %q, our connections %q", server, ours)
	}
}

func TestServerRefusesRolesThatPoliciesDoNotBind(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	if err := db.CheckRole(t.Context()); err != nil {
		t.Error("the server's own role is refused: ", err)
	}
	url := otherDatabase(t, db)
	if _, err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	su := connect(t, url)
	for what, c := range map[string]struct{ setUp, want string }{
		"superuser":          {`create role % login superuser`, "superuser"},
		"bypass":             {`create role % login nosuperuser bypassrls`, "bypass row-level security"},
		"owner of one table": {`create role % login; alter table draft owner to %`, "owns the tables"},
		"member of an owner": {
			`create role %o; create role % login inherit; alter table run owner to %o; grant %o to %`,
			"owns the tables"},
		"may become an owner": {
			`create role %o; create role % login noinherit; alter table run owner to %o; grant %o to %`,
			"owns the tables"},
		"may become one bypasses": {`create role %o bypassrls; create role % login noinherit; grant %o to %`,
			"bypass row-level security"},
		"may become a superuser": {`create role %o superuser; create role % login noinherit; grant %o to %`,
			"superuser"},
		"owner of the database": {
			`create role % login; do $$ begin execute 'alter database ' || current_database() || ' owner to %'; end $$`,
			"owns the database"},
		"plain": {`create role % login`, ""},
	} {
		role := randomName()
		if _, err := su.Exec(t.Context(), strings.ReplaceAll(c.setUp, "%", role)); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		err := open(t, db, strings.Replace(url, "user=postgres", "user="+role, 1)).CheckRole(t.Context())
		if c.want == "" && err != nil {
			t.Errorf("%s: refused: %v", what, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), role)) {
			t.Errorf("%s: error %v, want one that names %s and says %q", what, err, role, c.want)
		}
	}
}

func TestServerRefusesAnotherSchema(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	if err := db.CheckSchema(t.Context()); err != nil {
		t.Error("the migrated schema is refused: ", err)
	}
	url := otherDatabase(t, db)
	s, su := open(t, db, url), connect(t, url)
	expect := func(when, want string) {
		t.Helper()
		if err := s.CheckSchema(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", when, err, want)
		}
	}
	expect("empty database", "console migrate")
	applied, err := store.Migrate(t.Context(), url)
	if err != nil || applied == 0 {
		t.Fatal(applied, err)
	}
	if err := s.CheckSchema(t.Context()); err != nil {
		t.Error("refused after migrating: ", err)
	}
	if again, err := store.Migrate(t.Context(), url); again != 0 || err != nil {
		t.Errorf("a second migrate applied %d (%v)", again, err)
	}
	if _, err := su.Exec(t.Context(),
		`insert into goose_db_version (version_id, is_applied) values (99999, true)`); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckSchema(t.Context()); err != nil {
		t.Error("a newer schema that only added is refused: ", err)
	}
	if _, err := store.Migrate(t.Context(), url); err == nil ||
		!strings.Contains(err.Error(), "newer than this binary") {
		t.Error("an older migrate says of a newer schema: ", err)
	}
	if _, err := su.Exec(t.Context(), `update oldest_binary set schema_version = 99999`); err != nil {
		t.Fatal(err)
	}
	expect("newer database that took something away", "newer than this binary")
	if _, err := su.Exec(t.Context(), `update oldest_binary set schema_version = 75`); err != nil {
		t.Fatal(err)
	}
	if _,
		err := su.Exec(t.Context(),
		`delete from goose_db_version where version_id >= (select max(version_id) from goose_db_version where version_id < 99999)`); err != nil {
		t.Fatal(err)
	}
	expect("last migration missing", "console migrate")
}

// Elsewhere tests own their database as superusers, which no policy binds. An
// installation's owner is an ordinary role.
func TestOwnerIsAnOrdinaryRole(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	superURL := otherDatabase(t, db)
	role := randomName()
	su := connect(t, superURL)
	for _, statement := range []string{`create role % login`,
		`alter database "` + su.Config().Database + `" owner to %`} {
		if _, err := su.Exec(t.Context(), strings.ReplaceAll(statement, "%", role)); err != nil {
			t.Fatal(err)
		}
	}
	url := strings.Replace(superURL, "user=postgres", "user="+role, 1)
	if _, err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	n := store.NewOperator{Workspace: "Northwind", Email: "ana@northwind.example", PasswordHash: "first", Role: "owner"}
	if added, err := store.AddOperator(t.Context(), url, n); err != nil || !added.New {
		t.Fatal("the first owner: ", added, err)
	}
	n.Workspace = "Southwind"
	if added, err := store.AddOperator(t.Context(), url, n); err != nil || added.New {
		t.Error("the same in another workspace: ", added, err)
	}
	if _, err := store.AddOperator(t.Context(), url, n); !errors.Is(err, store.ErrBelongs) {
		t.Error("twice: ", err)
	}
	if _, err := store.ResetPassword(t.Context(), url, n.Email, "second", today); err != nil {
		t.Error(err)
	}
}

func TestMigrateMayRunTwiceAtOnce(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	url := otherDatabase(t, db)
	total, failed := make(chan int, 2), make(chan error, 2)
	for range 2 {
		go func() {
			applied, err := store.Migrate(t.Context(), url)
			total <- applied
			failed <- err
		}()
	}
	applied := <-total + <-total
	for range 2 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if versions := column[int](t, connect(t, url),
		`select count(*) from goose_db_version where version_id > 0`)[0]; versions != applied || applied == 0 {
		t.Errorf("%d applied, %d recorded", applied, versions)
	}
}

// What is wrong with a URL is said, and no part of it repeated: any could be of
// the password.
func TestURLSaysWhichPartIsWrong(t *testing.T) {
	t.Parallel()
	const password = "canary7c1e"
	for url, want := range map[string]string{
		"postgres://console_app:" + password + "@[::1/console":  "the host is not written as in a URL",
		"postgres://console_app:" + password + "/x@db/console":  "the port is not a number",
		"postgres://console_app:" + password + "%zz@db/console": "hexadecimal digits",
		"postgres://console_app:" + password + " x@db/console":  "the user or the password",
		"postgres://console_app:x@" + password + " x/console":   "the host has a character",
		"mysql://console_app:" + password + "@db/console":       "has to begin with postgres://",
		password: "has to begin with postgres://",
		"postgres://console_app:" + password + "@db:99999/console":               "host or port",
		"postgres://console_app:" + password + "@db/console?sslmode=" + password: "its option sslmode",
		"postgres://console_app:" + password + "@db/console?sslrootcert=/" +
			password: "the file of its option sslrootcert does not exist",
		"postgres://console_app:" + password + "@db/console\n":                           "line break",
		"postgres://console_app:" + password + "@db/console?connect_timeout=" + password: "its option connect_timeout",
		"host=db port=" + password: "keyword=value",
	} {
		for what, err := range map[string]error{
			"Open":     func() error { _, err := store.Open(t.Context(), url, nil); return err }(),
			"CheckURL": store.CheckURL(url),
			"Migrate":  func() error { _, err := store.Migrate(t.Context(), url); return err }(),
		} {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s %q: error %v, want one that says %q", what, url, err, want)
			}
		}
	}
}

// boundDB is a database whose owner is no superuser, as README makes it: forced
// row-level security binds it.
type boundDB struct {
	storetest.DB
	BoundURL string // as that owner; OwnerURL is still a superuser's
}

func boundOwner(t testing.TB) boundDB {
	t.Helper()
	db := boundDB{DB: storetest.Open(t)}
	name := randomName()
	db.Exec(t, `create role `+name+` login createrole`)
	db.Exec(t, `create database `+name+` owner `+name)
	db.OwnerURL, db.AppURL = strings.Replace(db.OwnerURL, "/console?", "/"+name+"?", 1),
		strings.Replace(db.AppURL, "/console?", "/"+name+"?", 1)
	db.BoundURL = strings.Replace(db.OwnerURL, "user=postgres", "user="+name, 1)
	if _, err := store.Migrate(t.Context(), db.BoundURL); err != nil {
		t.Fatal(err)
	}
	db.Store = open(t, db.DB, db.AppURL)
	if err := db.CheckKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
