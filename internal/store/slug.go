package store

import (
	"strconv"
	"strings"

	"github.com/gosimple/slug"
	"github.com/gosimple/unidecode"
)

// longestSlug is how many characters a slug has before its number.
const longestSlug = 60

var (
	asTyped     = strings.NewReplacer(".", "", "_", "-")
	apostrophes = strings.NewReplacer("'", "", "`", "")
)

// Slug makes the address form of a name: lower-case ASCII letters and digits with
// single hyphens, at most 60 characters. Letters of other scripts are spelled in
// Latin ones; a name without any letter or digit becomes "organization".
// Apostrophes, and the many signs that are spelled as one, such as the ʻ of Hawaiʻi
// and the ь of Ольга, are within a word: they are left out.
func Slug(name string) string {
	made := slug.Make(apostrophes.Replace(unidecode.Unidecode(asTyped.Replace(name))))
	made = strings.Trim(made[:min(len(made), longestSlug)], "-")
	if made == "" {
		return "organization"
	}
	return made
}

// freeSlug returns the name's slug, with "-2", "-3" … where it is taken.
func freeSlug(name string, taken map[string]bool) string {
	base := Slug(name)
	for n := 1; ; n++ {
		made := base
		if n > 1 {
			made += "-" + strconv.Itoa(n)
		}
		if !taken[made] {
			return made
		}
	}
}
