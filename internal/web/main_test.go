package web

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"duodesk/internal/run/factors"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/internal/web/site"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const (
	sessionCookie = "session" // of a console without TLS

	testIdle    = 30 * time.Minute
	testLongest = 10 * time.Hour
)

// site is a Desk with the console serving it.
type console struct {
	*runtest.Desk
	server *site.Site
	url    string
	known  sync.Map // ids of an organization by its address, see bind
}

func newSite(t testing.TB) *console { return serve(t, runtest.New(t)) }

func serve(t testing.TB, d *runtest.Desk) *console {
	t.Helper()
	return serveAt(t, d, "")
}

// serveAt serves a console that is found at a public address, its own if empty.
func serveAt(t testing.TB, d *runtest.Desk, public string, proxies ...netip.Prefix) *console {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	address, err := url.Parse(cmp.Or(public, "http://"+server.Listener.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	desk, err := factors.New(d.Store, d.Clock.Now, address, false)
	if err != nil {
		t.Fatal(err)
	}
	s := &console{Desk: d, server: site.New(site.Config{
		Store: d.Store, Runner: d.Runner, Log: slog.New(site.LogHandler(slog.NewTextHandler(d.Log, nil))),
		Now:       d.Clock.Now,
		Factors:   desk,
		PublicURL: address, Idle: testIdle, Longest: testLongest, Sandbox: true,
		TrustedProxies: proxies,
		RefusalPause:   time.Nanosecond,
		AskingAfter:    time.Minute, // a page that has begun has the status 200, and a busy machine is slow
	})}
	server.Config.Handler = Handler(s.server)
	server.Start()
	t.Cleanup(server.Close)
	if idle, ok := d.Transport.(interface{ CloseIdleConnections() }); ok {
		// The simulator waits for connections that were dialled and not used.
		t.Cleanup(idle.CloseIdleConnections)
	}
	s.url = server.URL
	return s
}

// today is an operator as a password check would find them: epochs are raised
// while tests run.
func (s *console) today(t testing.TB, operator store.Operator) store.Operator {
	t.Helper()
	found, err := s.OperatorByEmail(t.Context(), operator.Email)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// token signs an operator in behind the form's back: checking passwords is slow
// on purpose.
func (s *console) token(t testing.TB, operator store.Operator) string {
	t.Helper()
	raw := make([]byte, 32)
	rand.Read(raw)
	stamped, err := s.Store.Stamp("session", append(raw, operator.ID[:]...))
	if err != nil {
		t.Fatal(err)
	}
	token := base64.RawURLEncoding.EncodeToString(stamped)
	now := s.Clock.Now()
	if err := s.Store.StartSession(t.Context(), s.Opening(t, s.today(t, operator), hashOfToken(token), now,
		now.Add(testLongest)), now); err != nil {
		t.Fatal(err)
	}
	// It was used in every workspace: what tests look at begins after that.
	s.Exec(t,
		`update session set entered = array(select workspace_id from membership where operator_id = $2) where token_hash = $1`, hashOfToken(token), operator.ID)
	return token
}

func hashOfToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// as is a browser in which an operator has signed in.
func (s *console) as(t testing.TB, operator store.Operator) *browser {
	b := s.stranger(t)
	b.setCookie(sessionCookie, s.token(t, operator))
	return b
}

// org is the address of the mapped organization, with more behind it.
func (s *console) org(more string) string { return s.orgOf(s.Client) + more }

func (s *console) orgOf(o store.Organization) string { return s.ws("/o/" + o.Slug) }

// ws is the address of the workspace, with more behind it.
func (s *console) ws(more string) string { return "/w/" + s.Workspace.Slug + more }
