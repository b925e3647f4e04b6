package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Hold returns the role that an operator has now and keeps it from
// being changed until the transaction ends: a change of the membership that was
// committed first wins even over a request in flight. So does the operator's epoch,
// which must be the one that the session or the token was found with, and the workspace's rule
// of single sign-on, which must be the one by which the visitor was let in: ErrEnded. It
// returns ErrNotFound unless the membership is enabled and still reaches all of the
// Tx's scope.
func (t *Tx) Hold(ctx context.Context, operator uuid.UUID, epoch int) (role string, err error) {
	g, err := t.HoldGrant(ctx, operator, epoch)
	if err == nil && !g.EveryOrganization && (t.scope.every || len(g.Organizations) < len(t.scope.organizations)) {
		err = ErrNotFound
	}
	if err != nil {
		return "", err
	}
	return g.Role, nil
}

// HoldGrant is Hold for what concerns the membership itself: it returns all that
// it gives, wherever that lies. The Tx's scope must be the whole workspace; of a
// narrower one it returns what the membership gives within.
func (t *Tx) HoldGrant(ctx context.Context, operator uuid.UUID, epoch int) (g Grant, err error) {
	var now int
	batch := &pgx.Batch{}
	t.name(batch, operator)
	batch.Queue(`
		select m.role, m.every_organization, o.epoch from membership m join operator o on o.id = m.operator_id
		where m.`+inWorkspace+
		` and m.operator_id = $1 and m.disabled_at is null and o.disabled_at is null for share of m, o`, operator).
		QueryRow(func(row pgx.Row) error { return row.Scan(&g.Role, &g.EveryOrganization, &now) })
	// A statement of its own: the one that waited for the lock reads other tables
	// as they were before it waited.
	batch.Queue(`select coalesce(array_agg(organization_id), '{}') from membership_organization where `+inScope+
		` and operator_id = $1`, operator).
		QueryRow(func(row pgx.Row) error { return row.Scan(&g.Organizations) })
	var provider, breakGlass *uuid.UUID
	batch.Queue(`select sign_on_provider, sign_on_break_glass from workspace where id = (select app.workspace())`).
		QueryRow(func(row pgx.Row) error { return row.Scan(&provider, &breakGlass) })
	err = meaning(t.tx.SendBatch(ctx, batch).Close())
	if admitted := t.scope.admitted; err == nil && (now != epoch || admitted != nil &&
		*admitted != ruleOf(provider, breakGlass)) {
		err = ErrEnded
	}
	return g, err
}

// LockMembers waits until nobody else changes memberships of the workspace, and
// keeps others waiting until the transaction ends. Take it before Hold where
// memberships are changed: two owners who change each other would wait for one
// another.
func (t *Tx) LockMembers(ctx context.Context) error {
	_, err := t.tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('members ' || app.workspace()::text, 0))`)
	return err
}

// SeenEvery bounds how often a membership's row is written while its operator is
// at work in the workspace.
const SeenEvery = 5 * time.Minute

// Saw notes that an operator was at work in the workspace.
func (t *Tx) Saw(ctx context.Context, operator uuid.UUID, now time.Time) error {
	batch := &pgx.Batch{}
	t.name(batch, operator)
	batch.Queue(`update membership set seen_at = $2 where `+inWorkspace+` and operator_id = $1`, operator, now)
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}
