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

// userBoxes are the fields of a user's form, in its order.
var userBoxes = []string{"username", "realname", "firstname", "lastname", "email", "status", "aliases", "notes"}

// userValues are a user's fields as the form holds them. The status is empty
// where it is one that cannot be chosen, such as locked out.
func userValues(u duo.User) map[string]string {
	values := map[string]string{
		"username": u.Username, "realname": u.RealName, "firstname": u.FirstName, "lastname": u.LastName,
		"email": u.Email,
		"notes": u.Notes, "aliases": strings.Join(words.AliasesOf(u), "\n"), "status": string(u.Status),
	}
	if u.Status != duo.StatusActive && u.Status != duo.StatusBypass && u.Status != duo.StatusDisabled {
		values["status"] = ""
	}
	return values
}

// userNow reads what there is to edit of a user.
func (s *pages) userNow(ctx context.Context, v site.Visitor, f sheet) (edited, error) {
	user, _, err := s.Runner.User(ctx, v.Scope, v.Organization, f.get("user_id"))
	now := edited{name: words.DisplayName(user), values: userValues(user),
		unset: map[string]string{"status": words.ChipOf(user).Text}}
	switch why := catalog.WhyBypass(user); {
	case err != nil:
	case catalog.InTrash(user) != "":
		now.warn = catalog.InTrash(user)
	case why != "":
		now.warn = "This user may be in bypass, because " + why + ". Names and status require the Administrator role."
	}
	return now, err
}

func (s *pages) createUserSheet(_ context.Context, v site.Visitor, f sheet) (views.Page, error) {
	page := userForm(v, f, map[string]string{"status": "active"})
	return page, nil
}

func (s *pages) editUserSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	e := f.look().edit
	now, err := e.now(ctx, s, v, f)
	if err != nil {
		return nil, err
	}
	page := userForm(v, f, now.values)
	page.UserID, page.UserName = f.get("user_id"), now.name
	if now.values["status"] == "" {
		page.Statuses = append([]views.Option{{Text: now.unset["status"] + " (leave as it is)"}}, page.Statuses...)
	}
	page.Was = e.was(f, now)
	page.Username.Note = now.warn
	return page, nil
}

// enrollSheet is the form that sends an enrollment email, filled in from the user
// that the address names: never from the address itself, since a person who sends someone a
// link must not choose where the email goes. It leads back to that user.
func (s *pages) enrollSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	id := f.get("user_id")
	if id == "" || f.generated {
		return s.generatedForm(ctx, v, f)
	}
	name := f.get("username")
	if !f.submitted() {
		user, _, err := s.Runner.User(ctx, v.Scope, v.Organization, id)
		if err != nil {
			return nil, err
		}
		name = catalog.Plain(user.Username)
		f.values.Set("username", name)
		f.values.Set("email", catalog.Plain(user.Email))
		f.held = nil
		if err := s.hold(ctx, v, &f, true); err != nil {
			return nil, err
		}
	}
	others := func(field catalog.Field) bool { return field.Spec().Name == "username" }
	page, err := s.formOfFields(ctx, v, f, slices.DeleteFunc(slices.Clone(f.action.Fields), others))
	page.Heading, page.Button, page.About = "Send enrollment email to "+name, "Send enrollment email",
		[]string{f.action.Asks}
	page.Facts = []views.Fact{{Label: "User", Text: name}}
	page.Post, page.Cancel, page.Error = site.ActionPath(v, f.action.Slug), placeOf(v, f),
		cmp.Or(page.Error, f.faults["username"])
	page.Hidden = []views.Hidden{{Name: "user_id", Value: id}, {Name: "username", Value: name}}
	return page, err
}

func userForm(v site.Visitor, f sheet, preset map[string]string) actions.UserForm {
	box := func(name string) views.Input { return f.input(name, preset[name]) }
	page := actions.UserForm{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Once: f.once(),
		Username: box("username"), RealName: box("realname"), FirstName: box("firstname"), LastName: box("lastname"),
		Email: box("email"), Notes: box("notes"), Status: box("status"), Aliases: box("aliases"), Error: f.fault,
	}
	for _, o := range words.Options(f.spec("status")) {
		// What the role may not set is not offered, unless it is what is set.
		if o.Value != string(duo.StatusBypass) || v.Role >= catalog.Administrator || preset["status"] == o.Value {
			page.Statuses = append(page.Statuses, o)
		}
	}
	return page
}
