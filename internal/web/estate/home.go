package estate

import (
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
	found, err := s.Store.WorkspacesOf(c.Request().Context(), v.Operator.ID)
	if err != nil {
		return err
	}
	if len(found) == 1 {
		return c.Redirect(http.StatusSeeOther, views.Workspace(found[0].Slug))
	}
	var page estate.WorkspacesPage
	for _, w := range found {
		page.Workspaces = append(page.Workspaces, estate.WorkspaceChoice{Slug: w.Slug, Name: w.Name, Role: w.Role})
	}
	return s.Render(c, http.StatusOK, v, site.Place{}, page)
}

// homeRows is how many organizations and runs the home page shows.
const homeRows = 10

func (s *pages) getHome(c echo.Context, v site.Visitor) error {
	ctx := c.Request().Context()
	page := estate.HomePage{Workspace: v.Workspace.Slug, WorkspaceName: v.Workspace.Name, MayOnboard: v.MayIntegrate()}
	var counts store.Counts
	var connected bool
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		organizations, n, err := tx.Organizations(ctx, store.Query{Limit: homeRows})
		if err != nil {
			return err
		}
		counts = n
		for _, o := range organizations.Rows {
			page.Organizations = append(page.Organizations, words.OrganizationRow(o))
		}
		page.OrganizationsTotal = n.Organizations
		runs, err := tx.Runs(ctx, homeRows, 0)
		if err != nil {
			return err
		}
		if err := tx.MarkGone(ctx, runs, catalog.DeleteUser, catalog.DeletePhone); err != nil {
			return err
		}
		page.Runs = s.RunRows(v, runs)
		_, err = tx.ActiveVersion(ctx, store.OfWorkspace(store.AccountsAPI))
		connected = err == nil
		return site.IgnoreNotFound(err)
	})
	if err != nil {
		return err
	}
	page.Steps = setupSteps(v, connected, counts)
	flash, err := s.UnclearFlashes(ctx, v, func(store.Run) bool { return true })
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "home", Flash: flash}, page)
}

// setupSteps lists what is still to be done before the console is of use; none
// when it is.
func setupSteps(v site.Visitor, connected bool, n store.Counts) []estate.SetupStep {
	if connected && n.Mapped > 0 {
		return nil
	}
	steps := []estate.SetupStep{
		{State: "now", Title: "Enter the nine values", Text: "Three applications of your own Duo account give a host, an integration key and a secret key each.",
			Link: views.Link{Text: "Open Integration", Href: views.Integration(v.Workspace.Slug)}},
		{State: "later", Title: "Map your organizations", Text: "Each client of yours to its Duo account. All of them can be created in one go."},
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
