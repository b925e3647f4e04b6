package duo

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"duodesk/internal/text"
)

// Pasted is what [FindCredentials] found, each value once, in the order of the text.
type Pasted struct {
	Hosts, IntegrationKeys, SecretKeys []string
}

var (
	hostShape    = regexp.MustCompile(`(?i)api-[0-9a-f]{8}\.(?:duosecurity\.com|duofederal\.com|duosim\.localhost)`)
	ikeyShape    = regexp.MustCompile(`DI[A-Z0-9]{18}`)
	dirKeyShape  = regexp.MustCompile(`DS[A-Z0-9]{18}`)
	labelBefore  = regexp.MustCompile(`(?i)^(?:key|secret)`)
	buttonsAfter = regexp.MustCompile(`(?:Copy|Copied|Select|Show|Hide|Reset|Click)[A-Za-z]{0,20}$`)
)

// FindCredentials finds API hosts, integration keys and secret keys by their shape in any text that
// holds them: an application's page of the Admin Panel, a mail, HTML. Labels and the words of
// buttons may stick to them. It never guesses: of two of a kind, a person has to choose.
func FindCredentials(pasted string, sandbox bool) Pasted {
	return findIn(plainText(pasted), sandbox)
}

// PastedAPIs are what [FindAPIs] found, API by API. Unnamed are the values before the first name of
// an API.
type PastedAPIs struct{ Auth, Accounts, Admin, Unnamed Pasted }

// apiName is where a text names an API: its title, or the label or variable of one of its values.
var apiName = regexp.MustCompile(
	`(?i)(?:^|[^a-z])(auth|accounts?|admin)[\s\p{Z}_-]{1,3}(?:api|host|integration|secret)`)

// FindAPIs finds the credentials of several APIs in one text: pages of the Admin Panel in any order,
// or lines with labels. A value belongs to the API that the text named last before it. The page of
// an application names its API above its values.
func FindAPIs(pasted string, sandbox bool) PastedAPIs {
	text := plainText(pasted)
	var found PastedAPIs
	of, from := &found.Unnamed, 0
	take := func(to int) {
		part := findIn(text[from:to], sandbox)
		of.Hosts = distinct(append(of.Hosts, part.Hosts...))
		of.IntegrationKeys = distinct(append(of.IntegrationKeys, part.IntegrationKeys...))
		of.SecretKeys = distinct(append(of.SecretKeys, part.SecretKeys...))
	}
	for _, at := range apiName.FindAllStringSubmatchIndex(text, -1) {
		take(at[2])
		from = at[2]
		switch strings.ToLower(text[at[2]:at[3]]) {
		case "auth":
			of = &found.Auth
		case "admin":
			of = &found.Admin
		default:
			of = &found.Accounts
		}
	}
	take(len(text))
	return found
}

func findIn(text string, sandbox bool) Pasted {
	var found Pasted
	for _, at := range hostShape.FindAllStringIndex(text, -1) {
		host, _, err := ParseHost(text[at[0]:at[1]], sandbox)
		if err == nil && endsHost(text[at[1]:]) {
			found.Hosts = append(found.Hosts, host)
		}
	}
	found.Hosts = distinct(found.Hosts)
	found.IntegrationKeys = capitalKeys(ikeyShape, text)
	for _, word := range strings.FieldsFunc(text,
		func(r rune) bool { return !asciiAlphanumeric(r) && r != '.' && r != '-' && r != '_' }) {
		word = strings.Trim(word, ".-_")
		bare := buttonsAfter.ReplaceAllString(word, "")
		for _, candidate := range []string{word, bare, labelBefore.ReplaceAllString(word, ""),
			labelBefore.ReplaceAllString(bare, "")} {
			if secretKey.MatchString(candidate) {
				found.SecretKeys = append(found.SecretKeys, candidate)
				break
			}
		}
	}
	found.SecretKeys = distinct(found.SecretKeys)
	return found
}

// FindDirectoryKeys finds the keys of directories (DS…) by their shape in any text, such as a
// directory's page of the Admin Panel or its address.
func FindDirectoryKeys(pasted string) []string { return capitalKeys(dirKeyShape, plainText(pasted)) }

// plainText takes entities and invisible characters off. Tags may stay: their
// brackets and quotes are where values end.
func plainText(pasted string) string { return text.Visible(html.UnescapeString(pasted)) }

// capitalKeys finds keys of 20 capital letters and digits. What stands before may be the end of a
// label, what comes after a capitalized word, but no more of what keys are made of.
func capitalKeys(shape *regexp.Regexp, text string) []string {
	var keys []string
	for _, at := range shape.FindAllStringIndex(text, -1) {
		if at[0] > 0 && capital(text[at[0]-1]) {
			continue
		}
		if after := text[at[1]:]; after != "" && capital(after[0]) && !startsWord(after) {
			continue
		}
		keys = append(keys, text[at[0]:at[1]])
	}
	return distinct(keys)
}

func capital(b byte) bool { return b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' }

// startsWord reports whether text begins with a capitalized word, as button words do.
func startsWord(text string) bool {
	return len(text) > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z'
}

// endsHost reports whether a host name is over where text begins.
func endsHost(text string) bool {
	if text == "" || startsWord(text) {
		return true
	}
	if text[0] == '.' {
		return len(text) == 1 || !asciiAlphanumeric(rune(text[1]))
	}
	return !asciiAlphanumeric(rune(text[0])) && text[0] != '-' && text[0] != '_'
}

func asciiAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func distinct(list []string) []string {
	var once []string
	for _, text := range list {
		if !slices.Contains(once, text) {
			once = append(once, text)
		}
	}
	return once
}
