package words

import (
	"duodesk/internal/duo/catalog"
	"duodesk/views"
)

// KindChips are the kinds of actions as chips.
var KindChips = map[catalog.Kind]views.Chip{
	catalog.Read: {Level: "idle", Text: "reads"}, catalog.Write: {Level: "info", Text: "changes"},
	catalog.Send: {Level: "warn", Text: "reaches a person"}, catalog.Generic: {Level: "warn", Text: "any call"},
}

// OptionsOf are the choices of an action's field.
func OptionsOf(a catalog.Action, field string) []views.Option {
	var options []views.Option
	for _, f := range a.Fields {
		if spec := f.Spec(); spec.Name == field {
			for _, o := range spec.Options {
				options = append(options, views.Option{Value: o.Value, Text: o.Label})
			}
		}
	}
	return options
}

// SynchronizeUser is the action whose sheet also tests a directory key.
const SynchronizeUser = "synchronize-users"
