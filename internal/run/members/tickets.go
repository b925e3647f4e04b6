package members

import (
	"context"
	"slices"
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// TicketRule returns which actions take a ticket in a workspace: slugs and categories
// of the catalog.
func (r *Runner) TicketRule(ctx context.Context, sc store.Scope) (names []string, err error) {
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		names, err = tx.TicketRule(ctx)
		return err
	})
	return names, err
}

// SetTicketRule changes for which actions the workspace requires a ticket, as an owner
// and on record. Names are slugs and categories of the catalog, in its order.
func (r *Runner) SetTicketRule(ctx context.Context, sc store.Scope, actor run.Actor, names []string) error {
	return r.Change(ctx, sc, actor, catalog.Owner, func(tx *store.Tx) error {
		before, err := tx.TicketRule(ctx)
		if err != nil || slices.Equal(before, names) {
			return err
		}
		return tx.SetTicketRule(ctx, names, store.Record{
			Event: store.TicketRuleSet, Operator: actor.Operator, Ticket: actor.Ticket,
			Token: actor.Token.Name, At: r.Now(),
			Input:   map[string]string{"from": ticketWords(before), "to": ticketWords(names)},
			Summary: "Changed which actions require a ticket.",
		})
	})
}

// ticketWords lists the titles of a rule for the record.
func ticketWords(names []string) string {
	var titles []string
	for _, name := range names {
		if action, found := catalog.Lookup(name); found {
			name = action.Title
		}
		titles = append(titles, name)
	}
	if len(titles) == 0 {
		return "none"
	}
	return strings.Join(titles, ", ")
}
