package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// SetRecoveryCodes replaces all recovery codes of an operator. hashes are the SHA-256 of the
// new ones. session is the one that asks for them; uuid.Nil: none. It returns ErrEnded if the
// operator's epoch was raised since operator was read or the session has ended.
func (s *Store) SetRecoveryCodes(ctx context.Context, operator Operator, session uuid.UUID, hashes [][]byte,
	from Origin, now time.Time) error {
	return s.changeFactors(ctx, operator, session, AccountRecoveryCodesMade, from, now, func(tx *Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`delete from recovery_code where operator_id = $1`, operator.ID)
		batch.Queue(`insert into recovery_code (operator_id, code_hash, made_at) select $1, unnest($2::bytea[]), $3`,
			operator.ID, hashes, now)
		return tx.tx.SendBatch(ctx, batch).Close()
	})
}

// RecoveryCodesLeft counts the recovery codes that an operator has not used.
func (s *Store) RecoveryCodesLeft(ctx context.Context, operator uuid.UUID) (left int, err error) {
	err = s.asOperator(ctx, operator, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select count(*) from recovery_code where operator_id = $1 and used_at is null`,
			operator).Scan(&left)
	})
	return left, err
}

// UseRecoveryCode marks a recovery code as used and notifies owners. It returns ErrNotFound
// if the operator has no such code, or has used it before.
func (s *Store) UseRecoveryCode(ctx context.Context, operator uuid.UUID, hash []byte, from Origin,
	now time.Time) error {
	return s.asOperator(ctx, operator, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, `
			update recovery_code set used_at = $3 where operator_id = $1 and code_hash = $2 and used_at is null`,
			operator, hash, now)
		if err == nil && done.RowsAffected() == 0 {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := keepAccountEvent(ctx, tx, operator, AccountRecoveryCodeUsed, from, now); err != nil {
			return err
		}
		return s.notifyEverywhere(ctx, tx, NewNotice{Kind: NoticeRecoveryCode, Operator: operator, From: from, At: now})
	})
}
