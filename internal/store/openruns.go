package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// OpenRun is an open run whose sender is gone, or does not know the outcome, with
// what is needed to find it out.
type OpenRun struct {
	Run
	Workspace uuid.UUID
	Pending   string // Duo's name for a question to a person; empty: none is known to have been sent
	Sent      string // what was done so far, in words
	Subject   string // as far as it was known then
}

// Orphans lists open runs of some workspaces whose process is gone and which no
// living process looks after, oldest first, at most so many of each workspace. busy
// are those of the dead processes that have an open run there, looked after or not.
// Runs of the calling process itself are among them that it should have closed
// minutes ago, and has lost sight of.
func (s *Store) Orphans(ctx context.Context, caller uuid.UUID, workspaces, dead []uuid.UUID,
	limit int) (found []OpenRun, busy map[uuid.UUID]bool, err error) {
	busy = map[uuid.UUID]bool{}
	batch := &pgx.Batch{}
	for _, workspace := range workspaces {
		batch.Queue(`select set_config('app.workspace', $1, true), set_config('app.organizations', '*', true)`,
			workspace.String())
		batch.Queue(runQuery+`
			where `+runInScope+` and r.state = 'sending'
			and case when r.process_id is null then r.started_at < clock_timestamp() - `+oldSending+`
			    else h.gone_at is not null or r.process_id = $2 and r.deadline_at < clock_timestamp() - `+
			oldSending+` end
			and not exists (select from process l where l.id = w.looker and l.gone_at is null)
			order by r.started_at limit $1`, limit, caller).Query(func(rows pgx.Rows) error {
			runs, err := pgx.CollectRows(rows, pgx.RowToStructByName[Run])
			for _, r := range runs {
				found = append(found, OpenRun{Run: r, Workspace: workspace})
			}
			return err
		})
		batch.Queue(`select distinct process_id from run where `+inScope+
			` and state = 'sending' and process_id = any ($1)`, dead).Query(func(rows pgx.Rows) error {
			ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			for _, id := range ids {
				busy[id] = true
			}
			return err
		})
	}
	err = s.transact(ctx, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
	return found, busy, err
}

// Claim makes a living process the one that looks for the outcome of an open run,
// unless another one does: ErrNotFound. It returns the run as it is then, with the
// facts that are known.
func (t *Tx) Claim(ctx context.Context, id, looker uuid.UUID) (o OpenRun, err error) {
	o.Workspace = t.scope.workspace
	if o.Run, err = t.Run(ctx, id); err != nil {
		return o, err
	}
	if o.State != Sending {
		return o, ErrNotFound
	}
	err = t.tx.QueryRow(ctx, `
		insert into run_open (workspace_id, run_id, organization_id, looker) values ($1, $2, $3, $4)
		on conflict (workspace_id, run_id) do update set looker = excluded.looker
		where run_open.looker is null or run_open.looker = excluded.looker
		or exists (select from process l where l.id = run_open.looker and l.gone_at is not null)
		returning pending, summary, subject, facts`, t.scope.workspace, id, o.OrganizationID, looker).Scan(&o.Pending,
		&o.Sent, &o.Subject, &o.Facts)
	return o, meaning(err)
}

// Unclaim lets other processes look for the outcome of a run.
func (t *Tx) Unclaim(ctx context.Context, id, looker uuid.UUID) error {
	_, err := t.tx.Exec(ctx, `update run_open set looker = null where `+inScope+
		` and run_id = $1 and looker = $2`, id, looker)
	return err
}

// NotePending keeps by which name any process can ask Duo for a person's answer.
// It is nothing to an open run that was closed meanwhile.
func (t *Tx) NotePending(ctx context.Context, r Run, pending, summary, subject string, facts json.RawMessage) error {
	_, err := t.tx.Exec(ctx, `
		insert into run_open (workspace_id, run_id, organization_id, pending, summary, subject, facts)
		select workspace_id, id, organization_id, $2, $3, $4, coalesce($5::jsonb, '{}') from run where `+inScope+
		` and id = $1 and state = 'sending'
		on conflict (workspace_id, run_id) do update
		set pending = excluded.pending, summary = excluded.summary, subject = excluded.subject, facts = excluded.facts`,
		r.ID, pending, summary, subject, facts)
	return err
}

// NoteDoubt keeps why the process that sent a run does not know its outcome, and
// makes that process the one that looks for it.
func (t *Tx) NoteDoubt(ctx context.Context, r Run, doubt, subject string, facts json.RawMessage,
	looker uuid.UUID) error {
	_, err := t.tx.Exec(ctx, `
		insert into run_open (workspace_id, run_id, organization_id, doubt, subject, looker, facts)
		select workspace_id, id, organization_id, $2, $3, $4, coalesce($5::jsonb, '{}') from run where `+inScope+
		` and id = $1 and state = 'sending'
		on conflict (workspace_id, run_id) do update
		set doubt = excluded.doubt, subject = excluded.subject, looker = excluded.looker, facts = excluded.facts`,
		r.ID, doubt, subject, looker, facts)
	return err
}

// NoteLook keeps what Duo had of an open run when it was asked again, and returns
// the database's time. ErrNotFound says that the run was closed meanwhile, or that
// another process looks after it.
func (t *Tx) NoteLook(ctx context.Context, id, looker uuid.UUID, looked string, absent bool) (now time.Time,
	err error) {
	err = t.tx.QueryRow(ctx, `
		update run_open set looked_at = clock_timestamp(), looked = $3, absent = $4
		where `+inScope+` and run_id = $1 and looker = $2 returning looked_at`, id, looker, looked, absent).Scan(&now)
	if errors.Is(err, pgx.ErrNoRows) {
		return now, ErrNotFound
	}
	return now, err
}

// Rivals lists the runs of some actions, with id, action and input, that can have
// done to an object what r asked for: of r's organization or Duo account, at work
// since r was started, and not refused. They name one of the texts in a field, or
// anywhere in one if their action is among raw. With no names all of them do.
func (t *Tx) Rivals(ctx context.Context, r Run, actions, raw, names []string) (found []Run, err error) {
	rows, err := t.tx.Query(ctx, `
		select r.id, r.action, r.input from run r
		where `+runInScope+` and r.id <> $3 and r.action = any ($4) and r.state <> 'refused'
		and (r.organization_id is not distinct from $1 or `+sameAccount+`)
		and r.started_at > $7::timestamptz - interval '10 minutes' and coalesce(r.finished_at, 'infinity') > $7
		and (cardinality($6::text[]) = 0 or exists (
			select from jsonb_each_text(r.input) f, unnest($6::text[]) n
			where lower(f.value) = lower(n) or r.action = any ($5) and strpos(lower(f.value), lower(n)) > 0))
		order by r.started_at, r.id`, r.OrganizationID, r.APIHost, r.ID, actions, raw, names, r.StartedAt)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o Run, err error) {
		err = row.Scan(&o.ID, &o.Action, &o.Input)
		return o, err
	})
}

// UnclearRuns lists the scope's runs of an operator, uuid.Nil for any, whose outcome
// is not known: open ones of the last hour whose sender cannot tell it, and those
// closed as Unknown within since. The latest come first.
func (t *Tx) UnclearRuns(ctx context.Context, operator uuid.UUID, since time.Duration, limit int) ([]Run, error) {
	return all[Run](ctx, t.tx, `select * from (`+runQuery+`
		where `+runInScope+
		` and r.state in ('sending', 'unknown') and r.started_at > clock_timestamp() - interval '1 hour'
		and (r.state = 'sending' or r.finished_at > clock_timestamp() - $1::interval)
		and (r.operator_id = $3 or $3 is null)) unclear
		where state = 'unknown' or silent_since is not null or doubt <> '' order by started_at desc, id limit $2`,
		since, limit, orNull(operator))
}
