package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ProofLife is how long a proof for one act can be used.
const ProofLife = time.Minute

// ProveAct notes that a session was proved by a factor, and keeps a proof for the act of a
// digest, to be used once within ProofLife. Without a digest it notes the session alone.
// It returns ErrEnded when the session has ended.
func (s *Store) ProveAct(ctx context.Context, session Session, proof Proof, digest []byte, now time.Time) (id uuid.UUID,
	err error) {
	err = s.asOperator(ctx, session.Operator.ID, func(tx pgx.Tx) error {
		if err := holdEpoch(ctx, tx, session.Operator); err != nil {
			return err
		}
		done, err := tx.Exec(ctx, `update session set factor_id = $3, factor_kind = $4, factor_at = $5
			where id = $1 and operator_id = $2`, session.ID, session.Operator.ID, orNull(proof.Factor), proof.Kind,
			proof.At)
		if err == nil && done.RowsAffected() == 0 {
			err = ErrEnded
		}
		if err != nil || digest == nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from proof where made_at <= least($1, now()) - $2::interval`, now,
			ProofLife); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `insert into proof (session_id, digest, made_at) values ($1, $2, $3) returning id`,
			session.ID, digest, now).Scan(&id)
	})
	return id, err
}

// UseProof takes a proof for one act, in the transaction of the act: of many at the same
// time one takes it. ErrNotFound says that there is none, that it was used or is too old, or
// that it was given in another session or for another act.
func (t *Tx) UseProof(ctx context.Context, id, session uuid.UUID, digest []byte, now time.Time) error {
	done, err := t.tx.Exec(ctx, `delete from proof where id = $1 and session_id = $2 and digest = $3 and made_at > $4`,
		id, session, digest, now.Add(-ProofLife))
	if err == nil && done.RowsAffected() == 0 {
		err = ErrNotFound
	}
	return err
}
