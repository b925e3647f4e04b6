package table

import (
	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// Organizations is what can be chosen of the list of organizations at an address: by its page, its file and programs.
// What each shows of a row is its own: a page has words and links for a person, a file what an import takes, and the
// fields of the API keep their names and values whatever a page says.
func Organizations(at string) List {
	return List{
		One: "organization", Many: "organizations", At: at, Search: "Find an organization",
		Filters: []Filter{{Name: "show", Label: "Filter organizations", Valid: site.IsTag,
			Fault: "show is unmapped, unkeyed, failing, or tag: with a tag.", Options: []Option{
				{Text: "All"}, {Value: string(store.Unmapped), Text: "Unmapped"},
				{Value: string(store.Unkeyed), Text: "Without key"}, {Value: string(store.Failing), Text: "Failing"}}}},
		Sorts: []Sort{{Name: "name"}, {Name: "state", Order: "state"}},
	}
}

// Mapping is Organizations for the mapping, whose page offers no tags.
func Mapping(at string) List {
	list := Organizations(at)
	list.Filters[0].Label, list.Filters[0].Valid, list.Filters[0].Fault = "Filter the mapping", nil,
		"show is unmapped, unkeyed or failing."
	return list
}
