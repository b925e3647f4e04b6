package actions

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

func (f sheet) isGenerated() bool { return f.get(site.Generated) != "" }

// namesNothing reports whether a form is about a thing that is not named: there
// is no sheet about it then.
func (f sheet) namesNothing() bool {
	needed := false
	for _, field := range f.action.Fields {
		if spec := field.Spec(); spec.Kind == "id" && spec.Of != catalog.OfDirectory {
			if f.get(spec.Name) != "" {
				return false
			}
			needed = needed || spec.Required
		}
	}
	return needed
}

// generatedForm draws an action's form from its fields. One that changes a thing
// asks first which: its own form holds what is there.
func (s *pages) generatedForm(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	if e, edits := s.editOf(f); edits {
		which := slices.DeleteFunc(slices.Clone(f.action.Fields), func(field catalog.Field) bool { return field.Spec().Name != e.id })
		page, err := s.formOfFields(ctx, v, f, which)
		page.Button = "Open the form"
		return page, err
	}
	page, err := s.formOfFields(ctx, v, f, f.action.Fields)
	if f.action.Kind != catalog.Read {
		page.Fields = append(page.Fields, ticketField(f))
	}
	return page, err
}

// buttonOf says what the button of a generated form does.
func buttonOf(a catalog.Action) string {
	if a.Kind == catalog.Generic {
		return "Send call"
	}
	return a.Title
}

func (s *pages) formOfFields(ctx context.Context, v site.Visitor, f sheet, fields []catalog.Field) (actions.ActionForm, error) {
	a := f.action
	page := actions.ActionForm{
		Workspace: v.Workspace.Slug, Once: f.once(), Heading: a.Title, About: []string{a.Help}, Facts: actionFacts(a),
		Hidden: []views.Hidden{{Name: site.Generated, Value: "1"}}, Post: site.ActionPath(v, a.Slug), Button: buttonOf(a), Error: f.fault,
		Cancel: views.Actions(v.Workspace.Slug, v.Organization.Slug),
	}
	if !f.isGenerated() && v.Organization.ID != uuid.Nil && s.sheetOf(f) != nil {
		page.Cancel = placeOf(v, f)
	}
	if v.Organization.ID != uuid.Nil {
		page.Organization = words.TagOf(v.Organization)
	}
	page.Facts = append(page.Facts, s.creditsFacts(ctx, v, a, "")...)
	offered := map[string]bool{}
	for _, field := range fields {
		spec := field.Spec()
		shown := fieldView(spec, f.input(spec.Name, spec.Default))
		shown.Matches = f.matchesOf(spec.Name)
		if a.Kind == catalog.Read && spec.Default == "" && shown.Kind == "select" {
			shown.Options[0].Text = "Any" // it narrows what is read
		}
		list, err := s.offered(ctx, v, spec)
		if err != nil {
			return page, err
		}
		if len(list.Options) > 0 {
			shown.List = list.ID
			if !offered[list.ID] {
				page.Lists, offered[list.ID] = append(page.Lists, list), true
			}
		}
		page.Fields = append(page.Fields, shown)
	}
	if hasTimes(a) {
		last := 1
		for i, field := range fields {
			if field.Spec().Kind == "moment" {
				last = i + 1
			}
		}
		page.Fields = slices.Insert(page.Fields, last, zoneBox(v, f))
	}
	return page, nil
}

func actionFacts(a catalog.Action) []views.Fact {
	facts := []views.Fact{{Label: "Duo call", Text: a.Call, Mono: true}, {Label: "Least role", Text: a.Role.String()}}
	if a.Asks != "" {
		facts = append(facts, views.Fact{Label: "What it does", Text: a.Asks, Note: "You are asked first."})
	}
	return facts
}

// fieldView is the control for a field.
func fieldView(spec catalog.Spec, box views.Input) views.FieldView {
	shown := views.FieldView{Name: spec.Name, Label: spec.Label, Help: spec.Help, Value: box.Value, Error: box.Error, Required: spec.Required}
	switch spec.Kind {
	case "choice":
		shown.Kind = "select"
		if spec.Default == "" {
			shown.Options = []views.Option{{Text: "Not chosen"}}
		}
		for _, o := range spec.Options {
			shown.Options = append(shown.Options, views.Option{Value: o.Value, Text: o.Label})
		}
	case "number":
		shown.Kind, shown.Min, shown.Max = "number", strconv.Itoa(spec.Min), strconv.Itoa(spec.Max)
		if shown.Quiet = spec.Default != ""; spec.Unit != "" {
			shown.Unit = spec.Unit + "s"
		}
	case "yesno":
		shown.Kind = "checkbox"
		if spec.Default == "" {
			shown.Kind, shown.Options = "select", []views.Option{{Text: "Not chosen"}, {Value: "true", Text: "Yes"}, {Value: "false", Text: "No"}}
		}
	case "moment":
		shown.Placeholder = "2026-08-04 14:30"
	case "lines":
		shown.Kind = "textarea"
	case "phone":
		shown.Kind = "tel"
	case "duration":
		shown.Quiet = true
	case "id":
		shown.Help = cmp.Or(spec.Help, idHelp[spec.Of])
	case "text":
		shown.MaxLength, shown.Mono = spec.Max, spec.Name == "path" || spec.Name == "params"
		if spec.Lines {
			shown.Kind, shown.Rows = "textarea", 6
		}
	}
	return shown
}

var idHelp = map[string]string{
	catalog.OfUser: "Type a username, an alias, an e-mail address or Duo's id.", catalog.OfPhone: "Type a number, a name or Duo's id.",
	catalog.OfToken: "Type a serial number or Duo's id.",
	catalog.OfGroup: "Type a name or Duo's id.", catalog.OfBypassCode: "Duo's id, as in the list of bypass codes.",
}

// mostOffered is how many values a box offers: a browser shows a few, and a page
// must not become heavy of them.
const mostOffered = 500

// offered are the values that a field's box offers while somebody types: what
// the account has of the kind. A form must not fail because Duo does not answer:
// it then offers nothing.
func (s *pages) offered(ctx context.Context, v site.Visitor, spec catalog.Spec) (actions.Datalist, error) {
	list := actions.Datalist{ID: "offered-" + spec.Name}
	add := func(value, text string) {
		if len(list.Options) < mostOffered {
			list.Options = append(list.Options, views.Option{Value: value, Text: text})
		}
	}
	if spec.Kind == "duration" {
		for _, o := range spec.Options {
			add(o.Value, "")
		}
		return list, nil
	}
	switch spec.Of {
	case catalog.OfUser:
		users, _ := s.Runner.Users(ctx, v.Scope, v.Organization, false)
		for _, u := range users.Items {
			add(catalog.Plain(u.Username), words.DisplayName(u))
		}
	case catalog.OfPhone:
		phones, _ := s.Runner.Phones(ctx, v.Scope, v.Organization, false)
		for _, p := range phones.Items {
			add(words.PhoneTitle(p), catalog.Plain(p.Name)+" "+words.UserNames(p, ""))
		}
	case catalog.OfGroup:
		groups, _ := s.Runner.Groups(ctx, v.Scope, v.Organization, false)
		for _, g := range groups.Items {
			add(catalog.Plain(g.Name), catalog.Plain(g.Description))
		}
	case catalog.OfToken:
		tokens, _ := s.Runner.Tokens(ctx, v.Scope, v.Organization, false)
		for _, t := range tokens.Items {
			add(cmp.Or(catalog.Plain(t.Serial), string(t.ID)), usernames(t.Users))
		}
	case catalog.OfCredential:
		credentials, _ := s.Runner.Credentials(ctx, v.Scope, v.Organization, false)
		for _, w := range credentials.Items {
			add(string(w.Key), catalog.Plain(cmp.Or(w.Name, w.Label))+", "+usernames([]duo.User{w.User}))
		}
	case catalog.OfBypassCode:
		codes, _ := s.Runner.BypassCodes(ctx, v.Scope, v.Organization, false)
		for _, code := range codes.Items {
			add(string(code.ID), words.DisplayName(code.User)+", "+words.UsesLeft(code))
		}
	case catalog.OfDirectory:
		found, err := s.Directories(ctx, v)
		for _, d := range found {
			add(d.Key, catalog.Plain(d.Name))
		}
		return list, err
	case catalog.OfAccount:
		accounts, err := s.accounts(ctx, v)
		for _, a := range accounts {
			add(a.AccountID, catalog.Plain(a.Name))
		}
		return list, err
	}
	slices.SortFunc(list.Options, func(a, b views.Option) int { return cmp.Compare(a.Value, b.Value) })
	return list, nil
}

// usernames are those of short copies of users, in a line.
func usernames(users []duo.User) string {
	var names []string
	for _, u := range users {
		names = append(names, catalog.Plain(u.Username))
	}
	return catalog.Listed(names, 3)
}

func (s *pages) accounts(ctx context.Context, v site.Visitor) (found []store.Account, err error) {
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		found, err = tx.Accounts(ctx)
		return err
	})
	return found, err
}
