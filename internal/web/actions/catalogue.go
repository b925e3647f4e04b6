package actions

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// getActions is the catalog, in one organization or for choosing one later.
func (s *pages) getActions(c echo.Context, v site.Visitor) error {
	page := actions.ActionsPage{Workspace: v.Workspace.Slug, Query: site.Query(c)}
	switch by := c.QueryParam("by"); by {
	case "", actions.ByAPI:
		page.ByAPI = by != ""
	default:
		return site.BadRequest("by is api, or nothing.")
	}
	if v.Organization.ID != uuid.Nil {
		tag := words.TagOf(v.Organization)
		page.Organization = &tag
	}
	for _, a := range catalog.All() {
		if a.OfWorkspace() && page.Organization != nil {
			continue
		}
		if page.Total++; actionMatches(a, page.Query) {
			page.Groups = intoGroup(page.Groups, groupOf(a, page.ByAPI), actionItem(v, a))
		}
	}
	sortGroups(page.Groups, page.ByAPI)
	return s.Render(c, http.StatusOK, v, site.Place{Section: "actions", Tab: "actions"}, page)
}

func groupOf(a catalog.Action, byAPI bool) string {
	if byAPI {
		return a.Category
	}
	return a.Job
}

func intoGroup(groups []actions.ActionGroup, name string, item actions.ActionItem) []actions.ActionGroup {
	i := slices.IndexFunc(groups, func(g actions.ActionGroup) bool { return g.Name == name })
	if i < 0 {
		i, groups = len(groups), append(groups, actions.ActionGroup{Name: name})
	}
	groups[i].Items = append(groups[i].Items, item)
	return groups
}

// sortGroups puts jobs in their order, and in each group last what the visitor may not do.
func sortGroups(groups []actions.ActionGroup, byAPI bool) {
	if !byAPI {
		slices.SortStableFunc(groups, func(a, b actions.ActionGroup) int {
			return cmp.Compare(slices.Index(catalog.Jobs, a.Name), slices.Index(catalog.Jobs, b.Name))
		})
	}
	for _, g := range groups {
		slices.SortStableFunc(g.Items,
			func(a, b actions.ActionItem) int { return cmp.Compare(min(len(a.Off), 1), min(len(b.Off), 1)) })
	}
}

// actionMatches reports whether every word of a search is in an action's words, or in those that technicians say.
func actionMatches(a catalog.Action, search string) bool {
	return text.Holds(a.Spoken(), search)
}

func actionItem(v site.Visitor, a catalog.Action) actions.ActionItem {
	item := actions.ActionItem{Title: a.Title, Help: a.Help, Call: a.Call, Kind: words.KindChip(a)}
	switch {
	case v.Role < a.Role:
		item.Off = "Requires the " + a.Role.Title() + " role"
	case a.OfWorkspace() && !v.Membership.Every():
		item.Off = "Requires membership of all organizations"
	default:
		item.Href = site.ActionPath(v, a.Slug)
	}
	return item
}

// getChooseOrganization is the workspace's address of an action that needs an organization: it asks for one.
func (s *pages) getChooseOrganization(c echo.Context, v site.Visitor, action catalog.Action) error {
	ctx, ws := c.Request().Context(), v.Workspace.Slug
	chooser := table.Definition[store.Organization, actions.OrganizationChoice]{
		List: table.List{One: "organization", Many: "organizations", At: views.Action(ws, "", action.Slug),
			Search: "Search organizations",
			Sorts:  []table.Sort{{Name: "name"}}},
		Columns: actions.OrganizationChoices,
		Row: func(o store.Organization) actions.OrganizationChoice {
			if !o.Mapped() {
				return actions.OrganizationChoice{Organization: words.TagOf(o), Off: "has no Duo account"}
			}
			return actions.OrganizationChoice{Organization: words.TagOf(o), Href: views.Action(ws, o.Slug, action.Slug)}
		},
		None: views.Empty{Kind: "nothing-yet", Headline: "No organizations yet",
			Text: "An owner or admin of this workspace creates them."},
	}
	asked, err := chooser.AskOf(c.QueryParams()) // the address fills in the action's form besides
	if err != nil {
		return err
	}
	var found table.Found[store.Organization]
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		page, n, err := tx.Organizations(ctx, asked.Query)
		found = table.Found[store.Organization]{Page: page, Total: n.Organizations, Matching: n.Matching}
		return err
	})
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "actions"}, actions.ChooseOrganization{
		Workspace: ws, Heading: action.Title, Help: action.Help, Table: chooser.Show(asked, found)})
}
