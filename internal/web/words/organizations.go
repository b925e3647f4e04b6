package words

import (
	"cmp"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// TagOf is an organization as pages name it: with its color.
func TagOf(o store.Organization) views.OrganizationTag {
	return Tag(store.OrganizationName{Slug: o.Slug, Name: o.Name, Colour: o.Colour, AccountID: o.AccountID,
		Twin: o.Twin})
}

// Tag is TagOf for what a list of links knows. It alone decides how two organizations of one name are told apart: by
// the last characters of the Duo account's id, or by the slug where there is none.
func Tag(o store.OrganizationName) views.OrganizationTag {
	tag := views.OrganizationTag{Slug: o.Slug, Name: o.Name, Colour: o.Colour}
	switch {
	case !o.Twin:
	case o.AccountID != "":
		tag.Tail = "…" + run.Tail(o.AccountID)
	default:
		tag.Tail = o.Slug
	}
	return tag
}

// OrganizationRow is an organization as a row of a list.
func OrganizationRow(o store.Organization) views.OrganizationRow {
	row := views.OrganizationRow{OrganizationTag: TagOf(o), Aliases: strings.Join(o.Aliases, ", "), Tags: o.Tags,
		Keyed: o.DirectoryKey != "",
		State: views.Chip{Level: "idle", Text: "Not mapped"}}
	if o.Mapped() {
		row.State = views.Chip{Level: "ok", Text: "Mapped"}
		row.Account = ConnectionText(o)
		if host, _, _ := strings.Cut(o.APIHostname, "."); host != "" {
			row.Account += " · " + host
		}
	}
	if o.Failing {
		row.State = views.Chip{Level: "bad", Text: troubles[o.Trouble].state}
		if o.Trouble == store.NoTrouble && o.Kind == store.Child {
			row.State = LostAccount(o)
		}
	}
	if o.Onboarding {
		row.Onboarding = views.Chip{Level: "info", Text: "Onboarding"}
	}
	return row
}

// troubles are what keeps an organization from being used, as a state and as a sentence.
var troubles = map[string]struct{ state, text string }{
	store.NoTrouble:       {"Keys refused", "Duo refused its keys at the last check."},
	store.KeysTrouble:     {"Keys refused", "Duo refuses the keys that reach it."},
	store.ReachTrouble:    {"Not reached", "Duo was not reached, or did not answer."},
	store.InternalTrouble: {"Duo error", "Duo answered with an internal error."},
}

// TroubleText says why a failing organization cannot be used.
func TroubleText(o store.Organization) string {
	switch {
	case o.Trouble == store.NoTrouble && o.Kind == store.Child && o.NoHost:
		return "Duo lists its account without an API host."
	case o.Trouble == store.NoTrouble && o.Kind == store.Child:
		return "Duo no longer lists its account."
	}
	return troubles[o.Trouble].text
}

// LostAccount is the state of an organization whose account Duo lists no more, or
// lists without a host that it could be reached on.
func LostAccount(o store.Organization) views.Chip {
	if o.NoHost {
		return views.Chip{Level: "bad", Text: "No API host"}
	}
	return views.Chip{Level: "bad", Text: "Account gone"}
}

// ConnectionText names in two words how an organization is reached in Duo.
func ConnectionText(o store.Organization) string {
	switch o.Kind {
	case store.Child:
		return "child …" + run.Tail(o.AccountID)
	case store.Parent:
		return "parent account"
	case store.Own:
		return "own credentials"
	}
	return "not connected"
}

// ReachOf puts the organizations of a grant into the words of a table.
func ReachOf(g store.Grant, names []string) views.Reach {
	if g.EveryOrganization {
		return views.Reach{All: true}
	}
	reach := views.Reach{Count: len(names)}
	for _, name := range names[:min(len(names), reachShown)] {
		reach.Names = append(reach.Names, catalog.Plain(name))
	}
	return reach
}

// reachShown is how many chosen organizations a table names.
const reachShown = 3

// GroupChip marks a group that decides over the second factor of its members.
func GroupChip(g duo.Group) views.Chip {
	switch g.Status {
	case duo.GroupActive:
		return views.Chip{}
	case duo.GroupBypass:
		return views.Chip{Level: "warn", Text: "Bypass"}
	case duo.GroupDisabled:
		return views.Chip{Level: "idle", Text: "Disabled"}
	}
	return views.Chip{Level: "info", Text: "Status " + cmp.Or(catalog.Plain(string(g.Status)), "unknown")}
}
