package words

import (
	"cmp"
	"strconv"

	"duodesk/internal/duo/catalog"
	"duodesk/views"
)

// Unset is what a choice of a new form is called that has no value yet; empty where it has one in advance.
func Unset(spec catalog.Spec) string {
	if spec.Default != "" {
		return ""
	}
	return "Not chosen"
}

// Control is the control for a field, as it was filled in. unset is what a choice without a value is called; empty: it
// has a value, and a yes or no is a box to tick.
func Control(spec catalog.Spec, box views.Input, unset string) views.FieldView {
	shown := views.FieldView{
		Name: spec.Name, Label: spec.Label, Help: spec.Help, Value: box.Value, Error: box.Error,
		Required: spec.Required,
	}
	switch spec.Kind {
	case "choice":
		shown.Kind, shown.Options = "select", withUnset(unset, Options(spec))
	case "number":
		shown.Kind, shown.Min, shown.Max = "number", strconv.Itoa(spec.Min), strconv.Itoa(spec.Max)
		if shown.Quiet = spec.Default != ""; spec.Unit != "" {
			shown.Unit = spec.Unit + "s"
		}
	case "yesno":
		shown.Kind = "checkbox"
		if unset != "" {
			shown.Kind, shown.Options = "select", withUnset(unset, YesNo())
		}
	case "moment":
		shown.Placeholder = "2026-08-04 14:30"
	case "lines":
		shown.Kind = "textarea"
	case "phone":
		shown.Kind, shown.MaxLength = "tel", spec.Max
	case "duration":
		shown.Quiet = true
	case "id":
		shown.Help = cmp.Or(spec.Help, Objects[spec.Of].Help)
	case "text":
		shown.MaxLength, shown.Mono = spec.Max, spec.Name == "path" || spec.Name == "params"
		if spec.Lines {
			shown.Kind, shown.Rows = "textarea", 6
		}
	}
	return shown
}

func withUnset(unset string, options []views.Option) []views.Option {
	if unset == "" {
		return options
	}
	return append([]views.Option{{Text: unset}}, options...)
}

// Options are the values of a choice.
func Options(spec catalog.Spec) (options []views.Option) {
	for _, o := range spec.Options {
		options = append(options, views.Option{Value: o.Value, Text: o.Label})
	}
	return options
}

// YesNo are the values of a yes or no that is chosen rather than ticked.
func YesNo() []views.Option {
	return []views.Option{{Value: "true", Text: "Yes"}, {Value: "false", Text: "No"}}
}
