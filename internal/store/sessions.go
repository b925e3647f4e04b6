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
func (s *Store) Sessions(ctx context.Context, operator uuid.UUID, now time.Time, idle time.Duration) ([]OpenSession, error) {
	rows, err := s.pool.Query(ctx, `
		select id, address, agent, created_at, seen_at from session
		where operator_id = $1 and ends_at > $2 and seen_at > $3 order by seen_at desc, id`, operator, now, now.Add(-idle))
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

// EndAllSessions ends every session of an operator and records it in the
// operator's workspaces.
func (s *Store) EndAllSessions(ctx context.Context, operator uuid.UUID, now time.Time) error {
	return s.transact(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `delete from session where operator_id = $1`, operator); err != nil {
			return err
		}
		return s.recordEverywhere(ctx, tx, Record{Event: SessionsEnded, Operator: operator, Summary: "Ended all own sessions.", At: now})
	})
}

// ChangePassword replaces an operator's password hash, ends all sessions but the
// one that is kept, and records it in the operator's workspaces. It returns
// ErrNotFound when the hash is not the one that the operator was read with.
func (s *Store) ChangePassword(ctx context.Context, operator Operator, hash string, keep uuid.UUID, now time.Time) error {
	return s.asOperator(ctx, operator.ID, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, `update operator set password_hash = $3 where id = $1 and password_hash = $2`, operator.ID, operator.PasswordHash, hash)
		if err != nil {
			return err
		}
		if done.RowsAffected() == 0 {
			return ErrNotFound
		}
		if _, err := tx.Exec(ctx, `delete from session where operator_id = $1 and id <> $2`, operator.ID, keep); err != nil {
			return err
		}
		return s.recordEverywhere(ctx, tx, Record{Event: PasswordChanged, Operator: operator.ID, Summary: "Changed the own password. Other sessions ended.", At: now})
	})
}
