package store_test

import (
	"context"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/migrations"
)

// withOneMore is this binary's migrations and one after them.
func withOneMore(t testing.TB, sql string) fs.FS {
	t.Helper()
	files := fstest.MapFS{"99990_one_more.sql": &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql + ";\n")}}
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}

// A migration that waits for a lock keeps everybody waiting who comes after it.
func TestMigrateQueuesNobodyBehindItself(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	url := otherDatabase(t, db)
	if _, err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	slow, other := connect(t, url), connect(t, url)
	reading, err := slow.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reading.Exec(t.Context(), `select count(*) from run`); err != nil {
		t.Fatal(err)
	}
	waits, done := make(chan string, 100), make(chan error, 1)
	go func() {
		_, err := store.MigrateFiles(t.Context(), url, withOneMore(t, `alter table run add column one_more text`),
			func(s string) { waits <- s })
		done <- err
	}()
	pid := strconv.Itoa(int(slow.PgConn().PID()))
	// More than once, so that it does try again.
	for range 2 {
		select {
		case said := <-waits:
			if !strings.Contains(said, pid) {
				t.Errorf("%q does not name process %s", said, pid)
			}
		case err := <-done:
			t.Fatal("migrated under a reader: ", err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := other.Exec(ctx, `select count(*) from run`); err != nil {
		t.Error("another reader waits as long as the first: ", err)
	}
	if err := reading.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error("not migrated when the reader had gone: ", err)
	}
	if column[int](t, other,
		`select count(*) from information_schema.columns where table_name = 'run' and column_name = 'one_more'`)[0] != 1 {
		t.Error("the migration is not there")
	}
	// The binary from before it still serves.
	if err := open(t, db, url).CheckSchema(t.Context()); err != nil {
		t.Error("the way back is closed: ", err)
	}
	if err := open(t, db, url).CheckSchemaOf(t.Context(), withOneMore(t, `select 1`)); err != nil {
		t.Error("the binary of the migration is refused: ", err)
	}
}

var (
	upOnly = regexp.MustCompile(`(?s)-- \+goose Up(.*?)(-- \+goose Down|$)`)
	// What takes something away, or refuses what an older binary writes.
	contracts = regexp.MustCompile(
		`(?i)\bdrop (table|column|function|schema|view|policy)\b|\brename\b|\bset not null\b|\brevoke\b|` +
			`\balter (column )?\w+ type\b|\balter table [^;]*\bdrop\b`)
)

// takesAway returns what a migration takes from older binaries without saying so.
func takesAway(sql string) string {
	up := upOnly.FindStringSubmatch(sql)
	if up == nil || strings.Contains(up[1], "update oldest_binary") {
		return ""
	}
	// A column that may be empty from now on takes what older binaries write, and so does one whose check goes.
	return contracts.FindString(regexp.MustCompile(
		`(?im)--.*$|\bdrop not null\b|\bdrop constraint \w+_check\b`).ReplaceAllString(up[1], ""))
}

// From the marker on, a migration that takes something away raises it.
func TestMigrationsExpandOrRaiseTheOldestBinary(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(names) < 20 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		sql, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		if taken := takesAway(string(sql)); taken != "" && name > "00075" {
			t.Errorf(
				"%s: %q breaks the binary before it: raise oldest_binary in it, one release after the last binary that needs it", name, taken)
		}
	}
	for sql, want := range map[string]bool{
		"-- +goose Up\nalter table run add x text;\n-- +goose Down\nalter table run drop x;":      false,
		"-- +goose Up\n-- drop table run\nselect 1;":                                              false,
		"-- +goose Up\nalter table run alter x drop not null;":                                    false,
		"-- +goose Up\nalter table run\n  drop x;":                                                true,
		"-- +goose Up\nalter table run rename x to y;":                                            true,
		"-- +goose Up\nalter table run alter column x type int;":                                  true,
		"-- +goose Up\nrevoke select on run from console_app;":                                    true,
		"-- +goose Up\ndrop table x; update oldest_binary set schema_version = 80;":               false,
		"-- +goose Up\nalter table run alter x set not null;\n-- +goose Down\nselect 1;":          true,
		"-- +goose Up\ndrop policy seen on run;\ncreate policy seen on run for select using (x);": true,
	} {
		if got := takesAway(sql); (got != "") != want {
			t.Errorf("%q: found %q", sql, got)
		}
	}
}

// An index whose building was cut off stays behind, not valid and of no use: the same
// migration makes it again.
func TestHalfBuiltIndexesAreBuiltAgain(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	url := otherDatabase(t, db)
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	before := fstest.MapFS{}
	for _, name := range names {
		if data, err := fs.ReadFile(migrations.Files, name); err == nil && name < "00086" {
			before[name] = &fstest.MapFile{Data: data}
		}
	}
	if _, err := store.MigrateFiles(t.Context(), url, before, func(string) {}); err != nil {
		t.Fatal(err)
	}
	su := connect(t, url)
	left := []string{"run_search", "run_phone", "run_user", "run_action_latest"}
	for _, name := range left {
		if _, err := su.Exec(t.Context(), `create index `+name+` on run (ticket)`); err != nil {
			t.Fatal(err)
		}
		if _, err := su.Exec(t.Context(), `update pg_index set indisvalid = false where indexrelid = $1::regclass`,
			name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	for _, name := range left {
		if column[int](t, su,
			`select count(*) from pg_index where indexrelid = $1::regclass and indisvalid and pg_get_indexdef(indexrelid) not like '%(ticket)'`, name)[0] != 1 {
			t.Error(name, " is still the half-built one")
		}
	}
}

// TestRecordsOfBeforeAreFoldedAgain: the index of the record finds by app.fold as it is
// now what was recorded before, and what a session records that was open all the time.
func TestRecordsOfBeforeAreFoldedAgain(t *testing.T) {
	t.Parallel()
	url := otherDatabase(t, storetest.Open(t))
	before := fstest.MapFS{}
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if data, err := fs.ReadFile(migrations.Files, name); err == nil && name < "00087" {
			before[name] = &fstest.MapFile{Data: data}
		}
	}
	if _, err := store.MigrateFiles(t.Context(), url, before, func(string) {}); err != nil {
		t.Fatal(err)
	}
	su, workspace := connect(t, url), uuid.New()
	record := func(subject string) {
		t.Helper()
		if _,
			err := su.Exec(t.Context(),
			`insert into run (workspace_id, id, account_id, operator_id, action, subject, input, input_mac, ticket, state, summary, started_at, finished_at)
			values ($1, gen_random_uuid(), 'DA', gen_random_uuid(), 'update-user', $2, '{}', '', '', 'applied', 'Done.', now(), now())`, workspace, subject); err != nil {
			t.Fatal(err)
		}
	}
	found := func(conn *pgx.Conn, words string) int {
		t.Helper()
		return column[int](t, conn,
			`select count(*) from run where app.fold(subject || ' ' || summary || ' ' || ticket) like '%`+words+`%'`)[0]
	}
	for _, setting := range []string{`set session_replication_role = replica`, `set enable_seqscan = off`,
		`set enable_indexscan = off`} {
		if _, err := su.Exec(t.Context(), setting); err != nil {
			t.Fatal(err)
		}
	}
	record("ja\ufffdne doe")
	record("ma\u2065ry doe")
	for _, words := range []string{"jane doe", "mary doe"} {
		if n := found(su, words); n != 0 {
			t.Fatal("found before: ", n)
		}
	}
	// as an interrupted run leaves it
	if _, err := su.Exec(t.Context(), `create index run_search_ccnew on run (ticket)`); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	record("jo\ufffdhn doe")
	record("jim\u2065my doe")
	for _, words := range []string{"jane doe", "john doe", "mary doe", "jimmy doe"} {
		if n := found(su, words); n != 1 {
			t.Errorf("%d runs are found by %q", n, words)
		}
	}
	plan := strings.Join(column[string](t, su,
		`explain select 1 from run where app.fold(subject || ' ' || summary || ' ' || ticket) like '%jane doe%'`), "\n")
	if !strings.Contains(plan, "run_search") {
		t.Error("the index is not used: ", plan)
	}
	if left := column[string](t, su,
		`select c.relname::text from pg_class c join pg_index i on i.indexrelid = c.oid where c.relname like 'run_search%' or not i.indisvalid`); !slices.Equal(left, []string{"run_search"}) {
		t.Error("indexes: ", left)
	}
}
