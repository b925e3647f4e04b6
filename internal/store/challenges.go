package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Challenge is what an answer is awaited to.
type Challenge struct {
	Purpose string // the answer must be to a challenge of the same purpose
	Bound   []byte // SHA-256 of the token of the session or sign-in that asked; nil: a stranger
	Data    []byte
	EndsAt  time.Time
}

// KeepChallenge keeps a challenge under the SHA-256 of its token, and clears away those
// that have ended.
func (s *Store) KeepChallenge(ctx context.Context, tokenHash []byte, c Challenge, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`delete from challenge where ends_at <= least($1, now())`, now)
	batch.Queue(`insert into challenge (token_hash, purpose, bound, data, ends_at) values ($1, $2, $3, $4, $5)`,
		tokenHash, c.Purpose, c.Bound, c.Data, c.EndsAt)
	return meaning(s.pool.SendBatch(ctx, batch))
}

// ownChallenge finds a challenge; $1 token hash, $2 purpose, $3 bound, $4 now.
const ownChallenge = ` from challenge where token_hash = $1 and purpose = $2 and bound is not distinct from $3 and ends_at > $4`

// TakeChallenge returns what a challenge holds, once. ErrNotFound says that there is no
// such challenge any more, that it is of another purpose, or another's.
func (s *Store) TakeChallenge(ctx context.Context, tokenHash []byte, purpose string, bound []byte,
	now time.Time) (data []byte, err error) {
	err = s.pool.QueryRow(ctx, `delete`+ownChallenge+` returning data`, tokenHash, purpose, bound, now).Scan(&data)
	return data, meaning(err)
}

// FindChallenge is TakeChallenge for an answer that may be tried again: the challenge stays.
func (s *Store) FindChallenge(ctx context.Context, tokenHash []byte, purpose string, bound []byte,
	now time.Time) (data []byte, err error) {
	err = s.pool.QueryRow(ctx, `select data`+ownChallenge, tokenHash, purpose, bound, now).Scan(&data)
	return data, meaning(err)
}
