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

// invisible are the characters that show nothing: the property Default_Ignorable_Code_Point as Unicode derives it,
// which includes code points that have no character yet; marks around annotations, which are of class Cf too; and two
// code points that are no characters.
var invisible = []*unicode.RangeTable{
	unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector,
	{R16: []unicode.Range16{{Lo: 0xfffe, Hi: 0xffff, Stride: 1}}},
}

func isInvisible(r rune) bool { return unicode.In(r, invisible...) && !isShownFormat(r) }

// isShownFormat reports whether a character of the class Cf is visible: signs that
// embrace the digits after them, and joints of hieroglyphs.
func isShownFormat(r rune) bool {
	return unicode.Is(unicode.Prepended_Concatenation_Mark, r) || r >= 0x13430 && r <= 0x1343f
}

const (
	nonJoiner      = '\u200c'
	joiner         = '\u200d'
	asSign         = '\ufe0e'
	asPicture      = '\ufe0f'
	keycap         = '\u20e3'
	vowelSeparator = '\u180e'
)

// isNeeded reports whether an invisible character changes how the text around it
// is written, and so belongs to a word. Where it changes nothing, two texts would look the same and be two.
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
		return unicode.In(last, virama) || isWritten(last) && unicode.In(next, virama, shifters) ||
			r == nonJoiner && isCursive(last) && isCursive(next)
	case r == asPicture && last <= unicode.MaxASCII:
		return strings.ContainsRune("0123456789#*", last) && next == keycap
	case r == asPicture || r == asSign:
		return unicode.Is(twofold, last)
	case r >= 0xfe00 && r <= 0xfe02 && unicode.Is(unicode.Unified_Ideograph, last):
		return true
	case r == 0xfe00:
		return unicode.Is(dotted, last)
	case r >= 0xe0100 && r <= 0xe01ef:
		return unicode.Is(unicode.Unified_Ideograph, last)
	case r == vowelSeparator: // before a or e, which it sets apart
		return unicode.Is(unicode.Mongolian, last) && isWritten(last) && (next == 0x1820 || next == 0x1821)
	case r >= 0x180b && r <= 0x180f:
		return unicode.Is(unicode.Mongolian, last) && unicode.IsLetter(last)
	}
	return false
}

// isPicture reports whether a character is an emoji or ends one.
func isPicture(r rune) bool { return r == asPicture || unicode.In(r, twofold, pictures) }

func isWritten(r rune) bool { return unicode.In(r, unicode.L, unicode.M) }

// isCursive reports whether a character is of a script whose letters join those beside them.
func isCursive(r rune) bool {
	return isWritten(r) && unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Nko, unicode.Mandaic,
		unicode.Mongolian,
		unicode.Phags_Pa, unicode.Adlam, unicode.Hanifi_Rohingya)
}

// virama are the marks that take a letter's vowel away.
var virama = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x094d, Hi: 0x0d4d, Stride: 0x80}, {Lo: 0x0dca, Hi: 0x0dca, Stride: 1}, {Lo: 0x1039, Hi: 0x103a, Stride: 1},
	{Lo: 0x17d2, Hi: 0x17d2, Stride: 1},
}}

// shifters are the marks of Khmer that a non-joiner keeps above a letter.
var shifters = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x17c9, Hi: 0x17ca, Stride: 1}}}

// dotted are the letters of Myanmar that have a form with a dot.
var dotted = tableOf(
	"1000 1002 1004 1010-1011 1015 1019-101a 101c-101d 1022 1031 1075 1078 107a 1080 aa60-aa66 aa6b-aa6c aa6f aa7a")
