package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Query asks a list for one page. A page begins or ends at a row, never at a number, so that rows that come and go
// between two pages neither repeat a row nor hide one.
type Query struct {
	Search     string // part of a name, in any case
	Filter     string // the part of the list; each list has its own names
	Sort       string // the name of one of the list's orders; empty: by name
	Descending bool
	From       *Mark // the row before the page, or behind it if Before; nil: the list's end in that direction
	Before     bool
	Limit      int // rows
}

// Mark is the place of a row in an order: what it is sorted by, and its id. The row need not exist any more. A mark
// opens nothing: the scope of the transaction decides what is behind it.
type Mark struct {
	Key string
	ID  uuid.UUID
}

// ErrMark says that a mark is of no row of the list in this order.
var ErrMark = errors.New("store: the mark is not of this list")

// Page is one page of a list. Previous and Next are where the pages beside it end and begin; nil if nothing is there.
type Page[R any] struct {
	Rows           []R
	Previous, Next *Mark
}

// order is one way to sort rows: two SQL expressions, of a row and of the key in a mark ($), which Postgres compares.
// They are constants: no part of an address is ever SQL.
type order[R any] struct {
	row, mark string
	key       func(R) string
	value     func(string) (any, error) // the key as a parameter
}

// orders are the ways to sort a list whose rows are told apart by an id.
type orders[R any] struct {
	id   string // SQL of a row
	idOf func(R) uuid.UUID
	by   map[string]order[R]
}

// textKey and timeKey read what a mark is sorted by. They return ErrMark for an edited mark.
func textKey(key string) (any, error) {
	if !utf8.ValidString(key) || strings.Contains(key, "\x00") {
		return nil, ErrMark
	}
	return key, nil
}

func timeKey(key string) (any, error) {
	at, err := time.Parse(time.RFC3339Nano, key)
	if err != nil || at.Year() < 1970 || at.Year() > 9000 {
		return nil, ErrMark
	}
	return at, nil
}

// timeOf is a moment as the key of a mark; nil sorts as the epoch does.
func timeOf(at *time.Time) string {
	if at == nil {
		return time.Unix(0, 0).UTC().Format(time.RFC3339Nano)
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// conditions collects a part of a WHERE and its parameters.
type conditions struct {
	sql  string
	args []any
}

// add appends a condition in which each $ is the next of the values.
func (c *conditions) add(condition string, values ...any) {
	c.sql += " and " + c.with(condition, values...)
}

// with returns SQL in which each $ that has no number yet is the next of the values.
func (c *conditions) with(sql string, values ...any) string {
	c.args = slices.Clip(c.args) // a copy of c keeps its own
	return unnumbered.ReplaceAllStringFunc(sql, func(found string) string {
		c.args = append(c.args, values[0])
		values = values[1:]
		return "$" + strconv.Itoa(len(c.args)) + found[1:]
	})
}

var unnumbered = regexp.MustCompile(`\$([^0-9]|$)`)

// page completes a statement, which ends within its WHERE, by the place and the order that a query asks for.
func page[R any](ctx context.Context, tx pgx.Tx, c *conditions, statement string, by orders[R], q Query) (found Page[R],
	err error) {
	o, known := by.by[q.Sort]
	if !known {
		return found, fmt.Errorf("store: a list has no order %q", q.Sort)
	}
	compare, direction := ">", "asc"
	if q.Descending != q.Before {
		compare, direction = "<", "desc"
	}
	if q.From != nil {
		key, err := o.value(q.From.Key)
		if err != nil {
			return found, err
		}
		c.add("("+o.row+", "+by.id+") "+compare+" ("+o.mark+", $::uuid)", key, q.From.ID)
	}
	sql := c.with(statement+c.sql+` order by `+o.row+` `+direction+`, `+by.id+` `+direction+` limit $`, q.Limit+1)
	rows, err := all[R](ctx, tx, sql, c.args...)
	if err != nil {
		return found, meaning(err)
	}
	mark := func(r R) *Mark { return &Mark{o.key(r), by.idOf(r)} }
	var ahead *Mark
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		ahead = mark(rows[q.Limit-1])
	}
	return turned(rows, ahead, q, mark), nil
}

// turned makes a page of rows that were read away from a query's mark. ahead is where the reading can go on.
func turned[R any](rows []R, ahead *Mark, q Query, mark func(R) *Mark) Page[R] {
	var back *Mark
	if len(rows) > 0 && q.From != nil {
		back = mark(rows[0])
	}
	if q.Before {
		slices.Reverse(rows)
		return Page[R]{Rows: rows, Previous: ahead, Next: back}
	}
	return Page[R]{Rows: rows, Previous: back, Next: ahead}
}

// each hands out a whole list, read in parts.
func each[R any](read func(Query) (Page[R], error)) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		q := Query{Limit: 500}
		for {
			found, err := read(q)
			if err != nil {
				var none R
				yield(none, err)
				return
			}
			for _, row := range found.Rows {
				if !yield(row, nil) {
					return
				}
			}
			if q.From = found.Next; q.From == nil {
				return
			}
		}
	}
}
