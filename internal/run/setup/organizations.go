package setup

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// RefreshAccounts reads the accounts from Duo again and keeps the list.
func (r *Runner) RefreshAccounts(ctx context.Context, sc store.Scope, actor run.Actor) ([]store.Account, error) {
	var accounts []store.Account
	client, err := r.AccountsClient(ctx, sc)
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, run.ReadTime)
	defer cancel()
	listed, _, err := r.ListAccounts(asking, client)
	if err != nil {
		return nil, err
	}
	err = r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) (err error) {
		if err = tx.SaveAccounts(ctx, listed, r.Now()); err != nil {
			return err
		}
		accounts, err = tx.Accounts(ctx)
		return err
	})
	return accounts, err
}

// AdoptAccounts creates an organization for every listed account that has none,
// after reading the list again. All or none are made.
func (r *Runner) AdoptAccounts(ctx context.Context, sc store.Scope, actor run.Actor) error {
	if _, err := r.RefreshAccounts(ctx, sc, actor); err != nil {
		return err
	}
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if err := tx.LockMapping(ctx); err != nil {
			return err
		}
		accounts, err := tx.Accounts(ctx)
		if err != nil {
			return err
		}
		var names, ids []string
		for _, a := range accounts {
			if a.MappedTo == nil && a.Usable() {
				names, ids = append(names, OrganizationName(a)), append(ids, a.AccountID)
			}
		}
		created, err := tx.CreateOrganizations(ctx, names...)
		if err != nil {
			return err
		}
		for i, o := range created {
			if err := tx.Map(ctx, o.ID, ids[i], actor.Operator, r.Now()); err != nil {
				return err
			}
			if err := tx.Record(ctx, creationRecord(actor, o, r.Now())); err != nil {
				return err
			}
			if err := tx.Record(ctx, mappingRecord(actor, o, ids[i], accounts, r.Now())); err != nil {
				return err
			}
		}
		return nil
	})
}

// OrganizationName is the name that an organization takes from its Duo account: cleaned
// like one that is typed, with a blank for what a typed one cannot hold. An account
// without a name lends its id.
func OrganizationName(a store.Account) string {
	name := strings.Map(func(r rune) rune {
		if text.Bad(string(r)) != text.Fine {
			return ' '
		}
		return r
	}, a.Name)
	return cmp.Or(text.Line(run.Shortened(text.Line(name), store.LongestName)), a.AccountID)
}

// CreateOrganization adds one organization, with its account and directory key
// when they are given. row.Organization is its id, chosen by the form: sent
// twice, the first one is returned again. Faults stand beside "name" or a row's fields; with any of
// them nothing is created.
func (r *Runner) CreateOrganization(ctx context.Context, sc store.Scope, actor run.Actor, name string,
	row MappingRow) (store.Organization, []catalog.FieldError, error) {
	if row.Organization == uuid.Nil {
		row.Organization = uuid.New()
	}
	in := catalog.Text{Name: "name", Required: true, Max: 200}
	name, bad := checkName(in, name)
	accounts, err := r.accountsFor(ctx, sc, actor, row.Account)
	if err != nil {
		return store.Organization{}, nil, err
	}
	if _, fault := accountOf(row.Account, accounts); fault != "" {
		bad = append(bad, catalog.FieldError{Field: AccountField, Message: fault})
	}
	if _, fault := PastedKey(row.DirectoryKey); fault != "" {
		bad = append(bad, catalog.FieldError{Field: DirectoryKeyField, Message: fault})
	}
	if len(bad) > 0 {
		return store.Organization{}, bad, nil
	}
	var created store.Organization
	err = r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		created, err = tx.CreateOrganization(ctx, row.Organization, name)
		if err != nil {
			return err
		}
		if err := tx.Record(ctx, creationRecord(actor, created, r.Now())); err != nil {
			return err
		}
		if bad, err = r.saveRow(ctx, tx, actor, created, row, accounts); err == nil && len(bad) > 0 {
			err = errFaults
		}
		return err
	})
	switch {
	case errors.Is(err, errFaults):
		err = nil
	case store.IsConflict(err, "organization_pkey"):
		created, err = r.Organization(ctx, sc, row.Organization)
	}
	return created, bad, err
}

// errFaults rolls a transaction back whose faults are told otherwise.
var errFaults = errors.New("run: values were refused")

func checkName(f catalog.Text, name string) (string, []catalog.FieldError) {
	action := catalog.Action{Fields: []catalog.Field{f}}
	in, bad := action.Parse(func(string) (string, bool) { return name, true })
	return f.Of(in), bad
}

// accountsFor lists the accounts, freshly when one is to be assigned.
func (r *Runner) accountsFor(ctx context.Context, sc store.Scope, actor run.Actor,
	account string) (accounts []store.Account, err error) {
	if text.Line(account) != "" {
		return r.RefreshAccounts(ctx, sc, actor)
	}
	return nil, nil
}
