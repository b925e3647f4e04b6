// Package views draws the console's pages from plain values. A page is a struct that holds everything it shows, as
// words and numbers already made for a person; its Body method draws it. The package knows no database, no request and
// no clock, so that every page can be looked at and tested with canned data (see samples.go).
package views

import (
	"strings"

	"github.com/a-h/templ"
)

// Page is the content of one address. Layout puts the shell around it.
type Page interface {
	Body() templ.Component
	// Title is the page's own part of the browser title, such as "Jane Roe".
	Title() string
}

// refusable is a Page with a form that can come back with faults. Layout then shows the error summary above it and
// prefixes the browser title with "Error: ".
type refusable interface {
	Problems() []Problem
}

// Problem is one line of an error summary. Field is the name of the input it leads to; empty when the fault belongs to
// no input.
type Problem struct {
	Field, Text string
}

// Tried is what became of a form that did not end well and is shown again: the zero value if it did not reach Duo.
// Unsure means that it may have been done, and Look leads to where that shows; InPart that its first steps were.
type Tried struct {
	Run, Look      Link
	Unsure, InPart bool
}

// When is a moment in words. ISO goes into the time element; Text is the clock time or date to show ("14:02",
// "3 Aug 2026"); Ago is the distance ("34 s ago"). All empty means: not known, or never.
type When struct {
	ISO, Text, Ago string
}

func (w When) Known() bool { return w.Text != "" || w.Ago != "" }

// Link is a place to go on to. A Link without Href draws nothing.
type Link struct {
	Text, Href string
}

// Chip is a state in one or two words. Level is ok, warn, bad, info or idle and gives the colour and the shape.
type Chip struct {
	Level, Text string
}

// Flash is a notice above the page that stays until dismissed. Level is ok, warn or bad.
type Flash struct {
	Level, Text string
	Link        Link
}

// Act is something to do, drawn as a button that leads to its own sheet. Key is the single key that opens it. What the
// operator may not do is left out of the list. About names the thing where several have the same act: it is heard and
// not seen, since the thing is next to the button.
type Act struct {
	Text, Href, Key string
	Primary, Danger bool
	About           string
}

// About returns acts that name their thing.
func About(what string, acts []Act) []Act {
	for i := range acts {
		acts[i].About = what
	}
	return acts
}

// Fact is one line of a record: a label, what it is, and a remark in smaller type.
type Fact struct {
	Label, Text, Note string
	When              When // a moment, behind Text or in its place
	Mono              bool
	Href              string // of what it names; may be empty
}

// Option is one choice of a select, a radio row or a list of filters.
type Option struct {
	Value, Text string
}

// Hidden is a value that a form carries along unseen.
type Hidden struct {
	Name, Value string
}

// Input is what an operator typed in one box, and what there is to say about it: a fault, or a note such as
// "https:// was taken off".
type Input struct {
	Value, Error, Note string
}

// OrganizationTag names an organization wherever it must not be mistaken. Colour is 1 to 12. Tail tells it from another
// of its name: the end of its Duo account's id, or its slug; empty if no other has the name.
type OrganizationTag struct {
	Slug, Name string
	Colour     int
	Tail       string
}

// FilterLink is one of a row of filters; Count is drawn when it is 0 or more.
type FilterLink struct {
	Text, Href string
	Count      int
	Current    bool
}

// Trouble says in words that something could not be read from Duo, and what to do.
type Trouble struct {
	Headline, Text string
	Retry          string // address of the same page
	Link           Link   // where it can be put right; empty for who may not
}

// Empty is what a list says instead of rows. Kind is "nothing-yet", "no-match" or "all-well".
type Empty struct {
	Kind, Headline, Text string
	Link                 Link
}

// UserGroup is one group of a user. Status is drawn when it is not the usual one.
type UserGroup struct {
	Name, Description string
	Status            Chip
	Acts              []Act
}

// ExactUser is what can be typed to find a user of an account that is too large to be listed.
const ExactUser = "username, alias, email address or Duo id"

// Reach is which organizations a membership holds: all, or so many, of which some are named.
type Reach struct {
	All   bool
	Count int
	Names []string
}

func PhoneTitle(number, name string) string {
	switch {
	case number != "":
		return number
	case name != "":
		return name
	}
	return "No number"
}

// FieldID is the id of the control with that name. Names are ours; dots come from "account.<organization>".
func FieldID(name string) string { return "f-" + strings.ReplaceAll(name, ".", "-") }

// OrganizationClass is one of the twelve classes of app.css. A number outside of 1 to 12 gets the neutral colour.
func OrganizationClass(colour int) string {
	const classes = " org-1 org-2 org-3 org-4 org-5 org-6 org-7 org-8 org-9 org-10 org-11 org-12"
	if colour < 1 || colour > 12 {
		return ""
	}
	return strings.Fields(classes)[colour-1]
}

func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Number writes n with a comma between thousands.
func Number(n int) string {
	digits := Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// RoleTitle is a role as people read it: "Help Desk" for helpdesk, as the titles of catalog.Role are. Another text
// stays.
func RoleTitle(role string) string {
	titles := map[string]string{
		"auditor": "Auditor", "helpdesk": "Help Desk", "technician": "Technician", "admin": "Administrator",
		"owner": "Owner",
	}
	if title := titles[role]; title != "" {
		return title
	}
	return role
}
