package setup

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/setup"
)

func (s *pages) getOrganizations(c echo.Context, v site.Visitor) error {
	ctx, n := c.Request().Context(), site.PageOf(c)
	ws := v.Workspace.Slug
	page := setup.OrganizationsPage{Workspace: ws, Query: site.Query(c), Show: organizationFilter(c.QueryParam("show")),
		MayCreate: v.MayIntegrate()}
	var found []store.Organization
	var counts store.Counts
	var tags []store.TagCount
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		from := (n - 1) * site.ListRows
		if found, counts, err = tx.Organizations(ctx, store.Filter(page.Show), page.Query, site.ListRows, from); err != nil {
			return err
		}
		tags, err = tx.Tags(ctx, tagsShown)
		return err
	})
	if err != nil {
		return err
	}
	page.Rows = words.OrganizationRows(found)
	offerFilters(&page, counts, tags)
	page.Pager = site.PagerOf(n, site.ListRows, counts.Matching, "organizations", func(p int) string {
		return views.OrganizationsView(ws, page.Query, page.Show, p)
	})
	page.Empty = mappingEmpty(v, counts)
	if counts.Organizations > 0 {
		page.Empty.Link.Href = views.Organizations(ws)
	}
	flash, err := s.FlashOf(ctx, c, v)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "organizations", Flash: flash}, page)
}

// offerFilters links to the parts of the list, with how many organizations each has.
func offerFilters(page *setup.OrganizationsPage, counts store.Counts, tags []store.TagCount) {
	link := func(text string, show store.Filter, count int) views.FilterLink {
		return views.FilterLink{Text: text, Count: count, Current: page.Show == string(show),
			Href: views.OrganizationsView(page.Workspace, page.Query, string(show), 1)}
	}
	page.Filters = []views.FilterLink{
		link("All", store.All, counts.Organizations),
		link("Unmapped", store.Unmapped, counts.Organizations-counts.Mapped),
		link("Without key", store.Unkeyed, counts.Organizations-counts.Keyed),
		link("Failing", store.Failing, counts.Failing),
	}
	for _, t := range tags {
		page.Tags = append(page.Tags, link(t.Tag, store.Tagged(t.Tag), t.Count))
	}
}

// tagsShown is how many tags the list offers as filters: the most common.
const tagsShown = 24

// organizationFilter reads which organizations the list is to show.
func organizationFilter(show string) string {
	switch filter := store.Filter(show); filter {
	case store.Unmapped, store.Unkeyed, store.Failing:
		return show
	default:
		if tag, found := filter.Tag(); found {
			return string(store.Tagged(catalog.Plain(tag)))
		}
	}
	return ""
}

// connectionFacts say how an organization is reached, in full.
func connectionFacts(v site.Visitor, o store.Organization) []views.Fact {
	account := views.Fact{Label: "Duo account", Text: o.AccountID, Note: "child of " + v.Workspace.Name, Mono: true}
	switch o.Kind {
	case store.Parent:
		account = views.Fact{Label: "Duo account", Text: "parent account",
			Note: "of " + v.Workspace.Name + " itself, with the workspace's Admin API keys"}
	case store.Own:
		account = views.Fact{Label: "Duo account", Text: "own credentials", Note: "no child account"}
	}
	facts := []views.Fact{account}
	if o.IntegrationKey != "" {
		facts = append(facts, views.Fact{Label: "Integration key", Text: o.IntegrationKey, Mono: true})
	}
	if o.APIHostname != "" {
		facts = append(facts, views.Fact{Label: "API host", Text: o.APIHostname, Mono: true})
	}
	return facts
}

func (s *pages) getNewOrganization(c echo.Context, v site.Visitor) error {
	page, err := s.newOrganizationPage(c, v)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "organizations"}, page)
}

func (s *pages) newOrganizationPage(c echo.Context, v site.Visitor) (setup.NewOrganizationPage, error) {
	page := setup.NewOrganizationPage{Workspace: v.Workspace.Slug, ID: uuid.NewString()}
	state, err := s.Setup.KeyState(c.Request().Context(), v.Scope, runsetup.Nine(), v.Operator.ID)
	for _, a := range state.Accounts {
		if a.MappedTo == nil {
			page.Accounts = append(page.Accounts, setup.AccountOption{Value: runsetup.AccountText(a), Label: a.APIHostname})
		}
	}
	if _, inUse := state.Version(store.AccountsAPI, store.Active); !inUse {
		page.AccountsLocked = "Duo accounts can be chosen when the Accounts API has accepted its keys."
	}
	return page, err
}

func (s *pages) postOrganization(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(form.Get("id"))
	if err != nil {
		return site.BadRequest("The form has no id. Open it again.")
	}
	row := runsetup.MappingRow{Organization: id, Account: form.Get("account"), DirectoryKey: form.Get("directory_key")}
	created, faults, err := s.Setup.CreateOrganization(c.Request().Context(), v.Scope, v.Actor(), form.Get("name"), row)
	switch {
	case err != nil && !site.DuoSaidNo(err):
		return err
	case err != nil || len(faults) > 0:
		return s.showNotCreated(c, v, form.Get("name"), row, site.ByField(faults), err)
	}
	return c.Redirect(http.StatusSeeOther, views.Organization(v.Workspace.Slug, created.Slug))
}

// showNotCreated shows the form again with what was typed, and why no organization came
// of it: faults, or what Duo said about the accounts.
func (s *pages) showNotCreated(c echo.Context, v site.Visitor, name string, row runsetup.MappingRow,
	faults map[string]string, failed error) error {
	page, err := s.newOrganizationPage(c, v)
	if err != nil {
		return err
	}
	page.ID = row.Organization.String()
	page.Name = views.Input{Value: name, Error: faults[runsetup.NameField]}
	page.Account = views.Input{Value: accountShownAgain(row.Account, page.Accounts), Error: faults[runsetup.AccountField]}
	page.DirectoryKey = views.Input{Value: shownAgain(row.DirectoryKey), Error: faults[runsetup.DirectoryKeyField]}
	status := http.StatusUnprocessableEntity
	if failed != nil {
		why := run.Explain(failed)
		page.Account.Error, status = why.Cause+" "+why.Fix, site.StatusOf(failed)
	}
	return s.Render(c, status, v, site.Place{Section: "organizations"}, page)
}

// overviewRuns is how many runs an organization's overview shows.
const overviewRuns = 8

func (s *pages) getOrganization(c echo.Context, v site.Visitor) error {
	o := v.Organization
	page := setup.OrganizationPage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(o), State: "unmapped",
		Refresh: views.Organization(v.Workspace.Slug, o.Slug) + "?fresh=1",
		MayMap:  v.MayIntegrate(), MayEdit: v.Role >= catalog.Administrator, Onboarding: o.Onboarding, About: s.aboutFacts(v, o), Directory: directoryFact(o),
	}
	var err error
	if page.Runs, err = s.runsOfOrganization(c.Request().Context(), v); err != nil {
		return err
	}
	if o.Mapped() {
		page.State, page.Connection = "ready", connectionFacts(v, o)
		err = s.countUsers(c, v, &page)
	}
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "overview"}, page)
}

// runsOfOrganization are the latest runs of the visitor's organization, whose page they
// are on.
func (s *pages) runsOfOrganization(ctx context.Context, v site.Visitor) (rows []views.RunRow, err error) {
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		runs, err := tx.Runs(ctx, overviewRuns, 0)
		if err == nil {
			err = tx.MarkGone(ctx, runs, catalog.DeleteUser, catalog.DeletePhone)
		}
		rows = s.RunRows(v, runs)
		return err
	})
	for i := range rows {
		rows[i].Organization = nil
	}
	return rows, err
}

// countUsers fills in how many users are in which state, or why Duo does not say.
func (s *pages) countUsers(c echo.Context, v site.Visitor, page *setup.OrganizationPage) error {
	users, err := s.Runner.UsersToShow(c.Request().Context(), v.Scope, v.Organization, c.QueryParam("fresh") != "")
	switch {
	case site.DuoSaidNo(err):
		page.State, page.Trouble = "unreachable", s.Trouble(c, err, users.ReadAt, users.Behind)
	case err != nil:
		return err
	}
	if !users.ReadAt.IsZero() {
		page.ReadAt = s.When(v, users.ReadAt)
		page.Users, page.UsersTotal = statusCounts(v, users), words.TotalText(users.Total, users.TooMany)
	}
	return nil
}

// aboutFacts is what people know about an organization: the hour there is what
// decides whether to call.
func (s *pages) aboutFacts(v site.Visitor, o store.Organization) []views.Fact {
	var facts []views.Fact
	if len(o.Aliases) > 0 {
		facts = append(facts, views.Fact{Label: "Also called", Text: strings.Join(o.Aliases, ", ")})
	}
	if len(o.Tags) > 0 {
		facts = append(facts, views.Fact{Label: "Tags", Text: strings.Join(o.Tags, ", ")})
	}
	if zone := site.ZoneNamed(o.TimeZone); zone != nil {
		facts = append(facts, views.Fact{Label: "Time zone", Text: o.TimeZone,
			Note: "now " + s.Now().In(zone).Format("Mon 15:04")})
	}
	return facts
}

func directoryFact(o store.Organization) views.Fact {
	if o.DirectoryKey == "" {
		return views.Fact{Label: "Directory key", Text: "none", Note: "Syncing single users from the directory needs it."}
	}
	return views.Fact{Label: "Directory key", Text: o.DirectoryKey, Mono: true}
}

func statusCounts(v site.Visitor, users run.List[duo.User]) []setup.StatusCount {
	count := map[string]int{}
	for _, u := range users.Items {
		count[words.StateOf(u)]++
	}
	var counts []setup.StatusCount
	for _, state := range words.UserStates {
		if count[state.Name] > 0 {
			counts = append(counts, setup.StatusCount{State: state.Chip, Count: count[state.Name],
				Href: views.UsersView(v.Workspace.Slug, v.Organization.Slug, views.UsersFilter{Status: state.Name})})
		}
	}
	return counts
}
