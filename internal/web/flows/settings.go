package flows

import (
	"cmp"
	"context"
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/flows"
)

var settingsScreen = screen{slug: plan.SettingsScreen, policy: site.AdminOrganization, optional: true,
	draw: (*pages).drawSettings, take: (*pages).takeSettings}

// asItIs is what a setting is called that is left alone.
const asItIs = "Leave as it is"

// accountNameSetting is not offered: it would rename the account.
const accountNameSetting = "name"

func (s *pages) drawSettings(ctx context.Context, v site.Visitor, d draft, page *flows.FormPage) error {
	stored, _ := plan.Read[plan.SettingsChoice](d.Plan, plan.SettingsScreen)
	if err := s.copied(ctx, v, d, &stored, page); err != nil {
		return err
	}
	now, known, err := s.settingsNow(ctx, v, d)
	switch {
	case site.DuoSaidNo(err):
		page.Warnings = append(page.Warnings, "The settings that the account has now could not be read.")
	case err != nil:
		return err
	case !known:
		page.Intro = append(page.Intro,
			"The account does not exist yet, or is not read: all that you choose here is sent.")
	default:
		page.Intro = append(page.Intro, "Only what differs from what the account has now is sent.")
	}
	for _, g := range catalog.Settings {
		group := flows.FieldGroup{Title: g.Title}
		for _, f := range g.Fields {
			spec := f.Spec()
			if spec.Name == accountNameSetting {
				continue
			}
			field := words.Control(spec, d.box(spec.Name, stored.Values[spec.Name]), asItIs)
			if field.Quiet = true; known && now[spec.Name] != field.Value {
				field.Note = "Now: " + cmp.Or(catalog.Plain(spec.Words(now[spec.Name])), "empty")
			}
			group.Fields = append(group.Fields, field)
		}
		page.Groups = append(page.Groups, group)
	}
	return nil
}

// settingsNow are the settings of the account that the organization has, or gets.
func (s *pages) settingsNow(ctx context.Context, v site.Visitor, d draft) (now map[string]string, known bool,
	err error) {
	choice, _ := plan.Read[plan.AccountChoice](d.Plan, plan.AccountScreen)
	found, known, err := plan.Reader{Runner: s.Runner, Scope: v.Membership,
		Organization: v.Organization}.SettingsOfChoice(ctx, choice)
	return catalog.SettingValues(found), known && err == nil, err
}

// copied fills a form in with the settings of the organization that the address names, and
// offers the others.
func (s *pages) copied(ctx context.Context, v site.Visitor, d draft, into *plan.SettingsChoice,
	page *flows.FormPage) (err error) {
	page.Copy = &flows.CopyFrom{Action: page.Post, Field: views.FieldView{Name: "from",
		Label: "Copy from another organization", Quiet: true, List: "copy-from",
		Help: "Type its name. Its settings fill in the form; nothing is saved yet."}}
	var found []store.Organization
	err = s.Store.InWorkspace(ctx, v.Membership, func(tx *store.Tx) (err error) {
		found, err = tx.NamesOfOrganizations(ctx)
		return err
	})
	list := flows.List{ID: "copy-from"}
	typed := d.query.Get("from")
	var named []store.Organization
	exact := false
	for _, o := range found {
		if o.ID == v.Organization.ID {
			continue
		}
		if len(list.Options) < mostOffered {
			list.Options = append(list.Options, views.Option{Value: o.Name, Text: o.Slug})
		}
		switch {
		case o.Slug == typed:
			named, exact = []store.Organization{o}, true
		case !exact && text.Alike(o.Name, typed):
			named = append(named, o)
		}
	}
	page.Lists, page.Copy.Field.Value = append(page.Lists, list), typed
	switch {
	case typed == "" || err != nil:
	case len(named) == 1:
		err = s.copyOf(ctx, v, named[0], into, page)
	default:
		page.Copy.Field.Error = copyFault(named)
	}
	return err
}

// copyFault says why the organization to copy from is not clear. An address is only one organization's.
func copyFault(named []store.Organization) string {
	if len(named) == 0 {
		return "No organization that you see has this name."
	}
	var slugs []string
	for _, o := range named {
		slugs = append(slugs, o.Slug)
	}
	return views.Plural(len(named), "organization", "organizations") + " match; enter the address of one: " +
		strings.Join(slugs, ", ") + "."
}

// mostOffered is how many organizations are offered while one is typed.
const mostOffered = 500

func (s *pages) copyOf(ctx context.Context, v site.Visitor, o store.Organization, into *plan.SettingsChoice,
	page *flows.FormPage) error {
	whole, err := s.Runner.Organization(ctx, v.Membership, o.ID)
	if err != nil {
		return err
	}
	settings, err := s.Runner.Settings(ctx, v.Membership, whole)
	if site.DuoSaidNo(err) {
		page.Copy.Field.Error = "The settings of this organization could not be read from Duo."
		return nil
	}
	into.Values = catalog.SettingValues(settings)
	return err
}

func (s *pages) takeSettings(ctx context.Context, v site.Visitor, d draft) (any, []catalog.FieldError, error) {
	action, _ := catalog.Lookup(catalog.UpdateSettings)
	in, bad := action.Parse(func(name string) (string, bool) {
		value := site.UnixLines(d.form.Get(name))
		return value, value != "" && name != accountNameSetting
	})
	if len(bad) > 0 {
		return nil, bad, nil
	}
	now, known, err := s.settingsNow(ctx, v, d)
	if err != nil && !site.DuoSaidNo(err) {
		return nil, nil, err
	}
	given := in.Given(action)
	if known {
		for name := range given {
			if _, has := now[name]; !has {
				delete(given, name)
			}
		}
		bad = catalog.SettingFaults(now, catalog.Recalled(given))
	}
	return plan.SettingsChoice{Values: given}, bad, nil
}
