package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// platform lists the tables that belong to no workspace. Every other table must
// carry workspace_id and row-level security.
var platform = []string{"account_event", "challenge", "device", "factor", "goose_db_version", "login_attempt", "proof",
	"oldest_binary", "operator", "process", "recovery_code", "sealing_key", "session", "sign_in", "workspace"}

// granted is all that the server's role may do. A verb more is a way for a
// broken server to do harm; one less breaks the product.
var granted = map[string]string{
	"account_event":           "DELETE INSERT SELECT",
	"api_token":               "DELETE INSERT SELECT UPDATE(refused_at) UPDATE(refused_from) UPDATE(used_at)",
	"api_token_organization":  "INSERT SELECT",
	"challenge":               "DELETE INSERT SELECT",
	"connection":              "DELETE INSERT SELECT UPDATE",
	"device":                  "DELETE INSERT SELECT UPDATE",
	"directory_key":           "DELETE INSERT SELECT UPDATE",
	"draft":                   "DELETE INSERT SELECT UPDATE",
	"duo_account":             "DELETE INSERT SELECT UPDATE",
	"factor":                  "DELETE INSERT SELECT UPDATE(credential) UPDATE(last_step) UPDATE(name) UPDATE(sealed_secret) UPDATE(used_at)",
	"factor_request":          "DELETE INSERT SELECT UPDATE(approved_at) UPDATE(approved_by)",
	"goose_db_version":        "SELECT",
	"integration_check":       "INSERT SELECT",
	"integration_secret":      "INSERT SELECT UPDATE(sealed_secret) UPDATE(state)",
	"invitation":              "DELETE INSERT SELECT",
	"invitation_organization": "INSERT SELECT",
	"index_pass": "DELETE INSERT SELECT UPDATE(begun_at) UPDATE(connection) UPDATE(failed_at) UPDATE(failure) UPDATE(id) " +
		"UPDATE(next_offset) UPDATE(seen) UPDATE(whole_at)",
	"index_user": "DELETE INSERT SELECT UPDATE(asked_at) UPDATE(detail) UPDATE(digest) UPDATE(gone_at) UPDATE(keys) " +
		"UPDATE(search)",
	"login_attempt": "DELETE INSERT SELECT",
	"membership": "DELETE INSERT(every_organization) INSERT(operator_id) INSERT(role) INSERT(workspace_id) SELECT " +
		"UPDATE(disabled_at) UPDATE(every_organization) UPDATE(role) UPDATE(seen_at)",
	"membership_organization": "DELETE INSERT SELECT",
	"oldest_binary":           "SELECT",
	"notice": "DELETE INSERT SELECT UPDATE(acknowledged_at) UPDATE(acknowledged_by) UPDATE(mail_next) UPDATE(mail_to) " +
		"UPDATE(mail_tries) UPDATE(mailed_at)",
	"operator":     "INSERT(email) INSERT(password_hash) SELECT UPDATE(density) UPDATE(epoch) UPDATE(grace_from) UPDATE(password_hash) UPDATE(theme) UPDATE(time_zone)",
	"organization": "INSERT SELECT UPDATE(aliases) UPDATE(archived_at) UPDATE(archived_by) UPDATE(colour) UPDATE(name) UPDATE(onboarding) UPDATE(revision) UPDATE(tags) UPDATE(time_zone)",
	"plan": "DELETE INSERT SELECT UPDATE(approved_at) UPDATE(approved_by) UPDATE(approved_epoch) UPDATE(digest) UPDATE(expires_at) UPDATE(input) " +
		"UPDATE(paused_why) UPDATE(revision) UPDATE(state) UPDATE(trail)",
	"plan_step": "DELETE INSERT SELECT UPDATE(attempt) UPDATE(facts) UPDATE(finished_at) UPDATE(lease_until) UPDATE(run_id) UPDATE(started_at) " +
		"UPDATE(state) UPDATE(summary) UPDATE(worker)",
	"process":       "INSERT(beats_every) INSERT(id) SELECT UPDATE(gone_at) UPDATE(heartbeat_at) UPDATE(settled_at)",
	"quota":         "INSERT SELECT UPDATE(most)",
	"quota_use":     "DELETE INSERT SELECT",
	"reading":       "INSERT SELECT UPDATE(rows)",
	"proof":         "DELETE INSERT SELECT",
	"recovery_code": "DELETE INSERT SELECT UPDATE(used_at)",
	"run":           "INSERT SELECT UPDATE(answer) UPDATE(facts) UPDATE(finished_at) UPDATE(state) UPDATE(subject) UPDATE(summary)",
	"contact":       "DELETE INSERT SELECT UPDATE",
	"run_open": "DELETE INSERT SELECT UPDATE(absent) UPDATE(doubt) UPDATE(facts) UPDATE(looked) UPDATE(looked_at) UPDATE(looker) UPDATE(pending) " +
		"UPDATE(subject) UPDATE(summary)",
	"sealing_key": "INSERT(key_id) INSERT(proof) SELECT",
	"session":     "DELETE INSERT SELECT UPDATE",
	"sign_in":     "DELETE INSERT SELECT UPDATE(tries)",
	"sign_on": "DELETE INSERT SELECT UPDATE(client_id) UPDATE(issuer) UPDATE(proved_at) UPDATE(role_claim) UPDATE(roles) " +
		"UPDATE(saved_at) UPDATE(saved_by) UPDATE(sealed_secret) UPDATE(version)",
	"sign_on_link":    "DELETE INSERT SELECT UPDATE(issuer) UPDATE(label) UPDATE(linked_at) UPDATE(subject) UPDATE(used_at)",
	"sign_on_refusal": "INSERT SELECT UPDATE(address) UPDATE(at) UPDATE(detail) UPDATE(times)",
	"visit":           "DELETE INSERT SELECT UPDATE(account) UPDATE(at) UPDATE(name)",
	"workspace": "SELECT UPDATE(factor_grace_days) UPDATE(ranges) UPDATE(rows_a_day) UPDATE(sign_on_break_glass) UPDATE(sign_on_provider) " +
		"UPDATE(tickets)",
}

// grants reads what the server's role, or everybody, may do with tables.
const grants = `
	select c.relname || ' ' || g.privilege_type
	from pg_class c cross join lateral aclexplode(c.relacl) g
	where c.relnamespace = 'public'::regnamespace and g.grantee in (0, 'console_app'::regrole)
	union all
	select c.relname || ' ' || g.privilege_type || '(' || a.attname || ')'
	from pg_class c join pg_attribute a on a.attrelid = c.oid cross join lateral aclexplode(a.attacl) g
	where c.relnamespace = 'public'::regnamespace and g.grantee in (0, 'console_app'::regrole)`

func TestServerRoleHasExactlyTheGrantedVerbs(t *testing.T) {
	t.Parallel()
	su := storetest.Open(t).Superuser(t)
	verbs := map[string][]string{}
	for _, grant := range column[string](t, su, grants) {
		name, verb, _ := strings.Cut(grant, " ")
		verbs[name] = append(verbs[name], verb)
	}
	got := map[string]string{}
	for name, list := range verbs {
		slices.Sort(list)
		got[name] = strings.Join(list, " ")
	}
	for _, name := range slices.Sorted(maps.Keys(joined(got, granted))) {
		if got[name] != granted[name] {
			t.Errorf("%s is granted %q, want %q", name, got[name], granted[name])
		}
	}
}

func joined(a, b map[string]string) map[string]string {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

// definers are the functions that run as their owner, past the policies of run and of the
// index: under those no index serves words or parts of a run's input. What they return is
// TestFunctionsReturnNoMoreThanPolicies' matter.
const definers = `'{search_runs,runs_of_phone,runs_of_user,runs_of_person,search_users}'`

// searched are the policies by which those functions read.
const searched = `('runsearched', 'index_usersearched')`

// Each query finds what breaks a rule of the tenancy; it must find nothing. $1 is
// the list of platform tables.
var lint = map[string]string{
	"a table without workspace_id not null": `
		select relname from tenant c where not exists (
			select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and a.attnotnull and a.atttypid = 'uuid'::regtype)`,
	"a table whose row-level security is not enabled and forced": `
		select relname from tenant where not (relrowsecurity and relforcerowsecurity)`,
	"a policy that does not ask for the workspace": `
		select tablename || '.' || policyname from pg_policies
		where not tablename = any ($1) and not (coalesce(qual, with_check) like '%app.workspace()%' and coalesce(with_check, qual) like '%app.workspace()%')
		and not (policyname = 'own' and cmd = 'SELECT' and qual like '%operator_id = %app.operator()%')
		and not (tablename || policyname in ` + searched + ` and cmd = 'SELECT' and roles = '{pg_database_owner}')`,
	"a policy of a table with organizations that does not ask for them": `
		select p.tablename || '.' || p.policyname from pg_policies p
		where (p.tablename = 'organization' or exists (select from information_schema.columns i
			where i.table_schema = 'public' and i.table_name = p.tablename and i.column_name = 'organization_id'))
		and p.policyname <> 'own' and not (p.tablename || p.policyname in ` + searched + ` and p.roles = '{pg_database_owner}') and coalesce(p.qual, p.with_check) not like '%app.organizations()%'`,
	"a unique index that does not begin with workspace_id": `
		select i.indexrelid::regclass::text from pg_index i join tenant c on c.oid = i.indrelid
		where i.indisunique and coalesce((select attname from pg_attribute a where a.attrelid = c.oid and a.attnum = i.indkey[0]), '') <> 'workspace_id'`,
	"a reference between tables of workspaces that leaves out the workspace": `
		select k.conrelid::regclass || '.' || k.conname from pg_constraint k join tenant c on c.oid = k.conrelid join tenant f on f.oid = k.confrelid
		where k.contype = 'f' and not exists (
			select from generate_subscripts(k.conkey, 1) i
			join pg_attribute mine on mine.attrelid = c.oid and mine.attnum = k.conkey[i] and mine.attname = 'workspace_id'
			join pg_attribute theirs on theirs.attrelid = f.oid and theirs.attnum = k.confkey[i] and theirs.attname = 'workspace_id')`,
	"a workspace or an organization that is named and not referred to": `
		select c.relname || '.' || a.attname from tenant c join pg_attribute a on a.attrelid = c.oid
		where c.relname <> 'organization' and a.attname in ('workspace_id', 'organization_id') and not exists (
			select from pg_constraint k where k.contype = 'f' and k.conrelid = c.oid and a.attnum = any (k.conkey)
			and (a.attname = 'workspace_id' or k.confrelid = 'organization'::regclass))`,
	"a view, which would see with its owner's eyes": `
		select relname from pg_class where relnamespace in ('public'::regnamespace, 'app'::regnamespace) and relkind in ('v', 'm')
		and not coalesce(relkind = 'v' and 'security_invoker=true' = any (reloptions), false)`,
	"a function that runs as its owner, or without a fixed search path": `
		select proname from pg_proc p where pronamespace in ('public'::regnamespace, 'app'::regnamespace)
		and (prosecdef and not (pronamespace = 'app'::regnamespace and proname = any (` + definers + `))
		     -- Names in a body of SQL are resolved when the function is made.
		     or (prosecdef or prosqlbody is null) and not coalesce(array_to_string(proconfig, ' ') like case when prosecdef then '%search_path=pg_catalog, pg_temp%' else '%search_path=%' end, false))
		and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e' and not prosecdef)`,
	"something that the server's role owns": `
		select relname from pg_class where relowner = 'console_app'::regrole
		union all select proname from pg_proc where proowner = 'console_app'::regrole
		union all select nspname from pg_namespace where nspowner = 'console_app'::regrole`,
	"a schema in which the server's role may create": `
		select nspname from pg_namespace where nspname in ('public', 'app') and has_schema_privilege('console_app', oid, 'create')`,
	"a power of the server's role, or a role that it may become": `
		select rolname from pg_roles where rolname = 'console_app' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolinherit)
		union all select roleid::regrole::text from pg_auth_members where member = 'console_app'::regrole`,
}

// tenantClasses names the tables under the rules for the queries of lint.
const tenantClasses = `with tenant as (
	select * from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relname = any ($1)) `

func TestSchemaKeepsTheRulesOfTenancy(t *testing.T) {
	t.Parallel()
	su := storetest.Open(t).Superuser(t)
	for what, sql := range lint {
		if found := offenders(t, su, sql); len(found) > 0 {
			t.Errorf("%s: %v", what, found)
		}
	}
	for _, name := range platform {
		if column[*string](t, su, `select to_regclass($1)::text`, name)[0] == nil {
			t.Errorf("%s is listed as a platform table and does not exist", name)
		}
	}
}

func offenders(t testing.TB, conn *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), tenantClasses+`select name::text from (`+sql+
		`) found (name) where $1::text[] is not null`, platform)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return found
}

// A granted verb without a policy fails closed, and nobody notices until a
// customer does.
func TestEveryGrantedVerbHasItsPolicy(t *testing.T) {
	t.Parallel()
	su := storetest.Open(t).Superuser(t)
	for _, tb := range tenantTables(t, su) {
		for _, verb := range []string{"SELECT", "INSERT", "UPDATE", "DELETE"} {
			if !strings.Contains(granted[tb.name], verb) {
				continue
			}
			covered := column[bool](t, su,
				`select exists (select from pg_policies where tablename = $1 and permissive = 'PERMISSIVE' and roles = '{public}'
				and cmd in ('ALL', $2) and case when $2 in ('INSERT', 'UPDATE') then coalesce(with_check, qual) else qual end is not null)`, tb.name, verb)[0]
			if !covered {
				t.Errorf("%s: no policy covers %s", tb.name, verb)
			}
		}
	}
}

// The lint must find what it forbids: each offence is committed in a transaction
// that is rolled back.
func TestLintFindsEachOffence(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	// In a database of its own, since the offences lock tables that tests use.
	url := otherDatabase(t, db)
	if _, err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	su := connect(t, url)
	for what, offence := range map[string]string{
		"a table without workspace_id not null":                                  `create table x (id uuid)`,
		"a table whose row-level security is not enabled and forced":             `alter table run no force row level security`,
		"a policy that does not ask for the workspace":                           `create policy x on run for select using (true)`,
		"a policy of a table with organizations that does not ask for them":      `create policy x on run for select using (workspace_id = app.workspace())`,
		"a unique index that does not begin with workspace_id":                   `create unique index x on organization (slug)`,
		"a reference between tables of workspaces that leaves out the workspace": `create unique index x on organization (id); alter table run add constraint x foreign key (organization_id) references organization (id)`,
		"a workspace or an organization that is named and not referred to":       `alter table connection drop constraint connection_workspace_id_organization_id_fkey`,
		"a view, which would see with its owner's eyes":                          `create view x as select * from run`,
		"a function that runs as its owner, or without a fixed search path":      `create function x() returns int language sql security definer set search_path = pg_catalog return 1`,
		"something that the server's role owns":                                  `alter table draft owner to console_app`,
		"a schema in which the server's role may create":                         `grant create on schema public to console_app`,
		"a power of the server's role, or a role that it may become": fmt.Sprintf(
			`create role %s; grant %[1]s to console_app`, randomName()),
	} {
		tx, err := su.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), offence); err != nil {
			t.Fatalf("%s: %v", offence, err)
		}
		if found := offenders(t, su, lint[what]); len(found) == 0 {
			t.Errorf("%s was not noticed: %s", what, offence)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(lint) != 12 {
		t.Error("a rule of the lint has no offence here")
	}
}
