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
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/estate"
)

// userList is what can be chosen of an organization's list of users.
func userList(v site.Visitor) table.List {
	return table.List{
		One: "user", Many: "users", At: views.Users(v.Workspace.Slug, v.Organization.Slug),
		Also:   []string{"fresh", "run"},
		Search: "Find a user by name, username, email or phone", Placeholder: "Name, email or phone",
		Filters: []table.Filter{{Name: "status", Label: "Filter by status", Valid: func(string) bool { return true }}},
		Sorts: []table.Sort{{Name: "name", Order: "name"}, {Name: "status", Order: "status"},
			{Name: "last_login", Order: "last_login", Falls: true}},
	}
}

func (s *pages) getUsers(c echo.Context, v site.Visitor) error {
	list := userList(v)
	asked, err := list.Ask(c.QueryParams())
	if err != nil {
		return err
	}
	page := estate.UsersPage{Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Acts: usersActs(v)}
	fresh := c.QueryParam("fresh") != ""
	users, err := s.Runner.UsersToShow(c.Request().Context(), v.Scope, v.Organization, fresh)
	if fresh && err == nil && c.Request().Header.Get("HX-Request") == "" && site.BegunEarly(c) == nil {
		// The address without "fresh" is what a reload should ask for.
		return c.Redirect(http.StatusSeeOther, list.Here(asked))
	}
	trouble, err := s.troubled(c, err, users.ReadAt, users.Behind)
	if err != nil {
		return err
	}
	if err := s.fillUsers(c, v, &page, list, asked, users, trouble); err != nil {
		return err
	}
	flash, err := s.FlashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "users", Flash: flash}, page)
}

// usersActs are how a visitor may add users to an organization.
func usersActs(v site.Visitor) []views.Act {
	if v.Role < catalog.Technician || !v.Organization.Mapped() {
		return nil
	}
	return []views.Act{{Text: "Create user", Href: site.ActionPath(v, catalog.CreateUser), Key: "n", Primary: true},
		{Text: "Enroll user", Href: site.ActionPath(v, catalog.EnrollUser)},
		{Text: "Synchronize users", Href: site.ActionPath(v, catalog.SynchronizeUser)}}
}

// troubled is why a list could not be read from Duo, or not again; another error stays one.
func (s *pages) troubled(c echo.Context, err error, readAt time.Time, behind bool) (*views.Trouble, error) {
	if site.DuoSaidNo(err) {
		return s.Trouble(c, err, readAt, behind), nil
	}
	return nil, err
}

// readFrom says when a table was read from Duo, and offers to read it again. Of one that was never read nothing is
// said.
func (s *pages) readFrom(v site.Visitor, list table.List, asked table.Asked, t *views.Table, readAt time.Time) {
	if t.Refresh = list.Here(asked, "fresh", "1"); readAt.IsZero() {
		t.Empty, t.Caption = views.Empty{}, ""
		return
	}
	if t.ReadAt = s.When(v, readAt); t.Caption == "" {
		t.Caption = "0 " + list.Many
	}
}

// fillUsers shows the part of the list that was asked for or, of an account with too many users to hold, those that an
// exact name finds.
func (s *pages) fillUsers(c echo.Context, v site.Visitor, page *estate.UsersPage, list table.List, asked table.Asked,
	users run.List[duo.User], trouble *views.Trouble) (err error) {
	if page.Exact = trouble == nil && users.TooMany; page.Exact {
		page.Table, err = s.exactUser(c, v, list, asked, users)
		return err
	}
	page.Table, err = s.usersTable(v, list, asked, users)
	page.Table.Trouble = trouble
	return err
}

// usersTable searches, filters, sorts and pages the list that is held.
func (s *pages) usersTable(v site.Visitor, list table.List, asked table.Asked,
	users run.List[duo.User]) (views.Table, error) {
	sought, status := words.SearchOf(asked.Search), asked.Value("status")
	found := slices.DeleteFunc(slices.Clone(users.Items), func(u duo.User) bool { return !sought.User(u) })
	count := map[string]int{}
	for _, u := range found {
		count[words.StateOf(u)]++
	}
	if status != "" && !slices.ContainsFunc(users.Items, func(u duo.User) bool { return words.StateOf(u) == status }) &&
		!words.IsUserState(status) {
		return views.Table{}, site.BadRequest("No user has the status " + site.Known(status) + ".")
	}
	options := []table.Option{{Text: "All", Count: len(found)}}
	if status != "" && count[status] == 0 {
		count[status] = 0 // it stays a choice where a search finds none
	}
	for _, state := range words.StatesOf(count) {
		if count[state] > 0 || status == state {
			options = append(options, table.Option{Value: state, Text: words.StateChip(state).Text,
				Count: count[state]})
		}
	}
	list.Filters[0].Options = options
	if status != "" {
		found = slices.DeleteFunc(found, func(u duo.User) bool { return words.StateOf(u) != status })
	}
	shown := table.Definition[duo.User, estate.UserRow]{List: list,
		Columns: estate.UserColumns(v.Workspace.Slug, v.Organization.Slug),
		Row:     func(u duo.User) estate.UserRow { return s.userRow(v, u) },
		None:    noUsers(v)}
	t := shown.Show(asked, table.Found[duo.User]{Total: users.Total, Matching: len(found),
		Page: table.Held(found, asked.Query, func(u duo.User) string { return words.UserKey(u, asked.Sort) })})
	s.readFrom(v, list, asked, &t, users.ReadAt)
	return t, nil
}

// noUsers is the list of an account that has none, with the next step of those who may take it.
func noUsers(v site.Visitor) views.Empty {
	empty := views.Empty{Kind: "nothing-yet", Headline: "No users yet", Text: "This Duo account is empty."}
	if v.Role >= catalog.Technician {
		empty.Text = "Create or enroll a user, or synchronize them from a directory."
	}
	return empty
}

// exactUser serves an account that is too large to be held: who can be meant by an
// exact name.
func (s *pages) exactUser(c echo.Context, v site.Visitor, list table.List, asked table.Asked,
	users run.List[duo.User]) (views.Table, error) {
	list.Search, list.Placeholder, list.Plain = "Exact "+views.ExactUser, "", true
	list.Filters, list.Sorts = nil, nil
	found := table.Found[duo.User]{Total: users.Total, Matching: users.Total}
	var trouble *views.Trouble
	if asked.Search != "" {
		matches, err := s.Runner.Lookup(c.Request().Context(), v.Scope, v.Organization, catalog.OfUser, asked.Search)
		if trouble, err = s.troubled(c, err, time.Time{}, false); err != nil {
			return views.Table{}, err
		}
		for _, m := range matches.Matches {
			found.Rows = append(found.Rows, m.User)
		}
		found.Matching = len(found.Rows)
	}
	shown := table.Definition[duo.User, estate.UserRow]{List: list,
		Columns: estate.UserColumns(v.Workspace.Slug, v.Organization.Slug),
		Row:     func(u duo.User) estate.UserRow { return s.userRow(v, u) }}
	t := shown.Show(asked, found)
	t.Trouble, t.Empty = trouble, site.ExactEmpty(v, asked.Search)
	if trouble != nil {
		t.Empty = views.Empty{}
	}
	if asked.Search == "" {
		t.Caption = views.Plural(users.Total, "user", "users")
	}
	return t, nil
}

func (s *pages) userRow(v site.Visitor, u duo.User) estate.UserRow {
	row := estate.UserRow{ID: string(u.ID), Name: catalog.Plain(u.RealName), Username: catalog.Plain(u.Username),
		State: words.ChipOf(u), LastLogin: s.When(v, u.LastLogin)}
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
