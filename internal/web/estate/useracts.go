package estate

import (
	"slices"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/estate"
)

// userActs are what this visitor may do with the user, in the order to show them. To
// delete permanently is not among them: it is apart.
func userActs(v site.Visitor, u duo.User) []views.Act {
	id := string(u.ID)
	var acts []views.Act
	add := func(least catalog.Role, act views.Act) {
		if v.Role >= least {
			acts = append(acts, act)
		}
	}
	trashed := u.Status == duo.StatusPendingDeletion
	if !trashed {
		add(catalog.Helpdesk, views.Act{Text: "Verify", Key: "v",
			Href: site.ActionPath(v, catalog.VerifyCaller, "user_id", id)})
		if hasNumber(u) {
			add(catalog.Helpdesk, views.Act{Text: "Call back",
				Href: views.CallBack(v.Workspace.Slug, v.Organization.Slug, id)})
		}
	}
	if u.Status == duo.StatusLockedOut {
		add(catalog.Helpdesk, views.Act{Text: "Unlock", Key: "u", Primary: true,
			Href: site.ActionPath(v, catalog.UnlockUser, "user_id", id)})
	}
	if trashed {
		add(catalog.Technician, views.Act{Text: "Restore", Primary: true,
			Href: site.ActionPath(v, catalog.RestoreUser, "user_id", id)})
	} else {
		if words.StateOf(u) == words.NotEnrolled {
			add(catalog.Technician, views.Act{Text: "Send enrollment email", Primary: true,
				Href: site.ActionPath(v, catalog.EnrollUser, "user_id", id)})
		}
		add(catalog.Helpdesk, views.Act{Text: "Create bypass code", Key: "b",
			Primary: catalog.NoUseOfCodes(u) == nil && !hasPrimary(acts),
			Href:    site.ActionPath(v, catalog.CreateBypassCodes, "user_id", id)})
		add(catalog.Technician, views.Act{Text: "Edit", Key: "e",
			Href: site.ActionPath(v, catalog.UpdateUser, "user_id", id)})
		if u.DirectoryKey != "" {
			add(catalog.Technician, views.Act{Text: "Synchronize", Href: site.ActionPath(v, catalog.SynchronizeUser,
				"directory_key", u.DirectoryKey, "username", u.Username)})
		}
		add(catalog.Technician, views.Act{Text: "Move to Trash", Danger: true,
			Href: site.ActionPath(v, catalog.DeleteUser, "user_id", id)})
	}
	return acts
}

// hasPrimary reports whether the acts hold the page's one primary button already, such as Unlock.
func hasPrimary(acts []views.Act) bool {
	return slices.ContainsFunc(acts, func(a views.Act) bool { return a.Primary })
}

// hasNumber reports whether Duo holds a number that the person can be called on.
func hasNumber(u duo.User) bool {
	return slices.ContainsFunc(u.Phones, func(p duo.Phone) bool { return p.Number != "" })
}

func (s *pages) userPhone(v site.Visitor, u duo.User, p duo.Phone, key string) estate.UserPhone {
	phone := estate.UserPhone{Href: views.Phone(v.Workspace.Slug, v.Organization.Slug, string(p.ID)),
		Number: catalog.Plain(p.FullNumber()), Name: words.PhoneLabel(p), Kind: words.PhoneKind(p),
		Activated: words.ActivatedChip(p), LastSeen: s.When(v, p.LastSeen)}
	if u.Status == duo.StatusPendingDeletion {
		return phone
	}
	if v.Role >= catalog.Helpdesk && p.Type != "Landline" {
		phone.Acts = append(phone.Acts, views.Act{Text: activateText(p), Key: key,
			Href: site.ActionPath(v, catalog.SendActivationURL, "phone_id", string(p.ID), "user_id", string(u.ID))})
	}
	if passcodes, _ := catalog.Lookup(catalog.SendPasscodeSMS); v.Role >= passcodes.Role && passcodes.Unable(p) == "" {
		phone.Acts = append(phone.Acts, views.Act{Text: "Send SMS passcodes",
			Href: site.ActionPath(v, catalog.SendPasscodeSMS, "phone_id", string(p.ID), "user_id", string(u.ID))})
	}
	if v.Role >= catalog.Technician {
		phone.Acts = append(phone.Acts, views.Act{Text: "Remove phone", Danger: true,
			Href: site.ActionPath(v, catalog.UnassignPhone, "user_id", string(u.ID), "phone_id", string(p.ID))})
	}
	return phone
}

func (s *pages) userCode(v site.Visitor, u duo.User, b duo.BypassCode) estate.UserCode {
	code := estate.UserCode{UsesLeft: words.UsesLeft(b), Expires: s.Until(v, b.Expires), Never: b.Expires.IsZero(),
		Created: s.When(v, b.Created), By: catalog.Plain(b.AdminEmail)}
	if v.Role >= catalog.Technician {
		code.Acts = []views.Act{{Text: "Delete", About: "code …" + run.Tail(string(b.ID)), Danger: true,
			Href: site.ActionPath(v, catalog.DeleteBypassCode, "bypass_code_id", string(b.ID), "user_id",
				string(u.ID))}}
	}
	return code
}
