package estate

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/estate"
)

func (s *pages) getPhones(c echo.Context, v site.Visitor) error {
	ws, org := v.Workspace.Slug, v.Organization.Slug
	page := estate.PhonesPage{Workspace: ws, Organization: words.TagOf(v.Organization), Query: site.Query(c), Refresh: views.Phones(ws, org) + "?fresh=1"}
	if v.Role >= catalog.Technician && v.Organization.Mapped() {
		page.Create = site.ActionPath(v, catalog.CreatePhone)
	}
	flash, err := s.FlashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	phones, err := s.Runner.PhonesToShow(c.Request().Context(), v.Scope, v.Organization, c.QueryParam("fresh") != "")
	switch {
	case site.DuoSaidNo(err):
		page.Trouble = s.Trouble(c, err, phones.ReadAt, phones.Behind)
	case err != nil:
		return err
	}
	if phones.ReadAt.IsZero() {
		return s.Render(c, http.StatusOK, v, site.Place{Tab: "phones", Flash: flash}, page)
	}
	n := site.PageOf(c)
	sought := words.SearchOf(page.Query)
	found := slices.DeleteFunc(slices.Clone(phones.Items), func(p duo.Phone) bool { return !sought.Phone(p) })
	for _, p := range site.Slice(found, n, site.ListRows) {
		page.Rows = append(page.Rows, s.phoneRow(v, p))
	}
	page.ReadAt = s.When(v, phones.ReadAt)
	if page.Caption = words.CaptionOf(len(found), phones.Total, "phone"); phones.TooMany {
		page.Caption = words.CaptionOf(phones.Total, phones.Total, "phone") // nothing of it is held
	}
	page.Pager = site.PagerOf(n, site.ListRows, len(found), "phones", func(p int) string { return views.PhonesView(ws, org, page.Query, p) })
	page.Empty = site.ListEmpty("phones", phones.Total, phones.TooMany, views.Phones(ws, org))
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "phones", Flash: flash}, page)
}

func (s *pages) phoneRow(v site.Visitor, p duo.Phone) estate.PhoneRow {
	row := estate.PhoneRow{ID: string(p.ID), Number: catalog.Plain(p.FullNumber()), Name: words.PhoneLabel(p), Platform: words.PhoneKind(duo.Phone{Platform: p.Platform, Type: p.Type}),
		Model: catalog.Plain(strings.TrimPrefix(p.Model, "Unknown")), Activated: words.ActivatedChip(p), LastSeen: s.When(v, p.LastSeen)}
	for _, u := range p.Users {
		row.Users = append(row.Users, views.Link{Text: words.DisplayName(u), Href: views.User(v.Workspace.Slug, v.Organization.Slug, string(u.ID))})
	}
	return row
}

func (s *pages) getBypassCodes(c echo.Context, v site.Visitor) error {
	ws, org := v.Workspace.Slug, v.Organization.Slug
	page := estate.BypassCodesPage{Workspace: ws, Organization: words.TagOf(v.Organization), Refresh: views.BypassCodes(ws, org) + "?fresh=1"}
	codes, err := s.Runner.BypassCodesToShow(c.Request().Context(), v.Scope, v.Organization, c.QueryParam("fresh") != "")
	switch {
	case site.DuoSaidNo(err):
		page.Trouble = s.Trouble(c, err, codes.ReadAt, codes.Behind)
	case err != nil:
		return err
	}
	if codes.ReadAt.IsZero() {
		return s.Render(c, http.StatusOK, v, site.Place{Tab: "bypass-codes"}, page)
	}
	n := site.PageOf(c)
	// Those without an end, then those that live longest, come first: they are
	// what somebody should look at.
	sorted := slices.SortedStableFunc(slices.Values(codes.Items), func(a, b duo.BypassCode) int {
		if a.Expires.IsZero() != b.Expires.IsZero() {
			if a.Expires.IsZero() {
				return -1
			}
			return 1
		}
		return cmp.Or(b.Expires.Compare(a.Expires), cmp.Compare(a.ID, b.ID))
	})
	for _, b := range site.Slice(sorted, n, site.ListRows) {
		page.Rows = append(page.Rows, s.bypassCodeRow(v, b))
	}
	page.ReadAt = s.When(v, codes.ReadAt)
	page.Caption = words.CaptionOf(codes.Total, codes.Total, "bypass code")
	page.Pager = site.PagerOf(n, site.ListRows, len(sorted), "bypass codes", func(p int) string { return views.BypassCodesView(ws, org, p) })
	page.Empty = site.ListEmpty("bypass codes", codes.Total, codes.TooMany, views.BypassCodes(ws, org))
	if codes.Total == 0 {
		page.Empty.Kind = "all-well"
	}
	flash, err := s.FlashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "bypass-codes", Flash: flash}, page)
}

func (s *pages) bypassCodeRow(v site.Visitor, b duo.BypassCode) estate.BypassCodeRow {
	row := estate.BypassCodeRow{
		User:    views.Link{Text: words.DisplayName(b.User), Href: views.User(v.Workspace.Slug, v.Organization.Slug, string(b.User.ID))},
		Created: s.When(v, b.Created), Expires: s.Until(v, b.Expires), Never: b.Expires.IsZero(), UsesLeft: words.UsesLeft(b), By: catalog.Plain(b.AdminEmail),
	}
	if v.Role >= catalog.Technician {
		row.Delete = site.ActionPath(v, catalog.DeleteBypassCode, "bypass_code_id", string(b.ID))
	}
	return row
}
