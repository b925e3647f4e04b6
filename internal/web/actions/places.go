package actions

import (
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
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
func again(v site.Visitor, f sheet) string {
	return site.ActionPath(v, f.action.Slug, "user_id", f.get("user_id"), "phone_id", f.get("phone_id"), "bypass_code_id", f.get("bypass_code_id"), "group_id", f.get("group_id"), "from", f.get("from"))
}

// onward is where to go after an action, with the run named so that the page
// says what was done.
func onward(v site.Visitor, f sheet, done run.Outcome) string {
	to := placeOf(v, f)
	ws, org, created := v.Workspace.Slug, v.Organization.Slug, done.Result.Created
	switch slug := f.action.Slug; {
	case slug == words.SynchronizeUser && f.get("test") != "" && v.Role >= catalog.Administrator:
		to = views.Connection(ws, org)
	case slug == "delete-user" && f.get("permanent") == "true":
		to = views.Users(ws, org)
	case slug == "delete-phone-by-id":
		to = views.Phones(ws, org)
	case (slug == "create-user" || slug == words.SynchronizeUser) && created != "":
		to = views.User(ws, org, created)
	case slug == "create-phone" && created != "" && f.get("user_id") == "":
		to = views.Phone(ws, org, created)
	}
	return to + "?run=" + done.Run.ID.String()
}

// placeOf is the page that a sheet was opened from: of the user or the phone it
// is about, or a list.
func placeOf(v site.Visitor, f sheet) string {
	ws, org, user, phone := v.Workspace.Slug, v.Organization.Slug, f.get("user_id"), f.get("phone_id")
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
