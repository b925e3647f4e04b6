package store

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Fraud is a push that the person who was asked reported as fraud.
type Fraud struct {
	ID         uuid.UUID // of the run
	UserID     string    // Duo's id of the person, or a username in small letters; see Run.AskedUser
	Username   string    // as it was known when the push was sent; may be empty
	OperatorID uuid.UUID // who sent the push
	Operator   string    // email
	AnsweredAt time.Time
}

// pushed picks the runs r that ask a person through Duo. No binary that may serve
// this schema leaves the column empty: see oldest_binary.
const (
	pushed      = `r.asked_user <> ''`
	longestPush = 3 * time.Minute // from a push to its answer
)

// sameAccount picks the runs r of an organization, $1, or of the Duo account with a
// host, $2: each account has a host of its own, by whatever keys it is reached.
const sameAccount = `(r.organization_id = $1 or lower(r.api_host) = lower($2) and $2 <> '')`

// everywhere sends statements that look at all of the workspace, whatever the
// scope: what a person was asked counts for every operator who reaches that person.
func (t *Tx) everywhere(ctx context.Context, batch *pgx.Batch) error {
	own := "*"
	if !t.scope.every {
		own = uuidArray(t.scope.organizations)
	}
	whole := &pgx.Batch{}
	whole.Queue(`select set_config('app.organizations', '*', true)`)
	whole.QueuedQueries = append(whole.QueuedQueries, batch.QueuedQueries...)
	whole.Queue(`select set_config('app.organizations', $1, true)`, own)
	return t.tx.SendBatch(ctx, whole).Close()
}

// Frauds lists the reports of fraud that came since a moment in an organization,
// or in the Duo account that it has now, latest first, whatever the scope.
func (t *Tx) Frauds(ctx context.Context, o Organization, since time.Time) ([]Fraud, error) {
	var found []Fraud
	batch := &pgx.Batch{}
	batch.Queue(`
		select r.id, r.asked_user as user_id, r.subject as username, r.operator_id, p.email as operator, r.finished_at as answered_at
		from run r join operator p on p.id = r.operator_id
		where r.`+inWorkspace+` and (`+sameAccount+` or r.account_id = $3 and $3 <> '')
		and `+pushed+
		` and r.answer = 'fraud' and r.started_at > $5 and r.finished_at > $4 order by r.finished_at desc, r.id`,
		o.ID, o.APIHostname, o.AccountID, since, since.Add(-longestPush)).
		Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, pgx.RowToStructByName[Fraud])
			return err
		})
	return found, t.everywhere(ctx, batch)
}

// FraudReports lists the scope's runs whose push a person reported as fraud since a moment, latest first, and counts
// them.
func (t *Tx) FraudReports(ctx context.Context, since time.Time, limit int) (found []Run, total int, err error) {
	const reported = pushed + ` and r.answer = 'fraud' and r.started_at > $2 and r.finished_at > $1`
	if err = t.tx.QueryRow(ctx, `select count(*) from run r where `+runInScope+` and `+reported, since,
		since.Add(-longestPush)).Scan(&total); err != nil || total == 0 {
		return nil, total, err
	}
	found, err = all[Run](ctx, t.tx, runQuery+` where `+runInScope+` and `+reported+
		` order by r.finished_at desc, r.id limit $3`, since, since.Add(-longestPush), limit)
	return found, total, err
}

// Deciders lists the email addresses of those who may decide in an organization
// after a report of fraud: administrators and owners who can sign in and reach
// it, but for some operators.
func (t *Tx) Deciders(ctx context.Context, organization uuid.UUID, except []uuid.UUID) ([]string, error) {
	rows, err := t.tx.Query(ctx, `
		select o.email from membership m join operator o on o.id = m.operator_id
		where m.`+inWorkspace+
		` and m.role in ('admin', 'owner') and m.disabled_at is null and o.disabled_at is null and m.operator_id <> all ($2)
		and (m.every_organization or exists (select from membership_organization g
		     where g.workspace_id = m.workspace_id and g.operator_id = m.operator_id and g.organization_id = $1))
		order by o.email`, organization, except)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Push is one that was sent to a person.
type Push struct {
	ID        uuid.UUID // of the run
	Action    string
	Operator  string // email
	Open      bool   // it waits for the person's answer
	StartedAt time.Time
}

// LockPushes waits until nobody else sends a push to a user of a Duo account,
// keeps others waiting until the transaction ends, and returns the pushes that
// were sent to the user since a moment, latest first: r, which was started in this
// transaction, aside, and those that Duo refused to send. By whatever organization
// they were sent, they count.
func (t *Tx) LockPushes(ctx context.Context, r Run, since time.Time) (found []Push, err error) {
	account := strings.ToLower(cmp.Or(r.APIHost, r.OrganizationID.String()))
	_, err = t.tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('push ' || $1::text || ' ' || $2, 0))`,
		account, r.AskedUser)
	if err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		select r.id, r.action, p.email as operator, r.state = 'sending' and r.started_at > $5 as open, r.started_at
		from run r join operator p on p.id = r.operator_id
		where r.`+inWorkspace+` and `+sameAccount+` and `+pushed+
		` and r.asked_user = $3 and r.id <> $4 and r.started_at > $6
		and coalesce(r.input ->> 'factor', '') <> 'passcode' and r.action <> '`+lateResult+
		`' and not (r.state = 'refused' and r.answer = '')
		order by r.started_at desc, r.id`, r.OrganizationID, r.APIHost, r.AskedUser, r.ID,
		r.StartedAt.Add(-longestPush), since).
		Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, pgx.RowToStructByName[Push])
			return err
		})
	return found, t.everywhere(ctx, batch)
}
