package actions

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// spec describes a field of the form's action.
func (f sheet) spec(name string) catalog.Spec { return specOf(f.action, name) }

func specOf(a catalog.Action, name string) catalog.Spec {
	for _, field := range a.Fields {
		if spec := field.Spec(); spec.Name == name {
			return spec
		}
	}
	return catalog.Spec{}
}

// namesNothing reports whether a form is about a thing that is not named: there
// is no sheet about it then.
func (f sheet) namesNothing() bool {
	needed := false
	for _, field := range f.action.Fields {
		if spec := field.Spec(); spec.Kind == "id" && words.Objects[spec.Of].OfPeople {
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
	if e := f.look().edit; e != nil {
		which := slices.DeleteFunc(slices.Clone(f.action.Fields),
			func(field catalog.Field) bool { return field.Spec().Name != e.id })
		page, err := s.formOfFields(ctx, v, f, which)
		page.Button, page.AsksTicket = "Open the form", false
		return page, err
	}
	return s.formOfFields(ctx, v, f, f.action.Fields)
}

// buttonOf says what the button of a generated form does.
func buttonOf(a catalog.Action) string {
	if a.Kind == catalog.Generic {
		return "Send call"
	}
	return a.Title
}

func (s *pages) formOfFields(ctx context.Context, v site.Visitor, f sheet,
	fields []catalog.Field) (actions.ActionForm, error) {
	a := f.action
	page := actions.ActionForm{
		Workspace: v.Workspace.Slug, Once: f.once(), Heading: a.Title, About: []string{a.Help}, Facts: actionFacts(a),
		Post: fieldsPath(v, a), Button: buttonOf(a), Danger: a.Deletes, Error: f.fault,
		Cancel: views.Actions(v.Workspace.Slug, v.Organization.Slug),
	}
	if !f.generated && v.Organization.ID != uuid.Nil {
		page.Cancel = placeOf(v, f)
	}
	if v.Organization.ID != uuid.Nil {
		page.Organization = words.TagOf(v.Organization)
	}
	page.Facts = append(page.Facts, s.factsOf(ctx, v, a, "")...)
	offered := map[string]bool{}
	for _, field := range fields {
		spec := field.Spec()
		shown := words.Control(spec, f.input(spec.Name, spec.Default), words.Unset(spec))
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
	facts := []views.Fact{{Label: "Duo call", Text: a.Call, Mono: true},
		{Label: "Role", Text: "Requires the " + a.Role.Title() + " role"}}
	if a.Asks != "" {
		facts = append(facts, views.Fact{Label: "What it does", Text: a.Asks, Note: "You are asked first."})
	}
	return facts
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
	kind, known := words.Objects[spec.Of]
	if !known {
		return list, nil
	}
	objects, err := kind.List(ctx, s.Runner, v.Scope, v.Organization)
	for _, o := range objects {
		add(o.Value, o.Note)
	}
	return list, err
}
