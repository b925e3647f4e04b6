package words

import (
	"cmp"
	"strings"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/views"
)

// TitleOf is an action's title; a slug that is unknown stays as it is.
func TitleOf(slug string) string {
	if a, found := actionOf(slug); found {
		return a.Title
	}
	for _, e := range store.Events() {
		if e.Slug == slug {
			return e.Title
		}
	}
	return slug
}

// SubjectOf names what a run was about; a run that was refused early knows only
// the id it was given.
func SubjectOf(r store.Run) string {
	return cmp.Or(r.Subject, r.Input["username"], r.Input["user_id"], r.Input["phone_id"], r.Input["number"],
		r.Input["bypass_code_id"])
}

// OutcomeChip is the state of a run as a chip.
func OutcomeChip(state string) views.Chip {
	switch state {
	case store.Applied:
		return views.Chip{Level: "ok", Text: "Applied"}
	case store.Refused:
		return views.Chip{Level: "bad", Text: "Refused"}
	case store.Sending:
		return views.Chip{Level: "info", Text: "Sending"}
	}
	return views.Chip{Level: "warn", Text: "Unknown"}
}

// UnclearWords says of an open run why its outcome is not known, and what Duo had
// when it was looked up.
func UnclearWords(r store.Run, at func(time.Time) string) string {
	var words []string
	add := func(text string) { words = append(words, strings.TrimSpace(text)) }
	action, known := catalog.Lookup(r.Action)
	readable := known && action.ReadBack != nil
	if r.SilentSince != nil {
		add("The process that sent this was last heard of at " + at(*r.SilentSince) + ".")
	}
	if r.Doubt != "" {
		add(r.Doubt)
	}
	switch {
	case r.LookedAt != nil && r.Absent:
		add("Not in Duo at " + at(*r.LookedAt) + ", may still arrive.")
	case r.LookedAt != nil && r.Looked != "":
		add("Looked up at " + at(*r.LookedAt) + ": " + r.Looked)
	case readable:
		add("What Duo did is being looked up.")
	case known && action.Follow != nil:
		add("Another process asks for the answer, if the question is known to have been sent.")
	default:
		add("This cannot be looked up by the console.")
	}
	return catalog.Sentences(strings.Join(words, " "))
}
