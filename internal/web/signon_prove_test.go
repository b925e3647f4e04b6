package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/signon"
	"duodesk/internal/run/signon/signontest"
	"duodesk/internal/store"
)

// proving is a session that asks the provider for a proof, for a form that waits.
type proving struct {
	s *console
	b *browser
	p *signontest.Provider
	o store.Operator
}

const waitingForm = "token of a form"

// there goes to the provider and returns the address to come back to.
func (w *proving) there(t testing.TB) string {
	t.Helper()
	back := w.b.signOnTo(w.s.Workspace) // so that the browser has its cookie
	w.b.request(http.MethodGet, back, nil).want(http.StatusSeeOther)
	place, err := w.s.server.SignOn.Find(t.Context(), w.s.Workspace.Slug)
	if err != nil {
		t.Fatal(err)
	}
	address, err := w.s.server.SignOn.Ask(t.Context(), place, signon.Ask{Purpose: signon.Prove,
		Browser: hashOfToken(w.b.cookie("sso")), Session: w.session(), Form: waitingForm,
		Next: w.s.ws("/runs?page=2")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(address)
	if u.Query().Get("max_age") != "0" || u.Query().Get("prompt") != "login" {
		t.Error("the provider is not told to ask the person: ", address)
	}
	return w.b.atProvider(address)
}

// session is what the questions of the browser's session are bound to.
func (w *proving) session() []byte {
	found, err := w.s.FindSession(context.Background(), hashOfToken(w.b.cookie("session")), w.s.Clock.Now(), testIdle)
	if err != nil {
		return hashOfToken("no session")
	}
	return run.DigestOf(found.ID.String())
}

func newProving(t testing.TB) *proving {
	t.Helper()
	s := newSite(t)
	w := &proving{s: s, p: s.provider(t, s.Workspace, s.Owner), o: s.Member(t, s.Workspace, catalog.Technician)}
	s.link(t, s.Workspace, w.o, w.p, "subject-1")
	w.b = s.stranger(t)
	return w
}

// TestProofByProvider: a provider proves an operator for a form that waits, by a time of
// authentication after the question; the proof is for this session and form, once.
func TestProofByProvider(t *testing.T) {
	t.Parallel()
	w := newProving(t)
	w.p.Set(func(st *signontest.State) { st.SignedInAt = time.Now().Add(-time.Hour) })
	taken := func() string {
		t.Helper()
		to := w.b.request(http.MethodGet, w.there(t), nil).want(http.StatusSeeOther).header.Get("Location")
		u, _ := url.Parse(to)
		if u.Path != w.s.ws("/runs") || u.Query().Get("page") != "2" {
			t.Fatal("leads to ", to)
		}
		return u.Query().Get("sso")
	}
	desk := w.s.server.SignOn
	var refused *signon.Refused
	token := taken()
	for name, take := range map[string]func() error{
		"another form": func() error {
			_, err := desk.TakeProof(t.Context(), w.session(), "another", token)
			return err
		},
		"another session": func() error {
			_, err := desk.TakeProof(t.Context(), hashOfToken("another"), waitingForm, token)
			return err
		},
		"another token": func() error {
			_, err := desk.TakeProof(t.Context(), w.session(), waitingForm, "another")
			return err
		},
	} {
		if err := take(); !errors.As(err, &refused) {
			t.Error(name, ": ", err)
		}
	}
	proof, err := desk.TakeProof(t.Context(), w.session(), waitingForm, token)
	if err != nil || proof.Kind != store.SignOn || time.Since(proof.At) > time.Minute ||
		proof.Provider != w.s.signOn(t, w.s.Workspace).Provider {
		t.Error(proof, err)
	}
	if _, err := desk.TakeProof(t.Context(), w.session(), waitingForm, token); !errors.As(err, &refused) {
		t.Error("twice: ", err)
	}
	token = taken()
	w.s.Clock.Move(61 * time.Second)
	if _, err := desk.TakeProof(t.Context(), w.session(), waitingForm, token); !errors.As(err, &refused) {
		t.Error("after a minute: ", err)
	}
}

// TestBadProofsOfProviders: a proof takes auth_time, in seconds, after the question. The time
// at which the token was issued never stands in for it.
func TestBadProofsOfProviders(t *testing.T) {
	t.Parallel()
	w := newProving(t)
	w.s.link(t, w.s.Workspace, w.s.Owner, w.p, "subject-2")
	now := time.Now()
	for name, c := range map[string]struct {
		change func(*signontest.State)
		reason string
	}{
		"no auth_time": {claim("auth_time", nil), "does not say when the person signed in"},
		"null auth_time": {func(s *signontest.State) {
			s.Tamper = func(t *signontest.Token) { t.Claims["auth_time"] = nil }
		}, "does not say when"},
		"auth_time in ms":   {claim("auth_time", now.UnixMilli()), "in milliseconds"},
		"auth_time to come": {claim("auth_time", now.Add(10*time.Minute).Unix()), "in the future"},
		"stale auth_time":   {claim("auth_time", now.Add(-5*time.Minute).Unix()), "too old"},
		"a session reused": {func(s *signontest.State) {
			s.Reuse, s.SignedInAt = true, now.Add(-time.Hour)
		}, "too old"},
		"someone else there": {claim("sub", "subject-2"), "Someone else signed in"},
		"nobody's account":   {claim("sub", "subject-3"), "Someone else signed in"},
	} {
		w.s.Exec(t, `delete from sign_on_refusal where workspace_id = $1`, w.s.Workspace.ID)
		w.p.Set(func(st *signontest.State) { *st = signontest.State{Account: st.Account, Redirects: st.Redirects} })
		back := func() string {
			defer w.p.Set(c.change)
			if name == "a session reused" {
				w.p.Set(c.change)
			}
			return w.there(t)
		}()
		got := w.b.request(http.MethodGet, back, nil)
		if got.status != http.StatusForbidden || strings.Contains(got.text(), c.reason) {
			t.Errorf("%s: %d %s", name, got.status, got.text())
		}
		if found := w.s.refusals(t, w.s.Workspace); len(found) != 1 || !strings.Contains(found[0], c.reason) {
			t.Errorf("%s: owners read %q", name, found)
		}
	}
	// In another session than the one that asked.
	w.p.Set(func(st *signontest.State) { *st = signontest.State{Account: st.Account, Redirects: st.Redirects} })
	back := w.there(t)
	w.b.setCookie("session", w.s.token(t, w.o))
	w.b.request(http.MethodGet, back, nil).want(http.StatusForbidden)
}

// TestProofsOfOtherWorkspaces: what one provider has proved a moment ago is no recent proof
// in another workspace, nor in the operator's account.
func TestProofsOfOtherWorkspaces(t *testing.T) {
	t.Parallel()
	w := newProving(t)
	w.b = w.s.as(t, w.o)
	w.s.Exec(t, `update session set factor_at = now() - interval '1 hour' where operator_id = $1`, w.o.ID)
	w.b.signOn(w.s.Workspace).want(http.StatusSeeOther)
	// Linking takes a factor of the operator's own.
	w.b.byHand = true
	w.b.send(http.MethodPost, "/account/signon/link", url.Values{"workspace": {w.s.Workspace.Slug}}).asksProof()
	w.b.send(http.MethodPost, "/account/factors/recovery", url.Values{}).asksProof()
	session, err := w.s.FindSession(t.Context(), hashOfToken(w.b.cookie("session")), w.s.Clock.Now(), testIdle)
	if err != nil || session.Proof.Kind != store.TOTP || time.Since(session.Proof.At) < 50*time.Minute {
		t.Error("the session's own proof is ", session.Proof, err)
	}
	if _, err := w.s.Superuser(t).Exec(t.Context(), `update session set factor_kind = 'single sign-on' where id = $1`,
		session.ID); err == nil {
		t.Error("the database takes a provider's proof for the operator's own")
	}
}

// TestActBySignOn: a session that came through the provider is asked there for an act, and the
// form goes on with what the provider says. Its proof is for this form, once, and for no form
// of another workspace.
func TestActBySignOn(t *testing.T) {
	t.Parallel()
	w := newProving(t)
	w.b.byHand = true
	w.b.signOn(w.s.Workspace).want(http.StatusSeeOther)
	export := func() *page {
		return w.b.request(http.MethodPost, w.s.ws("/export/organizations"), url.Values{}, "Referer", w.s.url+w.s.ws("/o"))
	}
	proved := func(asked *page) *page {
		t.Helper()
		asked.want(http.StatusForbidden, "Confirm that it is you", "Sign in again at your identity provider").fine()
		link := w.b.request(http.MethodGet, asked.link("Sign in again at your identity provider"),
			nil).want(http.StatusSeeOther)
		back := w.b.request(http.MethodGet, w.b.atProvider(link.header.Get("Location")), nil).want(http.StatusSeeOther)
		return w.b.get(back.header.Get("Location")).want(http.StatusOK, "You have signed in again").fine()
	}
	again := proved(export())
	if back := again.link("Cancel"); back != w.s.ws("/o") {
		t.Error("who has been at the provider is led back to ", back)
	}
	form := again.form("Continue: Exporting all organizations")
	form.post().want(http.StatusOK, w.s.Client.Name)
	form.post().want(http.StatusConflict, "This form no longer waits")
	// The proof of one form is none for another one.
	other := proved(export()).form("Continue: Exporting all organizations")
	token := proved(export()).form("Continue: Exporting all organizations")
	token.set("sso", other.values.Get("sso")).post().want(http.StatusUnprocessableEntity, "did not confirm").fine()
	// What is set up anew proves nothing for the one of before.
	w.s.Exec(t, `update workspace set sign_on_provider = gen_random_uuid() where id = $1`, w.s.Workspace.ID)
	if p := other.post(); p.status == http.StatusOK && strings.Contains(p.body, w.s.Client.Name) {
		t.Error("a provider of before proves an act")
	}
}
