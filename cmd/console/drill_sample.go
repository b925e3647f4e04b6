package main

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// fillSample makes the schema and fills it with what must survive a worst day: two
// workspaces with an operator of both, clients, a record, and of each kind of
// sealed value some (eight in all).
func fillSample(ctx context.Context, ownerURL, appURL, keyFile string) error {
	if _, err := store.Migrate(ctx, ownerURL); err != nil {
		return err
	}
	s, err := open(ctx, config{databaseURL: appURL, keyFile: keyFile})
	if err != nil {
		return err
	}
	defer s.Close()
	const email = "ana@northwind.example"
	for _, name := range []string{"Northwind Managed IT", "Fabrikam IT Services"} {
		added, err := store.AddOperator(ctx, ownerURL,
			store.NewOperator{Workspace: name, Email: email, PasswordHash: "none", Role: "owner", At: time.Now()})
		if err != nil {
			return err
		}
		operator, err := s.OperatorByEmail(ctx, email)
		if err != nil {
			return err
		}
		access, err := s.Enter(ctx, operator.ID, devHost, added.Workspace, "", 0)
		if err != nil {
			return err
		}
		if err := s.InWorkspace(ctx, store.WholeWorkspace(access.Workspace.ID), func(tx *store.Tx) error {
			return fillWorkspace(ctx, tx, operator)
		}); err != nil {
			return err
		}
	}
	return nil
}

func fillWorkspace(ctx context.Context, tx *store.Tx, operator store.Operator) error {
	now := time.Now()
	if _, err := tx.Hold(ctx, operator.ID, operator.Epoch); err != nil {
		return err
	}
	clients, err := tx.CreateOrganizations(ctx, "Harbourlight Dental Group", "Birch & Partners", "Cedar Homes")
	if err != nil {
		return err
	}
	for _, slot := range []store.Slot{store.OfWorkspace(store.AccountsAPI), store.OfWorkspace(store.AdminAPI),
		store.OfOrganization(clients[0].ID)} {
		_, err := tx.AddCandidate(ctx, slot, "api-0a1b2c3d.duosecurity.com", "DI"+uuid.NewString()[:18],
			secret.Box([]byte(uuid.NewString())), operator.ID, now)
		if err != nil {
			return err
		}
	}
	return errors.Join(
		tx.SaveAccounts(ctx, []store.Account{{AccountID: "DA0123456789ABCDEFGH", Name: clients[0].Name,
			APIHostname: "api-0a1b2c3e.duosecurity.com"}}, now),
		tx.SaveDraft(ctx, operator.ID, "integration", map[string]string{"admin_secret_key": "half a key"}, now))
}
