package web

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/views"
)

// The outcome of a run can be open although nobody is at work on it any more: its
// process died, or Duo's answer was lost. People learn that wherever they would do
// the same once more, and what was found out so far.

// unclearFor is how long a run that was closed as unknown is pointed out.
const unclearFor = 15 * time.Minute

// unclearShown is how many such runs a page points out.
const unclearShown = 3

// unclearWords says of an open run why its outcome is not known, and what Duo had
// when it was looked up.
func unclearWords(r store.Run, at func(time.Time) string) string {
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

func (v visitor) clock(t time.Time) string { return t.In(v.location()).Format("15:04:05 MST") }

// unclearRun is unclearWords for a page, or the summary of any other run.
func unclearRun(v visitor, r store.Run) string {
	if r.Unclear() {
		return unclearWords(r, v.clock)
	}
	return r.Summary
}

// unclearFlashes points out runs whose outcome is not known: of the visitor's
// organization those that about chooses, and where there is none the visitor's own.
func (s *Server) unclearFlashes(ctx context.Context, v visitor, about func(store.Run) bool) (flashes []views.Flash, err error) {
	const most = 1000 // beyond that a user's page can leave one out
	operator := uuid.Nil
	if v.organization.ID == uuid.Nil {
		operator = v.operator.ID
	}
	var found []store.Run
	err = s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) (err error) {
		found, err = tx.UnclearRuns(ctx, operator, unclearFor, most)
		return err
	})
	n := 0
	for _, r := range found {
		if !about(r) {
			continue
		}
		if n++; n > unclearShown {
			continue
		}
		what := titleOf(r.Action)
		if subject := catalog.Plain(subjectOf(r)); subject != "" {
			what += ", " + subject
		}
		text := what + ": the outcome is not known yet. " + unclearRun(v, r)
		if r.State == store.Unknown {
			text = what + ": the outcome is not known. Look in Duo before you do it again."
		}
		flashes = append(flashes, views.Flash{Level: "warn", Text: text, Link: views.Link{Text: "Open the run", Href: runAddress(v, r)}})
	}
	if n > unclearShown {
		flashes = append(flashes, views.Flash{Level: "warn", Text: fmt.Sprintf("The outcome of %d more runs is not known.", n-unclearShown),
			Link: views.Link{Text: "Open Runs", Href: views.RunsView(v.workspace.Slug, v.organization.Slug, views.RunsFilter{})}})
	}
	return flashes, err
}

// aboutUser chooses runs about a user of the visitor's organization.
func aboutUser(id, username string) func(store.Run) bool {
	return func(r store.Run) bool {
		named := r.Input["username"]
		return r.Input["user_id"] == id || r.Input["user_id"] == "" && named != "" && text.Same(named, username)
	}
}

// aboutForm chooses runs of the same kind as a form that is about to be filled in:
// the visitor's own, and anyone's about the same object.
func aboutForm(v visitor, f sheet) func(store.Run) bool {
	return func(r store.Run) bool {
		if r.Action != f.action.Slug {
			return false
		}
		for _, name := range []string{"user_id", "phone_id", "group_id", "bypass_code_id", "username"} {
			value, theirs := f.get(name), r.Input[name]
			if value != "" && theirs != "" && (value == theirs || name == "username" && text.Same(value, theirs)) {
				return true
			}
		}
		return r.OperatorID == v.operator.ID
	}
}

// outcomeNote says in a list of runs what has to be known besides the state.
func outcomeNote(v visitor, r store.Run) string {
	switch {
	case r.State == store.Unknown:
		return "May have happened: look in Duo before you do it again."
	case r.Unclear():
		return unclearWords(r, v.clock)
	}
	return ""
}
