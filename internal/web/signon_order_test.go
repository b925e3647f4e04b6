package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/signon/signontest"
	"duodesk/internal/store"
)

// crossing is an operator of two workspaces, each with a provider of its own, in one browser.
// The provider of either may be an enemy of the other workspace.
type crossing struct {
	s            *console
	b            *browser
	o            store.Operator
	here, there  store.Workspace
	boss, chief  store.Operator // owners of here and there
	own          bool           // what the browser's session is expected to be
	hereThrough  bool
	thereThrough bool
	hereRequired bool
}

var crossingSteps = []struct {
	name string
	do   func(t testing.TB, w *crossing)
}{
	{"through here", func(t testing.TB, w *crossing) {
		w.b.signOn(w.here).want(http.StatusSeeOther)
		w.hereThrough = true
	}},
	{"through there", func(t testing.TB, w *crossing) {
		w.b.signOn(w.there).want(http.StatusSeeOther)
		w.thereThrough = true
	}},
	{"own sign-in", func(t testing.TB, w *crossing) {
		w.b.setCookie("signin", w.s.waitingSignIn(t, w.o))
		w.b.secondFactor().want(http.StatusSeeOther)
		w.own, w.hereThrough, w.thereThrough = true, false, false
	}},
	{"own factor for an act", func(t testing.TB, w *crossing) { // wherever the session is let in
		for _, ws := range []store.Workspace{w.here, w.there} {
			w.b.send(http.MethodPost, "/w/"+ws.Slug+"/export/organizations", map[string][]string{})
		}
	}},
	{"required here", func(t testing.TB, w *crossing) {
		w.s.require(t, w.here, w.boss, !w.hereRequired)
		w.hereRequired = !w.hereRequired
	}},
	{"sign out", func(t testing.TB, w *crossing) {
		w.b.send(http.MethodPost, "/signout", map[string][]string{})
		w.own, w.hereThrough, w.thereThrough = false, false, false
	}},
}

// require has everyone but the boss come through the provider, or nobody.
func (s *console) require(t testing.TB, ws store.Workspace, boss store.Operator, required bool) {
	t.Helper()
	if required {
		s.requireSignOn(t, ws, boss)
		return
	}
	if err := s.server.Members.StopRequiringSignOn(t.Context(), store.WholeWorkspace(ws.ID),
		s.ActorOf(s.today(t, boss), catalog.Owner), s.signOn(t, ws).Version); err != nil {
		t.Fatal(err)
	}
}

// check compares what the browser's session opens with what it may.
func (w *crossing) check(t testing.TB, way string) {
	t.Helper()
	for _, at := range []struct {
		address, shows string
		open           bool
	}{
		{"/w/" + w.here.Slug, w.o.Email, w.hereThrough || w.own && !w.hereRequired},
		{"/w/" + w.there.Slug, w.o.Email, w.thereThrough || w.own},
		{"/account", w.o.Email, w.own},
	} {
		p := w.b.request(http.MethodGet, at.address, nil)
		if open := p.status == http.StatusOK && strings.Contains(p.text(), at.shows); open != at.open {
			t.Fatalf("%s: %s opens: %t, want %t (%d %s)", way, at.address, open, at.open, p.status,
				p.header.Get("Location"))
		}
		if !at.open && p.status != http.StatusSeeOther {
			t.Fatalf("%s: %s answers with %d", way, at.address, p.status)
		}
		if !at.open && strings.Contains(p.body, w.o.Email) {
			t.Fatalf("%s: %s names the operator", way, at.address)
		}
	}
}

// TestSignOnOrders walks every order of three of these steps. None lets the provider of one
// workspace into the other, or into the operator's account; a workspace that requires its
// provider admits nobody who has not come through it.
func TestSignOnOrders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	there, chief := s.DB.Workspace(t)
	here, boss := s.Workspace, s.Owner
	o := s.Member(t, here, catalog.Technician)
	err := s.Store.InWorkspace(t.Context(), store.WholeWorkspace(there.ID), func(tx *store.Tx) error {
		return tx.AddMember(t.Context(), o.ID, store.Grant{Role: "technician", EveryOrganization: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Proved(t, o, s.Clock.Now()) // who has an app from then on
	for ws, owner := range map[store.Workspace]store.Operator{here: boss, there: chief} {
		p := s.provider(t, ws, owner)
		subject := uuid.NewString()
		p.Set(func(st *signontest.State) { st.Account = signontest.Account{Subject: subject} })
		s.link(t, ws, o, p, subject)
	}
	n := 0
	var walk func(way []int)
	walk = func(way []int) {
		if len(way) == crossingDepth {
			w := &crossing{s: s, b: s.stranger(t), o: o, here: here, there: there, boss: boss, chief: chief}
			w.b.byHand = true
			var names []string
			for _, i := range way {
				names = append(names, crossingSteps[i].name)
				crossingSteps[i].do(t, w)
				w.check(t, strings.Join(names, ", "))
			}
			if w.hereRequired {
				s.require(t, here, boss, false)
			}
			n++
			return
		}
		for i := range crossingSteps {
			walk(append(way[:len(way):len(way)], i))
		}
	}
	walk(nil)
	t.Logf("%d orders", n)
}

// crossingDepth is how many steps an order has: 216 orders.
const crossingDepth = 3
