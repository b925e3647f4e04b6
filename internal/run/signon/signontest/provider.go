// Package signontest runs an OpenID provider on this machine for tests: zitadel's, with a
// storage of its own. Whoever comes is signed in as the account that the test has chosen.
package signontest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	ClientID     = "duodesk"
	ClientSecret = "correct-horse-battery-staple"
)

// Account is an account at the provider.
type Account struct {
	Subject, Email string
	Claims         map[string]any // more of the ID token
}

// Provider is a running provider. Its fields may be changed through Set.
type Provider struct {
	Issuer string
	server *httptest.Server

	mu    sync.Mutex
	state State
	asked map[string]*request
	codes map[string]string // code to the id of its request
	keys  []key             // the last one signs
}

// State is what a test decides.
type State struct {
	Account    Account
	SignedInAt time.Time        // when the browser's session there began; zero: at each visit
	Redirects  []string         // that are registered
	Tamper     func(*Token)     // changes each ID token before it is signed; nil: none
	Reuse      bool             // a person is never asked again, whatever the question says
	Before     http.HandlerFunc // answers in the place of the provider if it writes; nil: none
	Forget     bool             // the code challenge and its verifier are not looked at
}

type key struct {
	id      string
	private *rsa.PrivateKey
}

// New starts a provider that sends browsers back to the registered addresses.
func New(t testing.TB, redirects ...string) *Provider {
	t.Helper()
	p := &Provider{asked: map[string]*request{}, codes: map[string]string{},
		state: State{Account: Account{Subject: "subject-1", Email: "ana@northwind.example"}, Redirects: redirects}}
	p.Rotate(t)
	p.server = httptest.NewUnstartedServer(nil)
	p.Issuer = "http://" + p.server.Listener.Addr().String()
	config := &op.Config{CryptoKey: sha256.Sum256([]byte("test")), CodeMethodS256: true, AuthMethodPost: true}
	provider, err := op.NewProvider(config, storage{p}, op.StaticIssuer(p.Issuer), op.WithAllowInsecure(),
		op.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		t.Fatal(err)
	}
	back := op.AuthCallbackURL(provider)
	mux := http.NewServeMux()
	login := op.NewIssuerInterceptor(provider.IssuerFromRequest).HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			p.login(r.FormValue("id"))
			http.Redirect(w, r, back(r.Context(), r.FormValue("id")), http.StatusFound)
		})
	mux.HandleFunc("/login", login)
	mux.HandleFunc("/oauth/token", func(w http.ResponseWriter, r *http.Request) { p.tamper(provider, w, r) })
	mux.Handle("/", provider)
	p.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before := p.now().Before; before != nil {
			seen := &seen{ResponseWriter: w}
			if before(seen, r); seen.written {
				return
			}
		}
		mux.ServeHTTP(w, r)
	})
	p.server.Start()
	t.Cleanup(p.server.Close)
	return p
}

// seen notes whether an answer was written.
type seen struct {
	http.ResponseWriter
	written bool
}

func (s *seen) WriteHeader(status int) { s.written = true; s.ResponseWriter.WriteHeader(status) }
func (s *seen) Write(b []byte) (int, error) {
	s.written = true
	return s.ResponseWriter.Write(b)
}

// Set changes what the provider does.
func (p *Provider) Set(change func(*State)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.state)
}

func (p *Provider) now() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Rotate adds a key that signs from now on. Drop removes all but the newest.
func (p *Provider) Rotate(t testing.TB) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, key{uuid.NewString(), private})
}

// Drop removes all keys but the newest.
func (p *Provider) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = p.keys[len(p.keys)-1:]
}

// Newest is the key that signs.
func (p *Provider) Newest() key {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys[len(p.keys)-1]
}

// login signs the account of the moment in.
func (p *Provider) login(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.asked[id]
	if asked == nil {
		return
	}
	asked.account, asked.done = p.state.Account, true
	asked.authTime = p.state.SignedInAt
	if asked.again && !p.state.Reuse || asked.authTime.IsZero() {
		asked.authTime = time.Now()
	}
}

// Token is an ID token before it is signed.
type Token struct {
	Claims    map[string]any
	Algorithm jose.SignatureAlgorithm // "none" leaves it unsigned
	Key       any                     // of the algorithm
	KeyID     string
}
