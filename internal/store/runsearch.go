package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"duodesk/internal/text"
)

// RunFilter chooses runs. What is zero does not choose.
type RunFilter struct {
	From, To     time.Time // started at From or later, and before To
	Operator     uuid.UUID
	Organization string // slug
	Action       string // slug of an action or an event
	State        string
	Person       string // Duo's id of a user of Account: runs about that user
	Account      string
	Search       string // part of subject, summary and ticket, or of the operator's email, in any case

	Oldest bool // runs are read from the oldest on

	hits *runHits // see LookUp
}

// direction is how runs are read: the order, and what compares a run with the mark that it is read from.
func (f RunFilter) direction() (order, beyond, behind string) {
	if f.Oldest {
		return " order by r.started_at, r.id desc ", "r.started_at >= $ and (r.started_at > $ or r.id < $)",
			"r.started_at <= $ and (r.started_at < $ or r.id >= $)"
	}
	return " order by r.started_at desc, r.id ", "r.started_at <= $ and (r.started_at < $ or r.id > $)",
		"r.started_at >= $ and (r.started_at > $ or r.id <= $)"
}

// RunMark is a place in a list of runs: behind that run, in the direction that they are read in.
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

// The limits of a search. A word that more runs hold than rareRuns, or that the
// index does not find in time, is looked for run by run, latest first.
const (
	rareOperators = 3
	indexTime     = "250ms"
)

var (
	rareRuns = 2000
	window   = 20_000 // how many runs are read at once; tests have fewer
)

// runHits is what the index knows of a search.
type runHits struct {
	rare      bool // runs and operators are all that match
	runs      []uuid.UUID
	operators []uuid.UUID // by their email addresses
}

// runMatches is a condition on the words of run r; $ are the words and operators.
const runMatches = `(position($ in app.fold(r.subject || ' ' || r.summary || ' ' || r.ticket)) > 0 or r.operator_id = any ($))`

// farOff is later than any run.
var farOff = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// conditions are those of a filter that an index serves: all but its words. They
// depend on what is asked, as a statement that serves every filter would be planned
// for none.
func (t *Tx) conditions(f RunFilter, after *RunMark) *conditions {
	c := &conditions{}
	// The scope once more, so that its index is used.
	switch organizations := t.scope.organizations; {
	case t.scope.every:
	case len(organizations) == 1:
		c.add("r.organization_id = $", organizations[0])
	default:
		c.add("r.organization_id = any ($)", organizations)
	}
	if after != nil {
		_, beyond, _ := f.direction()
		c.add(beyond, after.At, after.At, after.ID)
	}
	if !f.From.IsZero() {
		c.add("r.started_at >= $", f.From)
	}
	if !f.To.IsZero() {
		c.add("r.started_at < $", f.To)
	}
	if f.Operator != uuid.Nil {
		c.add("r.operator_id = $", f.Operator)
	}
	if f.Organization != "" {
		c.add("r.organization_id = (select o.id from organization o where "+organizationOnRecord+" and o.slug = $)",
			f.Organization)
	}
	if f.Action != "" {
		c.add("r.action = $", f.Action)
	}
	if f.State != "" {
		c.add("r.state = $", f.State)
	}
	if f.Person != "" {
		c.add("r.id = any (array(select app.runs_of_person($, $, $, $, $)))", f.Account, f.Person, farOff,
			uuid.Nil, window)
	}
	return c
}

// LookUp asks the index for the filter's Search, and returns the filter with the
// answer: for several calls of FindRuns and CountRuns, of this transaction or later
// ones. Without it each call asks.
func (t *Tx) LookUp(ctx context.Context, f RunFilter) (RunFilter, error) {
	f.hits = nil
	if f.Search == "" {
		return f, nil
	}
	f.Search = text.Fold(f.Search)
	hits := &runHits{}
	// Operators of other workspaces would make words common that are rare here. No
	// exists: joined, all runs would be read.
	c := t.conditions(RunFilter{}, nil)
	sql := c.with(`
		select o.id from operator o where position($ in o.email) > 0
		and (select true from run r where `+runInScope+c.sql+` and r.operator_id = o.id limit 1)`, f.Search)
	rows, err := t.tx.Query(ctx, sql, c.args...)
	if err == nil {
		hits.operators, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	}
	if err != nil {
		return f, meaning(err)
	}
	if f.hits = hits; len([]rune(f.Search)) < 3 || len(hits.operators) > rareOperators {
		return f, nil // shorter than what is in the index, or common
	}
	hits.runs, err = t.searchIndex(ctx, f)
	hits.rare = err == nil && len(hits.runs) <= rareRuns
	if isTimeout(err) && ctx.Err() == nil {
		err = nil
	}
	return f, err
}

// searchIndex returns at most rareRuns + 1 runs that hold the filter's words.
func (t *Tx) searchIndex(ctx context.Context, f RunFilter) (found []uuid.UUID, err error) {
	c := &conditions{}
	if f.To.IsZero() {
		f.To = farOff
	}
	// Words of parts that are all common can take seconds.
	var before string
	if err := t.tx.QueryRow(ctx, `select current_setting('statement_timeout')`).Scan(&before); err != nil {
		return nil, err
	}
	err = pgx.BeginFunc(ctx, t.tx, func(nested pgx.Tx) error {
		if _, err := nested.Exec(ctx, `select set_config('statement_timeout', $1, true)`, indexTime); err != nil {
			return err
		}
		rows, err := nested.Query(ctx, c.with(`select app.search_runs($, $, $, $)`, f.Search, f.From, f.To,
			rareRuns+1), c.args...)
		if err != nil {
			return err
		}
		if found, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID]); err != nil {
			return err
		}
		_, err = nested.Exec(ctx, `select set_config('statement_timeout', $1, true)`, before)
		return err
	})
	return found, err
}

// isTimeout reports whether Postgres gave up on a statement for its time.
func isTimeout(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "57014"
}

// FindRuns lists the scope's runs that fit, latest first or, by the filter's Oldest, from the oldest on; after is the
// place where the part before ended, nil for the first part. next is where this part ended; nil
// if nothing follows. A part can hold fewer runs than limit, or none, although there
// is a next: the words are common, and so many runs were read without them.
func (t *Tx) FindRuns(ctx context.Context, f RunFilter, after *RunMark, limit int) (found []Run, next *RunMark,
	err error) {
	if f.Search != "" && f.hits == nil {
		if f, err = t.LookUp(ctx, f); err != nil {
			return nil, nil, err
		}
	}
	c := t.conditions(f, after)
	order, _, behind := f.direction()
	switch {
	case f.Search == "":
	case f.hits.rare:
		if err = t.rare(ctx, c, f, limit+1); err != nil {
			return nil, nil, meaning(err)
		}
	default:
		if next, err = t.windowEnd(ctx, *c, order); err != nil {
			return nil, nil, meaning(err)
		}
		if next != nil {
			c.add(behind, next.At, next.At, next.ID)
		}
		c.add(runMatches, f.Search, f.hits.operators)
	}
	sql := c.with(runQuery+` where `+runInScope+c.sql+order+`limit $`, limit+1)
	found, err = all[Run](ctx, t.tx, sql, c.args...)
	if err == nil && len(found) > limit {
		found = found[:limit]
		next = &RunMark{At: found[limit-1].StartedAt, ID: found[limit-1].ID}
	}
	return found, next, meaning(err)
}

// rare chooses the latest runs among those that fit a search whose hits are all
// known: at least so many. What an operator did is asked first, since together with
// the rest it would be planned badly.
func (t *Tx) rare(ctx context.Context, c *conditions, f RunFilter, most int) error {
	hits, ids := f.hits, f.hits.runs
	order, _, _ := f.direction()
	if len(ids) == 0 && len(hits.operators) == 1 {
		c.add("r.operator_id = $", hits.operators[0])
		return nil
	}
	if len(hits.operators) > 0 {
		mine := *c
		rows, err := t.tx.Query(ctx, mine.with(`
			select mine.id from unnest($::uuid[]) as by (id) cross join lateral (
				select r.id from run r where `+runInScope+c.sql+` and r.operator_id = by.id`+order+`limit $) mine`,
			hits.operators, most), mine.args...)
		if err != nil {
			return err
		}
		theirs, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return err
		}
		ids = slices.Concat(ids, theirs)
	}
	c.add("r.id = any ($)", ids)
	return nil
}

// windowEnd returns the last of the next runs that are read at once; nil if these
// are all.
func (t *Tx) windowEnd(ctx context.Context, c conditions, order string) (*RunMark, error) {
	sql := c.with(`
		select r.started_at, r.id from run r where `+runInScope+c.sql+order+`offset $ limit 1`, window-1)
	end := &RunMark{}
	err := t.tx.QueryRow(ctx, sql, c.args...).Scan(&end.At, &end.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return end, err
}

// CountRuns counts the scope's runs that fit, by state; f.State is not asked. It
// reads 20,000 runs at most, the latest behind after, and returns where it stopped:
// nil if nothing follows.
func (t *Tx) CountRuns(ctx context.Context, f RunFilter, after *RunMark) (n RunCounts, next *RunMark, err error) {
	if f.Search != "" && f.hits == nil {
		if f, err = t.LookUp(ctx, f); err != nil {
			return n, nil, err
		}
	}
	f.State, f.Oldest = "", false
	c := t.conditions(f, after)
	order, _, _ := f.direction()
	if f.Search != "" && f.hits.rare {
		if err = t.rare(ctx, c, f, window); err != nil {
			return n, nil, meaning(err)
		}
	}
	counted, fits := *c, "true"
	if f.Search != "" && !f.hits.rare {
		fits = counted.with(runMatches, f.Search, f.hits.operators)
	}
	var read int
	sql := counted.with(`
		select count(*) filter (where fits), count(*) filter (where fits and state = 'applied'),
		       count(*) filter (where fits and state = 'refused'), count(*) filter (where fits and state = 'unknown'),
		       count(*) filter (where fits and state = 'sending'), count(*)
		from (select r.state, `+fits+` as fits from run r
		      where `+runInScope+c.sql+order+`limit $) counted`, window)
	err = t.tx.QueryRow(ctx, sql, counted.args...).Scan(&n.Total, &n.Applied, &n.Refused, &n.Unknown, &n.Sending, &read)
	if err == nil && read == window {
		next, err = t.windowEnd(ctx, *c, order)
	}
	return n, next, meaning(err)
}

// RunOperator is an operator who did something in a scope.
type RunOperator struct {
	ID    uuid.UUID
	Email string
}

// RunOperators lists who did anything in the scope, members of today or not. It goes
// from one operator to the next in the index; joined, all runs would be read.
func (t *Tx) RunOperators(ctx context.Context) ([]RunOperator, error) {
	c := t.conditions(RunFilter{}, nil)
	return all[RunOperator](ctx, t.tx, `
		with recursive did (id) as (
			(select r.operator_id from run r where `+runInScope+c.sql+` order by r.operator_id limit 1)
			union all
			select (select r.operator_id from run r where `+runInScope+c.sql+
		` and r.operator_id > did.id order by r.operator_id limit 1)
			from did where did.id is not null)
		select p.id, p.email from operator p join did on did.id = p.id order by p.email`, c.args...)
}
