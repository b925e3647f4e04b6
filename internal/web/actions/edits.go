package actions

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// edit is how an action changes a thing that is there: its form carries what the
// thing was when it was opened, only what differs is sent, and the difference is
// shown before.
type edit struct {
	noun  string   // "this user"
	id    string   // the field that names it; empty: there is only one
	boxes []string // the fields of the form, in its order
	read  func(*pages, context.Context, site.Visitor, sheet) (edited, error)
	// check finds what does not go with what is there now; nil: everything does.
	check func(now map[string]string, in catalog.Values) []catalog.FieldError
}

// edited is a thing as it is now, in the values of its form; what it cannot have
// is no value. A choice of which none fits what it is has no value, and its words
// are in unset.
type edited struct {
	name   string
	values map[string]string
	unset  map[string]string
	warn   string // what who edits it has to know besides
}

// now is what the form is filled with. What was typed must not be lost because
// Duo does not answer: a form that was sent keeps what it was opened with.
func (e edit) now(ctx context.Context, s *pages, v site.Visitor, f sheet) (edited, error) {
	now, err := e.read(s, ctx, v, f)
	if err == nil || !f.submitted() {
		return now, err
	}
	now = edited{name: e.noun, values: map[string]string{}, unset: map[string]string{}}
	for _, name := range e.boxes {
		if now.unset[name] = "As it is"; f.values.Has("was." + name) {
			now.values[name] = site.UnixLines(f.get("was." + name))
		}
	}
	return now, nil
}

// was are the fields that carry along what the form was opened with.
func (e edit) was(f sheet, now edited) []views.Hidden {
	var was []views.Hidden
	for _, name := range e.boxes {
		value, has := now.values[name]
		if f.values.Has("was." + name) {
			value, has = f.get("was."+name), true
		}
		if has {
			was = append(was, views.Hidden{Name: "was." + name, Value: value})
		}
	}
	return was
}

// showReview shows what an edit would change. Only what differs from what the form
// was opened with is sent; what somebody else changed meanwhile is told.
func (s *pages) showReview(c echo.Context, v site.Visitor, f sheet, e edit, in catalog.Values) error {
	now, err := e.read(s, c.Request().Context(), v, f)
	if err != nil {
		return s.showRefusal(c, v, f, "", err)
	}
	if e.check != nil {
		if bad := e.check(now.values, in); len(bad) > 0 {
			f.faults = site.ByField(bad)
			return s.showSheet(c, v, http.StatusUnprocessableEntity, f)
		}
	}
	if err := s.hold(c.Request().Context(), v, &f, false); err != nil {
		return err
	}
	if err := s.markTicket(c.Request().Context(), v, &f); err != nil {
		return err
	}
	typed := in.Given(f.action)
	page := actions.ReviewPage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Once: f.once(), Subject: now.name,
		Slug: f.action.Slug,
		Back: again(v, f), Cancel: placeOf(v, f),
		Hidden: []views.Hidden{{Name: "reviewed", Value: "1"}},
	}
	if e.id != "" {
		page.Hidden = append(page.Hidden, views.Hidden{Name: e.id, Value: f.get(e.id)})
	}
	var elsewhere []string
	for _, field := range f.action.Fields {
		spec := field.Spec()
		after, given := typed[spec.Name]
		if !given || !slices.Contains(e.boxes, spec.Name) {
			continue
		}
		if f.values.Has("was."+spec.Name) && now.values[spec.Name] != site.UnixLines(f.get("was."+spec.Name)) {
			elsewhere = append(elsewhere, strings.ToLower(spec.Label))
		}
		before := cmp.Or(spec.Words(now.values[spec.Name]), now.unset[spec.Name])
		page.Changes = append(page.Changes, actions.Change{Label: spec.Label, Now: catalog.Plain(before),
			After: spec.Words(after)})
		page.Hidden = append(page.Hidden, views.Hidden{Name: spec.Name, Value: after})
	}
	for _, name := range e.boxes {
		if value, has := now.values[name]; has {
			page.Hidden = append(page.Hidden, views.Hidden{Name: "was." + name, Value: value})
		}
	}
	if len(page.Changes) == 0 {
		f.fault, f.runID = "Nothing is changed yet.", uuid.New()
		return s.showSheet(c, v, http.StatusUnprocessableEntity, f)
	}
	warnings := []string{f.action.Question(in), now.warn}
	if len(elsewhere) > 0 {
		warnings = append(warnings, "Someone changed "+e.noun+" since you opened the form: "+
			strings.Join(elsewhere, ", ")+".")
	}
	page.Warning = strings.TrimSpace(strings.Join(warnings, " "))
	return s.Render(c, http.StatusOK, v, site.Place{Tab: tabOf(f)}, page)
}

// editSheet is the form of an edit that has no page of its own: its fields,
// filled with what is there.
func (s *pages) editSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	e := f.look().edit
	now, err := e.now(ctx, s, v, f)
	if err != nil {
		return nil, err
	}
	was := e.was(f, now)
	for _, name := range e.boxes {
		if value, has := now.values[name]; has && !f.values.Has(name) {
			f.values.Set(name, value)
		}
	}
	page, err := s.formOfFields(ctx, v, f, slices.DeleteFunc(slices.Clone(f.action.Fields),
		func(field catalog.Field) bool { return !slices.Contains(e.boxes, field.Spec().Name) }))
	page.Post, page.Heading, page.Button = f.address(v), "Edit "+now.name, "Review changes"
	if now.warn != "" {
		page.About = append(page.About, now.warn)
	}
	page.Hidden = append(was, views.Hidden{Name: e.id, Value: f.get(e.id)})
	page.Error = cmp.Or(page.Error, f.faults[e.id])
	page.Cancel = views.Actions(v.Workspace.Slug, v.Organization.Slug)
	return page, err
}

// groupNow reads what there is to edit of a group.
func (s *pages) groupNow(ctx context.Context, v site.Visitor, f sheet) (edited, error) {
	group, members, err := s.Runner.GroupAndMembers(ctx, v.Scope, v.Organization, f.get("group_id"))
	now := edited{name: catalog.Plain(group.Name), unset: map[string]string{}, warn: members, values: map[string]string{
		"name": group.Name, "desc": group.Description, "status": strings.ToLower(string(group.Status)),
	}}
	if why := catalog.WhyAdministrators(group); why != "" && err == nil {
		now.warn = strings.TrimSpace((&catalog.RoleError{Least: catalog.Administrator, Why: why}).Error() +
			" " + members)
	}
	return now, err
}
