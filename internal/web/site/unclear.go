package site

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// The outcome of a run can be open although nobody is at work on it any more: its
// process died, or Duo's answer was lost. People learn that wherever they would do
// the same once more, and what was found out so far.

// unclearFor is how long a run that was closed as unknown is pointed out.
const unclearFor = 15 * time.Minute

// unclearShown is how many such runs a page points out.
const unclearShown = 3

func (v Visitor) clock(t time.Time) string { return t.In(v.Location()).Format("15:04:05 MST") }

// UnclearRun is UnclearWords for a page, or the summary of any other run.
func UnclearRun(v Visitor, r store.Run) string {
	if r.Unclear() {
		return words.UnclearWords(r, v.clock)
	}
	return r.Summary
}

// UnclearFlashes points out runs whose outcome is not known: of the visitor's
// organization those that about chooses, and where there is none the visitor's own.
func (s *Site) UnclearFlashes(ctx context.Context, v Visitor, about func(store.Run) bool) (flashes []views.Flash,
	err error) {
	var found []store.Run
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		found, err = UnclearRuns(ctx, tx, v)
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
		flashes = append(flashes, views.Flash{Level: "warn", Text: UnclearText(v, r),
			Link: views.Link{Text: "Open the run", Href: RunAddress(v, r)}})
	}
	if n > unclearShown {
		flashes = append(flashes, views.Flash{Level: "warn",
			Text: fmt.Sprintf("The outcome of %d more runs is not known.", n-unclearShown),
			Link: views.Link{Text: "Open Runs", Href: views.RunsOf(v.Workspace.Slug, v.Organization.Slug)}})
	}
	return flashes, err
}

// UnclearRuns lists the runs of UnclearFlashes, whomever they are about.
func UnclearRuns(ctx context.Context, tx *store.Tx, v Visitor) ([]store.Run, error) {
	const most = 1000 // beyond that a user's page can leave one out
	operator := uuid.Nil
	if v.Organization.ID == uuid.Nil {
		operator = v.Operator.ID
	}
	return tx.UnclearRuns(ctx, operator, unclearFor, most)
}

// UnclearText says what a run was that has no known outcome, and what to do.
func UnclearText(v Visitor, r store.Run) string {
	what := words.TitleOf(r.Action)
	if subject := catalog.Plain(words.SubjectOf(r)); subject != "" {
		what += ", " + subject
	}
	if r.State == store.Unknown {
		return what + ": the outcome is not known. Check in Duo before you repeat it."
	}
	return what + ": the outcome is not known yet. " + UnclearRun(v, r)
}

// AboutUser chooses runs about a user of the visitor's organization.
func AboutUser(id, username string) func(store.Run) bool {
	return func(r store.Run) bool {
		named := r.Input["username"]
		return r.Input["user_id"] == id || r.Input["user_id"] == "" && named != "" && text.Same(named, username)
	}
}

// outcomeNote says in a list of runs what has to be known besides the state.
func outcomeNote(v Visitor, r store.Run) string {
	switch {
	case r.State == store.Unknown:
		return "May have been done: check in Duo before you repeat it."
	case r.Unclear():
		return words.UnclearWords(r, v.clock)
	}
	return ""
}
