package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The states of a step.
const (
	StepWaiting  = "waiting"
	StepWorking  = "working"  // a process has it in hand, or left it
	StepVerified = "verified" // done, and read back
	StepDone     = "done"     // done, and not read back
	StepAbsent   = "absent"   // said to be done, and not so when read back
	StepRefused  = "refused"  // certainly not done
	StepUnknown  = "unknown"  // may have been done
	StepSkipped  = "skipped"
)

// PlanStep is one step of a plan: an act, on something, as a run.
type PlanStep struct {
	ID             uuid.UUID
	PlanID         uuid.UUID
	OrganizationID uuid.UUID
	Place          int
	Key            string // what it is about, unique in its plan
	Act            string
	SubjectID      string
	Subject        string
	Input          map[string]string
	Uses           map[string]Use // fields that facts of earlier steps fill in
	WaitsFor       []string       // keys
	NotBefore      *time.Time
	Skip           string // why it is not executed; empty: it is
	Warning        string

	State      string
	Attempt    int
	RunID      *uuid.UUID // of the last attempt
	Facts      json.RawMessage
	Summary    string
	StartedAt  *time.Time
	FinishedAt *time.Time
	Worker     *uuid.UUID // the process that has it in hand, or left it
	Held       bool       // a living process has it in hand
	Recorded   bool       // the run is on record, as far as the scope reaches
}

// Ended reports whether nothing more comes of a step by itself.
func (s PlanStep) Ended() bool { return s.State != StepWaiting && s.State != StepWorking }

// Use names a fact of an earlier step.
type Use struct {
	Step string `json:"step"` // its key
	Fact string `json:"fact"`
}

// PlanSteps lists a plan's steps in their order.
func (t *Tx) PlanSteps(ctx context.Context, plan uuid.UUID) ([]PlanStep, error) {
	return all[PlanStep](ctx, t.tx, `
		select id, plan_id, organization_id, place, key, act, subject_id, subject, input, uses, waits_for, not_before, skip, warning,
		       state, attempt, run_id, facts, summary, started_at, finished_at, worker,
		       state = 'working' and lease_until > clock_timestamp()
		       and exists (select from process h where h.id = worker and h.gone_at is null) as held,
		       exists (select from run r where r.`+inWorkspace+` and r.id = run_id) as recorded
		from plan_step where `+inScope+` and plan_id = $1 order by place`, plan)
}

// RunsByID lists those runs of the scope that have one of some ids.
func (t *Tx) RunsByID(ctx context.Context, ids []uuid.UUID) ([]Run, error) {
	return all[Run](ctx, t.tx, runQuery+` where `+runInScope+` and r.id = any ($1)`, ids)
}

// ReplaceSteps puts steps in the place of those that a plan had.
func (t *Tx) ReplaceSteps(ctx context.Context, plan uuid.UUID, steps []PlanStep) error {
	batch := &pgx.Batch{}
	batch.Queue(`delete from plan_step where `+inScope+` and plan_id = $1`, plan)
	for _, s := range steps {
		batch.Queue(`
			insert into plan_step (workspace_id, id, plan_id, organization_id, place, key, act, subject_id, subject, input, uses,
			                       waits_for, not_before, skip, warning, state)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			t.scope.workspace, s.ID, plan, s.OrganizationID, s.Place, s.Key, s.Act, s.SubjectID, s.Subject,
			orEmpty(s.Input), orEmpty(s.Uses),
			texts(s.WaitsFor), s.NotBefore, s.Skip, s.Warning, s.State)
	}
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// orEmpty is a map that is never null in the database.
func orEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// ClaimStep puts a step into the hands of a process for a while, as the next attempt or
// the same one. The plan must be locked.
func (t *Tx) ClaimStep(ctx context.Context, step, run, worker uuid.UUID, lease time.Duration) error {
	done, err := t.tx.Exec(ctx, `
		update plan_step set state = 'working', run_id = $2, worker = $3, lease_until = clock_timestamp() + $4,
		       started_at = case when run_id is not distinct from $2 then coalesce(started_at, clock_timestamp()) else clock_timestamp() end,
		       finished_at = null
		where `+inScope+` and id = $1`, step, run, worker, lease)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return meaning(err)
}

// SaveStep stores how a step stands, and takes it out of the hands of its process. The
// plan must be locked.
func (t *Tx) SaveStep(ctx context.Context, s PlanStep) error {
	if len(s.Facts) == 0 {
		s.Facts = json.RawMessage(`{}`)
	}
	done, err := t.tx.Exec(ctx, `
		update plan_step set state = $2, attempt = $3, facts = $4, summary = $5, worker = null, lease_until = null,
		       finished_at = case when $2 in ('waiting', 'working') then null else clock_timestamp() end
		where `+inScope+` and id = $1`, s.ID, s.State, s.Attempt, s.Facts, s.Summary)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return meaning(err)
}
