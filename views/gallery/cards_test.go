package gallery

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestCardsBeginWithNameAndState: in a narrow page a row of each list is a card, which begins with the name and then
// the state, where the list has one, and shows all that the row has.
func TestCardsBeginWithNameAndState(t *testing.T) {
	t.Parallel()
	style, err := os.ReadFile("../../static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	lists := map[string]bool{}
	for _, s := range Samples() {
		for _, n := range parse(t, drawn(t, s)).elements {
			if n.Data != "tr" || !inList(n) {
				continue
			}
			var cells []*html.Node
			for c := range n.ChildNodes() {
				if c.Type == html.ElementNode {
					cells = append(cells, c)
				}
			}
			if len(cells) == 0 || cells[0].Data == "th" && attribute(cells[0], "scope") == "col" {
				continue
			}
			lists[s.Name] = true
			slices.SortStableFunc(cells, func(a, b *html.Node) int { return cmp.Compare(placeOf(a), placeOf(b)) })
			if cells[0].Data != "th" {
				t.Errorf("%s: a card does not begin with its name: %s", s.Name, text(n))
			}
			if state := slices.IndexFunc(cells,
				func(c *html.Node) bool { return c.Data == "td" && hasChip(c) }); state > 1 {
				t.Errorf("%s: the state is at place %d of a card: %s", s.Name, state+1, text(n))
			}
			for _, c := range cells {
				if class := cardClass(c); class != "" && strings.Count(string(style), "."+class+" { order: ") != 1 {
					t.Errorf("%s: the style sheet does not know %s", s.Name, class)
				}
			}
		}
	}
	if len(lists) < 12 {
		t.Errorf("only %d samples have a list", len(lists))
	}
}

// inList reports whether a row is one of a list, which views.TableGrid shows.
func inList(row *html.Node) bool {
	for at := range row.Ancestors() {
		if at.Data == "div" && slices.ContainsFunc(at.Attr,
			func(a html.Attribute) bool { return a.Key == "data-scroll" }) {
			return true
		}
	}
	return false
}

func cardClass(cell *html.Node) string {
	for class := range strings.FieldsSeq(attribute(cell, "class")) {
		if strings.HasPrefix(class, "card-") {
			return class
		}
	}
	return ""
}

// placeOf is where the style sheet puts a cell of a card.
func placeOf(cell *html.Node) int {
	switch place, is := strings.CutPrefix(cardClass(cell), "card-"); {
	case cell.Data == "th":
		return -4
	case is:
		return strings.Index("0123", place) - 4
	}
	return 0
}

func hasChip(cell *html.Node) bool {
	for n := range cell.Descendants() {
		if strings.HasPrefix(attribute(n, "class"), "chip") {
			return true
		}
	}
	return false
}
