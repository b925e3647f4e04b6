package setup

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// MostImported is how many organizations a file may hold.
const MostImported = 1000

// NewSlug in the place of a slug says that a row is not an organization whose name is close
// to its own. No organization has it.
const NewSlug = "new"

// ImportRow is one organization of a file, as it was typed.
type ImportRow struct {
	Line int    // of the file, where the row begins
	Slug string // of one that exists, as exports have it, or NewSlug; mostly empty
	Details
	Account      string // a name, an id, or both as in AccountText
	DirectoryKey string
}

// A RowStatus says what becomes of a row.
type RowStatus string

// The statuses of rows.
const (
	WillBeCreated RowStatus = "create"
	Exists        RowStatus = "exists" // is left as it is
	Faulty        RowStatus = "fault"
)

// JudgedRow is a row with what becomes of it.
type JudgedRow struct {
	ImportRow
	Status RowStatus
	Faults []catalog.FieldError
	Exists store.Organization // the one that is there already
	made   store.Organization // the one to be
}

// JudgeImport says of each row what an import would make of it now, as far as
// the list of accounts is up to date. Nothing is written.
func (r *Runner) JudgeImport(ctx context.Context, sc store.Scope, rows []ImportRow) ([]JudgedRow, error) {
	var judged []JudgedRow
	err := r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		judged, err = judgeNow(ctx, tx, rows)
		return err
	})
	return judged, err
}

// ImportOrganizations creates the organizations of those rows that can be
// created, all or none, after reading the accounts again if any is to be mapped.
// id is that of the file, which is forgotten with it: sent twice, it is imported once. Where as many as
// expected cannot be created any more, nothing is done and the rows come back
// with what they are now.
func (r *Runner) ImportOrganizations(ctx context.Context, sc store.Scope, actor run.Actor, id uuid.UUID,
	rows []ImportRow, expected int) (changed []JudgedRow, err error) {
	if slices.ContainsFunc(rows, func(row ImportRow) bool { return text.Line(row.Account) != "" }) {
		if _, err := r.RefreshAccounts(ctx, sc, actor); err != nil {
			return nil, err
		}
	}
	err = r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if err := tx.LockMapping(ctx); err != nil {
			return err
		}
		judged, err := judgeNow(ctx, tx, rows)
		if err != nil {
			return err
		}
		made := creatable(judged)
		// First, so that a form sent twice ends here.
		if err := tx.Record(ctx, importRecord(actor, id, judged, r.Now())); err != nil {
			return err
		}
		if len(made) != expected {
			changed = judged
			return errFaults
		}
		if err := r.importAll(ctx, tx, actor, made); err != nil {
			return err
		}
		return r.dropImport(ctx, tx, actor.Operator, id)
	})
	if errors.Is(err, errFaults) || store.IsConflict(err, "run_pkey") {
		err = nil
	}
	return changed, err
}

func (r *Runner) importAll(ctx context.Context, tx *store.Tx, actor run.Actor, made []store.Organization) error {
	if err := tx.ImportOrganizations(ctx, made, actor.Operator, r.Now()); err != nil {
		return err
	}
	accounts, err := tx.Accounts(ctx)
	if err != nil {
		return err
	}
	var records []store.Record
	for _, o := range made {
		before := o
		before.AccountID, before.DirectoryKey = "", ""
		records = append(records, creationRecord(actor, o, r.Now()))
		if o.AccountID != "" {
			records = append(records, mappingRecord(actor, before, o.AccountID, accounts, r.Now()))
		}
		if o.DirectoryKey != "" {
			records = append(records, directoryKeyRecord(actor, before, o.DirectoryKey, r.Now()))
		}
	}
	return tx.Record(ctx, records...)
}

// creatable are the organizations to be of judged rows.
func creatable(judged []JudgedRow) []store.Organization {
	var made []store.Organization
	for _, j := range judged {
		if j.Status == WillBeCreated {
			made = append(made, j.made)
		}
	}
	return made
}

// CountRows counts judged rows by what becomes of them.
func CountRows(judged []JudgedRow) map[RowStatus]int {
	count := map[RowStatus]int{}
	for _, j := range judged {
		count[j.Status]++
	}
	return count
}

func judgeNow(ctx context.Context, tx *store.Tx, rows []ImportRow) ([]JudgedRow, error) {
	organizations, err := tx.EveryOrganization(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := tx.Accounts(ctx)
	return judge(rows, organizations, accounts), err
}

// Imported reports whether the form with this id was carried out.
func (r *Runner) Imported(ctx context.Context, sc store.Scope, id uuid.UUID) (bool, error) {
	err := r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		found, err := tx.Run(ctx, id)
		if err == nil && found.Action != store.OrganizationsImported.Slug {
			err = store.ErrNotFound
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
