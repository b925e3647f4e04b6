package actions

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// getSettings is an account's settings: to read, and for administrators to
// change.
func (s *pages) getSettings(c echo.Context, v site.Visitor) error {
	settings, err := s.Runner.Settings(c.Request().Context(), v.Scope, v.Organization)
	if err != nil {
		return err
	}
	flash, err := s.FlashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	action, _ := catalog.Lookup(catalog.UpdateSettings)
	f, err := s.freshSheet(c.Request().Context(), v, action, nil)
	if err != nil {
		return err
	}
	page := s.settingsPage(v, f, settingsEdited(settings))
	page.Shown, page.ReadAt = settingsShown(settings), s.When(v, s.Now())
	page.MayEdit = v.Role >= action.Role
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "settings", Flash: flash}, page)
}

// settingsSheet is the same page as an action's form, which it becomes when it
// is sent.
func (s *pages) settingsSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	e := f.look().edit
	now, err := e.now(ctx, s, v, f)
	if err != nil {
		return nil, err
	}
	page := s.settingsPage(v, f, now)
	page.MayEdit = true
	return page, nil
}

func settingBoxes() []string {
	var names []string
	for _, g := range catalog.Settings {
		for _, f := range g.Fields {
			names = append(names, f.Spec().Name)
		}
	}
	return names
}

func (s *pages) settingsNow(ctx context.Context, v site.Visitor, _ sheet) (edited, error) {
	settings, err := s.Runner.Settings(ctx, v.Scope, v.Organization)
	return settingsEdited(settings), err
}

// settingsEdited are the settings as a form holds them. A choice that Duo has
// and the form has not is left as it is.
func settingsEdited(settings duo.Settings) edited {
	now := edited{name: "the settings", values: catalog.SettingValues(settings), unset: map[string]string{}}
	for _, g := range catalog.Settings {
		for _, f := range g.Fields {
			spec := f.Spec()
			value, has := now.values[spec.Name]
			if has && spec.Kind == "choice" && !slices.ContainsFunc(spec.Options,
				func(o catalog.Option) bool { return o.Value == value }) {
				now.values[spec.Name], now.unset[spec.Name] = "", catalog.Plain(value)
			}
		}
	}
	return now
}

// settingsFaults are the faults that show beside what the account has now.
func settingsFaults(now map[string]string, in catalog.Values) []catalog.FieldError {
	action, _ := catalog.Lookup(catalog.UpdateSettings)
	var bad []catalog.FieldError
	given := in.Given(action)
	for _, f := range action.Fields {
		spec := f.Spec()
		if text, sent := given[spec.Name]; sent && text == "" && spec.Kind == "number" {
			bad = append(bad, catalog.FieldError{Field: spec.Name,
				Message: "Give a number: Duo has no way to take this setting away."})
		}
	}
	return append(bad, catalog.SettingFaults(now, in)...)
}

func (s *pages) settingsPage(v site.Visitor, f sheet, now edited) actions.SettingsPage {
	page := actions.SettingsPage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Once: f.once(), Error: f.fault,
		Was: f.look().edit.was(f, now),
	}
	for _, g := range catalog.Settings {
		group := actions.SettingGroup{Title: g.Title}
		for _, field := range g.Fields {
			spec := field.Spec()
			value, has := now.values[spec.Name]
			if !has {
				group.Lacking = append(group.Lacking, spec.Label)
				continue
			}
			group.Fields = append(group.Fields, settingField(spec, f.input(spec.Name, value), now.unset[spec.Name]))
			words := spec.Words(value)
			if value == "" {
				words = now.unset[spec.Name]
			}
			group.Facts = append(group.Facts, views.Fact{Label: spec.Label, Text: catalog.Plain(words)})
		}
		page.Groups = append(page.Groups, group)
	}
	return page
}

// settingField is the control for a setting. Each is what it is: none is optional, and a yes or no is chosen.
func settingField(spec catalog.Spec, box views.Input, unset string) views.FieldView {
	if unset != "" || spec.Kind == "choice" && box.Value == "" {
		unset = strings.TrimSpace(unset + " (leave as it is)")
	}
	shown := words.Control(spec, box, unset)
	if shown.Quiet = true; spec.Kind == "yesno" {
		shown.Kind, shown.Options = "radio", words.YesNo()
	}
	return shown
}

// settingsShown are the settings that can only be looked at.
func settingsShown(settings duo.Settings) []views.Fact {
	columns, row := catalog.ShownSettings(settings)
	var facts []views.Fact
	for i, column := range columns {
		facts = append(facts, views.Fact{Label: column.Title, Text: catalog.Plain(row[i])})
	}
	return facts
}
