package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/views"
)

// getActions is the catalogue, in one organization or for choosing one later.
func (s *Server) getActions(c echo.Context, v visitor) error {
	page := views.ActionsPage{Workspace: v.workspace.Slug, Query: query(c)}
	if v.organization.ID != uuid.Nil {
		tag := tagOf(v.organization)
		page.Organization = &tag
	}
	for _, a := range catalog.All() {
		if a.OfWorkspace() && page.Organization != nil {
			continue
		}
		if page.Total++; !actionMatches(a, page.Query) {
			continue
		}
		i := slices.IndexFunc(page.Groups, func(g views.ActionGroup) bool { return g.Name == a.Category })
		if i < 0 {
			i, page.Groups = len(page.Groups), append(page.Groups, views.ActionGroup{Name: a.Category})
		}
		group := &page.Groups[i]
		group.Items = append(group.Items, actionItem(v, a))
	}
	return s.render(c, http.StatusOK, v, place{section: "actions", tab: "actions"}, page)
}

// actionMatches reports whether every word of a search is in an action's words.
func actionMatches(a catalog.Action, search string) bool {
	return text.Holds(a.Title+" "+a.Category+" "+a.Help+" "+a.Call+" "+a.Slug, search)
}

func actionItem(v visitor, a catalog.Action) views.ActionItem {
	item := views.ActionItem{Title: a.Title, Help: a.Help, Call: a.Call, Kind: kindChips[a.Kind]}
	if strings.HasPrefix(a.Slug, "delete-") {
		item.Kind = views.Chip{Level: "bad", Text: "deletes"}
	}
	switch {
	case v.role < a.Role:
		item.Off = "It needs the role " + a.Role.String() + "."
	case a.OfWorkspace() && !v.membership.Every():
		item.Off = "It needs a membership of every organization."
	default:
		item.Href = actionPath(v, a.Slug)
	}
	return item
}

// getChooseOrganization stands at a workspace's address of an action that is
// carried out in an organization.
func (s *Server) getChooseOrganization(c echo.Context, v visitor, action catalog.Action) error {
	page := views.ChooseOrganization{Workspace: v.workspace.Slug, Heading: action.Title, Help: action.Help, Query: query(c), At: views.Action(v.workspace.Slug, "", action.Slug)}
	n := pageOf(c)
	err := s.Store.InWorkspace(c.Request().Context(), v.scope, func(tx *store.Tx) error {
		found, counts, err := tx.Organizations(c.Request().Context(), store.All, page.Query, listRows, (n-1)*listRows)
		for _, o := range found {
			choice := views.OrganizationChoice{Organization: tagOf(o), Href: views.Action(v.workspace.Slug, o.Slug, action.Slug)}
			if !o.Mapped() {
				choice.Href, choice.Off = "", "has no Duo account"
			}
			page.Choices = append(page.Choices, choice)
		}
		page.Pager = pagerOf(n, listRows, counts.Matching, "organizations", func(n int) string {
			return views.Action(v.workspace.Slug, "", action.Slug, "q", page.Query, "page", strconv.Itoa(n))
		})
		page.Empty = listEmpty("organizations", counts.Organizations, false, page.At)
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, v, place{section: "actions"}, page)
}
