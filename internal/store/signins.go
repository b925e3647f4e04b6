package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// SignInLife is how long after the password a second factor can be given.
	SignInLife = 10 * time.Minute
	// mostTries is how many answers a sign-in takes before the password is asked for again.
	mostTries = 5
	// mostSignIns is how many sign-ins of an operator can wait at once: so many that nobody who
	// has the password pushes the operator's own out while the code is typed.
	mostSignIns = 500

	// LongestNext and LongestHeld are how many bytes a sign-in keeps of an address and of a
	// sealed form.
	LongestNext = 4000
	LongestHeld = 200_000
)

// SignIn is a sign-in whose second factor is awaited.
type SignIn struct {
	TokenHash []byte // SHA-256 of its cookie's token
	Operator  Operator
	Next      string // where the browser goes when it is complete
	Held      string // a form that waits for the operator, sealed; empty: none
}

// BeginSignIn stores a sign-in whose password was right, for SignInLife. Of more than
// mostSignIns that wait, it deletes the oldest. It returns ErrEnded if the operator's epoch was raised
// since the password was checked, or if the operator was disabled.
func (s *Store) BeginSignIn(ctx context.Context, in SignIn, now time.Time) error {
	return s.asOperator(ctx, in.Operator.ID, func(tx pgx.Tx) error {
		if err := holdEpoch(ctx, tx, in.Operator); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		// Also by the database's clock, so that a server whose clock is fast does not end
		// other servers' sign-ins.
		batch.Queue(`delete from sign_in where ends_at <= least($1, now())`, now)
		batch.Queue(`
			insert into sign_in (token_hash, operator_id, epoch, next, held, ends_at) values ($1, $2, $3, $4, $5, $6)`,
			in.TokenHash, in.Operator.ID, in.Operator.Epoch, in.Next, in.Held, now.Add(SignInLife))
		batch.Queue(`
			delete from sign_in where operator_id = $1 and token_hash in (
				select token_hash from sign_in where operator_id = $1 order by ends_at desc, token_hash offset $2)`,
			in.Operator.ID, mostSignIns)
		return tx.SendBatch(ctx, batch).Close()
	})
}

// FindSignIn returns the sign-in of a token. It returns ErrNotFound if there is none, if it
// has expired, or if its operator's epoch was raised or the operator disabled since.
func (s *Store) FindSignIn(ctx context.Context, tokenHash []byte, now time.Time) (SignIn, error) {
	in := SignIn{TokenHash: tokenHash}
	op := &in.Operator
	err := s.pool.QueryRow(ctx, `
		select o.id, o.email, o.grace_from, o.epoch, s.next, s.held from sign_in s join operator o on o.id = s.operator_id
		where s.token_hash = $1 and s.ends_at > $2 and s.epoch = o.epoch and o.disabled_at is null`, tokenHash, now).
		Scan(&op.ID, &op.Email, &op.GraceFrom, &op.Epoch, &in.Next, &in.Held)
	return in, meaning(err)
}

// TrySignIn counts an answer before it is checked, so that concurrent answers cannot exceed
// the limit of five. It returns ErrNotFound if the limit is reached or the sign-in has
// expired: the operator has to give the password again.
func (s *Store) TrySignIn(ctx context.Context, tokenHash []byte, now time.Time) error {
	done, err := s.pool.Exec(ctx,
		`update sign_in set tries = tries + 1 where token_hash = $1 and tries < $2 and ends_at > $3`, tokenHash,
		mostTries, now)
	if err == nil && done.RowsAffected() == 0 {
		err = ErrNotFound
	}
	return err
}
