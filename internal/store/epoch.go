package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ErrEnded says that the session or the access token that asks was ended: its
// epoch is not the operator's any more. Nothing was changed.
var ErrEnded = errors.New("store: the session or the access token has ended")

// Ended counts what was ended for an operator at once.
type Ended struct {
	Sessions, Tokens, Invitations, Devices int
}

// raiseEpoch ends everything that an operator's password opened until now: all
// sessions, all access tokens, all invitations that the operator sent and the requests for
// new second factors. It also forgets the browsers that the operator signed in with. What is being stored at the
// same time with the previous epoch is never found. The operator's row must be one
// that the transaction can update.
func (s *Store) raiseEpoch(ctx context.Context, tx pgx.Tx, operator uuid.UUID, at time.Time) (epoch int, ended Ended,
	err error) {
	// First, so that what waits for this row sees the raised epoch, and what is
	// deleted below includes all that was stored before.
	if err = tx.QueryRow(ctx, `update operator set epoch = epoch + 1 where id = $1 returning epoch`,
		operator).Scan(&epoch); err != nil {
		return 0, ended, err
	}
	done, err := tx.Exec(ctx, `delete from session where operator_id = $1`, operator)
	if err != nil {
		return 0, ended, err
	}
	ended.Sessions = int(done.RowsAffected())
	if done, err = tx.Exec(ctx, `delete from device where operator_id = $1`, operator); err != nil {
		return 0, ended, err
	}
	ended.Devices = int(done.RowsAffected())
	err = s.eachMembership(ctx, tx, operator, func(entered *Tx, disabled bool) error {
		tokens, err := entered.endTokens(ctx, operator, at)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from draft where `+inWorkspace+` and operator_id = $1`,
			operator); err != nil {
			return err
		}
		if err := entered.dropFactorRequest(ctx, operator); err != nil {
			return err
		}
		done, err := tx.Exec(ctx, `delete from invitation where `+inWorkspace+` and invited_by = $1`, operator)
		ended.Tokens += tokens
		ended.Invitations += int(done.RowsAffected())
		return err
	})
	return epoch, ended, err
}

// endTokens ends all of an operator's tokens in the workspace, each on record: a
// program that stops working is the workspace's concern.
func (t *Tx) endTokens(ctx context.Context, operator uuid.UUID, at time.Time) (int, error) {
	if _, err := t.tx.Exec(ctx, `select set_config('app.member', $1, true)`, operator.String()); err != nil {
		return 0, err
	}
	type token struct {
		ID   uuid.UUID
		Name string
	}
	gone, err := all[token](ctx, t.tx, `delete from api_token where `+inWorkspace+
		` and operator_id = $1 returning id, name`, operator)
	if err != nil {
		return 0, err
	}
	for _, k := range gone {
		err := t.Record(ctx, Record{Event: TokenRevoked, Operator: operator, Subject: k.Name, At: at,
			Summary: "The access token " + k.Name + " ended together with all sessions of its operator."})
		if err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}

// HoldOperator makes sure that an operator is not disabled and still has the
// epoch that was read with the password hash, and keeps it so until the
// transaction ends. It returns ErrEnded otherwise.
func (t *Tx) HoldOperator(ctx context.Context, operator uuid.UUID, epoch int) error {
	batch := &pgx.Batch{}
	t.name(batch, operator)
	batch.Queue(`select 1 from operator where id = $1 and epoch = $2 and disabled_at is null for share`,
		operator, epoch).
		QueryRow(func(row pgx.Row) error { return row.Scan(new(int)) })
	err := meaning(t.tx.SendBatch(ctx, batch).Close())
	if errors.Is(err, ErrNotFound) {
		err = ErrEnded
	}
	return err
}
