package setup

import (
	"context"
	"fmt"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// ConfirmField is the name of the box that takes an organization's name before it is
// archived.
const ConfirmField = "confirm"

// Archive ends an organization for good, for an Owner who sees every organization and
// typed its name: its mapping and its keys are destroyed in one transaction, and its
// runs stay on record. In Duo nothing is changed. It is refused while a run is open,
// whose outcome could not be looked up without keys.
func (r *Runner) Archive(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization,
	typed string) ([]catalog.FieldError, error) {
	var bad []catalog.FieldError
	err := r.Change(ctx, sc, actor, catalog.Owner, func(tx *store.Tx) error {
		if err := tx.LockMapping(ctx); err != nil {
			return err
		}
		now, err := run.StillConnected(ctx, tx.LockConnection, o)
		if err != nil {
			return err
		}
		if text.Line(typed) != now.Name {
			bad = fault(ConfirmField, "Type the name exactly as it is written above.")
			return nil
		}
		if now.Onboarding {
			bad = fault(ConfirmField, "This organization is being onboarded. Cancel or finish the onboarding first.")
			return nil
		}
		open, err := tx.OpenRuns(ctx, o.ID)
		if err != nil {
			return err
		}
		if open > 0 {
			bad = fault(ConfirmField,
				fmt.Sprintf("This organization has open runs (%d). Archive it when they are closed.", open))
			return nil
		}
		if err := tx.ArchiveOrganization(ctx, o.ID, actor.Operator, r.Now()); err != nil {
			return err
		}
		return tx.Record(ctx, archiveRecord(actor, now, r.Now()))
	})
	return bad, err
}
