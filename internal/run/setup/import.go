package setup

import (
	"context"
	"errors"
	"fmt"
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

// A RowVerdict is what becomes of a row.
type RowVerdict string

// The verdicts.
const (
	WillBeCreated RowVerdict = "create"
	Exists        RowVerdict = "exists" // is left as it is
	Faulty        RowVerdict = "fault"
)

// JudgedRow is a row with what becomes of it.
type JudgedRow struct {
	ImportRow
	Verdict RowVerdict
	Faults  []catalog.FieldError
	Exists  store.Organization // the one that is there already
	made    store.Organization // the one to be
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
// id is the form's: sent twice, the file is imported once. Where as many as
// expected cannot be created any more, nothing is done and the rows come back
// with what they are now.
func (r *Runner) ImportOrganizations(ctx context.Context, sc store.Scope, actor run.Actor, id uuid.UUID, rows []ImportRow, expected int) (changed []JudgedRow, err error) {
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
		return r.importAll(ctx, tx, actor, made)
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
		if j.Verdict == WillBeCreated {
			made = append(made, j.made)
		}
	}
	return made
}

// CountVerdicts counts judged rows by what becomes of them.
func CountVerdicts(judged []JudgedRow) map[RowVerdict]int {
	count := map[RowVerdict]int{}
	for _, j := range judged {
		count[j.Verdict]++
	}
	return count
}

func judgeNow(ctx context.Context, tx *store.Tx, rows []ImportRow) ([]JudgedRow, error) {
	organizations, _, err := tx.Organizations(ctx, store.All, "", store.EveryOrganization, 0)
	if err != nil {
		return nil, err
	}
	accounts, err := tx.Accounts(ctx)
	return judge(rows, organizations, accounts), err
}

// judge compares the rows with what is there and with each other.
func judge(rows []ImportRow, organizations []store.Organization, accounts []store.Account) []JudgedRow {
	bySlug, byName, holder := map[string]store.Organization{}, map[string][]store.Organization{}, map[string]string{}
	for _, o := range organizations {
		bySlug[o.Slug], holder[o.AccountID] = o, o.Name
		byName[text.Fold(o.Name)] = append(byName[text.Fold(o.Name)], o)
	}
	names, used := map[string][]ImportRow{}, map[string]int{} // folded name → rows, account id → line
	judged := make([]JudgedRow, len(rows))
	for i, row := range rows {
		j := &judged[i]
		j.ImportRow = row
		var bad []catalog.FieldError
		j.made, bad = row.Details.parse()
		found, exact := existing(row, j.made.Name, bySlug, byName)
		if exact && len(found) == 1 {
			j.Verdict, j.Exists = Exists, found[0]
			continue
		}
		fault := func(field, message string) {
			bad = append(bad, catalog.FieldError{Field: field, Message: message})
		}
		if len(found) > 0 {
			fault(NameField, unclearName(found, exact))
		}
		if wrong := namedBefore(row, j.made.Name, names[text.Fold(j.made.Name)]); wrong != "" {
			fault(NameField, wrong)
		} else if j.made.Name != "" {
			names[text.Fold(j.made.Name)] = append(names[text.Fold(j.made.Name)], row)
		}
		id, wrong := accountOf(row.Account, accounts)
		switch {
		case wrong != "":
			fault(AccountField, wrong)
		case id == "":
		case holder[id] != "":
			fault(AccountField, "This account belongs to "+holder[id]+".")
		case used[id] > 0:
			fault(AccountField, fmt.Sprintf("Line %d has this account too.", used[id]))
		default:
			used[id] = row.Line
		}
		key := text.Key(row.DirectoryKey)
		if wrong := directoryKeyFault(key); wrong != "" {
			fault(DirectoryKeyField, wrong)
		}
		j.Faults, j.made.AccountID, j.made.DirectoryKey, j.Verdict = bad, id, key, WillBeCreated
		if len(bad) > 0 {
			j.Verdict = Faulty
		}
	}
	return judged
}

// existing finds the organizations that a row may be about: that of the slug of an
// export, else those that are called so as a person reads it, else those whose name is
// close. A row is left out only for one that is exactly meant: two clients can differ by
// no more than an accent.
func existing(row ImportRow, name string, bySlug map[string]store.Organization, byName map[string][]store.Organization) (found []store.Organization, exact bool) {
	if o, found := bySlug[text.Key(row.Slug)]; found {
		return []store.Organization{o}, true
	}
	if name == "" {
		return nil, false
	}
	near := byName[text.Fold(name)]
	for _, o := range near {
		if text.Alike(o.Name, name) {
			found = append(found, o)
		}
	}
	switch {
	case len(found) > 0:
		return found, true
	case text.Key(row.Slug) == NewSlug:
		return nil, false
	}
	return near, false
}

// unclearName asks which of several organizations a row is, or whether it is the one
// whose name is merely close.
func unclearName(found []store.Organization, exact bool) string {
	var which []string
	for _, o := range found {
		which = append(which, o.Slug+" ("+o.Name+")")
	}
	list := catalog.Listed(which, mostNamed)
	if exact {
		return fmt.Sprintf("%d organizations match this name: %s. Give the slug of the one that you mean.", len(found), list)
	}
	near := "1 is"
	if len(found) > 1 {
		near = fmt.Sprintf("%d are", len(found))
	}
	return "No organization has exactly this name. " + near + " close: " + list +
		". In the column slug, give its slug if you mean it, or " + NewSlug + " for another organization."
}

// namedBefore says which of the rows before has the name of a row, or one close to it; ""
// if none has, or the row is said to be another.
func namedBefore(row ImportRow, name string, before []ImportRow) string {
	for _, other := range before {
		if text.Alike(other.Name, name) {
			return fmt.Sprintf("Line %d has this name too.", other.Line)
		}
	}
	if len(before) == 0 || text.Key(row.Slug) == NewSlug {
		return ""
	}
	return fmt.Sprintf("Line %d has a name close to this: %s. In the column slug, give %s if this is another organization.",
		before[0].Line, catalog.Plain(text.Line(before[0].Name)), NewSlug)
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
