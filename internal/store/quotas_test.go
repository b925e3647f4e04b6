package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// TestUsesCountEverywhere: within one organization, an operator's uses in others count, but
// for a run that Duo refused there.
func TestUsesCountEverywhere(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	orgs := db.Organizations(t, ws, "Acme", "Bright")
	now := time.Now()
	uses := func(sc store.Scope, o store.Organization, refused bool) (err error) {
		id := uuid.New()
		within(t, db.Store, sc, func(tx *store.Tx) error {
			if err := tx.StartRun(t.Context(), store.Run{ID: id, OrganizationID: &o.ID, OperatorID: owner.ID,
				Action: "create-user", Input: map[string]string{}, StartedAt: now}, nil); err != nil {
				return err
			}
			u := store.QuotaUse{Operator: owner.ID, Quota: "sms", Amount: 4, Run: id, At: now}
			if err = tx.MayUse(t.Context(), u, time.Hour, 10); err != nil {
				return nil
			}
			if err := tx.AddUse(t.Context(), u); err != nil || !refused {
				return err
			}
			return tx.FinishRun(t.Context(), id, store.Ending{State: store.Refused}, now)
		})
		return err
	}
	first, second := store.Within(ws.ID, orgs[0].ID), store.Within(ws.ID, orgs[1].ID)
	for _, err := range []error{uses(first, orgs[0], false), uses(first, orgs[0], true), uses(first, orgs[0], false)} {
		if err != nil {
			t.Error(err)
		}
	}
	var over *store.OverQuota
	if err := uses(second, orgs[1], false); !errors.As(err, &over) || over.Used != 8 ||
		over.Until.Sub(now.Add(time.Hour)).Abs() > time.Millisecond {
		t.Errorf("in another organization: %v %+v", err, over)
	}
}

// TestUsesStay: the server cannot take back what counts, and other scopes than the whole
// workspace set no limits.
func TestUsesStay(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	orgs := db.Organizations(t, ws, "Acme")
	app := connect(t, db.AppURL)
	use := store.QuotaUse{Operator: owner.ID, Quota: "sms", Amount: 1, At: time.Now()}
	old := use
	old.At = use.At.Add(-31 * 24 * time.Hour)
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		return errors.Join(tx.AddUse(t.Context(), use), tx.NoteAbove(t.Context(), use,
			store.Record{Event: store.QuotaReached, Operator: owner.ID, At: use.At}))
	})
	if n, err := whole(ws.ID).attempt(t, app, `delete from quota_use`); n != 0 || err != nil {
		t.Errorf("%d uses were deleted (%v)", n, err)
	}
	for _, statement := range []string{`update quota_use set amount = 0`, `update quota_use set at = now()`} {
		if _, err := whole(ws.ID).attempt(t, app, statement); code(err) != notPermitted {
			t.Errorf("%s: %v", statement, err)
		}
	}
	err := db.InWorkspace(t.Context(), store.Within(ws.ID, orgs[0].ID), func(tx *store.Tx) error {
		return tx.SetLimits(t.Context(), []store.Limit{{Quota: "sms", Role: "owner", Most: 5}},
			store.Record{Event: store.QuotasSet, Operator: owner.ID, At: use.At})
	})
	if err == nil {
		t.Error("a part of the workspace set a limit")
	}
	// What is old goes with the next use.
	count := func() int {
		return column[int](t, db.Superuser(t), `select count(*) from quota_use where workspace_id = $1`, ws.ID)[0]
	}
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error { return tx.AddUse(t.Context(), old) })
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error { return tx.AddUse(t.Context(), use) })
	if n := count(); n != 3 {
		t.Errorf("%d uses are kept", n)
	}
}

// TestAboveIsBounded: an operator at the end of a quota is noted once in five minutes, with
// a record.
func TestAboveIsBounded(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	other := db.Member(t, ws, catalog.Helpdesk)
	now := time.Now()
	note := func(o store.Operator, quota string, at time.Time) {
		t.Helper()
		within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			return tx.NoteAbove(t.Context(), store.QuotaUse{Operator: o.ID, Quota: quota, At: at},
				store.Record{Event: store.QuotaReached, Operator: o.ID, At: at})
		})
	}
	for range 5 {
		note(owner, "sms", now)
	}
	note(owner, "files", now.Add(time.Second))
	note(other, "sms", now.Add(2*time.Second))
	note(owner, "sms", now.Add(6*time.Minute))
	var got []string
	var total, records int
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		found, n, err := tx.AboveQuotas(t.Context(), now.Add(-time.Hour), 2)
		for _, a := range found {
			got = append(got, fmt.Sprint(a.Operator, " ", a.Quota, " ", a.Times))
		}
		total = n
		runs, _, findErr := tx.FindRuns(t.Context(), store.RunFilter{Action: store.QuotaReached.Slug}, nil, 100)
		records = len(runs)
		return errors.Join(err, findErr)
	})
	want := fmt.Sprint([]string{owner.Email + " sms 2", other.Email + " sms 1"})
	if fmt.Sprint(got) != want || total != 3 || records != 4 {
		t.Errorf("%v of %d, want %s; %d records", got, total, want, records)
	}
}
