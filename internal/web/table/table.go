// Package table makes pages, files and parts for programs of one definition of a list.
package table

import (
	"context"
	"fmt"
	"slices"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// Size is how many rows a page of a list has.
const Size = 50

// Definition is a whole list: rows R of the store, or of a list that is held, shown as V.
type Definition[R, V any] struct {
	List
	Columns views.Columns[V]
	Row     func(R) V   // nil: the page has a component for its rows
	None    views.Empty // why there are no rows although none are left out
}

// Found is what was read for a page. Total is how many rows there are, and Matching how many of them are chosen.
type Found[R any] struct {
	store.Page[R]
	Total, Matching int
	AtLeast         bool // there may be more than Matching
}

// Show is a page of the list.
func (d Definition[R, V]) Show(a Asked, found Found[R]) views.Table {
	t := d.show(a)
	var rows []V
	for _, r := range found.Rows {
		if d.Row != nil {
			rows = append(rows, d.Row(r))
		}
	}
	d.Columns.Fill(&t, rows)
	for i, column := range d.Columns.Columns {
		d.sortable(&t.Heads[i], column.Name, a)
	}
	t.Caption = d.caption(found.Matching, found.Total, found.AtLeast)
	t.Previous, t.Next = d.turn(a, "before", found.Previous), d.turn(a, "after", found.Next)
	t.Empty = d.empty(a, found.Total)
	if found.Total == 0 && !a.Filtered() {
		t.Label, t.Boxes, t.Choices = "", nil, nil // there is nothing to choose from
	}
	if len(found.Rows) == 0 && found.Matching == found.Total {
		t.Caption = ""
	}
	return t
}

// show is what does not depend on the rows.
func (l List) show(a Asked) views.Table {
	t := views.Table{ID: l.ID, At: l.At, Noun: l.Many, Live: l.Search != "" && !l.Plain, Label: l.Search,
		Placeholder: l.Placeholder, Search: a.Search, Filtered: a.Filtered()}
	if t.ID == "" {
		t.ID = "list"
	}
	t.Keep = []views.Hidden{{Name: "sort", Value: a.chosen["sort"]}}
	for _, f := range l.Filters {
		f.offer(&t, l, a)
	}
	t.Keep = views.Chosen(t.Keep)
	return t
}

// offer puts a filter on the page.
func (f Filter) offer(t *views.Table, l List, a Asked) {
	value := a.chosen[f.Name]
	box := views.FieldView{Name: f.Name, Label: f.Label, Value: value, Quiet: true}
	switch f.Control {
	case Select:
		box.Kind = "select"
		for _, o := range f.Options {
			box.Options = append(box.Options, views.Option{Value: o.Value, Text: o.Text})
		}
		t.Boxes = append(t.Boxes, box)
		return
	case Day:
		box.Kind = "date"
		t.Boxes = append(t.Boxes, box)
		return
	case Text:
		t.Boxes = append(t.Boxes, box)
		return
	case Links:
		row := views.Choices{Label: f.Label}
		for _, o := range f.Options {
			row.Links = append(row.Links, views.FilterLink{Text: o.Text, Count: o.Count, Current: o.Value == value,
				Href: l.Address(a, f.Name, o.Value)})
		}
		if len(row.Links) > 0 {
			t.Choices = append(t.Choices, row)
		}
	}
	t.Keep = keep(t.Keep, f.Name, value)
}

// sortable makes a column's head a link, which turns the order that the list is in already.
func (l List) sortable(h *views.Head, column string, a Asked) {
	i := slices.IndexFunc(l.Sorts, func(s Sort) bool { return s.Name == column && column != "" })
	if i < 0 {
		return
	}
	value := l.Sorts[i].Name
	if a.sort.Name == column {
		h.Sorted = "ascending"
		if a.Descending != a.sort.Falls {
			h.Sorted = "descending"
		}
		if !a.turned {
			value = "-" + value
		}
	}
	if i == 0 && value == l.Sorts[0].Name {
		value = ""
	}
	h.Sort = l.Address(a, "sort", value)
}

func (l List) caption(matching, total int, atLeast bool) string {
	noun := l.Many
	if matching == 1 && total == 1 && !atLeast {
		noun = l.One
	}
	switch {
	case atLeast:
		return views.Number(matching) + "+ " + noun
	case matching != total:
		return fmt.Sprintf("%s of %s %s match", views.Number(matching), views.Number(total), noun)
	}
	return views.Number(matching) + " " + noun
}

// turn is the link to the page beside.
func (l List) turn(a Asked, direction string, mark *store.Mark) views.Link {
	turns := l.Turns
	if turns[0] == "" {
		turns = [2]string{"Previous", "Next"}
	} else if a.turned {
		slices.Reverse(turns[:])
	}
	link := views.Link{Text: turns[1]}
	if direction == "before" {
		link.Text = turns[0]
	}
	if mark != nil {
		link.Href = l.Address(a, direction, l.mark(a.sort, *mark))
	}
	return link
}

// empty says why there is no row: there are none at all, none is chosen, or those of this page went away.
func (d Definition[R, V]) empty(a Asked, total int) views.Empty {
	switch {
	case total == 0 && !a.Filtered():
		return d.None
	case a.From != nil:
		return views.Empty{Kind: "no-match", Headline: "No more " + d.Many + " here", Text: "The list has changed.",
			Link: views.Link{Text: "To the beginning", Href: d.Address(a)}}
	}
	return views.Empty{Kind: "no-match", Headline: "No " + d.One + " matches", Text: "Change the search or the filter.",
		Link: views.Link{Text: "Show all " + d.Many, Href: d.At}}
}

// Parts hands out the pages of what is asked, one after the other, as rows of a file.
func Parts[R any](q store.Query, read func(context.Context, *store.Tx, store.Query) (store.Page[R], error),
	row func(R) []string) site.FilePart {
	return func(ctx context.Context, tx *store.Tx) (rows [][]string, last bool, err error) {
		found, err := read(ctx, tx, q)
		for _, r := range found.Rows {
			rows = append(rows, row(r))
		}
		q.From = found.Next
		return rows, found.Next == nil, err
	}
}
