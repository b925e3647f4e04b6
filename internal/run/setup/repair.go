package setup

import (
	"context"
	"slices"
	"unicode/utf8"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// What can be done about an organization whose account is not what it was in Duo.
const (
	RepairRename = "rename" // call the organization as Duo calls the account now
	RepairKeep   = "keep"   // keep its name, and ask no more
	RepairUnmap  = "unmap"  // take away an account that Duo lists no more
)

// Repair does one of these to an organization, provided that Duo's list still
// says what the person saw: the account, and the name it has there now, empty for
// none. Where nothing is left to repair, as after a form sent twice, nothing is
// done; a *store.ConflictError says that something else is to be decided now.
func (r *Runner) Repair(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization, repair, account,
	nameNow string) error {
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if err := tx.LockMapping(ctx); err != nil {
			return err
		}
		drifted, err := tx.Drifted(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(drifted, func(d store.Drifted) bool { return d.ID == o.ID })
		if i < 0 {
			return nil
		}
		d := drifted[i]
		if d.AccountID != account || catalog.Plain(d.NameNow) != nameNow || d.Gone != (repair == RepairUnmap) {
			return &store.ConflictError{Constraint: "drift"}
		}
		switch repair {
		case RepairRename:
			return r.renameAfterAccount(ctx, tx, actor, o, d)
		case RepairKeep:
			if err := tx.AcceptAccountName(ctx, o.ID); err != nil {
				return err
			}
			return tx.Record(ctx, keptNameRecord(actor, o, d, r.Now()))
		case RepairUnmap:
			if err := tx.Unmap(ctx, o.ID); err != nil {
				return err
			}
			gone := []store.Account{{AccountID: d.AccountID, Name: d.AccountName}}
			return tx.Record(ctx, mappingRecord(actor, o, "", gone, r.Now()))
		}
		return store.ErrNotFound
	})
}

// renameAfterAccount keeps the name before as an alias: callers go on using it.
func (r *Runner) renameAfterAccount(ctx context.Context, tx *store.Tx, actor run.Actor, o store.Organization,
	d store.Drifted) error {
	wanted := o
	wanted.Name = OrganizationName(store.Account{AccountID: d.AccountID, Name: d.NameNow})
	wanted.Aliases = withAlias(o.Aliases, o.Name, wanted.Name)
	if err := tx.ChangeOrganization(ctx, wanted); err != nil {
		return err
	}
	if err := tx.AcceptAccountName(ctx, o.ID); err != nil {
		return err
	}
	return tx.Record(ctx, changeRecord(actor, o, wanted, changesOf(o, wanted), r.Now()))
}

// withAlias adds a name to aliases unless it is there, or there is no room.
func withAlias(aliases []string, name, instead string) []string {
	kept := slices.DeleteFunc(slices.Clone(aliases), func(a string) bool { return text.Same(a, instead) })
	known := slices.ContainsFunc(kept, func(a string) bool { return text.Same(a, name) })
	if known || text.Same(name, instead) || len(kept) >= mostAliases || utf8.RuneCountInString(name) > longestAlias {
		return kept
	}
	return append(kept, name)
}
