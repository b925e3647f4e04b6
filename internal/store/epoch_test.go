package store_test

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// raises are the acts that end everything an operator's password opened.
func raises(t testing.TB, db storetest.DB) map[string]func(store.Operator) error {
	return map[string]func(store.Operator) error{
		"a new password": func(o store.Operator) error {
			_, err := db.ChangePassword(t.Context(), o, "changed", store.Origin{}, today)
			return err
		},
		"signed out everywhere": func(o store.Operator) error {
			_, err := db.EndAllSessions(t.Context(), o, store.Origin{}, today)
			return err
		},
		"a reset on the host": func(o store.Operator) error {
			_, err := store.ResetPassword(t.Context(), db.OwnerURL, o.Email, "reset", today)
			return err
		},
		"disabled and enabled on the host": func(o store.Operator) error {
			_, err := store.DisableOperator(t.Context(), db.OwnerURL, o.Email, today)
			return errors.Join(err, store.EnableOperator(t.Context(), db.OwnerURL, o.Email, today))
		},
	}
}

// What an operator's password opened ends, whether it was stored before the
// raising or is stored afterwards by work that was in flight.
func TestRaisedEpochEndsWhatIsInFlight(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for what, raise := range raises(t, db) {
		ws, o := db.Workspace(t)
		scope := store.WholeWorkspace(ws.ID)
		session := signIn(t, db, o, today)
		tokenHash, invited := sha256.Sum256([]byte(rand.Text())), sha256.Sum256([]byte(rand.Text()))
		token := store.Token{ID: uuid.New(), OperatorID: o.ID, Name: "billing", Role: "owner", Every: true,
			CreatedAt: today, ExpiresAt: today.Add(time.Hour)}
		invitation := store.Invitation{ID: uuid.New(), Email: "new@msp.example", Role: "owner", Every: true,
			InvitedBy: o.ID, InvitedAt: today, ExpiresAt: today.Add(time.Hour)}
		make := func(tx *store.Tx) error {
			return errors.Join(tx.MakeToken(t.Context(), token, tokenHash[:]),
				tx.Invite(t.Context(), invitation, invited[:]))
		}
		within(t, db.Store, scope, make)
		// Keys that a thief typed would be saved with the next form of the operator's.
		within(t, db.Store, scope, func(tx *store.Tx) error {
			return tx.SaveDraft(t.Context(), o.ID, "integration", map[string]string{"admin_secret_key": "x"}, today)
		})
		device := sha256.Sum256([]byte(rand.Text()))
		if err := db.RememberDevice(t.Context(), o, nil, device[:], store.Origin{}, today); err != nil {
			t.Fatal(err)
		}
		found, err := db.FindSession(t.Context(), session, today, idle)
		if err != nil {
			t.Fatal(err)
		}
		if err := raise(found.Operator); err != nil {
			t.Fatal(what, ": ", err)
		}
		nothing := func(when string) {
			t.Helper()
			if _, err := db.FindSession(t.Context(), session, today, idle); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s, %s: the session is found (%v)", what, when, err)
			}
			if open, err := db.Sessions(t.Context(), o.ID, today, idle); err != nil || len(open) > 0 {
				t.Errorf("%s, %s: sessions %v (%v)", what, when, open, err)
			}
			if _, _, err := db.FindToken(t.Context(), ws.ID, tokenHash[:], "", today); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s, %s: the token is found (%v)", what, when, err)
			}
			if _, err := hold(t, db, scope, o.ID); !errors.Is(err, store.ErrEnded) {
				t.Errorf("%s, %s: a change can be committed (%v)", what, when, err)
			}
			err := db.InWorkspace(t.Context(), scope,
				func(tx *store.Tx) error { return tx.HoldOperator(t.Context(), o.ID, o.Epoch) })
			if !errors.Is(err, store.ErrEnded) {
				t.Errorf("%s, %s: an invitation can be accepted (%v)", what, when, err)
			}
		}
		nothing("at once")
		left := column[int](t, db.Superuser(t), `
			select (select count(*) from session where operator_id = $1) + (select count(*) from api_token where operator_id = $1) + (select count(*) from invitation where invited_by = $1) +
			       (select count(*) from device where operator_id = $1) + (select count(*) from draft where operator_id = $1)`, o.ID)[0]
		if left > 0 {
			t.Errorf("%s left %d rows", what, left)
		}

		if err := db.StartSession(t.Context(), db.Opening(t, o, session, today, today.Add(life)),
			today); !errors.Is(err,
			store.ErrEnded) {
			t.Errorf("%s: a sign-in in flight starts a session (%v)", what, err)
		}
		if err := db.RememberDevice(t.Context(), o, device[:], device[:], store.Origin{}, today); !errors.Is(err,
			store.ErrEnded) {
			t.Errorf("%s: a sign-in in flight makes a known device (%v)", what, err)
		}
		// As a process would that forgot to hold the operator, or one from before epochs.
		within(t, db.Store, scope, make)
		db.Exec(t,
			`insert into session (token_hash, operator_id, created_at, seen_at, ends_at, epoch) values ($1, $2, $3, $3, $4, $5)`, session, o.ID, today, today.Add(life), o.Epoch)
		nothing("stored late")
		err = db.InWorkspace(t.Context(), scope, func(tx *store.Tx) error {
			_, err := tx.HoldToken(t.Context(), o.ID, token.ID, today)
			return err
		})
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: a change by the token can be committed (%v)", what, err)
		}
		for again, raise := range raises(t, db) {
			if strings.Contains(again, "host") {
				continue
			}
			if err := raise(found.Operator); !errors.Is(err, store.ErrEnded) {
				t.Errorf("%s, then %s by a session that ended: %v", what, again, err)
			}
		}
	}
}

// An operator who was disabled by a statement, not by the host's command, has no
// earlier session after the host enables the account.
func TestEnablingRevivesNothing(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	_, o := db.Workspace(t)
	session := signIn(t, db, o, today)
	db.Exec(t, `update operator set disabled_at = now() where id = $1`, o.ID)
	if err := store.EnableOperator(t.Context(), db.OwnerURL, o.Email, today); err != nil {
		t.Fatal(err)
	}
	if _, err := db.FindSession(t.Context(), session, today, idle); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the session of before is found (%v)", err)
	}
	if err := db.StartSession(t.Context(), db.Opening(t, o, session, today, today.Add(life)), today); !errors.Is(err,
		store.ErrEnded) {
		t.Errorf("a sign-in that began before starts a session (%v)", err)
	}
}

// A reset waits for the change that is being committed, and tells the host of it.
func TestResetTellsOfTheChangeItWaitedFor(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, o := db.Workspace(t)
	second, _ := db.Workspace(t)
	if _, err := store.AddOperator(t.Context(), db.OwnerURL,
		store.NewOperator{Workspace: second.Name, Email: o.Email, Role: "owner"}); err != nil {
		t.Fatal(err)
	}
	record := func(tx *store.Tx, e store.Event, subject string, at time.Time) error {
		return tx.Record(t.Context(), store.Record{Event: e, Operator: o.ID, Subject: subject, At: at,
			Token: "billing"})
	}
	within(t, db.Store, store.WholeWorkspace(second.ID), func(tx *store.Tx) error {
		return errors.Join(record(tx, store.OperatorInvited, "elsewhere", today.Add(-23*time.Hour)),
			record(tx, store.MemberChanged, "long ago", today.Add(-25*time.Hour)),
			record(tx, store.RunsExported, "of no interest", today),
			tx.Invite(t.Context(), store.Invitation{ID: uuid.New(), Email: o.Email, Role: "auditor", Every: true,
				InvitedBy: o.ID, InvitedAt: today, ExpiresAt: today.Add(time.Hour)}, make([]byte, 32)))
	})
	held, goOn := make(chan struct{}), make(chan struct{})
	var both sync.WaitGroup
	both.Go(func() {
		err := db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			_, err := tx.Hold(t.Context(), o.ID, 0)
			close(held)
			<-goOn
			return errors.Join(err, record(tx, store.IntegrationSaved, "in flight", today))
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	var shut store.ShutOut
	both.Go(func() {
		var err error
		if shut, err = store.ResetPassword(t.Context(), db.OwnerURL, o.Email, "reset", today); err != nil {
			t.Error(err)
		}
	})
	su, until := db.Superuser(t), time.Now().Add(20*time.Second)
	for column[int](t, su,
		`select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%from operator where email%for no key update%'`)[0] == 0 {
		if time.Now().After(until) {
			close(goOn)
			t.Fatal("the reset did not wait")
		}
	}
	close(goOn)
	both.Wait()
	var told []string
	for _, c := range shut.Changes {
		told = append(told, c.Workspace+" "+c.Action+" "+c.Subject+" "+c.Token)
	}
	want := second.Slug + " invite-operator elsewhere billing, " + ws.Slug + " save-integration in flight billing"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("the host is told %q, want %q", got, want)
	}
	if shut.Invitations != 1 {
		t.Errorf("%d invitations ended, want 1", shut.Invitations)
	}
}

// An invitation that waits for an operator ends with a reset, also in a workspace
// where the operator is no member: a thief of the session may have asked for it.
func TestShutOutDropsInvitationsThatWait(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	_, o := db.Workspace(t)
	elsewhere, other := db.Workspace(t)
	for what, shut := range map[string]func() (store.ShutOut, error){
		"reset": func() (store.ShutOut, error) {
			return store.ResetPassword(t.Context(), db.OwnerURL, o.Email, "reset", today)
		},
		"disable": func() (store.ShutOut,
			error) {
			return store.DisableOperator(t.Context(), db.OwnerURL, o.Email, today)
		},
	} {
		hash := sha256.Sum256([]byte(what))
		within(t, db.Store, store.WholeWorkspace(elsewhere.ID), func(tx *store.Tx) error {
			return tx.Invite(t.Context(), store.Invitation{ID: uuid.New(), Email: o.Email, Role: "auditor", Every: true,
				InvitedBy: other.ID, InvitedAt: today, ExpiresAt: today.Add(time.Hour)}, hash[:])
		})
		if out, err := shut(); err != nil || out.Invitations != 1 {
			t.Errorf("%s: %+v (%v)", what, out, err)
		}
		err := db.InWorkspace(t.Context(), store.WholeWorkspace(elsewhere.ID), func(tx *store.Tx) error {
			_, err := tx.Invitation(t.Context(), hash[:], today)
			return err
		})
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: the invitation waits (%v)", what, err)
		}
	}
}

// The lock that a change holds on its operator's row is a lock and no more.
func TestHoldingAnOperatorChangesNothing(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, o := db.Workspace(t)
	for _, sql := range []string{`update operator set password_hash = 'stolen'`, `update operator set epoch = 0`,
		`update operator set theme = 'dark'`} {
		if err := raw(t.Context(), db, ws.ID, o.ID, sql); code(err) != notPermitted {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestSessionsAreTenAtMost(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	_, o := db.Workspace(t)
	var started [][]byte
	for n := range 10 {
		started = append(started, signIn(t, db, o, today.Add(time.Duration(n)*time.Second)))
	}
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() { signIn(t, db, o, today.Add(time.Minute)) })
	}
	all.Wait()
	if open, err := db.Sessions(t.Context(), o.ID, today, idle); err != nil || len(open) != 10 {
		t.Errorf("%d sessions (%v)", len(open), err)
	}
	for n, hash := range started {
		if _, err := db.FindSession(t.Context(), hash, today.Add(time.Minute), idle); (err == nil) != (n >= 5) {
			t.Errorf("session %d of the first ten: %v", n+1, err)
		}
	}
}

// A member's token ended with the sessions is the workspace's concern, and on its
// record.
func TestEndedTokensAreOnRecord(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	o := db.Member(t, ws, catalog.Technician)
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		return tx.MakeToken(t.Context(), store.Token{ID: uuid.New(), OperatorID: o.ID, Name: "ticket system",
			Role: "auditor", Every: true, CreatedAt: today, ExpiresAt: today.Add(time.Hour)}, make([]byte, 32))
	})
	if _, err := db.EndAllSessions(t.Context(), o, store.Origin{}, today); err != nil {
		t.Fatal(err)
	}
	su := db.Superuser(t)
	if said := column[string](t, su,
		`select summary from run where workspace_id = $1 and action = 'revoke-token' and subject = 'ticket system'`,
		ws.ID); len(said) != 1 || !strings.Contains(said[0], "ended together with all sessions") {
		t.Errorf("on record: %q", said)
	}
}
