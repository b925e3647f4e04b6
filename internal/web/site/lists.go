package site

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/views"
)

// ListEmpty says why a list that is held shows no rows.
func ListEmpty(noun string, total int, tooMany bool, all string) views.Empty {
	switch {
	case tooMany:
		return views.Empty{Kind: "no-match", Headline: "Too many to list",
			Text: fmt.Sprintf("This account has %d %s. Open the user they belong to.", total, noun)}
	case total == 0:
		return views.Empty{Kind: "nothing-yet", Headline: "No " + noun, Text: "This Duo account has none."}
	}
	return views.Empty{Kind: "no-match", Headline: "Nothing matches", Text: "Change the search.",
		Link: views.Link{Text: "Show all", Href: all}}
}

// ExactEmpty says of an account that is too large to be listed why no user is shown.
func ExactEmpty(v Visitor, query string) views.Empty {
	if query == "" {
		return views.Empty{Kind: "no-match", Headline: "Find one user",
			Text: "This account is too large to list. Type the whole " + views.ExactUser + "."}
	}
	return views.Empty{Kind: "no-match", Headline: "No user has exactly this name",
		Text: "Type the whole " + views.ExactUser + ".",
		Link: views.Link{Text: "Search the phones for it",
			Href: views.With(views.Phones(v.Workspace.Slug, v.Organization.Slug), "q", query)}}
}

// Query is the search text of an address.
func Query(c echo.Context) string { return Searched(c.QueryParam("q")) }

// IsTag reports whether a filter of organizations names a tag, which shows as it is written.
func IsTag(filter string) bool {
	tag, found := store.Filter(filter).Tag()
	return found && tag == catalog.Plain(tag)
}

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
