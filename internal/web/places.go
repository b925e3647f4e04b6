package web

import (
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/views"
)

// tabOf is the list that a sheet was opened from.
func tabOf(f sheet) string {
	switch f.action.Slug {
	case updateSettings:
		return "settings"
	case "modify-group":
		return "actions"
	}
	if f.get("from") == "phone" || f.get("user_id") == "" && strings.HasSuffix(f.action.Category, "Phones") {
		return "phones"
	}
	return "users"
}

// again is the address of a fresh sheet for the same object.
func again(v visitor, f sheet) string {
	return actionPath(v, f.action.Slug, "user_id", f.get("user_id"), "phone_id", f.get("phone_id"), "bypass_code_id", f.get("bypass_code_id"), "group_id", f.get("group_id"), "from", f.get("from"))
}

// onward is where to go after an action, with the run named so that the page
// says what was done.
func onward(v visitor, f sheet, done run.Outcome) string {
	to := placeOf(v, f)
	ws, org, created := v.workspace.Slug, v.organization.Slug, done.Result.Created
	switch slug := f.action.Slug; {
	case slug == synchronizeUser && f.get("test") != "" && v.role >= catalog.Administrator:
		to = views.Connection(ws, org)
	case slug == "delete-user" && f.get("permanent") == "true":
		to = views.Users(ws, org)
	case slug == "delete-phone-by-id":
		to = views.Phones(ws, org)
	case (slug == "create-user" || slug == synchronizeUser) && created != "":
		to = views.User(ws, org, created)
	case slug == "create-phone" && created != "" && f.get("user_id") == "":
		to = views.Phone(ws, org, created)
	}
	return to + "?run=" + done.Run.ID.String()
}

// placeOf is the page that a sheet was opened from: of the user or the phone it
// is about, or a list.
func placeOf(v visitor, f sheet) string {
	ws, org, user, phone := v.workspace.Slug, v.organization.Slug, f.get("user_id"), f.get("phone_id")
	switch {
	case phone != "" && (user == "" || f.get("from") == "phone"):
		return views.Phone(ws, org, phone)
	case user != "":
		return views.User(ws, org, user)
	case f.action.Slug == "create-phone":
		return views.Phones(ws, org)
	case f.action.Slug == updateSettings:
		return views.Settings(ws, org)
	case f.action.Slug == "delete-bypass-code":
		return views.BypassCodes(ws, org)
	}
	return views.Users(ws, org)
}
