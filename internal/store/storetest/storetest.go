// Package storetest gives tests a real database: a private Postgres for the test
// binary, migrated, reached as the server's own role. Tests share it and keep
// apart the way customers do, each in a workspace of its own.
package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/devpg"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// DB is the test binary's database.
type DB struct {
	*store.Store
	Keys     *secret.Keyring
	OwnerURL string // as a superuser, to look past row-level security
	AppURL   string // as the server's role
	KeyFile  string // of Keys
}

var (
	once   sync.Once
	shared DB
	server *devpg.Server
	failed error
	keyDir string // for programs that tests start
)

// Main runs a package's tests and stops the database they started. Call it from
// TestMain.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is Main for a TestMain that has more to clean up; it returns the exit code.
func Run(m *testing.M) int {
	code := m.Run()
	if server == nil {
		return code
	}
	shared.Close()
	os.RemoveAll(keyDir)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Stop(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the test database:", err)
		return 1
	}
	return code
}

// Open returns the binary's database, started by the first who asks.
func Open(t testing.TB) DB {
	t.Helper()
	once.Do(func() { failed = start() })
	if failed != nil {
		t.Fatal("no test database: ", failed)
	}
	return shared
}

// blank is the migrated database that others are copied from.
const blank = "blank"

func start() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	if server, err = devpg.Start(ctx, devpg.Config{}); err != nil {
		return err
	}
	if err := store.CreateDatabase(ctx, server.URL(devpg.Superuser, "postgres"), blank); err != nil {
		return err
	}
	if _, err := store.Migrate(ctx, server.URL(devpg.Superuser, blank)); err != nil {
		return err
	}
	if keyDir, err = os.MkdirTemp("", "duodesk-key-"); err != nil {
		return err
	}
	shared.KeyFile = filepath.Join(keyDir, "key.json")
	if err := secret.Create(shared.KeyFile); err != nil {
		return err
	}
	if shared.Keys, err = secret.Load(shared.KeyFile); err != nil {
		return err
	}
	shared, err = shared.copyOf(ctx, "console")
	return err
}

// Apart gives a test a database of its own, beside the binary's: for tests that
// lock a whole table or change what all share.
func Apart(t testing.TB) DB {
	t.Helper()
	db, err := Open(t).copyOf(t.Context(), "apart_"+strings.ToLower(rand.Text()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// copyOf makes and opens a database with no rows under db's keys.
func (db DB) copyOf(ctx context.Context, name string) (DB, error) {
	conn, err := pgx.Connect(ctx, server.URL(devpg.Superuser, "postgres"))
	if err != nil {
		return db, err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `create database `+name+` template `+blank); err != nil {
		return db, err
	}
	db.OwnerURL, db.AppURL = server.URL(devpg.Superuser, name), server.URL(store.AppRole, name)
	if db.Store, err = store.Open(ctx, db.AppURL, db.Keys); err != nil {
		return db, err
	}
	return db, db.CheckKeys(ctx)
}

// Password is the password of every operator made here.
const Password = "correct horse battery staple"

// passwordHash is made once: hashing is slow on purpose.
var passwordHash = sync.OnceValues(func() (string,
	error) {
	return secret.HashPassword(context.Background(), Password)
})

// Workspace makes a fresh workspace with an owner, and returns both. Its name has
// a word wider than a telephone's page, which every page has to break.
func (db DB) Workspace(t testing.TB) (store.Workspace, store.Operator) {
	t.Helper()
	name := "Test MWMWMWMWMWMW" + rand.Text()
	owner := db.member(t, name, catalog.Owner)
	ws := store.Workspace{Slug: store.Slug(name), Name: name}
	access, err := db.Access(t.Context(), owner.ID, ws.Slug, "")
	if err != nil {
		t.Fatal(err)
	}
	ws.ID = access.Workspace.ID
	return ws, owner
}

// Member adds an operator to a workspace, reaching all its organizations or the
// ones that are named.
func (db DB) Member(t testing.TB, ws store.Workspace, role catalog.Role, organizations ...uuid.UUID) store.Operator {
	t.Helper()
	operator := db.member(t, ws.Name, role)
	for _, id := range organizations {
		db.Exec(t, `update membership set every_organization = false where operator_id = $1`, operator.ID)
		db.Exec(t,
			`insert into membership_organization (workspace_id, operator_id, organization_id) values ($1, $2, $3)`,
			ws.ID, operator.ID, id)
	}
	return operator
}

func (db DB) member(t testing.TB, workspace string, role catalog.Role) store.Operator {
	t.Helper()
	hash, err := passwordHash()
	if err != nil {
		t.Fatal(err)
	}
	n := store.NewOperator{Workspace: workspace, Email: fmt.Sprintf("%s.%s@msp.example", role,
		strings.ToLower(rand.Text())), PasswordHash: hash, Role: role.String()}
	if _, err := store.AddOperator(t.Context(), db.OwnerURL, n); err != nil {
		t.Fatal(err)
	}
	operator, err := db.OperatorByEmail(t.Context(), n.Email)
	if err != nil {
		t.Fatal(err)
	}
	db.AddApp(t, operator)
	return operator
}

// Unlimited raises every quota of a workspace as far as it goes, for tests that would
// otherwise be answered by one.
func (db DB) Unlimited(t testing.TB, ws store.Workspace) {
	t.Helper()
	for _, q := range catalog.Quotas() {
		db.Exec(t, `
			insert into quota (workspace_id, quota, role, most)
			select $1, $2, role, 10000 from unnest(array['auditor', 'helpdesk', 'technician', 'admin', 'owner']) role
			on conflict (workspace_id, quota, role) do update set most = 10000`, ws.ID, q.Slug)
	}
}

// TOTPKey is the secret of the authenticator app that every operator made here has.
const TOTPKey = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

// AddApp gives an operator the app, as if it had been set up long ago.
func (db DB) AddApp(t testing.TB, operator store.Operator) {
	t.Helper()
	id := uuid.New()
	sealed, err := db.SealTOTP(t.Context(), id, secret.Box([]byte(TOTPKey)))
	if err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `insert into factor (id, operator_id, kind, name, created_at, sealed_secret)
		values ($1, $2, 'totp', 'Work phone', now() - interval '1 year', $3)`, id, operator.ID, sealed)
}

// Proved is a proof of an operator's first factor, which it adds where there is none.
func (db DB) Proved(t testing.TB, operator store.Operator, at time.Time) store.Proof {
	t.Helper()
	found, err := db.Factors(t.Context(), operator.ID)
	if err == nil && len(found) == 0 {
		db.AddApp(t, operator)
		found, err = db.Factors(t.Context(), operator.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return store.Proof{Factor: found[0].ID, Kind: found[0].Kind, At: at}
}

// Opening is what a session of an operator begins with whose factor was proved at a moment.
func (db DB) Opening(t testing.TB, operator store.Operator, tokenHash []byte, at, endsAt time.Time) store.Opening {
	t.Helper()
	return store.Opening{TokenHash: tokenHash, Operator: operator, Proof: db.Proved(t, operator, at), EndsAt: endsAt}
}

// Access is what an operator may reach at an address, for a request from this machine.
func (db DB) Access(ctx context.Context, operator uuid.UUID, workspace, organization string) (store.Access, error) {
	return db.Enter(ctx, operator, "127.0.0.1", workspace, organization, 0)
}

// Organizations makes organizations in a workspace.
func (db DB) Organizations(t testing.TB, ws store.Workspace, names ...string) []store.Organization {
	t.Helper()
	var made []store.Organization
	err := db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) (err error) {
		made, err = tx.CreateOrganizations(t.Context(), names...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Exec runs a statement as a superuser. One that changes rows needs an argument that says
// whose: other tests use the shared database at the same time.
func (db DB) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	verb, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	if len(args) == 0 && (verb == "update" || verb == "delete") && db.OwnerURL == shared.OwnerURL {
		t.Fatal("this changes rows of other tests: ", sql)
	}
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) // long tests have many statements
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// RefuseRecords makes the database refuse every new run of a workspace until the
// test ends: what is not on record must not happen.
func (db DB) RefuseRecords(t testing.TB, ws store.Workspace) {
	t.Helper()
	db.refuseRows(t, ws, "run", "not recorded")
}

// RefuseNotices makes the database refuse every new notice of a workspace until the
// test ends: what owners are not told of must not happen.
func (db DB) RefuseNotices(t testing.TB, ws store.Workspace) {
	t.Helper()
	db.refuseRows(t, ws, "notice", "not noticed")
}

// RefuseUses makes the database refuse to count anything for quotas of a workspace until the
// test ends: what is not counted must not happen.
func (db DB) RefuseUses(t testing.TB, ws store.Workspace) {
	t.Helper()
	db.refuseRows(t, ws, "quota_use", "not counted")
}

func (db DB) refuseRows(t testing.TB, ws store.Workspace, table, words string) {
	t.Helper()
	name := "refuse_" + strings.ToLower(rand.Text())
	db.Exec(t, fmt.Sprintf(`
		create function public.%[1]s() returns trigger language plpgsql set search_path = pg_catalog as 'begin raise exception ''%[4]s''; end';
		create trigger %[1]s before insert on public.%[3]s for each row when (new.workspace_id = '%[2]s') execute function public.%[1]s()`, name, ws.ID, table, words))
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), db.OwnerURL)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), `drop function public.`+name+`() cascade`); err != nil {
			t.Error(err)
		}
	})
}

// RefuseClosing makes the database refuse to close a workspace's runs, as if it
// were away when Duo has answered. allow ends that, together with a statement that
// may be empty and is carried out first.
func (db DB) RefuseClosing(t testing.TB, ws store.Workspace) (allow func(first string)) {
	t.Helper()
	name := "refuse_" + strings.ToLower(rand.Text())
	db.Exec(t, fmt.Sprintf(`
		create function public.%[1]s() returns trigger language plpgsql set search_path = pg_catalog as 'begin raise exception ''not closed''; end';
		create trigger %[1]s before update on public.run for each row when (new.workspace_id = '%[2]s') execute function public.%[1]s()`, name, ws.ID))
	allow = func(first string) {
		t.Helper()
		db.Exec(t, `drop function if exists public.`+name+`() cascade; `+first)
	}
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), db.OwnerURL)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), `drop function if exists public.`+name+`() cascade`); err != nil {
			t.Error(err)
		}
	})
	return allow
}

// BypassURL is the database as a role that may do what the server's role may and
// is not bound by row-level security.
func (db DB) BypassURL(t testing.TB) string {
	t.Helper()
	db.Exec(t, `
		do $$ begin
			perform pg_advisory_xact_lock(1);
			if not exists (select from pg_roles where rolname = 'console_bypass') then
				create role console_bypass login bypassrls in role console_app;
			end if;
		end $$`)
	return server.URL("console_bypass", "console")
}

// Superuser connects past row-level security, to see what is really stored.
func (db DB) Superuser(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}
