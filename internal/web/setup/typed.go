package setup

import (
	"cmp"
	"regexp"
	"slices"

	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/text"
	"duodesk/views/setup"
)

// shownAgain is what a box holds that was typed before, but for what may be a
// secret key in the wrong one, or most of it: more characters than an integration
// key has, and no host name.
func shownAgain(typed string) string {
	if count := len(notInKeys.ReplaceAllString(typed, "")); count > 20 && !likeHost.MatchString(typed) {
		return ""
	}
	return typed
}

// accountShownAgain is shownAgain for the box of an account: what it offers is
// longer than a key, and of another text with an id behind it the id is kept.
func accountShownAgain(typed string, offered []setup.AccountOption) string {
	if slices.ContainsFunc(offered, func(o setup.AccountOption) bool { return text.Line(o.Value) == text.Line(typed) }) {
		return typed
	}
	return cmp.Or(shownAgain(typed), shownAgain(runsetup.AccountIDIn(typed)))
}

var (
	notInKeys = regexp.MustCompile(`[^A-Za-z0-9]`)
	likeHost  = regexp.MustCompile(`^\s*(?i:https?://)?[A-Za-z0-9-]{1,20}(\.[A-Za-z0-9-]{1,20})+[/\s]*$`)
)
