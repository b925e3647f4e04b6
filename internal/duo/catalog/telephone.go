package catalog

import (
	"errors"
	"regexp"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"duodesk/internal/text"
)

// Telephone is a telephone number as Duo keeps it: E.164, which is + and digits
// alone, and the extension behind it, empty without one.
type Telephone struct{ Number, Extension string }

// noRegion is the library's name for a number that has to bring its country code.
const noRegion = "ZZ"

// dialed is an extension with the pauses and signs that Duo can dial and the library
// does not know, such as ext. 1,,#*.
var dialed = regexp.MustCompile(`^(.*?[0-9)])[\s,;]*(?:ext(?:ension)?[.:=]?|x)\s*([0-9,#*]*[,#*][0-9,#*]*)$`)

// inNumbers are the characters besides digits, letters, blanks and dashes that
// people write in telephone numbers.
const inNumbers = "+()[]./~,;=:#*\u2212\u30fc"

// ParseTelephone reads a number with its country code as people type, paste or link
// it: with any dashes, blanks and brackets, tel: before it, and an extension behind
// it, such as x22 or ;ext=22. A number that cannot exist is refused; one that merely
// is not in use is not, since ranges change. The fault is in words to show beside the
// field, empty if there is none.
func ParseTelephone(typed string) (t Telephone, fault string) {
	const wrong = "This is not a telephone number: + and 7 to 15 digits, the country code first."
	number, extension := cutDialed(typed)
	if !startsInternational(number) {
		return Telephone{},
			"Start with + and the country code, such as +44. Duo would take this for a number of the United States."
	}
	if text.Bad(typed) != text.Fine || strings.ContainsFunc(number, isForeignToNumbers) ||
		strings.Count(number, "+") != 1 {
		return Telephone{}, wrong
	}
	parsed, err := phonenumbers.Parse(number, noRegion)
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return Telephone{}, "This is not a telephone number: no country has this code. It follows the +, such as +44."
	case err != nil:
		return Telephone{}, wrong
	}
	t = Telephone{phonenumbers.Format(parsed, phonenumbers.E164), parsed.GetExtension()}
	// A zero too many before a number is dropped, but not two.
	if again, err := phonenumbers.Parse(t.Number, noRegion); err != nil ||
		phonenumbers.Format(again, phonenumbers.E164) != t.Number {
		return Telephone{}, wrong
	}
	if extension != "" {
		if t.Extension != "" {
			return Telephone{}, wrong
		}
		t.Extension = extension
	}
	// The library reads letters as the digits of their keys.
	if !hasOneWord(number, parsed.GetExtension() != "") {
		return Telephone{}, wrong
	}
	switch phonenumbers.IsPossibleNumberWithReason(parsed) {
	case phonenumbers.IS_POSSIBLE:
		return t, ""
	case phonenumbers.TOO_LONG:
		return Telephone{}, "This is not a telephone number: it is too long for its country."
	case phonenumbers.TOO_SHORT, phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return Telephone{}, "This is not a telephone number: it is too short for its country."
	}
	return Telephone{}, wrong
}

// inUse reports whether the number fits one of the ranges that its country has assigned.
func (t Telephone) inUse() bool {
	parsed, err := phonenumbers.Parse(t.Number, noRegion)
	return err == nil && phonenumbers.IsValidNumber(parsed)
}

// cutDialed folds a text, with the digits of all scripts as those of ASCII, and cuts an extension off that only Duo
// knows.
func cutDialed(typed string) (number, extension string) {
	number = strings.Map(inASCII, strings.TrimSpace(strings.TrimPrefix(text.Fold(typed), "tel:")))
	if parts := dialed.FindStringSubmatch(number); parts != nil {
		return parts[1], parts[2]
	}
	return number, ""
}

// startsInternational reports whether a number begins with +, be it in brackets.
func startsInternational(number string) bool {
	return strings.HasPrefix(strings.TrimLeft(number, "([ "), "+")
}

func isForeignToNumbers(r rune) bool {
	return !unicode.In(r, unicode.Nd, unicode.L, unicode.Pd) && r != ' ' && !strings.ContainsRune(inNumbers, r)
}

// hasOneWord reports whether the letters of a number name its extension alone: one
// word if there is an extension, else none.
func hasOneWord(number string, extended bool) bool {
	words := strings.FieldsFunc(number, func(r rune) bool { return !unicode.IsLetter(r) })
	return len(words) == 0 || len(words) == 1 && extended
}

// DigitsOf returns the digits of a number or of a part of one, as they are typed, and
// the extension if one follows; ok is false for a text that is no such thing.
func DigitsOf(typed string) (t Telephone, ok bool) {
	if digits, plus := strings.CutPrefix(typed, "+"); plus && digits != "" && strings.Trim(digits, "0123456789") == "" {
		return Telephone{Number: digits}, true // as Duo writes most: lists are searched for it
	}
	number, extension := cutDialed(typed)
	// The region is of no matter: only the extension is taken from what is parsed.
	if parsed, err := phonenumbers.Parse(number, "US"); err == nil && extension == "" && parsed.GetExtension() != "" {
		if extension = parsed.GetExtension(); hasOneWord(number, true) {
			number = number[:strings.LastIndex(number, extension)]
			number = strings.TrimRightFunc(number, func(r rune) bool { return !unicode.IsDigit(r) })
		}
	}
	ok = number != "" && !strings.ContainsFunc(number,
		func(r rune) bool { return unicode.IsLetter(r) || isForeignToNumbers(r) })
	return Telephone{strings.Map(onlyDigits, number), extension}, ok
}

func onlyDigits(r rune) rune {
	if r < '0' || r > '9' {
		return -1
	}
	return r
}

// inASCII writes a decimal digit of any script as that of ASCII. Unicode has the ten digits of a script beside each
// other, from zero on.
func inASCII(r rune) rune {
	if r <= unicode.MaxASCII || !unicode.Is(unicode.Nd, r) {
		return r
	}
	zero := r
	for unicode.Is(unicode.Nd, zero-1) {
		zero--
	}
	return '0' + (r-zero)%10
}

// withASCII reads a field with the digits of all scripts as those of ASCII.
func withASCII(get func(string) (string, bool), field string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		typed, given := get(name)
		if name == field {
			typed = strings.Map(inASCII, typed)
		}
		return typed, given
	}
}

// spread puts the extension that was typed behind a number into its own field, for
// each field of an action that has one.
func (a Action) spread(get func(string) (string, bool)) (func(string) (string, bool), []FieldError) {
	var bad []FieldError
	for _, f := range a.Fields {
		number, is := f.(PhoneNumber)
		if !is || number.Extension == "" {
			continue
		}
		get = withASCII(get, number.Extension)
		typed, _ := get(number.Name)
		t, fault := ParseTelephone(typed)
		if fault != "" || t.Extension == "" || strings.Contains(text.Key(typed), trunk) {
			continue
		}
		if own, _ := get(number.Extension); text.Key(own) != "" && text.Key(own) != t.Extension {
			bad = append(bad, FieldError{Field: number.Extension,
				Message: "The number has another extension: " + t.Extension + ". Remove one of them."})
		}
		before := get
		get = func(name string) (string, bool) {
			switch name {
			case number.Name:
				return t.Number, true
			case number.Extension:
				return t.Extension, true
			}
			return before(name)
		}
	}
	return get, bad
}
