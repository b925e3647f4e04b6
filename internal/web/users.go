package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/views"
)

func (s *Server) getUsers(c echo.Context, v visitor) error {
	page := views.UsersPage{Workspace: v.workspace.Slug, Organization: tagOf(v.organization), MayCreate: v.role >= catalog.Technician && v.organization.Mapped(),
		Filter: views.UsersFilter{Query: query(c), Status: c.QueryParam("status"), Sort: c.QueryParam("sort"), Page: pageOf(c)}}
	fresh := c.QueryParam("fresh") != ""
	users, err := s.Runner.UsersToShow(c.Request().Context(), v.scope, v.organization, fresh)
	switch {
	case fresh && err == nil && c.Request().Header.Get("HX-Request") == "" && begunEarly(c) == nil:
		// The address without "fresh" is what a reload should ask for.
		return c.Redirect(http.StatusSeeOther, views.UsersView(page.Workspace, page.Organization.Slug, page.Filter))
	case duoSaidNo(err):
		page.Trouble = s.trouble(c, err, users.ReadAt, users.Behind)
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
	flash, err := s.flashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, v, place{tab: "users", flash: flash}, page)
}

// fillUsers searches, filters, sorts and pages the list that is held.
func (s *Server) fillUsers(v visitor, page *views.UsersPage, users run.List[duo.User]) {
	f := &page.Filter
	page.ReadAt = s.when(v, users.ReadAt)
	sought := searchOf(f.Query)
	searched := slices.DeleteFunc(slices.Clone(users.Items), func(u duo.User) bool { return !sought.user(u) })
	count := map[string]int{}
	for _, u := range searched {
		count[stateOf(u)]++
	}
	ws, org := page.Workspace, page.Organization.Slug
	page.Statuses = []views.FilterLink{{Text: "All", Count: len(searched), Current: f.Status == "", Href: views.UsersView(ws, org, views.UsersFilter{Query: f.Query, Sort: f.Sort})}}
	for _, state := range statesOf(count) {
		if count[state] > 0 || f.Status == state {
			page.Statuses = append(page.Statuses, views.FilterLink{Text: stateChip(state).Text, Count: count[state], Current: f.Status == state,
				Href: views.UsersView(ws, org, views.UsersFilter{Query: f.Query, Status: state, Sort: f.Sort})})
		}
	}
	if f.Status != "" {
		searched = slices.DeleteFunc(searched, func(u duo.User) bool { return stateOf(u) != f.Status })
	}
	sortUsers(searched, f.Sort)
	for _, u := range slice(searched, f.Page, listRows) {
		page.Rows = append(page.Rows, s.userRow(v, u))
	}
	page.Pager = pagerOf(f.Page, listRows, len(searched), "users", func(n int) string {
		g := *f
		g.Page = n
		return views.UsersView(ws, org, g)
	})
	page.Caption = captionOf(len(searched), users.Total, "user")
	page.Empty = views.Empty{Kind: "nothing-yet", Headline: "No users yet", Text: "This Duo account is empty."}
	if users.Total > 0 {
		page.Empty = views.Empty{Kind: "no-match", Headline: "No user matches", Text: "Change the search or the status.",
			Link: views.Link{Text: "Show all users", Href: views.Users(ws, org)}}
	}
}

// exactUser serves an account that is too large to be held: who can be meant by an
// exact name.
func (s *Server) exactUser(c echo.Context, v visitor, page *views.UsersPage, users run.List[duo.User]) error {
	page.Exact = true
	page.Caption = captionOf(users.Total, users.Total, "user")
	page.Empty = exactEmpty(v, page.Filter.Query)
	if page.Filter.Query == "" {
		return nil
	}
	found, err := s.Runner.Lookup(c.Request().Context(), v.scope, v.organization, catalog.OfUser, page.Filter.Query)
	if duoSaidNo(err) {
		page.Trouble = s.trouble(c, err, time.Time{}, false)
	}
	if err != nil {
		return err
	}
	page.Caption = captionOf(len(found.Matches), users.Total, "user")
	for _, m := range found.Matches {
		page.Rows = append(page.Rows, s.userRow(v, m.User))
	}
	return nil
}

func (s *Server) userRow(v visitor, u duo.User) views.UserRow {
	row := views.UserRow{ID: string(u.ID), Name: catalog.Plain(u.RealName), Username: catalog.Plain(u.Username), State: chipOf(u), LastLogin: s.when(v, u.LastLogin)}
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
