package records

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/records"
)

// limitField names the box for a role's limit of a quota.
func limitField(q catalog.Quota, role catalog.Role) string { return q.Slug + "." + role.String() }

// getQuotas shows how often an operator may do what is counted.
func (s *pages) getQuotas(c echo.Context, v site.Visitor) error {
	return s.showQuotas(c, v, http.StatusOK, nil)
}

// showQuotas shows the limits, and in their place what was typed.
func (s *pages) showQuotas(c echo.Context, v site.Visitor, status int, typed map[string]views.Input) error {
	limits, err := s.Members.Quotas(c.Request().Context(), v.Scope)
	if err != nil {
		return err
	}
	page := records.QuotasPage{Workspace: v.Workspace.Slug,
		MayChange: v.Role >= catalog.Owner && v.Membership.Every()}
	for _, q := range catalog.Quotas() {
		group := records.QuotaGroup{Title: q.Title, Window: catalog.Duration(q.Window), Help: q.Help}
		for role := q.LeastRole; role <= catalog.Owner; role++ {
			input, was := typed[limitField(q, role)]
			if !was {
				input.Value = strconv.Itoa(limits.Most(q, role))
			}
			group.Limits = append(group.Limits, records.QuotaLimit{Role: role.Title(), Field: limitField(q, role),
				Most: limits.Most(q, role), Input: input})
		}
		page.Quotas = append(page.Quotas, group)
	}
	return s.Render(c, status, v, site.Place{Section: "runs"}, page)
}

// postQuotas changes limits; a box that is not in the form leaves its limit as it is.
func (s *pages) postQuotas(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	var limits []store.Limit
	typed, bad := map[string]views.Input{}, false
	for _, q := range catalog.Quotas() {
		for role := q.LeastRole; role <= catalog.Owner; role++ {
			name := limitField(q, role)
			if !form.Has(name) {
				continue
			}
			input := views.Input{Value: form.Get(name)}
			most, err := strconv.Atoi(input.Value)
			if err != nil || most < store.LeastQuota || most > store.MostQuota {
				input.Error = fmt.Sprintf("Enter a whole number from %d to %d.", store.LeastQuota, store.MostQuota)
				bad = true
			}
			typed[name] = input
			limits = append(limits, store.Limit{Quota: q.Slug, Role: role.String(), Most: most})
		}
	}
	if bad {
		return s.showQuotas(c, v, http.StatusUnprocessableEntity, typed)
	}
	if err := s.Members.SetQuotas(c.Request().Context(), v.Scope, v.Actor(), limits); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Quotas(v.Workspace.Slug))
}
