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
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/setup"
)

// organizationList is what can be chosen of the list of organizations: by the page and the export.
func organizationList(v site.Visitor) table.List {
	list := table.Organizations(views.Organizations(v.Workspace.Slug))
	list.Also = []string{"run"}
	return list
}

func (s *pages) getOrganizations(c echo.Context, v site.Visitor) error {
	ctx := c.Request().Context()
	chosen := organizationList(v)
	list := chosen
	list.Filters = append(list.Filters, tabKept)
	asked, err := list.Ask(c.QueryParams())
	if err != nil {
		return err
	}
	asked.Filter = asked.Value("show")
	var found store.Page[store.Organization]
	var counts store.Counts
	var tags []store.TagCount
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		if found, counts, err = tx.Organizations(ctx, asked.Query); err != nil {
			return err
		}
		tags, err = tx.Tags(ctx, tagsShown)
		return err
	})
	if err != nil {
		return err
	}
	list.Filters = append(countedFilters(list.Filters, counts, tags), tabKept)
	page := setup.OrganizationsPage{Workspace: v.Workspace.Slug, Chosen: chosen.Pairs(asked),
		MayCreate: v.MayIntegrate(), Table: organizationsTable(v, list, asked, found, counts)}
	flash, err := s.FlashOf(ctx, c, v)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "organizations", Flash: flash}, page)
}

// organizationsTable is the part of a list that was asked for.
func organizationsTable(v site.Visitor, list table.List, asked table.Asked, found store.Page[store.Organization],
	n store.Counts) views.Table {
	shown := table.Definition[store.Organization, views.OrganizationRow]{List: list, Row: words.OrganizationRow,
		Columns: views.OrganizationColumns(v.Workspace.Slug, asked.Value("tab")), None: noOrganizations(v)}
	return shown.Show(asked, table.Found[store.Organization]{Page: found, Total: n.Organizations, Matching: n.Matching})
}

// tabKept is where the names of the list lead: the switcher searches it and keeps the tab.
var tabKept = table.Filter{Name: "tab", Control: table.Hidden, Valid: views.IsTab,
	Fault: "tab is a part of an organization, such as users."}

// countedFilters are the filters with how many organizations each has, and those by tag.
func countedFilters(filters []table.Filter, counts store.Counts, tags []store.TagCount) []table.Filter {
	show := filters[0]
	for i, count := range []int{counts.Organizations, counts.Organizations - counts.Mapped,
		counts.Organizations - counts.Keyed, counts.Failing} {
		show.Options[i].Count = count
	}
	byTag := table.Filter{Name: show.Name, Label: "Organizations by tag", Valid: show.Valid, Fault: show.Fault}
	for _, t := range tags {
		byTag.Options = append(byTag.Options, table.Option{Value: string(store.Tagged(t.Tag)), Text: t.Tag,
			Count: t.Count})
	}
	return []table.Filter{show, byTag}
}

// tagsShown is how many tags the list offers as filters: the most common.
const tagsShown = 24

// noOrganizations says why a list of organizations is empty: there are none, or none that the visitor may see.
func noOrganizations(v site.Visitor) views.Empty {
	switch {
	case !v.Membership.Every():
		return views.Empty{Kind: "nothing-yet", Headline: "No organizations for you",
			Text: "An owner of this workspace chooses which ones you see."}
	case v.MayIntegrate():
		return views.Empty{Kind: "nothing-yet", Headline: "No organizations yet",
			Text: "Create one for every Duo account in one go, or one by one.",
			Link: views.Link{Text: "New organization", Href: views.NewOrganization(v.Workspace.Slug)}}
	}
	return views.Empty{Kind: "nothing-yet", Headline: "No organizations yet",
		Text: "An owner or admin of this workspace creates them."}
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
			page.Accounts = append(page.Accounts, setup.AccountOption{Value: runsetup.AccountText(a),
				Label: a.APIHostname})
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
	page.Account = views.Input{Value: accountShownAgain(row.Account, page.Accounts),
		Error: faults[runsetup.AccountField]}
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
		MayMap:  v.MayIntegrate(), MayEdit: v.Role >= catalog.Administrator, Onboarding: o.Onboarding,
		About: s.aboutFacts(v, o), Directory: directoryFact(v, o),
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

// runsOfOrganization are the latest acts in the visitor's organization, whose page they
// are on.
func (s *pages) runsOfOrganization(ctx context.Context, v site.Visitor) (rows []views.RunRow, err error) {
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		rows, err = s.LastActs(ctx, tx, v, overviewRuns)
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

func directoryFact(v site.Visitor, o store.Organization) views.Fact {
	if o.DirectoryKey == "" {
		none := views.Fact{Label: "Directory key", Text: "none", Note: "Synchronizing users requires one."}
		if v.Fits(site.AdminOrganization) {
			none.Text, none.Href = "Add a directory key", views.Connection(v.Workspace.Slug, o.Slug)+"#directories"
		}
		return none
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
				Href: views.With(views.Users(v.Workspace.Slug, v.Organization.Slug), "status", state.Name)})
		}
	}
	return counts
}
