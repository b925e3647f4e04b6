package views

import "slices"

func setupSamples() []Sample {
	return slices.Concat(organizationSamples(), organizationFormSamples(), integrationSamples(), connectionSamples(), authKeysSamples())
}

// authKeysSamples are the state of the keys that verification takes.
func authKeysSamples() []Sample {
	counts := func(text, state string, n int, current bool) FilterLink {
		return FilterLink{Text: text, Count: n, Current: current, Href: AuthKeysView(sampleWorkspace, "", state, 1)}
	}
	row := func(o OrganizationTag, id, level, state, note string, since, checked When) AuthKeysRow {
		return AuthKeysRow{OrganizationTag: o, ID: id, State: Chip{Level: level, Text: state}, Note: note, Since: since, Checked: checked, Check: state != "None", Href: Connection(sampleWorkspace, o.Slug)}
	}
	grid := AuthKeysPage{Workspace: sampleWorkspace, MayCheck: true, Pager: Pager{From: 1, To: 5, Total: 5, Noun: "organizations"},
		Filters: []FilterLink{counts("All", "", 5, true), counts("Work", "works", 2, false), counts("Fail", "fails", 1, false), counts("Not checked", "unchecked", 1, false), counts("None", "none", 1, false)},
		Rows: []AuthKeysRow{
			row(acme, "o1", "ok", "Work", "", lastWeek, minutesAgo),
			row(harbour, "o2", "bad", "Fail", "Duo does not know this integration key on this host.", minutesAgo, minutesAgo),
			row(hostile, "o3", "warn", "Not checked", "", When{}, When{}),
			row(lyndon, "o4", "idle", "None", "No Duo account.", When{}, When{}),
			row(northwindIT, "o5", "ok", "Work", "Your own account: the workspace's keys.", lastWeek, lastWeek),
		}}
	none := AuthKeysPage{Workspace: sampleWorkspace, Query: "nobody", Show: "fails", Empty: Empty{Kind: "no-match", Headline: "No organization fits", Link: Link{Text: "Show all", Href: AuthKeys(sampleWorkspace)}}}
	return []Sample{
		{Name: "auth-keys", Shell: workspaceShell("integration"), Page: grid},
		{Name: "auth-keys-no-match", Shell: workspaceShell("integration"), Page: none},
	}
}
