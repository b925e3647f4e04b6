// Package words says what Duo's objects, runs, organizations and times are, as texts and chips.
// Its functions are pure, but for the lists of [Objects].
package words

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/text"
	"duodesk/views"
)

// UserStates are the states of a user that pages tell apart, gravest first. A
// user has exactly one.
var UserStates = []struct {
	Name string
	Chip views.Chip
}{
	{string(duo.StatusLockedOut), views.Chip{Level: "bad", Text: "Locked Out"}},
	{string(duo.StatusBypass), views.Chip{Level: "warn", Text: "Bypass"}},
	{string(duo.StatusDisabled), views.Chip{Level: "idle", Text: "Disabled"}},
	{NotEnrolled, views.Chip{Level: "info", Text: "Not Enrolled"}},
	{PartiallyEnrolled, views.Chip{Level: "info", Text: "Partially Enrolled"}},
	{string(duo.StatusActive), views.Chip{Level: "ok", Text: "Active"}},
	{string(duo.StatusPendingDeletion), views.Chip{Level: "idle", Text: "Pending Deletion"}},
}

// States of an active user that Duo does not count as enrolled: without a phone, and with
// phones that cannot authenticate yet.
const (
	NotEnrolled       = "not enrolled"
	PartiallyEnrolled = "partially enrolled"
)

const noState = "unknown" // Duo says none

// mostOtherStates is how many states beside those of UserStates get a filter.
const mostOtherStates = 10

// StatesOf are the states to filter by: those of UserStates, and then those that
// the counted users have besides, since Duo may add some.
func StatesOf(count map[string]int) []string {
	var states, others []string
	for _, state := range UserStates {
		states = append(states, state.Name)
	}
	for state := range count {
		if !slices.Contains(states, state) {
			others = append(others, state)
		}
	}
	slices.Sort(others)
	return append(states, others[:min(len(others), mostOtherStates)]...)
}

// StateOf is a user's one state: Duo's status, but for active users without
// anything to sign in with.
func StateOf(u duo.User) string {
	if u.Status == duo.StatusActive && !u.Enrolled {
		if len(u.Phones) > 0 {
			return PartiallyEnrolled
		}
		return NotEnrolled
	}
	return cmp.Or(strings.TrimSpace(string(u.Status)), noState)
}

// StateChip shows a state. One that Duo added is shown by Duo's name for it.
func StateChip(state string) views.Chip {
	if i := rankOf(state); i < len(UserStates) {
		return UserStates[i].Chip
	}
	first, size := utf8.DecodeRuneInString(state)
	return views.Chip{Level: "idle", Text: catalog.Plain(string(unicode.ToUpper(first)) + state[size:])}
}

// rankOf is where a state stands among UserStates; those besides come last.
func rankOf(state string) int {
	for i, known := range UserStates {
		if known.Name == state {
			return i
		}
	}
	return len(UserStates)
}

// IsUserState reports whether a state is one of UserStates.
func IsUserState(state string) bool { return rankOf(state) < len(UserStates) }

// ChipOf is a user's state as a chip.
func ChipOf(u duo.User) views.Chip { return StateChip(StateOf(u)) }

// DisplayName is a user's full name, or else the username.
func DisplayName(u duo.User) string {
	return catalog.Plain(cmp.Or(strings.TrimSpace(u.RealName), strings.TrimSpace(u.FirstName+" "+u.LastName),
		u.Username))
}

// UserKey is what a user is sorted by in a column of the list of users, and no two users have the same.
func UserKey(u duo.User, by string) string {
	name := text.Fold(DisplayName(u)) + "\x00" + string(u.ID)
	switch by {
	case "status":
		return fmt.Sprintf("%02d%s\x00", rankOf(StateOf(u)), StateOf(u)) + name
	case "last_login":
		return LatestFirst(u.LastLogin) + name
	}
	return name
}

// LatestFirst is a moment as a text that sorts the latest first, and what never was last.
func LatestFirst(at time.Time) string {
	return fmt.Sprintf("%019d", math.MaxInt64-max(0, at.UnixNano()))
}

// AliasesOf are a user's aliases, in Duo's order.
func AliasesOf(u duo.User) []string {
	var aliases []string
	for _, alias := range u.Aliases {
		if alias != "" {
			aliases = append(aliases, alias)
		}
	}
	return aliases
}

// PlainAll is catalog.Plain of each text.
func PlainAll(texts []string) []string {
	for i := range texts {
		texts[i] = catalog.Plain(texts[i])
	}
	return texts
}

// TotalText says how many there are; tooMany: the list ends before the last.
func TotalText(total int, tooMany bool) string {
	if tooMany {
		return "more than " + strconv.Itoa(run.ListLimit)
	}
	return strconv.Itoa(total)
}
