package setup

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// MappingRow is one row of the mapping as submitted. Account is what stands in
// the box: "Name (id)" as offered, a bare account id, a name that only one
// account has, or nothing.
type MappingRow struct {
	Organization                  uuid.UUID
	Account, DirectoryKey         string
	KeepAccount, KeepDirectoryKey bool // the box was not touched: what is stored stays, no matter who stored it
	// The connection that the row was drawn for, see Connection; empty: not told. A
	// directory key belongs to the account that it was typed for.
	Opened string
	// What the boxes held when the form was opened: nothing that somebody else
	// saved since is replaced unseen. Nil: not told.
	WasAccount, WasDirectoryKey *string
}

// changed reports whether an organization is connected otherwise than when the
// row was drawn.
func (row MappingRow) changed(o store.Organization) bool {
	return row.Opened != "" && row.Opened != o.Connection()
}

// The fields of a row that a fault can stand beside.
const (
	AccountField      = "account"
	DirectoryKeyField = "directory_key"
)

// SaveMapping saves rows, each for itself: what is good is kept, and the faults
// come back by organization. Accounts are read from Duo again before any is
// assigned, so that only what the workspace's own Accounts key lists now can be
// mapped; when Duo does not answer nothing is saved and the error says why.
func (r *Runner) SaveMapping(ctx context.Context, sc store.Scope, actor run.Actor,
	rows []MappingRow) (map[uuid.UUID][]catalog.FieldError, error) {
	var current map[uuid.UUID]store.Organization
	var accounts []store.Account
	err := r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		if current, err = organizationsOf(ctx, tx, rows); err != nil {
			return err
		}
		accounts, err = tx.Accounts(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if assigns(rows, current, accounts) {
		if accounts, err = r.RefreshAccounts(ctx, sc, actor); err != nil {
			return nil, err
		}
	}
	var faults map[uuid.UUID][]catalog.FieldError
	err = r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) (err error) {
		faults, err = r.saveRows(ctx, tx, actor, rows, accounts)
		return err
	})
	return faults, err
}

func (r *Runner) saveRows(ctx context.Context, tx *store.Tx, actor run.Actor, rows []MappingRow,
	accounts []store.Account) (map[uuid.UUID][]catalog.FieldError, error) {
	if err := tx.LockMapping(ctx); err != nil {
		return nil, err
	}
	// What the record calls "before" is what stands now that nobody else maps.
	current, err := organizationsOf(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	faults := map[uuid.UUID][]catalog.FieldError{}
	for _, row := range inTurn(rows, current, accounts) {
		o, found := current[row.Organization]
		if !found {
			return nil, store.ErrNotFound
		}
		bad, err := r.saveRow(ctx, tx, actor, o, row, accounts)
		if err != nil {
			return nil, err
		}
		if len(bad) > 0 {
			faults[o.ID] = bad
		}
	}
	return faults, nil
}

// organizationsOf reads the organizations of rows, as far as the scope holds them.
func organizationsOf(ctx context.Context, tx *store.Tx, rows []MappingRow) (map[uuid.UUID]store.Organization, error) {
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.Organization
	}
	found, err := tx.OrganizationsByID(ctx, ids)
	current := map[uuid.UUID]store.Organization{}
	for _, o := range found {
		current[o.ID] = o
	}
	return current, err
}

// assigns reports whether any row gives an organization another account, or one
// that may be new in Duo.
func assigns(rows []MappingRow, current map[uuid.UUID]store.Organization, accounts []store.Account) bool {
	for _, row := range rows {
		if id, _ := accountOf(row.Account, accounts); !row.KeepAccount && text.Line(row.Account) != "" &&
			(id == "" || id != current[row.Organization].AccountID) {
			return true
		}
	}
	return false
}

// inTurn puts rows into the order in which an account that one gives up can go to
// another. Where they wait for each other in a ring, none can.
func inTurn(rows []MappingRow, current map[uuid.UUID]store.Organization, accounts []store.Account) []MappingRow {
	rows = slices.SortedFunc(slices.Values(rows), func(a, b MappingRow) int {
		return bytes.Compare(a.Organization[:], b.Organization[:])
	})
	waitsFor := map[uuid.UUID]string{} // the account that a row takes
	for _, row := range rows {
		if account, _ := accountOf(row.Account, accounts); !row.KeepAccount {
			waitsFor[row.Organization] = account
		}
	}
	var ordered []MappingRow
	for len(rows) > 0 {
		next := max(0, slices.IndexFunc(rows, func(row MappingRow) bool {
			account := waitsFor[row.Organization]
			return account == "" || !slices.ContainsFunc(rows, func(other MappingRow) bool {
				return other.Organization != row.Organization && current[other.Organization].AccountID == account
			})
		}))
		ordered = append(ordered, rows[next])
		rows = slices.Delete(rows, next, next+1)
	}
	return ordered
}

// saveRow saves a row of an organization as it is now, and returns the faults that stand
// beside its boxes.
func (r *Runner) saveRow(ctx context.Context, tx *store.Tx, actor run.Actor, o store.Organization, row MappingRow,
	accounts []store.Account) ([]catalog.FieldError, error) {
	var bad []catalog.FieldError
	if !row.KeepAccount {
		why, err := r.saveAccount(ctx, tx, actor, o, row, accounts)
		if err != nil {
			return nil, err
		}
		if why != "" {
			bad = fault(AccountField, why)
		}
	}
	if !row.KeepDirectoryKey {
		why, err := r.saveDirectoryKey(ctx, tx, actor, o, row)
		if err != nil {
			return nil, err
		}
		if why != "" {
			bad = append(bad, catalog.FieldError{Field: DirectoryKeyField, Message: why})
		}
	}
	return bad, nil
}

func (r *Runner) saveAccount(ctx context.Context, tx *store.Tx, actor run.Actor, o store.Organization, row MappingRow,
	accounts []store.Account) (fault string, err error) {
	account, fault := accountOf(row.Account, accounts)
	switch {
	case fault != "" || account == o.AccountID:
		return fault, nil
	case o.Mapped() && o.Kind != store.Child:
		return "This organization is connected another way. Change that on its Connection page.", nil
	case row.WasAccount != nil && AccountIDIn(*row.WasAccount) != o.AccountID, row.changed(o):
		return r.mappedMeanwhile(ctx, tx, o, accounts)
	}
	return r.mapTo(ctx, tx, actor, o, account, accounts)
}

func (r *Runner) saveDirectoryKey(ctx context.Context, tx *store.Tx, actor run.Actor, o store.Organization,
	row MappingRow) (fault string, err error) {
	key, fault := PastedKey(row.DirectoryKey)
	switch {
	case fault != "" || key == o.DirectoryKey:
		return fault, nil
	case row.WasDirectoryKey != nil && text.Key(*row.WasDirectoryKey) != o.DirectoryKey:
		return r.keyedMeanwhile(ctx, tx, o)
	case row.changed(o):
		return "Someone else changed the account first: it is " + run.ConnectionText(o) +
			" now. Save again if the key belongs there.", nil
	}
	if err := tx.SetDirectoryKey(ctx, o.ID, key, actor.Operator, r.Now()); err != nil {
		return "", err
	}
	return "", tx.Record(ctx, directoryKeyRecord(actor, o, key, r.Now()))
}

func (r *Runner) mapTo(ctx context.Context, tx *store.Tx, actor run.Actor, o store.Organization, account string,
	accounts []store.Account) (fault string, err error) {
	if account == "" {
		if err := tx.Unmap(ctx, o.ID); err != nil {
			return "", err
		}
		return "", tx.Record(ctx, mappingRecord(actor, o, "", accounts, r.Now()))
	}
	err = tx.Savepoint(ctx, func(tx *store.Tx) error {
		if err := tx.Map(ctx, o.ID, account, actor.Operator, r.Now()); err != nil {
			return err
		}
		return tx.Record(ctx, mappingRecord(actor, o, account, accounts, r.Now()))
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return unlisted(ctx, tx, account)
	case store.IsConflict(err, "connection_account"):
		return r.takenBy(ctx, tx, account, accounts), nil
	}
	return "", err
}
