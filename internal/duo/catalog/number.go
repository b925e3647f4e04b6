package catalog

import "strings"

// PhoneNumber is a telephone number with its country code, or none. It is kept
// as E.164: + and digits alone.
type PhoneNumber struct {
	Name, Label, Help, Example string
	// Extension is the name of the field that takes an extension typed behind the
	// number; without one, such a number is refused.
	Extension string
}

func (f PhoneNumber) Spec() Spec {
	return Spec{Name: f.Name, Label: f.Label, Help: f.Help, Kind: "phone", Max: 60, Example: f.Example}
}

func (f PhoneNumber) normalize(text string, _ bool) (plain, fault string) {
	if strings.TrimSpace(text) == "" {
		return "", ""
	}
	if strings.Contains(text, "(0)") {
		return "", "Leave the (0) out: it is not dialled after the country code."
	}
	t, fault := ParseTelephone(text)
	if fault == "" && t.Extension != "" {
		return "", "This number has an extension. Leave it out: there is no place for one here."
	}
	return t.Number, fault
}

// Of returns the number, empty when none was given.
func (f PhoneNumber) Of(in Values) string { return in.given[f.Name] }
