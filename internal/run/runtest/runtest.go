// Package runtest gives tests the whole way to Duo: a workspace in a real
// database, its keys saved and in use, and a simulator of its own behind the
// guarded transport.
package runtest

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/members"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// Desk is a workspace that is ready for work. Client is mapped to the Duo account
// Account, a child of Parent in the simulator Sim.
type Desk struct {
	storetest.DB
	Sim       *duosim.Sim
	Parent    duosim.Account
	Account   duosim.Account
	Workspace store.Workspace
	Owner     store.Operator
	Client    store.Organization
	Runner    *run.Runner
	Transport http.RoundTripper
	Clock     *Clock
	Log       *Log
}

// Clock is the time of a Desk and of its simulator. It runs with real time until
// it is moved.
type Clock struct {
	mu    sync.Mutex
	moved time.Duration
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.moved)
}

// Move puts the clock forward.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved += d
}

// Log keeps what was logged, to be searched for what must not be there.
type Log struct {
	mu   sync.Mutex
	text []byte
}

func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	return len(b), nil
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// New makes a Desk: keys in use, one organization mapped.
func New(t testing.TB) *Desk {
	t.Helper()
	return connect(t, Unconnected(t))
}

// Apart is New in a database of its own, see storetest.Apart.
func Apart(t testing.TB) *Desk {
	t.Helper()
	return connect(t, unconnected(t, storetest.Apart(t)))
}

func connect(t testing.TB, d *Desk) *Desk {
	t.Helper()
	if refused, _, err := d.Setup().SaveKeys(t.Context(), store.WholeWorkspace(d.Workspace.ID), d.Actor(catalog.Owner),
		setup.Nine(), d.NineFields()); err != nil || refused != nil {
		t.Fatal("saving the nine fields: ", err, refused)
	}
	d.Client = d.Map(t, "Acme Dental", d.Account)
	return d
}

// Unconnected makes a Desk whose workspace has no keys and no organizations yet.
func Unconnected(t testing.TB) *Desk {
	t.Helper()
	return unconnected(t, storetest.Open(t))
}

func unconnected(t testing.TB, db storetest.DB) *Desk {
	t.Helper()
	d := &Desk{DB: db, Clock: &Clock{}, Log: &Log{}}
	var err error
	if d.Sim, err = duosim.New(duosim.Options{Now: d.Clock.Now}); err != nil {
		t.Fatal(err)
	}
	server, err := duosim.Listen(t.Context(), "127.0.0.1:0", d.Sim, duosim.ListenOptions{CADir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve()
	t.Cleanup(func() {
		// A connection that was opened and never used would hold up the closing.
		(&http.Client{Transport: d.Transport}).CloseIdleConnections()
		server.Close(context.Background())
	})
	pem, err := os.ReadFile(server.Ready().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	d.Transport = duo.NewTransport(duo.TransportOptions{SandboxAddress: server.Ready().Address, SandboxCA: pool})
	d.Parent = d.Sim.AddParent("Parent MSP")
	d.Account = d.Sim.AddChild(d.Parent.AccountID, "Acme Dental, Inc.")
	d.Workspace, d.Owner = d.DB.Workspace(t)
	d.Runner = d.Over(t, d.Transport)
	return d
}

// Setup is the Runner with what sets the workspace up.
func (d *Desk) Setup() *setup.Runner { return setup.New(d.Runner) }

// Members is the Runner with what changes members.
func (d *Desk) Members() *members.Runner { return members.New(d.Runner) }

// Over makes another Runner for the Desk, which reaches Duo through transport.
func (d *Desk) Over(t testing.TB, transport http.RoundTripper) *run.Runner {
	t.Helper()
	return d.Process(t, run.Config{HTTP: transport})
}

// Process makes a Runner that is a process of its own until the test ends. What c
// leaves out is the Desk's.
func (d *Desk) Process(t testing.TB, c run.Config) *run.Runner {
	t.Helper()
	if c.Store == nil {
		c.Store = d.Store
	}
	if c.HTTP == nil {
		c.HTTP = d.Transport
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(d.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	c.Now, c.Sandbox = d.Clock.Now, true
	runner := run.New(c)
	if err := runner.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		runner.Stop()
		runner.Wait(context.Background())
	})
	return runner
}

// Scope is all of the Desk's workspace.
func (d *Desk) Scope() store.Scope { return store.WholeWorkspace(d.Workspace.ID) }

// Request asks for an action in the Desk's Client, with a form's values, in a
// role and under a new id.
func (d *Desk) Request(t testing.TB, role catalog.Role, slug string, form map[string]string) run.Request {
	t.Helper()
	action, found := catalog.Lookup(slug)
	if !found {
		t.Fatal("no action ", slug)
	}
	in, bad := action.Parse(func(name string) (string, bool) { text, given := form[name]; return text, given })
	if len(bad) > 0 {
		t.Fatal(slug, ": ", bad)
	}
	return run.Request{ID: uuid.New(), Scope: d.Scope(), Organization: d.Client, Actor: d.Actor(role),
		Action: action, Input: in}
}

// Closed is Record of a run that ends by itself: a busy database closes it a moment after Do returned.
func (d *Desk) Closed(t testing.TB, id uuid.UUID) store.Run {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); ; {
		if found := d.Record(t, id); found.State != store.Sending || time.Now().After(until) {
			return found
		}
	}
}

// Record reads a run as it is stored.
func (d *Desk) Record(t testing.TB, id uuid.UUID) store.Run {
	t.Helper()
	var found store.Run
	err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) (err error) {
		found, err = tx.Run(t.Context(), id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Actor is the Desk's owner acting in a role.
func (d *Desk) Actor(role catalog.Role) run.Actor {
	return d.ActorOf(d.Owner, role)
}

// ActorOf is an operator acting in a role, with the epoch of this moment.
func (d *Desk) ActorOf(operator store.Operator, role catalog.Role) run.Actor {
	found, err := d.OperatorByEmail(context.Background(), operator.Email)
	if err != nil {
		panic(err)
	}
	return run.Actor{Operator: found.ID, Epoch: found.Epoch, Role: role,
		Proof: run.Proof{At: time.Now().Add(24 * time.Hour)}} // recent, wherever the clock is moved
}

// NineFields are the values of the simulator's parent account, by the names of
// the form.
func (d *Desk) NineFields() map[string]string {
	auth, accounts, admin := d.Parent.Application(duosim.AuthAPI), d.Parent.Application(duosim.AccountsAPI),
		d.Parent.Application(duosim.AdminAPI)
	return map[string]string{
		"auth_host": d.Parent.APIHostname, "auth_integration_key": auth.IntegrationKey,
		"auth_secret_key": auth.SecretKey,
		"account_host":    d.Parent.APIHostname, "accounts_integration_key": accounts.IntegrationKey,
		"accounts_secret_key": accounts.SecretKey,
		"admin_host":          d.Parent.APIHostname, "admin_integration_key": admin.IntegrationKey,
		"admin_secret_key": admin.SecretKey,
	}
}

// Map makes an organization and maps it to an account of the simulator.
func (d *Desk) Map(t testing.TB, name string, account duosim.Account) store.Organization {
	t.Helper()
	o, faults, err := d.Setup().CreateOrganization(t.Context(), store.WholeWorkspace(d.Workspace.ID),
		d.Actor(catalog.Owner), name,
		setup.MappingRow{Organization: uuid.New(), Account: account.AccountID})
	if err != nil || len(faults) > 0 {
		t.Fatal("mapping ", name, ": ", err, faults)
	}
	access, err := d.Access(t.Context(), d.Owner.ID, d.Workspace.Slug, o.Slug)
	if err != nil {
		t.Fatal(err)
	}
	return access.Organization
}
