package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"duodesk/internal/secret"
)

// ErrOtherKeyFile says that the key file is not the one that the secrets of this
// database are sealed with.
var ErrOtherKeyFile = errors.New("the key file is not the one that this database's secrets are sealed with")

// SealingKey is a key that values of this database are, or were, sealed with.
type SealingKey struct {
	ID      secret.KeyID
	Since   time.Time // in use
	Retired bool      // nothing is sealed with it any more, nor will be
	proof   []byte
}

// The digest that a proof holds is made of these words.
const proofOf = "duodesk key file"

func proofPlace(id secret.KeyID) secret.Place {
	return secret.Place{Table: "sealing_key", Column: "proof", Row: id.String()}
}

// prove makes the proof of a key. It holds a digest, so that it tells of both
// kinds of keys in the file.
func prove(keys *secret.Keyring, id secret.KeyID) ([]byte, error) {
	mac, err := keys.MAC(proofOf)
	if err != nil {
		return nil, err
	}
	return keys.Seal(id, proofPlace(id), mac)
}

// proven reports whether keys hold the very key, and the digest key beside it.
func (k SealingKey) proven(keys *secret.Keyring) bool {
	opened, err := keys.Open(proofPlace(k.ID), k.proof)
	same := false
	return err == nil && opened.Lend(func(mac []byte) { same = keys.SameMAC(mac, proofOf) }) == nil && same
}

// SealingKeys lists the keys of this database, oldest first; the last one seals.
func (s *Store) SealingKeys(ctx context.Context) ([]SealingKey, error) {
	rows, err := s.pool.Query(ctx,
		`select key_id, proof, since, retired_at is not null from sealing_key order by generation`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (k SealingKey, err error) {
		var id []byte
		if err = row.Scan(&id, &k.proof, &k.Since, &k.Retired); err == nil {
			k.ID = secret.KeyID(id)
		}
		return k, err
	})
}

// CheckKeys refuses a key file that is not this database's, or lacks a key that
// values are sealed with: ErrOtherKeyFile. The first key file that a database
// meets becomes its own.
func (s *Store) CheckKeys(ctx context.Context) error {
	keys := s.keys.Load()
	known, err := s.SealingKeys(ctx)
	if err != nil {
		return fmt.Errorf("store: read keys: %w", err)
	}
	if len(known) == 0 {
		if err := s.registerFirst(ctx, keys); err != nil {
			return err
		}
		if known, err = s.SealingKeys(ctx); err != nil {
			return fmt.Errorf("store: read keys: %w", err)
		}
	}
	return fits(keys, known)
}

func fits(keys *secret.Keyring, known []SealingKey) error {
	for _, k := range known {
		if !k.Retired && !k.proven(keys) {
			return fmt.Errorf(
				"%w: it lacks the key %v, in use since %s, or the digest key that belongs to it; put back the file that holds it",
				ErrOtherKeyFile, k.ID, k.Since.UTC().Format("2006-01-02"))
		}
	}
	return nil
}

// registerFirst makes the newest key of the file this database's first. Where
// servers start at once, one of them is first, and all check against its key.
func (s *Store) registerFirst(ctx context.Context, keys *secret.Keyring) error {
	sealed, err := s.SealedWith(ctx)
	if err != nil {
		return err
	}
	for id := range sealed {
		if !keys.Holds(id) {
			return fmt.Errorf("%w: there are values sealed with the key %v, which it lacks", ErrOtherKeyFile, id)
		}
	}
	id := keys.Newest()
	proof, err := prove(keys, id)
	if err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, `insert into sealing_key (key_id, proof) values ($1, $2) on conflict do nothing`,
		id[:], proof)
	return err
}

// UseKeys puts a key file that was read again in the place of the one before, or
// refuses it like CheckKeys. Its keys are announced in the names of connections,
// so all of them are opened again. After an error the keys before are still held.
func (s *Store) UseKeys(ctx context.Context, keys *secret.Keyring) error {
	known, err := s.SealingKeys(ctx)
	if err != nil {
		return fmt.Errorf("store: read keys: %w", err)
	}
	if err := fits(keys, known); err != nil {
		return err
	}
	s.keys.Store(keys)
	s.pool.inner.Reset()
	// One is made now, so that others hear of the keys. When that fails they hear of
	// them with the next one; the keys are in use either way.
	_ = s.pool.Ping(ctx)
	return nil
}

// HeldKeys returns the ids of the sealing keys held now.
func (s *Store) HeldKeys() []secret.KeyID { return s.keys.Load().Keys() }

// connectionName says which program is connected and which keys it opens values
// with. As long as a server lives it has a connection, so the list of connections
// is a list of all servers, and a dead one is not on it.
func connectionName(keys *secret.Keyring) string {
	name := "console"
	if keys != nil {
		for _, id := range keys.Keys() {
			name += " " + id.String()
		}
	}
	return name
}

// ServersWithout counts connections of servers that do not hold a key yet, and
// those of all servers.
func (s *Store) ServersWithout(ctx context.Context, id secret.KeyID) (without, all int, err error) {
	err = s.pool.QueryRow(ctx, serversWithout, id.String()).Scan(&without, &all)
	return without, all, err
}

const serversWithout = `
	select count(*) filter (where position($1 in application_name) = 0), count(*)
	from pg_stat_activity where datname = current_database() and usename = 'console_app'`

// ErrServersBehind says that a server does not hold the new key yet.
var ErrServersBehind = errors.New("a server does not hold the new key yet")

// ErrKeysInUse says that transactions did not let go of the keys in time.
var ErrKeysInUse = errors.New("the keys are held by a long transaction, such as a backup")

// SwitchKey makes all servers seal with another key of the file, as the owner
// role; ErrServersBehind if one of them could not open what it seals.
//
// Who seals has read the table of keys, and who starts reads it: the lock waits
// for the former to commit and holds the latter up. So from here on nothing is
// sealed with an older key, and nobody starts without the new one.
func (s *Store) SwitchKey(ctx context.Context, id secret.KeyID) error {
	proof, err := prove(s.keys.Load(), id)
	if err != nil {
		return err
	}
	err = s.transact(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `set local lock_timeout = '5s'`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `lock table sealing_key in access exclusive mode`); err != nil {
			return err
		}
		var without, all int
		if err := tx.QueryRow(ctx, serversWithout, id.String()).Scan(&without, &all); err != nil {
			return err
		}
		if without > 0 {
			return ErrServersBehind
		}
		_, err := tx.Exec(ctx,
			`insert into sealing_key (generation, key_id, proof) select max(generation) + 1, $1, $2 from sealing_key`,
			id[:], proof)
		return err
	})
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "55P03" {
		return ErrKeysInUse
	}
	return err
}

// RetireKeys retires all keys but the one in use, as the owner role, unless
// something is sealed with one of them: that is returned.
func (s *Store) RetireKeys(ctx context.Context) (map[secret.KeyID]int, error) {
	known, err := s.SealingKeys(ctx)
	if err != nil || len(known) == 0 {
		return nil, err
	}
	sealed, err := s.SealedWith(ctx)
	if err != nil {
		return nil, err
	}
	left := map[secret.KeyID]int{}
	for _, k := range known[:len(known)-1] {
		if n := sealed[k.ID]; n > 0 {
			left[k.ID] = n
			continue
		}
		if _, err := s.pool.Exec(ctx,
			`update sealing_key set retired_at = now() where key_id = $1 and retired_at is null`, k.ID[:]); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// ErrRotating says that another rotation is at work on this database.
var ErrRotating = errors.New("another rotation is at work on this database")

// LockRotation keeps other rotations out until release is called or the process
// dies.
func (s *Store) LockRotation(ctx context.Context) (release func(), err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	var got bool
	err = conn.QueryRow(ctx, `select pg_try_advisory_lock(hashtextextended('key rotation', 0))`).Scan(&got)
	if err == nil && !got {
		err = ErrRotating
	}
	if err != nil {
		conn.Release()
		return nil, err
	}
	return func() {
		// Where the connection broke, the lock went with it.
		_, _ = conn.Exec(context.WithoutCancel(ctx), `select pg_advisory_unlock(hashtextextended('key rotation', 0))`)
		conn.Release()
	}, nil
}

// nameConnections announces the keys of s in each new connection.
func (s *Store) nameConnections(_ context.Context, config *pgx.ConnConfig) error {
	config.RuntimeParams["application_name"] = connectionName(s.keys.Load())
	return nil
}
