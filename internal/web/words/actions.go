package words

import (
	"duodesk/internal/duo/catalog"
	"duodesk/views"
)

// kindChips are the kinds of actions as chips.
var kindChips = map[catalog.Kind]views.Chip{
	catalog.Read: {Level: "idle", Text: "reads"}, catalog.Write: {Level: "info", Text: "changes"},
	catalog.Send: {Level: "warn", Text: "reaches a person"}, catalog.Generic: {Level: "warn", Text: "any call"},
}

// KindChip says what an action does to Duo or to a person.
func KindChip(a catalog.Action) views.Chip {
	if a.Deletes {
		return views.Chip{Level: "bad", Text: "deletes"}
	}
	return kindChips[a.Kind]
}

// actionOf finds an action that a run can be of: one of the catalog, or the one that a page of its own carries out.
func actionOf(slug string) (catalog.Action, bool) {
	if slug == catalog.ProvisionAuthAPI {
		return catalog.ProvisionAuth(), true
	}
	return catalog.Lookup(slug)
}
