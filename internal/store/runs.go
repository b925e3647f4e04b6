package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The states of a run.
const (
	Sending = "sending" // Duo is being asked, or the asking was cut off a moment ago
	Applied = "applied" // Duo did it
	Refused = "refused" // Duo did not do it
	Unknown = "unknown" // Duo may have done it, and nobody knows
)

// sendingAtMost is how long a run may stay open: longer than any request to Duo
// lives, and than a person has to answer a push. One that is older was cut off by
// a crash: nobody can say from here whether Duo acted, so it reads as Unknown, and
// nothing is repeated.
const sendingAtMost = 3 * time.Minute

// Run is one carrying-out of an action: the audit record.
type Run struct {
	ID             uuid.UUID
	OrganizationID *uuid.UUID
	Organization   *string // its name
	OrgSlug        *string
	OrgColour      *int
	AccountID      string // of Duo, that was acted on
	OperatorID     uuid.UUID
	Operator       string     // e-mail
	Token          string     // name of the access token that it came by; empty: by a page
	TokenID        *uuid.UUID // of that token; nil also for runs from before ids were kept
	Action         string     // slug of the catalogue
	Subject        string     // whom or what it was done to, as a person knows it
	Input          map[string]string
	Before         map[string]string // what the object was in Duo just before; see catalog.Action.Before
	InputMAC       []byte
	Ticket         string
	State          string
	Summary        string
	Answer         string // of a person who was asked through Duo: see catalog.Answer; empty: nobody was, or nobody answered yet
	StartedAt      time.Time
	FinishedAt     *time.Time

	AskedUser  string // whom a push asks: Duo's id of the user, or a username in small letters; empty: nobody
	Reason     string // for an act after a report of fraud
	AfterFraud string // who decided after a report: ByAnother or BySame; empty: there was none
}

// Who decided about an act after a report of fraud.
const (
	ByAnother = "other" // than the operator who sent the push
	BySame    = "same"  // where there was no other administrator or owner
)

const runQuery = `
	select r.id, r.organization_id, o.name as organization, o.slug as org_slug, o.colour as org_colour, r.account_id, r.operator_id, p.email as operator, r.token, r.token_id, r.action, r.subject, r.input,
	       r.before, r.input_mac, r.ticket, r.answer, r.started_at, r.finished_at, r.asked_user, r.reason, r.after_fraud,
	       case when r.state = 'sending' and r.started_at < $1 then 'unknown' else r.state end as state,
	       case when r.state = 'sending' and r.started_at < $1 then 'The console stopped before Duo answered.' else r.summary end as summary
	from run r
	join operator p on p.id = r.operator_id
	left join organization o on o.workspace_id = r.workspace_id and o.id = r.organization_id`

// inputParts is what a run's digest covers: who, what, where and every field.
func inputParts(r Run, fields []string) []string {
	organization := ""
	if r.OrganizationID != nil {
		organization = r.OrganizationID.String()
	}
	return append([]string{r.ID.String(), r.OperatorID.String(), organization, r.Action}, fields...)
}

// StartRun records a run in the state Sending. fields are all submitted values,
// secret ones included, in a fixed order: only their keyed digest is stored. A
// *ConflictError on "run_pkey" says that the id was used before: see SameRun.
func (t *Tx) StartRun(ctx context.Context, r Run, fields []string) error {
	mac, err := t.keys.MAC(inputParts(r, fields)...)
	if err != nil {
		return err
	}
	before := map[string]string{}
	for name, value := range r.Before {
		before[name] = strings.ReplaceAll(value, "\x00", "\ufffd") // which Postgres does not keep
	}
	_, err = t.tx.Exec(ctx, `
		insert into run (workspace_id, id, organization_id, account_id, operator_id, action, subject, input, before, input_mac, ticket,
		                 state, summary, started_at, token, token_id, asked_user, reason, after_fraud)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'sending', '', $12, $13, $14, $15, $16, $17)`,
		t.scope.workspace, r.ID, r.OrganizationID, r.AccountID, r.OperatorID, r.Action, r.Subject, r.Input, before, mac, r.Ticket,
		r.StartedAt, r.Token, r.TokenID, r.AskedUser, r.Reason, r.AfterFraud)
	return meaning(err)
}

// Alone keeps every other run of an action in its organization from being open
// beside r, which was started in this transaction: a *ConflictError on "run_alone"
// says that one is.
func (t *Tx) Alone(ctx context.Context, r Run) error {
	_, err := t.tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('run ' || $1::text || ' ' || $2, 0))`, r.OrganizationID, r.Action)
	if err != nil {
		return err
	}
	var open bool
	err = t.tx.QueryRow(ctx, `select exists (
		select from run where `+inScope+` and organization_id = $1 and action = $2 and id <> $3 and state = 'sending' and started_at > $4)`,
		r.OrganizationID, r.Action, r.ID, r.StartedAt.Add(-sendingAtMost)).Scan(&open)
	if err == nil && open {
		return &ConflictError{Constraint: "run_alone"}
	}
	return err
}

// SameRun reports whether a run was started with exactly these values.
func (t *Tx) SameRun(stored, repeated Run, fields []string) bool {
	return t.keys.SameMAC(stored.InputMAC, inputParts(repeated, fields)...)
}

// Ending is how a run is closed. An empty Subject leaves what is there.
type Ending struct{ State, Subject, Summary, Answer string }

// FinishRun closes a run with its outcome. A run can be closed once; ErrNotFound
// says that it was closed before.
func (t *Tx) FinishRun(ctx context.Context, id uuid.UUID, e Ending, now time.Time) error {
	done, err := t.tx.Exec(ctx, `
		update run set state = $2, subject = case when $3 = '' then subject else $3 end, summary = $4, answer = $5, finished_at = $6
		where `+inScope+` and id = $1 and state = 'sending'`,
		id, e.State, e.Subject, e.Summary, e.Answer, now)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return meaning(err)
}

// Run returns one run of the scope.
func (t *Tx) Run(ctx context.Context, id uuid.UUID, now time.Time) (Run, error) {
	return one[Run](ctx, t.tx, runQuery+` where `+runInScope+` and r.id = $2`, now.Add(-sendingAtMost), id)
}

// Runs lists the scope's runs, latest first.
func (t *Tx) Runs(ctx context.Context, now time.Time, limit, offset int) ([]Run, error) {
	return all[Run](ctx, t.tx, runQuery+` where `+runInScope+` order by r.started_at desc, r.id limit $2 offset $3`, now.Add(-sendingAtMost), limit, offset)
}

// RunsOfPhone lists the scope's latest runs that were asked for one phone of a
// Duo account, latest first.
func (t *Tx) RunsOfPhone(ctx context.Context, now time.Time, account, phone string, limit int) ([]Run, error) {
	return all[Run](ctx, t.tx, runQuery+`
		where `+runInScope+` and r.account_id = $2 and r.input ->> 'phone_id' = $3 order by r.started_at desc, r.id limit $4`, now.Add(-sendingAtMost), account, phone, limit)
}

// LatestVerification returns the scope's latest run that asked a user of an
// organization to prove who they are, if it was started at most within before now;
// ErrNotFound if there is none.
func (t *Tx) LatestVerification(ctx context.Context, now time.Time, organization uuid.UUID, account, user string, within time.Duration) (Run, error) {
	return one[Run](ctx, t.tx, runQuery+`
		where `+runInScope+` and r.organization_id = $2 and r.account_id = $3 and r.action = 'verify-caller' and r.input ->> 'user_id' = $4
		and r.started_at >= $5 order by r.started_at desc limit 1`, now.Add(-sendingAtMost), organization, account, user, now.Add(-within))
}

// LatestApplied returns the scope's latest run of an action that Duo did to a user
// of an organization's account; ErrNotFound if there is none.
func (t *Tx) LatestApplied(ctx context.Context, organization uuid.UUID, account, action, user string) (Run, error) {
	return one[Run](ctx, t.tx, runQuery+`
		where `+runInScope+` and r.organization_id = $2 and r.account_id = $3 and r.action = $4 and r.input ->> 'user_id' = $5
		and r.state = 'applied' order by r.started_at desc limit 1`, time.Time{}, organization, account, action, user)
}

// IsConflict reports whether err is a ConflictError on the named constraint.
func IsConflict(err error, constraint string) bool {
	var conflict *ConflictError
	return errors.As(err, &conflict) && conflict.Constraint == constraint
}
