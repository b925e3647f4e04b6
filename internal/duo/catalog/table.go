package catalog

import (
	"strconv"
	"strings"
	"time"

	"duodesk/internal/duo"
)

// Table is what an action read, for a page and for a file: one row an object.
type Table struct {
	Noun    string // of the rows: "users"
	Columns []Column
	Rows    [][]string
	One     bool // a single object, asked for by name
	Total   int  // how many there are in Duo; 0: as many as rows
	Next    int  // offset of the part after this; 0: none
	// Onward are the fields that read the part after this where no offset does;
	// nil: there is none.
	Onward map[string]string
}

// Column is one property of the rows. The name is Duo's.
type Column struct{ Name, Title, Kind string }

// The kinds of a column's values, beside plain text: a moment is written as in
// RFC 3339, a yes or no as those words, an id as Duo's.
const (
	Moment   = "moment"
	Instant  = "instant" // a moment of which the clock time matters, as in a log
	Number   = "number"
	Mono     = "mono"
	UserLink = OfUser
	PhoneRef = OfPhone
)

func tableOf[T any](noun string, columns []Column, row func(T) []string, items []T, metadata duo.Metadata) *Table {
	t := &Table{Noun: noun, Columns: columns, Total: metadata.Total, Next: metadata.Next}
	for _, item := range items {
		t.Rows = append(t.Rows, row(item))
	}
	return t
}

// objectOf is the table of one object.
func objectOf[T any](columns []Column, row func(T) []string, item T) *Table {
	return &Table{Columns: columns, Rows: [][]string{row(item)}, One: true}
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func yesno(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func namesOf[T any](items []T, name func(T) string) string {
	var names []string
	for _, item := range items {
		names = append(names, name(item))
	}
	return strings.Join(names, ", ")
}

// The fields of every list: which part of it.
var (
	listLimit = Int{Name: "limit", Label: "Maximum number",
		Help: "Duo returns up to 300 users, or up to 500 other entries, at a time.", Min: 1, Max: 500, Default: 100,
		Example: "100"}
	listOffset = Int{Name: "offset", Label: "Skip", Help: "How many entries to skip: 100 begins with the 101st.",
		Min: 0, Max: 10_000_000, Example: "0"}
)

// listed says in a sentence how much was read.
func listed(n int, metadata duo.Metadata, one, many string) string {
	if metadata.Total > n {
		return "Read " + strconv.Itoa(n) + " of " + counted(metadata.Total, one, many) + "."
	}
	return "Read " + counted(n, one, many) + "."
}
