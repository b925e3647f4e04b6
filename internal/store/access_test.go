package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

func TestAccess(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	foreign, stranger := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme Dental", "Birch Legal")
	db.Organizations(t, foreign, "Corner Bakery")
	helpdesk := db.Member(t, ws, catalog.Helpdesk, made[0].ID)

	a, err := db.Access(t.Context(), owner.ID, ws.Slug, "")
	if err != nil || a.Workspace != ws || a.Role != "owner" || !a.Scope.Every() || a.Scope.Workspace() != ws.ID ||
		a.Organization.ID != uuid.Nil {
		t.Errorf("owner of the workspace: %+v (%v)", a, err)
	}
	a, err = db.Access(t.Context(), owner.ID, ws.Slug, "birch-legal")
	if err != nil || !reflect.DeepEqual(a.Organization, made[1]) || a.Scope.Every() || !a.Membership.Every() {
		t.Errorf("owner at an organization: %+v (%v)", a, err)
	}
	// The page of one organization sees no other, no matter who looks.
	if seen := seenIn(t, db.Store, a.Scope); !slices.Equal(seen, []string{"birch-legal"}) {
		t.Errorf("the scope of an organization's page sees %q", seen)
	}
	a, err = db.Access(t.Context(), helpdesk.ID, ws.Slug, "acme-dental")
	if err != nil || a.Role != "helpdesk" || !reflect.DeepEqual(a.Organization, made[0]) {
		t.Errorf("helpdesk at the own organization: %+v (%v)", a, err)
	}
	a, err = db.Access(t.Context(), helpdesk.ID, ws.Slug, "")
	if err != nil || a.Scope.Every() {
		t.Errorf("helpdesk of the workspace: %+v (%v)", a, err)
	}
	if seen := seenIn(t, db.Store, a.Membership); !slices.Equal(seen, []string{"acme-dental"}) {
		t.Errorf("the scope of a membership with a list sees %q", seen)
	}

	named := func(o store.Organization) store.OrganizationName {
		return store.OrganizationName{Slug: o.Slug, Name: o.Name, Colour: o.Colour}
	}
	for operator, want := range map[uuid.UUID]struct {
		first []store.OrganizationName
		total int
	}{
		owner.ID:    {[]store.OrganizationName{named(made[0])}, 2},
		helpdesk.ID: {[]store.OrganizationName{named(made[0])}, 1},
	} {
		a, err := db.Enter(t.Context(), operator, "", ws.Slug, "acme-dental", 1)
		if err != nil || !slices.Equal(a.First, want.first) || a.Organizations != want.total {
			t.Errorf("to switch to: %+v of %d (%v)", a.First, a.Organizations, err)
		}
	}

	for what, try := range map[string]struct {
		operator                uuid.UUID
		workspace, organization string
	}{
		"no such workspace":                   {owner.ID, "no-such-workspace", ""},
		"another's workspace":                 {owner.ID, foreign.Slug, ""},
		"another's organization":              {owner.ID, foreign.Slug, "corner-bakery"},
		"another's organization in one's own": {owner.ID, ws.Slug, "corner-bakery"},
		"no such organization":                {owner.ID, ws.Slug, "no-such-organization"},
		"outside the membership's list":       {helpdesk.ID, ws.Slug, "birch-legal"},
		"stranger":                            {stranger.ID, ws.Slug, "acme-dental"},
		"nobody":                              {uuid.Nil, ws.Slug, ""},
		"bytes that are no text":              {owner.ID, "\x00\xff", ""},
		"a quote":                             {owner.ID, ws.Slug, "' or true --"},
	} {
		a, err := db.Access(t.Context(), try.operator, try.workspace, try.organization)
		if !errors.Is(err, store.ErrNotFound) || a.Workspace != (store.Workspace{}) || a.Role != "" || a.Scope.Every() {
			t.Errorf("%s: %+v (%v)", what, a, err)
		}
	}
}

func TestWithdrawnListReachesNothing(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	made := db.Organizations(t, ws, "Acme Dental")
	helpdesk := db.Member(t, ws, catalog.Helpdesk, made[0].ID)
	db.Exec(t, `delete from membership_organization where operator_id = $1`, helpdesk.ID)
	a, err := db.Access(t.Context(), helpdesk.ID, ws.Slug, "")
	if err != nil {
		t.Fatal(err)
	}
	if seen := seenIn(t, db.Store, a.Scope); len(seen) != 0 {
		t.Errorf("an empty list reaches %q", seen)
	}
	if seen := seenIn(t, db.Store, store.Scope{}); len(seen) != 0 {
		t.Errorf("the zero scope reaches %q", seen)
	}
}

func TestWorkspacesOf(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	first, owner := db.Workspace(t)
	second, _ := db.Workspace(t)
	n := store.NewOperator{Workspace: second.Name, Email: owner.Email, PasswordHash: "another", Role: "auditor"}
	added, err := store.AddOperator(t.Context(), db.OwnerURL, n)
	if err != nil || added.New || added.Workspace != second.Slug {
		t.Fatal(added, err)
	}
	if _, err := store.AddOperator(t.Context(), db.OwnerURL, n); !errors.Is(err, store.ErrBelongs) {
		t.Errorf("added twice: %v", err)
	}
	if known, _ := db.OperatorByEmail(t.Context(), owner.Email); known.PasswordHash != owner.PasswordHash {
		t.Error("a second membership changed the password")
	}
	got, err := db.WorkspacesOf(t.Context(), owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b store.Belonging) int { return len(a.Role) - len(b.Role) })
	want := []store.Belonging{{Slug: first.Slug, Name: first.Name, Role: "owner", Ranges: store.Ranges{}},
		{Slug: second.Slug, Name: second.Name, Role: "auditor", Ranges: store.Ranges{}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("belongs to %v, want %v", got, want)
	}
	if got, err := db.WorkspacesOf(t.Context(), uuid.New()); err != nil || len(got) != 0 {
		t.Errorf("nobody belongs to %v (%v)", got, err)
	}
}

// Names that differ may have the same slug; the second must not be let into the
// first one's workspace.
func TestWorkspaceOfAnotherNameIsNotEntered(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	add := func(workspace string) error {
		_, err := store.AddOperator(t.Context(), db.OwnerURL,
			store.NewOperator{Workspace: workspace, Email: randomName() + "@msp.example", Role: "owner"})
		return err
	}
	for _, same := range []string{ws.Name, "  " + ws.Name + " ", ws.Slug} {
		if err := add(same); err != nil {
			t.Errorf("%q was not taken for %q: %v", same, ws.Name, err)
		}
	}
	if err := add(ws.Name + "!"); !errors.Is(err, store.ErrOtherWorkspace) {
		t.Errorf("%q entered the workspace %q (%v)", ws.Name+"!", ws.Name, err)
	}
}

// Slugs are permanent, while the way in which they are made has changed.
func TestWorkspaceIsFoundUnderAnOldSlug(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	name := "Smith & Co " + randomName()
	old := "old-" + randomName()
	db.Exec(t, `insert into workspace (slug, name) values ($1, $2)`, old, name)
	add := func(workspace string) (string, error) {
		added, err := store.AddOperator(t.Context(), db.OwnerURL,
			store.NewOperator{Workspace: workspace, Email: randomName() + "@msp.example", Role: "owner"})
		return added.Workspace, err
	}
	for _, same := range []string{name, strings.ToUpper(name) + "\u200b", old} {
		if slug, err := add(same); err != nil || slug != old {
			t.Errorf("%q made or entered %q (%v)", same, slug, err)
		}
	}
	db.Exec(t, `insert into workspace (slug, name) values ($1, $2)`, "second-"+old, name)
	if slug, err := add(name); !errors.Is(err, store.ErrSeveralWorkspaces) {
		t.Errorf("a name of two workspaces entered %q (%v)", slug, err)
	}
	if slug, err := add(old); err != nil || slug != old {
		t.Errorf("%q entered %q (%v)", old, slug, err)
	}
	// A name that differs by an accent is another company's.
	near, far := "Панa "+randomName(), "near-"+randomName()
	db.Exec(t, `insert into workspace (slug, name) values ($1, $2)`, far, strings.Replace(near, "П", "П\u0301", 1))
	if slug, err := add(near); !errors.Is(err, store.ErrOtherWorkspace) || !strings.Contains(err.Error(), far) {
		t.Errorf("%q entered %q (%v)", near, slug, err)
	}
}

// seenIn returns the slugs of the organizations that a scope reaches.
func seenIn(t testing.TB, s *store.Store, sc store.Scope) []string {
	t.Helper()
	var slugs []string
	within(t, s, sc, func(tx *store.Tx) error {
		listed, n, err := tx.Organizations(t.Context(), store.Query{Limit: 100})
		found := listed.Rows
		for _, o := range found {
			slugs = append(slugs, o.Slug)
		}
		if n.Organizations != len(found) {
			t.Errorf("%d organizations are counted, %d listed", n.Organizations, len(found))
		}
		return err
	})
	return slugs
}

// BenchmarkEnter is the round trip of each page, without what the switcher offers and with it, in a workspace of 1,000
// organizations.
func BenchmarkEnter(b *testing.B) {
	db := storetest.Open(b)
	ws, owner := db.Workspace(b)
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("Client %d Straße", i*7919%1000))
	}
	made := db.Organizations(b, ws, names...)
	for i := range 10 {
		within(b, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			return tx.NoteVisit(b.Context(), owner.ID,
				store.Visit{Organization: made[i*50].ID, At: today.Add(time.Duration(i) * time.Second)})
		})
	}
	for _, first := range []int{0, 12} {
		b.Run(fmt.Sprint(first), func(b *testing.B) {
			for b.Loop() {
				if _, err := db.Enter(b.Context(), owner.ID, "", ws.Slug, made[3].Slug, first); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
