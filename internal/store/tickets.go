package store

import "context"

// TicketRule returns the slugs and categories of actions that take a ticket in the
// workspace.
func (t *Tx) TicketRule(ctx context.Context) (names []string, err error) {
	err = t.tx.QueryRow(ctx, `select tickets from workspace where id = (select app.workspace())`).Scan(&names)
	return names, meaning(err)
}

// SetTicketRule changes TicketRule and puts that on record.
func (t *Tx) SetTicketRule(ctx context.Context, names []string, record Record) error {
	_, err := t.tx.Exec(ctx, `update workspace set tickets = $1 where id = (select app.workspace())`, names)
	if err != nil {
		return meaning(err)
	}
	return t.Record(ctx, record)
}
