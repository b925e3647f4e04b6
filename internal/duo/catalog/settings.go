package catalog

import (
	"context"
	"maps"
	"slices"

	"duodesk/internal/duo"
)

const settingsCategory = "Admin API - Settings"

func retrieveSettings() Action {
	return Action{
		Slug: "retrieve-settings", Title: "Retrieve Settings", Category: settingsCategory,
		Help: "Reads the account's settings.",
		API:  Admin, Call: "GET /admin/v1/settings", Kind: Read, Role: Auditor, Fields: []Field{},
		Run: func(ctx context.Context, d *duo.Client, _ Values) (Result, error) {
			settings, err := d.Settings(ctx)
			if err != nil {
				return Result{Subject: "settings"}, err
			}
			table := &Table{One: true, Rows: [][]string{nil}}
			for _, name := range slices.Sorted(maps.Keys(settings.Raw)) {
				table.Columns = append(table.Columns, Column{Name: name, Title: name})
				table.Rows[0] = append(table.Rows[0], string(settings.Raw[name]))
			}
			return Result{Subject: "settings", Summary: "Read the settings of " + settings.Name + ".", Table: table}, nil
		},
	}
}
