package actions

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// The sheets that ask a person through Duo: for the second factor, or to prove
// who they are to a help desk.

// verifySheet chooses the phone that a verification push goes to: the one that
// was used last is chosen already.
func (s *pages) verifySheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	user, confirm, err := s.userSheet(ctx, v, f)
	if err != nil {
		return nil, err
	}
	phones := slices.DeleteFunc(slices.Clone(user.Phones), func(p duo.Phone) bool { return !p.Activated })
	slices.SortStableFunc(phones, func(a, b duo.Phone) int { return b.LastSeen.Compare(a.LastSeen) })
	name := words.DisplayName(user)
	if len(phones) == 0 {
		confirm.Heading = "Verify " + name
		confirm.Consequences = []string{
			"Duo Mobile is not activated on any phone of this user, so a push cannot reach the user.",
			"Call the person back on a number that Duo holds, or check a passcode of a hardware token with Send Duo Authentication."}
		confirm.Onward = []views.Link{
			{Text: "Call back", Href: views.CallBack(v.Workspace.Slug, v.Organization.Slug, string(user.ID))},
			{Text: "Send Duo Authentication", Href: site.ActionPath(v, catalog.SendAuthentication, "user_id",
				string(user.ID))},
		}
		return confirm, nil
	}
	page := actions.ActionForm{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Once: f.once(),
		Heading: "Verify " + name,
		About: []string{
			"A push with a code goes to the phone. A caller who reads you the same code and approves has the phone."},
		Hidden: confirm.Hidden, Facts: confirm.Facts, Post: site.ActionPath(v, f.action.Slug), Button: "Send push",
		Ready: !f.submitted(), Error: f.fault, Cancel: confirm.Cancel,
	}
	choice := views.FieldView{Name: "phone_id", Label: "Phone", Kind: "radio",
		Value: f.input("phone_id", string(phones[0].ID)).Value, Error: f.faults["phone_id"], Required: true}
	for _, p := range phones {
		seen := ", never seen"
		if !p.LastSeen.IsZero() {
			seen = ", last seen " + s.Clock(v, p.LastSeen)
		}
		choice.Options = append(choice.Options, views.Option{Value: string(p.ID),
			Text: words.PhoneTitle(p) + " · " + words.PhoneKind(p) + seen})
	}
	page.Fields = []views.FieldView{choice}
	return page, nil
}

// authSheet chooses a user, and then how to ask: what Duo says of the user and
// the devices comes from preauth.
func (s *pages) authSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	if f.get("user_id") == "" && !f.submitted() {
		return s.chooseWhomToAsk(ctx, v, f)
	}
	user, confirm, err := s.userSheet(ctx, v, f)
	if err != nil {
		return nil, err
	}
	name := words.DisplayName(user)
	pre, err := s.Runner.Preauth(ctx, v.Scope, v.Organization, duo.AuthUser{ID: user.ID})
	if err != nil && !site.DuoSaidNo(err) {
		return nil, err
	}
	if err != nil && !f.submitted() {
		confirm.Heading, confirm.Consequences = "Ask "+name+" for the second factor",
			[]string{s.WhyNot(v, catalog.Auth, err)}
		if _, fix := site.KeysFix(v, catalog.Auth, err); fix.Href != "" {
			confirm.Onward = []views.Link{fix}
		}
		return confirm, nil
	}
	page := actions.ActionForm{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Once: f.once(),
		Heading: "Ask " + name + " for the second factor",
		About:   []string{"As a login does; nobody is logged in by it. The answer is shown as it comes."},
		Hidden:  confirm.Hidden, Facts: append(confirm.Facts, preauthFact(pre)),
		Post: site.ActionPath(v, f.action.Slug), Button: "Ask now", Error: cmp.Or(f.fault, f.faults["user_id"]),
		Cancel: confirm.Cancel, MoreTitle: "What the push shows, and where the login comes from",
	}
	for _, field := range f.action.Fields {
		spec := field.Spec()
		shown := words.Control(spec, f.input(spec.Name, spec.Default), words.Unset(spec))
		switch spec.Name {
		case "user_id", "username":
			continue
		case "factor":
			shown.Kind = "radio"
			page.Fields = append(page.Fields, shown)
		case "device":
			page.Fields = append(page.Fields, deviceField(shown, pre, user.Phones))
		case "passcode":
			shown.Value, shown.Mono = "", true
			page.Fields = append(page.Fields, shown)
		default:
			page.More = append(page.More, shown)
		}
	}
	return page, nil
}

// deviceField offers the user's devices, each with what it can do.
func deviceField(f views.FieldView, pre duo.Preauth, phones []duo.Phone) views.FieldView {
	f.Kind, f.Help, f.Quiet = "select", "Not used with a passcode.", true
	f.Options = []views.Option{{Value: "auto", Text: "The first that can do it"}}
	known := f.Value == "" || strings.EqualFold(f.Value, "auto")
	for _, d := range pre.Devices {
		if d.Type != "phone" {
			continue // a token has nothing to be asked
		}
		if strings.EqualFold(d.ID, f.Value) {
			known, f.Value = true, d.ID
		}
		name := catalog.Plain(cmp.Or(d.DisplayName, d.Name, d.Number, d.ID))
		for _, p := range phones {
			if string(p.ID) == d.ID && p.Extension != "" {
				name += " ext. " + catalog.Plain(p.Extension) // Duo's name for it has none
			}
		}
		f.Options = append(f.Options, views.Option{Value: d.ID, Text: name + ": " + capabilities(d)})
	}
	if !known {
		f.Options = append(f.Options, views.Option{Value: f.Value, Text: catalog.Plain(f.Value)})
	}
	return f
}

func capabilities(d duo.AuthDevice) string {
	words := map[string]string{"push": "push", "phone": "call", "sms": "SMS"}
	var can []string
	for _, c := range d.Capabilities {
		if words[c] != "" {
			can = append(can, words[c])
		}
	}
	if len(can) == 0 {
		return "passcodes only"
	}
	return strings.Join(can, ", ")
}

// preauthFact is what Duo says of the user before anybody is asked.
func preauthFact(pre duo.Preauth) views.Fact {
	fact := views.Fact{Label: "At a login", Note: catalog.Plain(pre.Message)}
	switch pre.Result {
	case duo.PreauthAuth:
		fact.Text = "Duo asks for the second factor"
	case duo.PreauthAllow:
		fact.Text = "Duo lets this user in without asking"
	case duo.PreauthEnroll:
		fact.Text = "Duo asks this user to enroll first: the user has no device"
	case "":
		fact.Text = "not known right now"
	default:
		fact.Text = "Duo refuses this user"
	}
	return fact
}

func (s *pages) chooseWhomToAsk(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	page, err := s.chooseUser(ctx, v, f, func(u duo.User) actions.Choice {
		return actions.Choice{Act: views.Act{Text: "Choose",
			Href: site.ActionPath(v, f.action.Slug, "user_id", string(u.ID))}}
	})
	page.Heading = "Choose a user to ask for the second factor"
	page.Back = views.Link{Text: "All actions", Href: views.Actions(v.Workspace.Slug, v.Organization.Slug)}
	return page, err
}

// unable says why the phone that a form names cannot get what would be sent, as far
// as the list that is held shows it; "" if it may, or that is not known.
func (s *pages) unable(ctx context.Context, v site.Visitor, f sheet) string {
	if f.action.Unable == nil {
		return ""
	}
	phones, _ := s.Runner.Phones(ctx, v.Scope, v.Organization, false)
	i := slices.IndexFunc(phones.Items, func(p duo.Phone) bool { return string(p.ID) == f.get("phone_id") })
	if i < 0 || f.action.Unable(phones.Items[i]) == "" {
		return ""
	}
	return f.action.Unable(phones.Items[i]) + " Nothing will be sent."
}
