package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// hold is what Hold says in a scope.
func hold(t testing.TB, db storetest.DB, sc store.Scope, operator uuid.UUID) (role string, err error) {
	t.Helper()
	err = db.InWorkspace(t.Context(), sc, func(tx *store.Tx) (err error) {
		role, err = tx.Hold(t.Context(), operator, 0)
		return err
	})
	return role, err
}

func TestHold(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	foreign, stranger := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme Dental", "Birch Legal")
	helpdesk := db.Member(t, ws, catalog.Helpdesk, made[0].ID)
	whole, acme, both := store.WholeWorkspace(ws.ID), store.Within(ws.ID, made[0].ID),
		store.Within(ws.ID, made[0].ID, made[1].ID)
	for _, c := range []struct {
		what     string
		scope    store.Scope
		operator uuid.UUID
		want     string
	}{
		{"owner, everywhere", whole, owner.ID, "owner"},
		{"owner, at an organization", acme, owner.ID, "owner"},
		{"member, at a chosen organization", acme, helpdesk.ID, "helpdesk"},
		{"member, at another too", both, helpdesk.ID, ""},
		{"member, everywhere", whole, helpdesk.ID, ""},
		{"somebody of another workspace", whole, stranger.ID, ""},
		{"owner, in another workspace", store.WholeWorkspace(foreign.ID), owner.ID, ""},
		{"nobody", whole, uuid.New(), ""},
	} {
		role, err := hold(t, db, c.scope, c.operator)
		if role != c.want || (c.want == "") != errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %q (%v), want %q", c.what, role, err, c.want)
		}
	}
	db.Exec(t, `update membership set disabled_at = now() where operator_id = $1`, helpdesk.ID)
	if _, err := hold(t, db, acme, helpdesk.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("disabled: %v", err)
	}
	if _, err := db.Access(t.Context(), helpdesk.ID, ws.Slug, ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("disabled, at an address: %v", err)
	}
	if found, err := db.WorkspacesOf(t.Context(), helpdesk.ID); err != nil || len(found) > 0 {
		t.Errorf("disabled, and enters %v (%v)", found, err)
	}
	// Disabled on the host, whether the epoch was raised with it or not.
	for what, disable := range map[string]func(store.Operator) error{
		"by the host's command": func(o store.Operator) error {
			_, err := store.DisableOperator(t.Context(), db.OwnerURL, o.Email, today)
			return err
		},
		"by a statement": func(o store.Operator) error {
			db.Exec(t, `update operator set disabled_at = now() where id = $1`, o.ID)
			return nil
		},
	} {
		o := db.Member(t, ws, catalog.Administrator)
		if err := disable(o); err != nil {
			t.Fatal(what, err)
		}
		epoch := column[int](t, db.Superuser(t), `select epoch from operator where id = $1`, o.ID)[0]
		err := db.InWorkspace(t.Context(), whole, func(tx *store.Tx) error {
			if _, err := tx.HoldGrant(t.Context(), o.ID, epoch); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("disabled %s, as to the grant: %v", what, err)
			}
			if err := tx.HoldOperator(t.Context(), o.ID, epoch); !errors.Is(err, store.ErrEnded) {
				t.Errorf("disabled %s, as to the operator: %v", what, err)
			}
			_, err := tx.Hold(t.Context(), o.ID, epoch)
			return err
		})
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("disabled %s: %v", what, err)
		}
	}
}

// A change of role and scope that is about to be committed is waited for, and
// what it says counts: the role, and the list of organizations.
func TestHoldSeesTheChangeItWaitedFor(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme Dental", "Birch Legal")
	for what, change := range map[string]string{
		"on the host":   `update operator set disabled_at = now() where id = $1`,
		"signed out":    `update operator set epoch = epoch + 1 where id = $1`,
		"role":          `update membership set role = 'auditor' where operator_id = $1`,
		"disabled":      `update membership set disabled_at = now() where operator_id = $1`,
		"ended":         `delete from membership where operator_id = $1`,
		"organizations": `with gone as (delete from membership_organization where operator_id = $1) update membership set role = role where operator_id = $1`,
	} {
		member := db.Member(t, ws, catalog.Technician, made[0].ID)
		su := db.Superuser(t)
		tx, err := su.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), change, member.ID); err != nil {
			t.Fatal(err)
		}
		answer := make(chan string)
		go func() {
			role, err := hold(t, db, store.Within(ws.ID, made[0].ID), member.ID)
			answer <- fmt.Sprint(role, err)
		}()
		waitForLock(t, db)
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprint("", store.ErrNotFound)
		switch what {
		case "role":
			want = "auditor<nil>"
		case "signed out":
			want = fmt.Sprint("", store.ErrEnded)
		}
		if got := <-answer; got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
}

// TestHoldToken: a token holds for its operator, where it reaches, until it
// runs out; and a revocation that is about to be committed is waited for.
func TestHoldToken(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, o := db.Workspace(t)
	foreign, other := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme Dental", "Birch Legal")
	keep := func(k store.Token) store.Token {
		t.Helper()
		k.ID, k.OperatorID, k.Name, k.CreatedAt, k.ExpiresAt = uuid.New(), o.ID, "billing "+k.Role, today,
			today.Add(time.Hour)
		hash := sha256.Sum256(k.ID[:])
		within(t, db.Store, store.WholeWorkspace(ws.ID),
			func(tx *store.Tx) error { return tx.MakeToken(t.Context(), k, hash[:]) })
		return k
	}
	holdToken := func(sc store.Scope, operator, id uuid.UUID, at time.Time) (role string, err error) {
		err = db.InWorkspace(t.Context(), sc, func(tx *store.Tx) (err error) {
			role, err = tx.HoldToken(t.Context(), operator, id, at)
			return err
		})
		return role, err
	}
	whole, acme := store.WholeWorkspace(ws.ID), store.Within(ws.ID, made[0].ID)
	every := keep(store.Token{Role: "technician", Every: true})
	chosen := keep(store.Token{Role: "helpdesk", Organizations: []uuid.UUID{made[0].ID}})
	for _, c := range []struct {
		what         string
		scope        store.Scope
		operator, id uuid.UUID
		at           time.Time
		want         string
	}{
		{"everywhere", whole, o.ID, every.ID, today, "technician"},
		{"until its last moment", whole, o.ID, every.ID, every.ExpiresAt.Add(-time.Second), "technician"},
		{"at a chosen organization", acme, o.ID, chosen.ID, today, "helpdesk"},
		{"at the moment it ends", whole, o.ID, every.ID, every.ExpiresAt, ""},
		{"long after", whole, o.ID, every.ID, every.ExpiresAt.Add(48 * time.Hour), ""},
		{"beyond the chosen organization", store.Within(ws.ID, made[1].ID), o.ID, chosen.ID, today, ""},
		{"of a chosen organization, everywhere", whole, o.ID, chosen.ID, today, ""},
		{"for another operator", whole, other.ID, every.ID, today, ""},
		{"in another workspace", store.WholeWorkspace(foreign.ID), o.ID, every.ID, today, ""},
		{"none", whole, o.ID, uuid.New(), today, ""},
	} {
		role, err := holdToken(c.scope, c.operator, c.id, c.at)
		if role != c.want || (c.want == "") != errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %q (%v), want %q", c.what, role, err, c.want)
		}
	}
	su := db.Superuser(t)
	tx, err := su.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `delete from api_token where id = $1`, every.ID); err != nil {
		t.Fatal(err)
	}
	answer := make(chan error)
	go func() {
		_, err := holdToken(whole, o.ID, every.ID, today)
		answer <- err
	}()
	waitForLockOf(t, db, "%for key share of k%")
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; !errors.Is(err, store.ErrNotFound) {
		t.Errorf("revoked meanwhile: %v", err)
	}
}

// waitForLock waits until somebody waits for a membership's row.
func waitForLock(t testing.TB, db storetest.DB) {
	t.Helper()
	waitForLockOf(t, db, "%for share of m%")
}

// waitForLockOf waits until a statement like another waits for a lock.
func waitForLockOf(t testing.TB, db storetest.DB, statement string) {
	t.Helper()
	su, until := db.Superuser(t), time.Now().Add(20*time.Second)
	for column[int](t, su, `select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like $1`,
		statement)[0] == 0 {
		if time.Now().After(until) {
			t.Fatal("nothing waits for a lock")
		}
	}
}

// raw sends one statement as the server, about one member.
func raw(ctx context.Context, db storetest.DB, ws, member uuid.UUID, sql string) error {
	conn, err := pgx.Connect(ctx, db.AppURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx,
			`select set_config('app.workspace', $1, true), set_config('app.organizations', '*', true), set_config('app.member', $2, true)`,
			ws.String(), member.String())
		if err == nil {
			_, err = tx.Exec(ctx, sql)
		}
		return err
	})
}

// A statement that forgets its WHERE changes the one member that the
// transaction names.
func TestForgottenWhereReachesOneMember(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme Dental")
	named, other := db.Member(t, ws, catalog.Helpdesk, made[0].ID), db.Member(t, ws, catalog.Helpdesk, made[0].ID)
	for _, sql := range []string{`update membership set role = 'owner', every_organization = true`,
		`delete from membership_organization`, `delete from membership`} {
		if err := raw(t.Context(), db, ws.ID, named.ID, sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	su := db.Superuser(t)
	if left := column[string](t, su, `select role from membership where workspace_id = $1 order by 1`,
		ws.ID); fmt.Sprint(left) != "[helpdesk owner]" {
		t.Errorf("left are %v", left)
	}
	if left := column[uuid.UUID](t, su, `select operator_id from membership_organization where workspace_id = $1`,
		ws.ID); len(left) != 1 || left[0] != other.ID {
		t.Errorf("organizations are left to %v", left)
	}
	for _, sql := range []string{
		fmt.Sprintf(
			`insert into membership (workspace_id, operator_id, role, every_organization) values ('%s', '%s', 'owner', true)`, ws.ID, owner(t, db)),
		fmt.Sprintf(
			`insert into membership_organization (workspace_id, operator_id, organization_id) values ('%s', '%s', '%s')`, ws.ID, other.ID, made[0].ID),
	} {
		if err := raw(t.Context(), db, ws.ID, named.ID, sql); code(err) != notPermitted {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func owner(t testing.TB, db storetest.DB) uuid.UUID {
	_, o := db.Workspace(t)
	return o.ID
}

// Whatever many do at once, and past the code that asks first, a workspace keeps
// an owner.
func TestLastOwnerStays(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ways := []string{`update membership set role = 'auditor'`, `update membership set disabled_at = now()`,
		`delete from membership`}
	for pair := range 12 {
		ws, first := db.Workspace(t)
		second := db.Member(t, ws, catalog.Owner)
		var both sync.WaitGroup
		failed := make(chan error, 2)
		for i, o := range []store.Operator{first, second} {
			both.Go(func() { failed <- raw(t.Context(), db, ws.ID, o.ID, ways[(pair+i)%len(ways)]) })
		}
		both.Wait()
		one, other := <-failed, <-failed
		if (one == nil) == (other == nil) || code(errors.Join(one, other)) != "23000" {
			t.Errorf("pair %d: %v and %v", pair, one, other)
		}
		owners(t, db, ws, 1)
	}

	ws, first := db.Workspace(t)
	all := []uuid.UUID{first.ID}
	for range 9 {
		all = append(all, db.Member(t, ws, catalog.Owner).ID)
	}
	var crowd sync.WaitGroup
	room := make(chan struct{}, 20) // connections
	for n := range 120 {
		crowd.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			if err := raw(t.Context(), db, ws.ID, all[n%len(all)], ways[n%len(ways)]); err != nil &&
				code(err) != "23000" {
				t.Error(err)
			}
		})
	}
	crowd.Wait()
	owners(t, db, ws, 1)
}

// owners checks how many owners of a workspace can sign in.
func owners(t testing.TB, db storetest.DB, ws store.Workspace, want int) {
	t.Helper()
	got := column[int](t, db.Superuser(t),
		`select count(*) from membership where workspace_id = $1 and role = 'owner' and disabled_at is null`, ws.ID)[0]
	if got != want {
		t.Errorf("%d owners are left, want %d", got, want)
	}
}
