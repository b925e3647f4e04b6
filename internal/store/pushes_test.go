package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
)

// TestPushesWaitForEachOther: of two pushes to a user that are started at the same
// moment, the second sees the first, whichever commits first.
func TestPushesWaitForEachOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.Organizations(t, d.ws, "Acme Dental")[0].ID
	push := func(user string) store.Run {
		return store.Run{ID: uuid.New(), OrganizationID: &o, OperatorID: d.owner.ID, Action: "verify-caller",
			Input: map[string]string{}, StartedAt: today, AskedUser: user}
	}
	first, second, other := push("DU1"), push("DU1"), push("DU2")
	sent := func(tx *store.Tx, r store.Run) ([]store.Push, error) {
		if err := tx.StartRun(t.Context(), r, nil); err != nil {
			return nil, err
		}
		return tx.LockPushes(t.Context(), r, today.Add(-time.Minute))
	}
	type seen struct {
		pushes []store.Push
		err    error
	}
	answer := make(chan seen)
	err := d.in(t, func(tx *store.Tx) error {
		if found, err := sent(tx, first); err != nil || len(found) != 0 {
			t.Errorf("the first sees %+v (%v)", found, err)
		}
		go func() {
			var s seen
			s.err = d.in(t, func(tx *store.Tx) (err error) { s.pushes, err = sent(tx, second); return err })
			answer <- s
		}()
		su := d.Superuser(t)
		for column[int](t, su,
			`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%''push ''%'`)[0] == 0 {
			if err := t.Context().Err(); err != nil {
				return err
			}
			select {
			case s := <-answer:
				t.Fatalf("the second did not wait: %+v", s)
			default:
			}
		}
		// Another user is none of theirs.
		return d.in(t, func(tx *store.Tx) error {
			found, err := sent(tx, other)
			if len(found) != 0 {
				t.Errorf("of another user: %+v", found)
			}
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := <-answer; s.err != nil || len(s.pushes) != 1 || s.pushes[0].ID != first.ID || !s.pushes[0].Open ||
		s.pushes[0].Operator != d.owner.Email {
		t.Errorf("the second sees %+v", s)
	}
}

// TestFraudsLeaveTheScope: reports are looked for in the account wherever it was
// reached from, and nothing else is seen besides, then or after.
func TestFraudsLeaveTheScope(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.Organizations(t, d.ws, "Acme Dental", "Birch Legal")
	near, far := made[0].ID, made[1].ID
	foreign, _ := d.Workspace(t)
	report := func(o uuid.UUID, account, answer string) uuid.UUID {
		r := store.Run{ID: uuid.New(), OrganizationID: &o, AccountID: account, OperatorID: d.owner.ID,
			Action: "verify-caller", Input: map[string]string{}, StartedAt: today, AskedUser: "DUOLD"}
		if err := d.in(t, func(tx *store.Tx) error {
			if err := tx.StartRun(t.Context(), r, nil); err != nil {
				return err
			}
			return tx.FinishRun(t.Context(), r.ID, store.Ending{State: store.Refused, Answer: answer, Subject: "ada"},
				today.Add(time.Minute))
		}); err != nil {
			t.Fatal(err)
		}
		return r.ID
	}
	here, elsewhere := report(near, "DA1", "fraud"), report(far, "DA1", "fraud")
	report(near, "DA1", "denied")
	unrelated := report(far, "DA2", "fraud")
	for _, c := range []struct {
		organization uuid.UUID
		account      string
		since        time.Time
		scope        store.Scope
		want         []uuid.UUID
	}{
		{near, "DA1", today, store.Within(d.ws.ID, near), []uuid.UUID{here, elsewhere}},
		{near, "DA1", today, store.WholeWorkspace(d.ws.ID), []uuid.UUID{here, elsewhere}},
		{near, "", today, store.Within(d.ws.ID, near), []uuid.UUID{here}},
		{far, "DA2", today, store.Within(d.ws.ID, far), []uuid.UUID{elsewhere, unrelated}},
		{near, "DA1", today.Add(time.Minute), store.Within(d.ws.ID, near), nil},
		{near, "DA1", today, store.WholeWorkspace(foreign.ID), nil},
	} {
		err := d.InWorkspace(t.Context(), c.scope, func(tx *store.Tx) error {
			found, err := tx.Frauds(t.Context(), store.Organization{ID: c.organization, AccountID: c.account}, c.since)
			ids := map[uuid.UUID]bool{}
			for _, f := range found {
				if ids[f.ID] = true; f.UserID != "DUOLD" || f.Username != "ada" || f.Operator != d.owner.Email ||
					!f.AnsweredAt.Equal(today.Add(time.Minute)) {
					t.Errorf("%+v", f)
				}
			}
			for _, id := range c.want {
				if !ids[id] || len(ids) != len(c.want) {
					t.Errorf("%+v finds %+v", c, found)
				}
			}
			if len(c.want) == 0 && len(found) > 0 {
				t.Errorf("%+v finds %+v", c, found)
			}
			if err != nil || c.scope.Every() {
				return err
			}
			// The scope is what it was.
			outside := far
			if c.organization == far {
				outside = near
			}
			if _, err := tx.Organization(t.Context(), outside); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("after it another organization is seen: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
