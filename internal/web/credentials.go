package web

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"duodesk/internal/secret"
)

// EmailOf reads an e-mail address as operators are known by it, or says why it is
// none in words that stand beside a field.
func EmailOf(text string) (address, fault string) {
	address = strings.ToLower(strings.TrimSpace(text))
	parsed, err := mail.ParseAddress(address)
	switch {
	case address == "":
		return "", "Fill this in."
	case err != nil || parsed.Address != address || len(address) > 254 || strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) }):
		return "", "This is not an e-mail address."
	}
	return address, ""
}

// leastPassword is the least number of characters of an operator's password.
const leastPassword = 15

// PasswordFault says why a new password will not do for the operator with an
// e-mail, in words that stand beside a field, or nothing.
func PasswordFault(password, email string) string {
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	switch {
	case password == "":
		return "Fill this in."
	case utf8.RuneCountInString(password) < leastPassword:
		return fmt.Sprintf("This has %d characters; at least %d are needed.", utf8.RuneCountInString(password), leastPassword)
	case len(password) > secret.LongestPassword:
		return fmt.Sprintf("This is too long: %d characters are enough.", leastPassword*4)
	case len(different) < 5 || strings.EqualFold(password, email):
		return "This is easy to guess. Four words that do not belong together do well."
	}
	return ""
}
