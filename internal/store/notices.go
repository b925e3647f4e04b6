package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Notice informs the owners of a workspace about an operator's account.
type Notice struct {
	ID             uuid.UUID
	Kind           string // one of the constants below
	At             time.Time
	OperatorID     uuid.UUID // the operator that it is about
	Email          string    // of that operator
	Member         bool      // the operator is a member of the workspace now
	By             string    // email of the operator who did it; empty: the operator it is about, or the host
	Address, Agent string    // of the browser; empty for what was done on the host
	AcknowledgedAt *time.Time
	AcknowledgedBy string // email
	MailedAt       *time.Time
}

// The kinds of notices.
const (
	NoticePasswordReset = "password-reset" // on the host
	NoticeFactorReset   = "factor-reset"
	NoticeBreakGlass    = "break-glass"
	NoticeNewDevice     = "new-device" // a sign-in
	NoticeOwnerGiven    = "owner-given"
	NoticeRecoveryCode  = "recovery-code"
	NoticeFactorsLost   = "factors-lost" // the operator says so, and asks for approval
	NoticeWrongCodes    = "wrong-codes"  // of a second factor, after a right password
)

// NewNotice is a notice to be written. By is uuid.Nil if Operator or the host did it. The
// zero From means the host.
type NewNotice struct {
	Kind         string
	Operator, By uuid.UUID
	From         Origin
	At           time.Time
}

const (
	// NoticeLife is how long an acknowledged notice is listed.
	NoticeLife = 90 * 24 * time.Hour
	// noticesAnHour is how many notices of a kind about one operator are written in an
	// hour, so that nobody can bury one of another kind among many.
	noticesAnHour = 20
)

// Notify writes a notice for the owners of the workspace, in the transaction of its event.
// The scope must be the whole workspace. It writes nothing if there are twenty of this kind
// about the operator from the last hour.
func (t *Tx) Notify(ctx context.Context, n NewNotice) error {
	_, err := t.tx.Exec(ctx, `
		insert into notice (workspace_id, kind, at, operator_id, by_operator, address, agent, mail_to, mail_next)
		select $1, $2, $3::timestamptz, $4, $5, $6, $7, coalesce((
			select array_agg(m.operator_id order by m.operator_id) from membership m join operator o on o.id = m.operator_id
			where m.`+inWorkspace+` and m.role = 'owner' and m.disabled_at is null and o.disabled_at is null), '{}'), $3
		where (select count(*) from notice
		       where `+inWorkspace+
		` and operator_id = $4 and kind = $2 and at > $3::timestamptz - interval '1 hour') < $8`,
		t.scope.workspace, n.Kind, n.At, n.Operator, orNull(n.By), n.From.address(), n.From.agent(), noticesAnHour)
	return meaning(err)
}

// notifyEverywhere calls Notify in every workspace that the operator may enter. tx is of
// asOperator or of the host, and is left in the scope of the last workspace.
func (s *Store) notifyEverywhere(ctx context.Context, tx pgx.Tx, n NewNotice) error {
	return s.eachMembership(ctx, tx, n.Operator, func(entered *Tx, disabled bool) error {
		if disabled {
			return nil
		}
		return entered.Notify(ctx, n)
	})
}

// notifyNewDevice writes a notice if the operator has not used this browser before, except
// for the operator's first sign-in.
func (s *Store) notifyNewDevice(ctx context.Context, tx pgx.Tx, operator uuid.UUID, from Origin, now time.Time) error {
	var known, before bool
	err := tx.QueryRow(ctx, `
		select exists (select from device where operator_id = $1 and token_hash = $2 and ends_at > $3),
		       exists (select from account_event where operator_id = $1 and kind = 'signed-in')
		       or exists (select from device where operator_id = $1)
		       or exists (select from membership where operator_id = $1 and seen_at is not null)`,
		operator, from.Device, now).Scan(&known, &before)
	if err != nil || known || !before {
		return err
	}
	return s.notifyEverywhere(ctx, tx, NewNotice{Kind: NoticeNewDevice, Operator: operator, From: from, At: now})
}

const noticeQuery = `
	select n.id, n.kind, n.at, n.operator_id, o.email, m.operator_id is not null as member, coalesce(b.email, '') as by,
	       n.address, n.agent, n.acknowledged_at, coalesce(a.email, '') as acknowledged_by, n.mailed_at
	from notice n join operator o on o.id = n.operator_id
	left join operator b on b.id = n.by_operator left join operator a on a.id = n.acknowledged_by
	left join membership m on m.workspace_id = n.workspace_id and m.operator_id = n.operator_id`

// OpenNotices lists up to limit notices that are not acknowledged, latest first, and counts
// all of them.
func (t *Tx) OpenNotices(ctx context.Context, limit int) (found []Notice, total int, err error) {
	if err = t.tx.QueryRow(ctx, `select count(*) from notice where `+inWorkspace+
		` and acknowledged_at is null`).Scan(&total); err != nil || total == 0 {
		return nil, 0, err
	}
	found, err = all[Notice](ctx, t.tx, noticeQuery+` where n.`+inWorkspace+
		` and n.acknowledged_at is null order by n.at desc, n.id limit $1`,
		limit)
	return found, total, err
}

// PastNotices lists up to limit notices that were acknowledged within NoticeLife, latest
// acknowledgement first.
func (t *Tx) PastNotices(ctx context.Context, now time.Time, limit int) ([]Notice, error) {
	return all[Notice](ctx, t.tx, noticeQuery+` where n.`+inWorkspace+
		` and n.acknowledged_at > $1 order by n.acknowledged_at desc, n.at desc, n.id
		limit $2`, now.Add(-NoticeLife), limit)
}

// AcknowledgeNotices marks notices as acknowledged by an owner, and returns those that were
// not acknowledged before. It deletes notices that are older than NoticeLife.
func (t *Tx) AcknowledgeNotices(ctx context.Context, ids []uuid.UUID, by uuid.UUID, now time.Time) ([]Notice, error) {
	rows, err := t.tx.Query(ctx, `update notice set acknowledged_at = $2, acknowledged_by = $3 where `+inWorkspace+
		` and id = any ($1) and acknowledged_at is null returning id`, ids, now, by)
	if err != nil {
		return nil, err
	}
	done, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil || len(done) == 0 {
		return nil, meaning(err)
	}
	if _, err := t.tx.Exec(ctx, `delete from notice where `+inWorkspace+` and acknowledged_at < $1`,
		now.Add(-NoticeLife)); err != nil {
		return nil, err
	}
	return all[Notice](ctx, t.tx, noticeQuery+` where n.`+inWorkspace+
		` and n.id = any ($1) order by n.at desc, n.id`, done)
}
