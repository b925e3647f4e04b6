package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/views"
)

// userBoxes are the fields of a user's form, in its order.
var userBoxes = []string{"username", "realname", "firstname", "lastname", "email", "status", "aliases", "notes"}

// userValues are a user's fields as the form holds them. The status is empty
// where it is one that cannot be chosen, such as locked out.
func userValues(u duo.User) map[string]string {
	values := map[string]string{
		"username": u.Username, "realname": u.RealName, "firstname": u.FirstName, "lastname": u.LastName, "email": u.Email,
		"notes": u.Notes, "aliases": strings.Join(aliasesOf(u), "\n"), "status": string(u.Status),
	}
	if u.Status != duo.StatusActive && u.Status != duo.StatusBypass && u.Status != duo.StatusDisabled {
		values["status"] = ""
	}
	return values
}

func (s *Server) createUserSheet(_ context.Context, v visitor, f sheet) (views.Page, error) {
	page := userForm(v, f, map[string]string{"status": "active"})
	return page, nil
}

func (s *Server) editUserSheet(ctx context.Context, v visitor, f sheet) (views.Page, error) {
	user, _, err := s.Runner.User(ctx, v.scope, v.organization, f.get("user_id"))
	if err != nil && !f.submitted() {
		return nil, err
	}
	now, name, state := userValues(user), displayName(user), chipOf(user).Text
	if err != nil {
		// What was typed must not be lost because Duo does not answer.
		now, name, state = f.opened(), "this user", "As it is"
	}
	page := userForm(v, f, now)
	page.UserID, page.UserName = f.get("user_id"), name
	if now["status"] == "" {
		page.Statuses = append([]views.Option{{Text: state + " (leave as it is)"}}, page.Statuses...)
	}
	for _, name := range userBoxes {
		was := now[name]
		if f.values.Has("was." + name) {
			was = f.get("was." + name)
		}
		page.Was = append(page.Was, views.Hidden{Name: "was." + name, Value: was})
	}
	return page, nil
}

// opened is what the boxes of a user's form held when it was opened.
func (f sheet) opened() map[string]string {
	values := map[string]string{}
	for _, name := range userBoxes {
		values[name] = unixLines(f.get("was." + name))
	}
	return values
}

func userForm(v visitor, f sheet, preset map[string]string) views.UserForm {
	box := func(name string) views.Input { return f.input(name, preset[name]) }
	page := views.UserForm{
		Workspace: v.workspace.Slug, Organization: tagOf(v.organization), RunID: f.runID.String(),
		Username: box("username"), RealName: box("realname"), FirstName: box("firstname"), LastName: box("lastname"),
		Email: box("email"), Notes: box("notes"), Status: box("status"), Aliases: box("aliases"), Error: f.fault,
	}
	for _, o := range optionsOf(f.action, "status") {
		// What the role may not set is not offered, unless it is what is set.
		if o.Value != string(duo.StatusBypass) || v.role >= catalog.Administrator || preset["status"] == o.Value {
			page.Statuses = append(page.Statuses, o)
		}
	}
	return page
}

type reviewStep func(echo.Context, visitor, sheet, catalog.Values) error

// reviewOf returns the step between an edit and its sending: the difference is
// shown first.
func (s *Server) reviewOf(f sheet) reviewStep {
	if f.action.Slug == "update-user" && f.get("reviewed") == "" {
		return s.reviewUser
	}
	return nil
}

// reviewUser shows what an edit would change. Only what differs from what the
// form was opened with is sent; what somebody else changed meanwhile is told.
func (s *Server) reviewUser(c echo.Context, v visitor, f sheet, in catalog.Values) error {
	user, _, err := s.Runner.User(c.Request().Context(), v.scope, v.organization, f.get("user_id"))
	if err != nil {
		return s.showRefusal(c, v, f, err)
	}
	now, typed := userValues(user), in.Given(f.action)
	page := views.ReviewPage{
		Workspace: v.workspace.Slug, Organization: tagOf(v.organization), RunID: f.runID.String(), Subject: displayName(user), Slug: f.action.Slug,
		Back: again(v, f), Cancel: views.User(v.workspace.Slug, v.organization.Slug, string(user.ID)),
		Hidden: []views.Hidden{{Name: "user_id", Value: string(user.ID)}, {Name: "reviewed", Value: "1"}},
	}
	var elsewhere []string
	for _, field := range f.action.Fields {
		spec := field.Spec()
		after, given := typed[spec.Name]
		if !given || !slices.Contains(userBoxes, spec.Name) {
			continue
		}
		if f.values.Has("was."+spec.Name) && now[spec.Name] != unixLines(f.get("was."+spec.Name)) {
			elsewhere = append(elsewhere, strings.ToLower(spec.Label))
		}
		page.Changes = append(page.Changes, views.Change{Label: spec.Label, Now: catalog.Plain(now[spec.Name]), After: after})
		page.Hidden = append(page.Hidden, views.Hidden{Name: spec.Name, Value: after})
	}
	for _, name := range userBoxes {
		page.Hidden = append(page.Hidden, views.Hidden{Name: "was." + name, Value: now[name]})
	}
	if len(page.Changes) == 0 {
		f.fault, f.runID = "Nothing is changed yet.", uuid.New()
		return s.showSheet(c, v, http.StatusUnprocessableEntity, f)
	}
	if len(elsewhere) > 0 {
		page.Warning = "Somebody changed this user since you opened the form: " + strings.Join(elsewhere, ", ") + "."
	}
	return s.render(c, http.StatusOK, v, place{tab: "users"}, page)
}
