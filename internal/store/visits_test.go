package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

func recentSlugs(t testing.TB, s *store.Store, sc store.Scope, operator uuid.UUID) (slugs []string) {
	t.Helper()
	within(t, s, sc, func(tx *store.Tx) error {
		found, err := tx.RecentOrganizations(t.Context(), operator, 100)
		for _, o := range found {
			slugs = append(slugs, o.Slug)
		}
		return err
	})
	return slugs
}

func recentNames(t testing.TB, s *store.Store, sc store.Scope, operator uuid.UUID) (names []string) {
	t.Helper()
	within(t, s, sc, func(tx *store.Tx) error {
		found, err := tx.RecentUsers(t.Context(), operator, catalog.DeleteUser, 100)
		for _, u := range found {
			names = append(names, u.Name)
		}
		return err
	})
	return names
}

func TestVisitsAreAnOperatorsOwn(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme", "Birch", "Cedar")
	for _, o := range made {
		db.Exec(t,
			`insert into connection (workspace_id, organization_id, kind, mapped_by, mapped_at) values ($1, $2, 'own', $3, now())`, ws.ID, o.ID, owner.ID)
	}
	tech := db.Member(t, ws, catalog.Technician, made[0].ID, made[1].ID)
	whole, some := store.WholeWorkspace(ws.ID), store.Within(ws.ID, made[0].ID, made[1].ID)
	note := func(operator uuid.UUID, sc store.Scope, v store.Visit) {
		t.Helper()
		within(t, db.Store, sc, func(tx *store.Tx) error { return tx.NoteVisit(t.Context(), operator, v) })
	}
	for i, o := range made {
		note(tech.ID, whole, store.Visit{Organization: o.ID, At: today.Add(time.Duration(i) * time.Second)})
	}
	note(tech.ID, some, store.Visit{Organization: made[0].ID, UserID: "DU1", Name: "CANARY-Ada", At: today})
	note(tech.ID, some, store.Visit{Organization: made[2].ID, UserID: "DU2", Name: "out of scope", At: today})
	if got := recentSlugs(t, db.Store, whole, tech.ID); !slices.Equal(got, []string{"cedar", "birch", "acme"}) {
		t.Errorf("recent: %q", got)
	}
	if got := recentSlugs(t, db.Store, some, tech.ID); !slices.Equal(got, []string{"birch", "acme"}) {
		t.Errorf("recent in scope: %q", got)
	}
	if got := recentNames(t, db.Store, whole, tech.ID); !slices.Equal(got, []string{"CANARY-Ada"}) {
		t.Errorf("recent users: %q", got)
	}
	if a, b := recentSlugs(t, db.Store, whole, owner.ID), recentNames(t, db.Store, whole, owner.ID); len(a)+len(b) > 0 {
		t.Errorf("the owner sees what another operator opened: %q %q", a, b)
	}
	// Not past the statements either: row-level security shows an operator's rows to that operator.
	app := connect(t, db.AppURL)
	if seen, err := (scope{ws.ID.String(), "*"}).attempt(t, app, `select from visit`); err != nil || seen != 0 {
		t.Errorf("an owner reads %d visits (%v)", seen, err)
	}

	// Not written again within a minute; the name is the last one.
	note(tech.ID, some, store.Visit{Organization: made[0].ID, UserID: "DU1", Name: "too soon",
		At: today.Add(store.VisitEvery - time.Second)})
	if got := recentNames(t, db.Store, whole, tech.ID); !slices.Equal(got, []string{"CANARY-Ada"}) {
		t.Errorf("written within a minute: %q", got)
	}
	note(tech.ID, some, store.Visit{Organization: made[0].ID, UserID: "DU1", Name: "Ada Lovelace",
		At: today.Add(store.VisitEvery)})
	if got := recentNames(t, db.Store, whole, tech.ID); !slices.Equal(got, []string{"Ada Lovelace"}) {
		t.Errorf("after a minute: %q", got)
	}

	su := db.Superuser(t)
	for i := range 30 {
		note(tech.ID, some, store.Visit{Organization: made[1].ID, UserID: fmt.Sprintf("DUX%d", i), Name: fmt.Sprint(i),
			At: today.Add(time.Hour + time.Duration(i)*time.Second)})
	}
	if got := recentNames(t, db.Store, whole, tech.ID); len(got) != 20 || got[0] != "29" || got[19] != "10" {
		t.Errorf("%d users are kept: %q", len(got), got)
	}
	if got := recentSlugs(t, db.Store, whole, tech.ID); len(got) != 3 {
		t.Errorf("users pushed organizations out: %q", got)
	}
	if _, err := su.Exec(t.Context(), `delete from membership_organization where operator_id = $1; `,
		tech.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := su.Exec(t.Context(), `delete from membership where operator_id = $1`, tech.ID); err != nil {
		t.Fatal(err)
	}
	if n := column[int](t, su, `select count(*) from visit where workspace_id = $1`, ws.ID)[0]; n != 0 {
		t.Errorf("%d visits outlive the membership", n)
	}
}

// TestEnterOffersRecentOrganizationsFirst: in the round trip of each page.
func TestEnterOffersRecentOrganizationsFirst(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("Client %02d", i))
	}
	made := db.Organizations(t, ws, names...)
	tech := db.Member(t, ws, catalog.Technician, made[1].ID, made[2].ID, made[3].ID)
	for i, at := range []int{9, 15, 3, 12, 18, 7, 11, 5} { // 5 is the latest
		for _, operator := range []uuid.UUID{owner.ID, tech.ID} {
			within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
				return tx.NoteVisit(t.Context(), operator,
					store.Visit{Organization: made[at].ID, At: today.Add(time.Duration(i) * time.Second)})
			})
		}
	}
	for _, c := range []struct {
		operator     uuid.UUID
		organization string
		first        []string
		recent       int
		visited      bool
	}{
		{owner.ID, "", []string{"client-05", "client-11", "client-07", "client-18", "client-12", "client-03",
			"client-00", "client-01", "client-02"}, 6, false},
		{owner.ID, "client-05", []string{"client-11", "client-07", "client-18", "client-12", "client-03", "client-15",
			"client-00", "client-01", "client-02"}, 6, true},
		{owner.ID, "client-00", []string{"client-05", "client-11", "client-07", "client-18", "client-12", "client-03",
			"client-00", "client-01", "client-02"}, 6, false},
		{tech.ID, "", []string{"client-03", "client-01", "client-02"}, 1, false},
	} {
		a, err := db.Enter(t.Context(), c.operator, "", ws.Slug, c.organization, 9)
		var slugs []string
		recent := 0
		for _, o := range a.First {
			slugs = append(slugs, o.Slug)
			if o.Recent {
				recent++
			}
		}
		if err != nil || !slices.Equal(slugs, c.first) || recent != c.recent || (a.VisitedAt != nil) != c.visited {
			t.Errorf("at %q: %q, %d recent, visited %v (%v)", c.organization, slugs, recent, a.VisitedAt, err)
		}
	}
}

func TestHomeLooksPastReadsAndFindsReports(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme", "Birch")
	start := func(o int, action string, input map[string]string, at time.Time, answer string) {
		within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			r := store.Run{ID: uuid.New(), OrganizationID: &made[o].ID, OperatorID: owner.ID, Action: action,
				Input: input, StartedAt: at, AskedUser: "jroe"}
			if err := tx.StartRun(t.Context(), r, nil); err != nil {
				return err
			}
			return tx.FinishRun(t.Context(), r.ID,
				store.Ending{State: store.Applied, Summary: "Done.", Answer: answer}, at)
		})
	}
	start(0, "create-user", map[string]string{}, today.Add(-time.Minute), "")
	start(0, "admin-api-action", map[string]string{"method": "post"}, today.Add(-time.Minute), "")
	start(1, "verify-caller", map[string]string{}, today.Add(-time.Hour), "fraud")
	start(1, "verify-caller", map[string]string{}, today.Add(-100*time.Hour), "fraud")
	for range 30 {
		start(0, "list-users", map[string]string{}, today, "")
		start(0, "admin-api-action", map[string]string{"method": "get"}, today, "")
		start(0, "auth-api-action", map[string]string{"method": "post", "path": "/auth/v2/preauth"}, today, "")
	}
	for _, c := range []struct {
		scope  store.Scope
		acts   int
		frauds int
	}{{store.WholeWorkspace(ws.ID), 4, 1}, {store.Within(ws.ID, made[0].ID), 2, 0}} {
		within(t, db.Store, c.scope, func(tx *store.Tx) error {
			acts, err := tx.Acts(t.Context(), []string{"list-users"}, []string{"/auth/v2/preauth"}, 10)
			if err != nil || len(acts) != c.acts {
				t.Errorf("%d acts: %v", len(acts), err)
			}
			for _, r := range acts {
				if r.Action == "list-users" || r.Input["method"] == "get" || r.Input["path"] != "" {
					t.Errorf("a reading among acts: %+v", r)
				}
			}
			reports, total, err := tx.FraudReports(t.Context(), today.Add(-24*time.Hour), 5)
			if len(reports) != c.frauds || total != c.frauds {
				t.Errorf("%d reports of fraud, %d listed", total, len(reports))
			}
			return err
		})
	}
}
