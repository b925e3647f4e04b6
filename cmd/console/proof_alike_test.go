//go:build proof

package main

import (
	"regexp"
	"slices"
	"strings"

	"duodesk/internal/duo/catalog"
)

// sqlmap sends about 30 requests for a place. Many places are read by the same code, which does with each what it does
// with all: a few of them are tried.

// beside are the fields that most forms have beside their own. Each is read by one function of web/site: FormOf and
// ActForm, Form.RunID, Form.Opened.
var beside = []string{"ticket", "run_id", "connection", "was.connection"}

// ofEach is the end of a name that a form repeats: for each organization, or by a number.
var ofEach = regexp.MustCompile(`\.([0-9]+|[0-9a-f-]{36})$`)

// settings are the fields of Duo's settings that no other action has, by their names, with their kinds: their kinds
// parse them, and nothing else asks for one by its name.
var settings = func() map[string]string {
	kinds := map[string]string{}
	for _, group := range catalog.Settings {
		for _, f := range group.Fields {
			kinds[f.Spec().Name] = f.Spec().Kind
		}
	}
	for _, a := range catalog.All() {
		if a.Slug == catalog.UpdateSettings {
			continue
		}
		for _, f := range a.Fields {
			delete(kinds, f.Spec().Name)
		}
	}
	return kinds
}()

// keyOf is the same for places that the same code reads, of one row or of several: one of them is tried.
func keyOf(r row, at place) string {
	name, was := strings.CutPrefix(at.name, "was.")
	own := r.method + r.pattern + at.in
	switch {
	case at.in == inPath && slices.Contains(slugs, at.name): // the policy of every row
		return r.method + r.reach() + at.name
	case at.in != inForm:
		return own + at.name
	case slices.Contains(beside, at.name) && !strings.HasPrefix(r.pattern, apiHome):
		// The runs of actions and plans store a ticket of their own.
		return "beside " + r.reach() + r.stores() + at.name
	case settings[name] != "":
		return own + " setting " + settings[name] + map[bool]string{true: " before"}[was]
	case r.pattern == "/w/:ws/tickets": // which asks only whether a box is ticked: of a category, or of an action
		category, _, _ := strings.Cut(at.name, " ")
		return own + map[bool]string{true: "category", false: "action"}[category == "all"]
	}
	return own + ofEach.ReplaceAllString(at.name, "")
}

// stores is which code stores what a form has beside its own fields.
func (r row) stores() string {
	for _, part := range []string{"/actions/", "/onboarding/account", "/onboarding/", "/plans/"} {
		if strings.Contains(r.pattern, part) {
			return part
		}
	}
	return ""
}
