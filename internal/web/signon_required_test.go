package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/signon/signontest"
	"duodesk/internal/store"
)

func (s *console) recorded(t testing.TB, event store.Event) (n int) {
	t.Helper()
	err := s.Superuser(t).QueryRow(t.Context(), `select count(*) from run where workspace_id = $1 and action = $2`,
		s.Workspace.ID, event.Slug).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestRequireSignOn goes the whole way of an owner: settings, link, sign-in, required, and
// back. The break-glass owner comes in without the provider, which is a notice.
func TestRequireSignOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := signontest.New(t, s.server.SignOn.Return(s.Workspace.Slug))
	owner, at := s.as(t, s.Owner), s.ws("/signon")
	page := owner.get(at).want(http.StatusOK, s.server.SignOn.Return(s.Workspace.Slug))
	page.form("Save").set("issuer", p.Issuer).set("client_id", signontest.ClientID).
		set("client_secret", signontest.ClientSecret).post().want(http.StatusSeeOther)
	page = owner.get(at).want(http.StatusOK, "Stored.").wantNot(signontest.ClientSecret)
	if page.offers("Require single sign-on") {
		t.Error("it can be required before an owner has signed in through it")
	}
	owner.send(http.MethodPost, at+"/require", url.Values{"version": {"1"}, "break_glass": {s.Owner.ID.String()}}).
		want(http.StatusUnprocessableEntity, "No owner has signed in")

	// The owner links the account, and signs in through it.
	linking := owner.get("/account/signon").want(http.StatusOK, "Not linked").form("Link").post().want(http.StatusOK,
		"Continue to the provider")
	back := owner.atProvider(linking.link("Continue to the provider"))
	owner.get(back).want(http.StatusOK, "Your account is linked", "ana@northwind.example")
	owner.signOn(s.Workspace).want(http.StatusSeeOther)
	page = owner.get(at).want(http.StatusOK, "Break-glass owner")

	// A member without a factor of this console cannot be the break-glass owner, nor one who is no owner.
	tech := s.Member(t, s.Workspace, catalog.Technician)
	own := s.as(t, tech)
	owner.send(http.MethodPost, at+"/require", url.Values{"version": {"1"}, "break_glass": {tech.ID.String()}}).
		want(http.StatusUnprocessableEntity, "Choose an owner")
	page.form("Require single sign-on").set("break_glass", s.Owner.ID.String()).post().want(http.StatusSeeOther)
	owner.get(at).want(http.StatusOK, "the break-glass owner", "Stop requiring single sign-on")
	if s.recorded(t, store.SignOnRequired) != 1 {
		t.Error("it is not on record")
	}

	// The technician is sent to the provider, and back to where they were going.
	own.get(s.ws("/runs")).want(http.StatusOK, "You sign in to "+s.Workspace.Name, "link your account at the provider")
	own.send(http.MethodPost, s.ws("/o"), url.Values{}).want(http.StatusForbidden)
	s.link(t, s.Workspace, tech, p, "subject-2")
	p.Set(func(st *signontest.State) { st.Account.Subject = "subject-2" })
	own.signOn(s.Workspace).want(http.StatusSeeOther).follow().want(http.StatusOK, tech.Email)
	own.get("/account").want(http.StatusOK, tech.Email) // the session is still their own

	// Break-glass: with password and factor, each new session a notice.
	s.clearNotices(t)
	glass := s.stranger(t)
	glass.setCookie("signin", s.waitingSignIn(t, s.Owner))
	glass.secondFactor().follow().want(http.StatusOK, s.Owner.Email)
	glass.get(s.ws("")).want(http.StatusOK, s.Owner.Email)
	kinds := map[string]int{}
	for _, n := range s.openNotices(t, s.Workspace) {
		kinds[n.Kind]++
	}
	if kinds[store.NoticeBreakGlass] != 1 {
		t.Error("notices: ", kinds)
	}
	glass.get(s.ws("/notices")).want(http.StatusOK, "Break-glass account used")
	glass.get(s.ws("/runs")).want(http.StatusOK, "as the break-glass owner, without single sign-on")

	// While it is required, the provider stays, and the owner stays one.
	page = owner.get(at)
	page.form("Save").set("client_id", "another").post().want(http.StatusUnprocessableEntity, "Stop requiring")
	owner.send(http.MethodPost, at+"/remove", url.Values{"version": {"1"}}).want(http.StatusUnprocessableEntity)
	page.form("Save").set("client_secret", signontest.ClientSecret).post().want(http.StatusSeeOther) // a new secret
	second := s.Member(t, s.Workspace, catalog.Owner)
	actor := s.ActorOf(second, catalog.Owner)
	for name, change := range map[string]func() error{
		"demoted": func() error {
			return s.server.Members.ChangeMember(t.Context(), s.Scope(), actor, uuid.New(), s.Owner.ID,
				store.Grant{Role: "owner", EveryOrganization: true},
				store.Grant{Role: "admin", EveryOrganization: true})
		},
		"disabled": func() error {
			return s.server.Members.DisableMember(t.Context(), s.Scope(), actor, uuid.New(), s.Owner.ID)
		},
		"removed": func() error {
			return s.server.Members.EndMember(t.Context(), s.Scope(), actor, uuid.New(), s.Owner.ID)
		},
	} {
		if err := change(); err != store.ErrBreakGlass {
			t.Errorf("the break-glass owner was %s: %v", name, err)
		}
	}
	other := s.stranger(t)
	s.link(t, s.Workspace, second, p, "subject-3")
	p.Set(func(st *signontest.State) { st.Account.Subject = "subject-3" })
	other.signOn(s.Workspace).want(http.StatusSeeOther)
	other.get(s.ws("/operators/"+s.Owner.ID.String()+"/disable")).form("Disable").post().
		want(http.StatusUnprocessableEntity, "break-glass owner")

	// Back.
	owner.get(at).form("Stop requiring single sign-on").post().want(http.StatusSeeOther)
	if s.recorded(t, store.SignOnOptional) != 1 {
		t.Error("lowering it is not on record")
	}
	s.as(t, tech).get(s.ws("")).want(http.StatusOK, tech.Email)
}

// clearNotices forgets what waits.
func (s *console) clearNotices(t testing.TB) {
	t.Helper()
	s.Exec(t, `delete from notice where workspace_id = $1`, s.Workspace.ID)
}

// TestBreakGlassTakesAFactor: neither a recovery code nor the grace is enough for it.
func TestBreakGlassTakesAFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.provider(t, s.Workspace, s.Owner)
	b := s.as(t, s.Owner)
	s.requireSignOn(t, s.Workspace, s.Owner)
	b.get(s.ws("")).want(http.StatusOK, s.Owner.Email)
	s.Exec(t, `update session set factor_kind = 'recovery', factor_id = null where operator_id = $1`, s.Owner.ID)
	b.get(s.ws("")).want(http.StatusOK, "You sign in to")
	s.Exec(t, `update session set factor_kind = null, factor_at = null where operator_id = $1`, s.Owner.ID)
	b.get(s.ws("")).want(http.StatusOK, "You sign in to")
}

// TestStreamsOfARequiredSignOn: a page that is followed ends when the workspace requires its
// provider.
func TestStreamsOfARequiredSignOn(t *testing.T) {
	t.Parallel()
	s, jane := asking(t)
	s.provider(t, s.Workspace, s.Owner)
	tech := s.Member(t, s.Workspace, catalog.Technician)
	b := s.as(t, tech)
	ended := make(chan struct{})
	seen := make(chan struct{}, 100)
	shown := b.get(s.org("/users/"+jane)).click("Verify").form("Send push").set("ticket", "T-1").post().
		want(http.StatusOK)
	address := shown.live("data-events")
	go func() {
		defer close(ended)
		b.stream(address, func(liveEvent) { seen <- struct{}{} })
	}()
	<-seen
	s.requireSignOn(t, s.Workspace, s.Owner)
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the stream goes on")
	}
}

// TestRolesByClaim: each sign-in gives the role of the claim's values; without one the
// membership ends. The owner role is given only where it is mapped, and a notice.
func TestRolesByClaim(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	o := s.Member(t, s.Workspace, catalog.Technician)
	s.link(t, s.Workspace, o, p, "subject-1")
	s.saveProvider(t, s.Workspace, s.Owner, store.SignOnSettings{Issuer: p.Issuer, ClientID: signontest.ClientID,
		RoleClaim: "groups", Roles: []store.ClaimRole{{Value: "techs", Role: "technician"},
			{Value: "admins", Role: "admin"},
			{Value: "bosses", Role: "owner"}}})
	role := func() string {
		t.Helper()
		found, err := s.WorkspacesOf(t.Context(), o.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			return ""
		}
		return found[0].Role
	}
	groups := func(value any) {
		p.Set(func(st *signontest.State) { st.Account.Claims = map[string]any{"groups": value} })
	}
	b := s.stranger(t)
	s.clearNotices(t)
	for _, c := range []struct {
		value any
		want  string
	}{
		{"techs", "technician"}, {"admins", "admin"}, {[]string{"staff", "techs"}, "technician"},
		{[]string{"techs", "admins"}, "admin"}, {[]string{"bosses"}, "owner"}, {"techs", "technician"},
	} {
		groups(c.value)
		b.signOn(s.Workspace).want(http.StatusSeeOther).follow().want(http.StatusOK, o.Email)
		if got := role(); got != c.want {
			t.Errorf("%v: %s, want %s", c.value, got, c.want)
		}
	}
	given := 0
	for _, n := range s.openNotices(t, s.Workspace) {
		if n.Kind == store.NoticeOwnerGiven && n.OperatorID == o.ID {
			given++
		}
	}
	if given != 1 || s.recorded(t, store.MemberChanged) != 5 {
		t.Error("notices of the owner role: ", given, ", changes on record: ", s.recorded(t, store.MemberChanged))
	}
	// What cannot be read changes nothing.
	for _, value := range []any{1, map[string]any{"techs": true}, []any{"techs", 1}} {
		groups(value)
		s.stranger(t).signOn(s.Workspace).want(http.StatusForbidden, "did not let you in")
		if got := role(); got != "technician" {
			t.Errorf("%v: %s", value, got)
		}
	}
	// Names of roles mean nothing by themselves.
	for _, value := range []any{[]string{"owner", "admin", "Techs", "techs "}, nil} {
		groups(value)
		s.stranger(t).signOn(s.Workspace).want(http.StatusForbidden, "did not let you in")
		if got := role(); got != "" {
			t.Errorf("%v: still %s", value, got)
		}
		if err := s.server.Members.EnableMember(t.Context(), s.Scope(), s.ActorOf(s.Owner, catalog.Owner), uuid.New(),
			o.ID); err != nil {
			t.Fatal(err)
		}
	}
	// Its own session of before ends there too.
	own := s.as(t, o)
	own.get(s.ws("")).want(http.StatusOK, o.Email)
	groups("staff")
	s.stranger(t).signOn(s.Workspace).want(http.StatusForbidden)
	own.get(s.ws("")).want(http.StatusNotFound)
	if got := s.refusals(t, s.Workspace); !strings.Contains(strings.Join(got, " "), "maps the account to no role") {
		t.Error(got)
	}
}

// TestClaimKeepsTheLastOwner, and the break-glass owner.
func TestClaimKeepsTheLastOwner(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	s.link(t, s.Workspace, s.Owner, p, "subject-1")
	s.saveProvider(t, s.Workspace, s.Owner, store.SignOnSettings{Issuer: p.Issuer, ClientID: signontest.ClientID,
		RoleClaim: "groups", Roles: []store.ClaimRole{{Value: "techs", Role: "technician"}}})
	p.Set(func(st *signontest.State) { st.Account.Claims = map[string]any{"groups": "techs"} })
	stays := func(when string) {
		t.Helper()
		s.stranger(t).signOn(s.Workspace).want(http.StatusSeeOther)
		found, err := s.WorkspacesOf(t.Context(), s.Owner.ID)
		if err != nil || len(found) != 1 || found[0].Role != "owner" {
			t.Error(when, found, err)
		}
	}
	stays("the last owner")
	s.Member(t, s.Workspace, catalog.Owner)
	s.requireSignOn(t, s.Workspace, s.Owner)
	stays("the break-glass owner")
}
