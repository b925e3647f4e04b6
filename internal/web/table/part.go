package table

import (
	"net/url"
	"strings"

	"duodesk/internal/web/site"
)

// Parameters are the names of what a program may choose of the list, besides limit and cursor.
func (l List) Parameters() []string {
	names := []string{"q", "sort"}
	for _, f := range l.Filters {
		names = append(names, f.Name)
	}
	return names
}

// Part reads what a program asks of the list: the filters, the search and the orders of its page, and limit and cursor
// in place of the page's marks. All faults are returned at once, each with its field.
func (l List) Part(values url.Values, part site.APIList) (a Asked, err error) {
	a.Search = site.Searched(values.Get("q"))
	a.chosen = map[string]string{"q": a.Search}
	var bad site.InvalidFields
	for _, f := range l.Filters {
		if a.chosen[f.Name] = values.Get(f.Name); !f.takes(a.chosen[f.Name]) {
			bad.Add(f.Name, f.Fault)
		}
	}
	if l.askSort(&a, values.Get("sort")) != nil {
		bad.Add("sort", "sort is "+strings.Join(l.Orders(), ", ")+".")
	}
	if len(bad.Bad) > 0 {
		return a, &bad
	}
	if a.Limit = part.Limit; part.After != nil {
		a.From, err = MarkOf(part.After)
	}
	return a, err
}

// Orders are the values of sort: each column, and each with a minus for the other direction.
func (l List) Orders() (values []string) {
	for _, s := range l.Sorts {
		values = append(values, s.Name, "-"+s.Name)
	}
	return values
}
