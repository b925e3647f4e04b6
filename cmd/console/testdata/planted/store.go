package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Planted searches for what the visitor says, word for word: the hole that sqlmap must find.
func (t *Tx) Planted(ctx context.Context, text string) ([]string, error) {
	rows, err := t.tx.Query(ctx, `select name from organization where name = '`+text+`'`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
