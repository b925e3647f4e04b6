package run_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/members"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

var (
	ownerGrant   = store.Grant{Role: "owner", EveryOrganization: true}
	auditorGrant = store.Grant{Role: "auditor", EveryOrganization: true}
)

// owners counts the owners who can sign in.
func owners(t *testing.T, d *runtest.Desk, sc store.Scope) int {
	t.Helper()
	n := 0
	err := d.InWorkspace(t.Context(), sc, func(tx *store.Tx) error {
		members, _, _, err := tx.Members(t.Context(), store.Query{Limit: 1000})
		for _, m := range members.Rows {
			if m.Role == "owner" && m.DisabledAt == nil {
				n++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Two owners demote each other at the same moment: one of them does it, the
// other is no owner any more.
func TestOwnersDemoteEachOther(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	var all sync.WaitGroup
	for range 15 {
		ws, first := d.DB.Workspace(t)
		second := d.Member(t, ws, catalog.Owner)
		all.Go(func() {
			demote := func(by, whom store.Operator, done chan<- error) {
				actor := run.Actor{Operator: by.ID, Role: catalog.Owner}
				done <- d.Members().ChangeMember(t.Context(), store.WholeWorkspace(ws.ID), actor, uuid.New(), whom.ID,
					ownerGrant, auditorGrant)
			}
			done := make(chan error, 2)
			go demote(first, second, done)
			go demote(second, first, done)
			one, other := <-done, <-done
			if (one == nil) == (other == nil) || !errors.Is(errors.Join(one, other), run.ErrForbidden) {
				t.Errorf("%v and %v", one, other)
			}
			if n := owners(t, d, store.WholeWorkspace(ws.ID)); n != 1 {
				t.Errorf("%d owners are left", n)
			}
		})
	}
	all.Wait()
}

// A hundred and twenty removals at once, of all kinds and by everybody of
// everybody, leave an owner.
func TestManyRemovalsLeaveAnOwner(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	team := []store.Operator{d.Owner}
	for range 7 {
		team = append(team, d.Member(t, d.Workspace, catalog.Owner))
	}
	var all sync.WaitGroup
	for n := range 120 {
		by, whom := run.Actor{Operator: team[n%8].ID, Role: catalog.Owner}, team[(n/8+n)%8].ID
		all.Go(func() {
			var err error
			switch n % 3 {
			case 0:
				err = d.Members().ChangeMember(t.Context(), d.Scope(), by, uuid.New(), whom, ownerGrant, auditorGrant)
			case 1:
				err = d.Members().DisableMember(t.Context(), d.Scope(), by, uuid.New(), whom)
			case 2:
				err = d.Members().EndMember(t.Context(), d.Scope(), by, uuid.New(), whom)
			}
			for _, expected := range []error{nil, run.ErrForbidden, members.ErrChangedMeanwhile, store.ErrNotFound,
				store.ErrLastOwner} {
				if errors.Is(err, expected) {
					return
				}
			}
			t.Error(err)
		})
	}
	all.Wait()
	if n := owners(t, d, d.Scope()); n != 1 {
		t.Errorf("%d owners are left", n)
	}
}

// Of many who accept one invitation at the same moment one becomes a member, and
// one form invites once.
func TestInvitationIsUsedOnce(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	actor := d.Actor(catalog.Owner)
	const email = "once.only@msp.example"
	i := store.Invitation{ID: uuid.New(), Email: email, Role: "technician", Every: true}
	tokens := make(chan string, 8)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			token, _, err := d.Members().Invite(t.Context(), d.Scope(), actor, i)
			var already *run.AlreadyRun
			if err == nil {
				tokens <- token
			} else if !errors.As(err, &already) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(tokens) != 1 {
		t.Fatalf("%d invitations by one form", len(tokens))
	}
	token := <-tokens
	accepted := make(chan store.Operator, 8)
	for range 8 {
		all.Go(func() {
			if operator, _, err := d.Members().AcceptAsNew(t.Context(), token, "hash", store.Origin{}); err == nil {
				accepted <- operator
			} else if !errors.Is(err, store.ErrNotFound) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(accepted) != 1 {
		t.Fatalf("accepted %d times", len(accepted))
	}
	if o := <-accepted; o.Email != email {
		t.Error(o)
	}
	// Accepting for another's invitation is refused and leaves it as it is.
	i.ID, i.Email = uuid.New(), "somebody.else@msp.example"
	token, _, err := d.Members().Invite(t.Context(), d.Scope(), actor, i)
	if err != nil {
		t.Fatal(err)
	}
	_, stranger := d.DB.Workspace(t)
	if _, err := d.Members().Accept(t.Context(), token, stranger, store.Origin{}); !errors.Is(err,
		members.ErrOtherOperator) {
		t.Error(err)
	}
	if _, err := d.Members().Invitation(t.Context(), token); err != nil {
		t.Error(err)
	}
}

// An invitation is void from the moment its inviter is no owner who can sign in,
// also for a person who has its page open: what is accepted is judged by the inviter of
// that moment.
func TestInvitationOfAnInviterWhoMayNotAnyMore(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	for what, change := range map[string]string{
		"demoted":                   `update membership set role = 'admin' where operator_id = $1`,
		"disabled in the workspace": `update membership set disabled_at = now() where operator_id = $1`,
		"ended":                     `delete from membership where operator_id = $1`,
		"disabled on the host":      `update operator set disabled_at = now() where id = $1`,
		"signed out":                `update operator set epoch = epoch + 1 where id = $1`,
	} {
		for _, meanwhile := range []bool{false, true} {
			inviter := d.Member(t, d.Workspace, catalog.Owner)
			_, known := d.DB.Workspace(t)
			invite := func(email string) string {
				t.Helper()
				i := store.Invitation{ID: uuid.New(), Email: email, Role: "owner", Every: true}
				token, _, err := d.Members().Invite(t.Context(), d.Scope(), d.ActorOf(inviter, catalog.Owner), i)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := d.Members().Invitation(t.Context(), token); err != nil {
					t.Fatal("the page does not open: ", err)
				}
				return token
			}
			toNew, toKnown := invite(strings.ToLower(rand.Text())+"@msp.example"), invite(known.Email)
			su := d.Superuser(t)
			tx, err := su.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(t.Context(), change, inviter.ID); err != nil {
				t.Fatal(err)
			}
			if !meanwhile {
				if err := tx.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			accepted := make(chan error, 2)
			go func() {
				_, _, err := d.Members().AcceptAsNew(t.Context(), toNew, "hash", store.Origin{})
				accepted <- err
				_, err = d.Members().Accept(t.Context(), toKnown, known, store.Origin{})
				accepted <- err
			}()
			if meanwhile {
				waitsFor(t, d, su)
				if err := tx.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				if err := <-accepted; !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s (meanwhile: %v): accepting says %v", what, meanwhile, err)
				}
			}
			if _, err := d.Members().Invitation(t.Context(), toKnown); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: the page opens (%v)", what, err)
			}
		}
	}
}

// waitsFor waits until a connection holds somebody else up.
func waitsFor(t testing.TB, d *runtest.Desk, holder *pgx.Conn) {
	t.Helper()
	look, pid := d.Superuser(t), holder.PgConn().PID()
	const waiting = `select count(*) from pg_stat_activity where $1 = any (pg_blocking_pids(pid))`
	for n, until := 0, time.Now().Add(20*time.Second); n == 0; {
		if time.Now().After(until) {
			t.Fatal("nothing waits")
		}
		if err := look.QueryRow(t.Context(), waiting, int(pid)).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}
