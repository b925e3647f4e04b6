package setup

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/task"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/setup"
)

// authKeysList is what can be chosen of the state of all organizations' Auth API keys.
func authKeysList(v site.Visitor) table.List {
	return table.List{
		One: "organization", Many: "organizations", At: views.AuthKeys(v.Workspace.Slug), Search: "Find an organization",
		Filters: []table.Filter{{Name: "show", Label: "Filter organizations", Fault: "show is works, fails, unchecked or none.", Options: []table.Option{
			{Text: "All"}, {Value: store.AuthWorks, Text: "Work"}, {Value: store.AuthFails, Text: "Fail"},
			{Value: store.AuthUnchecked, Text: "Not checked"}, {Value: store.AuthNone, Text: "None"}}}},
		Sorts: []table.Sort{{Name: "name"}, {Name: "checked", Order: "checked", Descending: true}},
		Also:  []string{"checked", "left"},
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
	matching := n.All
	for i, count := range []int{n.All, n.Works, n.Fails, n.Unchecked, n.None} {
		option := &list.Filters[0].Options[i]
		if option.Count = count; option.Value == asked.Filter {
			matching = count
		}
	}
	page := setup.AuthKeysPage{Workspace: v.Workspace.Slug, MayCheck: v.Role >= catalog.Administrator, Chosen: list.PairsHere(asked)}
	for _, k := range found.Rows {
		page.Rows = append(page.Rows, s.authKeysRow(v, k))
	}
	shown := table.Definition[store.AuthKeys, setup.AuthKeysRow]{List: list, Columns: page.Columns(), None: noOrganizations(v),
		Row: func(k store.AuthKeys) setup.AuthKeysRow { return s.authKeysRow(v, k) }}
	page.Table = shown.Show(asked, table.Found[store.AuthKeys]{Page: found, Total: n.All, Matching: matching})
	return s.Render(c, http.StatusOK, v, site.Place{Section: "integration", Flash: checkedFlash(c)}, page)
}

var authChips = map[string]views.Chip{
	store.AuthWorks: {Level: "ok", Text: "Work"}, store.AuthFails: {Level: "bad", Text: "Fail"},
	store.AuthUnchecked: {Level: "warn", Text: "Not checked"}, store.AuthNone: {Level: "idle", Text: "None"},
}

func (s *pages) authKeysRow(v site.Visitor, k store.AuthKeys) setup.AuthKeysRow {
	row := setup.AuthKeysRow{
		OrganizationTag: words.Tag(store.OrganizationName{Slug: k.Slug, Name: k.Name, Colour: k.Colour, AccountID: k.AccountID, Twin: k.Twin}), ID: k.ID.String(),
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

// How long checking one page of organizations may take, and how many are checked
// at a time: each has a Duo host of its own.
const (
	checkPageTime = 9 * time.Second
	checkAtOnce   = 4
)

// postCheckAuthKeys checks the keys of the organizations that are named, until
// its time is over.
func (s *pages) postCheckAuthKeys(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	var ids []uuid.UUID
	for text := range strings.SplitSeq(form.Get("organizations"), ",") {
		if id, err := uuid.Parse(text); err == nil && len(ids) < table.Size {
			ids = append(ids, id)
		}
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), checkPageTime)
	defer cancel()
	var found []store.Organization
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		found, err = tx.OrganizationsByID(ctx, ids)
		return err
	})
	if err != nil {
		return err
	}
	done, err := s.checkAllAuthKeys(ctx, v, found)
	if err != nil {
		return err
	}
	list := authKeysList(v)
	asked, err := list.AskOf(form.Values)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, list.Here(asked, "checked", strconv.Itoa(done), "left", strconv.Itoa(len(found)-done)))
}

// checkAllAuthKeys checks organizations until its context ends, and counts those
// that it came to.
func (s *pages) checkAllAuthKeys(ctx context.Context, v site.Visitor, all []store.Organization) (done int, err error) {
	checks := task.Limited(checkAtOnce)
	var checked atomic.Int64
	for _, o := range all {
		checks.Go(ctx, s.Log, "check Auth API keys", func() error {
			if ctx.Err() != nil {
				return nil // this one is left for the next click
			}
			one, err := s.checkAuthKeys(ctx, v, o)
			if one {
				checked.Add(1)
			}
			return err
		})
	}
	err = checks.Wait()
	return int(checked.Load()), err
}

// checkAuthKeys checks one organization's keys: the workspace's, for its own
// account. Keys that somebody changes at the same moment, and those that the time
// does not suffice for, are left.
func (s *pages) checkAuthKeys(ctx context.Context, v site.Visitor, o store.Organization) (checked bool, err error) {
	switch {
	case o.Kind == store.Parent && v.Membership.Every():
		err = s.Setup.CheckKeys(ctx, v.Scope, v.Actor(), runsetup.OfWorkspace(store.AuthAPI))
	case o.Kind == store.Parent:
		return false, nil
	default:
		err = s.Setup.CheckKeys(ctx, v.Scope, v.Actor(), runsetup.OfOrganization(o, store.AuthAPI))
	}
	var conflict *store.ConflictError
	if errors.As(err, &conflict) || errors.Is(err, context.DeadlineExceeded) {
		return false, nil // its own trouble: the others were checked
	}
	return err == nil, site.IgnoreNotFound(err)
}

func checkedFlash(c echo.Context) []views.Flash {
	done, err := strconv.Atoi(c.QueryParam("checked"))
	left, also := strconv.Atoi(c.QueryParam("left"))
	switch {
	case err != nil || also != nil:
		return nil
	case left > 0:
		return []views.Flash{{Level: "warn", Text: "Checked " + strconv.Itoa(done) + ". " + strconv.Itoa(left) +
			" were not checked: they have no keys, somebody changed them at the same moment, or the time was over. Press again for those."}}
	}
	return []views.Flash{{Level: "ok", Text: "Checked " + strconv.Itoa(done) + "."}}
}
