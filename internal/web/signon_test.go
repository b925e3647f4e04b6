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

// provider sets a provider of its own up for a workspace.
func (s *console) provider(t testing.TB, ws store.Workspace, owner store.Operator) *signontest.Provider {
	t.Helper()
	p := signontest.New(t, s.server.SignOn.Return(ws.Slug))
	s.saveProvider(t, ws, owner, store.SignOnSettings{Issuer: p.Issuer, ClientID: signontest.ClientID})
	return p
}

// saveProvider saves settings over those of the workspace, with the provider's secret.
func (s *console) saveProvider(t testing.TB, ws store.Workspace, owner store.Operator, to store.SignOnSettings) {
	t.Helper()
	to.Version = s.signOn(t, ws).Version
	if err := s.server.Members.SaveSignOn(t.Context(), store.WholeWorkspace(ws.ID),
		s.ActorOf(s.today(t, owner), catalog.Owner), uuid.New(), to, signontest.ClientSecret); err != nil {
		t.Fatal(err)
	}
}

// signOn returns the stored settings; zero: there are none.
func (s *console) signOn(t testing.TB, ws store.Workspace) (p store.SignOnSettings) {
	t.Helper()
	_ = s.Store.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) (err error) {
		p, err = tx.SignOn(t.Context())
		return err
	})
	return p
}

// link links a subject to an operator, as if the operator had done it before.
func (s *console) link(t testing.TB, ws store.Workspace, operator store.Operator, p *signontest.Provider,
	subject string) {
	t.Helper()
	s.Exec(t, `insert into sign_on_link (workspace_id, operator_id, issuer, subject, label, linked_at)
		values ($1, $2, $3, $4, 'label of ' || $4, now())`, ws.ID, operator.ID, p.Issuer, subject)
}

// requireSignOn has everyone but the owner come through the provider.
func (s *console) requireSignOn(t testing.TB, ws store.Workspace, owner store.Operator) {
	t.Helper()
	s.Exec(t, `update sign_on set proved_at = now() where workspace_id = $1`, ws.ID)
	if err := s.server.Members.RequireSignOn(t.Context(), store.WholeWorkspace(ws.ID),
		s.ActorOf(s.today(t, owner), catalog.Owner), s.signOn(t, ws).Version, owner.ID); err != nil {
		t.Fatal(err)
	}
}

// atProvider goes where an answer sends a browser, and does what the provider says until it
// sends the browser back. It returns the address of the console.
func (b *browser) atProvider(address string) (back string) {
	b.t.Helper()
	away := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer away.CloseIdleConnections()
	for range 6 {
		if back, ours := strings.CutPrefix(address, b.site.url); ours {
			return back
		}
		answer, err := away.Get(address)
		if err != nil {
			b.t.Fatal(err)
		}
		answer.Body.Close()
		to, err := answer.Location()
		if err != nil {
			b.t.Fatalf("the provider answers %s at %s", answer.Status, address)
		}
		address = to.String()
	}
	b.t.Fatal("the provider does not send the browser back")
	return ""
}

// signOnTo goes to a workspace's provider and returns the address to come back to.
func (b *browser) signOnTo(ws store.Workspace) (back string) {
	b.t.Helper()
	started := b.request(http.MethodGet, "/signin/sso/"+ws.Slug+"/start", nil).want(http.StatusSeeOther)
	return b.atProvider(started.header.Get("Location"))
}

// signOn signs in through a workspace's provider.
func (b *browser) signOn(ws store.Workspace) *page {
	b.t.Helper()
	return b.request(http.MethodGet, b.signOnTo(ws), nil)
}

func (s *console) refusals(t testing.TB, ws store.Workspace) (reasons []string) {
	t.Helper()
	err := s.Store.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		found, err := tx.SignOnRefusals(t.Context(), s.Clock.Now().Add(-testLongest))
		for _, r := range found {
			reasons = append(reasons, r.Reason+" "+r.Detail)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return reasons
}

func TestSignOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	s.link(t, s.Workspace, s.Owner, p, "subject-1")
	b := s.stranger(t)
	b.get("/signin").click("Sign in with single sign-on").want(http.StatusOK, "Workspace")
	b.get("/signin/sso?workspace="+s.Workspace.Slug).want(http.StatusOK, "You sign in to "+s.Workspace.Name)
	in := b.signOn(s.Workspace).want(http.StatusSeeOther)
	if to := in.header.Get("Location"); to != s.ws("") {
		t.Fatal(to)
	}
	in.follow().want(http.StatusOK, s.Owner.Email)
	b.get(s.ws("/runs")).want(http.StatusOK, "Signed in through single sign-on.")
	// Another session, without a link: nothing but one sentence.
	p.Set(func(s *signontest.State) { s.Account = signontest.Account{Subject: "unknown", Email: s.Account.Email} })
	other := s.stranger(t)
	other.signOn(s.Workspace).want(http.StatusForbidden, "Single sign-on did not let you in.").wantNot("linked",
		s.Owner.Email)
	if other.cookie("session") != "" {
		t.Error("an account that nobody has linked got a session")
	}
	if got := s.refusals(t, s.Workspace); len(got) != 1 || !strings.Contains(got[0], "linked to nobody") {
		t.Error(got)
	}
}
