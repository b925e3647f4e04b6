package actions

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
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
		item.Off = "It needs the role " + a.Role.String() + "."
	case a.OfWorkspace() && !v.Membership.Every():
		item.Off = "It needs a membership of every organization."
	default:
		item.Href = site.ActionPath(v, a.Slug)
	}
	return item
}

// getChooseOrganization stands at a workspace's address of an action that is
// carried out in an organization.
func (s *pages) getChooseOrganization(c echo.Context, v site.Visitor, action catalog.Action) error {
	page := actions.ChooseOrganization{Workspace: v.Workspace.Slug, Heading: action.Title, Help: action.Help, Query: site.Query(c), At: views.Action(v.Workspace.Slug, "", action.Slug)}
	n := site.PageOf(c)
	err := s.Store.InWorkspace(c.Request().Context(), v.Scope, func(tx *store.Tx) error {
		found, counts, err := tx.Organizations(c.Request().Context(), store.All, page.Query, site.ListRows, (n-1)*site.ListRows)
		for _, o := range found {
			choice := actions.OrganizationChoice{Organization: words.TagOf(o), Href: views.Action(v.Workspace.Slug, o.Slug, action.Slug)}
			if !o.Mapped() {
				choice.Href, choice.Off = "", "has no Duo account"
			}
			page.Choices = append(page.Choices, choice)
		}
		page.Pager = site.PagerOf(n, site.ListRows, counts.Matching, "organizations", func(n int) string {
			return views.Action(v.Workspace.Slug, "", action.Slug, "q", page.Query, "page", strconv.Itoa(n))
		})
		page.Empty = site.ListEmpty("organizations", counts.Organizations, false, page.At)
		return err
	})
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "actions"}, page)
}
