package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/text"
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

// exactEmpty says of an account that is too large to be listed why no user is shown.
func exactEmpty(v visitor, query string) views.Empty {
	if query == "" {
		return views.Empty{Kind: "no-match", Headline: "Find one user", Text: "This account is too large to list. Type the whole " + views.ExactUser + "."}
	}
	return views.Empty{Kind: "no-match", Headline: "No user has exactly this name", Text: "Type the whole " + views.ExactUser + ".",
		Link: views.Link{Text: "Search the phones for it", Href: views.PhonesView(v.workspace.Slug, v.organization.Slug, query, 0)}}
}

func sortUsers(users []duo.User, by string) {
	name := func(u duo.User) string { return text.Fold(displayName(u)) }
	slices.SortStableFunc(users, func(a, b duo.User) int {
		byName := cmp.Or(cmp.Compare(name(a), name(b)), cmp.Compare(a.ID, b.ID))
		switch by {
		case "status":
			return cmp.Or(cmp.Compare(rankOf(stateOf(a)), rankOf(stateOf(b))), cmp.Compare(stateOf(a), stateOf(b)), byName)
		case "last_login":
			return cmp.Or(b.LastLogin.Compare(a.LastLogin), byName)
		}
		return byName
	})
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

func totalText(total int, tooMany bool) string {
	if tooMany {
		return "more than " + strconv.Itoa(run.ListLimit)
	}
	return strconv.Itoa(total)
}

// userStates are the states of a user that pages tell apart, gravest first. A
// user has exactly one.
var userStates = []struct {
	name string
	chip views.Chip
}{
	{string(duo.StatusLockedOut), views.Chip{Level: "bad", Text: "Locked out"}},
	{string(duo.StatusBypass), views.Chip{Level: "warn", Text: "Bypass"}},
	{string(duo.StatusDisabled), views.Chip{Level: "idle", Text: "Disabled"}},
	{notEnrolled, views.Chip{Level: "info", Text: "Not enrolled"}},
	{string(duo.StatusActive), views.Chip{Level: "ok", Text: "Active"}},
	{string(duo.StatusPendingDeletion), views.Chip{Level: "idle", Text: "In the trash"}},
}

const (
	notEnrolled = "not enrolled"
	noState     = "unknown" // Duo says none
)

// mostOtherStates is how many states beside those of userStates get a filter.
const mostOtherStates = 10

// statesOf are the states to filter by: those of userStates, and then those that
// the counted users have besides, since Duo may add some.
func statesOf(count map[string]int) []string {
	var states, others []string
	for _, state := range userStates {
		states = append(states, state.name)
	}
	for state := range count {
		if !slices.Contains(states, state) {
			others = append(others, state)
		}
	}
	slices.Sort(others)
	return append(states, others[:min(len(others), mostOtherStates)]...)
}

// stateOf is a user's one state: Duo's status, but for active users without
// anything to sign in with.
func stateOf(u duo.User) string {
	if u.Status == duo.StatusActive && !u.Enrolled {
		return notEnrolled
	}
	return cmp.Or(strings.TrimSpace(string(u.Status)), noState)
}

// rankOf is where a state stands among userStates; those besides come last.
func rankOf(state string) int {
	for i, known := range userStates {
		if known.name == state {
			return i
		}
	}
	return len(userStates)
}

func chipOf(u duo.User) views.Chip { return stateChip(stateOf(u)) }

// stateChip shows a state. One that Duo added is shown by Duo's name for it.
func stateChip(state string) views.Chip {
	if i := rankOf(state); i < len(userStates) {
		return userStates[i].chip
	}
	first, size := utf8.DecodeRuneInString(state)
	return views.Chip{Level: "idle", Text: catalog.Plain(string(unicode.ToUpper(first)) + state[size:])}
}

func displayName(u duo.User) string {
	return catalog.Plain(cmp.Or(strings.TrimSpace(u.RealName), strings.TrimSpace(u.FirstName+" "+u.LastName), u.Username))
}
