package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/secret"
)

// sealedColumn is a column with sealed values. Row and version are those of the
// values' secret.Place.
type sealedColumn struct {
	table, column string
	count         string // key ids and how many values are sealed with each; $1 workspace
	slice         string // some that another key than $4 sealed, after row $2 and version $3
	put           string // $4 into row $2, version $3 of workspace $1
}

// sealedColumns are all of them: what is not listed here is lost when keys
// rotate. The second to fifth byte of a sealed value are its key's id; an empty
// value was destroyed.
var sealedColumns = []sealedColumn{
	{
		table: "integration_secret", column: "sealed_secret",
		count: `select substring(sealed_secret from 2 for 4), count(*) from integration_secret
			where workspace_id = $1 and sealed_secret <> '' group by 1`,
		slice: `select coalesce(organization_id || '/', '') || api as row, version, sealed_secret as sealed from integration_secret
			where workspace_id = $1 and (coalesce(organization_id || '/', '') || api, version) > ($2, $3) and sealed_secret <> '' and substring(sealed_secret from 2 for 4) <> $4
			order by 1, 2 limit 100 for update`,
		put: `update integration_secret set sealed_secret = $4
			where workspace_id = $1 and coalesce(organization_id || '/', '') || api = $2 and version = $3`,
	},
	{
		table: "draft", column: "sealed_input",
		count: `select substring(sealed_input from 2 for 4), count(*) from draft
			where workspace_id = $1 and sealed_input <> '' and expires_at > now() group by 1`,
		slice: `select operator_id || '/' || form as row, 0 as version, sealed_input as sealed from draft
			where workspace_id = $1 and (operator_id || '/' || form, 0) > ($2, $3) and sealed_input <> '' and expires_at > now() and substring(sealed_input from 2 for 4) <> $4
			order by 1, 2 limit 100 for update`,
		put: `update draft set sealed_input = $4 where workspace_id = $1 and operator_id || '/' || form = $2 and $3 = 0`,
	},
}

// seal seals a value with the key that this database's values are sealed with
// now. Having read which one that is keeps it in use until the transaction ends:
// see SwitchKey.
func (t *Tx) seal(ctx context.Context, at secret.Place, b []byte) ([]byte, error) {
	var id []byte
	err := t.tx.QueryRow(ctx, `select key_id from sealing_key order by generation desc limit 1`).Scan(&id)
	if err != nil {
		return nil, fmt.Errorf("store: find the key in use: %w", err)
	}
	return t.keys.Seal(secret.KeyID(id), at, b)
}

// workspaces lists all ids.
func (s *Store) workspaces(ctx context.Context) ([]uuid.UUID, error) {
	rows, err := s.pool.Query(ctx, `select id from workspace order by id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// SealedWith counts the sealed values of all workspaces by their keys.
func (s *Store) SealedWith(ctx context.Context) (map[secret.KeyID]int, error) {
	workspaces, err := s.workspaces(ctx)
	if err != nil {
		return nil, err
	}
	counts := map[secret.KeyID]int{}
	for _, ws := range workspaces {
		err := s.InWorkspace(ctx, WholeWorkspace(ws), func(tx *Tx) error {
			for _, c := range sealedColumns {
				rows, err := tx.tx.Query(ctx, c.count, ws)
				if err != nil {
					return err
				}
				var id []byte
				var n int
				if _, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error {
					var key secret.KeyID // of fewer bytes where a value was cut
					copy(key[:], id)
					counts[key] += n
					return nil
				}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// Reseal seals everything that another key sealed with the key in use, slice by
// slice, while servers run. It may be cut off at any point and begun again. each
// is told after every slice how many values it held; what cannot be opened where
// it stands is left alone and returned, as words for a person.
func (s *Store) Reseal(ctx context.Context, each func(resealed int)) (stuck []string, err error) {
	err = s.inSlices(ctx, func(ws uuid.UUID, c sealedColumn, after sealedValue) (values []sealedValue, err error) {
		var left []string
		err = s.InWorkspace(ctx, WholeWorkspace(ws), func(tx *Tx) (err error) {
			values, left, err = tx.resealSlice(ctx, c, after)
			return err
		})
		if err == nil && len(values) > 0 {
			stuck = append(stuck, left...)
			each(len(values) - len(left))
		}
		return values, err
	})
	return stuck, err
}

// inSlices goes through the sealed values of all workspaces. do returns those of
// a column that come after the one it is given, some at a time, and none at the
// end.
func (s *Store) inSlices(ctx context.Context, do func(ws uuid.UUID, c sealedColumn, after sealedValue) ([]sealedValue,
	error)) error {
	workspaces, err := s.workspaces(ctx)
	if err != nil {
		return err
	}
	for _, ws := range workspaces {
		for _, c := range sealedColumns {
			for last := (sealedValue{}); ; {
				values, err := do(ws, c, last)
				if err != nil {
					return err
				}
				if len(values) == 0 {
					break
				}
				last = values[len(values)-1]
			}
		}
	}
	return nil
}

func (c sealedColumn) place(ws uuid.UUID, v sealedValue) secret.Place {
	return secret.Place{Table: c.table, Column: c.column, Workspace: ws, Row: v.Row, Version: v.Version}
}

// words name a value for a person.
func (c sealedColumn) words(ws uuid.UUID, v sealedValue) string {
	return fmt.Sprintf("%s of workspace %s, %s version %d", c.table, ws, v.Row, v.Version)
}

type sealedValue struct {
	Row     string
	Version int
	Sealed  []byte
}

func (t *Tx) resealSlice(ctx context.Context, c sealedColumn, after sealedValue) (values []sealedValue, stuck []string,
	err error) {
	var current []byte
	if err := t.tx.QueryRow(ctx,
		`select key_id from sealing_key order by generation desc limit 1`).Scan(&current); err != nil {
		return nil, nil, err
	}
	if values, err = all[sealedValue](ctx, t.tx, c.slice, t.scope.workspace, after.Row, after.Version,
		current); err != nil {
		return nil, nil, err
	}
	for _, v := range values {
		at := c.place(t.scope.workspace, v)
		opened, err := t.keys.Open(at, v.Sealed)
		if err != nil {
			stuck = append(stuck, c.words(t.scope.workspace, v))
			continue
		}
		var sealed []byte
		var sealing error
		if err := opened.Lend(func(b []byte) {
			sealed, sealing = t.keys.Seal(secret.KeyID(current), at, b)
		}); err != nil || sealing != nil {
			return nil, nil, fmt.Errorf("store: seal again: %w", secret.ErrCannotOpen)
		}
		if _, err := t.tx.Exec(ctx, c.put, t.scope.workspace, v.Row, v.Version, sealed); err != nil {
			return nil, nil, err
		}
	}
	return values, stuck, nil
}
