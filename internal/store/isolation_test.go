package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/store/storetest"
)

// table is a table of the catalog that belongs to workspaces.
type table struct {
	name         string
	organization string // the column that names the organization, if there is one
	// The rows without an organization are read in every scope of the workspace,
	// and written only with every organization.
	shared bool
}

// sharedTables hold what all of a workspace works with: the keys that reach the
// children.
var sharedTables = []string{"integration_check", "integration_secret"}

// common is how many rows of a workspace any of its scopes reads.
func (tb table) common(t testing.TB, su *pgx.Conn, workspace uuid.UUID) int64 {
	t.Helper()
	if !tb.shared {
		return 0
	}
	n := column[int64](t, su, `select count(*) from `+tb.name+` where workspace_id = $1 and `+tb.organization+
		` is null`, workspace)[0]
	if n == 0 {
		t.Fatalf("table %s has no row of the workspace itself: seed it in newTenant", tb.name)
	}
	return n
}

// tenantTables reads from the catalog which tables belong to workspaces, so that
// a new one is under test as soon as it exists.
func tenantTables(t testing.TB, su *pgx.Conn) []table {
	t.Helper()
	names := column[string](t, su, `
		select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
		where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'workspace_id' order by 1`)
	tables := make([]table, len(names))
	for i, name := range names {
		tables[i].name, tables[i].shared = name, slices.Contains(sharedTables, name)
		switch has := column[bool](t, su, `select exists (select from information_schema.columns
			where table_schema = 'public' and table_name = $1 and column_name = 'organization_id')`, name); {
		case name == "organization":
			tables[i].organization = "id"
		case has[0]:
			tables[i].organization = "organization_id"
		}
	}
	if len(tables) < 9 {
		t.Fatal("the catalog lists too few tables: ", names)
	}
	return tables
}

// twoTenants seeds two workspaces and proves that every table has rows of both,
// and of both organizations of each.
func twoTenants(t testing.TB, db storetest.DB, su *pgx.Conn) (a, b tenant) {
	t.Helper()
	a, b = newTenant(t, db, 1), newTenant(t, db, 2)
	for _, tb := range tenantTables(t, su) {
		for _, owner := range []tenant{a, b} {
			if len(rowsOf(t, su, tb, owner.ID)) == 0 {
				t.Fatalf("table %s has no row: seed it in newTenant", tb.name)
			}
			for _, o := range owner.organizations {
				if tb.organization != "" && column[int](t, su,
					`select count(*) from `+tb.name+` where `+tb.organization+` = $1`, o.ID)[0] == 0 {
					t.Fatalf("table %s has no row of organization %s: seed it in newTenant", tb.name, o.Slug)
				}
			}
		}
	}
	return a, b
}

// rowsOf returns a workspace's rows as JSON, past row-level security.
func rowsOf(t testing.TB, su *pgx.Conn, tb table, workspace uuid.UUID) []string {
	t.Helper()
	return column[string](t, su, `select to_jsonb(x)::text from `+tb.name+
		` x where workspace_id = $1 order by 1`, workspace)
}

func TestScopeShowsOnlyItsWorkspace(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	su, app := db.Superuser(t), connect(t, db.AppURL)
	a, b := twoTenants(t, db, su)
	for _, tb := range tenantTables(t, su) {
		own := int64(len(rowsOf(t, su, tb, a.ID)))
		if seen, err := whole(a.ID).attempt(t, app, `select from `+tb.name); err != nil || seen != own {
			t.Errorf("%s: %d rows seen, the workspace has %d (%v)", tb.name, seen, own, err)
		}
		if seen, err := whole(a.ID).attempt(t, app, `select from `+tb.name+` where workspace_id = $1`,
			b.ID); err != nil || seen != 0 {
			t.Errorf("%s: %d rows of another workspace seen (%v)", tb.name, seen, err)
		}
		if tb.organization != "" {
			if seen, err := only(a.ID, b.organizations[0].ID).attempt(t, app, `select from `+tb.name); err != nil ||
				seen != tb.common(t, su, a.ID) {
				t.Errorf("%s: an organization of another workspace in the list shows %d rows (%v)", tb.name, seen, err)
			}
		}
	}
}

func TestWritesDoNotReachAnotherWorkspace(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	su, app := db.Superuser(t), connect(t, db.AppURL)
	a, b := twoTenants(t, db, su)
	for _, tb := range tenantTables(t, su) {
		before := rowsOf(t, su, tb, b.ID)
		attacks := []string{
			`delete from ` + tb.name + ` where workspace_id = '` + b.ID.String() + `'`,
			`truncate ` + tb.name,
		}
		for _, c := range column[string](t, su, `select column_name from information_schema.columns where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'`, tb.name) {
			attacks = append(attacks, fmt.Sprintf(`update %s set %s = %s where workspace_id = '%s'`, tb.name,
				c, c, b.ID))
		}
		for _, attack := range attacks {
			if touched, err := whole(a.ID).attempt(t, app, attack); touched != 0 ||
				(err != nil && code(err) != notPermitted) {
				t.Errorf("%s: %d rows touched, error %v", attack, touched, err)
			}
		}
		if touched, err := whole(a.ID).attempt(t, app, `update `+tb.name+` set workspace_id = $1`,
			b.ID); code(err) != notPermitted {
			t.Errorf("%s: %d rows moved to another workspace, error %v", tb.name, touched, err)
		}
		for _, row := range before {
			// With a key that is taken and with a free one: the answers must be alike.
			for _, inserted := range []string{row, freed(t, su, tb, row)} {
				if _, err := whole(a.ID).attempt(t, app, inserting(t, su, tb.name),
					inserted); code(err) != notPermitted {
					t.Errorf("%s: a row of another workspace was inserted, or refused for another reason: %v",
						tb.name, err)
				}
			}
		}
		if after := rowsOf(t, su, tb, b.ID); !slices.Equal(before, after) {
			t.Errorf("%s: another workspace's rows changed\nbefore %s\nafter  %s", tb.name, before, after)
		}
	}
}

// inserting is the statement that inserts a row given as JSON, without the columns that the database makes of others.
func inserting(t testing.TB, su *pgx.Conn, table string) string {
	t.Helper()
	columns := column[string](t, su, `select string_agg(quote_ident(column_name), ', ') from information_schema.columns
		where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'`, table)[0]
	return `insert into ` + table + ` (` + columns + `) select ` + columns + ` from jsonb_populate_record(null::` +
		table + `, $1)`
}

// freed is a row with another value in each uuid column but workspace_id, so
// that its key is not taken.
func freed(t testing.TB, su *pgx.Conn, tb table, row string) string {
	t.Helper()
	return column[string](t, su, `
		select ($2::jsonb || coalesce(jsonb_object_agg(column_name, gen_random_uuid()), '{}'))::text
		from information_schema.columns
		where table_schema = 'public' and table_name = $1 and data_type = 'uuid' and column_name <> 'workspace_id'`,
		tb.name, row)[0]
}

func TestNothingIsSeenWithoutScope(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	su, app := db.Superuser(t), connect(t, db.AppURL)
	a, _ := twoTenants(t, db, su)
	for _, tb := range tenantTables(t, su) {
		if seen := column[int](t, app, `select count(*) from `+tb.name)[0]; seen != 0 {
			t.Errorf("%s: %d rows seen without a scope", tb.name, seen)
		}
		for _, sc := range []scope{{"", ""}, {"", "*"}, {uuid.Nil.String(), "*"}} {
			if seen, err := sc.attempt(t, app, `select from `+tb.name); err != nil || seen != 0 {
				t.Errorf("%s: scope %q shows %d rows (%v)", tb.name, sc, seen, err)
			}
		}
		for _, organizations := range []string{"", "{}"} {
			if seen, err := (scope{a.ID.String(), organizations}).attempt(t, app,
				`select from `+tb.name); tb.organization != "" && (err != nil || seen != tb.common(t, su, a.ID)) {
				t.Errorf("%s: no organization at all (%q) shows %d rows (%v)", tb.name, organizations, seen, err)
			}
		}
		// A transaction that had the scope leaves nothing on its connection.
		if seen, err := whole(a.ID).attempt(t, app, `select from `+tb.name); err != nil || seen == 0 {
			t.Errorf("%s: the scope shows nothing (%v)", tb.name, err)
		}
		if seen := column[int](t, app, `select count(*) from `+tb.name)[0]; seen != 0 {
			t.Errorf("%s: %d rows seen after the transaction that had a scope", tb.name, seen)
		}
		if _, err := app.Exec(t.Context(), inserting(t, su, tb.name),
			rowsOf(t, su, tb, a.ID)[0]); code(err) != notPermitted {
			t.Errorf("%s: a row was inserted without a scope: %v", tb.name, err)
		}
	}
}

func TestScopeOfOneOrganization(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	su, app := db.Superuser(t), connect(t, db.AppURL)
	a, _ := twoTenants(t, db, su)
	mine, other := a.organizations[0].ID, a.organizations[1].ID
	one := only(a.ID, mine)
	for _, tb := range tenantTables(t, su) {
		if tb.organization == "" {
			continue
		}
		own := column[int64](t, su, `select count(*) from `+tb.name+` where `+tb.organization+` = $1`, mine)[0] +
			tb.common(t, su, a.ID)
		both := column[int64](t, su, `select count(*) from `+tb.name+` where `+tb.organization+` in ($1, $2)`, mine,
			other)[0] + tb.common(t, su, a.ID)
		if seen, err := one.attempt(t, app, `select from `+tb.name); err != nil || seen != own {
			t.Errorf("%s: %d rows seen, the organization has %d (%v)", tb.name, seen, own, err)
		}
		if seen, err := only(a.ID, mine, other).attempt(t, app, `select from `+tb.name); err != nil || seen != both {
			t.Errorf("%s: %d rows seen, both organizations have %d (%v)", tb.name, seen, both, err)
		}
		before := rowsOf(t, su, tb, a.ID)
		for _, attack := range []string{
			fmt.Sprintf(`delete from %s where %s is distinct from '%s'`, tb.name, tb.organization, mine),
			fmt.Sprintf(`update %s set %s = '%s'`, tb.name, tb.organization, other),
			fmt.Sprintf(`update %s set workspace_id = workspace_id where %s is distinct from '%s'`, tb.name,
				tb.organization, mine),
		} {
			if touched, err := one.attempt(t, app, attack); touched != 0 || (err != nil && code(err) != notPermitted) {
				t.Errorf("%s: %d rows touched, error %v", attack, touched, err)
			}
		}
		for _, row := range column[string](t, su, `select to_jsonb(x)::text from `+tb.name+
			` x where workspace_id = $1 and `+tb.organization+` is distinct from $2`, a.ID, mine) {
			if _, err := one.attempt(t, app, inserting(t, su, tb.name), row); code(err) != notPermitted {
				t.Errorf("%s: a row of another organization was inserted, or refused for another reason: %v",
					tb.name, err)
			}
		}
		if after := rowsOf(t, su, tb, a.ID); !slices.Equal(before, after) {
			t.Errorf("%s: rows changed\nbefore %s\nafter  %s", tb.name, before, after)
		}
	}
}
