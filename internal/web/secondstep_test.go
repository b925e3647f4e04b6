package web

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"duodesk/internal/run/factors"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/views"
)

// waiting is a browser whose password was right and whose second factor is to come.
func (s *console) waiting(t testing.TB, o store.Operator) *browser {
	t.Helper()
	b := s.twoSteps(t)
	p := b.request(http.MethodPost, views.SignIn(), url.Values{"email": {o.Email}, "password": {storetest.Password}})
	if p.status != http.StatusSeeOther || p.header.Get("Location") != views.SecondFactor() {
		t.Fatal("the password is not followed by the second factor: ", p.status, p.header.Get("Location"))
	}
	return b
}

func (b *browser) hasNoSession() {
	b.t.Helper()
	if b.cookie("session") != "" {
		b.t.Error("there is a session")
	}
	b.get(views.Account()).want(http.StatusOK, "Sign in").wantNot("Your account")
}

// TestPasswordAloneSetsNothingUp: not a page, and not the setup of another second factor.
func TestPasswordAloneSetsNothingUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.waiting(t, s.Owner)
	b.hasNoSession()
	b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
	for _, address := range []string{views.FirstFactorApp(), views.FirstFactorAppCode(), views.FirstFactorPasskey(),
		views.FirstFactorPasskeyOptions(), views.FirstFactorLater(), views.NewApp(), views.NewAppCode(),
		views.NewPasskeyOptions(), views.NewPasskey(), views.NewRecoveryCodes(), views.RemoveFactor()} {
		p := b.request(http.MethodPost, address, url.Values{"code": {"000000"}, "challenge": {"x"}, "answer": {"{}"},
			"factor": {"0198f3c2-7b1e-7c43-9a55-2f6d1c0b8e11"}})
		if p.status != http.StatusUnauthorized {
			t.Errorf("%s answers %d:\n%s", address, p.status, p.text())
		}
	}
	b.hasNoSession()
	b.setCookie("signin", "")
	b.code("000000").want(http.StatusUnauthorized, "You are signed out.",
		"A sign-in waits 10 minutes for its second factor and takes 5 wrong codes.", "Password")
	if found, err := s.Factors(t.Context(), s.Owner.ID); err != nil || len(found) != 1 {
		t.Error("the factors were changed: ", found, err)
	}
}

// TestCodeOpensOneSession of twenty requests at once with the same right code, of which each
// sign-in takes five.
func TestCodeOpensOneSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.waiting(t, s.Owner)
	code := runtest.Code(t, s.DB, s.Owner, s.Clock.Now())
	cookie := "signin=" + b.cookie("signin")
	var asking sync.WaitGroup
	opened := make(chan string, 20)
	for range cap(opened) {
		other := s.twoSteps(t)
		asking.Go(func() {
			p := other.request(http.MethodPost, views.SecondFactorCode(), url.Values{"code": {code}}, "Cookie", cookie)
			if p.status == http.StatusSeeOther {
				opened <- p.header.Get("Set-Cookie")
			}
		})
	}
	asking.Wait()
	var sessions int
	if err := s.Superuser(t).QueryRow(t.Context(), `select count(*) from session where operator_id = $1`,
		s.Owner.ID).Scan(&sessions); err != nil {
		t.Fatal(err)
	}
	if len(opened) != 1 || sessions != 1 {
		t.Errorf("%d of 20 requests opened a session, of which there are %d", len(opened), sessions)
	}
}

// TestHostilePasskeyAnswers: the form of a passkey takes any text and answers with words.
func TestHostilePasskeyAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk, err := factors.New(s.Store, s.Clock.Now, &url.URL{Scheme: "http", Host: "localhost:1"}, false)
	if err != nil {
		t.Fatal(err)
	}
	s.server.Factors = desk
	for answer, words := range map[string]string{"": "cannot be read", "{}": "cannot be read",
		strings.Repeat("[", 9000): "cannot be read", "\u202e": "cannot be read"} {
		b := s.stranger(t)
		asked, err := desk.AskAnyPasskey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		form := url.Values{"challenge": {asked.Token}, "answer": {answer}, "next": {"//evil.example"}}
		p := b.request(http.MethodPost, views.SignInPasskey(), form)
		p.want(http.StatusUnprocessableEntity, words).wantNot("evil.example")
		b.request(http.MethodPost, views.SignInPasskey(), form).want(http.StatusUnprocessableEntity, "answered already")
		b.hasNoSession()
	}
}
