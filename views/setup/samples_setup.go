package setup

import (
	"slices"

	"duodesk/views"
	"duodesk/views/sample"
)

func Samples() []sample.Sample {
	return slices.Concat(organizationSamples(), organizationFormSamples(), integrationSamples(), connectionSamples(), authKeysSamples())
}

// authKeysSamples are the state of the keys that verification takes.
func authKeysSamples() []sample.Sample {
	counts := func(text, state string, n int, current bool) views.FilterLink {
		return views.FilterLink{Text: text, Count: n, Current: current, Href: views.AuthKeysView(sample.Workspace, "", state, 1)}
	}
	row := func(o views.OrganizationTag, id, level, state, note string, since, checked views.When) AuthKeysRow {
		return AuthKeysRow{OrganizationTag: o, ID: id, State: views.Chip{Level: level, Text: state}, Note: note, Since: since, Checked: checked, Check: state != "None", Href: views.Connection(sample.Workspace, o.Slug)}
	}
	grid := AuthKeysPage{Workspace: sample.Workspace, MayCheck: true, Pager: views.Pager{From: 1, To: 5, Total: 5, Noun: "organizations"},
		Filters: []views.FilterLink{counts("All", "", 5, true), counts("Work", "works", 2, false), counts("Fail", "fails", 1, false), counts("Not checked", "unchecked", 1, false), counts("None", "none", 1, false)},
		Rows: []AuthKeysRow{
			row(sample.Acme, "o1", "ok", "Work", "", sample.LastWeek, sample.MinutesAgo),
			row(sample.Harbour, "o2", "bad", "Fail", "Duo does not know this integration key on this host.", sample.MinutesAgo, sample.MinutesAgo),
			row(sample.Hostile, "o3", "warn", "Not checked", "", views.When{}, views.When{}),
			row(sample.Lyndon, "o4", "idle", "None", "No Duo account.", views.When{}, views.When{}),
			row(sample.NorthwindIT, "o5", "ok", "Work", "Your own account: the workspace's keys.", sample.LastWeek, sample.LastWeek),
		}}
	none := AuthKeysPage{Workspace: sample.Workspace, Query: "nobody", Show: "fails", Empty: views.Empty{Kind: "no-match", Headline: "No organization fits", Link: views.Link{Text: "Show all", Href: views.AuthKeys(sample.Workspace)}}}
	return []sample.Sample{
		{Name: "auth-keys", Shell: sample.WorkspaceShell("integration"), Page: grid},
		{Name: "auth-keys-no-match", Shell: sample.WorkspaceShell("integration"), Page: none},
	}
}
