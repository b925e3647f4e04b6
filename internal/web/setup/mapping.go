package setup

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/setup"
)

// mappingList is what can be chosen of the mapping, by the address of the integration page or by the form that carries
// it along. What is typed in its rows is not replaced by a live search.
func mappingList(v site.Visitor) table.List {
	list := table.Mapping(views.Mapping(v.Workspace.Slug))
	list.Plain, list.Also = true, []string{"fresh", "adopted", "saved", "cleaned"}
	list.Filters = append(list.Filters, table.Filter{Name: "suggest", Control: table.Hidden, Fault: "suggest is 1.",
		Options: []table.Option{{Value: "1"}}})
	list.ID = "mapping-list"
	return list
}

// mappingSection is the mapping as the address asks for it. It opens once the
// Accounts API has answered.
func (s *pages) mappingSection(c echo.Context, v site.Visitor, state runsetup.KeyState) (setup.MappingSection, error) {
	asked, err := mappingList(v).Ask(c.QueryParams())
	if c.Request().Method == http.MethodPost {
		asked, err = mappingList(v).AskOf(c.Request().PostForm)
	}
	m := setup.MappingSection{Workspace: v.Workspace.Slug, Editable: v.MayIntegrate()}
	if err != nil {
		return m, err
	}
	if _, inUse := state.Version(store.AccountsAPI, store.Active); !inUse {
		m.Locked = "The mapping opens when the Accounts API has accepted its keys: it lists the Duo accounts to map."
		return m, nil
	}
	// To an operator who sees a part of the organizations, the accounts of the others
	// would look as if nobody had them.
	m.Suggested = asked.Value("suggest") != "" && m.Editable
	for _, a := range state.Accounts {
		if !m.Editable {
			break
		}
		m.Accounts = append(m.Accounts, setup.AccountOption{Value: runsetup.AccountText(a), Label: a.APIHostname})
		if a.MappedTo == nil {
			m.UnmappedAccounts++
			if len(m.Onboard) < accountsOffered {
				m.Onboard = append(m.Onboard, views.Link{Text: runsetup.AccountText(a),
					Href: views.Onboard(v.Workspace.Slug, a.AccountID)})
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
	return m, s.fillMapping(c, v, state.Accounts, asked, &m)
}

func (s *pages) fillMapping(c echo.Context, v site.Visitor, accounts []store.Account, asked table.Asked,
	m *setup.MappingSection) error {
	ctx, list := c.Request().Context(), mappingList(v)
	asked.Filter = asked.Value("show")
	var found store.Page[store.Organization]
	var every []store.Organization
	var drifted []store.Drifted
	var n store.Counts
	err := s.Store.InWorkspace(ctx, v.Membership, func(tx *store.Tx) (err error) {
		found, n, err = tx.Organizations(ctx, asked.Query)
		if err == nil && m.Editable {
			drifted, err = tx.Drifted(ctx)
		}
		if err == nil && m.Suggested {
			// Whether a name is unclear shows only in the whole list.
			every, err = tx.EveryOrganization(ctx)
		}
		return err
	})
	if err != nil {
		return err
	}
	m.Organizations, m.Mapped, m.Keyed = n.Organizations, n.Mapped, n.Keyed
	m.Drift, m.Chosen = driftRows(drifted), list.PairsHere(asked)
	m.Suggest, m.Unsuggest = list.Address(asked, "suggest", "1"), list.Address(asked, "suggest", "")
	list.Filters = append(countedFilters(list.Filters[:1:1], n, nil)[:1], list.Filters[1:]...)
	shown := table.Definition[store.Organization, setup.MappingRow]{List: list,
		Columns: setup.MappingColumns(m.Editable),
		None:    noOrganizations(v)}
	m.Rows = rowsOfMapping(v, found.Rows, every, accounts)
	m.Table = shown.Show(asked, table.Found[store.Organization]{Page: found, Total: n.Organizations,
		Matching: n.Matching})
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
