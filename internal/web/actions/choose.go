package actions

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// chooser is what all sheets have in common that choose one of a list: the list
// is searched in the address, and keep names what the sheet is about there.
func chooser(v site.Visitor, f sheet, keep ...string) actions.ChoosePage {
	page := actions.ChoosePage{
		Organization: words.TagOf(v.Organization), Once: f.once(), Query: site.Searched(f.get("q")), SearchAt: site.ActionPath(v, f.action.Slug), Error: f.fault,
	}
	for _, name := range keep {
		page.Keep = append(page.Keep, views.Hidden{Name: name, Value: f.get(name)})
	}
	return page
}

// pageOfList is the number in the sheet's address, from 1, and how it is turned.
func pageOfList(v site.Visitor, f sheet, page actions.ChoosePage, total int, noun string) (int, views.Pager) {
	n, err := strconv.Atoi(f.get("page"))
	if err != nil || n < 1 {
		n = 1
	}
	return n, site.PagerOf(n, site.ListRows, total, noun, func(n int) string {
		pairs := []string{"q", page.Query, "page", strconv.Itoa(n)}
		for _, h := range page.Keep {
			pairs = append(pairs, h.Name, h.Value)
		}
		return site.ActionPath(v, f.action.Slug, pairs...)
	})
}

// assignPhoneSheet asks for the other of the two: which phone a user gets, or which user a phone.
func (s *pages) assignPhoneSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	if f.get("user_id") == "" || f.get("from") == "phone" {
		return s.chooseUserSheet(ctx, v, f)
	}
	return s.choosePhoneSheet(ctx, v, f)
}

func (s *pages) choosePhoneSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	user, _, err := s.Runner.User(ctx, v.Scope, v.Organization, f.get("user_id"))
	if err != nil {
		return nil, err
	}
	phones, err := s.Runner.Phones(ctx, v.Scope, v.Organization, false)
	if err != nil {
		return nil, err
	}
	name := words.DisplayName(user)
	page := chooser(v, f, "user_id")
	page.Heading, page.Search, page.Field, page.Legend, page.Button = "Assign phone to "+name, "Number, name or model", "phone_id", "Phone", "Assign phone"
	page.Post, page.Hidden, page.Chosen = site.ActionPath(v, f.action.Slug), page.Keep, f.input("phone_id", "")
	page.Back = views.Link{Text: "Back to " + name, Href: placeOf(v, f)}
	sought := words.SearchOf(page.Query)
	found := slices.DeleteFunc(slices.Clone(phones.Items), func(p duo.Phone) bool { return !sought.Phone(p) })
	if !phones.TooMany {
		page.Caption = words.CaptionOf(len(found), phones.Total, "phone")
	}
	n, pager := pageOfList(v, f, page, len(found), "phones")
	for _, p := range site.Slice(found, n, site.ListRows) {
		choice := actions.Choice{Value: string(p.ID), Title: words.PhoneTitle(p), Note: words.PhoneKind(p) + " · nobody has it"}
		if p.Number != "" {
			choice.Name = catalog.Plain(p.Name)
		}
		if names := words.UserNames(p, user.ID); names != "" {
			choice.Note = words.PhoneKind(p) + " · with " + names
		}
		if slices.ContainsFunc(p.Users, func(u duo.User) bool { return u.ID == user.ID }) {
			choice.Note, choice.Off = words.PhoneKind(p), "already with "+name
		}
		page.Choices = append(page.Choices, choice)
	}
	page.Pager, page.Empty = pager, site.ListEmpty("phones", phones.Total, phones.TooMany, site.ActionPath(v, f.action.Slug, "user_id", string(user.ID)))
	return page, nil
}

func (s *pages) chooseUserSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	phone, err := s.Runner.Phone(ctx, v.Scope, v.Organization, f.get("phone_id"))
	if err != nil {
		return nil, err
	}
	users, err := s.Runner.Users(ctx, v.Scope, v.Organization, false)
	if err != nil {
		return nil, err
	}
	page := chooser(v, f, "phone_id", "from")
	page.Heading, page.Search, page.Field, page.Legend, page.Button = "Assign "+words.PhoneTitle(phone)+" to a user", "Name, username or e-mail", "user_id", "User", "Assign phone"
	page.Post, page.Hidden, page.Chosen = site.ActionPath(v, f.action.Slug), page.Keep, f.input("user_id", "")
	page.Chosen.Error = cmp.Or(page.Chosen.Error, f.faults["phone_id"])
	page.Back = views.Link{Text: "Back to the phone", Href: placeOf(v, f)}
	page.Empty = site.ListEmpty("users", users.Total, users.TooMany, site.ActionPath(v, f.action.Slug, "phone_id", string(phone.ID), "from", "phone"))
	sought := words.SearchOf(page.Query)
	found := slices.DeleteFunc(slices.Clone(users.Items), func(u duo.User) bool { return u.Status == duo.StatusPendingDeletion || !sought.User(u) })
	if users.TooMany {
		page.Search, page.Empty = "Exact "+views.ExactUser, site.ExactEmpty(v, page.Query)
		if found, err = s.exactly(ctx, v, page.Query); err != nil {
			return nil, err
		}
	}
	words.SortUsers(found, "")
	page.Caption = words.CaptionOf(len(found), users.Total, "user")
	n, pager := pageOfList(v, f, page, len(found), "users")
	for _, u := range site.Slice(found, n, site.ListRows) {
		choice := actions.Choice{Value: string(u.ID), Title: words.DisplayName(u), Name: catalog.Plain(u.Username), State: words.ChipOf(u)}
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
func (s *pages) exactly(ctx context.Context, v site.Visitor, name string) (users []duo.User, err error) {
	found, err := s.Runner.Lookup(ctx, v.Scope, v.Organization, catalog.OfUser, name)
	for _, m := range found.Matches {
		if m.User.Status != duo.StatusPendingDeletion {
			users = append(users, m.User)
		}
	}
	return users, err
}
