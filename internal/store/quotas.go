package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Limit is how often an operator in a role may do what a quota counts.
type Limit struct {
	Quota string
	Role  string
	Most  int
}

// The least and the most that owners may set.
const (
	LeastQuota = 1
	MostQuota  = 10_000
)

// Limits lists the limits that owners of the workspace changed.
func (t *Tx) Limits(ctx context.Context) ([]Limit, error) {
	return all[Limit](ctx, t.tx, `select quota, role, most from quota where `+inWorkspace+` order by quota, role`)
}

// LockLimits is Limits, and keeps others from changing them until the transaction ends.
func (t *Tx) LockLimits(ctx context.Context) ([]Limit, error) {
	if _, err := t.tx.Exec(ctx,
		`select pg_advisory_xact_lock(hashtextextended('quotas ' || app.workspace()::text, 0))`); err != nil {
		return nil, err
	}
	return t.Limits(ctx)
}

// SetLimits changes limits and puts that on record.
func (t *Tx) SetLimits(ctx context.Context, limits []Limit, record Record) error {
	batch := &pgx.Batch{}
	for _, l := range limits {
		batch.Queue(`insert into quota (workspace_id, quota, role, most) values ($1, $2, $3, $4)
			on conflict (workspace_id, quota, role) do update set most = excluded.most`,
			t.scope.workspace, l.Quota, l.Role, l.Most)
	}
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return meaning(err)
	}
	return t.Record(ctx, record)
}

// QuotaUse is something that an operator does and a quota counts.
type QuotaUse struct {
	Operator  uuid.UUID
	Quota     string
	Amount    int
	Run, Plan uuid.UUID // that it is of; uuid.Nil: none
	At        time.Time
}

// OverQuota says that an operator would do more than a quota allows. Nothing was counted.
type OverQuota struct {
	Used  int       // within the window, without this
	Until time.Time // from when it fits, if nothing else is done; zero: it never does
}

func (e *OverQuota) Error() string { return fmt.Sprintf("store: %d of a quota are used", e.Used) }

// MayUse returns an *OverQuota if what an operator does is more than most within the window
// that ends with it. All of the workspace counts, whatever the scope. A run counts unless Duo
// refused it; one whose outcome is open or unknown counts. The operator's other uses of the
// quota wait until the transaction ends, which AddUse is a part of.
func (t *Tx) MayUse(ctx context.Context, u QuotaUse, window time.Duration, most int) error {
	used, fits, err := t.used(ctx, u, window, most)
	if err != nil || used+u.Amount <= most {
		return err
	}
	over := &OverQuota{Used: used}
	if fits != nil {
		over.Until = fits.Add(window)
	}
	return over
}

// used locks a quota of an operator, and returns how much of it is used, and the time of the
// use that has to leave the window before u fits; nil: u never fits.
func (t *Tx) used(ctx context.Context, u QuotaUse, window time.Duration, most int) (used int, fits *time.Time,
	err error) {
	if _, err := t.tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('quota ' || app.workspace()::text || $1
		|| $2::text, 0))`, u.Operator.String(), u.Quota); err != nil {
		return 0, nil, err
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		with counted as (
			select u.at, sum(u.amount) over () as used, sum(u.amount) over (order by u.at, u.id) as gone
			from quota_use u left join run r on r.workspace_id = u.workspace_id and r.id = u.run_id
			where u.`+inWorkspace+` and u.operator_id = $1 and u.quota = $2 and u.at > $3 and u.amount > 0
			and r.state is distinct from 'refused')
		select coalesce(max(used), 0), min(at) filter (where used - gone + $4 <= $5) from counted`,
		u.Operator, u.Quota, u.At.Add(-window), u.Amount, most).
		QueryRow(func(row pgx.Row) error { return row.Scan(&used, &fits) })
	return used, fits, t.everywhere(ctx, batch)
}

// quotaUseLife is how long uses are kept.
const quotaUseLife = 30 * 24 * time.Hour

// AddUse counts what an operator does, however much it is. A plan can be counted once: a
// second time is a *ConflictError.
func (t *Tx) AddUse(ctx context.Context, u QuotaUse) error {
	batch := &pgx.Batch{}
	batch.Queue(`insert into quota_use (workspace_id, operator_id, quota, at, amount, run_id, plan_id)
		values ($1, $2, $3, $4, $5, $6, $7)`, t.scope.workspace, u.Operator, u.Quota, u.At, u.Amount,
		orNull(u.Run), orNull(u.Plan))
	batch.Queue(`delete from quota_use where `+inWorkspace+` and operator_id = $1 and quota = $2 and at < $3`,
		u.Operator, u.Quota, u.At.Add(-quotaUseLife))
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// UsedSince is how much of a quota an operator used since a moment, whether it was allowed
// or not. It waits for nobody: of several who add and then ask, the last sees all.
func (t *Tx) UsedSince(ctx context.Context, operator uuid.UUID, quota string, since time.Time) (used int, err error) {
	err = t.tx.QueryRow(ctx, `select coalesce(sum(amount), 0) from quota_use where `+inWorkspace+`
		and operator_id = $1 and quota = $2 and at > $3`, operator, quota, since).Scan(&used)
	return used, err
}

// aboveEvery is how often attempts above a quota by one operator are kept.
const aboveEvery = 5 * time.Minute

// NoteAbove keeps for owners that an operator came to the end of a quota, and writes record,
// at most every five minutes. The scope must be the whole workspace.
func (t *Tx) NoteAbove(ctx context.Context, u QuotaUse, record Record) error {
	if _, err := t.tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('above ' || app.workspace()::text || $1
		|| $2::text, 0))`, u.Operator.String(), u.Quota); err != nil {
		return err
	}
	done, err := t.tx.Exec(ctx, `
		insert into quota_use (workspace_id, operator_id, quota, at, amount) select $1, $2, $3, $4::timestamptz, 0
		where not exists (select from quota_use where `+inWorkspace+`
			and operator_id = $2 and quota = $3 and amount = 0 and at > $4::timestamptz - $5::interval)`,
		t.scope.workspace, u.Operator, u.Quota, u.At, aboveEvery)
	if err != nil || done.RowsAffected() == 0 {
		return meaning(err)
	}
	record.State = Refused
	return t.Record(ctx, record)
}

// Above is that an operator came to the end of a quota.
type Above struct {
	OperatorID uuid.UUID
	Operator   string // email
	Quota      string
	Times      int
	At         time.Time // last
}

// AboveQuotas lists who came to the end of which quota since a moment, latest first, and
// counts all.
func (t *Tx) AboveQuotas(ctx context.Context, since time.Time, limit int) (found []Above, total int, err error) {
	found, err = all[Above](ctx, t.tx, `
		select u.operator_id, o.email as operator, u.quota, count(*) as times, max(u.at) as at
		from quota_use u join operator o on o.id = u.operator_id
		where u.`+inWorkspace+` and u.amount = 0 and u.at > $1 group by 1, 2, 3 order by 5 desc, 2, 3`, since)
	return found[:min(len(found), limit)], len(found), err
}
