package store_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/store/storetest"
)

// Checks of foreign keys look past row-level security: a reference that leaves
// the workspace out would tell whether another workspace's row exists.
func TestReferencesStayInTheWorkspace(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	su := db.Superuser(t)
	a, b := twoTenants(t, db, su)
	db.Exec(t, `update workspace set sign_on_break_glass = $2 where id = $1`, a.ID, a.owner.ID)
	rows, err := su.Query(t.Context(), `
		select k.conname, k.conrelid::regclass::text, k.confrelid::regclass::text,
		       array(select attname::text from unnest(k.conkey) with ordinality u (n, i) join pg_attribute on attrelid = k.conrelid and attnum = u.n order by i),
		       array(select attname::text from unnest(k.confkey) with ordinality u (n, i) join pg_attribute on attrelid = k.confrelid and attnum = u.n order by i)
		from pg_constraint k
		where k.contype = 'f' and k.connamespace = 'public'::regnamespace
		and exists (select from pg_attribute where attrelid = k.confrelid and attname = 'workspace_id') order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	type reference struct {
		Name, From, To   string
		Columns, Targets []string
	}
	references, err := pgx.CollectRows(rows, pgx.RowToStructByPos[reference])
	if err != nil {
		t.Fatal(err)
	}
	if len(references) < 5 {
		t.Fatal("the catalog lists too few references: ", references)
	}
	for _, r := range references {
		mine, theirs := strings.Join(r.Columns[1:], ", "), strings.Join(r.Targets[1:], ", ")
		const one = `(select %from from %to where workspace_id = $2 and (%from) is not null and (%from) not in (select %from from %to where workspace_id = $1 and (%from) is not null) limit 1)`
		target := strings.NewReplacer("%from", theirs, "%to", r.To).Replace(one)
		if len(column[int](t, su, `select 1 from `+target+` x where $1 <> $2`, a.ID, b.ID)) == 0 {
			t.Fatalf("%s: the second tenant has no row in %s that the first lacks: seed one in newTenant", r.Name, r.To)
		}
		// As a superuser: not even past the policies may such a row exist.
		_, err := su.Exec(t.Context(), `update `+r.From+` set (`+mine+`) = `+target+`
			where ctid = (select ctid from `+r.From+` where `+r.Columns[0]+` = $1 and (`+mine+
			`) is not null limit 1)`, a.ID, b.ID)
		if code(err) != foreignKeyBroken {
			t.Errorf("%s: a row of %s refers to another workspace's row of %s (%v)", r.Name, r.From, r.To, err)
		}
	}
}

// newTenant gives every tenant the same slugs, account ids and run ids; here the
// random ids are repeated too. A refusal would tell one customer about another.
func TestKeysOfAnotherWorkspaceAreFree(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	su, app := db.Superuser(t), connect(t, db.AppURL)
	_, b := twoTenants(t, db, su)
	fresh, _ := db.Workspace(t)
	order := []string{"organization", "membership", "membership_organization", "invitation", "invitation_organization",
		"api_token", "api_token_organization", "integration_secret", "integration_check", "draft", "duo_account",
		"connection", "directory_key", "contact", "index_pass", "index_user", "run", "run_open", "reading", "plan", "plan_step", "visit", "notice",
		"factor_request", "quota", "quota_use", "sign_on", "sign_on_link", "sign_on_refusal"}
	insertable := 0
	for _, tb := range tenantTables(t, su) {
		if strings.Contains(granted[tb.name], "INSERT") {
			insertable++
		}
	}
	if insertable != len(order) {
		t.Fatalf("%d tables take rows, %d are tried here", insertable, len(order))
	}
	for _, name := range order {
		columns := column[string](t, su, `select string_agg(quote_ident(attname), ', ') from pg_attribute
			where attrelid = $1::regclass and attnum > 0 and attgenerated = '' and has_column_privilege('console_app', attrelid, attnum, 'insert')`, name)[0]
		for _, row := range rowsOf(t, su, table{name: name}, b.ID) {
			mine := strings.ReplaceAll(row, b.ID.String(), fresh.ID.String())
			// A membership takes rows of the operator that the transaction names, and so does what is an operator's
			// own.
			if _, err := whole(fresh.ID).attempt(t, app,
				`insert into `+name+` (`+columns+`) select `+columns+` from jsonb_populate_record(null::`+name+`, $1),
				set_config('app.member', coalesce($1::jsonb->>'operator_id', ''), true), set_config('app.operator', coalesce($1::jsonb->>'operator_id', ''), true) as o`, mine); err != nil {
				t.Errorf("%s: the keys of another workspace are taken: %v", name, err)
			}
		}
	}
	if n := column[int](t, su, `select count(distinct workspace_id) from run where id = any ($1)`,
		[]uuid.UUID{sharedRuns[0]})[0]; n < 3 {
		t.Errorf("the same run id is in %d workspaces", n)
	}
}
