package site

import (
	"net/mail"
	"strings"
	"unicode"

	"duodesk/internal/text"
)

// EmailOf reads an email address as operators are known by it, or says why it is
// none in words that stand beside a field.
func EmailOf(typed string) (address, fault string) {
	address = strings.ToLower(text.Line(typed))
	parsed, err := mail.ParseAddress(address)
	switch {
	case address == "":
		return "", "Fill this in."
	case err != nil || parsed.Address != address || len(address) > 254 ||
		strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) }):
		return "", "This is not an email address."
	}
	return address, ""
}
