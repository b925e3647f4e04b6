package catalog

import "strings"

// The shapes of texts are described to programs in the regular expressions that Go,
// ECMAScript and Python share: no look-ahead, no classes of Unicode. What is invisible
// or a blank stands in them itself; internal/text says what that is, and a test
// compares both. Characters beyond U+FFFF are left out: without its flag u, ECMAScript
// takes a class with a range of them for an error.
const (
	unseen = "\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f" +
		"\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffd-\uffff"
	anyRune  = "[^\\x00-\\x1f\\x7f-\\x9f\ufffd]"
	seenRune = "[^\\x00-\\x20\\x7f-\\xa0" + unseen + "]"

	anyInBlock = "(?:" + anyRune + "|[\\t\\r\\n])"

	emailPattern = emailAtoms + "@" + emailAtoms
	emailAtoms   = emailAtom + `(?:\.` + emailAtom + ")*"
	emailAtom    = `[^\x00-\x20\x7f-\xa0()<>\[\]:;@\\,."` + unseen + "\u037e]+" // U+037E is a semicolon, once composed

	actPattern     = anyRune + "*<acturl>" + anyRune + "*"
	installPattern = anyRune + "*<insturl>" + anyRune + "*"

	// rowsPattern describes rows of name=value.
	rowsPattern = "(?:" + oneRow + "|" + blankRow + ")(?:\\r?\\n(?:" + oneRow + "|" + blankRow + "))*"
	nameRune    = "[^=\\x00-\\x1f\\x7f-\\x9f\ufffd]"
	oneRow      = nameRune + "*[^=\\x00-\\x20\\x7f-\\xa0" + unseen + "]" + nameRune + "*=" + anyRune + "*"
	blankRow    = " *"

	momentPattern = `(?:197[1-9]|19[89][0-9]|2[01][0-9]{2})-(?:0[1-9]|1[0-2])-[0-3][0-9]T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])`
)

// addressPattern describes IP addresses in their usual forms: an IPv4 address, or an
// IPv6 address, of which the last 32 bits may be written as an IPv4 address.
var addressPattern = strings.NewReplacer("H", `[0-9A-Fa-f]{1,4}`, "D",
	`(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`).Replace(
	`(?:(?:D\.){3}D|(?:H:){7}H|(?:H:){1,7}:|(?:H:){1,6}:H|(?:H:){1,5}(?::H){1,2}|(?:H:){1,4}(?::H){1,3}|(?:H:){1,3}(?::H){1,4}|(?:H:){1,2}(?::H){1,5}|H:(?::H){1,6}` +
		`|:(?::H){1,7}|::|(?:H:){6}(?:D\.){3}D|::(?:[Ff]{4}:)?(?:D\.){3}D)`)

// Shape returns the regular expression that describes the texts a field takes, each
// line of a list of lines; empty: the kind of the field says all. The field takes
// some texts besides, which it cleans: blanks around what is meant, or a day alone.
func (s Spec) Shape() string {
	any, seen := anyRune, seenRune
	if s.Lines {
		any = anyInBlock
	}
	must := s.Required || s.Filled
	pattern := s.Pattern
	switch {
	case s.Kind == "id":
		pattern = "[a-z]*[A-Z0-9][A-Za-z0-9]*"
	case s.Kind == "phone": // has its pattern
	case s.Kind == "moment":
		pattern, must = momentPattern, true
	case s.Kind == "lines":
		return "^" + any + "*$"
	case s.Kind != "text":
		return ""
	case pattern == "" && must:
		pattern = any + "*" + seen + any + "*"
	case pattern == "":
		return "^" + any + "*$"
	}
	if must {
		return "^(?:" + pattern + ")$"
	}
	return "^(?:" + pattern + ")?$"
}
