package setup

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/setup"
)

const mappingRows = 50

// mappingFilter reads which part of the mapping is asked for, from an address or
// from the form that carries it along.
func mappingFilter(value func(string) string) views.MappingFilter {
	f := views.MappingFilter{Show: value("show"), Query: site.Searched(value("q")), Suggest: value("suggest") == "1"}
	if !slices.Contains([]store.Filter{store.Unmapped, store.Unkeyed, store.Failing}, store.Filter(f.Show)) {
		f.Show = ""
	}
	if _, err := fmt.Sscanf(value("page"), "%d", &f.Page); err != nil || f.Page < 1 || f.Page > 1_000_000 {
		f.Page = 1
	}
	return f
}

// mappingSection is the mapping as the address asks for it. It opens once the
// Accounts API has answered.
func (s *pages) mappingSection(c echo.Context, v site.Visitor, state runsetup.KeyState) (setup.MappingSection, error) {
	filter := mappingFilter(c.QueryParam)
	if c.Request().Method == http.MethodPost {
		filter = mappingFilter(c.Request().PostFormValue)
	}
	m := setup.MappingSection{Workspace: v.Workspace.Slug, Editable: v.MayIntegrate(), Filter: filter}
	if _, inUse := state.Version(store.AccountsAPI, store.Active); !inUse {
		m.Locked = "The mapping opens when the Accounts API has accepted its keys: it lists the Duo accounts to map."
		return m, nil
	}
	// To whoever sees a part of the organizations, the accounts of the others
	// would look as if nobody had them.
	m.Filter.Suggest = filter.Suggest && m.Editable
	for _, a := range state.Accounts {
		if !m.Editable {
			break
		}
		m.Accounts = append(m.Accounts, setup.AccountOption{Value: runsetup.AccountText(a), Label: a.APIHostname})
		if a.MappedTo == nil {
			m.UnmappedAccounts++
			if len(m.Onboard) < accountsOffered {
				m.Onboard = append(m.Onboard, views.Link{Text: runsetup.AccountText(a), Href: views.Onboard(v.Workspace.Slug, a.AccountID)})
			}
		}
		m.ReadAt = s.When(v, a.ReadAt)
	}
	for _, a := range state.Unusable {
		if m.Editable {
			m.Unusable = append(m.Unusable, runsetup.AccountText(a))
			m.ReadAt = s.When(v, a.ReadAt)
		}
	}
	return m, s.fillMapping(c, v, state.Accounts, &m)
}

func (s *pages) fillMapping(c echo.Context, v site.Visitor, accounts []store.Account, m *setup.MappingSection) error {
	ctx, filter := c.Request().Context(), m.Filter
	var rows, everybody []store.Organization
	var drifted []store.Drifted
	var n store.Counts
	err := s.Store.InWorkspace(ctx, v.Membership, func(tx *store.Tx) (err error) {
		rows, n, err = tx.Organizations(ctx, store.Filter(filter.Show), filter.Query, mappingRows,
			(filter.Page-1)*mappingRows)
		if err == nil && m.Editable {
			drifted, err = tx.Drifted(ctx)
		}
		if err == nil && filter.Suggest {
			// Whether a name is unclear shows only in the whole list.
			everybody, _, err = tx.Organizations(ctx, store.All, "", store.EveryOrganization, 0)
		}
		return err
	})
	if err != nil {
		return err
	}
	m.Organizations, m.Mapped, m.Keyed = n.Organizations, n.Mapped, n.Keyed
	m.Drift = driftRows(drifted)
	m.Filters = mappingFilters(v.Workspace.Slug, filter, n)
	m.Rows = rowsOfMapping(v, rows, everybody, accounts)
	m.Pager = site.PagerOf(filter.Page, mappingRows, n.Matching, "organizations", func(page int) string {
		f := filter
		f.Page = page
		return views.Mapping(v.Workspace.Slug, f)
	})
	m.Empty = mappingEmpty(v, n)
	return nil
}

// rowsOfMapping are organizations as they are saved, with suggestions by the names of all.
func rowsOfMapping(v site.Visitor, shown, all []store.Organization,
	accounts []store.Account) (rows []setup.MappingRow) {
	suggestions := runsetup.Suggest(all, accounts)
	byID := map[string]store.Account{}
	for _, a := range accounts {
		byID[a.AccountID] = a
	}
	for _, o := range shown {
		rows = append(rows, mappingRow(v, o, byID, suggestions[o.ID]))
	}
	return rows
}

func mappingFilters(ws string, f views.MappingFilter, n store.Counts) []views.FilterLink {
	link := func(text, show string, count int) views.FilterLink {
		return views.FilterLink{Text: text, Count: count, Current: f.Show == show,
			Href: views.Mapping(ws, views.MappingFilter{Show: show, Query: f.Query, Suggest: f.Suggest})}
	}
	return []views.FilterLink{
		link("All", "", n.Organizations),
		link("Unmapped", string(store.Unmapped), n.Organizations-n.Mapped),
		link("Without key", string(store.Unkeyed), n.Organizations-n.Keyed),
		link("Failing", string(store.Failing), n.Failing),
	}
}

func mappingEmpty(v site.Visitor, n store.Counts) views.Empty {
	switch {
	case n.Organizations == 0 && v.MayIntegrate():
		return views.Empty{Kind: "nothing-yet", Headline: "No organizations yet",
			Text: "Create one for every Duo account in one go, or one by one.",
			Link: views.Link{Text: "New organization", Href: views.NewOrganization(v.Workspace.Slug)}}
	case n.Organizations == 0:
		return views.Empty{Kind: "nothing-yet", Headline: "No organizations yet",
			Text: "An owner or admin of this workspace creates them."}
	}
	return views.Empty{Kind: "no-match", Headline: "No organization matches", Text: "Change the search or the filter.",
		Link: views.Link{Text: "Show all", Href: views.Mapping(v.Workspace.Slug, views.MappingFilter{})}}
}

// mappingRow is one organization as it is saved, or with a suggestion that is
// not.
func mappingRow(v site.Visitor, o store.Organization, accounts map[string]store.Account,
	suggested runsetup.Suggestion) setup.MappingRow {
	row := setup.MappingRow{Workspace: v.Workspace.Slug, OrganizationID: o.ID.String(), OrganizationTag: words.TagOf(o),
		Editable: v.MayIntegrate(), Connection: o.Connection()}
	row.DirectoryKey.Value, row.SavedDirectoryKey = o.DirectoryKey, o.DirectoryKey
	account, listed := accounts[o.AccountID]
	switch {
	case o.Kind == store.Parent || o.Kind == store.Own:
		row.Connected, row.AccountHost, row.State = words.ConnectionText(o), o.APIHostname,
			views.Chip{Level: "ok", Text: "Mapped"}
		return row
	case o.Mapped() && listed:
		row.Account.Value, row.State = runsetup.AccountText(account), views.Chip{Level: "ok", Text: "Mapped"}
	case o.Mapped():
		row.Account.Value, row.State = o.AccountID, words.LostAccount(o)
	case suggested.Account.AccountID != "":
		row.Account.Value, row.State = runsetup.AccountText(suggested.Account),
			views.Chip{Level: "info", Text: "Suggested, not saved yet"}
	case suggested.Ambiguous > 0:
		row.State = views.Chip{Level: "warn", Text: fmt.Sprintf("%d with this name", suggested.Ambiguous)}
	default:
		row.State = views.Chip{Level: "idle", Text: "Not mapped"}
	}
	if o.Mapped() {
		row.SavedAccount = row.Account.Value
		row.AccountTail, row.AccountHost = run.Tail(o.AccountID), o.APIHostname
	}
	return row
}

// accountsOffered is how many unmapped Duo accounts are offered to be onboarded; the others
// are found on the form.
const accountsOffered = 100
