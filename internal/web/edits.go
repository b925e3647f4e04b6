package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/views"
)

// edit is how an action changes a thing that is there: its form carries what the
// thing was when it was opened, only what differs is sent, and the difference is
// shown before.
type edit struct {
	noun  string   // "user"
	id    string   // the field that names it
	boxes []string // the fields of the form, in its order
	read  func(context.Context, visitor, sheet) (edited, error)
}

// edited is a thing as it is now, in the values of its form. A choice of which
// none fits what it is has no value, and its words are in unset.
type edited struct {
	name   string
	values map[string]string
	unset  map[string]string
}

func (s *Server) editOf(f sheet) (edit, bool) {
	switch f.action.Slug {
	case "update-user":
		return edit{"user", "user_id", userBoxes, s.userNow}, true
	case "modify-phone":
		return edit{"phone", "phone_id", phoneBoxes, s.phoneNow}, true
	}
	return edit{}, false
}

// now is what the form is filled with. What was typed must not be lost because
// Duo does not answer: a form that was sent keeps what it was opened with.
func (e edit) now(ctx context.Context, v visitor, f sheet) (edited, error) {
	now, err := e.read(ctx, v, f)
	if err == nil || !f.submitted() {
		return now, err
	}
	now = edited{name: "this " + e.noun, values: map[string]string{}, unset: map[string]string{}}
	for _, name := range e.boxes {
		now.values[name], now.unset[name] = unixLines(f.get("was."+name)), "As it is"
	}
	return now, nil
}

// was are the fields that carry along what the form was opened with.
func (e edit) was(f sheet, now edited) []views.Hidden {
	var was []views.Hidden
	for _, name := range e.boxes {
		value := now.values[name]
		if f.values.Has("was." + name) {
			value = f.get("was." + name)
		}
		was = append(was, views.Hidden{Name: "was." + name, Value: value})
	}
	return was
}

// review shows what an edit would change. Only what differs from what the form
// was opened with is sent; what somebody else changed meanwhile is told.
func (s *Server) review(c echo.Context, v visitor, f sheet, e edit, in catalog.Values) error {
	now, err := e.read(c.Request().Context(), v, f)
	if err != nil {
		return s.showRefusal(c, v, f, "", err)
	}
	typed := in.Given(f.action)
	page := views.ReviewPage{
		Workspace: v.workspace.Slug, Organization: tagOf(v.organization), RunID: f.runID.String(), Subject: now.name, Slug: f.action.Slug,
		Back: again(v, f), Cancel: placeOf(v, f),
		Hidden: []views.Hidden{{Name: e.id, Value: f.get(e.id)}, {Name: "reviewed", Value: "1"}},
	}
	var elsewhere []string
	for _, field := range f.action.Fields {
		spec := field.Spec()
		after, given := typed[spec.Name]
		if !given || !slices.Contains(e.boxes, spec.Name) {
			continue
		}
		if f.values.Has("was."+spec.Name) && now.values[spec.Name] != unixLines(f.get("was."+spec.Name)) {
			elsewhere = append(elsewhere, strings.ToLower(spec.Label))
		}
		before := cmp.Or(optionText(spec, now.values[spec.Name]), now.unset[spec.Name])
		page.Changes = append(page.Changes, views.Change{Label: spec.Label, Now: catalog.Plain(before), After: optionText(spec, after)})
		page.Hidden = append(page.Hidden, views.Hidden{Name: spec.Name, Value: after})
	}
	for _, name := range e.boxes {
		page.Hidden = append(page.Hidden, views.Hidden{Name: "was." + name, Value: now.values[name]})
	}
	if len(page.Changes) == 0 {
		f.fault, f.runID = "Nothing is changed yet.", uuid.New()
		return s.showSheet(c, v, http.StatusUnprocessableEntity, f)
	}
	if len(elsewhere) > 0 {
		page.Warning = "Somebody changed this " + e.noun + " since you opened the form: " + strings.Join(elsewhere, ", ") + "."
	}
	return s.render(c, http.StatusOK, v, place{tab: tabOf(f)}, page)
}

// optionText is what a choice calls a value; any other value stands for itself.
func optionText(spec catalog.Spec, value string) string {
	for _, o := range spec.Options {
		if o.Value == value {
			return o.Label
		}
	}
	return value
}
