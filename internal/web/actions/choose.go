package actions

import (
	"cmp"
	"context"
	"slices"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// chooser is what all sheets have in common that choose one of a list. The list is searched and turned in the sheet's
// address, where the parameters in keep say what the sheet is about.
func chooser(v site.Visitor, f sheet, list table.List, keep ...string) (actions.ChoosePage, table.List,
	table.Asked, error) {
	page := actions.ChoosePage{Organization: words.TagOf(v.Organization), Once: f.once(), Error: f.fault}
	list.At, list.Sorts = site.ActionPath(v, f.action.Slug), []table.Sort{{Name: "name", Order: "name"}}
	for _, name := range keep {
		page.Hidden = append(page.Hidden, views.Hidden{Name: name, Value: f.get(name)})
		list.Filters = append(list.Filters, table.Filter{Name: name, Control: table.Hidden,
			Valid: func(string) bool { return true }})
	}
	asked, err := list.AskOf(f.values)
	return page, list, asked, err
}

// choose puts a page of those that match into a chooser; key is what they are sorted by.
func choose[R any](page *actions.ChoosePage, list table.List, asked table.Asked, matching []R, total int,
	key func(R) string, choice func(R) actions.Choice) {
	if asked.Search == "" && len(matching) > 0 {
		total = len(matching) // the others are no choice, and nothing was sought
	}
	found := table.Held(matching, asked.Query, key)
	page.Table = table.Definition[R, actions.Choice]{List: list}.Show(asked,
		table.Found[R]{Page: found, Total: total, Matching: len(matching)})
	for _, r := range found.Rows {
		page.Choices = append(page.Choices, choice(r))
	}
}

// afresh is the chooser's address without a search.
func afresh(list table.List, asked table.Asked) string { return list.Address(asked, "q", "") }

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
	page, list, asked,
		err := chooser(v, f, table.List{One: "phone", Many: "phones", Search: "Number, name or model"}, "user_id")
	if err != nil {
		return nil, err
	}
	page.Heading, page.Field, page.Legend, page.Button = "Attach phone to "+name, "phone_id", "Phone", "Attach phone"
	page.Post, page.Chosen = site.ActionPath(v, f.action.Slug), f.input("phone_id", "")
	page.Back = views.Link{Text: "Back to " + name, Href: placeOf(v, f)}
	sought := words.SearchOf(asked.Search)
	found := slices.DeleteFunc(slices.Clone(phones.Items), func(p duo.Phone) bool { return !sought.Phone(p) })
	choose(&page, list, asked, found, phones.Total,
		func(p duo.Phone) string { return text.Fold(words.PhoneTitle(p)) + "\x00" + string(p.ID) },
		func(p duo.Phone) actions.Choice { return phoneChoice(p, user) })
	page.Table.Empty = site.ListEmpty("phones", phones.Total, phones.TooMany, afresh(list, asked))
	return page, nil
}

// phoneChoice is a phone that a user can get.
func phoneChoice(p duo.Phone, user duo.User) actions.Choice {
	choice := actions.Choice{Value: string(p.ID), Title: words.PhoneTitle(p),
		Note: words.PhoneKind(p) + " · not assigned"}
	if p.Number != "" {
		choice.Name = catalog.Plain(p.Name)
	}
	if names := words.UserNames(p, user.ID); names != "" {
		choice.Note = words.PhoneKind(p) + " · with " + names
	}
	if slices.ContainsFunc(p.Users, func(u duo.User) bool { return u.ID == user.ID }) {
		choice.Note, choice.Off = words.PhoneKind(p), "already with "+words.DisplayName(user)
	}
	return choice
}

func (s *pages) chooseUserSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	phone, err := s.Runner.Phone(ctx, v.Scope, v.Organization, f.get("phone_id"))
	if err != nil {
		return nil, err
	}
	page, err := s.chooseUser(ctx, v, f, func(u duo.User) actions.Choice {
		choice := actions.Choice{Value: string(u.ID)}
		if slices.ContainsFunc(phone.Users, func(has duo.User) bool { return has.ID == u.ID }) {
			choice.Off = "already has it"
		}
		return choice
	}, "phone_id", "from")
	page.Heading, page.Field, page.Legend, page.Button = "Attach "+words.PhoneTitle(phone)+" to a user", "user_id",
		"User", "Attach phone"
	page.Post, page.Chosen = site.ActionPath(v, f.action.Slug), f.input("user_id", "")
	page.Chosen.Error = cmp.Or(page.Chosen.Error, f.faults["phone_id"])
	page.Back = views.Link{Text: "Back to the phone", Href: placeOf(v, f)}
	return page, err
}

// chooseUser is a chooser of the organization's users, but for those in the trash. In an account that is too large to
// be listed it takes an exact name.
func (s *pages) chooseUser(ctx context.Context, v site.Visitor, f sheet, choice func(duo.User) actions.Choice,
	keep ...string) (actions.ChoosePage, error) {
	users, err := s.Runner.Users(ctx, v.Scope, v.Organization, false)
	if err != nil {
		return actions.ChoosePage{}, err
	}
	list := table.List{One: "user", Many: "users", Search: "Name, username or email"}
	if users.TooMany {
		list.Search, list.Plain = "Exact "+views.ExactUser, true
	}
	page, list, asked, err := chooser(v, f, list, keep...)
	if err != nil {
		return page, err
	}
	sought := words.SearchOf(asked.Search)
	found := slices.DeleteFunc(slices.Clone(users.Items),
		func(u duo.User) bool { return u.Status == duo.StatusPendingDeletion || !sought.User(u) })
	if users.TooMany {
		if found, err = s.exactly(ctx, v, asked.Search); err != nil {
			return page, err
		}
	}
	choose(&page, list, asked, found, users.Total, func(u duo.User) string { return words.UserKey(u, "name") },
		func(u duo.User) actions.Choice {
			c := choice(u)
			c.Title, c.Name, c.State = words.DisplayName(u), catalog.Plain(u.Username), words.ChipOf(u)
			return c
		})
	if page.Table.Empty = site.ListEmpty("users", users.Total, false, afresh(list, asked)); users.TooMany {
		page.Table.Empty = site.ExactEmpty(v, asked.Search)
	}
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
