package table

import (
	"net/url"
	"slices"
	"strings"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// List is what can be chosen of a list, by its address.
type List struct {
	One, Many   string // "organization", "organizations"
	At          string // its address, with nothing chosen
	ID          string // of its part of the page; empty: "list"
	Search      string // label of its search box; empty: it cannot be searched
	Placeholder string // in the search box; empty: the label
	Filters     []Filter
	Sorts       []Sort    // the first is the order unasked
	Also        []string  // parameters of the page that choose nothing of the list
	Plain       bool      // what is typed elsewhere on the page must not be replaced by a live search
	Turns       [2]string // what the links to the pages beside say, unless the order is turned; empty: Previous, Next
}

// Filter chooses rows by one parameter. Options are what it takes, besides what Valid accepts; one whose Count is 0 or
// more says how many rows it has. Control is how the page offers it.
type Filter struct {
	Name, Label string
	Control     Control
	Options     []Option
	Valid       func(string) bool
	Fault       string // a sentence for what it does not take
}

// Control is how a page offers a filter.
type Control int

// The controls of filters.
const (
	Links  Control = iota // a row of links
	Select                // a box of the search form
	Day                   // the same, for a day
	Text                  // the same, for words
	Hidden                // none: links elsewhere lead there
)

// Option is one value of a filter. The empty value chooses all.
type Option struct {
	Value, Text string
	Count       int // -1: not known
}

// Sort is an order of a list, by the name of its column. Descending is the direction at first, and Falls that the
// column is shown as descending by an order of the store that ascends.
type Sort struct {
	Name, Order       string
	Descending, Falls bool
}

// Asked is what an address chooses of a list.
type Asked struct {
	store.Query
	chosen map[string]string
	sort   Sort
	turned bool
	place  []string // name and value of the parameter that says where the page is
}

// Value is what is chosen by a parameter; empty: nothing.
func (a Asked) Value(name string) string { return a.chosen[name] }

// Set chooses otherwise than the address did.
func (a Asked) Set(name, value string) { a.chosen[name] = value }

// Filtered reports whether rows are chosen at all.
func (a Asked) Filtered() bool {
	for name, value := range a.chosen {
		if name != "sort" && value != "" {
			return true
		}
	}
	return false
}

// Ask reads an address, or a form that carries one along. What the list does not know is refused: it was meant to
// choose something, and a list of more than was asked for misleads.
func (l List) Ask(values url.Values) (Asked, error) {
	a := Asked{Query: store.Query{Limit: Size}, chosen: map[string]string{}}
	for name, given := range values {
		switch {
		case len(given) > 1:
			return a, site.BadRequest("The address has " + site.Known(name) + " twice. Choose one.")
		case slices.Contains(l.Also, name), name == "after", name == "before", name == site.HeldField:
		case name == "q" && l.Search != "":
			a.Search = site.Searched(given[0])
			a.chosen["q"] = a.Search
		case name == "sort":
			if err := l.askSort(&a, given[0]); err != nil {
				return a, err
			}
		default:
			i := slices.IndexFunc(l.Filters, func(f Filter) bool { return f.Name == name })
			if i < 0 {
				return a, site.BadRequest("This list has no parameter " + site.Known(name) + ".")
			}
			if !l.Filters[i].takes(given[0]) {
				return a, site.BadRequest(l.Filters[i].Fault)
			}
			a.chosen[name] = given[0]
		}
	}
	if !values.Has("sort") {
		if err := l.askSort(&a, ""); err != nil {
			return a, err
		}
	}
	return a, l.askPlace(&a, values.Get("after"), values.Get("before"))
}

// AskOf is Ask for a form that carries other things besides.
func (l List) AskOf(form url.Values) (Asked, error) {
	chosen := url.Values{}
	names := []string{"q", "sort", "after", "before"}
	for _, f := range l.Filters {
		names = append(names, f.Name)
	}
	for _, name := range names {
		if given := form[name]; len(given) > 0 && given[0] != "" {
			chosen[name] = given
		}
	}
	return l.Ask(chosen)
}

func (f Filter) takes(value string) bool {
	return value == "" || f.Valid != nil && f.Valid(value) ||
		slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == value })
}

// askSort reads an order: the name of a column, with a minus for the other direction.
func (l List) askSort(a *Asked, value string) error {
	if len(l.Sorts) == 0 && value == "" {
		return nil
	}
	name, turned := strings.CutPrefix(value, "-")
	for i, s := range l.Sorts {
		if s.Name == name || value == "" && i == 0 {
			a.Sort, a.Descending, a.sort, a.turned = s.Order, s.Descending != turned, s, turned
			if i > 0 || turned {
				a.chosen["sort"] = value
			}
			return nil
		}
	}
	return site.BadRequest("The list cannot be sorted by " + site.Known(name) + ".")
}

func (l List) askPlace(a *Asked, after, before string) (err error) {
	if after != "" && before != "" {
		return site.BadRequest("The address has after and before. Choose one.")
	}
	if text := after + before; text != "" {
		a.Before, a.place = before != "", []string{"after", text}
		if a.Before {
			a.place[0] = "before"
		}
		a.From, err = l.place(a.sort, text)
	}
	return err
}

// Address is the list with what is chosen, and changes in pairs of name and value. It begins at the first page.
func (l List) Address(a Asked, changes ...string) string {
	query := url.Values{}
	for name, value := range a.chosen {
		query.Set(name, value)
	}
	for i := 0; i+1 < len(changes); i += 2 {
		query.Set(changes[i], changes[i+1])
	}
	for name, value := range query {
		if value[0] == "" {
			delete(query, name)
		}
	}
	address, fragment, found := strings.Cut(l.At, "#")
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	if found {
		address += "#" + fragment
	}
	return address
}

// Pairs are what is chosen, for a form that carries it along.
func (l List) Pairs(a Asked) []views.Hidden {
	pairs := []views.Hidden{{Name: "q", Value: a.chosen["q"]}}
	for _, f := range l.Filters {
		pairs = keep(pairs, f.Name, a.chosen[f.Name])
	}
	return views.Chosen(keep(pairs, "sort", a.chosen["sort"]))
}

// Here is Address of this very page, with more parameters, and PairsHere are Pairs of it.
func (l List) Here(a Asked, more ...string) string { return l.Address(a, append(more, a.place...)...) }

func (l List) PairsHere(a Asked) []views.Hidden {
	pairs := l.Pairs(a)
	if len(a.place) > 0 {
		pairs = append(pairs, views.Hidden{Name: a.place[0], Value: a.place[1]})
	}
	return pairs
}

// keep adds a pair. A filter that is offered in two rows is one parameter.
func keep(pairs []views.Hidden, name, value string) []views.Hidden {
	if slices.ContainsFunc(pairs, func(h views.Hidden) bool { return h.Name == name }) {
		return pairs
	}
	return append(pairs, views.Hidden{Name: name, Value: value})
}
