package estate

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/estate"
)

// phoneList is what can be chosen of an organization's list of phones.
func phoneList(v site.Visitor) table.List {
	return table.List{
		One: "phone", Many: "phones", At: views.Phones(v.Workspace.Slug, v.Organization.Slug),
		Also:   []string{"fresh", "run"},
		Search: "Number, name, model or user",
		Sorts:  []table.Sort{{Name: "number", Order: "number"}, {Name: "last_seen", Order: "last_seen", Falls: true}},
	}
}

func (s *pages) getPhones(c echo.Context, v site.Visitor) error {
	list := phoneList(v)
	asked, err := list.Ask(c.QueryParams())
	if err != nil {
		return err
	}
	page := estate.PhonesPage{Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization)}
	if v.Role >= catalog.Technician && v.Organization.Mapped() {
		page.Create = site.ActionPath(v, catalog.CreatePhone)
	}
	phones, err := s.Runner.PhonesToShow(c.Request().Context(), v.Scope, v.Organization, c.QueryParam("fresh") != "")
	trouble, err := s.troubled(c, err, phones.ReadAt, phones.Behind)
	if err != nil {
		return err
	}
	page.Table = s.phonesTable(v, list, asked, phones)
	page.Table.Trouble = trouble
	flash, err := s.FlashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "phones", Flash: flash}, page)
}

// phonesTable is the part of a list that was asked for.
func (s *pages) phonesTable(v site.Visitor, list table.List, asked table.Asked,
	phones run.List[duo.Phone]) views.Table {
	sought := words.SearchOf(asked.Search)
	found := slices.DeleteFunc(slices.Clone(phones.Items), func(p duo.Phone) bool { return !sought.Phone(p) })
	rows := table.Definition[duo.Phone, estate.PhoneRow]{List: list,
		Columns: estate.PhoneColumns(v.Workspace.Slug, v.Organization.Slug),
		Row:     func(p duo.Phone) estate.PhoneRow { return s.phoneRow(v, p) },
		None:    site.ListEmpty("phones", phones.Total, phones.TooMany, list.At)}
	shown := rows.Show(asked, table.Found[duo.Phone]{Total: phones.Total, Matching: len(found),
		Page: table.Held(found, asked.Query, func(p duo.Phone) string { return phoneKey(p, asked.Sort) })})
	if phones.TooMany {
		// nothing of it is held
		shown.Caption, shown.Empty = views.Plural(phones.Total, "phone", "phones"), rows.None
	}
	s.readFrom(v, list, asked, &shown, phones.ReadAt)
	return shown
}

// phoneKey is what a phone is sorted by: phones without a number come last.
func phoneKey(p duo.Phone, by string) string {
	key := p.FullNumber()
	if key == "" {
		key = "~" + text.Fold(p.Name)
	}
	if by == "last_seen" {
		key = words.LatestFirst(p.LastSeen) + key
	}
	return key + "\x00" + string(p.ID)
}

func (s *pages) phoneRow(v site.Visitor, p duo.Phone) estate.PhoneRow {
	row := estate.PhoneRow{ID: string(p.ID), Number: catalog.Plain(p.FullNumber()), Name: words.PhoneLabel(p),
		Platform: words.PhoneKind(duo.Phone{Platform: p.Platform, Type: p.Type}),
		Model:    catalog.Plain(strings.TrimPrefix(p.Model, "Unknown")), Activated: words.ActivatedChip(p),
		LastSeen: s.When(v, p.LastSeen)}
	for _, u := range p.Users {
		row.Users = append(row.Users, views.Link{Text: words.DisplayName(u),
			Href: views.User(v.Workspace.Slug, v.Organization.Slug, string(u.ID))})
	}
	return row
}

// codeList is what can be chosen of an organization's list of bypass codes. Those without an end, then those that live
// longest, come first: they are what someone should look at.
func codeList(v site.Visitor) table.List {
	return table.List{
		One: "bypass code", Many: "bypass codes", At: views.BypassCodes(v.Workspace.Slug, v.Organization.Slug),
		Also:   []string{"fresh", "run"},
		Search: "Find the codes of a user", Placeholder: "Name or username",
		Sorts: []table.Sort{{Name: "expires", Order: "expires", Falls: true}, {Name: "user", Order: "user"}},
	}
}

func (s *pages) getBypassCodes(c echo.Context, v site.Visitor) error {
	list := codeList(v)
	asked, err := list.Ask(c.QueryParams())
	if err != nil {
		return err
	}
	page := estate.BypassCodesPage{Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization)}
	codes, err := s.Runner.BypassCodesToShow(c.Request().Context(), v.Scope, v.Organization,
		c.QueryParam("fresh") != "")
	trouble, err := s.troubled(c, err, codes.ReadAt, codes.Behind)
	if err != nil {
		return err
	}
	page.Table = s.codesTable(v, list, asked, codes)
	page.Table.Trouble = trouble
	flash, err := s.FlashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "bypass-codes", Flash: flash}, page)
}

// codesTable is the part of a list that was asked for.
func (s *pages) codesTable(v site.Visitor, list table.List, asked table.Asked,
	codes run.List[duo.BypassCode]) views.Table {
	sought := words.SearchOf(asked.Search)
	found := slices.DeleteFunc(slices.Clone(codes.Items), func(b duo.BypassCode) bool { return !sought.User(b.User) })
	rows := table.Definition[duo.BypassCode, estate.BypassCodeRow]{List: list, Columns: estate.BypassCodeColumns,
		Row:  func(b duo.BypassCode) estate.BypassCodeRow { return s.bypassCodeRow(v, b) },
		None: site.ListEmpty("bypass codes", codes.Total, codes.TooMany, list.At)}
	rows.None.Kind = "all-well"
	shown := rows.Show(asked, table.Found[duo.BypassCode]{Total: codes.Total, Matching: len(found),
		Page: table.Held(found, asked.Query, func(b duo.BypassCode) string { return codeKey(b, asked.Sort) })})
	if codes.TooMany {
		// nothing of it is held
		shown.Caption, shown.Empty = views.Plural(codes.Total, "bypass code", "bypass codes"), rows.None
		shown.Empty.Kind = "no-match"
	}
	s.readFrom(v, list, asked, &shown, codes.ReadAt)
	return shown
}

func codeKey(b duo.BypassCode, by string) string {
	key := words.LatestFirst(b.Expires)
	if b.Expires.IsZero() {
		key = "" // without an end
	}
	if by == "user" {
		key = text.Fold(words.DisplayName(b.User)) + "\x00" + key
	}
	return key + "\x00" + string(b.ID)
}

func (s *pages) bypassCodeRow(v site.Visitor, b duo.BypassCode) estate.BypassCodeRow {
	row := estate.BypassCodeRow{
		User: views.Link{Text: words.DisplayName(b.User),
			Href: views.User(v.Workspace.Slug, v.Organization.Slug, string(b.User.ID))},
		Created: s.When(v, b.Created), Expires: s.Until(v, b.Expires), Never: b.Expires.IsZero(),
		UsesLeft: words.UsesLeft(b), By: catalog.Plain(b.AdminEmail),
	}
	if v.Role >= catalog.Technician {
		row.Delete = site.ActionPath(v, catalog.DeleteBypassCode, "bypass_code_id", string(b.ID))
	}
	return row
}
