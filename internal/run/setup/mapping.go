package setup

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

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
	KeepAccount, KeepDirectoryKey bool // the box was not touched: what is stored stays, whoever stored it
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
func (r *Runner) SaveMapping(ctx context.Context, sc store.Scope, actor run.Actor, rows []MappingRow) (map[uuid.UUID][]catalog.FieldError, error) {
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.Organization
	}
	var organizations []store.Organization
	var accounts []store.Account
	err := r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		if organizations, err = tx.OrganizationsByID(ctx, ids); err != nil {
			return err
		}
		accounts, err = tx.Accounts(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	current := map[uuid.UUID]store.Organization{}
	for _, o := range organizations {
		current[o.ID] = o
	}
	if assigns(rows, current, accounts) {
		if accounts, err = r.RefreshAccounts(ctx, sc, actor); err != nil {
			return nil, err
		}
	}
	faults := map[uuid.UUID][]catalog.FieldError{}
	err = r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if err := tx.LockMapping(ctx); err != nil {
			return err
		}
		// What the record calls "before" is what stands now that nobody else maps.
		if organizations, err = tx.OrganizationsByID(ctx, ids); err != nil {
			return err
		}
		for _, o := range organizations {
			current[o.ID] = o
		}
		for _, row := range inTurn(rows, current, accounts) {
			o, found := current[row.Organization]
			if !found {
				return store.ErrNotFound
			}
			bad, err := r.saveRow(ctx, tx, actor, o, row, accounts)
			if err != nil {
				return err
			}
			if len(bad) > 0 {
				faults[o.ID] = bad
			}
		}
		return nil
	})
	return faults, err
}

// assigns reports whether any row gives an organization another account, or one
// that may be new in Duo.
func assigns(rows []MappingRow, current map[uuid.UUID]store.Organization, accounts []store.Account) bool {
	for _, row := range rows {
		if id, _ := accountOf(row.Account, accounts); !row.KeepAccount && text.Line(row.Account) != "" && (id == "" || id != current[row.Organization].AccountID) {
			return true
		}
	}
	return false
}

// inTurn puts rows into the order in which an account that one gives up can go to
// another. Where they wait for each other in a ring, none can.
func inTurn(rows []MappingRow, current map[uuid.UUID]store.Organization, accounts []store.Account) []MappingRow {
	rows = slices.SortedFunc(slices.Values(rows), func(a, b MappingRow) int { return bytes.Compare(a.Organization[:], b.Organization[:]) })
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

func (r *Runner) saveRow(ctx context.Context, tx *store.Tx, actor run.Actor, o store.Organization, row MappingRow, accounts []store.Account) ([]catalog.FieldError, error) {
	var bad []catalog.FieldError
	account, fault := accountOf(row.Account, accounts)
	switch {
	case row.KeepAccount:
	case fault != "":
		bad = append(bad, catalog.FieldError{Field: AccountField, Message: fault})
	case account != o.AccountID && o.Mapped() && o.Kind != store.Child:
		bad = append(bad, catalog.FieldError{Field: AccountField, Message: "This organization is connected another way. Change that on its Connection page."})
	case account == o.AccountID:
	case row.WasAccount != nil && AccountIDIn(*row.WasAccount) != o.AccountID, row.changed(o):
		message, err := r.mappedMeanwhile(ctx, tx, o, accounts)
		if err != nil {
			return nil, err
		}
		bad = append(bad, catalog.FieldError{Field: AccountField, Message: message})
	default:
		fault, err := r.mapTo(ctx, tx, actor, o, account, accounts)
		if err != nil {
			return nil, err
		}
		if fault != "" {
			bad = append(bad, catalog.FieldError{Field: AccountField, Message: fault})
		}
	}
	if row.KeepDirectoryKey {
		return bad, nil
	}
	key, fault := PastedKey(row.DirectoryKey)
	if fault != "" {
		return append(bad, catalog.FieldError{Field: DirectoryKeyField, Message: fault}), nil
	}
	if key != o.DirectoryKey && row.WasDirectoryKey != nil && text.Key(*row.WasDirectoryKey) != o.DirectoryKey {
		message, err := r.keyedMeanwhile(ctx, tx, o)
		return append(bad, catalog.FieldError{Field: DirectoryKeyField, Message: message}), err
	}
	if key != o.DirectoryKey && row.changed(o) {
		return append(bad, catalog.FieldError{Field: DirectoryKeyField,
			Message: "Someone else changed the account first: it is " + run.ConnectionText(o) + " now. Save again if the key belongs there."}), nil
	}
	if key != o.DirectoryKey {
		if err := tx.SetDirectoryKey(ctx, o.ID, key, actor.Operator, r.Now()); err != nil {
			return nil, err
		}
		return bad, tx.Record(ctx, directoryKeyRecord(actor, o, key, r.Now()))
	}
	return bad, nil
}

func (r *Runner) mapTo(ctx context.Context, tx *store.Tx, actor run.Actor, o store.Organization, account string, accounts []store.Account) (fault string, err error) {
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

// unlisted says why an account cannot be mapped that was in the list a moment ago.
func unlisted(ctx context.Context, tx *store.Tx, account string) (fault string, err error) {
	accounts, err := tx.Accounts(ctx)
	if err != nil {
		return "", err
	}
	if _, fault = accountOf(account, accounts); fault == "" {
		err = store.ErrNotFound // then it is the organization that is gone
	}
	return fault, err
}

func (r *Runner) takenBy(ctx context.Context, tx *store.Tx, account string, accounts []store.Account) string {
	for _, a := range accounts {
		if a.AccountID == account && a.MappedTo != nil {
			if holder, err := tx.Organization(ctx, *a.MappedTo); err == nil {
				return "This account belongs to " + holder.Name + ". Take it away there first."
			}
		}
	}
	return "Another organization has this account. Take it away there first."
}

// AccountText is how an account is offered in the box of a row.
func AccountText(a store.Account) string { return catalog.Plain(a.Name) + " (" + a.AccountID + ")" }

var (
	idInBrackets   = regexp.MustCompile(`\(([A-Za-z0-9]{1,64})\)\s*$`)
	directoryShape = regexp.MustCompile(`^[A-Z0-9]{20}$`)
)

// accountOf finds the account that the text of a row means, "" for an empty text. An
// account is named by its id or, if no other is called so, by its name as a person
// reads it: what is close is for a person to choose, since keys act on what is taken.
func accountOf(typed string, accounts []store.Account) (id, fault string) {
	typed = text.Line(typed)
	if typed == "" {
		return "", ""
	}
	bracketed := ""
	if m := idInBrackets.FindStringSubmatch(typed); m != nil {
		bracketed = m[1]
	}
	var named, near []store.Account
	for _, a := range accounts {
		switch {
		case a.AccountID == typed || a.AccountID == bracketed:
			return usableID(a)
		case text.Alike(a.Name, typed):
			named = append(named, a)
		case text.Same(a.Name, typed):
			near = append(near, a)
		}
	}
	switch {
	case len(named) == 1:
		return usableID(named[0])
	case len(named) > 1:
		return "", fmt.Sprintf("%d accounts match this name: %s. Choose one by its id.", len(named), listedByID(named))
	case len(near) == 1:
		return "", "No account has exactly this name. 1 is close: " + listedByID(near) + ". Choose it by its id if you mean it."
	case len(near) > 1:
		return "", fmt.Sprintf("No account has exactly this name. %d are close: %s. Choose one by its id.", len(near), listedByID(near))
	}
	return "", "The Accounts API lists no such account. Choose one of the list, or refresh it."
}

func usableID(a store.Account) (id, fault string) {
	if !a.Usable() {
		return "", "Duo lists this account without a usable API host, so it cannot be mapped."
	}
	return a.AccountID, ""
}

// listedByID names accounts so that a person can choose one by its id.
func listedByID(accounts []store.Account) string {
	var which []string
	for _, a := range accounts {
		which = append(which, a.AccountID+" ("+catalog.Plain(a.Name)+", "+cmp.Or(a.APIHostname, run.NoAPIHost)+")")
	}
	return catalog.Listed(which, mostNamed)
}

// mostNamed is how many of those that have one name are listed.
const mostNamed = 5

func directoryKeyFault(key string) string {
	switch {
	case key == "" || directoryShape.MatchString(key) && !strings.HasPrefix(key, "DI") && !strings.HasPrefix(key, "DA"):
		return ""
	case strings.HasPrefix(key, "DI") && len(key) == 20:
		return "This is an integration key. The directory key starts with DS."
	case strings.HasPrefix(key, "DA") && len(key) == 20:
		return "This is an account id. The directory key starts with DS."
	case len([]rune(key)) != 20:
		return fmt.Sprintf("This has %d characters; directory keys have 20.", len([]rune(key)))
	}
	return "Directory keys are made of capital letters and digits."
}
