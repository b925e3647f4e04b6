package estate

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/estate"
)

func (s *pages) getUsers(c echo.Context, v site.Visitor) error {
	page := estate.UsersPage{Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), MayCreate: v.Role >= catalog.Technician && v.Organization.Mapped(),
		Filter: views.UsersFilter{Query: site.Query(c), Status: c.QueryParam("status"), Sort: c.QueryParam("sort"), Page: site.PageOf(c)}}
	fresh := c.QueryParam("fresh") != ""
	users, err := s.Runner.UsersToShow(c.Request().Context(), v.Scope, v.Organization, fresh)
	switch {
	case fresh && err == nil && c.Request().Header.Get("HX-Request") == "" && site.BegunEarly(c) == nil:
		// The address without "fresh" is what a reload should ask for.
		return c.Redirect(http.StatusSeeOther, views.UsersView(page.Workspace, page.Organization.Slug, page.Filter))
	case site.DuoSaidNo(err):
		page.Trouble = s.Trouble(c, err, users.ReadAt, users.Behind)
		if !users.ReadAt.IsZero() && !users.TooMany {
			s.fillUsers(v, &page, users)
		}
	case err != nil:
		return err
	case users.TooMany:
		err = s.exactUser(c, v, &page, users)
	default:
		s.fillUsers(v, &page, users)
	}
	if err != nil && page.Trouble == nil {
		return err
	}
	flash, err := s.FlashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "users", Flash: flash}, page)
}

// fillUsers searches, filters, sorts and pages the list that is held.
func (s *pages) fillUsers(v site.Visitor, page *estate.UsersPage, users run.List[duo.User]) {
	f := &page.Filter
	page.ReadAt = s.When(v, users.ReadAt)
	sought := words.SearchOf(f.Query)
	searched := slices.DeleteFunc(slices.Clone(users.Items), func(u duo.User) bool { return !sought.User(u) })
	count := map[string]int{}
	for _, u := range searched {
		count[words.StateOf(u)]++
	}
	ws, org := page.Workspace, page.Organization.Slug
	page.Statuses = []views.FilterLink{{Text: "All", Count: len(searched), Current: f.Status == "", Href: views.UsersView(ws, org, views.UsersFilter{Query: f.Query, Sort: f.Sort})}}
	for _, state := range words.StatesOf(count) {
		if count[state] > 0 || f.Status == state {
			page.Statuses = append(page.Statuses, views.FilterLink{Text: words.StateChip(state).Text, Count: count[state], Current: f.Status == state,
				Href: views.UsersView(ws, org, views.UsersFilter{Query: f.Query, Status: state, Sort: f.Sort})})
		}
	}
	if f.Status != "" {
		searched = slices.DeleteFunc(searched, func(u duo.User) bool { return words.StateOf(u) != f.Status })
	}
	words.SortUsers(searched, f.Sort)
	for _, u := range site.Slice(searched, f.Page, site.ListRows) {
		page.Rows = append(page.Rows, s.userRow(v, u))
	}
	page.Pager = site.PagerOf(f.Page, site.ListRows, len(searched), "users", func(n int) string {
		g := *f
		g.Page = n
		return views.UsersView(ws, org, g)
	})
	page.Caption = words.CaptionOf(len(searched), users.Total, "user")
	page.Empty = views.Empty{Kind: "nothing-yet", Headline: "No users yet", Text: "This Duo account is empty."}
	if users.Total > 0 {
		page.Empty = views.Empty{Kind: "no-match", Headline: "No user matches", Text: "Change the search or the status.",
			Link: views.Link{Text: "Show all users", Href: views.Users(ws, org)}}
	}
}

// exactUser serves an account that is too large to be held: who can be meant by an
// exact name.
func (s *pages) exactUser(c echo.Context, v site.Visitor, page *estate.UsersPage, users run.List[duo.User]) error {
	page.Exact = true
	page.Caption = words.CaptionOf(users.Total, users.Total, "user")
	page.Empty = site.ExactEmpty(v, page.Filter.Query)
	if page.Filter.Query == "" {
		return nil
	}
	found, err := s.Runner.Lookup(c.Request().Context(), v.Scope, v.Organization, catalog.OfUser, page.Filter.Query)
	if site.DuoSaidNo(err) {
		page.Trouble = s.Trouble(c, err, time.Time{}, false)
	}
	if err != nil {
		return err
	}
	page.Caption = words.CaptionOf(len(found.Matches), users.Total, "user")
	for _, m := range found.Matches {
		page.Rows = append(page.Rows, s.userRow(v, m.User))
	}
	return nil
}

func (s *pages) userRow(v site.Visitor, u duo.User) estate.UserRow {
	row := estate.UserRow{ID: string(u.ID), Name: catalog.Plain(u.RealName), Username: catalog.Plain(u.Username), State: words.ChipOf(u), LastLogin: s.When(v, u.LastLogin)}
	var phones, groups []string
	for _, p := range u.Phones {
		phones = append(phones, p.Title())
	}
	for _, g := range u.Groups {
		groups = append(groups, g.Name)
	}
	row.Phones, row.Groups = catalog.Plain(strings.Join(phones, ", ")), catalog.Plain(strings.Join(groups, ", "))
	return row
}

const ()
