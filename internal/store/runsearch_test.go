package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// pieces are what words of runs are made of here: common and rare ones, wildcards,
// capitals, other alphabets, and what no index of words knows.
var pieces = []string{"alpha", "Alpha", "beta", "gamma.beta", "INC-7", "INC-77", "%", "_", `\`, `\%`, "'", "ö", "ÖGÜZ",
	"ж", "ab", "a b", "  ", "zulu", "x_y", "100%", "@", "."}

func madeUp(r *rand.Rand, most int) string {
	var b strings.Builder
	for range r.IntN(most + 1) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

// fillRecord writes runs of several operators, organizations, times and states.
func fillRecord(t testing.TB, db storetest.DB, r *rand.Rand, a tenant, operators []store.Operator, n int) {
	t.Helper()
	su := db.Superuser(t)
	states := []string{store.Applied, store.Applied, store.Applied, store.Refused, store.Unknown, store.Sending}
	batch := &pgx.Batch{}
	for range n {
		var organization *uuid.UUID
		if i := r.IntN(3); i < 2 {
			organization = &a.organizations[i].ID
		}
		state, finished := states[r.IntN(len(states))], &today
		if state == store.Sending {
			finished = nil
		}
		input := map[string]string{"user_id": fmt.Sprintf("DU%d", r.IntN(3)),
			"phone_id": fmt.Sprintf("DP%d", r.IntN(3))}
		batch.Queue(`
			insert into run (workspace_id, id, organization_id, account_id, operator_id, action, subject, input, input_mac, ticket, state, summary, started_at, finished_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10, $11, $12, $13)`,
			a.ID, uuid.New(), organization, fmt.Sprintf("DA%d", r.IntN(2)), operators[r.IntN(len(operators))].ID,
			[]string{"verify-caller", "delete-user", "update-user"}[r.IntN(3)],
			madeUp(r, 3), input, madeUp(r, 1), state, madeUp(r, 4),
			today.Add(-time.Duration(r.IntN(40))*time.Minute), finished)
	}
	if err := su.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
}

// plainly reads what a filter finds without any index, limit or part.
func plainly(t testing.TB, su *pgx.Conn, a tenant, organizations []uuid.UUID, f store.RunFilter) []uuid.UUID {
	t.Helper()
	return column[uuid.UUID](t, su, `
		select r.id from run r join operator p on p.id = r.operator_id left join organization o on o.workspace_id = r.workspace_id and o.id = r.organization_id
		where r.workspace_id = $1 and ($2::uuid[] is null or r.organization_id = any ($2)) and r.started_at >= $3 and r.started_at < $4
		and ($5 = '' or o.slug = $5) and ($6 = '' or r.action = $6) and ($7 = '' or r.state = $7) and ($8::uuid is null or r.operator_id = $8)
		and (position(app.fold($9) in app.fold(r.subject || ' ' || r.summary || ' ' || r.ticket)) > 0 or position(app.fold($9) in p.email) > 0)
		order by r.started_at desc, r.id`,
		a.ID, organizations, f.From, f.To, f.Organization, f.Action, f.State, orNil(f.Operator), f.Search)
}

func orNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// partByPart reads all that a filter finds, in parts of a limit.
func partByPart(t testing.TB, s *store.Store, sc store.Scope, f store.RunFilter, limit int) (found []uuid.UUID,
	counted int) {
	t.Helper()
	ctx := t.Context()
	var next *store.RunMark
	read := func(f store.RunFilter) (found []uuid.UUID) {
		for more := true; more; more = next != nil {
			within(t, s, sc, func(tx *store.Tx) error {
				runs, mark, err := tx.FindRuns(ctx, f, next, limit)
				for _, r := range runs {
					found = append(found, r.ID)
				}
				next = mark
				return err
			})
		}
		return found
	}
	found = read(f)
	f.Oldest = true
	backwards := read(f)
	if slices.Reverse(backwards); !slices.Equal(found, backwards) {
		t.Errorf("%+v: from the oldest on %d runs are read, from the latest on %d, or in another order", f,
			len(backwards), len(found))
	}
	for more := true; more; more = next != nil {
		within(t, s, sc, func(tx *store.Tx) error {
			looked, err := tx.LookUp(ctx, f)
			if err != nil {
				return err
			}
			n, mark, err := tx.CountRuns(ctx, looked, next)
			counted += n.Of(f.State)
			next = mark
			return err
		})
	}
	return found, counted
}

// TestSearchFindsWhatAPlainScanFinds compares random searches, within scopes and
// with other filters, with a statement that reads everything: the same runs, in the
// same order, each once.
func TestSearchFindsWhatAPlainScanFinds(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	su := db.Superuser(t)
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	a, b := newTenant(t, db, 1), newTenant(t, db, 1)
	operators := []store.Operator{a.owner, a.member, db.Member(t, a.Workspace, catalog.Auditor)}
	fillRecord(t, db, r, a, operators, 250)
	fillRecord(t, db, r, b, []store.Operator{a.owner, b.owner}, 50)
	one, both := []uuid.UUID{a.organizations[0].ID}, []uuid.UUID{a.organizations[0].ID, a.organizations[1].ID}
	hits := 0
	for i := range 150 {
		f := store.RunFilter{Search: madeUp(r, 2), From: today.Add(-48 * time.Hour), To: today.Add(time.Hour)}
		switch r.IntN(6) {
		case 0:
			f.Search = operators[r.IntN(3)].Email[:4+r.IntN(12)]
		case 1:
			f.From, f.To = today.Add(-30*time.Minute), today.Add(-10*time.Minute)
		case 2:
			f.Operator, f.State = operators[r.IntN(3)].ID, store.Applied
		case 3:
			f.Organization, f.Action = a.organizations[r.IntN(2)].Slug, "update-user"
		}
		sc, organizations := store.WholeWorkspace(a.ID), []uuid.UUID(nil)
		switch i % 4 {
		case 1:
			sc, organizations = store.Within(a.ID, one...), one
		case 2:
			sc, organizations = store.Within(a.ID, both...), both
		}
		want := plainly(t, su, a, organizations, f)
		got, counted := partByPart(t, db.Store, sc, f, 1+r.IntN(80))
		if !slices.Equal(got, want) || counted != len(want) {
			t.Errorf("seed %d: %+v in %v: %d runs found and %d counted, a scan finds %d", seed, f, organizations,
				len(got), counted, len(want))
		}
		if hits += len(want); len(want) > 0 && f.Search != "" {
			hits++
		}
	}
	if hits < 100 {
		t.Error("the searches found next to nothing: VACUOUS")
	}
}

// TestSearchDoesNotDependOnOtherWorkspaces: operators who did nothing here, and whose addresses hold the words, do not
// make the words common: the index still answers, in one part.
func TestSearchDoesNotDependOnOtherWorkspaces(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	db.Exec(t, `
		insert into run (workspace_id, id, operator_id, action, subject, input, input_mac, ticket, state, summary, started_at, finished_at)
		select $1, gen_random_uuid(), $2, 'update-user', case when i = 200 then 'zeta-reticuli' else 'other' end, '{}', '', '', 'applied', '',
			now() - i * interval '1 minute', now()
		from generate_series(1, 200) i`, ws.ID, owner.ID)
	db.Exec(t, `
		insert into operator (id, email, password_hash)
		select gen_random_uuid(), 'zeta-reticuli' || i || '.' || gen_random_uuid() || '@elsewhere.example', '' from generate_series(1, 5) i`)
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		runs, next, err := tx.FindRuns(t.Context(), store.RunFilter{Search: "zeta-reticuli"}, nil, 10)
		if len(runs) != 1 || next != nil {
			t.Errorf("%d runs in the first part; the next begins behind %v", len(runs), next)
		}
		return err
	})
}

// TestFunctionsReturnNoMoreThanPolicies attacks the functions that run as their
// owner: whatever the settings and the inputs, they return what the policies show.
func TestFunctionsReturnNoMoreThanPolicies(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	su, app := db.Superuser(t), connect(t, db.AppURL)
	r := rand.New(rand.NewPCG(1, 2))
	a, b := newTenant(t, db, 1), newTenant(t, db, 1)
	for _, owner := range []tenant{a, b} {
		fillRecord(t, db, r, owner, []store.Operator{a.owner, b.owner}, 60)
	}
	db.Exec(t, `update run set facts = '{"users": ["DU1", "DU2"]}' where input ->> 'phone_id' = 'DP1'
		and workspace_id = any($1)`, []uuid.UUID{a.Workspace.ID, b.Workspace.ID})
	mine, theirs := a.organizations[0].ID, b.organizations[0].ID
	own := func(sql string) string {
		return `select id from run r where ` + sql + ` order by 1`
	}
	// The organization stands for the user: each has one of the same id.
	users := func(sql string) string { return `select organization_id from index_user where ` + sql + ` order by 1` }
	found := func(words, key string) string {
		return `organization_id from app.search_users(` + words + `, ` + key + `, 1000000)`
	}
	calls := []struct{ call, plain string }{
		{`app.search_runs('', '-infinity', 'infinity', 1000000)`, own(`true`)},
		{`app.search_runs('%', '-infinity', 'infinity', 1000000)`,
			own(`position('%' in app.fold(subject || ' ' || summary || ' ' || ticket)) > 0`)},
		{`app.search_runs('alpha', '-infinity', 'infinity', 1000000)`,
			own(`position('alpha' in app.fold(subject || ' ' || summary || ' ' || ticket)) > 0`)},
		{`app.search_runs('\', '-infinity', 'infinity', 1000000)`,
			own(`position('\' in app.fold(subject || ' ' || summary || ' ' || ticket)) > 0`)},
		{`app.search_runs(''') or true --', '-infinity', 'infinity', 1000000)`, own(`false`)},
		{`app.search_runs(null, '-infinity', 'infinity', null)`, own(`false`)},
		{`app.runs_of_phone('DA1', 'DP1', 1000000)`, own(`account_id = 'DA1' and input ->> 'phone_id' = 'DP1'`)},
		{`app.runs_of_user('DA1', 'delete-user', 'DU1')`,
			own(`account_id = 'DA1' and action = 'delete-user' and input ->> 'user_id' = 'DU1'`)},
		{`app.runs_of_person('DA1', 'DU1', 'infinity', gen_random_uuid(), 1000000)`,
			own(`account_id = 'DA1' and (input ->> 'user_id' = 'DU1' or facts -> 'users' ? 'DU1')`)},
		{`app.runs_of_person('DA1', 'DU2', 'infinity', gen_random_uuid(), 1000000)`,
			own(`account_id = 'DA1' and (input ->> 'user_id' = 'DU2' or facts -> 'users' ? 'DU2')`)},
		{`app.runs_of_person('DA1', '%', 'infinity', gen_random_uuid(), 1000000)`, own(`false`)},
		{found(`'{lovelace,ada}'`, `''`), users(`search like '%lovelace%'`)},
		{found(`'{ad}'`, `'nobody'`), users(`keys @> '{^ad}'`)},
		{found(`'{}'`, `'ada'`), users(`keys @> '{ada}'`)},
		{found(`'{%%%}'`, `null`), users(`false`)},
		{found(`'{___}'`, `'^'`), users(`false`)},
		{found(`array['50% off\']`, `''`), users(`position('50% off\' in search) > 0`)},
		{found(`array[''' or true --']`, `''' or true --'`), users(`false`)},
		{found(`array['''; --']`, `'''; --'`), users(`keys @> array['''; --']`)},
		{found(`array[null]::text[]`, `null`), users(`false`)},
	}
	scopes := []scope{
		whole(a.ID), whole(b.ID), only(a.ID, mine), only(a.ID, theirs), only(a.ID, mine, theirs),
		only(b.ID, mine), only(a.ID),
		{a.ID.String(), ""}, {"", "*"}, {"", ""}, {uuid.Nil.String(), "*"}, {a.ID.String(), "**"},
		{uuid.Nil.String(), "{" + mine.String() + "}"},
	}
	seen := 0
	for _, sc := range scopes {
		for _, c := range calls {
			var got, want []uuid.UUID
			err := pgx.BeginFunc(t.Context(), app, func(tx pgx.Tx) error {
				if _, err := tx.Exec(t.Context(),
					`select set_config('app.workspace', $1, true), set_config('app.organizations', $2, true),
					set_config('search_path', 'pg_temp, public', true), set_config('row_security', 'off', true)`,
					sc.workspace, sc.organizations); err != nil {
					return err
				}
				rows, err := tx.Query(t.Context(), `select `+c.call+` order by 1`)
				if err != nil {
					return err
				}
				if got, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID]); err != nil {
					return err
				}
				if rows, err = tx.Query(t.Context(), `select set_config('row_security', 'on', true)`); err == nil {
					rows.Close()
					rows, err = tx.Query(t.Context(), c.plain)
				}
				if err == nil {
					want, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
				}
				return err
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%v, %s: %d runs, the policies show %d (%v)", sc, c.call, len(got), len(want), err)
			}
			seen += len(got)
		}
	}
	if seen == 0 {
		t.Error("the functions return nothing: VACUOUS")
	}
	// A type of the caller's own does not run as the owner.
	db.Exec(t, `grant temporary on database `+databaseName(t, su)+` to console_app`)
	_, err := app.Exec(t.Context(), `
		create function pg_temp.caught(uuid[]) returns boolean language plpgsql as $$ begin raise exception 'ran as %', current_user; end $$;
		create domain pg_temp.uuid as text check (pg_temp.caught(null));
		create function pg_temp.lower(text) returns text language plpgsql as $$ begin raise exception 'ran as %', current_user; end $$`)
	if err != nil {
		t.Fatal(err)
	}
	if _,
		err := whole(a.ID).attempt(t, app, `select app.search_runs('alpha', '-infinity', 'infinity', 10)`); err != nil {
		t.Error("something of the caller's was run: ", err)
	}
}

func databaseName(t testing.TB, conn *pgx.Conn) string {
	t.Helper()
	return column[string](t, conn, `select quote_ident(current_database())`)[0]
}

// TestFunctionsWorkForAnOwnerWhomPoliciesBind: elsewhere in tests the owner is a
// superuser, which policies do not bind.
func TestFunctionsWorkForAnOwnerWhomPoliciesBind(t *testing.T) {
	t.Parallel()
	db := boundOwner(t).DB
	a := newTenant(t, db, 1)
	r := rand.New(rand.NewPCG(3, 4))
	fillRecord(t, db, r, a, []store.Operator{a.owner}, 80)
	su := db.Superuser(t)
	f := store.RunFilter{Search: "zulu", From: today.Add(-time.Hour), To: today.Add(time.Hour)}
	found, _ := partByPart(t, db.Store, store.WholeWorkspace(a.ID), f, 10)
	if want := plainly(t, su, a, nil, f); len(want) == 0 || !slices.Equal(found, want) {
		t.Errorf("%d runs found, a scan finds %d", len(found), len(want))
	}
	within(t, db.Store, store.WholeWorkspace(a.ID), func(tx *store.Tx) error {
		runs, err := tx.RunsOfPhone(t.Context(), "DA1", "DP1", 100)
		if want := column[int](t, su,
			`select count(*) from run where account_id = 'DA1' and input ->> 'phone_id' = 'DP1'`)[0]; len(
			runs) != want || want == 0 {
			t.Errorf("%d runs of the phone, want %d", len(runs), want)
		}
		return err
	})
}

// TestRunOperators lists each operator of a scope once, and nobody of another.
func TestRunOperators(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	su := db.Superuser(t)
	a, b := newTenant(t, db, 1), newTenant(t, db, 1)
	r := rand.New(rand.NewPCG(7, 8))
	idle := db.Member(t, a.Workspace, catalog.Auditor)
	fillRecord(t, db, r, a, []store.Operator{a.owner, a.member}, 40)
	fillRecord(t, db, r, b, []store.Operator{b.owner, idle}, 10)
	one := a.organizations[0].ID
	db.Exec(t, `update run set operator_id = $1 where workspace_id = $2 and organization_id = $3`,
		a.owner.ID, a.ID, one)
	for _, c := range []struct {
		scope         store.Scope
		organizations []uuid.UUID
	}{{store.WholeWorkspace(a.ID), nil}, {store.Within(a.ID, one), []uuid.UUID{one}}, {store.Within(a.ID, one,
		a.organizations[1].ID), []uuid.UUID{one, a.organizations[1].ID}}, {store.Within(a.ID), []uuid.UUID{}}} {
		want := column[string](t, su, `select distinct p.email from run r join operator p on p.id = r.operator_id
			where r.workspace_id = $1 and ($2::uuid[] is null or r.organization_id = any ($2)) order by 1`, a.ID,
			c.organizations)
		within(t, db.Store, c.scope, func(tx *store.Tx) error {
			found, err := tx.RunOperators(t.Context())
			var got []string
			for _, o := range found {
				got = append(got, o.Email)
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("%v: operators %v, want %v", c.organizations, got, want)
			}
			return err
		})
	}
}
