package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ProofLife is how long a proof for one act can be used.
const ProofLife = time.Minute

// Renewal gives a session another token: the one of before is worth nothing from then on.
// The zero Renewal leaves the token as it is.
type Renewal struct{ Before, Token []byte } // SHA-256 of both

// ProveAct notes that a session was proved by a factor, and keeps a proof for the act of a
// digest, to be used once within ProofLife. Without a digest it notes the session alone. Of
// renewals at the same time, one renews. It returns ErrEnded when the session has ended.
func (s *Store) ProveAct(ctx context.Context, session Session, proof Proof, digest []byte, renewal Renewal,
	now time.Time) (id uuid.UUID, renewed bool, err error) {
	err = s.asOperator(ctx, session.Operator.ID, func(tx pgx.Tx) error {
		if err := holdEpoch(ctx, tx, session.Operator); err != nil {
			return err
		}
		if err := noteProof(ctx, tx, session, proof); err != nil {
			return err
		}
		done, err := tx.Exec(ctx, `update session set token_hash = $3 where id = $1 and token_hash = $2`, session.ID,
			renewal.Before, renewal.Token)
		if renewed = done.RowsAffected() > 0; err != nil || digest == nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from proof where made_at <= least($1, now()) - $2::interval`, now,
			ProofLife); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `insert into proof (session_id, digest, made_at) values ($1, $2, $3) returning id`,
			session.ID, digest, now).Scan(&id)
	})
	return id, renewed, err
}

// noteProof notes on a session that it was proved. What a provider proved is noted as the
// provider's, if the session came through it; see SignOn.
func noteProof(ctx context.Context, tx pgx.Tx, session Session, proof Proof) error {
	statement, args := `update session set factor_id = $3, factor_kind = $4, factor_at = $5
		where id = $1 and operator_id = $2`, []any{orNull(proof.Factor), proof.Kind, proof.At}
	if proof.Kind == SignOn {
		statement, args = `
			update session set sign_on = case when sign_on ? $3
				then jsonb_set(sign_on, array[$3], to_jsonb($4::bigint)) else sign_on end
			where id = $1 and operator_id = $2`, []any{proof.Provider.String(), proof.At.Unix()}
	}
	done, err := tx.Exec(ctx, statement, append([]any{session.ID, session.Operator.ID}, args...)...)
	if err == nil && done.RowsAffected() == 0 {
		err = ErrEnded
	}
	return err
}

// UseProof takes a proof for one act, in the transaction of the act: of many at the same
// time one takes it. ErrNotFound says that there is none, that it was used or is too old, or
// that it was given in another session or for another act; ErrEnded that the session has
// ended.
func (t *Tx) UseProof(ctx context.Context, id, session uuid.UUID, digest []byte, now time.Time) error {
	return useProof(ctx, t.tx, id, session, digest, now)
}

// UseProof is that of Tx for an act that has no transaction of its own: it is used up by then.
func (s *Store) UseProof(ctx context.Context, id, session uuid.UUID, digest []byte, now time.Time) error {
	return useProof(ctx, s.pool, id, session, digest, now)
}

func useProof(ctx context.Context, on interface {
	Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
	QueryRow(context.Context, string, ...any) pgx.Row
}, id, session uuid.UUID, digest []byte, now time.Time) error {
	var lives bool
	if err := on.QueryRow(ctx, `select exists (select from session where id = $1)`, session).Scan(&lives); err != nil {
		return err
	}
	if !lives {
		return ErrEnded
	}
	done, err := on.Exec(ctx, `delete from proof where id = $1 and session_id = $2 and digest = $3 and made_at > $4`,
		id, session, digest, now.Add(-ProofLife))
	if err == nil && done.RowsAffected() == 0 {
		err = ErrNotFound
	}
	return err
}
