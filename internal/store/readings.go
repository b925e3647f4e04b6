package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Reading is what an operator, or one of their access tokens, took out of one list
// within an hour: as a file, or part by part by the API.
type Reading struct {
	ID             uuid.UUID
	OperatorID     uuid.UUID
	Operator       string // email
	TokenID        *uuid.UUID
	Token          string // name of the access token; empty: by a page
	List           string // such as "users" or "runs.csv"
	OrganizationID *uuid.UUID
	Organization   *string // its name
	OrgSlug        *string
	OrgColour      *int
	Hour           time.Time
	Rows           int
}

// TooMuchRead says that an operator would take more rows out of the workspace
// within 24 hours than its owners allow. Nothing was counted.
type TooMuchRead struct {
	Limit int
	Used  int
}

func (e *TooMuchRead) Error() string {
	return fmt.Sprintf("store: %d of %d rows were taken out within 24 hours", e.Used, e.Limit)
}

// MayRead returns a *TooMuchRead if an operator who takes rows out now would have
// taken more than times the workspace's limit; with no rows it asks for one. The
// Tx's scope must be the whole workspace.
func (t *Tx) MayRead(ctx context.Context, operator uuid.UUID, rows, times int) error {
	// A row stands for an hour from its beginning on: 25 hours hold all of the last 24.
	var limit, used int
	err := t.tx.QueryRow(ctx, `
		select w.rows_a_day, (select coalesce(sum(rows), 0) from reading
			where `+inWorkspace+` and operator_id = $1 and hour > now() - interval '25 hours')
		from workspace w where w.id = (select app.workspace())`, operator).Scan(&limit, &used)
	if err != nil {
		return err
	}
	if limit *= times; used+max(rows, 1) > limit {
		return &TooMuchRead{Limit: limit, Used: used}
	}
	return nil
}

// CountReading adds rows to what an operator took out, unless MayRead refuses them.
func (t *Tx) CountReading(ctx context.Context, r Reading, times int) error {
	if _, err := t.tx.Exec(ctx,
		`select pg_advisory_xact_lock(hashtextextended('reading ' || app.workspace()::text || $1::text, 0))`,
		r.OperatorID.String()); err != nil {
		return err
	}
	if err := t.MayRead(ctx, r.OperatorID, r.Rows, times); err != nil || r.Rows == 0 {
		return err
	}
	_, err := t.tx.Exec(ctx, `
		insert into reading (workspace_id, operator_id, token_id, token, list, organization_id, hour, rows)
		values ($1, $2, $3, $4, $5, $6, date_trunc('hour', now()), $7)
		on conflict on constraint reading_hour do update set rows = reading.rows + excluded.rows`,
		t.scope.workspace, r.OperatorID, r.TokenID, r.Token, r.List, r.OrganizationID, r.Rows)
	return meaning(err)
}

var readingOrders = orders[Reading]{
	id: "r.id", idOf: func(r Reading) uuid.UUID { return r.ID },
	by: map[string]order[Reading]{"": {"r.hour", "$::timestamptz",
		func(r Reading) string { return timeOf(&r.Hour) }, timeKey}},
}

// Readings lists what was taken out of the scope. Its one order is "", the hour.
func (t *Tx) Readings(ctx context.Context, q Query) (Page[Reading], error) {
	return page(ctx, t.tx, &conditions{}, `
		select r.id, r.operator_id, p.email as operator, r.token_id, r.token, r.list, r.organization_id,
		       o.name as organization, o.slug as org_slug, o.colour as org_colour, r.hour, r.rows
		from reading r join operator p on p.id = r.operator_id
		left join organization o on o.workspace_id = r.workspace_id and o.id = r.organization_id
		where `+runInScope, readingOrders, q)
}

// RowsADay returns how many rows an operator may take out of the workspace within
// 24 hours.
func (t *Tx) RowsADay(ctx context.Context) (limit int, err error) {
	err = t.tx.QueryRow(ctx, `select rows_a_day from workspace where id = (select app.workspace())`).Scan(&limit)
	return limit, meaning(err)
}

// The limits of what owners may set with SetRowsADay.
const (
	LeastRowsADay = 1000
	MostRowsADay  = 10_000_000
)

// SetRowsADay changes RowsADay and puts that on record.
func (t *Tx) SetRowsADay(ctx context.Context, limit int, record Record) error {
	_, err := t.tx.Exec(ctx, `update workspace set rows_a_day = $1 where id = (select app.workspace())`, limit)
	if err != nil {
		return meaning(err)
	}
	return t.Record(ctx, record)
}
