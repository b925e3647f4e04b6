package table

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/views"
)

var plants = List{
	One: "plant", Many: "plants", At: "/w/northwind/plants", Search: "Find a plant", Also: []string{"run"},
	Filters: []Filter{{Name: "show", Label: "Filter plants", Fault: "show is green or red.",
		Options: []Option{{Text: "All"}, {Value: "green"}, {Value: "red"}}},
		{Name: "show", Label: "By color", Options: []Option{{Value: "red"}}}},
	Sorts: []Sort{{Name: "name"}, {Name: "age", Order: "age", Descending: true}},
}

func ask(t *testing.T, address string) (Asked, error) {
	t.Helper()
	values, err := url.ParseQuery(address)
	if err != nil {
		t.Fatal(err)
	}
	return plants.Ask(values)
}

// TestAddressesAreReadWhole: what an address holds is chosen or refused, and never left out.
func TestAddressesAreReadWhole(t *testing.T) {
	t.Parallel()
	place := plants.mark(plants.Sorts[0], store.Mark{Key: "Fern", ID: uuid.New()})
	for address, said := range map[string]string{
		"color=green": "no parameter color", "page=2": "no parameter page", "Q=x": "no parameter Q",
		"%00=x": "no parameter", "q=a&q=b": "q twice",
		"show=green&show=green": "show twice", "show=blue": "show is green or red.", "show=%00": "show is green",
		"sort=color":  "sorted by color",
		"sort=--name": "sorted by", "sort=-": "sorted by", "after=x": "does not belong to this list",
		"after=" + place + "&before=" + place: "after and before",
		"sort=age&after=" + place:             "does not belong to this list",
		"before=" + strings.Repeat("A", 40):   "does not belong to this list",
		"sort=" + strings.Repeat("x", 500):    strings.Repeat("x", 60) + "…",
	} {
		if _, err := ask(t, address); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("%s: %v, want %q", address, err, said)
		}
	}
	for address, want := range map[string]store.Query{
		"": {}, "run=x": {}, "q=+Fern%20": {Search: "Fern"}, "show=": {}, "sort=name": {},
		"sort=-name": {Descending: true},
		"sort=age":   {Sort: "age", Descending: true}, "sort=-age": {Sort: "age"}, "q=&show=green": {},
	} {
		want.Limit = Size
		if a, err := ask(t, address); err != nil || a.Query != want {
			t.Errorf("%s: %+v, %v, want %+v", address, a.Query, err, want)
		}
	}
	a, err := ask(t, "q=fern&show=red&before="+place)
	if err != nil || a.From == nil || a.From.Key != "Fern" || !a.Before {
		t.Fatalf("%+v, %v", a, err)
	}
	if at, err := url.Parse(plants.Here(a)); err != nil || at.Query().Get("before") != place ||
		at.Query().Get("show") != "red" {
		t.Error(at, err)
	}
	// A filter that is offered in two rows is one parameter.
	if got := fmt.Sprint(plants.Pairs(a)); got != "[{q fern} {show red}]" {
		t.Error("a form would carry ", got)
	}
	if got := fmt.Sprint(plants.show(a).Keep); got != "[{show red}]" {
		t.Error("the search would keep ", got)
	}
}

// TestKindsOfEmpty: an empty list says why.
func TestKindsOfEmpty(t *testing.T) {
	t.Parallel()
	d := Definition[string, string]{List: plants, None: views.Empty{Headline: "No plants yet"}}
	place := plants.mark(plants.Sorts[0], store.Mark{Key: "Fern"})
	for address, want := range map[string]struct {
		total    int
		headline string
	}{
		"": {0, "No plants yet"}, "q=x": {0, "No plant matches"}, "show=red": {9, "No plant matches"},
		"after=" + place: {9, "No more plants here"},
	} {
		a, err := ask(t, address)
		if err != nil {
			t.Fatal(err)
		}
		shown := d.Show(a, Found[string]{Total: want.total})
		if shown.Empty.Headline != want.headline || (shown.Label == "") != (address == "") {
			t.Errorf("%s: %+v, search box %q", address, shown.Empty, shown.Label)
		}
	}
}

func FuzzMark(f *testing.F) {
	f.Add(plants.mark(plants.Sorts[0], store.Mark{Key: "Fern", ID: uuid.New()}))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		mark, err := plants.place(plants.Sorts[0], text)
		if err == nil && plants.mark(plants.Sorts[0], *mark) != text {
			t.Errorf("%q is read as %+v", text, mark)
		}
		if _, also := plants.place(plants.Sorts[1], text); err == nil && also == nil {
			t.Errorf("%q is a mark of two orders", text)
		}
	})
}

// TestHeldPages turns the pages of a list that is held, both ways, while rows come and go.
func TestHeldPages(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		rows, stays := map[string]bool{}, map[string]bool{}
		for range r.IntN(40) {
			row := fmt.Sprintf("%03d", r.IntN(500)*2)
			rows[row], stays[row] = true, true
		}
		q := store.Query{Limit: 1 + r.IntN(6), Descending: r.IntN(2) == 0, Before: r.IntN(2) == 0}
		what := fmt.Sprintf("seed %d, %+v", seed, q)
		var seen []string
		for {
			var all []string
			for row := range rows {
				all = append(all, row)
			}
			page := Held(all, q, func(row string) string { return row })
			next := page.Next
			if q.Before {
				slices.Reverse(page.Rows)
				next = page.Previous
			}
			seen = append(seen, page.Rows...)
			if q.From = next; next == nil {
				break
			}
			passing := fmt.Sprintf("%03d", r.IntN(500)*2+1) // which come and go
			rows[passing] = !rows[passing]
			if !rows[passing] {
				delete(rows, passing)
			}
		}
		if q.Descending != q.Before {
			slices.Reverse(seen)
		}
		if !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != len(seen) {
			t.Fatalf("%s: seen %v", what, seen)
		}
		for row := range stays {
			if !slices.Contains(seen, row) {
				t.Fatalf("%s: %s was lost", what, row)
			}
		}
	}
}
