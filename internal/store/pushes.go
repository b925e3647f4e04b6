package store

import (
	"context"
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
	Operator   string    // e-mail
	AnsweredAt time.Time
}

// pushed picks the runs r that ask a person through Duo. Runs from before the
// column have the person among their input.
const (
	pushed      = `(r.asked_user <> '' or r.action in ('verify-caller', 'send-duo-authentication'))`
	pushedUser  = `coalesce(nullif(r.asked_user, ''), r.input ->> 'user_id', lower(r.input ->> 'username'), '')`
	longestPush = 3 * time.Minute // from a push to its answer
)

// Frauds lists the reports of fraud that came since a moment in an organization,
// or in the Duo account that it has now, latest first. It looks at the account in
// all of the workspace, whatever the scope: what a person reported counts for
// whoever reaches that person.
func (t *Tx) Frauds(ctx context.Context, organization uuid.UUID, account string, since time.Time) ([]Fraud, error) {
	own := "*"
	if !t.scope.every {
		own = uuidArray(t.scope.organizations)
	}
	var found []Fraud
	batch := &pgx.Batch{}
	batch.Queue(`select set_config('app.organizations', '*', true)`)
	batch.Queue(`
		select r.id, `+pushedUser+` as user_id, r.subject as username, r.operator_id, p.email as operator, r.finished_at as answered_at
		from run r join operator p on p.id = r.operator_id
		where r.`+inWorkspace+` and (r.organization_id = $1 or r.account_id = $2 and $2 <> '')
		and `+pushed+` and r.answer = 'fraud' and r.started_at > $4 and r.finished_at > $3 order by r.finished_at desc, r.id`,
		organization, account, since, since.Add(-longestPush)).
		Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, pgx.RowToStructByName[Fraud])
			return err
		})
	batch.Queue(`select set_config('app.organizations', $1, true)`, own)
	return found, t.tx.SendBatch(ctx, batch).Close()
}

// Deciders lists the e-mail addresses of those who may decide in an organization
// after a report of fraud: administrators and owners who can sign in and reach
// it, but for some operators.
func (t *Tx) Deciders(ctx context.Context, organization uuid.UUID, except []uuid.UUID) ([]string, error) {
	rows, err := t.tx.Query(ctx, `
		select o.email from membership m join operator o on o.id = m.operator_id
		where m.`+inWorkspace+` and m.role in ('admin', 'owner') and m.disabled_at is null and o.disabled_at is null and m.operator_id <> all ($2)
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
	Operator  string // e-mail
	Open      bool   // it waits for the person's answer
	StartedAt time.Time
}

// LockPushes waits until nobody else sends a push to a user of an organization,
// keeps others waiting until the transaction ends, and returns the pushes that
// were sent to the user since a moment, latest first: r, which was started in this
// transaction, aside, and those that Duo refused to send.
func (t *Tx) LockPushes(ctx context.Context, r Run, since time.Time) ([]Push, error) {
	_, err := t.tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('push ' || $1::text || ' ' || $2, 0))`, r.OrganizationID, r.AskedUser)
	if err != nil {
		return nil, err
	}
	return all[Push](ctx, t.tx, `
		select r.id, r.action, p.email as operator, r.state = 'sending' and r.started_at > $4 as open, r.started_at
		from run r join operator p on p.id = r.operator_id
		where `+runInScope+` and r.organization_id = $1 and `+pushed+` and `+pushedUser+` = $2 and r.id <> $3 and r.started_at > $5
		and coalesce(r.input ->> 'factor', '') <> 'passcode' and not (r.state = 'refused' and r.answer = '')
		order by r.started_at desc, r.id`, r.OrganizationID, r.AskedUser, r.ID, r.StartedAt.Add(-longestPush), since)
}
