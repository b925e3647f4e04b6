package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"duodesk/internal/secret"
)

// OpenSealed opens everything that is sealed, in all workspaces, and returns how
// many values of each table opened and, as words for a person, which did not. It
// is for a backup on trial: a backup is worth what its key file opens.
func (s *Store) OpenSealed(ctx context.Context) (opened map[string]int, stuck []string, err error) {
	workspaces, err := s.workspaces(ctx)
	if err != nil {
		return nil, nil, err
	}
	opened = map[string]int{}
	for _, ws := range workspaces {
		for _, c := range sealedColumns {
			for last := (sealedValue{}); ; {
				var values []sealedValue
				err := s.InWorkspace(ctx, WholeWorkspace(ws), func(tx *Tx) (err error) {
					noKey := []byte{}
					values, err = all[sealedValue](ctx, tx.tx, c.slice, ws, last.Row, last.Version, noKey)
					return err
				})
				if err != nil {
					return nil, nil, err
				}
				if len(values) == 0 {
					break
				}
				last = values[len(values)-1]
				for _, v := range values {
					at := secret.Place{Table: c.table, Column: c.column, Workspace: ws, Row: v.Row, Version: v.Version}
					if _, err := s.keys.Load().Open(at, v.Sealed); err != nil {
						stuck = append(stuck, fmt.Sprintf("%s of workspace %s, %s version %d", c.table, ws, v.Row, v.Version))
						continue
					}
					opened[c.table]++
				}
			}
		}
	}
	return opened, stuck, nil
}

// TableRows is a table and how many rows it has.
type TableRows struct {
	Table string
	Rows  int
}

// CountRows counts the rows of every table, as a role that no policy binds.
func CountRows(ctx context.Context, url string) ([]TableRows, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("store: connect: %w", err)
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
		if err := conn.QueryRow(ctx, `select count(*) from `+pgx.Identifier{"public", counts[i].Table}.Sanitize()).Scan(&counts[i].Rows); err != nil {
			return nil, err
		}
	}
	return counts, nil
}
