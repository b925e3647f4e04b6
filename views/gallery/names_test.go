package gallery

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestLinksAndButtonsHaveDistinctNames: a person who hears a list of links or buttons, or says a name aloud, can
// tell apart those that do different things. Links of one name lead to one address; buttons of one name send one form.
func TestLinksAndButtonsHaveDistinctNames(t *testing.T) {
	t.Parallel()
	for _, s := range Samples() {
		does := map[string]string{}
		for _, n := range parse(t, drawn(t, s)).elements {
			what := ""
			switch n.Data {
			case "a":
				if onlyData(n) {
					continue // two people may have one name: the row says more
				}
				what, _, _ = strings.Cut(attribute(n, "href"), "#")
			case "button":
				if attribute(n, "aria-hidden") == "true" {
					continue
				}
				what = effect(n)
			default:
				continue
			}
			name := n.Data + " " + spokenName(n)
			if before, known := does[name]; known && before != what {
				t.Errorf("%s: two of %q: %s and %s", s.Name, name, before, what)
			}
			does[name] = what
		}
	}
}

// spokenName is the accessible name of a link or a button: its label, or its text without what is hidden.
func spokenName(n *html.Node) string {
	if label := attribute(n, "aria-label"); label != "" {
		return label
	}
	var words strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && !within(d, n, "kbd") {
			words.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(words.String()), " ")
}

// onlyData reports whether all that an element says is the name of something.
func onlyData(n *html.Node) bool {
	for d := range n.Descendants() {
		if d.Type == html.TextNode && strings.TrimSpace(d.Data) != "" && !within(d, n, "bdi") && !within(d, n, "code") {
			return false
		}
	}
	return true
}

func within(n, end *html.Node, element string) bool {
	for ; n != end && n != nil; n = n.Parent {
		if n.Data == element {
			return true
		}
	}
	return false
}

// effect is what a button does: the form with its hidden values, or what its attributes name.
func effect(n *html.Node) string {
	does := attribute(n, "name") + "=" + attribute(n, "value") + " " + attribute(n, "formaction") +
		attribute(n, "data-copy") + attribute(n, "data-open") + attribute(n, "data-reveal")
	for at := n; at != nil; at = at.Parent {
		if at.Data != "form" || attribute(n, "data-copy") != "" {
			continue
		}
		does += attribute(at, "action")
		for d := range at.Descendants() {
			if name := attribute(d, "name"); d.Data == "input" && attribute(d, "type") == "hidden" && name != "run_id" {
				does += " " + name + "=" + attribute(d, "value")
			}
		}
	}
	return does
}
