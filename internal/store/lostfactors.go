package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// FactorRequestLife is how long a request for new second factors can be approved and used.
const FactorRequestLife = 72 * time.Hour

// FactorRequest is the state of an operator's request for new second factors in one
// workspace.
type FactorRequest struct {
	Workspace  string     // name
	AskedAt    *time.Time // nil: not asked, or too long ago
	ApprovedAt *time.Time // by an owner of the workspace; nil: not yet
}

// AskFactorReset requests new second factors in each workspace that the operator may enter,
// and notifies its owners. A request that has not expired is kept as it is. It returns
// ErrEnded if the operator's epoch was raised since operator was read.
func (s *Store) AskFactorReset(ctx context.Context, operator Operator, from Origin, now time.Time) error {
	return s.asOperator(ctx, operator.ID, func(tx pgx.Tx) error {
		if err := holdEpoch(ctx, tx, operator); err != nil {
			return err
		}
		return s.eachMembership(ctx, tx, operator.ID, func(entered *Tx, disabled bool) error {
			if disabled {
				return nil
			}
			if _, err := tx.Exec(ctx, `delete from factor_request where `+inWorkspace+
				` and operator_id = $1 and asked_at <= $2`, operator.ID, now.Add(-FactorRequestLife)); err != nil {
				return err
			}
			done, err := tx.Exec(ctx, `
				insert into factor_request (workspace_id, operator_id, asked_at) values ($1, $2, $3) on conflict do nothing`,
				entered.scope.workspace, operator.ID, now)
			if err != nil || done.RowsAffected() == 0 {
				return err
			}
			return entered.Notify(ctx, NewNotice{Kind: NoticeFactorsLost, Operator: operator.ID, From: from, At: now})
		})
	})
}

// requestsOf lists the workspaces that an operator may enter, each with the request that has
// not expired, if any. tx must be of asOperator.
func requestsOf(ctx context.Context, tx pgx.Tx, operator uuid.UUID, now time.Time) ([]FactorRequest, error) {
	return all[FactorRequest](ctx, tx, `
		select w.name as workspace, r.asked_at, r.approved_at from membership m join workspace w on w.id = m.workspace_id
		left join factor_request r on r.workspace_id = m.workspace_id and r.operator_id = m.operator_id and r.asked_at > $2
		where m.operator_id = $1 and m.disabled_at is null order by lower(w.name), w.id`, operator,
		now.Add(-FactorRequestLife))
}

// FactorRequests lists the workspaces that an operator may enter, each with the state of the
// operator's request, ordered by name.
func (s *Store) FactorRequests(ctx context.Context, operator uuid.UUID, now time.Time) (found []FactorRequest,
	err error) {
	err = s.asOperator(ctx, operator, func(tx pgx.Tx) error {
		found, err = requestsOf(ctx, tx, operator, now)
		return err
	})
	return found, err
}

// ResetOwnFactors removes all second factors and recovery codes of an operator whose request
// was approved in each workspace, raises the operator's epoch, and notifies owners. It
// returns ErrNotFound if an approval is missing, and ErrEnded if the operator's epoch was
// raised since operator was read.
func (s *Store) ResetOwnFactors(ctx context.Context, operator Operator, from Origin, now time.Time) error {
	return s.asOperator(ctx, operator.ID, func(tx pgx.Tx) error {
		if err := holdEpoch(ctx, tx, operator); err != nil {
			return err
		}
		found, err := requestsOf(ctx, tx, operator.ID, now)
		if err != nil {
			return err
		}
		for _, r := range found {
			if r.ApprovedAt == nil {
				return ErrNotFound
			}
		}
		if len(found) == 0 {
			return ErrNotFound
		}
		if _, err := dropFactors(ctx, tx, operator.ID); err != nil {
			return err
		}
		if _, _, err := s.raiseEpoch(ctx, tx, operator.ID, now); err != nil {
			return err
		}
		if err := keepAccountEvent(ctx, tx, operator.ID, AccountFactorsReset, from, now); err != nil {
			return err
		}
		return s.eachMembership(ctx, tx, operator.ID, func(entered *Tx, disabled bool) error {
			if disabled {
				return nil
			}
			return entered.Notify(ctx, NewNotice{Kind: NoticeFactorReset, Operator: operator.ID, From: from, At: now})
		})
	})
}

// withdrawFactorRequests takes back an operator's requests for new second factors, in a
// transaction of the operator's: who has just used a factor has not lost them all, and an
// approval must not wait for a thief of the password.
func (s *Store) withdrawFactorRequests(ctx context.Context, tx pgx.Tx, operator uuid.UUID) error {
	var waiting bool
	err := tx.QueryRow(ctx, `select exists (select from factor_request where operator_id = $1)`,
		operator).Scan(&waiting)
	if err != nil || !waiting {
		return err
	}
	return s.eachMembership(ctx, tx, operator, func(entered *Tx, _ bool) error {
		return entered.dropFactorRequest(ctx, operator)
	})
}

// dropFactorRequest deletes an operator's request to the workspace. The transaction must be
// one of the operator's.
func (t *Tx) dropFactorRequest(ctx context.Context, operator uuid.UUID) error {
	_, err := t.tx.Exec(ctx, `delete from factor_request where `+inWorkspace+` and operator_id = $1`, operator)
	return err
}

// FactorRequest returns when a member asked for new second factors. It returns ErrNotFound
// if there is no request, or if it has expired or is approved.
func (t *Tx) FactorRequest(ctx context.Context, operator uuid.UUID, now time.Time) (asked time.Time, err error) {
	err = t.tx.QueryRow(ctx, `select asked_at from factor_request where `+inWorkspace+
		` and operator_id = $1 and approved_at is null and asked_at > $2`, operator,
		now.Add(-FactorRequestLife)).Scan(&asked)
	return asked, meaning(err)
}

// ApproveFactorReset approves a member's request in the workspace. It returns ErrNotFound
// if no request waits for approval.
func (t *Tx) ApproveFactorReset(ctx context.Context, operator, by uuid.UUID, now time.Time) error {
	done, err := t.tx.Exec(ctx, `update factor_request set approved_at = $3, approved_by = $2 where `+inWorkspace+
		` and operator_id = $1 and approved_at is null and asked_at > $4`, operator, by, now,
		now.Add(-FactorRequestLife))
	if err == nil && done.RowsAffected() == 0 {
		err = ErrNotFound
	}
	return meaning(err)
}
