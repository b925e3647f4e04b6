package catalog

import (
	"slices"
	"strconv"
	"strings"

	"duodesk/internal/duo"
)

// Bool is yes or no.
type Bool struct {
	Name, Label, Help, Example string
	Default                    bool
	Optional                   bool // empty is neither
}

func (f Bool) Spec() Spec {
	spec := Spec{Name: f.Name, Label: f.Label, Help: f.Help, Kind: "yesno", Default: strconv.FormatBool(f.Default),
		Example: f.Example}
	if f.Optional {
		spec.Default = ""
	}
	return spec
}

func (f Bool) normalize(text string, given bool) (plain, fault string) {
	text = strings.ToLower(cleaned(text))
	if !given || f.Optional && text == "" {
		return "", ""
	}
	switch text {
	case "true", "1", "on", "yes":
		return "true", ""
	case "false", "0", "off", "no", "":
		return "false", ""
	}
	return "", "Choose yes or no."
}

// Of returns the value, or the default when none was given.
func (f Bool) Of(in Values) bool {
	text, given := in.given[f.Name]
	if !given {
		return f.Default
	}
	return text == "true"
}

// Choice is one of a list of values.
type Choice struct {
	Name, Label, Help, Example string
	Options                    []Option
	Default                    string
	Required                   bool
	Filled                     bool // may be left out, and may not be empty: the action checks that
}

func (f Choice) Spec() Spec {
	return Spec{Name: f.Name, Label: f.Label, Help: f.Help, Kind: "choice", Options: f.Options, Default: f.Default,
		Required: f.Required, Filled: f.Filled, Example: f.Example}
}

func (f Choice) normalize(text string, _ bool) (plain, fault string) {
	text = strings.ToLower(cleaned(text))
	switch {
	case text == "" && f.Required:
		return "", "Choose one."
	case text == "" || slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == text }):
		return text, ""
	}
	return "", "Choose an entry of the list."
}

// Of returns the value, or the default when none was given.
func (f Choice) Of(in Values) string {
	if text := in.given[f.Name]; text != "" {
		return text
	}
	return f.Default
}

// Given reports whether the field was submitted, be it empty.
func (f Choice) Given(in Values) bool { _, ok := in.given[f.Name]; return ok }

// What an ID names.
const (
	OfUser       = "user"
	OfPhone      = "phone"
	OfGroup      = "group"
	OfBypassCode = "bypass code"
	OfAccount    = "account"
	OfDirectory  = "directory"
	OfToken      = "hardware token"
	OfCredential = "security key"
)

// ID is an identifier that Duo gave.
type ID struct {
	Name, Label, Help, Example string
	Names                      string // what it names, such as OfUser
	Optional                   bool
}

func (f ID) Spec() Spec {
	return Spec{Name: f.Name, Label: f.Label, Help: f.Help, Kind: "id", Of: f.Names, Required: !f.Optional, Max: 64,
		Example: f.Example}
}

func (f ID) normalize(text string, _ bool) (plain, fault string) {
	text = cleaned(text)
	if text == "" && f.Optional {
		return "", ""
	}
	if text == "" {
		return "", "Fill this in."
	}
	if !duo.CanBeID(text) {
		return "", "This is not a Duo id: 20 letters and digits."
	}
	return text, ""
}

// Of returns the identifier, empty when none was given.
func (f ID) Of(in Values) string { return in.given[f.Name] }
