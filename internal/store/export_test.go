package store

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"duodesk/internal/secret"
)

// OpenNarrow is Open with a pool of so few connections that they change hands
// all the time.
func OpenNarrow(ctx context.Context, url string, keys *secret.Keyring, connections int32) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	s := &Store{pool: pool}
	s.keys.Store(keys)
	return s, nil
}

// Pool lends the pool, to look at connections that came back to it.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// SealedColumns lists the columns that a rotation seals anew.
func SealedColumns() []string {
	var names []string
	for _, c := range sealedColumns {
		names = append(names, c.table+"."+c.column)
	}
	return names
}
