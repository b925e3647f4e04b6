package setup

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/setup"
)

// authKeysList is what can be chosen of the state of all organizations' Auth API keys.
func authKeysList(v site.Visitor) table.List {
	return table.List{
		One: "organization", Many: "organizations", At: views.AuthKeys(v.Workspace.Slug),
		Search: "Find an organization",
		Filters: []table.Filter{{Name: "show", Label: "Filter organizations",
			Fault: "show is works, fails, unchecked or none.", Options: []table.Option{
				{Text: "All"}, {Value: store.AuthWorks, Text: "Work"}, {Value: store.AuthFails, Text: "Fail"},
				{Value: store.AuthUnchecked, Text: "Not checked"}, {Value: store.AuthNone, Text: "None"}}}},
		Sorts: []table.Sort{{Name: "name"}, {Name: "checked", Order: "checked", Descending: true}},
	}
}

// getAuthKeys shows for all organizations in scope whether their Auth API keys work, and since when.
func (s *pages) getAuthKeys(c echo.Context, v site.Visitor) error {
	ctx, list := c.Request().Context(), authKeysList(v)
	asked, err := list.Ask(c.QueryParams())
	if err != nil {
		return err
	}
	asked.Filter = asked.Value("show")
	var found store.Page[store.AuthKeys]
	var n store.AuthKeysCounts
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		found, n, err = tx.AuthKeys(ctx, asked.Query)
		return err
	})
	if err != nil {
		return err
	}
	page := setup.AuthKeysPage{Workspace: v.Workspace.Slug, MayCheck: v.Role >= catalog.Administrator,
		Once: uuid.NewString()}
	for _, k := range found.Rows {
		page.Rows = append(page.Rows, s.authKeysRow(v, k))
	}
	page.Table = s.authKeysTable(v, list, asked, page.Columns(), found, n)
	return s.Render(c, http.StatusOK, v, site.Place{Section: "integration"}, page)
}

// authKeysTable is the part of the list that was asked for. Each filter says how many organizations it shows.
func (s *pages) authKeysTable(v site.Visitor, list table.List, asked table.Asked,
	columns views.Columns[setup.AuthKeysRow], found store.Page[store.AuthKeys], n store.AuthKeysCounts) views.Table {
	matching := n.All
	for i, count := range []int{n.All, n.Works, n.Fails, n.Unchecked, n.None} {
		option := &list.Filters[0].Options[i]
		if option.Count = count; option.Value == asked.Filter {
			matching = count
		}
	}
	shown := table.Definition[store.AuthKeys, setup.AuthKeysRow]{List: list, Columns: columns, None: noOrganizations(v),
		Row: func(k store.AuthKeys) setup.AuthKeysRow { return s.authKeysRow(v, k) }}
	return shown.Show(asked, table.Found[store.AuthKeys]{Page: found, Total: n.All, Matching: matching})
}

var authChips = map[string]views.Chip{
	store.AuthWorks: {Level: "ok", Text: "Work"}, store.AuthFails: {Level: "bad", Text: "Fail"},
	store.AuthUnchecked: {Level: "warn", Text: "Not checked"}, store.AuthNone: {Level: "idle", Text: "None"},
}

func (s *pages) authKeysRow(v site.Visitor, k store.AuthKeys) setup.AuthKeysRow {
	row := setup.AuthKeysRow{
		OrganizationTag: words.Tag(store.OrganizationName{Slug: k.Slug, Name: k.Name, Colour: k.Colour,
			AccountID: k.AccountID, Twin: k.Twin}), ID: k.ID.String(),
		State: authChips[k.State],
		Check: k.State != store.AuthNone && (k.Kind != store.Parent || v.Membership.Every()),
	}
	if v.Role >= catalog.Administrator {
		row.Href = views.Connection(v.Workspace.Slug, k.Slug) + "#api-ownauth"
	}
	if k.Since != nil {
		row.Since = s.When(v, *k.Since)
	}
	if k.CheckedAt != nil {
		row.Checked = s.When(v, *k.CheckedAt)
	}
	var told runsetup.Verdict
	switch {
	case k.OtherHost:
		row.Note = "These are the keys of another Duo account than the one it is connected with now."
	case k.State == store.AuthFails && json.Unmarshal(k.Verdict, &told) == nil && told.Cause != "":
		row.Note = told.Cause
	case k.State == store.AuthFails:
		row.Note = "They were never accepted, and are not in use."
	case k.Kind == store.Parent:
		row.Note = "Your own account: the workspace's keys."
	case k.Kind == "":
		row.Note = "No Duo account."
	}
	return row
}

// postCheckAuthKeys begins the check of the keys of the organizations that are named, and
// leads to its page: there is nothing to confirm, as it changes nothing in Duo.
func (s *pages) postCheckAuthKeys(c echo.Context, v site.Visitor) error {
	form, id, err := site.FormWithID(c)
	if err != nil {
		return err
	}
	var ids []uuid.UUID
	for text := range strings.SplitSeq(form.Get("organizations"), ",") {
		if id, err := uuid.Parse(text); err == nil && len(ids) < table.Size {
			ids = append(ids, id)
		}
	}
	id = uuid.NewSHA1(id, []byte(form.Get("organizations"))) // the page's buttons share an id
	err = s.Plans.CheckKeys(c.Request().Context(), v.Scope, v.Actor(), id, ids)
	if errors.Is(err, store.ErrNotFound) { // none of them is theirs, or there any more
		return c.Redirect(http.StatusSeeOther, views.AuthKeys(v.Workspace.Slug))
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Plan(v.Workspace.Slug, "", id.String()))
}
