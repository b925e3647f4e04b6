package store

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Slug makes the address form of a name: lower-case ASCII letters and digits
// with single hyphens, at most 60 characters. Accents fall away; a name without
// any Latin letter or digit becomes "organization".
func Slug(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r == 'ß':
			b.WriteString("ss")
		case r == 'ł':
			b.WriteByte('l')
		case r == 'ø':
			b.WriteByte('o')
		case r < unicode.MaxASCII && (unicode.IsLower(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' || r == '.':
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := b.String()
	slug = strings.Trim(slug[:min(len(slug), 60)], "-")
	if slug == "" {
		return "organization"
	}
	return slug
}

// freeSlug returns the name's slug, with "-2", "-3" … where it is taken.
func freeSlug(name string, taken map[string]bool) string {
	base := Slug(name)
	for n := 1; ; n++ {
		slug := base
		if n > 1 {
			slug += "-" + strconv.Itoa(n)
		}
		if !taken[slug] {
			return slug
		}
	}
}
