package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Origin is where a session was started.
type Origin struct {
	Address string
	Agent   string // as the browser calls itself
	Device  []byte // SHA-256 of the cookie of a known browser, if it came with one; see StartSession
}

// longestAgent bounds what is kept of a browser's name.
const longestAgent = 300

// OpenSession is a session as its operator looks at it.
type OpenSession struct {
	ID             uuid.UUID
	Address, Agent string
	CreatedAt      time.Time
	SeenAt         time.Time
}

// Sessions lists an operator's sessions that have not ended, the last used
// first.
func (s *Store) Sessions(ctx context.Context, operator uuid.UUID, now time.Time,
	idle time.Duration) ([]OpenSession, error) {
	rows, err := s.pool.Query(ctx, `
		select s.id, s.address, s.agent, s.created_at, s.seen_at from session s join operator o on o.id = s.operator_id and o.epoch = s.epoch
		where s.operator_id = $1 and s.ends_at > $2 and s.seen_at > $3 order by s.seen_at desc, s.id`, operator, now,
		now.Add(-idle))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[OpenSession])
}

// EndSessionByID ends one of an operator's own sessions; ErrNotFound for any
// other.
func (s *Store) EndSessionByID(ctx context.Context, operator, id uuid.UUID) error {
	done, err := s.pool.Exec(ctx, `delete from session where operator_id = $1 and id = $2`, operator, id)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return err
}

// EndAllSessions ends every session, access token and invitation of an operator,
// forgets the operator's devices, and keeps it for the operator's eyes. It
// returns the operator with the raised epoch. ErrEnded says that the session that
// asks was ended before.
func (s *Store) EndAllSessions(ctx context.Context, operator Operator, from Origin, now time.Time) (Operator, error) {
	err := s.asOperator(ctx, operator.ID, func(tx pgx.Tx) (err error) {
		if err = holdEpoch(ctx, tx, operator); err != nil {
			return err
		}
		if operator.Epoch, _, err = s.raiseEpoch(ctx, tx, operator.ID, now); err != nil {
			return err
		}
		return keepAccountEvent(ctx, tx, operator.ID, AccountSignedOutEverywhere, from, now)
	})
	return operator, err
}

// ChangePassword replaces an operator's password hash, ends every session, access
// token and invitation of the operator, and keeps it for the operator's eyes. It
// returns the operator that a new session can be started for.
// ErrEnded says that the epoch is not the one that the hash was read with.
func (s *Store) ChangePassword(ctx context.Context, operator Operator, hash string, from Origin,
	now time.Time) (Operator, error) {
	err := s.asOperator(ctx, operator.ID, func(tx pgx.Tx) (err error) {
		if err := holdEpoch(ctx, tx, operator); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update operator set password_hash = $2 where id = $1`, operator.ID,
			hash); err != nil {
			return err
		}
		operator.PasswordHash = hash
		if operator.Epoch, _, err = s.raiseEpoch(ctx, tx, operator.ID, now); err != nil {
			return err
		}
		return keepAccountEvent(ctx, tx, operator.ID, AccountPasswordChanged, from, now)
	})
	return operator, err
}

// holdEpoch locks an operator's row for a change by the operator, or returns
// ErrEnded.
func holdEpoch(ctx context.Context, tx pgx.Tx, operator Operator) error {
	done, err := tx.Exec(ctx,
		`select from operator where id = $1 and epoch = $2 and disabled_at is null for no key update`, operator.ID,
		operator.Epoch)
	if err == nil && done.RowsAffected() == 0 {
		err = ErrEnded
	}
	return err
}
