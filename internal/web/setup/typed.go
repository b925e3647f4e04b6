package setup

import (
	"cmp"
	"slices"

	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/text"
	"duodesk/views/setup"
)

// shownAgain is what a box holds that was typed before: see runsetup.ShownAgain.
func shownAgain(typed string) string { return runsetup.ShownAgain(typed) }

// accountShownAgain is shownAgain for the box of an account: what it offers is
// longer than a key, and of another text with an id behind it the id is kept.
func accountShownAgain(typed string, offered []setup.AccountOption) string {
	if slices.ContainsFunc(offered,
		func(o setup.AccountOption) bool { return text.Line(o.Value) == text.Line(typed) }) {
		return typed
	}
	return cmp.Or(shownAgain(typed), shownAgain(runsetup.AccountIDIn(typed)))
}
