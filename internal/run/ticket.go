package run

import (
	"context"
	"slices"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// TicketField is the name of the ticket among a form's fields.
const TicketField = "ticket"

// TicketMissing is what a form says where the workspace requires a ticket.
const TicketMissing = "Enter a ticket. This workspace requires one for this action."

// NeedsTicket reports whether the workspace requires a ticket for an action. It is for
// forms, which say so beforehand; Begin decides.
func (r *Runner) NeedsTicket(ctx context.Context, sc store.Scope, a catalog.Action) (needed bool, err error) {
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		needed, err = needsTicket(ctx, tx, a)
		return err
	})
	return needed, err
}

func needsTicket(ctx context.Context, tx *store.Tx, a catalog.Action) (bool, error) {
	if a.Kind == catalog.Read {
		return false, nil
	}
	rule, err := tx.TicketRule(ctx)
	if a.Kind == catalog.Generic {
		return len(rule) > 0, err // it can send what any other action sends
	}
	named := func(a catalog.Action) bool { return slices.Contains(rule, a.Slug) || slices.Contains(rule, a.Category) }
	if a.Slug == catalog.ProvisionAuthAPI {
		created, _ := catalog.Lookup(catalog.CreateAuthIntegration)
		return named(a) || named(created), err
	}
	return named(a), err
}

// askTicket returns a *catalog.FieldError if the workspace requires a ticket for a
// request that has none. It is judged in the transaction that starts the run, so that
// forms and programs get the same answer.
func askTicket(ctx context.Context, tx *store.Tx, q Request) error {
	if q.Ticket != "" || q.Action.Reads(q.Input) {
		return nil
	}
	return AskTicket(ctx, tx, q.Action)
}

// AskTicket returns a *catalog.FieldError if the workspace requires a ticket for an action.
func AskTicket(ctx context.Context, tx *store.Tx, a catalog.Action) error {
	needed, err := needsTicket(ctx, tx, a)
	if err != nil || !needed {
		return err
	}
	return &catalog.FieldError{Field: TicketField, Message: TicketMissing}
}
