package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/signon/signontest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// TestSignOnMeanwhile: what changes while a person is at the provider is found out when the
// person comes back.
func TestSignOnMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	o := s.Member(t, s.Workspace, catalog.Technician)
	s.link(t, s.Workspace, o, p, "subject-1")
	owner := s.ActorOf(s.Owner, catalog.Owner)
	settings := store.SignOnSettings{Issuer: p.Issuer, ClientID: signontest.ClientID}
	for _, c := range []struct {
		name, reason string
		change, back func()
	}{
		{"settings saved again", "settings were changed", func() { s.saveProvider(t, s.Workspace, s.Owner, settings) },
			nil},
		{"membership disabled", "linked to nobody", func() {
			if err := s.server.Members.DisableMember(t.Context(), s.Scope(), owner, uuid.New(), o.ID); err != nil {
				t.Fatal(err)
			}
		}, func() {
			if err := s.server.Members.EnableMember(t.Context(), s.Scope(), owner, uuid.New(), o.ID); err != nil {
				t.Fatal(err)
			}
		}},
		{"operator disabled", "linked to nobody", func() {
			s.Exec(t, `update operator set disabled_at = now() where id = $1`, o.ID)
		}, func() { s.Exec(t, `update operator set disabled_at = null where id = $1`, o.ID) }},
		{"link removed", "linked to nobody", func() {
			s.Exec(t, `delete from sign_on_link where operator_id = $1`, o.ID)
		}, func() { s.link(t, s.Workspace, o, p, "subject-1") }},
	} {
		s.refusedSignOn(t, c.name, c.reason, func(b *browser) *page {
			back := b.signOnTo(s.Workspace)
			c.change()
			return b.request(http.MethodGet, back, nil)
		})
		if c.back != nil {
			c.back()
		}
	}
	b := s.stranger(t)
	b.signOn(s.Workspace).want(http.StatusSeeOther)

	// Removed: there is nothing to come back to, and what it opened is closed.
	back := s.stranger(t).signOnTo(s.Workspace)
	if err := s.server.Members.RemoveSignOn(t.Context(), s.Scope(), owner,
		s.signOn(t, s.Workspace).Version); err != nil {
		t.Fatal(err)
	}
	s.stranger(t).request(http.MethodGet, back, nil).want(http.StatusNotFound, "No workspace with this name")
	b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(o.Email)
}

// TestSessionsOfAProviderEnd: with another issuer or client, and when the operator unlinks
// the account, sessions that the provider began open nothing any more.
func TestSessionsOfAProviderEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	o := s.Member(t, s.Workspace, catalog.Technician)
	s.link(t, s.Workspace, o, p, "subject-1")
	b := s.stranger(t)
	signedIn := func() {
		t.Helper()
		b.signOn(s.Workspace).want(http.StatusSeeOther).follow().want(http.StatusOK, o.Email)
	}
	settings := store.SignOnSettings{Issuer: p.Issuer, ClientID: signontest.ClientID}
	signedIn()
	s.saveProvider(t, s.Workspace, s.Owner, settings) // another secret alone changes nothing
	b.get(s.ws("")).want(http.StatusOK, o.Email)
	settings.ClientID = "another"
	s.saveProvider(t, s.Workspace, s.Owner, settings)
	b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(o.Email)
	settings.ClientID = signontest.ClientID
	s.saveProvider(t, s.Workspace, s.Owner, settings)
	b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(o.Email) // nor with the client of before

	signedIn()
	own := s.as(t, s.today(t, o))
	own.get("/account/signon").want(http.StatusOK, "label of subject-1").form("Unlink").post().want(http.StatusSeeOther)
	b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(o.Email)
	own.get(s.ws("")).want(http.StatusOK, o.Email)
	s.refusedSignOn(t, "unlinked", "linked to nobody", func(b *browser) *page { return b.signOn(s.Workspace) })
}

// TestSignOnInFlight: what a request begins after single sign-on was required has no effect,
// although its page was admitted before.
func TestSignOnInFlight(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.provider(t, s.Workspace, s.Owner)
	o := s.Member(t, s.Workspace, catalog.Technician)
	access, err := s.Enter(t.Context(), o.ID, "127.0.0.1", s.Workspace.Slug, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	hold := func() error {
		return s.InWorkspace(t.Context(), access.Scope, func(tx *store.Tx) error {
			_, err := run.May(t.Context(), tx, s.ActorOf(o, catalog.Technician), catalog.Technician)
			return err
		})
	}
	if err := hold(); err != nil {
		t.Fatal(err)
	}
	s.requireSignOn(t, s.Workspace, s.Owner)
	if err := hold(); err != store.ErrEnded {
		t.Error("after it was required: ", err)
	}
}

// TestSessionOfAProviderOpensNothingElse: neither pages of the operator's account nor any
// address of another workspace, and it learns of none.
func TestSessionOfAProviderOpensNothingElse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	there, _ := s.DB.Workspace(t)
	p := s.provider(t, s.Workspace, s.Owner)
	o := s.Member(t, s.Workspace, catalog.Technician)
	err := s.InWorkspace(t.Context(), store.WholeWorkspace(there.ID), func(tx *store.Tx) error {
		return tx.AddMember(t.Context(), o.ID, store.Grant{Role: "technician", EveryOrganization: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	s.link(t, s.Workspace, o, p, "subject-1")
	b := s.stranger(t)
	b.signOn(s.Workspace).want(http.StatusSeeOther)
	b.get("/").want(http.StatusOK, s.Workspace.Name).wantNot(there.Name, there.Slug)
	same := ""
	for _, ws := range []string{there.Slug, "no-such-workspace"} {
		for _, more := range []string{"", "/runs", "/operators", "/o/acme", "/none"} {
			got := b.request(http.MethodGet, "/w/"+ws+more, nil)
			if more == "/none" { // no address at all
				continue
			}
			got.want(http.StatusSeeOther)
			if to := got.header.Get("Location"); to != "/signin?next="+url.QueryEscape("/w/"+ws+more) {
				t.Errorf("%s%s: %s", ws, more, to)
			}
		}
		form := b.send(http.MethodPost, "/w/"+ws+"/o/acme/actions/create-user",
			url.Values{"run_id": {uuid.NewString()}}).
			want(http.StatusForbidden, "Sign in yourself first", "Nothing was done.")
		if text := form.text(); same == "" {
			same = text
		} else if text != same {
			t.Error("what exists is answered in other words than what does not")
		}
	}
	for _, address := range []string{"/account", "/account/factors", "/account/tokens",
		"/account/api",
		"/account/signon"} {
		b.request(http.MethodGet, address, nil).want(http.StatusSeeOther).wantNot(o.Email)
	}
	for _, address := range []string{"/account/password", "/account/sessions", "/account/signout",
		"/account/factors/app",
		"/account/factors/recovery", "/account/signon/link", "/account/signon/unlink"} {
		b.send(http.MethodPost, address, url.Values{"workspace": {s.Workspace.Slug}}).
			want(http.StatusForbidden, "Sign in yourself first")
	}
	// In its own workspace what does not exist is just that.
	b.get(s.ws("/o/no-such-organization")).want(http.StatusNotFound)
	// The form to sign in says why, and does not lead in circles.
	b.get("/w/"+there.Slug).want(http.StatusOK, "It opens that workspace only")
}

// TestInvitationTakesAnOwnSignIn: an invitation to another workspace is not accepted by a
// session that a provider began.
func TestInvitationTakesAnOwnSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	there, chief := s.DB.Workspace(t)
	p := s.provider(t, s.Workspace, s.Owner)
	o := s.Member(t, s.Workspace, catalog.Technician)
	s.link(t, s.Workspace, o, p, "subject-1")
	token, _, err := s.server.Members.Invite(t.Context(), store.WholeWorkspace(there.ID),
		s.ActorOf(chief, catalog.Owner), store.Invitation{ID: uuid.New(), Email: o.Email, Role: "auditor", Every: true})
	if err != nil {
		t.Fatal(err)
	}
	b := s.stranger(t)
	b.signOn(s.Workspace).want(http.StatusSeeOther)
	b.send(http.MethodPost, "/invitation", url.Values{"token": {token}}).want(http.StatusOK, "Your password")
	b.send(http.MethodPost, "/invitation/accept", url.Values{"token": {token}}).want(http.StatusUnprocessableEntity)
	belongs, err := s.WorkspacesOf(t.Context(), o.ID)
	if err != nil || len(belongs) != 1 {
		t.Error(belongs, err)
	}
}

// TestProvidersGuessNoPasswords: a provider can begin any number of sessions of an operator,
// and guesses in them count like those of strangers.
func TestProvidersGuessNoPasswords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	o := s.Member(t, s.Workspace, catalog.Technician)
	s.link(t, s.Workspace, o, p, "subject-1")
	b := s.stranger(t)
	slowed := false
	for range 8 { // each in a session of its own; five are free
		b.signOn(s.Workspace).want(http.StatusSeeOther)
		form := url.Values{"run_id": {uuid.NewString()}, "name": {"guess"}, "days": {"30"}, "role": {"auditor"},
			"reach": {"all"}, "password": {"wrong wrong wrong wrong"}}
		got := b.send(http.MethodPost, "/account/tokens/"+s.Workspace.Slug, form)
		slowed = slowed || got.status == http.StatusTooManyRequests
	}
	if !slowed {
		t.Error("eight guesses in eight sessions were all taken")
	}
}

// TestProvidersEndNoOwnSessions: of the sessions that a provider began only ten are kept, and
// the operator's own are not counted among them.
func TestProvidersEndNoOwnSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	o := s.Member(t, s.Workspace, catalog.Technician)
	s.link(t, s.Workspace, o, p, "subject-1")
	own, first := s.as(t, o), s.stranger(t)
	first.signOn(s.Workspace).want(http.StatusSeeOther)
	for range 10 {
		s.stranger(t).signOn(s.Workspace).want(http.StatusSeeOther)
	}
	own.get(s.ws("")).want(http.StatusOK, o.Email)
	first.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(o.Email)
}

// TestSlowProvider: one that does not answer holds up those who wait for it, at most eight,
// and nobody else.
func TestSlowProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	there, chief := s.DB.Workspace(t)
	dead, live := s.provider(t, s.Workspace, s.Owner), s.provider(t, there, chief)
	s.link(t, s.Workspace, s.Owner, dead, "subject-1")
	s.link(t, there, chief, live, "subject-1")
	release := make(chan struct{})
	waiting := make(chan struct{}, 100)
	dead.Set(func(st *signontest.State) {
		st.Before = func(w http.ResponseWriter, r *http.Request) {
			waiting <- struct{}{}
			<-release
			http.Error(w, "late", http.StatusServiceUnavailable)
		}
	})
	done := make(chan *page, 8)
	for range 8 {
		b := s.stranger(t)
		go func() { done <- b.request(http.MethodGet, "/signin/sso/"+s.Workspace.Slug+"/start", nil) }()
	}
	for range 8 {
		<-waiting
	}
	begun := time.Now()
	s.refusedSignOn(t, "a ninth", "8 sign-ins were waiting", func(b *browser) *page {
		return b.request(http.MethodGet, "/signin/sso/"+s.Workspace.Slug+"/start", nil)
	})
	s.stranger(t).signOn(there).want(http.StatusSeeOther)
	s.as(t, s.Owner).get(s.ws("")).want(http.StatusOK, s.Owner.Email)
	stranger := s.stranger(t)
	stranger.request(http.MethodPost, "/signin", url.Values{"email": {s.Owner.Email},
		"password": {storetest.Password}}).
		follow().want(http.StatusOK, s.Owner.Email)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("others took %v next to a provider that does not answer", took)
	}
	close(release)
	for range 8 {
		if got := <-done; got.status != http.StatusForbidden || !strings.Contains(got.text(), "did not let you in") {
			t.Error(got.status, got.text())
		}
	}
}
