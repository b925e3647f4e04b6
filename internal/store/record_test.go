package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// What is recorded about the console itself stands beside the runs, closed, and
// nobody changes it any more.
func TestRecordIsARunThatIsClosed(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	a := newTenant(t, db, 1)
	whole := store.WholeWorkspace(a.ID)
	r := store.Record{Event: store.OrganizationMapped, Operator: a.owner.ID, Organization: a.organizations[0].ID,
		AccountID: "DA00000000000000TEST",
		Subject:   "Acme", Input: map[string]string{"account_id": "DA00000000000000TEST"},
		Summary: "Mapped to Acme, Inc.", At: today.Add(time.Hour)}
	within(t, db.Store, whole, func(tx *store.Tx) error { return tx.Record(t.Context(), r) })
	var got store.Run
	within(t, db.Store, whole, func(tx *store.Tx) error {
		runs, _, err := tx.FindRuns(t.Context(), store.RunFilter{}, nil, 1)
		if len(runs) == 1 {
			got = runs[0]
		}
		return err
	})
	if got.Action != "map-organization" || got.State != store.Applied || got.Subject != "Acme" ||
		got.Summary != r.Summary || got.OrganizationID == nil ||
		*got.OrganizationID != r.Organization || got.OperatorID != r.Operator || got.FinishedAt == nil ||
		!got.FinishedAt.Equal(r.At) || got.Input["account_id"] == "" {
		t.Errorf("record %+v", got)
	}
	err := db.InWorkspace(t.Context(), whole, func(tx *store.Tx) error {
		return tx.FinishRun(t.Context(), got.ID, store.Ending{State: store.Refused, Summary: "rewritten"}, today)
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a record was rewritten: %v", err)
	}
	err = db.InWorkspace(t.Context(), store.Within(a.ID, a.organizations[1].ID),
		func(tx *store.Tx) error { return tx.Record(t.Context(), r) })
	if err == nil {
		t.Error("a record of an organization was written from the scope of another")
	}
}

// An operator's sign-in concerns every workspace that the operator may enter,
// and no other.
func TestRecordEverywhere(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	second, _ := db.Workspace(t)
	stranger, _ := db.Workspace(t)
	if _, err := store.AddOperator(t.Context(), db.OwnerURL,
		store.NewOperator{Workspace: second.Name, Email: owner.Email, Role: "auditor"}); err != nil {
		t.Fatal(err)
	}
	if err := db.RecordEverywhere(t.Context(), store.Record{Event: store.SignedIn, Operator: owner.ID,
		Summary: "Signed in.", At: today}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ws   uuid.UUID
		want int
	}{{ws.ID, 1}, {second.ID, 1}, {stranger.ID, 0}} {
		within(t, db.Store, store.WholeWorkspace(c.ws), func(tx *store.Tx) error {
			runs, _, err := tx.FindRuns(t.Context(), store.RunFilter{}, nil, 10)
			n := len(slices.DeleteFunc(runs, func(r store.Run) bool { return r.Action != store.SignedIn.Slug }))
			if n != c.want {
				t.Errorf("%d records, want %d", n, c.want)
			}
			return err
		})
	}
}

// Somebody who is refused over and over must not fill the record.
func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	member := db.Member(t, ws, catalog.Auditor)
	refuse := func(who store.Operator, at time.Time) {
		r := store.Record{Event: store.Denied, Operator: who.ID, Input: map[string]string{"route": "POST /x"},
			Summary: "No.", At: at}
		if err := db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID),
			func(tx *store.Tx) error { return tx.RecordRefusal(t.Context(), r) }); err != nil {
			t.Error(err)
		}
	}
	count := func() int {
		var n store.RunCounts
		within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) (err error) {
			n, _, err = tx.CountRuns(t.Context(), store.RunFilter{}, nil)
			return err
		})
		return n.Total
	}
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() { refuse(member, today) })
	}
	all.Wait()
	if n := count(); n != 30 {
		t.Errorf("%d of 40 refusals within an hour are kept, want 30", n)
	}
	refuse(owner, today)
	refuse(member, today.Add(59*time.Minute))
	if n := count(); n != 31 {
		t.Errorf("%d records, want 31: another's refusal, and none more of the first", n)
	}
	refuse(member, today.Add(time.Hour))
	if n := count(); n != 32 {
		t.Errorf("%d records, want 32 when the hour is over", n)
	}
}
