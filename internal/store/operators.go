package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Operator is a person of an MSP who signs in.
type Operator struct {
	ID           uuid.UUID
	Email        string
	PasswordHash string
	Theme        string // auto, light or dark
	TimeZone     string // IANA name; empty: as the browser says
	Density      string // comfortable or compact
	Disabled     bool
	// Epoch counts how often all sessions and tokens were ended at once. What is
	// started for an operator carries the epoch of this row.
	Epoch int
}

const operatorQuery = `select id, email, password_hash, theme, time_zone, density, disabled_at is not null as disabled, epoch from operator`

// OperatorByEmail finds an operator; email must be in lower case.
func (s *Store) OperatorByEmail(ctx context.Context, email string) (Operator, error) {
	rows, err := s.pool.Query(ctx, operatorQuery+` where email = $1`, email)
	if err != nil {
		return Operator{}, err
	}
	op, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Operator])
	return op, meaning(err)
}

// asOperator runs fn in a transaction that can change this one operator's row;
// see the policies.
func (s *Store) asOperator(ctx context.Context, operator uuid.UUID, fn func(pgx.Tx) error) error {
	return s.transact(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select set_config('app.operator', $1, true)`, operator.String()); err != nil {
			return err
		}
		return fn(tx)
	})
}

// RenewPasswordHash replaces an operator's password hash by one with other
// parameters, unless the password was changed meanwhile.
func (s *Store) RenewPasswordHash(ctx context.Context, operator Operator, hash string) error {
	return s.asOperator(ctx, operator.ID, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update operator set password_hash = $3 where id = $1 and password_hash = $2`,
			operator.ID, operator.PasswordHash, hash)
		return err
	})
}

// Preferences are choices of how pages look; what is empty, or nil, stays as it
// is.
type Preferences struct {
	Theme, Density string
	TimeZone       *string // IANA name; empty: as the browser says
}

// SetPreferences keeps an operator's choices.
func (s *Store) SetPreferences(ctx context.Context, operator uuid.UUID, p Preferences) error {
	return s.asOperator(ctx, operator, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			update operator set theme = coalesce(nullif($2, ''), theme), density = coalesce(nullif($3, ''), density), time_zone = coalesce($4, time_zone)
			where id = $1`, operator, p.Theme, p.Density, p.TimeZone)
		return err
	})
}

// Session is a signed-in operator, as found by the token of a cookie.
type Session struct {
	ID       uuid.UUID
	Operator Operator
	SeenAt   time.Time
	Entered  []uuid.UUID // workspaces in which it was used
}

// seenEvery bounds how often a session's row is written while it is in use.
const seenEvery = 30 * time.Second

// mostSessions is how many sessions an operator can have.
const mostSessions = 10

// StartSession keeps a sign-in under the SHA-256 of the cookie's token. It clears
// away sessions that have ended, and the operator's oldest beyond ten. operator is
// the row whose password hash was checked: ErrEnded says that its epoch was raised
// since, or that the operator was disabled. The sign-in is kept for the operator's
// eyes; see EnterWorkspace for the record. Owners are told when from.Device is none of the
// operator's, and it is not the first sign-in. A session that goes on under a new token
// has entered workspaces before, and is no sign-in.
func (s *Store) StartSession(ctx context.Context, tokenHash []byte, operator Operator, from Origin, now,
	endsAt time.Time, entered ...uuid.UUID) error {
	return s.asOperator(ctx, operator.ID, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `delete from session where ends_at <= $1`, now); err != nil {
			return err
		}
		if err := forgetAccountEvents(ctx, tx); err != nil {
			return err
		}
		// The lock has sign-ins of one operator count one after the other.
		done, err := tx.Exec(ctx, `
			with checked as (select id, epoch from operator where id = $2 and epoch = $7 and disabled_at is null for no key update)
			insert into session (token_hash, operator_id, created_at, seen_at, ends_at, address, agent, epoch, entered)
			select $1, id, $3, $3, $4, $5, $6, epoch, coalesce($8::uuid[], '{}') from checked`,
			tokenHash, operator.ID, now, endsAt, from.address(), from.agent(), operator.Epoch, entered)
		if err != nil {
			return err
		}
		if done.RowsAffected() == 0 {
			return ErrEnded
		}
		_, err = tx.Exec(ctx, `
			delete from session where operator_id = $1 and id in (
				select id from session where operator_id = $1 order by created_at desc, id offset $2)`, operator.ID,
			mostSessions)
		if err != nil {
			return err
		}
		if len(entered) > 0 {
			return nil
		}
		if err := s.notifyNewDevice(ctx, tx, operator.ID, from, now); err != nil {
			return err
		}
		return keepAccountEvent(ctx, tx, operator.ID, AccountSignedIn, from, now)
	})
}

// FindSession returns the session of a token unless it has ended, been idle for
// longer than idle, has not the operator's epoch, or belongs to a disabled
// operator; then ErrNotFound.
func (s *Store) FindSession(ctx context.Context, tokenHash []byte, now time.Time, idle time.Duration) (Session, error) {
	var found Session
	op := &found.Operator
	err := s.pool.QueryRow(ctx, `
		select s.id, o.id, o.email, o.theme, o.time_zone, o.density, o.epoch, s.seen_at, s.entered
		from session s join operator o on o.id = s.operator_id
		where s.token_hash = $1 and s.ends_at > $2 and s.seen_at > $3 and s.epoch = o.epoch and o.disabled_at is null`,
		tokenHash, now, now.Add(-idle)).Scan(&found.ID, &op.ID, &op.Email, &op.Theme, &op.TimeZone, &op.Density,
		&op.Epoch, &found.SeenAt, &found.Entered)
	if err != nil {
		return Session{}, meaning(err)
	}
	if now.Sub(found.SeenAt) >= seenEvery {
		_, err = s.pool.Exec(ctx, `update session set seen_at = $2 where token_hash = $1`, tokenHash, now)
	}
	return found, err
}

// EndSession deletes a session: the token is worth nothing from then on.
func (s *Store) EndSession(ctx context.Context, tokenHash []byte) error {
	_, err := s.pool.Exec(ctx, `delete from session where token_hash = $1`, tokenHash)
	return err
}

// The pace of sign-in attempts per key: so many failures are free within the
// window, then each further one doubles the wait.
const (
	attemptWindow = 15 * time.Minute
	attemptsFree  = 5
	attemptWait   = 2 * time.Second
	attemptWaitUp = 5 * time.Minute

	// AttemptLost is the wait when another attempt under the same key is being counted.
	AttemptLost = time.Second
)

// BeginLogin reserves one sign-in attempt under every key (an account, an
// address) before the password is looked at, so that parallel guesses are counted:
// of two at the same moment under one key the second is too fast. A wait above zero
// means that no attempt was granted. It waits for nothing but the database, and
// holds a connection for two round trips.
func (s *Store) BeginLogin(ctx context.Context, now time.Time, keys ...LoginKey) (wait time.Duration, err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release() // which closes it, and so ends the transaction, when that is still open
	expired := now.Add(-attemptWindow)
	count := &pgx.Batch{}
	count.Queue(`begin`)
	for _, key := range keys {
		count.Queue(`select pg_try_advisory_xact_lock($1)`, key.Lock()).QueryRow(func(row pgx.Row) error {
			var alone bool
			err := row.Scan(&alone)
			if !alone {
				wait = max(wait, AttemptLost)
			}
			return err
		})
	}
	for _, key := range keys {
		count.Queue(`select count(*), max(at) from login_attempt where key = $1 and at > $2`, key.Name,
			expired).QueryRow(func(row pgx.Row) error {
			var n int
			var last *time.Time
			err := row.Scan(&n, &last)
			if over := n - key.free(); over >= 0 && last != nil {
				wait = max(wait, last.Add(min(attemptWait<<min(over, 10), attemptWaitUp)).Sub(now))
			}
			return err
		})
	}
	if err := conn.SendBatch(ctx, count).Close(); err != nil {
		return 0, meaning(err)
	}
	if wait > 0 {
		_, err := conn.Exec(ctx, `rollback`)
		return wait, err
	}
	keep := &pgx.Batch{}
	// Old by the database's clock as well: a server whose own runs ahead must not
	// forget what the others have counted.
	keep.Queue(`delete from login_attempt where at <= least($1, now() - $2::interval)`, expired, attemptWindow)
	for _, key := range keys {
		keep.Queue(`insert into login_attempt (key, at) values ($1, $2)`, key.Name, now)
	}
	keep.Queue(`commit`)
	return 0, meaning(conn.SendBatch(ctx, keep).Close())
}

// ForgiveLogin forgets the failures of a key after a sign-in that succeeded, and
// that one attempt under the shared keys.
func (s *Store) ForgiveLogin(ctx context.Context, own LoginKey, shared ...LoginKey) error {
	batch := &pgx.Batch{} // a transaction of its own
	batch.Queue(`delete from login_attempt where key = $1`, own.Name)
	for _, key := range shared {
		batch.Queue(`delete from login_attempt where id = (select max(id) from login_attempt where key = $1)`, key.Name)
	}
	return meaning(s.pool.SendBatch(ctx, batch))
}

// LoginKey is what sign-in attempts are counted by. Shared keys are granted more
// attempts: an address behind which a whole office sits, or an account that
// strangers may name from anywhere.
type LoginKey struct {
	Name   string
	Shared bool
}

func (k LoginKey) free() int {
	if k.Shared {
		return 6 * attemptsFree
	}
	return attemptsFree
}

// Lock is the advisory lock under which attempts of a key are counted.
func (k LoginKey) Lock() int64 {
	sum := sha256.Sum256([]byte(k.Name))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}
