package catalog

import (
	"regexp"
	"strings"
	"unicode"

	"duodesk/internal/text"
)

// trunk is the zero that some people write into international numbers.
const trunk = "(0)"

var shownDigits = regexp.MustCompile(`^[1-9][0-9]{0,14}$`)

// PhoneNumber is a telephone number with its country code, or none. It is kept
// as E.164: + and digits alone.
type PhoneNumber struct {
	Name, Label, Help, Example string
	// Extension is the name of the field that takes an extension typed behind the
	// number; without one, such a number is refused.
	Extension string
	// Digits says that Duo shows this one as digits without the +; a text of digits
	// alone is taken as it is, and so is what Duo showed.
	Digits bool
}

func (f PhoneNumber) Spec() Spec {
	spec := Spec{Name: f.Name, Label: f.Label, Help: f.Help, Kind: "phone", Max: 60, Example: f.Example,
		Pattern: `\+[1-9][0-9]{6,14}`}
	if f.Digits {
		spec.Pattern = `\+[1-9][0-9]{6,14}|[1-9][0-9]{0,14}`
	}
	return spec
}

func (f PhoneNumber) normalize(typed string, _ bool) (plain, fault string) {
	compact := strings.Map(inASCII, text.Key(typed))
	if compact == "" {
		return "", ""
	}
	if strings.Contains(compact, trunk) {
		return "", aboutTrunk(compact)
	}
	if digits := strings.Map(withoutJoints, compact); f.Digits && shownDigits.MatchString(digits) {
		// A person who writes ten digits in groups may mean a national number, as Duo would.
		_, fault := ParseTelephone("+" + digits)
		if digits == text.Line(typed) || fault == "" && len(digits) != 10 && !strings.HasPrefix(compact, "(") {
			return digits, ""
		}
	}
	t, fault := ParseTelephone(typed)
	if fault == "" && t.Extension != "" {
		return "", "This number has an extension. Remove it: this field does not take one."
	}
	if f.Digits {
		return strings.TrimPrefix(t.Number, "+"), fault
	}
	return t.Number, fault
}

// aboutTrunk says what to make of the zero in brackets of a number: most countries drop it after their code, and
// some, such as Italy, dial it.
func aboutTrunk(compact string) (fault string) {
	kept, notKept := ParseTelephone(strings.ReplaceAll(compact, trunk, "0"))
	dropped, notDropped := ParseTelephone(strings.ReplaceAll(compact, trunk, ""))
	switch {
	case notKept != "" && notDropped != "":
		return notDropped
	case notKept != "", kept.Number == dropped.Number, notDropped == "" && dropped.inUse() && !kept.inUse():
		return "Remove the (0): it is not dialed after the country code."
	case notDropped != "", kept.inUse() && !dropped.inUse():
		return "Write the (0) as 0: in this country it is dialed after the country code."
	}
	return "Write the (0) as 0, or remove it: with and without it this is a different number."
}

// withoutJoints drops what people write between the digits of a number.
func withoutJoints(r rune) rune {
	if unicode.Is(unicode.Pd, r) || strings.ContainsRune("()[]./\u2212\u30fc", r) {
		return -1
	}
	return r
}

// Of returns the number, empty when none was given.
func (f PhoneNumber) Of(in Values) string { return in.given[f.Name] }
