package actions

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// phoneFacts tell a phone from others, on a sheet that is about it.
func (s *pages) phoneFacts(p duo.Phone) []views.Fact {
	facts := []views.Fact{{Label: "Phone", Text: words.PhoneTitle(p)}, {Label: "Kind", Text: words.PhoneKind(p)},
		{Label: "Duo Mobile", Text: words.ActivatedChip(p).Text}}
	if names := words.UserNames(p, ""); names != "" {
		facts = append(facts, views.Fact{Label: "Used by", Text: names})
	}
	return facts
}

// phoneBoxes are the fields of a phone's form, in its order; the last three are
// for desk phones, and folded away.
var phoneBoxes = []string{"number", "name", "type", "platform", "extension", "predelay", "postdelay"}

const phoneMore = 4 // where the folded ones begin

// phoneNow reads what there is to edit of a phone. Duo takes types and platforms
// in small letters.
func (s *pages) phoneNow(ctx context.Context, v site.Visitor, f sheet) (edited, error) {
	p, err := s.Runner.Phone(ctx, v.Scope, v.Organization, f.get("phone_id"))
	now := edited{name: words.PhoneTitle(p), unset: map[string]string{}, values: map[string]string{
		"number": p.Number, "name": p.Name, "extension": p.Extension, "predelay": p.Predelay, "postdelay": p.Postdelay,
	}}
	for name, text := range map[string]string{"type": p.Type, "platform": p.Platform} {
		now.values[name] = ""
		for _, o := range words.Options(f.spec(name)) {
			if strings.EqualFold(o.Value, text) {
				now.values[name] = o.Value
			}
		}
		now.unset[name] = catalog.Plain(cmp.Or(text, "Unknown"))
	}
	return now, err
}

func (s *pages) createPhoneSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	page := phoneForm(v, f, map[string]string{"type": "mobile"}, map[string]string{"platform": "Not known yet"})
	page.Heading, page.Button = "Create phone", "Create phone"
	page.About = []string{"Nothing is sent to the phone. It is not assigned until you assign it to a user."}
	if f.get("user_id") == "" {
		return page, nil
	}
	user, _, err := s.Runner.User(ctx, v.Scope, v.Organization, f.get("user_id"))
	name := words.DisplayName(user)
	if err != nil && !f.submitted() {
		return nil, err
	} else if err != nil {
		name = "this user"
	}
	page.Heading, page.About = "Create phone for "+name,
		[]string{"It is assigned to " + name + " at once. Nothing is sent to the phone: activate it afterwards."}
	page.Hidden = []views.Hidden{{Name: "user_id", Value: f.get("user_id")}}
	return page, nil
}

func (s *pages) editPhoneSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	e := f.look().edit
	now, err := e.now(ctx, s, v, f)
	if err != nil {
		return nil, err
	}
	unset := map[string]string{}
	for _, name := range []string{"type", "platform"} {
		if now.values[name] == "" {
			unset[name] = now.unset[name] + " (leave as it is)"
		}
	}
	page := phoneForm(v, f, now.values, unset)
	page.Heading, page.Button = "Edit "+now.name, "Review changes"
	page.Hidden = append(e.was(f, now), views.Hidden{Name: "phone_id", Value: f.get("phone_id")})
	return page, nil
}

// phoneForm is a phone's form. unset are the words for a choice that may stay
// without a value.
func phoneForm(v site.Visitor, f sheet, preset, unset map[string]string) actions.ActionForm {
	page := actions.ActionForm{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Once: f.once(),
		Post: site.ActionPath(v, f.action.Slug), Cancel: placeOf(v, f),
		MoreTitle: "Extension and waiting times", Error: cmp.Or(f.fault, f.unseen(phoneBoxes...)),
	}
	var fields []views.FieldView
	for _, name := range phoneBoxes {
		box := words.Control(f.spec(name), f.input(name, preset[name]), unset[name])
		box.Required = box.Required || box.Kind == "select"
		fields = append(fields, box)
	}
	fields[0].Autofocus = page.Error == "" && len(f.faults) == 0
	page.Fields, page.More = fields[:phoneMore], fields[phoneMore:]
	return page
}

func (s *pages) deletePhoneSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	phone, users, err := s.Runner.PhoneAndUsers(ctx, v.Scope, v.Organization, f.get("phone_id"))
	if err != nil {
		return nil, err
	}
	page := confirmPage(v, f, placeOf(v, f))
	page.Heading, page.Button = "Delete phone "+words.PhoneTitle(phone), "Delete phone"
	page.Facts = s.phoneFacts(phone)
	var ids, names, only []string
	for _, u := range phone.Users {
		ids, names = append(ids, string(u.ID)), append(names, words.DisplayName(u))
	}
	for _, u := range users {
		if len(u.Phones) == 1 {
			only = append(only, words.DisplayName(u))
		}
	}
	page.Hidden = []views.Hidden{{Name: "phone_id", Value: string(phone.ID)},
		{Name: "user_ids", Value: strings.Join(ids, "\n")}}
	page.Consequences = []string{"It is not assigned to a user.", "You can't undo this."}
	if len(ids) > 0 {
		page.Consequences = []string{catalog.Listed(names, len(names)) + " can no longer log in with it.",
			"You can't undo this. To remove it from one user only, use Remove phone."}
	}
	for _, name := range only {
		page.Consequences = append(page.Consequences, "It is the only phone of "+name+".")
	}
	return page, nil
}

func (s *pages) unassignSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	user, page, err := s.userSheet(ctx, v, f)
	if err != nil {
		return nil, err
	}
	page.Cancel = placeOf(v, f)
	phone, err := s.Runner.Phone(ctx, v.Scope, v.Organization, f.get("phone_id"))
	if err != nil {
		return nil, err
	}
	page.Heading, page.Button, page.Danger = fmt.Sprintf("Remove %s from %s", words.PhoneTitle(phone),
		words.DisplayName(user)), "Remove phone", true
	page.Consequences = []string{words.DisplayName(user) +
		" can no longer log in with this phone. The phone stays in the account and can be assigned again."}
	if len(user.Phones) == 1 {
		page.Consequences = append(page.Consequences, "It is the user's only phone.")
	}
	page.Facts = append(page.Facts, views.Fact{Label: "Phone", Text: words.PhoneTitle(phone),
		Note: words.PhoneKind(phone)})
	page.Hidden = append(page.Hidden, views.Hidden{Name: "phone_id", Value: string(phone.ID)},
		views.Hidden{Name: "from", Value: f.get("from")})
	return page, nil
}
