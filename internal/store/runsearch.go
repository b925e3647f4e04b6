package store

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
)

// RunFilter chooses runs. What is zero does not choose.
type RunFilter struct {
	From, To     time.Time // started at From or later, and before To
	Operator     uuid.UUID
	Organization string // slug
	Action       string // slug of an action or an event
	State        string
	Search       string // part of subject, summary, ticket or operator, in any case
}

// RunMark is a place in a list of runs, latest first: behind that run.
type RunMark struct {
	At time.Time
	ID uuid.UUID
}

// RunCounts says how many runs a filter finds, its State left aside.
type RunCounts struct {
	Total, Applied, Refused, Unknown, Sending int
}

// Of returns the count of one state, or of all.
func (n RunCounts) Of(state string) int {
	switch state {
	case Applied:
		return n.Applied
	case Refused:
		return n.Refused
	case Unknown:
		return n.Unknown
	case Sending:
		return n.Sending
	}
	return n.Total
}

// Every parameter that does not choose is given the value that all rows pass, so
// that one statement serves and the times still bound the index.
const runFits = `r.started_at >= $1 and r.started_at < $2
		and ($3::uuid is null or r.operator_id = $3)
		and ($4 = '' or o.slug = $4)
		and ($5 = '' or r.action = $5)
		and ($6 = '' or position($6 in lower(r.subject || ' ' || r.summary || ' ' || r.ticket || ' ' || p.email)) > 0)`

func (f RunFilter) parameters() []any {
	if f.To.IsZero() {
		f.To = farOff
	}
	var operator *uuid.UUID
	if f.Operator != uuid.Nil {
		operator = &f.Operator
	}
	return []any{f.From, f.To, operator, f.Organization, f.Action, strings.ToLower(f.Search)}
}

// farOff is later than any run.
var farOff = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// FindRuns lists the scope's runs that fit, latest first; after is the last run
// of the part before, nil for the first part.
func (t *Tx) FindRuns(ctx context.Context, f RunFilter, after *RunMark, limit int) ([]Run, error) {
	if after == nil {
		after = &RunMark{At: farOff}
	}
	parameters := append(f.parameters(), f.State, after.At, after.ID, limit)
	return all[Run](ctx, t.tx, runQuery+` where `+runInScope+` and `+runFits+` and ($7 = '' or r.state = $7)
		and r.started_at <= $8 and (r.started_at < $8 or r.id > $9)
		order by r.started_at desc, r.id limit $10`, parameters...)
}

// CountRuns counts the scope's runs that fit, by state; f.State is not asked.
func (t *Tx) CountRuns(ctx context.Context, f RunFilter) (n RunCounts, err error) {
	err = t.tx.QueryRow(ctx, `
		select count(*), count(*) filter (where state = 'applied'), count(*) filter (where state = 'refused'),
		       count(*) filter (where state = 'unknown'), count(*) filter (where state = 'sending')
		from (select r.state from run r
		      join operator p on p.id = r.operator_id
		      left join organization o on o.workspace_id = r.workspace_id and o.id = r.organization_id
		      where `+runInScope+` and `+runFits+`) fitting`, f.parameters()...).
		Scan(&n.Total, &n.Applied, &n.Refused, &n.Unknown, &n.Sending)
	return n, err
}

// RunOperator is somebody who did something in a scope.
type RunOperator struct {
	ID    uuid.UUID
	Email string
}

// RunOperators lists who did anything in the scope, members of today or not.
func (t *Tx) RunOperators(ctx context.Context) ([]RunOperator, error) {
	return all[RunOperator](ctx, t.tx, `
		select p.id, p.email from operator p
		where exists (select from run r where `+runInScope+` and r.operator_id = p.id) order by p.email`)
}
