package setup

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// keepDraft keeps what a form held that was not carried out yet, sealed, for the operator
// who sent it: one a form, for a day.
func (r *Runner) keepDraft(ctx context.Context, sc store.Scope, actor run.Actor, form string,
	input map[string]string) error {
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		return tx.SaveDraft(ctx, actor.Operator, form, input, r.Now())
	})
}

// keepKeys is keepDraft for a form of keys. Of an organization that is archived, or
// connected otherwise by now, none are kept.
func (r *Runner) keepKeys(ctx context.Context, sc store.Scope, actor run.Actor, k Keys, typed map[string]string) error {
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if _, err := k.hold(ctx, tx); err != nil {
			return err
		}
		return tx.SaveDraft(ctx, actor.Operator, k.draft, typed, r.Now())
	})
}

// draftOf returns what keepDraft kept, and until when; nil if nothing is kept.
func (r *Runner) draftOf(ctx context.Context, tx *store.Tx, operator uuid.UUID,
	form string) (map[string]string, time.Time, error) {
	draft, until, err := tx.Draft(ctx, operator, form, r.Now())
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return draft, until, err
}

// importForm is the form that a file is kept under between its preview and its import.
const importForm = "import"

// ImportFile is a file of organizations to be imported. The zero value is none.
type ImportFile struct{ ID, Name, Text string }

// KeepImport keeps a file until it is imported, another takes its place, or the day is
// over: the browser is asked for neither its rows nor their statuses again.
func (r *Runner) KeepImport(ctx context.Context, sc store.Scope, actor run.Actor, name, text string) error {
	return r.keepDraft(ctx, sc, actor, importForm,
		map[string]string{"id": uuid.NewString(), "file": name, "text": text})
}

// KeptImport returns the file that an operator uploaded last; none if it is kept no more.
func (r *Runner) KeptImport(ctx context.Context, sc store.Scope, operator uuid.UUID) (ImportFile, error) {
	var draft map[string]string
	err := r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		draft, _, err = r.draftOf(ctx, tx, operator, importForm)
		return err
	})
	return ImportFile{ID: draft["id"], Name: draft["file"], Text: draft["text"]}, err
}

// dropImport forgets the file with this id, unless another took its place.
func (r *Runner) dropImport(ctx context.Context, tx *store.Tx, operator, id uuid.UUID) error {
	draft, _, err := r.draftOf(ctx, tx, operator, importForm)
	if err != nil || draft["id"] != id.String() {
		return err
	}
	return tx.DropDraft(ctx, operator, importForm)
}
