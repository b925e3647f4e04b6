package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// fillSample fills a database the way people do: two workspaces, keys that are
// checked against a simulator, its accounts as organizations, users made in them,
// and a form that was begun.
func fillSample(ctx context.Context, ownerURL, appURL, keyFile string) error {
	dir, err := os.MkdirTemp("", "duodesk-drill-sim-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	simulator, err := startSimulator(ctx, "127.0.0.1:0", duosim.Options{Estate: duosim.EstateDemo}, duosim.ListenOptions{CADir: dir})
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- serveSimulator(serving, simulator) }()
	defer func() { stop(); <-ended }()
	ready := simulator.Ready()
	c := config{databaseURL: appURL, keyFile: keyFile, sandboxAddress: ready.Address, sandboxCAFile: filepath.Join(dir, "ca.pem")}
	if c.sandboxCA, err = sandboxCA(c); err != nil {
		return err
	}
	s, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	runner := runnerOf(c, s, slog.New(slog.DiscardHandler))
	hash, err := secret.HashPassword(ctx, "correct horse battery staple")
	if err != nil {
		return err
	}
	for _, workspace := range []string{"Northwind Managed IT", "Fabrikam IT Services"} {
		added, err := store.AddOperator(ctx, ownerURL, store.NewOperator{Workspace: workspace, Email: "ana@northwind.example", PasswordHash: hash, Role: "owner"})
		if err != nil {
			return err
		}
		if err := fillWorkspace(ctx, s, runner, added.Workspace, sandboxValues(ready.Accounts)); err != nil {
			return fmt.Errorf("%s: %w", workspace, err)
		}
	}
	return nil
}

func fillWorkspace(ctx context.Context, s *store.Store, runner *run.Runner, slug string, fields map[string]string) error {
	operator, err := s.OperatorByEmail(ctx, "ana@northwind.example")
	if err != nil {
		return err
	}
	access, err := s.Access(ctx, operator.ID, slug, "")
	if err != nil {
		return err
	}
	sc, actor := store.WholeWorkspace(access.Workspace.ID), run.Actor{Operator: operator.ID, Role: catalog.Owner}
	if refused, _, err := runner.SaveIntegration(ctx, sc, actor, fields); err != nil || refused != nil {
		return fmt.Errorf("saving the nine fields: %v %w", refused, err)
	}
	if err := runner.AdoptAccounts(ctx, sc, actor); err != nil {
		return err
	}
	var organizations []store.Organization
	if err := s.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		if organizations, _, err = tx.Organizations(ctx, "", "dental", 5, 0); err != nil {
			return err
		}
		return tx.SaveDraft(ctx, operator.ID, "integration", map[string]string{"admin_secret_key": "half a key"}, time.Now())
	}); err != nil {
		return err
	}
	action, _ := catalog.Lookup("create-user")
	for _, o := range organizations {
		form := map[string]string{"username": "drill." + slug, "realname": "Dorothea Rill", "email": "drill@example.com"}
		in, bad := action.Parse(func(name string) (string, bool) { text, given := form[name]; return text, given })
		if len(bad) > 0 {
			return fmt.Errorf("create-user: %v", bad)
		}
		if _, err := runner.Do(ctx, run.Request{ID: uuid.New(), Scope: sc, Organization: o, Actor: actor, Action: action, Input: in, Ticket: "INC-20417"}); err != nil {
			return err
		}
	}
	return nil
}
