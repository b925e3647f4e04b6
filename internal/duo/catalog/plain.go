package catalog

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"duodesk/internal/text"
)

// longestText is how much of a text from Duo a page shows, and longestSentences how much of our
// own sentences that quote several of them.
const (
	longestText      = 300
	longestSentences = 1500
)

// longestTyped is how many characters a name can have that is typed again.
const longestTyped = 2000

// typedAs reports whether typed is a name of Duo's as pages show it: blanks,
// invisible characters and the way in which letters are composed make no difference.
// Signs that pages show in the place of other characters can be typed as they are shown.
func typedAs(typed, name string) bool {
	typed = text.Line(typed)
	return typed != "" && (typed == text.Line(name) || typed == text.Line(Plain(name)) ||
		typed == text.Line(signed(text.Line(name))))
}

// Plain makes a text from a client's Duo fit to be shown and recorded: anyone who can edit a
// user there can choose it. Control characters and the marks that turn the direction
// of writing become visible, bytes that are no text are replaced, and what is
// too long is cut.
func Plain(theirs string) string { return plainUpTo(theirs, longestText) }

// signed is Plain of a text of any length.
func signed(theirs string) string { return plainUpTo(theirs, len(theirs)) }

// Sentences is Plain for our own sentences, such as a run's summary, which quote names and
// Duo's words.
func Sentences(ours string) string { return plainUpTo(ours, longestSentences) }

func plainUpTo(theirs string, most int) string {
	if isPlain(theirs, most) {
		return theirs
	}
	theirs = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r', unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case r < 0x20:
			return 0x2400 + r // the control picture of the character
		case r == 0x7f:
			return 0x2421
		case r != '\u200d' && unicode.Is(unicode.Cf, r), unicode.IsControl(r), r == utf8.RuneError:
			return '\ufffd'
		}
		return r
	}, theirs)
	if utf8.RuneCountInString(theirs) > most {
		theirs = string([]rune(theirs)[:most]) + "…"
	}
	return theirs
}

func isPlain(text string, most int) bool {
	if len(text) > most {
		return false
	}
	for i := range len(text) {
		if text[i] < 0x20 || text[i] >= 0x7f {
			return false
		}
	}
	return true
}
