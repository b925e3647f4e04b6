package views

import (
	"strings"

	"github.com/a-h/templ"
)

// Address shows a text that may be an email address: a line ends after its @ or a dot of its domain rather than inside
// a word. It is not a templ component, because templ puts spaces between parts, and they would be copied along. What it
// divides is escaped already, and no character reference has an @ or a dot.
func Address(text string) templ.Component {
	html := templ.EscapeString(text)
	if local, domain, found := strings.Cut(html, "@"); found && !strings.ContainsAny(html, " \n") {
		html = local + "@<wbr>" + strings.ReplaceAll(domain, ".", ".<wbr>")
	}
	return templ.Raw(html)
}
