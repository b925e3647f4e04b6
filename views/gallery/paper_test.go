package gallery

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// relative is a time as a distance from now, which paper does not have.
var relative = regexp.MustCompile(
	`\b(?:\d+ (?:s|min|h|days?|years?) ago|in \d+ (?:min|h|days?)|just now|a moment ago|tomorrow|yesterday)\b`)

// TestPaperHasClockTimes: what a page says as a distance in time is in a time element whose clock time the style sheet
// prints: its title, or the text beside the muted distance.
func TestPaperHasClockTimes(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, s := range Samples() {
		for n := range parse(t, drawn(t, s)).elements[0].Descendants() {
			if n.Type == html.ElementNode && n.Data == "time" && relative.MatchString(attribute(n, "title")) {
				t.Errorf("%s prints the distance %q", s.Name, attribute(n, "title"))
			}
			if n.Type != html.TextNode || !relative.MatchString(n.Data) || notPrinted(n) {
				continue
			}
			if seen++; !clockTimeOf(n) {
				t.Errorf("%s: %q is on paper without a clock time", s.Name, strings.TrimSpace(n.Data))
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d distances were found", seen)
	}
}

// notPrinted reports whether the style sheet leaves a text out on paper.
func notPrinted(n *html.Node) bool {
	for at := range n.Ancestors() {
		classes := strings.Fields(attribute(at, "class"))
		if slices.Contains([]string{"nav", "button", "script", "head"}, at.Data) ||
			slices.ContainsFunc(classes, func(c string) bool {
				return slices.Contains([]string{"head", "rail", "flash", "no-print", "button", "toolbar"}, c)
			}) {
			return true
		}
	}
	return false
}

// clockTimeOf reports whether paper has a clock time in place of a distance.
func clockTimeOf(n *html.Node) bool {
	muted := false
	for at := range n.Ancestors() {
		if at.Data == "time" {
			title := attribute(at, "title")
			clock := strings.TrimSpace(strings.Replace(text(at), strings.TrimSpace(n.Data), "", 1))
			return title != "" || muted && clock != "" && !relative.MatchString(clock)
		}
		muted = muted || attribute(at, "class") == "muted"
	}
	return false
}
