package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// listed is a row of any list, as the tests of pages see it.
type listed struct {
	id  uuid.UUID
	key string // what the list is sorted by, as Go compares it
}

// pager reads one page of a list.
type pager func(*testing.T, store.Query) store.Page[listed]

// turning walks through a list, forwards or backwards, and has meanwhile happen before each further page.
func turning(t *testing.T, read pager, q store.Query, meanwhile func()) (seen []listed) {
	t.Helper()
	for {
		page := read(t, q)
		rows := slices.Clone(page.Rows)
		next := page.Next
		if q.Before {
			slices.Reverse(rows)
			next = page.Previous
		}
		seen = append(seen, rows...)
		if len(page.Rows) > q.Limit || len(page.Rows) == 0 && next != nil {
			t.Fatalf("a page of %d has %d rows", q.Limit, len(page.Rows))
		}
		if q.From = next; next == nil {
			return seen
		}
		meanwhile()
	}
}

// wantTurned checks that a walk saw every row that was there all the time, none twice, and all in order.
func wantTurned(t *testing.T, what string, seen []listed, stayed map[uuid.UUID]bool, descending bool) {
	t.Helper()
	ids := map[uuid.UUID]bool{}
	for i, row := range seen {
		if ids[row.id] {
			t.Errorf("%s: %q was shown twice", what, row.key)
		}
		ids[row.id] = true
		if i == 0 {
			continue
		}
		before := seen[i-1]
		order := cmp.Or(cmp.Compare(before.key, row.key), cmp.Compare(before.id.String(), row.id.String()))
		if descending {
			order = -order
		}
		if order >= 0 {
			t.Errorf("%s: %q is shown before %q", what, before.key, row.key)
		}
	}
	for id := range stayed {
		if !ids[id] {
			t.Errorf("%s: a row was lost", what)
		}
	}
}

// hostileNames sort in ways that a page could stumble over; many are equal but for case, or altogether.
var hostileNames = []string{
	"Acme", "acme", "ACME", "Acme", "Acme", "Ácme", "Zulu", "zulu", "Émile", "émile", "Éclair", "ß", "SS", "İstanbul",
	"istanbul", "100% Juice", "a_b",
	"' or 1=1 --", "\"", "\\", "$1", "a, b", "(x)", "\u202eevil", "日本", "😀", strings.Repeat("x", 200),
	strings.Repeat("ä", 200), "{}", "NULL", "…", "~", " !",
}

// TestPagesLoseNothing turns the pages of the list of organizations in each order, both ways, while organizations come
// and go.
func TestPagesLoseNothing(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	t.Log("seed", seed)
	ws, owner := db.Workspace(t)
	other, _ := db.Workspace(t)
	db.Organizations(t, other, "Acme", "Foreign")
	made := db.Organizations(t, ws, hostileNames...)
	whole := store.WholeWorkspace(ws.ID)
	within(t, db.Store, whole, func(tx *store.Tx) error {
		return errors.Join(tx.SaveAccounts(t.Context(), sharedAccounts, today),
			tx.Map(t.Context(), made[3].ID, sharedAccounts[0].AccountID, owner.ID, today))
	})
	passing := db.Organizations(t, ws, "acme", "Mm", "zz", "0") // which go meanwhile
	su := db.Superuser(t)
	keys := map[string]func(store.Organization) string{
		"": func(o store.Organization) string { return strings.ToLower(o.Name) },
		"state": func(o store.Organization) string {
			return map[bool]string{true: "2", false: "1"}[o.Mapped()] + strings.ToLower(o.Name)
		},
	}
	for sort, key := range keys {
		for _, q := range []store.Query{{}, {Descending: true}, {Before: true}, {Before: true, Descending: true}} {
			q.Sort, q.Limit = sort, 1+r.IntN(7)
			what := fmt.Sprintf("%+v", q)
			stayed := map[uuid.UUID]bool{}
			for _, o := range made {
				stayed[o.ID] = true
			}
			read := func(t *testing.T, q store.Query) (page store.Page[listed]) {
				within(t, db.Store, whole, func(tx *store.Tx) error {
					found, _, err := tx.Organizations(t.Context(), q)
					for _, o := range found.Rows {
						page.Rows = append(page.Rows, listed{o.ID, key(o)})
					}
					page.Previous, page.Next = found.Previous, found.Next
					return err
				})
				return page
			}
			seen := turning(t, read, q, func() {
				if len(passing) > 0 && r.IntN(2) == 0 {
					if _, err := su.Exec(t.Context(), `delete from organization where id = $1`,
						passing[0].ID); err != nil {
						t.Fatal(err)
					}
					passing = passing[1:]
				}
				passing = append(passing, db.Organizations(t, ws, hostileNames[r.IntN(len(hostileNames))])...)
			})
			wantTurned(t, what, seen, stayed, q.Descending != q.Before)
		}
	}
}

// TestPagesTurnBack: the link back leads to the rows that were there before.
func TestPagesTurnBack(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	db.Organizations(t, ws, hostileNames...)
	read := func(q store.Query) (ids []uuid.UUID, page store.Page[store.Organization]) {
		within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) (err error) {
			page, _, err = tx.Organizations(t.Context(), q)
			return err
		})
		for _, o := range page.Rows {
			ids = append(ids, o.ID)
		}
		return ids, page
	}
	first, one := read(store.Query{Limit: 5})
	second, two := read(store.Query{Limit: 5, From: one.Next})
	if one.Previous != nil || two.Previous == nil || slices.Equal(first, second) {
		t.Fatalf("%+v, %+v", one, two)
	}
	if back, page := read(store.Query{Limit: 5, From: two.Previous, Before: true}); !slices.Equal(back, first) ||
		page.Previous != nil {
		t.Errorf("back are %v, want %v, and nothing before them", back, first)
	} else if again, _ := read(store.Query{Limit: 5, From: page.Next}); !slices.Equal(again, second) {
		t.Errorf("and forth are %v, want %v", again, second)
	}
}

// TestPagesOfMembersAndKeys turns the pages of the other lists in each order, with rows whose keys are equal.
func TestPagesOfMembersAndKeys(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	a := newTenant(t, db, 1)
	db.Organizations(t, a.Workspace, "One", "one", "Two", "Two", "Three", "Four")
	for range 7 {
		db.Member(t, a.Workspace, 1)
	}
	at := func(moment *time.Time) string {
		if moment == nil {
			return ""
		}
		return moment.UTC().Format("2006-01-02T15:04:05.000000")
	}
	ranks := map[string]string{"owner": "1", "admin": "2", "technician": "3", "helpdesk": "4", "auditor": "5"}
	members := map[string]func(store.Member) string{
		"":     func(m store.Member) string { return m.Email },
		"role": func(m store.Member) string { return ranks[m.Role] + m.Email },
		"seen": func(m store.Member) string { return at(m.SeenAt) },
	}
	keys := map[string]func(store.AuthKeys) string{
		"":        func(k store.AuthKeys) string { return strings.ToLower(k.Name) },
		"checked": func(k store.AuthKeys) string { return at(k.CheckedAt) },
	}
	for _, descending := range []bool{false, true} {
		for sort, key := range members {
			q := store.Query{Sort: sort, Descending: descending, Limit: 2}
			total := 0
			seen := turning(t, func(t *testing.T, q store.Query) (page store.Page[listed]) {
				within(t, db.Store, store.WholeWorkspace(a.ID), func(tx *store.Tx) error {
					found, all, _, err := tx.Members(t.Context(), q)
					for _, m := range found.Rows {
						page.Rows = append(page.Rows, listed{m.OperatorID, key(m)})
					}
					page.Previous, page.Next, total = found.Previous, found.Next, all
					return err
				})
				return page
			}, q, func() {})
			wantTurned(t, "members by "+sort, seen, nil, descending)
			if len(seen) != total || total < 9 {
				t.Errorf("members by %q: %d of %d were seen", sort, len(seen), total)
			}
		}
		for sort, key := range keys {
			q := store.Query{Sort: sort, Descending: descending, Limit: 3}
			total := 0
			seen := turning(t, func(t *testing.T, q store.Query) (page store.Page[listed]) {
				within(t, db.Store, store.WholeWorkspace(a.ID), func(tx *store.Tx) error {
					found, n, err := tx.AuthKeys(t.Context(), q)
					for _, k := range found.Rows {
						page.Rows = append(page.Rows, listed{k.ID, key(k)})
					}
					page.Previous, page.Next, total = found.Previous, found.Next, n.All
					return err
				})
				return page
			}, q, func() {})
			wantTurned(t, "keys by "+sort, seen, nil, descending)
			if len(seen) != total || total != 8 {
				t.Errorf("keys by %q: %d of %d were seen", sort, len(seen), total)
			}
		}
	}
}

// TestMarksOpenNothing: a mark is a place and no more, and one that was edited is refused, not run as SQL.
func TestMarksOpenNothing(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	other, _ := db.Workspace(t)
	made := db.Organizations(t, ws, "Bravo", "Delta")
	foreign := db.Organizations(t, other, "Charlie")[0]
	for _, sc := range []store.Scope{store.WholeWorkspace(ws.ID), store.Within(ws.ID, made[1].ID)} {
		within(t, db.Store, sc, func(tx *store.Tx) error {
			found, _, err := tx.Organizations(t.Context(),
				store.Query{Limit: 9, From: &store.Mark{Key: foreign.Name, ID: foreign.ID}})
			if len(found.Rows) != 1 || found.Rows[0].ID != made[1].ID {
				t.Errorf("behind a foreign row: %+v", found.Rows)
			}
			found, _, also := tx.Organizations(t.Context(),
				store.Query{Limit: 9, From: &store.Mark{Key: "zzz", ID: uuid.Max}, Before: true})
			for _, o := range found.Rows {
				if o.ID == foreign.ID || !sc.Every() && o.ID != made[1].ID {
					t.Errorf("a mark shows %+v", o)
				}
			}
			return errors.Join(err, also)
		})
	}
	for _, key := range []string{"'; drop table run --", "", "2026", "infinity", "now", "epoch", "-1", "\x00",
		"\xff", "1e9"} {
		err := db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			_, _, _, err := tx.Members(t.Context(), store.Query{Sort: "seen", Limit: 5, From: &store.Mark{Key: key}})
			return err
		})
		if !errors.Is(err, store.ErrMark) {
			t.Errorf("a time %q: %v", key, err)
		}
		err = db.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			_, _, err := tx.Organizations(t.Context(), store.Query{Limit: 5, From: &store.Mark{Key: key}})
			return err
		})
		if noText := !utf8.ValidString(key) || strings.Contains(key, "\x00"); noText != errors.Is(err, store.ErrMark) ||
			err != nil && !errors.Is(err, store.ErrMark) {
			t.Errorf("a name %q: %v", key, err)
		}
	}
}

// TestNamesWrittenOtherwiseAreTwins: width, composition, accents, blanks and what shows nothing make no other name, in
// the list, the switcher and the recent ones.
func TestNamesWrittenOtherwiseAreTwins(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ＡＣＭＥ Café", "Acme Cafe\u0301", "acme  café", "Ac\u200bme Café",
		"Acme\u00a0Caf\u00ad\u00e9", "ACME CAFÉ"} {
		db := storetest.Open(t)
		ws, owner := db.Workspace(t)
		made := db.Organizations(t, ws, "Acme Café", name, "Acme Coffee")
		within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			if err := tx.NoteVisit(t.Context(), owner.ID,
				store.Visit{Organization: made[1].ID, At: today}); err != nil {
				return err
			}
			recent, err := tx.RecentOrganizations(t.Context(), owner.ID, 5)
			if err != nil || len(recent) != 1 || !recent[0].Twin {
				t.Errorf("%q lately opened: %+v, %v", name, recent, err)
			}
			found, _, err := tx.Organizations(t.Context(), store.Query{Limit: 9})
			for _, o := range found.Rows {
				if o.Twin != (o.ID != made[2].ID) {
					t.Errorf("%q beside %q: twin %v", name, o.Name, o.Twin)
				}
			}
			return err
		})
		access, err := db.Enter(t.Context(), owner.ID, "", ws.Slug, "", 12)
		if err != nil || len(access.First) != 3 || access.Organizations != 3 {
			t.Fatalf("%+v, %v", access, err)
		}
		for _, o := range access.First {
			if o.Twin != (o.Slug != made[2].Slug) {
				t.Errorf("%q in the switcher beside %q: twin %v", name, o.Name, o.Twin)
			}
		}
	}
}

// TestTwinsAreSaid: where two organizations of a scope have one name, each says so, in the list, page by page, and in
// the switcher.
func TestTwinsAreSaid(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme", "ACME", "Birch")
	for _, c := range []struct {
		scope store.Scope
		twins map[string]bool
	}{
		{store.WholeWorkspace(ws.ID), map[string]bool{"acme": true, "acme-2": true, "birch": false}},
		{store.Within(ws.ID, made[0].ID, made[2].ID), map[string]bool{"acme": false, "birch": false}},
	} {
		within(t, db.Store, c.scope, func(tx *store.Tx) error {
			for o, err := range tx.EachOrganization(t.Context()) {
				if err != nil || o.Twin != c.twins[o.Slug] {
					t.Errorf("%s: twin %v, %v", o.Slug, o.Twin, err)
				}
			}
			one, _, err := tx.Organizations(t.Context(), store.Query{Limit: 1})
			if len(one.Rows) != 1 || one.Rows[0].Twin != c.twins[one.Rows[0].Slug] {
				t.Errorf("a page of one: %+v", one.Rows)
			}
			return err
		})
	}
	for first := 1; first <= 4; first++ {
		access, err := db.Enter(t.Context(), owner.ID, "", ws.Slug, "", first)
		if err != nil || len(access.First) != min(first, 3) || access.Organizations != 3 {
			t.Fatalf("%+v, %v", access, err)
		}
		for _, o := range access.First {
			if o.Twin != strings.HasPrefix(o.Slug, "acme") {
				t.Errorf("the switcher of %d: %+v", first, o)
			}
		}
	}
}
