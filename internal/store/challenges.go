package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Challenge is a question to a browser or a person, and what is needed to check the answer.
type Challenge struct {
	Purpose string // the answer must be to a challenge of the same purpose
	Bound   []byte // SHA-256 of the token of the session or sign-in that asked; nil: a stranger
	Data    []byte
	EndsAt  time.Time
	Most    int // of this purpose for Bound, of which the oldest give way; 0: any number
}

// ErrExpired says that the answer to a challenge came after its EndsAt.
var ErrExpired = errors.New("store: the challenge has expired")

// keptExpired is how long an expired challenge stays, so that a late answer gets ErrExpired
// instead of ErrNotFound.
const keptExpired = time.Hour

// KeepChallenge stores a challenge under the SHA-256 of its token, and deletes challenges
// that expired more than an hour ago.
func (s *Store) KeepChallenge(ctx context.Context, tokenHash []byte, c Challenge, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`delete from challenge where ends_at <= least($1, now() - $2::interval)`, now.Add(-keptExpired),
		keptExpired)
	if c.Most > 0 {
		batch.Queue(`delete from challenge where token_hash in (select token_hash from challenge
			where bound = $1 and purpose = $2 order by ends_at desc, token_hash offset $3)`, c.Bound, c.Purpose, c.Most-1)
	}
	batch.Queue(`insert into challenge (token_hash, purpose, bound, data, ends_at) values ($1, $2, $3, $4, $5)`,
		tokenHash, c.Purpose, c.Bound, c.Data, c.EndsAt)
	return meaning(s.pool.SendBatch(ctx, batch))
}

// ownChallenge finds a challenge; $1 token hash, $2 purpose, $3 bound.
const ownChallenge = ` from challenge where token_hash = $1 and purpose = $2 and bound is not distinct from $3`

// TakeChallenge returns the data of a challenge and deletes it. It returns ErrExpired if the
// challenge has expired, and ErrNotFound if it was taken before, has another purpose, or
// belongs to another session or sign-in.
func (s *Store) TakeChallenge(ctx context.Context, tokenHash []byte, purpose string, bound []byte,
	now time.Time) ([]byte, error) {
	return inTime(s.pool.QueryRow(ctx, `delete`+ownChallenge+` returning data, ends_at`, tokenHash, purpose,
		bound), now)
}

// inTime scans data and end of a challenge, and returns ErrExpired after the end.
func inTime(row pgx.Row, now time.Time) (data []byte, err error) {
	var endsAt time.Time
	switch err = row.Scan(&data, &endsAt); {
	case err != nil:
		return nil, meaning(err)
	case !endsAt.After(now):
		return nil, ErrExpired
	}
	return data, nil
}

// FindChallenge is TakeChallenge for an answer that can be corrected: it deletes nothing.
func (s *Store) FindChallenge(ctx context.Context, tokenHash []byte, purpose string, bound []byte,
	now time.Time) ([]byte, error) {
	return inTime(s.pool.QueryRow(ctx, `select data, ends_at`+ownChallenge, tokenHash, purpose, bound), now)
}
