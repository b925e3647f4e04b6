package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// spelled are letters that no normal form takes apart, and how they are written
// where the keyboard has no such letter; and the one letter that has two small
// forms. app.fold in the database says the same.
var spelled = strings.NewReplacer("ł", "l", "ø", "o", "ß", "ss", "æ", "ae", "œ", "oe", "đ", "d", "ð", "d", "þ", "th",
	"ħ", "h", "ŧ", "t", "ı", "i", "ς", "σ")

// Fold returns the form by which texts are searched and matched: compatibility
// forms, case, accents and other marks, invisible characters and the number of
// blanks make no difference, and letters such as ł, ø, ß, æ, œ, đ and þ are spelled
// out. The sign U+FFFD is left out, and so are control characters beyond ASCII: pages and
// the record show it in their place and in that of invisible ones. Punctuation and words
// stay as they are. A text that is not empty can fold to
// an empty one.
func Fold(s string) string {
	if isPlainASCII(s) {
		return strings.ToLower(strings.TrimSpace(s))
	}
	// Lower case can have a compatibility form and the other way round, so both are
	// done twice.
	s = foldOnce(foldOnce(s))
	return strings.Join(strings.FieldsFunc(s, isBlank), " ")
}

func foldOnce(s string) string {
	s = strings.ToLower(norm.NFKC.String(s))
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || isInvisible(r) ||
			r > unicode.MaxASCII && unicode.IsControl(r) && !isBlank(r) || unicode.In(r, unicode.Mn, unicode.Me) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
	return norm.NFC.String(spelled.Replace(s))
}

// Same reports whether two texts are one when searched for.
func Same(a, b string) bool { return Fold(a) == Fold(b) }

// Alike reports whether a person reads two texts as one: letter case, blanks, how letters
// are composed, and what shows nothing or a sign in its place, make no difference.
// Accents and other letters do. Where it does harm to take one thing for another, what
// is Alike is the thing, and what is only Same is to be offered. Empty texts are alike.
func Alike(a, b string) bool { return strings.EqualFold(shown(a), shown(b)) }

// shown is a text without what pages show as a sign, or not at all.
func shown(s string) string {
	return Line(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || isInvisible(r) || unicode.IsControl(r) && !isBlank(r) {
			return -1
		}
		return r
	}, s))
}

// Holds reports whether a text holds every word of a search, each anywhere. An
// empty search is held by all.
func Holds(s, search string) bool {
	s = Fold(s)
	for word := range strings.FieldsSeq(Fold(search)) {
		if !strings.Contains(s, word) {
			return false
		}
	}
	return true
}
