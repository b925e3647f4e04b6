package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	// NoticeMailFor is how long after its event mailing a notice is tried.
	NoticeMailFor = 24 * time.Hour
	// NoticeMailLease is the shortest time for which a claim keeps other processes from a
	// notice: the pause after the first attempt. Each further pause is twice as long, up
	// to an hour.
	NoticeMailLease = 2 * time.Minute

	inMailTime = ` and mail_to <> '{}' and mail_next <= $1`
)

// NoticeMail is a notice that the caller has claimed for mailing, and its recipients.
type NoticeMail struct {
	Notice
	Workspace string // name
	Try       int    // which attempt it is, from 1 on
	To        []MailTo
}

// MailTo is an owner who has not been mailed a notice yet.
type MailTo struct {
	ID    uuid.UUID
	Email string
}

// WorkspacesWithMail lists the workspaces that have a notice whose next attempt is due.
func (s *Store) WorkspacesWithMail(ctx context.Context, now time.Time) (found []uuid.UUID, err error) {
	places, err := s.Workspaces(ctx)
	if err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	for _, id := range places {
		batch.Queue(`select set_config('app.workspace', $1, true), set_config('app.organizations', '*', true)`,
			id.String())
		batch.Queue(`select exists (select from notice where `+inWorkspace+inMailTime+`)`, now).
			QueryRow(func(row pgx.Row) error {
				var due bool
				err := row.Scan(&due)
				if due {
					found = append(found, id)
				}
				return err
			})
	}
	err = s.transact(ctx, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
	return found, err
}

// GiveUpNoticeMail stops mailing notices that are older than NoticeMailFor, and returns how
// many there were.
func (t *Tx) GiveUpNoticeMail(ctx context.Context, now time.Time) (int, error) {
	done, err := t.tx.Exec(ctx, `update notice set mail_to = '{}' where `+inWorkspace+inMailTime+` and at <= $2`, now,
		now.Add(-NoticeMailFor))
	return int(done.RowsAffected()), err
}

// ClaimNoticeMail returns the notice that has been due for longest and schedules its next
// attempt. Other processes cannot claim it until then, also if the caller dies. It returns
// ErrNotFound if no notice is due or others are claiming it.
func (t *Tx) ClaimNoticeMail(ctx context.Context, now time.Time) (m NoticeMail, err error) {
	var id uuid.UUID
	var to []uuid.UUID
	err = t.tx.QueryRow(ctx, `
		update notice set mail_tries = mail_tries + 1,
		       mail_next = $1::timestamptz + least(interval '1 hour', $2::interval * power(2, least(mail_tries, 10)))
		where `+inWorkspace+` and id = (
			select id from notice where `+inWorkspace+inMailTime+`
			order by mail_next, id limit 1 for update skip locked)
		returning id, mail_tries, mail_to`, now, NoticeMailLease).Scan(&id, &m.Try, &to)
	if err != nil {
		return m, meaning(err)
	}
	if m.Notice, err = one[Notice](ctx, t.tx, noticeQuery+` where n.`+inWorkspace+` and n.id = $1`, id); err != nil {
		return m, err
	}
	w, err := t.Workspace(ctx)
	if err != nil {
		return m, err
	}
	m.Workspace = w.Name
	m.To, err = all[MailTo](ctx, t.tx, `select id, email from operator where id = any ($1) order by id`, to)
	return m, err
}

// NoticeMailed records that a notice was mailed to an owner. It returns ErrNotFound if
// another process has claimed the notice since.
func (t *Tx) NoticeMailed(ctx context.Context, m NoticeMail, to uuid.UUID, now time.Time) error {
	done, err := t.tx.Exec(ctx, `
		update notice set mail_to = array_remove(mail_to, $3),
		       mailed_at = case when array_remove(mail_to, $3) = '{}' then $4::timestamptz else mailed_at end
		where `+inWorkspace+` and id = $1 and mail_tries = $2`, m.ID, m.Try, to, now)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return meaning(err)
}
