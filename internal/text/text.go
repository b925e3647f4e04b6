// Package text has the one way in which the console cleans text that people type
// or paste and the one way in which it compares text. It is pure, and every other
// package may use it.
//
// Three forms of a text matter: as Duo sent it, which we show and never change; as
// Line, Block or Key return it, which we store and send; and as Fold returns it,
// which we only compare.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Line cleans a name or a line of text: Unicode's composed form (NFC), without
// characters that nobody sees, one blank between words and none around them. Two
// texts that look the same to a person have the same Line, as far as that can be
// decided without folding letters. Control characters and bytes that are not text
// stay: see Bad.
func Line(s string) string {
	if isPlainASCII(s) {
		return strings.TrimSpace(s)
	}
	return strings.Join(strings.FieldsFunc(clean(s), isBlank), " ")
}

// Block is Line for text of several lines: it keeps line breaks, tabs and the
// number of blanks, and ends every line with a line feed alone.
func Block(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	s = strings.Map(func(r rune) rune {
		if isBlank(r) && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, clean(s))
	return strings.Trim(s, " \t\n")
}

// Key cleans what has no blanks of its own, such as a key, a host, an id or a
// number: blanks and characters that nobody sees are gone.
func Key(s string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if isBlank(r) || isInvisible(r) {
			return -1
		}
		return r
	}, norm.NFC.String(s)))
}

// Visible takes away the characters that nobody sees, and nothing else.
func Visible(s string) string {
	return strings.Map(func(r rune) rune {
		if isInvisible(r) {
			return -1
		}
		return r
	}, s)
}

// Fault is what a text holds that cannot be cleaned.
type Fault int

const (
	Fine     Fault = iota
	NotUTF8        // bytes that are not text, or the character that stands for them
	Controls       // control characters other than the blank ones
)

// Bad reports what keeps a text from being taken.
func Bad(s string) Fault {
	if !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError) {
		return NotUTF8
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && !isBlank(r) }) {
		return Controls
	}
	return Fine
}

// isPlainASCII reports whether a text has printable ASCII characters only, and no
// two blanks beside each other.
func isPlainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && i > 0 && s[i-1] == ' ' {
			return false
		}
	}
	return true
}

// clean composes a text and takes away what nobody sees.
func clean(s string) string {
	in := []rune(norm.NFC.String(s))
	out := in[:0:len(in)]
	for i, r := range in {
		if isInvisible(r) && !isNeeded(out, r, in[i+1:]) {
			continue
		}
		out = append(out, r)
	}
	// What stood apart may compose now.
	return norm.NFC.String(string(out))
}

func isBlank(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp) || r == '\u2800'
}

// invisible are the characters besides Unicode's class Cf that show nothing: Hangul
// fillers, the grapheme joiner, vowels of Khmer that are never written, and marks
// that choose a variant of the character before them.
var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, {Lo: 0x115f, Hi: 0x1160, Stride: 1}, {Lo: 0x17b4, Hi: 0x17b5, Stride: 1},
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xfe00, Hi: 0xfe0f, Stride: 1},
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, {Lo: 0xfff0, Hi: 0xfff8, Stride: 1}, {Lo: 0xfffe, Hi: 0xffff, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}},
}

func isInvisible(r rune) bool { return unicode.In(r, unicode.Cf, invisible) && !isShownFormat(r) }

// isShownFormat reports whether a character of the class Cf is visible: signs that
// embrace the digits after them.
func isShownFormat(r rune) bool {
	return r >= 0x0600 && r <= 0x0605 || r == 0x06dd || r == 0x070f || r == 0x0890 || r == 0x0891 || r == 0x08e2 ||
		r == 0x110bd || r == 0x110cd || r >= 0x13430 && r <= 0x1343f
}

const (
	nonJoiner = '\u200c'
	joiner    = '\u200d'
)

// isNeeded reports whether an invisible character changes how the text around it
// is written, and so belongs to a word.
func isNeeded(before []rune, r rune, after []rune) bool {
	if len(before) == 0 {
		return false
	}
	last := before[len(before)-1]
	var next rune
	if len(after) > 0 {
		next = after[0]
	}
	switch {
	case r == joiner && isPicture(last):
		return isPicture(next)
	case r == joiner || r == nonJoiner:
		// A letter without its vowel takes another form also at the end of a word.
		return unicode.In(last, virama) || joins(last) && joins(next)
	case r >= 0xfe00 && r <= 0xfe0f:
		return unicode.In(last, unicode.Han, unicode.So, unicode.Sm, unicode.Myanmar) || r == 0xfe0f && strings.ContainsRune("0123456789#*", last)
	case r >= 0xe0100 && r <= 0xe01ef:
		return unicode.Is(unicode.Han, last)
	case r >= 0x180b && r <= 0x180f:
		return unicode.Is(unicode.Mongolian, last) && last != r
	}
	return false
}

// isPicture reports whether a character is part of an emoji.
func isPicture(r rune) bool {
	return unicode.In(r, unicode.So, unicode.Sk) || r == 0xfe0f || r == 0x2640 || r == 0x2642
}

// joins reports whether a character is written in a script whose letters change
// their form beside each other.
func joins(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Nko, unicode.Mandaic, unicode.Mongolian, unicode.Phags_Pa,
		unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu,
		unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Thaana)
}

// virama are the marks that take a letter's vowel away.
var virama = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x094d, Hi: 0x0d4d, Stride: 0x80}, {Lo: 0x0dca, Hi: 0x0dca, Stride: 1}, {Lo: 0x1039, Hi: 0x103a, Stride: 1}, {Lo: 0x17d2, Hi: 0x17d2, Stride: 1},
}}
