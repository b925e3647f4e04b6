package catalog

import (
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"duodesk/internal/text"
)

// Field is one input of an action: it describes itself and checks one value.
// The typed handle (Int, Text …) that declares a field also reads it: after a
// successful Parse, count.Of(in) is an int.
type Field interface {
	Spec() Spec
	// normalize returns what was submitted in its one plain form, or the fault
	// in words that stand beside the field.
	normalize(text string, given bool) (plain, fault string)
}

// Spec describes a field to code that shows or documents it.
type Spec struct {
	Name     string // as Duo names the parameter
	Label    string
	Help     string
	Kind     string // text, lines, number, yesno, choice, phone, duration, moment or id
	Of       string // what an id, or a text that can be looked up, names, such as user; see the constants
	Required bool
	Default  string
	Options  []Option
	Max      int    // most characters of a text, the largest number, or most lines
	Min      int    // the smallest number
	Least    int    // the smallest number besides 0, where 0 means something of its own; 0: Min says it
	Filled   bool   // may be left out, and may not be empty
	Pattern  string // see Text; Shape is the whole of it
	Unit     string // what a number counts, as one of it: "day"
	Zero     string // what 0 means, where that is something of its own: "never"
	Example  string // a value that the conformance test sends
	Secret   bool   // kept out of the audit record
	Lines    bool   // of a text: may have line breaks
}

// TakesObject reports whether a field holds the parameters of a generic action: programs
// may send them as a JSON object.
func (s Spec) TakesObject() bool { return s.Name == "params" && s.Lines }

// Option is one value of a choice.
type Option struct{ Value, Label string }

// Words puts a value of the field into words; no value has none.
func (s Spec) Words(text string) string {
	for _, o := range s.Options {
		if o.Value == text && o.Label != "" {
			return o.Label
		}
	}
	n, err := strconv.Atoi(text)
	switch {
	case s.Kind == "yesno" && text == "true":
		return "yes"
	case s.Kind == "yesno" && text == "false":
		return "no"
	case s.Zero != "" && text == "0":
		return s.Zero
	case s.Kind == "number" && s.Unit != "" && err == nil:
		return counted(n, s.Unit, s.Unit+"s")
	case s.Kind == "duration" && err == nil && n > 0:
		return Duration(time.Duration(n) * time.Second)
	}
	return text
}

// FieldError is a value that was refused, in words that stand beside the field.
type FieldError struct {
	Field   string
	Message string
	Refused bool // by Duo, which was asked to do it; Message then quotes Duo
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Message }

// Values are the checked values of one submission, and what the one who carries
// out the action knows beside them.
type Values struct {
	given  map[string]string
	role   Role
	record Record
}

// By returns the values with the role in which they are carried out. Without it
// an action does what anyone may do, and no more.
func (v Values) By(role Role) Values {
	v.role = role
	return v
}

// Recalling returns the values with the console's record, for what an action
// decides by it. Without it an action takes it that the record has nothing.
func (v Values) Recalling(r Record) Values {
	v.record = r
	return v
}

// Given returns the submitted values by name, as stored in the audit record.
func (v Values) Given(a Action) map[string]string {
	out := map[string]string{}
	for _, f := range a.Fields {
		spec := f.Spec()
		if text, ok := v.given[spec.Name]; ok && !spec.Secret {
			if a.Kind == Generic && spec.Name == callParams.Name {
				text = maskedParams(text)
			}
			out[spec.Name] = text
		}
	}
	return out
}

// Recalled are the values of a recorded submission: as Given returned them, so
// without the secret ones.
func Recalled(given map[string]string) Values { return Values{given: maps.Clone(given)} }

// Ordered returns all submitted values, secret ones included, as name and value
// in the order of the action's fields: what makes two submissions the same.
func (v Values) Ordered(a Action) []string {
	var out []string
	for _, f := range a.Fields {
		name := f.Spec().Name
		if text, ok := v.given[name]; ok {
			out = append(out, name, text)
		}
	}
	return out
}

const fillIn = "Fill this in."

// Text is a line of free text.
type Text struct {
	Name, Label, Help, Example string
	Required                   bool
	Max                        int  // characters; 0: 255
	Multiline                  bool // line breaks and tabs are text too
	Again                      bool // a name typed as a page shows it, only to be compared by typedAs
	Secret                     bool
	Names                      string // what it names, such as OfUser; forms offer what is close to it
	Filled                     bool   // may be left out, and may not be empty: the action checks that
	// Pattern describes to programs what the action checks about a text that is not
	// empty: see Shape.
	Pattern string
}

func (f Text) Spec() Spec {
	if f.Again {
		f.Pattern = `(?:[^\n]|\n)*`
	}
	return Spec{Name: f.Name, Label: f.Label, Help: f.Help, Kind: "text", Of: f.Names, Required: f.Required,
		Max: f.max(), Example: f.Example, Secret: f.Secret, Lines: f.Multiline, Filled: f.Filled, Pattern: f.Pattern}
}

func (f Text) max() int {
	if f.Max == 0 {
		return 255
	}
	return f.Max
}

func (f Text) normalize(typed string, _ bool) (plain, fault string) {
	if f.Again {
		typed = signed(text.Line(typed))
	}
	plain = text.Line(typed)
	if f.Multiline {
		plain = text.Block(typed)
	}
	switch bad := text.Bad(typed); {
	case f.Again:
	case bad == text.NotUTF8:
		return "", "This holds bytes that are not text."
	case bad == text.Controls, f.Multiline && strings.ContainsAny(strings.TrimSpace(typed), "\v\f\u0085"):
		return "", "This holds control characters."
	case !f.Multiline && strings.ContainsFunc(strings.TrimSpace(typed), unicode.IsControl):
		return "", "This holds a line break, a tab or another control character."
	}
	switch n := utf8.RuneCountInString(plain); {
	case n == 0 && f.Required:
		return "", fillIn
	case n > f.max():
		return "", fmt.Sprintf("This has %d characters; the limit is %d.", n, f.max())
	}
	return plain, ""
}

// cleaned is text.Line, where a parameter has the package's name.
func cleaned(typed string) string { return text.Line(typed) }

// Of returns the value, empty when none was given.
func (f Text) Of(in Values) string { return in.given[f.Name] }

// Given reports whether the field was submitted, be it empty.
func (f Text) Given(in Values) bool { _, ok := in.given[f.Name]; return ok }

// Email is an email address.
type Email struct {
	Name, Label, Help, Example string
	Required                   bool
}

func (f Email) Spec() Spec {
	return Spec{Name: f.Name, Label: f.Label, Help: f.Help, Kind: "text", Required: f.Required, Max: 254,
		Example: f.Example, Pattern: emailPattern}
}

func (f Email) normalize(typed string, given bool) (plain, fault string) {
	plain, fault = Text{Required: f.Required, Max: 254}.normalize(typed, given)
	if fault != "" || plain == "" {
		return plain, fault
	}
	if a, err := mail.ParseAddress(plain); err != nil || a.Address != plain {
		return "", "This is not an email address."
	}
	// Where a script needs one, the address without it may be another person's.
	if text.Visible(plain) != plain {
		return "", "This address holds an invisible character. Retype the address."
	}
	return plain, ""
}

// Of returns the address, empty when none was given.
func (f Email) Of(in Values) string { return in.given[f.Name] }

// Given reports whether the field was submitted, be it empty.
func (f Email) Given(in Values) bool { _, ok := in.given[f.Name]; return ok }

// Lines is a list of short texts, one a line.
type Lines struct {
	Name, Label, Help, Example string
	MaxLines                   int
}

func (f Lines) Spec() Spec {
	return Spec{Name: f.Name, Label: f.Label, Help: f.Help, Kind: "lines", Max: f.MaxLines, Example: f.Example}
}

func (f Lines) normalize(text string, _ bool) (plain, fault string) {
	var lines []string
	for line := range strings.Lines(text) {
		line, fault := Text{}.normalize(line, true)
		switch {
		case fault != "":
			return "", fault
		case line == "":
		case slices.ContainsFunc(lines, func(other string) bool { return strings.EqualFold(other, line) }):
			return "", fmt.Sprintf("%q is listed twice.", line)
		default:
			lines = append(lines, line)
		}
	}
	if len(lines) > f.MaxLines {
		return "", fmt.Sprintf("%d listed; the limit is %d.", len(lines), f.MaxLines)
	}
	return strings.Join(lines, "\n"), ""
}

// Of returns the lines.
func (f Lines) Of(in Values) []string {
	if in.given[f.Name] == "" {
		return nil
	}
	return strings.Split(in.given[f.Name], "\n")
}

// Given reports whether the field was submitted, be it empty.
func (f Lines) Given(in Values) bool { _, ok := in.given[f.Name]; return ok }

// Int is a whole number within bounds.
type Int struct {
	Name, Label, Help, Example string
	Min, Max, Default          int
	Optional                   bool   // empty is none
	Required                   bool   // there is no default
	Unit                       string // what it counts, as one of it: "day"
	Zero                       string // what 0 means where it lies below Min; empty: it is then refused
}

func (f Int) Spec() Spec {
	spec := Spec{Name: f.Name, Label: f.Label, Help: f.Help, Kind: "number", Min: f.Min, Max: f.Max,
		Default: strconv.Itoa(f.Default), Example: f.Example, Unit: f.Unit}
	if spec.Required = f.Required; f.Optional || f.Required {
		spec.Default = ""
	}
	if f.Zero != "" {
		spec.Min, spec.Least, spec.Zero = 0, f.Min, f.Zero
	}
	return spec
}

func (f Int) normalize(text string, given bool) (plain, fault string) {
	within := fmt.Sprintf("from %d to %d", f.Min, f.Max)
	if f.Zero != "" && f.Min > 0 {
		within += ", or 0"
	}
	text = cleaned(text)
	if text == "" {
		if f.Required {
			return "", fillIn
		}
		if given && !f.Optional {
			return "", "Give a number " + within + "."
		}
		return "", ""
	}
	n, err := strconv.Atoi(text)
	if err != nil || (n < f.Min || n > f.Max) && (n != 0 || f.Zero == "") {
		return "", "Give a whole number " + within + "."
	}
	return strconv.Itoa(n), ""
}

// Of returns the number, or the default when none was given.
func (f Int) Of(in Values) int {
	n, err := strconv.Atoi(in.given[f.Name])
	if err != nil {
		return f.Default
	}
	return n
}

// Given reports whether a number was given: empty is none.
func (f Int) Given(in Values) bool { return in.given[f.Name] != "" }
