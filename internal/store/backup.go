package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// OpenSealed opens everything that is sealed, of all workspaces and operators, and returns how
// many values opened and, as words for a person, which did not. It is for a
// backup on trial: a backup is worth what its key file opens.
func (s *Store) OpenSealed(ctx context.Context) (opened int, stuck []string, err error) {
	err = s.inSlices(ctx, func(owner sealedOwner, c sealedColumn, after sealedValue) (values []sealedValue, err error) {
		err = s.as(ctx, owner, func(tx *Tx) (err error) {
			noKey := []byte{} // so those of every key
			values, err = all[sealedValue](ctx, tx.tx, c.slice, owner.ID, after.Row, after.Version, noKey)
			return err
		})
		for _, v := range values {
			if _, err := s.keys.Load().Open(c.place(owner.ID, v), v.Sealed); err != nil {
				stuck = append(stuck, c.words(owner.ID, v))
				continue
			}
			opened++
		}
		return values, err
	})
	return opened, stuck, err
}

// TableRows is a table and how many rows it has.
type TableRows struct {
	Table string
	Rows  int
}

// CountRows counts the rows of every table, as a role that no policy binds.
func CountRows(ctx context.Context, url string) ([]TableRows, error) {
	conn, err := connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `select tablename, 0 from pg_tables where schemaname = 'public' order by tablename`)
	if err != nil {
		return nil, err
	}
	counts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[TableRows])
	if err != nil {
		return nil, err
	}
	for i := range counts {
		if err := conn.QueryRow(ctx, `select count(*) from `+
			pgx.Identifier{"public", counts[i].Table}.Sanitize()).Scan(&counts[i].Rows); err != nil {
			return nil, err
		}
	}
	return counts, nil
}
