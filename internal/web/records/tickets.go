package records

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/records"
)

// allOf names the box that stands for a whole category of actions.
func allOf(category string) string { return "all " + category }

// getTickets shows which actions require a ticket.
func (s *pages) getTickets(c echo.Context, v site.Visitor) error {
	rule, err := s.Members.TicketRule(c.Request().Context(), v.Scope)
	if err != nil {
		return err
	}
	page := records.TicketsPage{Workspace: v.Workspace.Slug, MayChange: v.Role >= catalog.Owner}
	page.Groups, page.Required = ticketGroups(rule)
	return s.Render(c, http.StatusOK, v, site.Place{Section: "runs"}, page)
}

// ticketGroups are the actions that change something, by category, and the titles of what a rule requires a ticket for.
func ticketGroups(rule []string) (groups []records.TicketGroup, required []string) {
	for _, a := range catalog.All() {
		if a.Kind == catalog.Read {
			continue
		}
		i := slices.IndexFunc(groups, func(g records.TicketGroup) bool { return g.Name == a.Category })
		if i < 0 {
			i = len(groups)
			all := slices.Contains(rule, a.Category)
			groups = append(groups, records.TicketGroup{Name: a.Category, Field: allOf(a.Category), All: all})
			if all {
				required = append(required, a.Category)
			}
		}
		choice := records.TicketChoice{Title: a.Title, Field: a.Slug, Required: slices.Contains(rule, a.Slug)}
		if choice.Required {
			required = append(required, a.Title)
		}
		groups[i].Actions = append(groups[i].Actions, choice)
	}
	return groups, required
}

// postTickets changes which actions require a ticket.
func (s *pages) postTickets(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	names := []string{}
	for _, a := range catalog.All() {
		if a.Kind == catalog.Read {
			continue
		}
		if form.Has(allOf(a.Category)) && !slices.Contains(names, a.Category) {
			names = append(names, a.Category)
		}
		if form.Has(a.Slug) {
			names = append(names, a.Slug)
		}
	}
	if err := s.Members.SetTicketRule(c.Request().Context(), v.Scope, v.Actor(), names); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Tickets(v.Workspace.Slug))
}
