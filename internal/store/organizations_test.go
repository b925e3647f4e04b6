package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

func TestSlugs(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	for _, c := range []struct{ name, want string }{
		{"Acme Dental, Inc.", "acme-dental-inc"},
		{"ACME dental inc", "acme-dental-inc-2"},
		{"Acme Dental  Inc", "acme-dental-inc-3"},
		{"Müller & Söhne GmbH", "muller-and-sohne-gmbh"},
		{"Straße Łódź Ørsted", "strasse-lodz-orsted"},
		{"Đurđevac", "durdevac"},
		{"Œuvre", "oeuvre"},
		{"Ελλάδα", "ellada"},
		{"Москва", "moskva"},
		{"Smith\u200b Co\u00ad", "smith-co"},
		{"A_b.c", "a-bc"},
		{"O'Brien’s", "obriens"},
		{"Hawai\u02bbi Dental", "hawaii-dental"},
		{"O\u2018Hara", "ohara"},
		{"O\u02bcHara \u201bt", "ohara-t"},
		{"O\u2032Hara O\u00b4Hara O`Hara O\uff07Hara", "ohara-ohara-ohara-ohara"},
		{"Ka\u02bfaba Qur\u02bea\u0304n", "kaaba-quran"},
		{"Ольга Сельхоз", "olga-selkhoz"},
		{"東京", "dong-jing"},
		{"مكتب", "mktb"},
		{"😀", "organization"},
		{"👍", "organization-2"},
		{"3M", "3m"},
		{"new", "new-2"},
		{"New!", "new-3"},
		{"--a--b--", "a-b"},
		{"<script>alert(1)</script>", "script-alert-1-script"},
		{"../../etc", "etc"},
		{strings.Repeat("x", 59) + " yyy", strings.Repeat("x", 59)},
		{strings.Repeat("n", 200), strings.Repeat("n", 60)},
		{strings.Repeat("n", 199), strings.Repeat("n", 60) + "-2"},
	} {
		if got := db.Organizations(t, ws, c.name)[0]; got.Slug != c.want || got.Name != c.name || got.Colour < 1 ||
			got.Colour > 12 {
			t.Errorf("%q became %+v, want the slug %q", c.name, got, c.want)
		}
	}
}

// A name that the table does not take must leave nothing behind and repeat
// nothing of the row in its error.
func TestNamesThatAreRefused(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	long := strings.Repeat("n", 300)
	for _, bad := range []string{long, "", "a\x00b", "\xff"} {
		err := db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			_, err := tx.CreateOrganizations(t.Context(), "good", bad)
			return err
		})
		if err == nil || strings.Contains(err.Error(), long) {
			t.Errorf("%.10q: error %v", bad, err)
		}
	}
	if left := seenIn(t, db.Store, store.WholeWorkspace(ws.ID)); len(left) != 0 {
		t.Errorf("refused, but %q is there", left)
	}
	made := db.Organizations(t, ws, "Acme")
	err := db.InWorkspace(t.Context(), store.Within(ws.ID, made[0].ID), func(tx *store.Tx) error {
		_, err := tx.CreateOrganizations(t.Context(), "Birch")
		return err
	})
	if code(err) != notPermitted {
		t.Errorf("created from the scope of one organization: %v", err)
	}
}

// A form that is sent twice, even at the same time, creates once.
func TestOrganizationWithAGivenID(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	other, _ := db.Workspace(t)
	id := uuid.New()
	create := func(ws store.Workspace) error {
		return db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			made, err := tx.CreateOrganization(t.Context(), id, "Acme")
			if err == nil && (made.ID != id || made.Slug != "acme") {
				t.Errorf("made %+v", made)
			}
			return err
		})
	}
	results := make(chan error, 10)
	for range cap(results) {
		go func() { results <- create(ws) }()
	}
	made := 0
	for range cap(results) {
		if err := <-results; err == nil {
			made++
		} else if !store.IsConflict(err, "organization_pkey") {
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("created %d times", made)
	}
	if err := create(other); err != nil {
		t.Errorf("the id that another workspace has: %v", err)
	}
}

func TestParallelCreationGivesDistinctSlugs(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
				_, err := tx.CreateOrganizations(t.Context(), "Acme", "Acme")
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if slugs := seenIn(t, db.Store, store.WholeWorkspace(ws.ID)); len(slugs) != 40 || !slices.Contains(slugs, "acme") ||
		!slices.Contains(slugs, "acme-40") {
		t.Errorf("%d slugs %q", len(slugs), slugs)
	}
}

func TestListOfOrganizations(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("Client %02d", i))
	}
	names = append(names, "100% Juice_Bar", "ÉCOLE")
	made := db.Organizations(t, ws, names...)
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		if err := tx.SaveAccounts(t.Context(), sharedAccounts, today); err != nil {
			return err
		}
		for i, a := range sharedAccounts {
			if err := tx.Map(t.Context(), made[i].ID, a.AccountID, owner.ID, today); err != nil {
				return err
			}
		}
		return tx.SetDirectoryKey(t.Context(), made[0].ID, "DKAAAAAAAAAAAAAAAAAA", owner.ID, today)
	})
	everything, one := store.WholeWorkspace(ws.ID), store.Within(ws.ID, made[0].ID)
	for what, c := range map[string]struct {
		scope  store.Scope
		filter store.Filter
		search string
		limit  int
		first  string
		listed int
		counts store.Counts
	}{
		"all": {filter: store.All, limit: 50, first: "100% Juice_Bar", listed: 14,
			counts: store.Counts{Organizations: 14, Mapped: 2, Keyed: 1, Matching: 14}},
		"unmapped": {filter: store.Unmapped, limit: 50, first: "100% Juice_Bar", listed: 12,
			counts: store.Counts{Organizations: 14, Mapped: 2, Keyed: 1, Matching: 12}},
		"without key": {filter: store.Unkeyed, limit: 50, first: "100% Juice_Bar", listed: 13,
			counts: store.Counts{Organizations: 14, Mapped: 2, Keyed: 1, Matching: 13}},
		"search": {search: "CLIENT 1", limit: 50, first: "Client 10", listed: 2,
			counts: store.Counts{Organizations: 14, Mapped: 2, Keyed: 1, Matching: 2}},
		"search and filter": {filter: store.Unmapped, search: "client 0", limit: 50, first: "Client 02", listed: 8,
			counts: store.Counts{Organizations: 14, Mapped: 2, Keyed: 1, Matching: 8}},
		"search with accent": {search: "école", limit: 50, first: "ÉCOLE", listed: 1,
			counts: store.Counts{Organizations: 14, Mapped: 2, Keyed: 1, Matching: 1}},
		"wildcard is text": {search: "%", limit: 50, first: "100% Juice_Bar", listed: 1,
			counts: store.Counts{Organizations: 14, Mapped: 2, Keyed: 1, Matching: 1}},
		"underscore is text": {search: "_", limit: 50, first: "100% Juice_Bar", listed: 1,
			counts: store.Counts{Organizations: 14, Mapped: 2, Keyed: 1, Matching: 1}},
		"nothing fits": {search: "zzz", limit: 50, listed: 0,
			counts: store.Counts{Organizations: 14, Mapped: 2, Keyed: 1}},
		"scope of one": {scope: one, limit: 50, first: "Client 00", listed: 1,
			counts: store.Counts{Organizations: 1, Mapped: 1, Keyed: 1, Matching: 1}},
	} {
		sc := c.scope
		if sc.Workspace() == uuid.Nil {
			sc = everything
		}
		within(t, db.Store, sc, func(tx *store.Tx) error {
			page, n, err := tx.Organizations(t.Context(),
				store.Query{Filter: string(c.filter), Search: c.search, Limit: c.limit})
			found := page.Rows
			if len(found) != c.listed || n != c.counts || (c.listed > 0 && found[0].Name != c.first) {
				t.Errorf("%s: %d listed, %+v, %+v", what, len(found), n, found)
			}
			return err
		})
	}
	within(t, db.Store, one, func(tx *store.Tx) error {
		found, err := tx.OrganizationsByID(t.Context(), []uuid.UUID{made[0].ID, made[1].ID, uuid.New()})
		if len(found) != 1 || found[0].ID != made[0].ID || found[0].AccountID != sharedAccounts[0].AccountID ||
			found[0].APIHostname != sharedAccounts[0].APIHostname || found[0].DirectoryKey == "" {
			t.Errorf("by id %+v", found)
		}
		return err
	})
}
