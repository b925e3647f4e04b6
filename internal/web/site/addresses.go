package site

import (
	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// ActionPath is the address of an action's form, at the visitor's organization or workspace. values are names
// and values of its query; pairs without a value are left out.
func ActionPath(v Visitor, slug string, values ...string) string {
	return views.Action(v.Workspace.Slug, v.Organization.Slug, slug, values...)
}

// RunAddress is a run's page, within the organization if the visitor is there.
func RunAddress(v Visitor, r store.Run) string {
	return views.Run(v.Workspace.Slug, v.Organization.Slug, r.ID.String())
}

// SubjectLink names what a run was about, and leads there where that is a user or
// a phone. Who was created, or named, is found by the name.
func SubjectLink(v Visitor, r store.Run) views.Link {
	link := views.Link{Text: catalog.Plain(words.SubjectOf(r))}
	if r.OrgSlug == nil || r.Gone {
		return link
	}
	user, phone, number := r.Input["user_id"], r.Input["phone_id"], r.Input["number"]
	switch ws := v.Workspace.Slug; {
	case user != "":
		link.Href = views.User(ws, *r.OrgSlug, user)
	case phone != "":
		link.Href = views.Phone(ws, *r.OrgSlug, phone)
	case r.State != store.Applied:
	case r.Input["username"] != "":
		link.Href = views.With(views.Users(ws, *r.OrgSlug), "q", r.Input["username"])
	case number != "" && r.Action == catalog.CreatePhone:
		link.Href = views.With(views.Phones(ws, *r.OrgSlug), "q", number)
	}
	return link
}

// FirstRequest is a command that shows whether a token works.
func (s *Site) FirstRequest(ws string) string {
	return "curl -sS " + s.PublicURL.Scheme + "://" + s.PublicURL.Host + "/api/v1/w/" + ws +
		" \\\n  -H \"Authorization: Bearer $TOKEN\""
}

// UserGroup is a group on a user's page, with the way out of it where the visitor may use it.
func UserGroup(v Visitor, u duo.User, g duo.Group) views.UserGroup {
	group := views.UserGroup{Name: catalog.Plain(g.Name), Description: catalog.Plain(g.Description),
		Status: words.GroupChip(g)}
	if v.Role >= catalog.Technician && u.Status != duo.StatusPendingDeletion {
		group.Acts = []views.Act{{Text: "Remove", About: group.Name,
			Href: ActionPath(v, catalog.DisassociateGroup, "user_id", string(u.ID), "group_id", string(g.ID))}}
	}
	return group
}
