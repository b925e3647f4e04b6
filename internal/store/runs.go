package store

import (
	"context"
	"encoding/json"
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

// oldSending is after how long an open run without a process counts as cut off. A
// server of an earlier version may still be sending a younger one.
const oldSending = `interval '3 minutes'`

// Run is one carrying-out of an action: the audit record.
type Run struct {
	ID             uuid.UUID
	OrganizationID *uuid.UUID
	Organization   *string // its name
	OrgSlug        *string
	OrgColour      *int
	AccountID      string // of Duo, that was acted on
	OperatorID     uuid.UUID
	Operator       string     // email
	Token          string     // name of the access token that it came by; empty: by a page
	TokenID        *uuid.UUID // of that token; nil also for runs from before ids were kept
	Action         string     // slug of the catalogue
	Subject        string     // the name of what it was done to, as a person knows it
	Input          map[string]string
	Before         map[string]string // what the object was in Duo just before; see catalog.Action.Before
	InputMAC       []byte
	Ticket         string
	State          string
	Summary        string
	Facts          json.RawMessage // see catalog.Facts
	// of a person who was asked through Duo: see catalog.Answer; empty: nobody was, or nobody answered yet
	Answer     string
	StartedAt  time.Time
	FinishedAt *time.Time

	AskedUser  string // the person a push asks: Duo's id of the user, or a username in lower case; empty: nobody
	Reason     string // for an act after a report of fraud
	AfterFraud string // who decided after a report: ByAnother or BySame; empty: there was none

	// How it was sent: by which process, until when that waits for Duo at most (in
	// the database's time), and how Duo was reached.
	ProcessID      *uuid.UUID
	DeadlineAt     *time.Time
	ConnectionKind string
	APIHost        string
	Within         time.Duration `db:"-"` // for StartRun: from then to DeadlineAt

	// What is known of an open run. SilentSince is when its process was last heard
	// of, if that does not answer any more; Doubt says why the process does not know
	// the outcome, although it lives.
	SilentSince *time.Time
	Doubt       string
	LookedAt    *time.Time // when Duo was asked again; nil: not yet
	Looked      string     // what was found then
	Absent      bool       // what was asked for was not in Duo

	Gone bool `db:"-"` // the user or the phone was deleted for good, see MarkGone

	Twin        bool   `db:"-"` // another organization has this one's name, see MarkTwins
	TwinAccount string `db:"-"` // the account that this one has now
}

// Unclear reports whether a run is open and its sender cannot tell the outcome.
func (r Run) Unclear() bool { return r.State == Sending && (r.SilentSince != nil || r.Doubt != "") }

// Who decided about an act after a report of fraud.
const (
	ByAnother = "other" // than the operator who sent the push
	BySame    = "same"  // where there was no other administrator or owner
)

const runQuery = `
	select r.id, r.organization_id, o.name as organization, o.slug as org_slug, o.colour as org_colour, r.account_id, r.operator_id, p.email as operator, r.token, r.token_id, r.action, r.subject, r.input,
	       r.before, r.input_mac, r.ticket, r.answer, r.started_at, r.finished_at, r.state, r.summary, r.facts,
	       r.asked_user, r.reason, r.after_fraud,
	       r.process_id, r.deadline_at, r.connection_kind, r.api_host,
	       case when r.state <> 'sending' then null
	            when r.process_id is null and r.started_at < clock_timestamp() - ` + oldSending + ` then r.started_at
	            when h.gone_at is not null or h.heartbeat_at < clock_timestamp() - ` + silentBeats +
	` * h.beats_every then h.heartbeat_at end as silent_since,
	       coalesce(w.doubt, '') as doubt, w.looked_at, coalesce(w.looked, '') as looked, coalesce(w.absent, false) as absent
	from run r
	join operator p on p.id = r.operator_id
	left join organization o on o.workspace_id = r.workspace_id and o.id = r.organization_id
	left join process h on r.state = 'sending' and h.id = r.process_id
	left join run_open w on r.state = 'sending' and w.workspace_id = r.workspace_id and w.run_id = r.id`

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
// ErrSilent says that the process may be taken for dead; nothing was recorded.
func (t *Tx) StartRun(ctx context.Context, r Run, fields []string) error {
	mac, err := t.keys.MAC(inputParts(r, fields)...)
	if err != nil {
		return err
	}
	before := map[string]string{}
	for name, value := range r.Before {
		before[name] = strings.ReplaceAll(value, "\x00", "\ufffd") // which Postgres does not keep
	}
	done, err := t.tx.Exec(ctx, `
		insert into run (workspace_id, id, organization_id, account_id, operator_id, action, subject, input, before, input_mac, ticket,
		                 state, summary, started_at, token, token_id, asked_user, reason, after_fraud,
		                 process_id, deadline_at, connection_kind, api_host)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'sending', '', $12, $13, $14, $15, $16, $17,
		       $18, clock_timestamp() + $19, $20, $21
		where $18::uuid is null or exists (
			select from process where id = $18 and gone_at is null and heartbeat_at > clock_timestamp() - `+lapseBeats+
		` * beats_every)`,
		t.scope.workspace, r.ID, r.OrganizationID, r.AccountID, r.OperatorID, r.Action, r.Subject, r.Input, before,
		mac, r.Ticket,
		r.StartedAt, r.Token, r.TokenID, r.AskedUser, r.Reason, r.AfterFraud, r.ProcessID, r.Within,
		r.ConnectionKind, r.APIHost)
	if err == nil && done.RowsAffected() == 0 {
		return ErrSilent
	}
	return meaning(err)
}

// Alone keeps every other run of an action in its organization from being open
// beside r, which was started in this transaction: a *ConflictError on "run_alone"
// says that one is. One that nobody closed for minutes does not count.
func (t *Tx) Alone(ctx context.Context, r Run) error {
	_, err := t.tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('run ' || $1::text || ' ' || $2, 0))`,
		r.OrganizationID, r.Action)
	if err != nil {
		return err
	}
	var open bool
	err = t.tx.QueryRow(ctx, `select exists (
		select from run where `+inScope+` and organization_id = $1 and action = $2 and id <> $3 and state = 'sending'
		and coalesce(deadline_at, started_at) > clock_timestamp() - `+oldSending+`)`,
		r.OrganizationID, r.Action, r.ID).Scan(&open)
	if err == nil && open {
		return &ConflictError{Constraint: "run_alone"}
	}
	return err
}

// SameRun reports whether a run was started with exactly these values.
func (t *Tx) SameRun(stored, repeated Run, fields []string) bool {
	return t.keys.SameMAC(stored.InputMAC, inputParts(repeated, fields)...)
}

// Ending is how a run is closed. An empty Subject leaves what is there. By is the
// process that closes it: uuid.Nil for one that sends runs without a process.
type Ending struct {
	State, Subject, Summary, Answer string
	Facts                           json.RawMessage // nil: none
	By                              uuid.UUID
}

// FinishRun closes a run with its outcome. A run can be closed once, and while the
// process that sent it lives, by no other: ErrNotFound says that it was closed
// before, or that its process lives.
func (t *Tx) FinishRun(ctx context.Context, id uuid.UUID, e Ending, now time.Time) error {
	done, err := t.tx.Exec(ctx, `
		update run set state = $2, subject = case when $3 = '' then subject else $3 end, summary = $4, answer = $5, finished_at = $6, facts = coalesce($8::jsonb, '{}')
		where `+inScope+` and id = $1 and state = 'sending'
		and case when process_id is null then $7::uuid = '00000000-0000-0000-0000-000000000000'::uuid or started_at < clock_timestamp() - `+oldSending+`
		    else process_id = $7 or exists (select from process h where h.id = process_id and h.gone_at is not null) end`,
		id, e.State, e.Subject, e.Summary, e.Answer, now, e.By, e.Facts)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	if err == nil {
		_, err = t.tx.Exec(ctx, `delete from run_open where `+inScope+` and run_id = $1`, id)
	}
	return meaning(err)
}

// CancelRun closes a run that its process recorded and did not send, as it does not
// know whether the record was committed: exactly that one, and not another start
// under the same id. It does nothing if there is no such open run.
func (t *Tx) CancelRun(ctx context.Context, r Run, summary string, now time.Time) error {
	_, err := t.tx.Exec(ctx, `
		update run set state = 'refused', summary = $4, finished_at = $5
		where `+inScope+` and id = $1 and process_id = $2 and started_at = $3 and state = 'sending'`, r.ID, r.ProcessID,
		r.StartedAt, summary, now)
	return meaning(err)
}

// Run returns one run of the scope.
func (t *Tx) Run(ctx context.Context, id uuid.UUID) (Run, error) {
	return one[Run](ctx, t.tx, runQuery+` where `+runInScope+` and r.id = $1`, id)
}

// actsWithin is how many runs are looked through for acts.
const actsWithin = 5000

// Acts lists the scope's latest runs that are none of some actions and events, and no reading by an action that
// sends any call, which is a GET, or a POST to one of readingPosts. The latest come first: reads and exports do not
// push acts out of sight. It looks through the latest actsWithin runs.
func (t *Tx) Acts(ctx context.Context, without, readingPosts []string, limit int) ([]Run, error) {
	c := t.conditions(RunFilter{}, nil)
	latest := c.with(`select r.id from run r where `+runInScope+c.sql+
		` order by r.started_at desc, r.id limit $`, actsWithin)
	return all[Run](ctx, t.tx, c.with(runQuery+` where `+runInScope+` and r.id = any (array(`+latest+`))
		and r.action <> all ($) and coalesce(upper(r.input ->> 'method'), '') <> 'GET'
		and not (coalesce(upper(r.input ->> 'method'), '') = 'POST' and coalesce(r.input ->> 'path', '') = any ($))
		order by r.started_at desc, r.id limit $`, without, readingPosts, limit), c.args...)
}

// RunsPage is FindRuns for a page of a list, which can be turned both ways. Its one order is "", when runs were
// started: the latest first if Descending. searchedTo is how far runs were read, if that cut the page short.
func (t *Tx) RunsPage(ctx context.Context, f RunFilter, q Query) (found Page[Run], searchedTo *RunMark, err error) {
	var from *RunMark
	if q.From != nil {
		at, err := timeKey(q.From.Key)
		if err != nil {
			return found, nil, err
		}
		from = &RunMark{At: at.(time.Time), ID: q.From.ID}
	}
	f.Oldest = q.Descending == q.Before
	runs, next, err := t.FindRuns(ctx, f, from, q.Limit)
	if err != nil {
		return found, nil, err
	}
	mark := func(m RunMark) *Mark { return &Mark{timeOf(&m.At), m.ID} }
	var ahead *Mark
	if next != nil {
		ahead = mark(*next)
	}
	if len(runs) < q.Limit {
		searchedTo = next
	}
	return turned(runs, ahead, q, func(r Run) *Mark { return mark(RunMark{r.StartedAt, r.ID}) }), searchedTo, nil
}

// RunsOfPhone lists the scope's latest runs that were asked for one phone of a
// Duo account, latest first.
func (t *Tx) RunsOfPhone(ctx context.Context, account, phone string, limit int) ([]Run, error) {
	return all[Run](ctx, t.tx, runQuery+`
		where `+runInScope+
		` and r.id = any (array(select app.runs_of_phone($1, $2, $3))) order by r.started_at desc, r.id limit $3`,
		account, phone, limit)
}

// RunsOfPerson lists the scope's latest runs about one user of an organization's account,
// latest first: those asked for the user, and those whose facts name the user.
func (t *Tx) RunsOfPerson(ctx context.Context, organization uuid.UUID, account, user string, limit int) ([]Run, error) {
	return all[Run](ctx, t.tx, runQuery+`
		where `+runInScope+
		` and r.organization_id = $1 and r.id = any (array(select app.runs_of_person($2, $3, $4, $5, $6)))
		order by r.started_at desc, r.id`, organization, account, user, farOff, uuid.Nil, limit)
}

// AppliedRuns lists the scope's latest runs of an action that Duo did to a user of an
// organization's account, latest first.
func (t *Tx) AppliedRuns(ctx context.Context, organization uuid.UUID, account, action, user string,
	limit int) ([]Run, error) {
	return all[Run](ctx, t.tx, runQuery+`
		where `+runInScope+` and r.organization_id = $1 and r.id = any (array(select app.runs_of_user($2, $3, $4)))
		and r.state = 'applied' order by r.started_at desc, r.id limit $5`, organization, account, action, user, limit)
}

// LatestSince returns the scope's latest run of an action that was asked for a user
// of an organization's account, in whatever state, if it was started at since or
// later; ErrNotFound if there is none.
func (t *Tx) LatestSince(ctx context.Context, organization uuid.UUID, account, action, user string,
	since time.Time) (Run, error) {
	return one[Run](ctx, t.tx, runQuery+`
		where `+runInScope+` and r.organization_id = $1 and r.id = any (array(select app.runs_of_user($2, $3, $4)))
		and r.started_at >= $5 order by r.started_at desc limit 1`, organization, account, action, user, since)
}

// LateResults lists what came of a run after it had been closed, oldest first.
func (t *Tx) LateResults(ctx context.Context, id uuid.UUID) ([]Run, error) {
	return all[Run](ctx, t.tx, runQuery+` where `+runInScope+` and r.action = '`+lateResult+
		`' and r.input ->> 'run_id' = $1 order by r.started_at`, id.String())
}

// LatestApplied returns the scope's latest run of an action that Duo did to a user
// of an organization's account; ErrNotFound if there is none.
func (t *Tx) LatestApplied(ctx context.Context, organization uuid.UUID, account, action, user string) (Run, error) {
	return one[Run](ctx, t.tx, runQuery+`
		where `+runInScope+` and r.organization_id = $1 and r.id = any (array(select app.runs_of_user($2, $3, $4)))
		and r.state = 'applied' order by r.started_at desc limit 1`, organization, account, action, user)
}

// IsConflict reports whether err is a ConflictError on the named constraint.
func IsConflict(err error, constraint string) bool {
	var conflict *ConflictError
	return errors.As(err, &conflict) && conflict.Constraint == constraint
}
