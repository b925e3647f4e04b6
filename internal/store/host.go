package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// onHost runs fn for an operator as the owner role, from the command line only.
// It returns ErrNotFound when there is no operator with that e-mail.
func onHost(ctx context.Context, ownerURL, email string, fn func(tx pgx.Tx, operator uuid.UUID) error) error {
	conn, err := connect(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return meaning(pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var operator uuid.UUID
		if err := tx.QueryRow(ctx, `select id from operator where email = $1 for update`, email).Scan(&operator); err != nil {
			return err
		}
		return fn(tx, operator)
	}))
}

// recordOnHost writes down, in every workspace of an operator, what was done to
// the operator on the host. Who did it is not known there: the record names the
// operator, and says where.
func recordOnHost(ctx context.Context, tx pgx.Tx, event Event, operator uuid.UUID, email, summary string, at time.Time) error {
	return new(Store).recordEverywhere(ctx, tx, Record{Event: event, Operator: operator, Subject: email, Summary: summary, At: at})
}

// shutOut ends all sessions and access tokens of an operator.
func shutOut(ctx context.Context, tx pgx.Tx, operator uuid.UUID) error {
	if _, err := tx.Exec(ctx, `delete from session where operator_id = $1`, operator); err != nil {
		return err
	}
	return new(Store).endTokens(ctx, tx, operator)
}

// ResetPassword replaces the password of an operator, ends all sessions and
// access tokens and puts that on record.
func ResetPassword(ctx context.Context, ownerURL, email, hash string, at time.Time) error {
	return onHost(ctx, ownerURL, email, func(tx pgx.Tx, operator uuid.UUID) error {
		if _, err := tx.Exec(ctx, `update operator set password_hash = $2 where id = $1`, operator, hash); err != nil {
			return err
		}
		if err := shutOut(ctx, tx, operator); err != nil {
			return err
		}
		return recordOnHost(ctx, tx, PasswordReset, operator, email, "A new password was set on the host. All sessions and access tokens ended.", at)
	})
}

// DisableOperator keeps an operator out of every workspace and ends all sessions
// and access tokens, on record. It returns the addresses of workspaces that are
// left without an owner who can sign in: on the host that is allowed, to stop
// somebody at once.
func DisableOperator(ctx context.Context, ownerURL, email string, at time.Time) (ownerless []string, err error) {
	err = onHost(ctx, ownerURL, email, func(tx pgx.Tx, operator uuid.UUID) error {
		if _, err := tx.Exec(ctx, `update operator set disabled_at = coalesce(disabled_at, $2) where id = $1`, operator, at); err != nil {
			return err
		}
		if err := shutOut(ctx, tx, operator); err != nil {
			return err
		}
		if err := recordOnHost(ctx, tx, OperatorDisabled, operator, email, "Disabled on the host, in every workspace. All sessions and access tokens ended.", at); err != nil {
			return err
		}
		ownerless, err = withoutOwner(ctx, tx, operator)
		return err
	})
	return ownerless, err
}

// EnableOperator lets a disabled operator sign in again, on record.
func EnableOperator(ctx context.Context, ownerURL, email string, at time.Time) error {
	return onHost(ctx, ownerURL, email, func(tx pgx.Tx, operator uuid.UUID) error {
		if _, err := tx.Exec(ctx, `update operator set disabled_at = null where id = $1`, operator); err != nil {
			return err
		}
		return recordOnHost(ctx, tx, OperatorEnabled, operator, email, "Enabled again on the host.", at)
	})
}

// withoutOwner lists the workspaces that an operator owns and no owner can enter.
func withoutOwner(ctx context.Context, tx pgx.Tx, operator uuid.UUID) ([]string, error) {
	if _, err := tx.Exec(ctx, `select set_config('app.operator', $1, true)`, operator.String()); err != nil {
		return nil, err
	}
	owned, err := all[Workspace](ctx, tx, `
		select w.id, w.slug, w.name from membership m join workspace w on w.id = m.workspace_id
		where m.operator_id = $1 and m.role = 'owner' order by w.slug`, operator)
	if err != nil {
		return nil, err
	}
	var slugs []string
	for _, w := range owned {
		if _, err := new(Store).enter(ctx, tx, WholeWorkspace(w.ID)); err != nil {
			return nil, err
		}
		var owners int
		if err := tx.QueryRow(ctx, `
			select count(*) from membership m join operator o on o.id = m.operator_id
			where m.workspace_id = $1 and m.role = 'owner' and m.disabled_at is null and o.disabled_at is null`, w.ID).Scan(&owners); err != nil {
			return nil, err
		}
		if owners == 0 {
			slugs = append(slugs, w.Slug)
		}
	}
	return slugs, nil
}
