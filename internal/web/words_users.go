package web

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/text"
	"duodesk/views"
)

// userStates are the states of a user that pages tell apart, gravest first. A
// user has exactly one.
var userStates = []struct {
	name string
	chip views.Chip
}{
	{string(duo.StatusLockedOut), views.Chip{Level: "bad", Text: "Locked out"}},
	{string(duo.StatusBypass), views.Chip{Level: "warn", Text: "Bypass"}},
	{string(duo.StatusDisabled), views.Chip{Level: "idle", Text: "Disabled"}},
	{notEnrolled, views.Chip{Level: "info", Text: "Not enrolled"}},
	{string(duo.StatusActive), views.Chip{Level: "ok", Text: "Active"}},
	{string(duo.StatusPendingDeletion), views.Chip{Level: "idle", Text: "In the trash"}},
}

const notEnrolled = "not enrolled"

const noState = "unknown" // Duo says none

// mostOtherStates is how many states beside those of userStates get a filter.
const mostOtherStates = 10

// statesOf are the states to filter by: those of userStates, and then those that
// the counted users have besides, since Duo may add some.
func statesOf(count map[string]int) []string {
	var states, others []string
	for _, state := range userStates {
		states = append(states, state.name)
	}
	for state := range count {
		if !slices.Contains(states, state) {
			others = append(others, state)
		}
	}
	slices.Sort(others)
	return append(states, others[:min(len(others), mostOtherStates)]...)
}

// stateOf is a user's one state: Duo's status, but for active users without
// anything to sign in with.
func stateOf(u duo.User) string {
	if u.Status == duo.StatusActive && !u.Enrolled {
		return notEnrolled
	}
	return cmp.Or(strings.TrimSpace(string(u.Status)), noState)
}

// stateChip shows a state. One that Duo added is shown by Duo's name for it.
func stateChip(state string) views.Chip {
	if i := rankOf(state); i < len(userStates) {
		return userStates[i].chip
	}
	first, size := utf8.DecodeRuneInString(state)
	return views.Chip{Level: "idle", Text: catalog.Plain(string(unicode.ToUpper(first)) + state[size:])}
}

// rankOf is where a state stands among userStates; those besides come last.
func rankOf(state string) int {
	for i, known := range userStates {
		if known.name == state {
			return i
		}
	}
	return len(userStates)
}

func chipOf(u duo.User) views.Chip { return stateChip(stateOf(u)) }

func displayName(u duo.User) string {
	return catalog.Plain(cmp.Or(strings.TrimSpace(u.RealName), strings.TrimSpace(u.FirstName+" "+u.LastName), u.Username))
}

func sortUsers(users []duo.User, by string) {
	name := func(u duo.User) string { return text.Fold(displayName(u)) }
	slices.SortStableFunc(users, func(a, b duo.User) int {
		byName := cmp.Or(cmp.Compare(name(a), name(b)), cmp.Compare(a.ID, b.ID))
		switch by {
		case "status":
			return cmp.Or(cmp.Compare(rankOf(stateOf(a)), rankOf(stateOf(b))), cmp.Compare(stateOf(a), stateOf(b)), byName)
		case "last_login":
			return cmp.Or(b.LastLogin.Compare(a.LastLogin), byName)
		}
		return byName
	})
}

func aliasesOf(u duo.User) []string {
	var aliases []string
	for _, alias := range u.Aliases {
		if alias != "" {
			aliases = append(aliases, alias)
		}
	}
	return aliases
}

func plainAll(texts []string) []string {
	for i := range texts {
		texts[i] = catalog.Plain(texts[i])
	}
	return texts
}

func totalText(total int, tooMany bool) string {
	if tooMany {
		return "more than " + strconv.Itoa(run.ListLimit)
	}
	return strconv.Itoa(total)
}

// captionOf counts what a list shows, and what there is of it without a search.
func captionOf(found, total int, noun string) string {
	if total != 1 {
		noun += "s"
	}
	if found != total {
		return fmt.Sprintf("%d of %d %s match", found, total, noun)
	}
	return fmt.Sprintf("%d %s", total, noun)
}
