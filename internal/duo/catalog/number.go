package catalog

import (
	"regexp"
	"strings"
)

// PhoneNumber is a telephone number with its country code, or none. It is kept
// as E.164: + and digits alone.
type PhoneNumber struct {
	Name, Label, Help, Example string
}

func (f PhoneNumber) Spec() Spec {
	return Spec{Name: f.Name, Label: f.Label, Help: f.Help, Kind: "phone", Max: 40, Example: f.Example}
}

var (
	e164       = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)
	separators = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "-", "", "\u2011", "", "(", "", ")", "", ".", "", "/", "")
)

func (f PhoneNumber) normalize(text string, _ bool) (plain, fault string) {
	text = strings.TrimSpace(text)
	bare := separators.Replace(text)
	switch {
	case bare == "" && text == "":
		return "", ""
	case strings.Contains(text, "(0)"):
		return "", "Leave the (0) out: it is not dialled after the country code."
	case e164.MatchString(bare):
		return bare, ""
	case !strings.HasPrefix(bare, "+"):
		return "", "Start with + and the country code, such as +44. Duo would take this for a number of the United States."
	}
	return "", "This is not a telephone number: + and 8 to 15 digits, the country code first."
}

// Of returns the number, empty when none was given.
func (f PhoneNumber) Of(in Values) string { return in.given[f.Name] }
