package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/signon/signontest"
	"duodesk/internal/store"
)

// linkThere asks to link and goes to the provider. It returns the address to come back to.
func (b *browser) linkThere(ws store.Workspace) (back string) {
	b.t.Helper()
	asked := b.send(http.MethodPost, "/account/signon/link", url.Values{"workspace": {ws.Slug}}).want(http.StatusOK)
	return b.atProvider(asked.link("Continue to the provider"))
}

// TestLinkSignOn: an operator links their own account in their own session, after a second
// factor, and the provider asks the person again.
func TestLinkSignOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	p.Set(func(st *signontest.State) { st.SignedInAt = time.Now().Add(-time.Hour) })
	o := s.Member(t, s.Workspace, catalog.Technician)
	b := s.as(t, o)
	back := b.linkThere(s.Workspace)
	if !strings.HasPrefix(back, "/signin/sso/"+s.Workspace.Slug+"/back?") {
		t.Fatal(back)
	}
	b.get(back).want(http.StatusOK, "Your account is linked", "ana@northwind.example")
	if s.recorded(t, store.SignOnLinked) != 1 {
		t.Error("it is not on record")
	}
	s.stranger(t).signOn(s.Workspace).want(http.StatusSeeOther).follow().want(http.StatusOK, o.Email)

	// The same account is no other operator's.
	other := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	other.request(http.MethodGet, other.linkThere(s.Workspace), nil).want(http.StatusForbidden, "did not let you in").
		wantNot(o.Email)
	// A second account takes the place of the first, and ends what that opened.
	first := s.stranger(t)
	first.signOn(s.Workspace)
	p.Set(func(st *signontest.State) { st.Account.Subject = "subject-2" })
	b.get(b.linkThere(s.Workspace)).want(http.StatusOK, "Your account is linked")
	first.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(o.Email)
	p.Set(func(st *signontest.State) { st.Account.Subject = "subject-1" })
	s.stranger(t).signOn(s.Workspace).want(http.StatusForbidden)
	other.get(other.linkThere(s.Workspace)).want(http.StatusOK, "Your account is linked")
}

// TestWhoMayLink: only the session that asked, while it lives and its factor is recent.
func TestWhoMayLink(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	o := s.Member(t, s.Workspace, catalog.Technician)
	links := func() (n int) {
		if err := s.Superuser(t).QueryRow(t.Context(), `select count(*) from sign_on_link where workspace_id = $1`,
			s.Workspace.ID).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	refused := func(name string, come func(b *browser)) {
		t.Helper()
		if come(s.as(t, o)); links() != 0 {
			t.Error(name, ": an account was linked")
		}
	}
	refused("in another session of the same operator", func(b *browser) {
		back := b.linkThere(s.Workspace)
		b.setCookie("session", s.token(t, o))
		b.request(http.MethodGet, back, nil).want(http.StatusForbidden)
	})
	refused("in a session of another operator", func(b *browser) {
		back := b.linkThere(s.Workspace)
		b.setCookie("session", s.token(t, s.Owner))
		b.request(http.MethodGet, back, nil).want(http.StatusForbidden)
	})
	refused("signed out", func(b *browser) {
		back := b.linkThere(s.Workspace)
		b.send(http.MethodPost, "/signout", url.Values{})
		b.request(http.MethodGet, back, nil).want(http.StatusForbidden)
	})
	refused("in another browser", func(b *browser) {
		back := b.linkThere(s.Workspace)
		lured := s.as(t, o)
		lured.request(http.MethodGet, back, nil).want(http.StatusForbidden)
	})
	refused("with an old factor", func(b *browser) {
		back := b.linkThere(s.Workspace)
		s.Exec(t, `update session set factor_at = now() - interval '11 minutes' where operator_id = $1`, o.ID)
		b.request(http.MethodGet, back, nil).want(http.StatusForbidden)
	})
	refused("to ask with an old factor", func(b *browser) {
		s.Exec(t, `update session set factor_at = now() - interval '11 minutes' where operator_id = $1`, o.ID)
		b.byHand = true
		b.send(http.MethodPost, "/account/signon/link", url.Values{"workspace": {s.Workspace.Slug}}).
			asksProof("Linking an account")
	})
	refused("by a recovery code", func(b *browser) {
		s.Exec(t, `update session set factor_kind = 'recovery' where operator_id = $1`, o.ID)
		b.byHand = true
		b.send(http.MethodPost, "/account/signon/link", url.Values{"workspace": {s.Workspace.Slug}}).
			asksProof("Linking an account")
	})
	refused("at a workspace of others", func(b *browser) {
		there, chief := s.DB.Workspace(t)
		s.provider(t, there, chief)
		b.send(http.MethodPost, "/account/signon/link", url.Values{"workspace": {there.Slug}}).want(http.StatusNotFound)
	})
	refused("as a sign-in", func(b *browser) {
		b.request(http.MethodGet, b.signOnTo(s.Workspace), nil).want(http.StatusForbidden)
	})
	p.Set(func(st *signontest.State) { st.Account.Subject = "" })
	refused("without a subject", func(b *browser) {
		b.request(http.MethodGet, b.linkThere(s.Workspace), nil).want(http.StatusForbidden)
	})
}

// TestSignOnSettingsAreTested: a test says which part is wrong.
func TestSignOnSettingsAreTested(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	b := s.as(t, s.Owner)
	verdicts := func(words ...string) {
		t.Helper()
		b.get(s.ws("/signon")).form("Test what is stored").post().want(http.StatusOK, words...)
	}
	right := store.SignOnSettings{Issuer: p.Issuer, ClientID: signontest.ClientID}
	save := func(change func(*store.SignOnSettings)) {
		t.Helper()
		to := right
		change(&to)
		s.saveProvider(t, s.Workspace, s.Owner, to)
	}
	verdicts("Issuer Right", "Client ID Right", "Client secret Right", "Redirect address Right", "Clock Right")
	save(func(to *store.SignOnSettings) { to.Issuer += "/" })
	verdicts("Issuer Wrong The issuer differs from the provider's own by the slash at its end. It is " + p.Issuer + ".")
	save(func(to *store.SignOnSettings) { to.Issuer = "http://127.0.0.1:1" })
	verdicts("Issuer Wrong The provider does not answer", "Client ID Not known")
	save(func(to *store.SignOnSettings) { to.ClientID = "another" })
	verdicts("Issuer Right", "Client ID Wrong", "Client secret Not known", "Redirect address Not known")
	save(func(*store.SignOnSettings) {})
	p.Set(func(st *signontest.State) { st.Redirects = []string{"http://localhost/elsewhere"} })
	verdicts("Client ID Right", "Client secret Right", "Redirect address Wrong", "Register exactly this address")
	p.Set(func(st *signontest.State) { st.Redirects = []string{s.server.SignOn.Return(s.Workspace.Slug)} })
	b.get(s.ws("/signon")).form("Save").set("client_secret", "not the secret").post().want(http.StatusSeeOther)
	verdicts("Client ID Right", "Client secret Wrong", "Redirect address Right")
	save(func(*store.SignOnSettings) {})
	for off, words := range map[time.Duration]string{5 * time.Minute: "minutes ahead",
		-5 * time.Minute: "behind this server's"} {
		p.Set(func(st *signontest.State) {
			st.Before = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
			}
		})
		verdicts("Clock Wrong", words)
	}
	p.Set(func(st *signontest.State) {
		st.Before = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", http.StatusNotFound) }
	})
	verdicts("Issuer Wrong There is no OpenID description")
	p.Set(func(st *signontest.State) {
		st.Before = func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
		}
	})
	verdicts("Issuer Wrong The provider redirects")
	p.Set(func(st *signontest.State) {
		st.Before = func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 2<<20)) }
	})
	verdicts("Issuer Wrong The provider's answer is longer than 1 MB.")
}

// TestSignOnFormFaults: what cannot work is refused in words before it is stored, and nothing
// that was typed is lost but the secret.
func TestSignOnFormFaults(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	for typed, words := range map[string]string{
		"https://login.microsoftonline.com/common/v2.0":              "is for many tenants",
		"https://login.microsoftonline.com/Organizations/v2.0":       "is for many tenants",
		"https://login.microsoftonline.us/consumers/v2.0":            "is for many tenants",
		"http://login.example.com":                                   "does not begin with https://",
		"https://10.0.0.1":                                           "private",
		"https://169.254.169.254/latest":                             "private",
		"https://login.example.com:22":                               "another port than 443",
		"https://user@login.example.com":                             "not a plain https:// address",
		"https://login.example.com/?x=1":                             "no ? and no #",
		"https://login.example.com/.well-known/openid-configuration": "before /.well-known",
		"login.example.com":                                          "does not begin with https://",
		"https://login.example.com/" + strings.Repeat("x", 500):      "not an address",
	} {
		got := b.get(s.ws("/signon")).form("Save").set("issuer", typed).set("client_id", "console").
			set("client_secret", "s3cret-canary").post().want(http.StatusUnprocessableEntity, words)
		got.wantNot("s3cret-canary")
		if len(typed) < 200 && got.form("Save").values.Get("issuer") != typed {
			t.Error("what was typed is lost: ", typed)
		}
	}
	for typed, words := range map[string]string{"techs": "value = role", "techs = boss": "has no role",
		"= owner": "has no value", "a = owner\na = auditor": "listed twice",
		strings.Repeat("x", 400) + " = owner": "too long"} {
		b.get(s.ws("/signon")).form("Save").set("issuer", "https://login.example.com").set("client_id", "console").
			set("client_secret", "k").set("role_claim", "groups").set("roles", typed).post().
			want(http.StatusUnprocessableEntity, words)
	}
	b.get(s.ws("/signon")).form("Save").set("issuer", "https://login.example.com").set("client_id", "console").
		post().want(http.StatusUnprocessableEntity, "Enter the client secret")
	if s.signOn(t, s.Workspace).Version != 0 {
		t.Error("something was stored")
	}
	// Saved from two tabs: the second sees that someone else was first.
	f, g := b.get(s.ws("/signon")).form("Save"), b.get(s.ws("/signon")).form("Save")
	fill := func(f *formOfPage) *formOfPage {
		return f.set("issuer", "https://login.example.com").set("client_id", "console").set("client_secret",
			"s3cret-canary")
	}
	fill(f).post().want(http.StatusSeeOther)
	fill(g).post().want(http.StatusConflict, "Someone else changed this first")
	fill(f).post().want(http.StatusSeeOther) // the same form again
	if v := s.signOn(t, s.Workspace).Version; v != 1 {
		t.Error("saved ", v, " times")
	}
	// Another provider or client is not sent the secret that was typed for this one.
	for field, typed := range map[string]string{"issuer": "https://login.example.org", "client_id": "another"} {
		b.get(s.ws("/signon")).form("Save").set(field, typed).post().want(http.StatusUnprocessableEntity,
			"the stored one is for the issuer and client of before").fine()
	}
	if now := s.signOn(t, s.Workspace); now.Issuer != "https://login.example.com" || now.ClientID != "console" {
		t.Error("stored is ", now.Issuer, now.ClientID)
	}
	b.get(s.ws("/signon")).wantNot("s3cret-canary")
	b.get(s.ws("/runs")).wantNot("s3cret-canary")
	if strings.Contains(s.Log.String(), "s3cret-canary") {
		t.Error("the log has the secret")
	}
	for _, role := range []catalog.Role{catalog.Administrator, catalog.Auditor} {
		s.as(t, s.Member(t, s.Workspace, role)).get(s.ws("/signon")).want(http.StatusNotFound)
	}
}
