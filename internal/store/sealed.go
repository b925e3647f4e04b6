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
	ofOperators   bool   // rows belong to an operator, whose id stands for the workspace's below
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
	{
		table: "sign_on", column: "sealed_secret",
		count: `select substring(sealed_secret from 2 for 4), count(*) from sign_on where workspace_id = $1 group by 1`,
		slice: `select workspace_id::text as row, version, sealed_secret as sealed from sign_on
			where workspace_id = $1 and (workspace_id::text, version) > ($2, $3) and substring(sealed_secret from 2 for 4) <> $4
			order by 1, 2 limit 100 for update`,
		put: `update sign_on set sealed_secret = $4 where workspace_id = $1 and workspace_id::text = $2 and version = $3`,
	},
	{
		table: "factor", column: "sealed_secret", ofOperators: true,
		count: `select substring(sealed_secret from 2 for 4), count(*) from factor
			where operator_id = $1 and kind = 'totp' group by 1`,
		slice: `select id::text as row, 0 as version, sealed_secret as sealed from factor
			where operator_id = $1 and (id::text, 0) > ($2, $3) and kind = 'totp' and substring(sealed_secret from 2 for 4) <> $4
			order by 1 limit 100 for update`,
		put: `update factor set sealed_secret = $4 where operator_id = $1 and id::text = $2 and $3 = 0`,
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

// sealedOwner is a workspace or an operator with sealed values.
type sealedOwner struct {
	ID       uuid.UUID
	Operator bool
}

// sealedOwners lists all of them.
func (s *Store) sealedOwners(ctx context.Context) ([]sealedOwner, error) {
	rows, err := s.pool.Query(ctx, `
		select id, false as operator from workspace
		union all select distinct operator_id, true from factor where kind = 'totp' order by 2, 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[sealedOwner])
}

// as runs fn in a transaction that reaches an owner's rows.
func (s *Store) as(ctx context.Context, owner sealedOwner, fn func(*Tx) error) error {
	if !owner.Operator {
		return s.InWorkspace(ctx, WholeWorkspace(owner.ID), fn)
	}
	return s.asOperator(ctx, owner.ID, func(tx pgx.Tx) error { return fn(&Tx{tx: tx, keys: s.keys.Load()}) })
}

// SealedWith counts the sealed values of all owners by their keys.
func (s *Store) SealedWith(ctx context.Context) (map[secret.KeyID]int, error) {
	owners, err := s.sealedOwners(ctx)
	if err != nil {
		return nil, err
	}
	counts := map[secret.KeyID]int{}
	for _, owner := range owners {
		err := s.as(ctx, owner, func(tx *Tx) error {
			for _, c := range sealedColumns {
				if c.ofOperators != owner.Operator {
					continue
				}
				rows, err := tx.tx.Query(ctx, c.count, owner.ID)
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
	err = s.inSlices(ctx, func(owner sealedOwner, c sealedColumn, after sealedValue) (values []sealedValue, err error) {
		var left []string
		err = s.as(ctx, owner, func(tx *Tx) (err error) {
			values, left, err = tx.resealSlice(ctx, owner.ID, c, after)
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

// inSlices goes through the sealed values of all owners. do returns those of a column
// that come after the one it is given, some at a time, and none at the end.
func (s *Store) inSlices(ctx context.Context, do func(owner sealedOwner, c sealedColumn, after sealedValue) (
	[]sealedValue, error)) error {
	owners, err := s.sealedOwners(ctx)
	if err != nil {
		return err
	}
	for _, owner := range owners {
		for _, c := range sealedColumns {
			if c.ofOperators != owner.Operator {
				continue
			}
			for last := (sealedValue{}); ; {
				values, err := do(owner, c, last)
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

func (c sealedColumn) place(owner uuid.UUID, v sealedValue) secret.Place {
	if c.ofOperators { // its row's own id says whose it is
		owner = uuid.Nil
	}
	return secret.Place{Table: c.table, Column: c.column, Workspace: owner, Row: v.Row, Version: v.Version}
}

// words name a value for a person.
func (c sealedColumn) words(owner uuid.UUID, v sealedValue) string {
	whose := "workspace"
	if c.ofOperators {
		whose = "operator"
	}
	return fmt.Sprintf("%s of %s %s, %s version %d", c.table, whose, owner, v.Row, v.Version)
}

type sealedValue struct {
	Row     string
	Version int
	Sealed  []byte
}

func (t *Tx) resealSlice(ctx context.Context, owner uuid.UUID, c sealedColumn, after sealedValue) (values []sealedValue,
	stuck []string,
	err error) {
	var current []byte
	if err := t.tx.QueryRow(ctx,
		`select key_id from sealing_key order by generation desc limit 1`).Scan(&current); err != nil {
		return nil, nil, err
	}
	if values, err = all[sealedValue](ctx, t.tx, c.slice, owner, after.Row, after.Version,
		current); err != nil {
		return nil, nil, err
	}
	for _, v := range values {
		at := c.place(owner, v)
		opened, err := t.keys.Open(at, v.Sealed)
		if err != nil {
			stuck = append(stuck, c.words(owner, v))
			continue
		}
		var sealed []byte
		var sealing error
		if err := opened.Lend(func(b []byte) {
			sealed, sealing = t.keys.Seal(secret.KeyID(current), at, b)
		}); err != nil || sealing != nil {
			return nil, nil, fmt.Errorf("store: seal again: %w", secret.ErrCannotOpen)
		}
		if _, err := t.tx.Exec(ctx, c.put, owner, v.Row, v.Version, sealed); err != nil {
			return nil, nil, err
		}
	}
	return values, stuck, nil
}
