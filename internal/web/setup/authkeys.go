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
	"duodesk/views"
	"duodesk/views/setup"
)

// getAuthKeys tells of all organizations in scope whether their Auth API keys
// work, and since when.
func (s *pages) getAuthKeys(c echo.Context, v site.Visitor) error {
	ctx, n, ws := c.Request().Context(), site.PageOf(c), v.Workspace.Slug
	page := setup.AuthKeysPage{Workspace: ws, Query: site.Query(c), Show: authState(c.QueryParam("show")),
		MayCheck: v.Role >= catalog.Administrator}
	var found []store.AuthKeys
	var counts store.AuthKeysCounts
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		found, counts, err = tx.AuthKeys(ctx, page.Query, page.Show, site.ListRows, (n-1)*site.ListRows)
		return err
	})
	if err != nil {
		return err
	}
	for _, k := range found {
		page.Rows = append(page.Rows, s.authKeysRow(v, k))
	}
	count := map[string]int{"": counts.All, store.AuthWorks: counts.Works, store.AuthFails: counts.Fails,
		store.AuthUnchecked: counts.Unchecked, store.AuthNone: counts.None}
	for _, f := range []struct{ text, state string }{{"All", ""}, {"Work", store.AuthWorks}, {"Fail", store.AuthFails},
		{"Not checked", store.AuthUnchecked}, {"None", store.AuthNone}} {
		page.Filters = append(page.Filters, views.FilterLink{Text: f.text, Count: count[f.state],
			Current: page.Show == f.state, Href: views.AuthKeysView(ws, page.Query, f.state, 1)})
	}
	page.Pager = site.PagerOf(n, site.ListRows, count[page.Show], "organizations",
		func(n int) string { return views.AuthKeysView(ws, page.Query, page.Show, n) })
	page.Empty = views.Empty{Kind: "no-match", Headline: "No organization fits",
		Link: views.Link{Text: "Show all", Href: views.AuthKeys(ws)}}
	if counts.All == 0 && page.Query == "" {
		page.Empty = views.Empty{Kind: "nothing-yet", Headline: "No organizations yet"}
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "integration", Flash: checkedFlash(c)}, page)
}

func authState(text string) string {
	switch text {
	case store.AuthWorks, store.AuthFails, store.AuthUnchecked, store.AuthNone:
		return text
	}
	return ""
}

var authChips = map[string]views.Chip{
	store.AuthWorks: {Level: "ok", Text: "Work"}, store.AuthFails: {Level: "bad", Text: "Fail"},
	store.AuthUnchecked: {Level: "warn", Text: "Not checked"}, store.AuthNone: {Level: "idle", Text: "None"},
}

func (s *pages) authKeysRow(v site.Visitor, k store.AuthKeys) setup.AuthKeysRow {
	row := setup.AuthKeysRow{
		OrganizationTag: views.OrganizationTag{Slug: k.Slug, Name: k.Name, Colour: k.Colour}, ID: k.ID.String(),
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
		if id, err := uuid.Parse(text); err == nil && len(ids) < site.ListRows {
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
	at := views.AuthKeysView(v.Workspace.Slug, form.Get("q"), authState(form.Get("show")), 1)
	separator := "?"
	if strings.Contains(at, "?") {
		separator = "&"
	}
	return c.Redirect(http.StatusSeeOther, at+separator+"checked="+strconv.Itoa(done)+"&left="+strconv.Itoa(len(found)-done))
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
