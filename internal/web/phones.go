package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/views"
)

func (s *Server) getPhones(c echo.Context, v visitor) error {
	ws, org := v.workspace.Slug, v.organization.Slug
	page := views.PhonesPage{Workspace: ws, Organization: tagOf(v.organization), Query: query(c), Refresh: views.Phones(ws, org) + "?fresh=1"}
	if v.role >= catalog.Technician && v.organization.Mapped() {
		page.Create = actionPath(v, "create-phone")
	}
	flash, err := s.flashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	phones, err := s.Runner.PhonesToShow(c.Request().Context(), v.scope, v.organization, c.QueryParam("fresh") != "")
	switch {
	case duoSaidNo(err):
		page.Trouble = s.trouble(c, err, phones.ReadAt, phones.Behind)
	case err != nil:
		return err
	}
	if phones.ReadAt.IsZero() {
		return s.render(c, http.StatusOK, v, place{tab: "phones", flash: flash}, page)
	}
	n := pageOf(c)
	sought := searchOf(page.Query)
	found := slices.DeleteFunc(slices.Clone(phones.Items), func(p duo.Phone) bool { return !sought.phone(p) })
	for _, p := range slice(found, n, listRows) {
		page.Rows = append(page.Rows, s.phoneRow(v, p))
	}
	page.ReadAt = s.when(v, phones.ReadAt)
	if page.Caption = captionOf(len(found), phones.Total, "phone"); phones.TooMany {
		page.Caption = captionOf(phones.Total, phones.Total, "phone") // nothing of it is held
	}
	page.Pager = pagerOf(n, listRows, len(found), "phones", func(p int) string { return views.PhonesView(ws, org, page.Query, p) })
	page.Empty = listEmpty("phones", phones.Total, phones.TooMany, views.Phones(ws, org))
	return s.render(c, http.StatusOK, v, place{tab: "phones", flash: flash}, page)
}

func (s *Server) phoneRow(v visitor, p duo.Phone) views.PhoneRow {
	row := views.PhoneRow{ID: string(p.ID), Number: catalog.Plain(p.FullNumber()), Name: phoneLabel(p), Platform: phoneKind(duo.Phone{Platform: p.Platform, Type: p.Type}),
		Model: catalog.Plain(strings.TrimPrefix(p.Model, "Unknown")), Activated: activatedChip(p), LastSeen: s.when(v, p.LastSeen)}
	for _, u := range p.Users {
		row.Users = append(row.Users, views.Link{Text: displayName(u), Href: views.User(v.workspace.Slug, v.organization.Slug, string(u.ID))})
	}
	return row
}

func (s *Server) getBypassCodes(c echo.Context, v visitor) error {
	ws, org := v.workspace.Slug, v.organization.Slug
	page := views.BypassCodesPage{Workspace: ws, Organization: tagOf(v.organization), Refresh: views.BypassCodes(ws, org) + "?fresh=1"}
	codes, err := s.Runner.BypassCodesToShow(c.Request().Context(), v.scope, v.organization, c.QueryParam("fresh") != "")
	switch {
	case duoSaidNo(err):
		page.Trouble = s.trouble(c, err, codes.ReadAt, codes.Behind)
	case err != nil:
		return err
	}
	if codes.ReadAt.IsZero() {
		return s.render(c, http.StatusOK, v, place{tab: "bypass-codes"}, page)
	}
	n := pageOf(c)
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
	for _, b := range slice(sorted, n, listRows) {
		page.Rows = append(page.Rows, s.bypassCodeRow(v, b))
	}
	page.ReadAt = s.when(v, codes.ReadAt)
	page.Caption = captionOf(codes.Total, codes.Total, "bypass code")
	page.Pager = pagerOf(n, listRows, len(sorted), "bypass codes", func(p int) string { return views.BypassCodesView(ws, org, p) })
	page.Empty = listEmpty("bypass codes", codes.Total, codes.TooMany, views.BypassCodes(ws, org))
	if codes.Total == 0 {
		page.Empty.Kind = "all-well"
	}
	flash, err := s.flashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, v, place{tab: "bypass-codes", flash: flash}, page)
}

func (s *Server) bypassCodeRow(v visitor, b duo.BypassCode) views.BypassCodeRow {
	row := views.BypassCodeRow{
		User:    views.Link{Text: displayName(b.User), Href: views.User(v.workspace.Slug, v.organization.Slug, string(b.User.ID))},
		Created: s.when(v, b.Created), Expires: s.until(v, b.Expires), Never: b.Expires.IsZero(), UsesLeft: usesLeft(b), By: catalog.Plain(b.AdminEmail),
	}
	if v.role >= catalog.Technician {
		row.Delete = actionPath(v, "delete-bypass-code", "bypass_code_id", string(b.ID))
	}
	return row
}
