package store_test

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

const (
	idle = 30 * time.Minute
	life = 10 * time.Hour
)

// signIn starts a session and returns the hash of its token.
func signIn(t testing.TB, db storetest.DB, operator store.Operator, at time.Time) []byte {
	t.Helper()
	hash := sha256.Sum256([]byte(rand.Text()))
	if err := db.StartSession(t.Context(), db.Opening(t, operator, hash[:], at, at.Add(life)), at); err != nil {
		t.Fatal(err)
	}
	return hash[:]
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	_, owner := db.Workspace(t)
	find := func(hash []byte, after time.Duration) error {
		found, err := db.FindSession(t.Context(), hash, today.Add(after), idle)
		if err == nil && (found.Operator.ID != owner.ID || found.Operator.Email != owner.Email) {
			t.Error("the session belongs to ", found.Operator.Email)
		}
		return err
	}
	ended := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", what, err)
		}
	}

	hash := signIn(t, db, owner, today)
	if err := find(hash, idle-time.Second); err != nil {
		t.Error("before the idle time: ", err)
	}
	// That look was use: the idle time counts from it.
	if err := find(hash, 2*idle-2*time.Second); err != nil {
		t.Error("used within the idle time: ", err)
	}
	ended("idle", find(hash, 3*idle))

	hash = signIn(t, db, owner, today)
	for after := time.Duration(0); after < life; after += idle - time.Minute {
		if err := find(hash, after); err != nil {
			t.Fatalf("in use after %s: %v", after, err)
		}
	}
	ended("in use until its absolute end", find(hash, life))

	hash = signIn(t, db, owner, today)
	if found, err := db.FindSession(t.Context(), hash, today, idle); err != nil ||
		db.EndSession(t.Context(), found.ID) != nil {
		t.Fatal(err)
	}
	ended("signed out", find(hash, 0))
	if left := column[int](t, db.Superuser(t), `select count(*) from session where token_hash = $1`,
		hash)[0]; left != 0 {
		t.Error("the row of a session that was ended is still there")
	}

	hash = signIn(t, db, owner, today)
	db.Exec(t, `update operator set disabled_at = now() where id = $1`, owner.ID)
	ended("operator disabled", find(hash, 0))
}

func TestSignInClearsSessionsThatEnded(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	_, owner := db.Workspace(t)
	old := signIn(t, db, owner, today.Add(-life))
	live := signIn(t, db, owner, today)
	if left := column[[]byte](t, db.Superuser(t), `select token_hash from session where operator_id = $1`,
		owner.ID); len(left) != 1 || string(left[0]) != string(live) {
		t.Errorf("sessions %x, want only %x and not %x", left, live, old)
	}
}

// What is stored must be of no use to one who reads the table: the row takes
// only something of the length of a hash, never the token.
func TestSessionTakesNoToken(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	_, owner := db.Workspace(t)
	if err := db.StartSession(t.Context(), db.Opening(t, owner, []byte(rand.Text()), today, today.Add(life)),
		today); code(err) != checkBroken {
		t.Errorf("a token was stored as it is: %v", err)
	}
}

// Nobody sets another's password or email from the web, and nobody enables an
// operator there, or makes one by other means than an invitation's.
func TestServerCannotRewriteOperators(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	app := connect(t, db.AppURL)
	ws, owner := db.Workspace(t)
	for _, sql := range []string{
		`insert into operator (email, password_hash, disabled_at) values ('a@b.example', '', null)`,
		`insert into operator (id, email, password_hash) values (gen_random_uuid(), 'a@b.example', '')`,
		`update operator set email = 'a@b.example'`,
		`update operator set disabled_at = null`,
		`delete from operator`,
		`insert into workspace (slug, name) values ('x', 'x')`,
		`update workspace set name = 'x'`,
		`insert into membership (workspace_id, operator_id, role, every_organization) values ('` + ws.ID.String() +
			`', '` + owner.ID.String() + `', 'owner', true)`,
	} {
		if _, err := whole(ws.ID).attempt(t, app, sql); code(err) != notPermitted {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// A statement that forgets its WHERE changes the row of the operator that the
// transaction names, and of nobody where it names none.
func TestForgottenWhereReachesOneOperator(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	app, su := connect(t, db.AppURL), db.Superuser(t)
	ws, owner := db.Workspace(t)
	other := db.Member(t, ws, catalog.Owner)
	for _, named := range []string{"", owner.ID.String()} {
		err := pgx.BeginFunc(t.Context(), app, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `select set_config('app.operator', $1, true)`, named); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `update operator set password_hash = 'stolen'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		stolen := column[uuid.UUID](t, su, `select id from operator where id in ($1, $2) and password_hash = 'stolen'`,
			owner.ID, other.ID)
		if named == "" && len(stolen) > 0 || named != "" && (len(stolen) != 1 || stolen[0] != owner.ID) {
			t.Errorf("named %q, changed %v", named, stolen)
		}
	}
}

func TestPasswordAndTheme(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	_, owner := db.Workspace(t)
	if err := db.SetPreferences(t.Context(), owner.ID,
		store.Preferences{Theme: "dark", Density: "compact"}); err != nil {
		t.Fatal(err)
	}
	if err := db.SetPreferences(t.Context(), owner.ID, store.Preferences{Theme: "<script>"}); code(err) != checkBroken {
		t.Errorf("a theme that does not exist: %v", err)
	}
	if err := db.RenewPasswordHash(t.Context(), owner, "renewed"); err != nil {
		t.Fatal(err)
	}
	// A sign-in that began before the password was changed must not bring it back.
	if err := db.RenewPasswordHash(t.Context(), owner, "late"); err != nil {
		t.Fatal(err)
	}
	found, err := db.OperatorByEmail(t.Context(), owner.Email)
	if err != nil || found.Theme != "dark" || found.Density != "compact" || found.PasswordHash != "renewed" ||
		found.ID != owner.ID {
		t.Errorf("operator %+v (%v)", found, err)
	}
	if _, err := store.ResetPassword(t.Context(), db.OwnerURL, owner.Email, "reset", today); err != nil {
		t.Fatal(err)
	}
	if found, _ = db.OperatorByEmail(t.Context(), owner.Email); found.PasswordHash != "reset" {
		t.Errorf("the hash is %q", found.PasswordHash)
	}
	for _, email := range []string{"nobody@msp.example", "", "\x00", "' or 1=1 --"} {
		if _, err := db.OperatorByEmail(t.Context(), email); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%q: %v", email, err)
		}
	}
	if _, err := store.ResetPassword(t.Context(), db.OwnerURL, "nobody@msp.example", "x", today); !errors.Is(err,
		store.ErrNotFound) {
		t.Errorf("password of nobody: %v", err)
	}
}
