package estate

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/estate"
)

func (s *pages) getWorkspaces(c echo.Context, v site.Visitor) error {
	found, err := s.OpenWorkspaces(c, v)
	if err != nil {
		return err
	}
	if len(found) == 1 {
		return c.Redirect(http.StatusSeeOther, views.Workspace(found[0].Slug))
	}
	var page estate.WorkspacesPage
	for _, w := range found {
		page.Workspaces = append(page.Workspaces, estate.WorkspaceChoice{Slug: w.Slug, Name: w.Name, Role: w.Role,
			Elsewhere: !w.Ranges.Admit(c.RealIP())})
	}
	return s.Render(c, http.StatusOK, v, site.Place{}, page)
}

// How much of each the home page shows.
const (
	homeOrganizations = 10
	homeRecent        = 8
	homeRuns          = 10
	homeNotices       = 5
)

func (s *pages) getHome(c echo.Context, v site.Visitor) error {
	ctx := c.Request().Context()
	page := estate.HomePage{Workspace: v.Workspace.Slug, WorkspaceName: v.Workspace.Name, MayOnboard: v.MayIntegrate()}
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		var err error
		if page.Notices, err = s.Notices(ctx, tx, v, homeNotices); err != nil {
			return err
		}
		counts, err := tx.CountOrganizations(ctx, store.Query{})
		if err != nil {
			return err
		}
		_, err = tx.ActiveVersion(ctx, store.OfWorkspace(store.AccountsAPI))
		if site.IgnoreNotFound(err) != nil {
			return err
		}
		page.OrganizationsTotal, page.Steps = counts.Organizations, setupSteps(v, err == nil, counts)
		if len(page.Steps) > 0 {
			return nil
		}
		return s.fillHome(ctx, tx, v, &page)
	})
	if err != nil {
		return err
	}
	at := site.Place{Section: "home"}
	if len(page.Steps) > 0 {
		if at.Flash, err = s.UnclearFlashes(ctx, v, func(store.Run) bool { return true }); err != nil {
			return err
		}
	}
	return s.Render(c, http.StatusOK, v, at, page)
}

// fillHome reads what the home page of a workspace shows that is set up.
func (s *pages) fillHome(ctx context.Context, tx *store.Tx, v site.Visitor, page *estate.HomePage) error {
	organizations, err := tx.RecentOrganizations(ctx, v.Operator.ID, homeRecent)
	if err != nil {
		return err
	}
	if page.Recent = len(organizations) > 0; !page.Recent {
		first, _, err := tx.Organizations(ctx, store.Query{Limit: homeOrganizations})
		if err != nil {
			return err
		}
		organizations = first.Rows
	}
	for _, o := range organizations {
		page.Organizations = append(page.Organizations, words.OrganizationRow(o))
	}
	users, err := tx.RecentUsers(ctx, v.Operator.ID, catalog.DeleteUser, homeRecent)
	if err != nil {
		return err
	}
	for _, u := range users {
		page.People = append(page.People, estate.RecentPerson{Organization: words.Tag(u.OrganizationName),
			At:   s.When(v, u.At),
			Link: views.Link{Text: u.Name, Href: views.User(v.Workspace.Slug, u.Slug, u.UserID)}})
	}
	if page.Runs, err = s.LastActs(ctx, tx, v, homeRuns); err != nil {
		return err
	}
	page.Look, err = s.needsLook(ctx, tx, v)
	return err
}

// setupSteps lists what is still to be done before the console is of use; none
// when it is.
func setupSteps(v site.Visitor, connected bool, n store.Counts) []estate.SetupStep {
	if connected && n.Mapped > 0 {
		return nil
	}
	steps := []estate.SetupStep{
		{State: "now", Title: "Enter the nine values",
			Text: "Three applications of your own Duo account give a host, an integration key and a secret key each.",
			Link: views.Link{Text: "Open Integration", Href: views.Integration(v.Workspace.Slug)}},
		{State: "later", Title: "Map your organizations",
			Text: "Each client of yours to its Duo account. All of them can be created in one go."},
		{State: "later", Title: "Open an organization", Text: "Find a user, make a bypass code, activate a phone."},
	}
	if !v.MayIntegrate() {
		steps[0].Text = "An owner or admin of this workspace does this."
		steps[0].Link = views.Link{}
	}
	if connected {
		steps[0].State, steps[1].State = "done", "now"
		steps[0].Link = views.Link{}
		if v.MayIntegrate() {
			steps[1].Link = views.Link{Text: "Map organizations", Href: views.Mapping(v.Workspace.Slug)}
		}
	}
	return steps
}
