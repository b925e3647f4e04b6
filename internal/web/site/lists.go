package site

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"duodesk/internal/text"
	"duodesk/views"
)

// ListRows is how many rows a page of a list has.
const ListRows = 50

// ListEmpty says why a list that is held shows no rows.
func ListEmpty(noun string, total int, tooMany bool, all string) views.Empty {
	switch {
	case tooMany:
		return views.Empty{Kind: "no-match", Headline: "Too many to list", Text: fmt.Sprintf("This account has %d %s. Open the user they belong to.", total, noun)}
	case total == 0:
		return views.Empty{Kind: "nothing-yet", Headline: "No " + noun, Text: "This Duo account has none."}
	}
	return views.Empty{Kind: "no-match", Headline: "Nothing matches", Text: "Change the search.", Link: views.Link{Text: "Show all", Href: all}}
}

// ExactEmpty says of an account that is too large to be listed why no user is shown.
func ExactEmpty(v Visitor, query string) views.Empty {
	if query == "" {
		return views.Empty{Kind: "no-match", Headline: "Find one user", Text: "This account is too large to list. Type the whole " + views.ExactUser + "."}
	}
	return views.Empty{Kind: "no-match", Headline: "No user has exactly this name", Text: "Type the whole " + views.ExactUser + ".",
		Link: views.Link{Text: "Search the phones for it", Href: views.With(views.Phones(v.Workspace.Slug, v.Organization.Slug), "q", query)}}
}

// PagerOf describes page n of a list in pages of size; address makes the address
// of another page.
func PagerOf(n, size, total int, noun string, address func(page int) string) views.Pager {
	p := views.Pager{From: min((n-1)*size+1, total), To: min(n*size, total), Total: total, Noun: noun}
	if n > 1 {
		p.Previous = address(n - 1)
	}
	if n*size < total {
		p.Next = address(n + 1)
	}
	return p
}

// Slice cuts page n out of a list that is held whole.
func Slice[T any](items []T, n, size int) []T {
	from := min((n-1)*size, len(items))
	return items[from:min(from+size, len(items))]
}

// Query is the search text of an address.
func Query(c echo.Context) string { return Searched(c.QueryParam("q")) }

// longestSearch is how many characters of a search are read.
const longestSearch = 300

// Searched cleans a search text: what is searched is folded, so that the very text
// of a name finds it.
func Searched(typed string) string {
	typed = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(typed, ""))
	typed = text.Line(typed)
	return string([]rune(typed)[:min(longestSearch, utf8.RuneCountInString(typed))])
}

// SearchFrom is from how many members on they can be searched.
const SearchFrom = 15
