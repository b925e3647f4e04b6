package actions

import (
	"slices"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// zoneField is the box of a form that says in which time zone its times are typed.
// The form carries it, so that it means what it said when it was filled in, even
// if the visitor's zone is another one by the time it is sent.
const zoneField = "typed_zone"

// hasTimes reports whether an action's form has times to type.
func hasTimes(a catalog.Action) bool {
	return slices.ContainsFunc(a.Fields, func(f catalog.Field) bool { return f.Spec().Kind == "moment" })
}

// zoneBox offers the visitor's zone, as pages show times, the one that a form came
// with, and UTC.
func zoneBox(v site.Visitor, f sheet) views.FieldView {
	box := views.FieldView{Name: zoneField, Label: "Time zone of these times", Kind: "select", Quiet: true,
		Value: zoneOfForm(v, site.Form{Values: f.values}).String()}
	for _, name := range []string{v.Location().String(), box.Value, time.UTC.String()} {
		if !slices.ContainsFunc(box.Options, func(o views.Option) bool { return o.Value == name }) {
			box.Options = append(box.Options, views.Option{Value: name, Text: name})
		}
	}
	return box
}

// zoneOfForm is the zone that a form names, else the visitor's.
func zoneOfForm(v site.Visitor, f site.Form) *time.Location {
	if zone := site.ZoneNamed(f.Get(zoneField)); zone != nil {
		return zone
	}
	return v.Location()
}

// moment returns what was typed into a field as the moment that it means; other
// fields as they are.
func (f sheet) moment(spec catalog.Spec, text string) string {
	if spec.Kind != "moment" || f.zone == nil {
		return text
	}
	return catalog.InZone(text, f.zone)
}

// inZone hands fields to an action's Parse with their times in the form's zone.
func (f sheet) inZone(get func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		text, given := get(name)
		for _, field := range f.action.Fields {
			if spec := field.Spec(); spec.Name == name {
				text = f.moment(spec, text)
			}
		}
		return text, given
	}
}
