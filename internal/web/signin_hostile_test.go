package web

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/factors"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// TestMadeUpSignInsCostNoStatement: the cookie of a sign-in that this console did not give
// out is refused without the database, and one that has ended costs few statements.
func TestMadeUpSignInsCostNoStatement(t *testing.T) {
	t.Parallel()
	s, sent := traced(t)
	ended := s.waitingSignIn(t, s.Owner)
	s.Exec(t, `delete from sign_in where token_hash = $1`, hashOfToken(ended))
	sent.take()
	for _, cookie := range []string{"x", madeUp(32), madeUp(48), madeUp(69), ended} {
		b := s.stranger(t)
		if cookie == ended {
			drain(&s.server.Crowd.Misses, string(hashOfToken(ended))+b.ip, s.Clock.Now())
		}
		b.setCookie("signin", cookie)
		b.request(http.MethodGet, "/signin/factor", nil).want(http.StatusSeeOther)
		b.request(http.MethodPost, "/signin/factor/code", url.Values{"code": {"123456"}}).want(http.StatusUnauthorized)
	}
	if cost := sent.take(); len(cost) > 0 {
		t.Errorf("made-up sign-ins cost %q", cost)
	}
	waiting := s.stranger(t)
	waiting.setCookie("signin", s.waitingSignIn(t, s.Owner))
	waiting.get("/signin/factor").want(http.StatusOK, s.Owner.Email)
}

// TestNextThatIsNotKept: an address or a form that is too long to wait for the second factor,
// or is no text, does not keep an operator out.
func TestNextThatIsNotKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for what, form := range map[string]url.Values{
		"a long address":          {"next": {s.ws("?q=") + strings.Repeat("a", 4000)}},
		"an address that is none": {"next": {"/\xff"}},
		"a long form":             {"held": {strings.Repeat("A", 200_004)}},
		"a form that is not ours": {"held": {"\x00\xff"}},
	} {
		b := s.twoSteps(t)
		form.Set("email", s.Owner.Email)
		form.Set("password", storetest.Password)
		if p := b.request(http.MethodPost, "/signin", form); p.status != http.StatusSeeOther {
			t.Errorf("%s: status %d", what, p.status)
			continue
		}
		b.get("/signin/factor").want(http.StatusOK, "Second factor")
	}
}

// TestRefusedPasskeyIsNoWrongCode: who knows the name of an operator's passkey cannot make
// owners believe that the password is known.
func TestRefusedPasskeyIsNoWrongCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	named, err := factors.New(s.Store, s.Clock.Now, &url.URL{Scheme: "http", Host: "localhost:1"}, false)
	if err != nil {
		t.Fatal(err)
	}
	s.server.Factors = named // passkeys belong to a name
	o := s.Member(t, s.Workspace, catalog.Technician)
	s.Exec(t, `insert into factor (operator_id, kind, name, created_at, credential_id, credential)
		values ($1, 'passkey', 'Key', now(), $2, jsonb_build_object('id', encode($2, 'base64')))`, o.ID, o.ID[:])
	encode := base64.RawURLEncoding.EncodeToString
	answer := fmt.Sprintf(`{"id":%q,"rawId":%q,"type":"public-key","response":{"clientDataJSON":%q,`+
		`"authenticatorData":%q,"signature":"AA","userHandle":%q}}`, encode(o.ID[:]), encode(o.ID[:]),
		encode([]byte(`{"type":"webauthn.get","challenge":"x","origin":"https://evil.example"}`)),
		encode(make([]byte, 37)), encode(o.ID[:]))
	b := s.stranger(t)
	for range 10 {
		asked, err := s.server.Factors.AskAnyPasskey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.request(http.MethodPost, "/signin/passkey", url.Values{"challenge": {asked.Token}, "answer": {answer}}).want(
			http.StatusUnprocessableEntity, "used at another address")
	}
	events, err := s.AccountEvents(t.Context(), o.ID, 20)
	if err != nil || len(events) != 10 || events[0].Kind != store.AccountRefused {
		t.Error("the operator sees ", events, err)
	}
	s.as(t, s.Owner).get(s.ws("/notices")).want(http.StatusOK).wantNot("right password")
}

// TestQuestionsArePaced: each question that an answer is awaited to is a row for an hour, and
// the password alone makes few of them.
func TestQuestionsArePaced(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.Crowd.Attempts.Limit = 0.001 // so that none comes back meanwhile
	b := s.stranger(t)
	b.setCookie("signin", s.waitingSignIn(t, s.factorless(t, catalog.Technician, nil)))
	asked := 0
	for range 100 {
		p := b.request(http.MethodPost, "/signin/setup/app", url.Values{})
		if p.status == http.StatusTooManyRequests {
			break
		}
		asked++
	}
	if asked != 60 {
		t.Errorf("%d questions were asked at once", asked)
	}
	for _, address := range []string{"/signin/setup/app", "/signin/setup/passkey/options",
		"/signin/factor/passkey/options"} {
		b.request(http.MethodPost, address, url.Values{}).want(http.StatusTooManyRequests)
	}
}
