package store_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// TestPlanOfTheWorkspace: who may see one of its organizations sees the plan and the steps
// of their own; who may see all of them changes it, and nobody else does.
func TestPlanOfTheWorkspace(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	mine, other := newTenant(t, db, 1), newTenant(t, db, 2)
	near, far := mine.organizations[0].ID, mine.organizations[1].ID
	id := uuid.New()
	p := store.Plan{ID: id, Kind: "check-keys", Organizations: []uuid.UUID{near, far}}
	step := func(place int, o uuid.UUID) store.PlanStep {
		return store.PlanStep{ID: uuid.New(), OrganizationID: o, Place: place, Key: o.String(), Act: "check",
			State: store.StepWaiting}
	}
	one, all := store.Within(mine.ID, near), store.Within(mine.ID, near, far)
	begin := func(tx *store.Tx) error {
		if err := tx.AddPlan(t.Context(), p, mine.member.ID, today); err != nil {
			return err
		}
		return tx.ReplaceSteps(t.Context(), id, []store.PlanStep{step(1, near), step(2, far)})
	}
	if err := db.InWorkspace(t.Context(), one, begin); err == nil {
		t.Fatal("a plan was begun for an organization out of reach")
	}
	if err := db.InWorkspace(t.Context(), all, begin); err != nil {
		t.Fatal(err)
	}
	for name, as := range map[string]struct {
		scope     store.Scope
		sees, may bool
		steps     []uuid.UUID
	}{
		"all":                    {store.WholeWorkspace(mine.ID), true, true, []uuid.UUID{near, far}},
		"both":                   {all, true, true, []uuid.UUID{near, far}},
		"one":                    {one, true, false, []uuid.UUID{near}},
		"another organization":   {store.Within(mine.ID, uuid.New()), false, false, nil},
		"none":                   {store.Within(mine.ID), false, false, nil},
		"another workspace":      {store.WholeWorkspace(other.ID), false, false, nil},
		"its ids, as a stranger": {store.Within(other.ID, near, far), false, false, nil},
	} {
		err := db.InWorkspace(t.Context(), as.scope, func(tx *store.Tx) error {
			seen, err := tx.Plan(t.Context(), id)
			if (err == nil) != as.sees || err == nil && seen.Reached != as.may {
				t.Errorf("%s: %+v %v", name, seen, err)
			}
			steps, err := tx.PlanSteps(t.Context(), id)
			var of []uuid.UUID
			for _, s := range steps {
				of = append(of, s.OrganizationID)
			}
			if err != nil || !slices.Equal(of, as.steps) {
				t.Errorf("%s sees the steps of %v (%v)", name, of, err)
			}
			_, lock := tx.LockPlan(t.Context(), id)
			save := tx.SavePlan(t.Context(), store.Plan{ID: id, State: store.PlanCanceled,
				Input: map[string]json.RawMessage{}, ExpiresAt: today})
			for what, err := range map[string]error{"lock": lock, "save": save} {
				if as.may && err != nil || !as.may && !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s: %s: %v", name, what, err)
				}
			}
			return tx.DropOldPlans(t.Context(), today.Add(2*store.PlanLife))
		})
		if err != nil {
			t.Error(name, err)
		}
		kept := len(column[string](t, db.Superuser(t), `select id::text from plan where id = $1`, id)) == 1
		if kept == as.may {
			t.Errorf("%s: kept after it was dropped: %v", name, kept)
		}
		if !kept {
			if err := db.InWorkspace(t.Context(), all, begin); err != nil {
				t.Fatal(err)
			}
		}
	}
	// What the statements leave out the policies do too.
	app := connect(t, db.AppURL)
	for what, sql := range map[string]string{"update": `update plan set state = 'canceled' where id = $1`,
		"delete": `delete from plan where id = $1`} {
		if n, err := only(mine.ID, near).attempt(t, app, sql, id); err != nil || n != 0 {
			t.Errorf("%s by who sees a part: %d rows, %v", what, n, err)
		}
	}
}

// TestOnboardedAgainMeanwhile: an organization is onboarded again while the old draft is deleted. It goes on being
// onboarded: the mark is the new draft's.
func TestOnboardedAgainMeanwhile(t *testing.T) {
	t.Parallel()
	db := storetest.Apart(t)
	ws, operator := db.Workspace(t)
	o := db.Organizations(t, ws, "Birch Legal")[0].ID
	later := today.Add(2 * store.PlanLife)
	begin := func(tx *store.Tx, at time.Time) error {
		p := store.Plan{ID: uuid.New(), OrganizationID: o, Kind: store.OnboardingPlan}
		return errors.Join(tx.LockMapping(t.Context()), tx.SetOnboarding(t.Context(), o),
			tx.AddPlan(t.Context(), p, operator.ID, at))
	}
	whole := store.WholeWorkspace(ws.ID)
	within(t, db.Store, whole, func(tx *store.Tx) error { return begin(tx, today) })
	swept := make(chan error, 1)
	within(t, db.Store, whole, func(tx *store.Tx) error {
		err := begin(tx, later)
		go func() {
			swept <- db.InWorkspace(t.Context(), whole,
				func(tx *store.Tx) error { return tx.DropOldPlans(t.Context(), later) })
		}()
		waitForLockOf(t, db, "%'mapping '%")
		return err
	})
	if err := <-swept; err != nil {
		t.Fatal(err)
	}
	su := db.Superuser(t)
	if plans := column[int](t, su, `select count(*) from plan where organization_id = $1`, o)[0]; plans != 1 {
		t.Errorf("%d plans are left", plans)
	}
	if !column[bool](t, su, `select onboarding from organization where id = $1`, o)[0] {
		t.Error("it has an open draft, and is not being onboarded")
	}
}
