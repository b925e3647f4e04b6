package views

import (
	"strings"

	"github.com/a-h/templ"
)

// Table is one page of a list: what is chosen of it, its rows, and the ways on. The address says all of it, so that a
// link, a reload and the way back show the same.
type Table struct {
	ID   string // of the part of the page that a live search replaces
	At   string // the list's address, with nothing chosen
	Noun string // plural
	Live bool   // typing in the search box replaces the list

	Label, Placeholder, Search string      // of the search box and in it; without a Label the list cannot be searched
	Keep                       []Hidden    // what the search keeps of what is chosen
	Boxes                      []FieldView // what else the search form asks for
	Choices                    []Choices   // filters as links
	Filtered                   bool        // something is chosen
	Trouble                    *Trouble    // the list could not be read, or not again
	Notes                      []string    // what the list leaves out unasked
	More                       Link        // where a search that was cut short goes on
	Caption                    string      // how many rows there are
	ReadAt                     When        // from Duo; not Known: the console's own
	Refresh                    string      // address that reads again
	Empty                      Empty       // in place of rows
	Heads                      []Head
	Rows                       []TableRow
	Previous, Next             Link
}

// Choices is one row of filters.
type Choices struct {
	Label string
	Links []FilterLink
}

// Head is the head of a column. Sort is the address of the list sorted by it, or the other way round.
type Head struct {
	Text   string
	Quiet  bool // for screen readers only
	Class  string
	Sort   string
	Sorted string // ascending, descending; empty: by another column
}

// TableRow is one row. Bad marks one with a fault.
type TableRow struct {
	ID    string
	Bad   bool
	Cells []TableCell
}

// TableCell is one cell. Label is what a narrow page writes before it; empty: nothing.
type TableCell struct {
	Head         bool
	Class, Label string
	Body         templ.Component
}

// Column is a column of a list of V. Name is what the list is sorted by, in addresses.
type Column[V any] struct {
	Name, Text string
	Quiet      bool // its head is for screen readers only
	Head       bool // it names the row
	Bare       bool // a narrow page writes no label before it
	// place below the name in the card that a narrow page shows, from 1 to 3; 0: behind those, as in the list
	Card  int
	Class string // num, nowrap, what or row-acts
	Cell  func(V) templ.Component
}

// Columns are the columns of a list, and what marks its rows. ID and Bad may be nil.
type Columns[V any] struct {
	Columns []Column[V]
	ID      func(V) string
	Bad     func(V) bool
}

// class returns the class of the column's cells. A card moves cells by style only, so columns with links keep their
// order.
func (c Column[V]) class() string {
	if c.Card == 0 {
		return c.Class
	}
	return strings.TrimSpace(c.Class + " card-" + Itoa(c.Card))
}

// Fill gives a table the heads and the rows of a list.
func (c Columns[V]) Fill(t *Table, rows []V) {
	for _, column := range c.Columns {
		t.Heads = append(t.Heads, Head{Text: column.Text, Quiet: column.Quiet, Class: column.Class})
	}
	for _, v := range rows {
		row := TableRow{}
		if c.ID != nil {
			row.ID = c.ID(v)
		}
		row.Bad = c.Bad != nil && c.Bad(v)
		for _, column := range c.Columns {
			cell := TableCell{Head: column.Head, Class: column.class(), Body: column.Cell(v)}
			if !column.Bare && !column.Head {
				cell.Label = column.Text
			}
			row.Cells = append(row.Cells, cell)
		}
		t.Rows = append(t.Rows, row)
	}
}

// TableOf is a table alone, with no more than its rows.
func TableOf[V any](noun string, columns Columns[V], rows []V) Table {
	t := Table{ID: "list", Noun: noun}
	columns.Fill(&t, rows)
	return t
}
