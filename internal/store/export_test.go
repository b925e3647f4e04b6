package store

import (
	"context"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"duodesk/internal/secret"
)

// OpenNarrow is Open with a pool of so few connections that they change hands
// all the time.
func OpenNarrow(ctx context.Context, url string, keys *secret.Keyring, connections int) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	pool, err := newPool(ctx, config, connections)
	if err != nil {
		return nil, err
	}
	s := &Store{pool: pool}
	s.keys.Store(keys)
	return s, nil
}

// MigrateFiles is MigrateSaying with other migrations than this binary's.
func MigrateFiles(ctx context.Context, ownerURL string, files fs.FS, say func(string)) (int, error) {
	return migrate(ctx, ownerURL, files, say, time.Millisecond)
}

// CheckSchemaOf is CheckSchema of a binary with other migrations.
func (s *Store) CheckSchemaOf(ctx context.Context, files fs.FS) error {
	return s.checkSchema(ctx, files)
}

// Pool lends the pool, to look at connections that came back to it.
func (s *Store) Pool() *pgxpool.Pool { return s.pool.inner }

// SealedColumns lists the columns that a rotation seals again.
func SealedColumns() []string {
	var names []string
	for _, c := range sealedColumns {
		names = append(names, c.table+"."+c.column)
	}
	return names
}

// RecordEverywhere is recordEverywhere in a transaction of its own.
func (s *Store) RecordEverywhere(ctx context.Context, r Record) error {
	return s.transact(ctx, func(tx pgx.Tx) error { return s.recordEverywhere(ctx, tx, r) })
}

// OpenImpatient is Open with another silence after which a connection is given up.
func OpenImpatient(ctx context.Context, url string, keys *secret.Keyring, silence time.Duration) (*Store, error) {
	config, err := readURL(url)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.DialFunc = dialer(silence)
	pool, err := newPool(ctx, config, mostConnections)
	if err != nil {
		return nil, err
	}
	s := &Store{pool: pool}
	s.keys.Store(keys)
	return s, nil
}

// Waiting is how many wait for a connection.
func (s *Store) Waiting() int {
	g := s.pool.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.urgent) + len(g.others)
}

// Searches of tests reach the limits of large records with small ones.
func init() { window, rareRuns = 60, 25 }
