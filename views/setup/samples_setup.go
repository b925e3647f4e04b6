package setup

import (
	"slices"

	"duodesk/views"
	"duodesk/views/sample"
)

func Samples() []sample.Sample {
	return slices.Concat(organizationSamples(), organizationFormSamples(), integrationSamples(), connectionSamples(),
		authKeysSamples())
}

// authKeysSamples are the state of the keys that verification takes.
func authKeysSamples() []sample.Sample {
	counts := func(text, state string, n int, current bool) views.FilterLink {
		return views.FilterLink{Text: text, Count: n, Current: current,
			Href: views.With(views.AuthKeys(sample.Workspace), "show", state)}
	}
	row := func(o views.OrganizationTag, id, level, state, note string, since, checked views.When) AuthKeysRow {
		return AuthKeysRow{OrganizationTag: o, ID: id, State: views.Chip{Level: level, Text: state}, Note: note,
			Since: since, Checked: checked, Check: state != "None", Href: views.Connection(sample.Workspace, o.Slug)}
	}
	grid := AuthKeysPage{Workspace: sample.Workspace, MayCheck: true,
		Rows: []AuthKeysRow{
			row(sample.Acme, "o1", "ok", "Work", "", sample.LastWeek, sample.MinutesAgo),
			row(sample.Harbour, "o2", "bad", "Fail", "Duo does not know this integration key on this host.",
				sample.MinutesAgo, sample.MinutesAgo),
			row(sample.Hostile, "o3", "warn", "Not checked", "", views.When{}, views.When{}),
			row(sample.Lyndon, "o4", "idle", "None", "No Duo account.", views.When{}, views.When{}),
			row(sample.NorthwindIT, "o5", "ok", "Work", "Your own account: the workspace's keys.", sample.LastWeek,
				sample.LastWeek),
		}}
	grid.Table = views.TableOf("organizations", grid.Columns(), grid.Rows)
	at := views.AuthKeys(sample.Workspace)
	grid.Table.At, grid.Table.Label, grid.Table.Live, grid.Table.Caption = at, "Find an organization", true,
		"5 organizations"
	grid.Table.Heads[0].Sort, grid.Table.Heads[0].Sorted, grid.Table.Heads[3].Sort = views.With(at, "sort", "-name"),
		"ascending", views.With(at, "sort", "checked")
	grid.Table.Choices = []views.Choices{{Label: "Filter organizations",
		Links: []views.FilterLink{counts("All", "", 5, true), counts("Work", "works", 2, false), counts("Fail", "fails",
			1, false), counts("Not checked", "unchecked", 1, false), counts("None", "none", 1, false)}}}
	none := grid
	none.Rows, none.MayCheck, none.Table.Rows, none.Table.Search, none.Table.Caption = nil, false, nil, "nobody", ""
	none.Table.Empty = views.Empty{Kind: "no-match", Headline: "No organization matches",
		Text: "Change the search or the filter.", Link: views.Link{Text: "Show all", Href: at}}
	return []sample.Sample{
		{Name: "auth-keys", Shell: sample.WorkspaceShell("integration"), Page: grid},
		{Name: "auth-keys-no-match", Shell: sample.WorkspaceShell("integration"), Page: none},
	}
}
