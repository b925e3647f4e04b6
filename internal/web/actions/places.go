package actions

import (
	"cmp"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
)

func (f sheet) list() list {
	if l := f.look().list; l.at != nil {
		return l
	}
	return users
}

// tabOf is the tab of the list that a form was opened from.
func tabOf(f sheet) string {
	tab := f.list().tab
	switch {
	case f.generated:
		return "actions"
	case f.get("from") == "phone":
		return phones.tab
	case f.get("user_id") != "" && tab == phones.tab:
		return users.tab
	}
	return tab
}

// address is where a form is opened, and where it is sent to.
func (f sheet) address(v site.Visitor, values ...string) string {
	if f.generated {
		return fieldsPath(v, f.action, values...)
	}
	return site.ActionPath(v, f.action.Slug, values...)
}

// fieldsPath is the address of the form that an action's fields make.
func fieldsPath(v site.Visitor, a catalog.Action, values ...string) string {
	return views.ActionFields(v.Workspace.Slug, v.Organization.Slug, a.Slug, values...)
}

// again is the address of a fresh form for the same object.
func again(v site.Visitor, f sheet) string {
	return site.ActionPath(v, f.action.Slug, "user_id", f.get("user_id"), "phone_id", f.get("phone_id"),
		"bypass_code_id", f.get("bypass_code_id"), "group_id", f.get("group_id"), "from", f.get("from"))
}

// onward is where to go after an action, with the run named so that the page
// says what was done.
func onward(v site.Visitor, f sheet, done run.Outcome) string {
	to := ""
	if l := f.look(); l.onward != nil {
		to = l.onward(v, f, done)
	}
	return cmp.Or(to, placeOf(v, f)) + "?run=" + done.Run.ID.String()
}

// toCreated leads to what an action created, unless it was created for a user.
func toCreated(of string) func(site.Visitor, sheet, run.Outcome) string {
	return func(v site.Visitor, f sheet, done run.Outcome) string {
		if done.Result.Created == "" || f.get("user_id") != "" {
			return ""
		}
		return words.Objects[of].Link(v.Workspace.Slug, v.Organization.Slug, done.Result.Created)
	}
}

// toList leads to the list that has it no more.
func toList(v site.Visitor, f sheet, _ run.Outcome) string {
	return f.list().at(v.Workspace.Slug, v.Organization.Slug)
}

// fromDeleted leads to a user in the trash, or to the list without a user who was deleted permanently.
func fromDeleted(v site.Visitor, f sheet, done run.Outcome) string {
	if f.get("permanent") == "true" {
		return toList(v, f, done)
	}
	return ""
}

// fromSync leads to the user, or back to the directory key that was tested.
func fromSync(v site.Visitor, f sheet, done run.Outcome) string {
	if f.get("test") != "" && v.Role >= catalog.Administrator {
		return views.Connection(v.Workspace.Slug, v.Organization.Slug)
	}
	return toCreated(catalog.OfUser)(v, f, done)
}

// placeOf is the page that a form was opened from: of the user or the phone it
// is about, or a list.
func placeOf(v site.Visitor, f sheet) string {
	ws, org, user, phone := v.Workspace.Slug, v.Organization.Slug, f.get("user_id"), f.get("phone_id")
	switch {
	case phone != "" && (user == "" || f.get("from") == "phone"):
		return views.Phone(ws, org, phone)
	case user != "":
		return views.User(ws, org, user)
	}
	return f.list().at(ws, org)
}
