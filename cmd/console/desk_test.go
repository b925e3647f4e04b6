package main

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	neturl "net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// desk is the console as serve runs it, in a workspace of its own, with the demo
// estate in a simulator of its own.
type desk struct {
	t      *testing.T
	url    string // of the console
	home   string // of the workspace
	db     storetest.DB
	sim    *duosim.Sim
	ws     store.Workspace
	owner  store.Operator
	fields map[string]string
	config config
	log    *safeBuffer
	stop   func() // as a SIGTERM does

	confirmed atomic.Int64 // pages that asked for a second factor again, in a proof

	controls string // address of the simulator's page for testers
}

func startDesk(t *testing.T) *desk {
	t.Helper()
	return startDeskAt(t, "127.0.0.1")
}

// startDeskAt is startDesk for a console that browsers find at a host. Passkeys need one with
// a name: localhost.
func startDeskAt(t *testing.T, host string) *desk {
	t.Helper()
	db := storetest.Open(t)
	simulator, err := duosim.New(duosim.Options{Estate: duosim.EstateDemo})
	if err != nil {
		t.Fatal(err)
	}
	sandbox, err := duosim.Listen(t.Context(), "127.0.0.1:0", simulator, duosim.ListenOptions{CADir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	go sandbox.Serve()
	t.Cleanup(func() {
		now, cut := context.WithCancel(context.Background())
		cut()
		sandbox.Close(now)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, db: db, sim: simulator, log: &safeBuffer{}, url: "http://" + net.JoinHostPort(host, port),
		fields: sandboxValues(sandbox.Ready().Accounts), controls: sandbox.Ready().Controls}
	d.ws, d.owner = db.Workspace(t)
	d.home = d.url + "/w/" + d.ws.Slug
	ready := sandbox.Ready()
	c := config{address: listener.Addr().String(), metrics: "127.0.0.1:0", idle: time.Hour, longest: time.Hour,
		sandboxAddress: ready.Address, sandboxCAFile: ready.CAFile}
	if c.publicURL, err = publicURL(d.url); err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(ready.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	c.sandboxCA = x509.NewCertPool()
	c.sandboxCA.AppendCertsFromPEM(pem)
	d.config = c
	ctx, stop := context.WithCancel(context.Background())
	d.stop = stop
	stopped := make(chan error, 1)
	go func() {
		stopped <- serve(ctx, c, db.Store, listener,
			slog.New(slog.NewJSONHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	}()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error("the console did not stop cleanly: ", err)
		}
	})
	return d
}

// runnerOf does what the console does, without one.
func runnerOf(c config, s *store.Store) *run.Runner {
	return run.New(runConfig(c, s, slog.New(slog.DiscardHandler)))
}

// connect saves the nine fields and makes an organization for every Duo account,
// for journeys that begin after that.
func (d *desk) connect() {
	d.t.Helper()
	runner := runnerOf(d.config, d.db.Store)
	sc, actor := store.WholeWorkspace(d.ws.ID), run.Actor{Operator: d.owner.ID, Role: catalog.Owner}
	if refused, _, err := setup.New(runner).SaveKeys(d.t.Context(), sc, actor, setup.Nine(), d.fields); err != nil ||
		refused != nil {
		d.t.Fatal("saving the nine fields: ", err, refused)
	}
	if err := setup.New(runner).AdoptAccounts(d.t.Context(), sc, actor); err != nil {
		d.t.Fatal(err)
	}
}

// signIn signs the owner in by the form.
func (d *desk) signIn(p *page) {
	d.t.Helper()
	p.open(d.url + "/signin")
	p.fill("[name=email]", d.owner.Email)
	p.fill("[name=password]", storetest.Password)
	p.follow("main form button")
	p.fill("[name=code]", runtest.Code(d.t, d.db, d.owner, d.db.Now()))
	if status := p.follow("main form[action='/signin/factor/code'] button"); status != 200 ||
		d.url+p.address() != d.home {
		p.fatalf("signing in led to %s with status %d", p.address(), status)
	}
}

// confirms gives the owner's second factor on the page that asks for it again.
func (d *desk) confirms(p *page) int {
	d.t.Helper()
	p.contains("Confirm that it is you", "nothing was done yet")
	p.fill("[name=code]", runtest.Code(d.t, d.db, d.owner, d.db.Now()))
	return p.follow("main form.form[action$='proof=1'] button")
}

// signInBy signs an operator in by both forms, with a client that keeps cookies, and
// returns the last answer.
func signInBy(t testing.TB, client *http.Client, url string, db storetest.DB, o store.Operator) *http.Response {
	t.Helper()
	sendForm(t, client, url, "/signin", neturl.Values{"email": {o.Email}, "password": {storetest.Password}})
	return sendForm(t, client, url, "/signin/factor/code",
		neturl.Values{"code": {runtest.Code(t, db, o, db.Now())}})
}

// sendForm posts a form as a browser does, and returns the answer without its body.
func sendForm(t testing.TB, client *http.Client, url, path string, form neturl.Values) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", url)
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

// organization is the address of one of the demo estate's clients.
func (d *desk) organization(slug string) string { return d.home + "/o/" + slug }

// contains fails unless the page's text holds all the words.
func (p *page) contains(words ...string) {
	p.t.Helper()
	text := p.text("main")
	for _, w := range words {
		if !strings.Contains(text, w) {
			p.fatalf("the page does not say %q", w)
		}
	}
}

// lacks fails if the page's markup holds any of the words.
func (p *page) lacks(words ...string) {
	p.t.Helper()
	markup := evaluate[string](p, "document.documentElement.outerHTML")
	for _, w := range words {
		if strings.Contains(markup, w) {
			p.fatalf("the page holds %q", w)
		}
	}
}
