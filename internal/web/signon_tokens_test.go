package web

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"duodesk/internal/run/signon/signontest"
)

// claim has a provider put another value into its ID tokens; nil takes the claim away.
func claim(name string, value any) func(*signontest.State) {
	return func(s *signontest.State) {
		s.Tamper = func(t *signontest.Token) {
			if t.Claims[name] = value; value == nil {
				delete(t.Claims, name)
			}
		}
	}
}

// signedBy has a provider sign its ID tokens in another way.
func signedBy(algorithm jose.SignatureAlgorithm, key any) func(*signontest.State) {
	return func(s *signontest.State) {
		s.Tamper = func(t *signontest.Token) {
			t.Algorithm = algorithm
			if key != nil {
				t.Key = key
			}
		}
	}
}

// badAnswers are what a provider, or someone between, can do to a sign-in, and the reason
// that owners read.
func badAnswers(t testing.TB) map[string]struct {
	change func(*signontest.State)
	back   func(back string) string
	reason string
} {
	type bad = struct {
		change func(*signontest.State)
		back   func(back string) string
		reason string
	}
	now := time.Now()
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	query := func(change func(url.Values)) func(string) string {
		return func(back string) string {
			u, err := url.Parse(back)
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			change(q)
			return u.Path + "?" + q.Encode()
		}
	}
	return map[string]bad{
		"issuer": {claim("iss", "https://evil.example"), nil,
			"from another issuer, such as another tenant. It is from https://evil.example"},
		"issuer with a slash": {claim("iss", "http://127.0.0.1/"), nil, "from another issuer"},
		"another tenant": {claim("iss", "https://login.microsoftonline.com/other/v2.0"), nil,
			"such as another tenant"},
		"audience": {claim("aud", "another-client"), nil, "for another client"},
		"two audiences": {func(s *signontest.State) {
			s.Tamper = func(t *signontest.Token) {
				t.Claims["aud"] = []string{signontest.ClientID, "another-client"}
				delete(t.Claims, "azp")
			}
		}, nil, "for another client"},
		"authorized party": {claim("azp", "another-client"), nil, "for another client"},
		"nonce":            {claim("nonce", "of another sign-in"), nil, "(nonce)"},
		"no nonce":         {claim("nonce", nil), nil, "(nonce)"},
		"alg none":         {signedBy("none", nil), nil, "not signed in a way"},
		"signed by the secret": {signedBy(jose.HS256, []byte(strings.Repeat(signontest.ClientSecret, 2))), nil,
			"not signed in a way"},
		"signed by a stranger": {signedBy(jose.RS256, foreign), nil, "does not fit the provider's keys"},
		"expired":              {claim("exp", now.Add(-time.Second).Unix()), nil, "has expired"},
		"from the future":      {claim("iat", now.Add(5*time.Minute).Unix()), nil, "from the future"},
		"not yet valid":        {claim("nbf", now.Add(time.Hour).Unix()), nil, "from the future"},
		"auth_time in ms":      {claim("auth_time", now.UnixMilli()), nil, "in milliseconds"},
		"auth_time as text":    {claim("auth_time", "yesterday"), nil, "cannot be read"},
		"auth_time to come":    {claim("auth_time", now.Add(10*time.Minute).Unix()), nil, "in the future"},
		"unverified email":     {claim("email_verified", false), nil, "not verified"},
		"no subject":           {claim("sub", ""), nil, "names no account"},
		"endless subject":      {claim("sub", strings.Repeat("x", 256)), nil, "names no account"},
		"invisible subject":    {claim("sub", "subject-1\u202e"), nil, "names no account"},
		"unknown subject":      {claim("sub", "subject-2"), nil, "linked to nobody"},
		"subject by email":     {claim("sub", "ana@northwind.example"), nil, "linked to nobody"},
		"no code":              {nil, query(func(q url.Values) { q.Del("code") }), "has no code"},
		"another code":         {nil, query(func(q url.Values) { q.Set("code", "made up") }), "refused the code"},
		"refused there": {nil, query(func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }),
			"access_denied"},
		"hostile error": {nil, query(func(q url.Values) {
			q.Del("code")
			q.Set("error", "<b>"+strings.Repeat("x", 4000))
		}), "an unreadable error"},
		"issuer of the answer": {nil, query(func(q url.Values) { q.Set("iss", "https://evil.example") }),
			"names another issuer"},
		"another state": {nil, query(func(q url.Values) { q.Set("state", "made up") }), "belongs to no sign-in"},
		"no state":      {nil, query(func(q url.Values) { q.Del("state") }), "belongs to no sign-in"},
	}
}

// TestBadAnswersOfProviders: each is refused with one sentence for the visitor and a reason
// for owners, and begins no session.
func TestBadAnswersOfProviders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	s.link(t, s.Workspace, s.Owner, p, "subject-1")
	for name, bad := range badAnswers(t) {
		p.Set(func(st *signontest.State) {
			st.Tamper = nil
			if bad.change != nil {
				bad.change(st)
			}
		})
		s.refusedSignOn(t, name, bad.reason, func(b *browser) *page {
			back := b.signOnTo(s.Workspace)
			if bad.back != nil {
				back = bad.back(back)
			}
			return b.request(http.MethodGet, back, nil)
		})
	}
	p.Set(func(st *signontest.State) { st.Tamper = nil })
	s.stranger(t).signOn(s.Workspace).want(http.StatusSeeOther)
}

// refusedSignOn has a browser come back from the provider, and compares what it and the
// owners get to know.
func (s *console) refusedSignOn(t testing.TB, name, reason string, come func(*browser) *page) {
	t.Helper()
	s.Exec(t, `delete from sign_on_refusal where workspace_id = $1`, s.Workspace.ID)
	b := s.stranger(t)
	got := come(b)
	if got.status != http.StatusForbidden || !strings.Contains(got.text(), "Single sign-on did not let you in.") {
		t.Errorf("%s: %d %s", name, got.status, got.text())
		return
	}
	if b.cookie("session") != "" {
		t.Errorf("%s: a session began", name)
	}
	found := s.refusals(t, s.Workspace)
	if len(found) != 1 || !strings.Contains(found[0], reason) {
		t.Errorf("%s: owners read %q, want %q", name, found, reason)
	}
	for _, word := range []string{reason, s.Owner.Email, "subject-1"} {
		if strings.Contains(got.text(), word) {
			t.Errorf("%s: the visitor reads %q", name, word)
		}
	}
}

// TestCodesAndStatesAreUsedOnce, in the browser that asked, at the address of the workspace
// that asked.
func TestCodesAndStatesAreUsedOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	s.link(t, s.Workspace, s.Owner, p, "subject-1")
	s.refusedSignOn(t, "a state twice", "belongs to no sign-in", func(b *browser) *page {
		back := b.signOnTo(s.Workspace)
		b.request(http.MethodGet, back, nil).want(http.StatusSeeOther)
		b.setCookie("session", "")
		return b.request(http.MethodGet, back, nil)
	})
	s.refusedSignOn(t, "a code twice", "refused the code", func(b *browser) *page {
		first := b.signOnTo(s.Workspace)
		second := b.signOnTo(s.Workspace)
		b.request(http.MethodGet, first, nil).want(http.StatusSeeOther)
		b.setCookie("session", "")
		one, _ := url.Parse(first)
		two, _ := url.Parse(second)
		q := two.Query()
		q.Set("code", one.Query().Get("code"))
		return b.request(http.MethodGet, two.Path+"?"+q.Encode(), nil)
	})
	s.refusedSignOn(t, "another browser", "another browser", func(b *browser) *page {
		back := s.stranger(t).signOnTo(s.Workspace)
		b.signOnTo(s.Workspace) // which has a cookie of its own
		return b.request(http.MethodGet, back, nil)
	})
	s.refusedSignOn(t, "a browser that asked nothing", "another browser", func(b *browser) *page {
		return b.request(http.MethodGet, s.stranger(t).signOnTo(s.Workspace), nil)
	})
	s.refusedSignOn(t, "too late", "took over 10 minutes", func(b *browser) *page {
		back := b.signOnTo(s.Workspace)
		s.Exec(t,
			`update challenge set ends_at = now() - interval '1 second' where purpose = 'single sign-on' and $1 <> ''`, back)
		return b.request(http.MethodGet, back, nil)
	})
	// A code that was not made for this question: the provider compares the challenge (PKCE).
	s.refusedSignOn(t, "the code of another question", "refused the code", func(b *browser) *page {
		stolen, _ := url.Parse(s.stranger(t).signOnTo(s.Workspace))
		mine, _ := url.Parse(b.signOnTo(s.Workspace))
		q := mine.Query()
		q.Set("code", stolen.Query().Get("code"))
		return b.request(http.MethodGet, mine.Path+"?"+q.Encode(), nil)
	})
	// Without PKCE there, the nonce says it.
	p.Set(func(st *signontest.State) { st.Forget = true })
	s.refusedSignOn(t, "the code of another question, without PKCE", "(nonce)", func(b *browser) *page {
		stolen, _ := url.Parse(s.stranger(t).signOnTo(s.Workspace))
		mine, _ := url.Parse(b.signOnTo(s.Workspace))
		q := mine.Query()
		q.Set("code", stolen.Query().Get("code"))
		return b.request(http.MethodGet, mine.Path+"?"+q.Encode(), nil)
	})
}

// TestAnswerAtAnotherWorkspace: each workspace has an address of its own to come back to, so
// that a provider cannot have a browser bring it a code of another provider.
func TestAnswerAtAnotherWorkspace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	there, chief := s.DB.Workspace(t)
	p := s.provider(t, s.Workspace, s.Owner)
	s.link(t, s.Workspace, s.Owner, p, "subject-1")
	other := s.provider(t, there, chief)
	s.link(t, there, chief, other, "subject-1")
	b := s.stranger(t)
	back := b.signOnTo(there)
	moved := strings.Replace(back, "/signin/sso/"+there.Slug+"/", "/signin/sso/"+s.Workspace.Slug+"/", 1)
	s.refusedSignOn(t, "at another workspace", "address of another workspace", func(*browser) *page {
		return b.request(http.MethodGet, moved, nil)
	})
	if b.cookie("session") != "" {
		t.Error("a session began")
	}
}

// TestKeysOfAProviderRotate: new keys are fetched when a token names one; tokens of dropped
// ones are refused.
func TestKeysOfAProviderRotate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.provider(t, s.Workspace, s.Owner)
	s.link(t, s.Workspace, s.Owner, p, "subject-1")
	s.stranger(t).signOn(s.Workspace).want(http.StatusSeeOther)
	old := p.Newest()
	p.Rotate(t)
	s.stranger(t).signOn(s.Workspace).want(http.StatusSeeOther)
	p.Drop()
	p.Rotate(t) // so that the keys are fetched again
	s.stranger(t).signOn(s.Workspace).want(http.StatusSeeOther)
	p.Set(func(st *signontest.State) {
		st.Tamper = func(tok *signontest.Token) { tok.Key, tok.KeyID = old.Key(), old.ID() }
	})
	s.refusedSignOn(t, "a key that was rotated out", "does not fit the provider's keys", func(b *browser) *page {
		return b.signOn(s.Workspace)
	})
}
