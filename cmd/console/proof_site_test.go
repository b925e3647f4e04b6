package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"duodesk/internal/devpg"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/setup"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// For the long proofs, the measurements of `make bench`, and tests that kill
// processes: the real program as a process of its own, a private Postgres that they
// may stop, a simulator.

// tell prints the one line of a proof. Only what was counted or measured stands in it.
func tell(t *testing.T, format string, args ...any) {
	fmt.Printf("%-34s %s\n", t.Name(), fmt.Sprintf(format, args...))
}

// site is what a console needs: a database of its own, keys, and the simulator.
type proofSite struct {
	t     *testing.T
	dir   string
	pg    *devpg.Server
	db    storetest.DB
	sim   *duosim.Sim
	duo   duosim.Ready
	ws    store.Workspace
	owner store.Operator
	url   string // of the consoles, which all have one address

	proved atomic.Int64 // forms for which a page asked for a second factor again
}

// startSite makes a site whose workspace has its nine fields in use and an
// organization for every account that seed leaves in the simulator.
func startSite(t *testing.T, seed func(sim *duosim.Sim, parent duosim.Account)) *proofSite {
	t.Helper()
	sim, err := duosim.New(duosim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	seed(sim, sim.AddParent("Proof MSP"))
	return startSiteOn(t, sim)
}

func startSiteOn(t *testing.T, sim *duosim.Sim) *proofSite {
	t.Helper()
	s := &proofSite{t: t, dir: t.TempDir(), sim: sim}
	s.startDatabase()
	s.startSimulator()
	s.ws, s.owner = s.db.Workspace(t)
	s.db.Unlimited(t, s.ws)
	s.url = "http://" + reserve(t)
	runner := s.runner()
	sc, actor := store.WholeWorkspace(s.ws.ID), run.Actor{Operator: s.owner.ID, Role: catalog.Owner}
	if refused, _, err := setup.New(runner).SaveKeys(t.Context(), sc, actor, setup.Nine(),
		sandboxValues(s.duo.Accounts)); err != nil || refused != nil {
		t.Fatal("saving the nine fields: ", err, refused)
	}
	if err := setup.New(runner).AdoptAccounts(t.Context(), sc, actor); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *proofSite) startDatabase() {
	s.t.Helper()
	state := filepath.Join(s.dir, "postgres")
	s.pg = startPostgres(s.t, state)
	s.t.Cleanup(func() {
		now, cut := context.WithCancel(context.Background())
		cut()
		if err := s.pg.Stop(now); err != nil {
			s.t.Error(err)
		}
		if err := devpg.Remove(state); err != nil {
			s.t.Error(err)
		}
	})
	s.db.OwnerURL, s.db.AppURL = s.pg.URL(devpg.Superuser, "console"), s.pg.URL(store.AppRole, "console")
	if err := store.CreateDatabase(s.t.Context(), s.pg.URL(devpg.Superuser, "postgres"), "console"); err != nil {
		s.t.Fatal(err)
	}
	if _, err := store.Migrate(s.t.Context(), s.db.OwnerURL); err != nil {
		s.t.Fatal(err)
	}
	s.db.KeyFile = filepath.Join(s.dir, "key.json")
	if err := secret.Create(s.db.KeyFile); err != nil {
		s.t.Fatal(err)
	}
	var err error
	if s.db.Keys, err = secret.Load(s.db.KeyFile); err != nil {
		s.t.Fatal(err)
	}
	if s.db.Store, err = store.Open(s.t.Context(), s.db.AppURL, s.db.Keys); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.db.Close)
	if err := s.db.CheckKeys(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func startPostgres(t *testing.T, state string) *devpg.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := devpg.Start(ctx, devpg.Config{Dir: state})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func (s *proofSite) startSimulator() {
	s.t.Helper()
	server, err := duosim.Listen(s.t.Context(), "127.0.0.1:0", s.sim, duosim.ListenOptions{CADir: s.dir})
	if err != nil {
		s.t.Fatal(err)
	}
	go server.Serve()
	s.t.Cleanup(func() {
		now, cut := context.WithCancel(context.Background())
		cut()
		server.Close(now)
	})
	s.duo = server.Ready()
}

// runner does what the console does, without one, to prepare a site.
func (s *proofSite) runner() *run.Runner {
	s.t.Helper()
	pem, err := os.ReadFile(s.duo.CAFile)
	if err != nil {
		s.t.Fatal(err)
	}
	c := config{sandboxAddress: s.duo.Address, sandboxCA: x509.NewCertPool()}
	c.sandboxCA.AppendCertsFromPEM(pem)
	return runnerOf(c, s.db.Store)
}

func (s *proofSite) home() string { return s.url + "/w/" + s.ws.Slug }

// organizations are those of the site's workspace, by name.
func (s *proofSite) organizations() []store.Organization {
	s.t.Helper()
	var found []store.Organization
	err := s.db.InWorkspace(s.t.Context(), store.WholeWorkspace(s.ws.ID), func(tx *store.Tx) (err error) {
		found, err = tx.EveryOrganization(s.t.Context())
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}
