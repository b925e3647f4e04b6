package web

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/views"
)

// chooser is what all sheets have in common that choose one of a list: the list
// is searched in the address, and keep names what the sheet is about there.
func chooser(v visitor, f sheet, keep ...string) views.ChoosePage {
	page := views.ChoosePage{
		Organization: tagOf(v.organization), Once: f.once(), Query: searched(f.get("q")), SearchAt: actionPath(v, f.action.Slug), Error: f.fault,
	}
	for _, name := range keep {
		page.Keep = append(page.Keep, views.Hidden{Name: name, Value: f.get(name)})
	}
	return page
}

// pageOfList is the number in the sheet's address, from 1, and how it is turned.
func pageOfList(v visitor, f sheet, page views.ChoosePage, total int, noun string) (int, views.Pager) {
	n, err := strconv.Atoi(f.get("page"))
	if err != nil || n < 1 {
		n = 1
	}
	return n, pagerOf(n, listRows, total, noun, func(n int) string {
		pairs := []string{"q", page.Query, "page", strconv.Itoa(n)}
		for _, h := range page.Keep {
			pairs = append(pairs, h.Name, h.Value)
		}
		return actionPath(v, f.action.Slug, pairs...)
	})
}

func (s *Server) choosePhoneSheet(ctx context.Context, v visitor, f sheet) (views.Page, error) {
	user, _, err := s.Runner.User(ctx, v.scope, v.organization, f.get("user_id"))
	if err != nil {
		return nil, err
	}
	phones, err := s.Runner.Phones(ctx, v.scope, v.organization, false)
	if err != nil {
		return nil, err
	}
	name := displayName(user)
	page := chooser(v, f, "user_id")
	page.Heading, page.Search, page.Field, page.Legend, page.Button = "Assign phone to "+name, "Number, name or model", "phone_id", "Phone", "Assign phone"
	page.Post, page.Hidden, page.Chosen = actionPath(v, f.action.Slug), page.Keep, f.input("phone_id", "")
	page.Back = views.Link{Text: "Back to " + name, Href: placeOf(v, f)}
	sought := searchOf(page.Query)
	found := slices.DeleteFunc(slices.Clone(phones.Items), func(p duo.Phone) bool { return !sought.phone(p) })
	if !phones.TooMany {
		page.Caption = captionOf(len(found), phones.Total, "phone")
	}
	n, pager := pageOfList(v, f, page, len(found), "phones")
	for _, p := range slice(found, n, listRows) {
		choice := views.Choice{Value: string(p.ID), Title: phoneTitle(p), Note: phoneKind(p) + " · nobody has it"}
		if p.Number != "" {
			choice.Name = catalog.Plain(p.Name)
		}
		if names := userNames(p, user.ID); names != "" {
			choice.Note = phoneKind(p) + " · with " + names
		}
		if slices.ContainsFunc(p.Users, func(u duo.User) bool { return u.ID == user.ID }) {
			choice.Note, choice.Off = phoneKind(p), "already with "+name
		}
		page.Choices = append(page.Choices, choice)
	}
	page.Pager, page.Empty = pager, listEmpty("phones", phones.Total, phones.TooMany, actionPath(v, f.action.Slug, "user_id", string(user.ID)))
	return page, nil
}

func (s *Server) chooseUserSheet(ctx context.Context, v visitor, f sheet) (views.Page, error) {
	phone, err := s.Runner.Phone(ctx, v.scope, v.organization, f.get("phone_id"))
	if err != nil {
		return nil, err
	}
	users, err := s.Runner.Users(ctx, v.scope, v.organization, false)
	if err != nil {
		return nil, err
	}
	page := chooser(v, f, "phone_id", "from")
	page.Heading, page.Search, page.Field, page.Legend, page.Button = "Assign "+phoneTitle(phone)+" to a user", "Name, username or e-mail", "user_id", "User", "Assign phone"
	page.Post, page.Hidden, page.Chosen = actionPath(v, f.action.Slug), page.Keep, f.input("user_id", "")
	page.Chosen.Error = cmp.Or(page.Chosen.Error, f.faults["phone_id"])
	page.Back = views.Link{Text: "Back to the phone", Href: placeOf(v, f)}
	page.Empty = listEmpty("users", users.Total, users.TooMany, actionPath(v, f.action.Slug, "phone_id", string(phone.ID), "from", "phone"))
	sought := searchOf(page.Query)
	found := slices.DeleteFunc(slices.Clone(users.Items), func(u duo.User) bool { return u.Status == duo.StatusPendingDeletion || !sought.user(u) })
	if users.TooMany {
		page.Search, page.Empty = "Exact "+views.ExactUser, exactEmpty(v, page.Query)
		if found, err = s.exactly(ctx, v, page.Query); err != nil {
			return nil, err
		}
	}
	sortUsers(found, "")
	page.Caption = captionOf(len(found), users.Total, "user")
	n, pager := pageOfList(v, f, page, len(found), "users")
	for _, u := range slice(found, n, listRows) {
		choice := views.Choice{Value: string(u.ID), Title: displayName(u), Name: catalog.Plain(u.Username), State: chipOf(u)}
		if slices.ContainsFunc(phone.Users, func(has duo.User) bool { return has.ID == u.ID }) {
			choice.Off = "already has it"
		}
		page.Choices = append(page.Choices, choice)
	}
	page.Pager = pager
	return page, nil
}

// exactly finds who can be meant by a name in an account that is too large to be
// listed, but for users in the trash.
func (s *Server) exactly(ctx context.Context, v visitor, name string) (users []duo.User, err error) {
	found, err := s.Runner.Lookup(ctx, v.scope, v.organization, catalog.OfUser, name)
	for _, m := range found.Matches {
		if m.User.Status != duo.StatusPendingDeletion {
			users = append(users, m.User)
		}
	}
	return users, err
}
