package actions

import (
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

// getActions is the catalogue, in one organization or for choosing one later.
func (s *pages) getActions(c echo.Context, v site.Visitor) error {
	page := actions.ActionsPage{Workspace: v.Workspace.Slug, Query: site.Query(c)}
	if v.Organization.ID != uuid.Nil {
		tag := words.TagOf(v.Organization)
		page.Organization = &tag
	}
	for _, a := range catalog.All() {
		if a.OfWorkspace() && page.Organization != nil {
			continue
		}
		if page.Total++; !actionMatches(a, page.Query) {
			continue
		}
		i := slices.IndexFunc(page.Groups, func(g actions.ActionGroup) bool { return g.Name == a.Category })
		if i < 0 {
			i, page.Groups = len(page.Groups), append(page.Groups, actions.ActionGroup{Name: a.Category})
		}
		group := &page.Groups[i]
		group.Items = append(group.Items, actionItem(v, a))
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "actions", Tab: "actions"}, page)
}

// actionMatches reports whether every word of a search is in an action's words.
func actionMatches(a catalog.Action, search string) bool {
	return text.Holds(a.Title+" "+a.Category+" "+a.Help+" "+a.Call+" "+a.Slug, search)
}

func actionItem(v site.Visitor, a catalog.Action) actions.ActionItem {
	item := actions.ActionItem{Title: a.Title, Help: a.Help, Call: a.Call, Kind: words.KindChip(a)}
	switch {
	case v.Role < a.Role:
		item.Off = "Requires the " + a.Role.Title() + " role."
	case a.OfWorkspace() && !v.Membership.Every():
		item.Off = "Requires membership of all organizations."
	default:
		item.Href = site.ActionPath(v, a.Slug)
	}
	return item
}

// getChooseOrganization is the workspace's address of an action that needs an organization: it asks for one.
func (s *pages) getChooseOrganization(c echo.Context, v site.Visitor, action catalog.Action) error {
	ctx, ws := c.Request().Context(), v.Workspace.Slug
	chooser := table.Definition[store.Organization, actions.OrganizationChoice]{
		List: table.List{One: "organization", Many: "organizations", At: views.Action(ws, "", action.Slug), Search: "Search organizations",
			Sorts: []table.Sort{{Name: "name"}}},
		Columns: actions.OrganizationChoices,
		Row: func(o store.Organization) actions.OrganizationChoice {
			if !o.Mapped() {
				return actions.OrganizationChoice{Organization: words.TagOf(o), Off: "has no Duo account"}
			}
			return actions.OrganizationChoice{Organization: words.TagOf(o), Href: views.Action(ws, o.Slug, action.Slug)}
		},
		None: views.Empty{Kind: "nothing-yet", Headline: "No organizations yet", Text: "An owner or admin of this workspace creates them."},
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
