package setup

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/views"
	"duodesk/views/setup"
)

// postMapping saves one row (row is an organization's id) or all that were sent.
func (s *pages) postMapping(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	rows, err := submittedRows(form)
	if err != nil {
		return err
	}
	faults, err := s.Setup.SaveMapping(c.Request().Context(), v.Scope, v.Actor(), rows)
	if err != nil && !site.DuoSaidNo(err) {
		return err
	}
	saving := savedRows{form: form, rows: rows, faults: faults, failed: err}
	if c.Request().Header.Get("HX-Request") != "" && len(rows) == 1 {
		return s.answerMappingRow(c, v, saving)
	}
	if !saving.leavesTyped() {
		asked, err := mappingList(v).AskOf(form.Values)
		if err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, mappingList(v).Here(asked))
	}
	return s.showTyped(c, v, saving)
}

// showTyped shows the mapping again with what was typed and is not stored.
func (s *pages) showTyped(c echo.Context, v site.Visitor, saving savedRows) error {
	page, err := s.integrationPage(c, v)
	if err != nil {
		return err
	}
	for i := range page.Mapping.Rows {
		saving.keepTyped(&page.Mapping.Rows[i], page.Mapping.Accounts)
	}
	at := site.Place{Section: "integration"}
	if saving.failed != nil {
		at.Flash = []views.Flash{{Level: "bad", Text: saving.failure()}}
	}
	return s.Render(c, saving.status(), v, at, page)
}

// submittedRows reads account.<id> and directory_key.<id> of the rows to save, and
// connection.<id>, for which each was drawn.
func submittedRows(f site.Form) ([]runsetup.MappingRow, error) {
	var rows []runsetup.MappingRow
	one := f.Get("row")
	for name := range f.Values {
		text, found := strings.CutPrefix(name, "account.")
		if !found || one != "all" && one != text {
			continue
		}
		id, err := uuid.Parse(text)
		if err != nil || f.Get("connection."+text) == "" {
			return nil,
				site.BadRequest(
					"A row of the mapping does not say which organization or connection it is for. Open the mapping again.")
		}
		rows = append(rows, runsetup.MappingRow{
			Organization: id, Account: f.Get(name), DirectoryKey: f.Get("directory_key." + text),
			KeepAccount: f.Untouched(name), KeepDirectoryKey: f.Untouched("directory_key." + text),
			WasAccount: f.Was(name), WasDirectoryKey: f.Was("directory_key." + text),
			Opened: f.Get("connection." + text),
		})
	}
	if len(rows) == 0 || len(rows) > table.Size {
		return nil,
			site.BadRequest(
				fmt.Sprintf("The form has %d rows of the mapping to save; from 1 to %d are saved at a time.", len(rows),
					table.Size))
	}
	return rows, nil
}

// savedRows is what came of saving rows of a form.
type savedRows struct {
	form   site.Form
	rows   []runsetup.MappingRow
	faults map[uuid.UUID][]catalog.FieldError
	failed error // of Duo's; nothing was saved
}

func (r savedRows) status() int {
	switch {
	case r.failed != nil:
		return site.StatusOf(r.failed)
	case len(r.faults) > 0:
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func (r savedRows) failure() string {
	why := run.Explain(r.failed)
	return "Nothing was saved. " + why.Cause + " " + why.Fix
}

// saved reports whether the row of an organization is stored as it was sent.
func (r savedRows) saved(id string) bool {
	for _, row := range r.rows {
		if row.Organization.String() == id {
			return r.failed == nil && len(r.faults[row.Organization]) == 0
		}
	}
	return false
}

// leavesTyped reports whether the form holds something that is not stored: in a
// row with a fault, or in one that was not to be saved yet.
func (r savedRows) leavesTyped() bool {
	for name := range r.form.Values {
		id, found := strings.CutPrefix(name, "account.")
		if found && !r.saved(id) && !(r.form.Untouched(name) && r.form.Untouched("directory_key."+id)) {
			return true
		}
	}
	return false
}

// keepTyped puts what was typed back into a row that is not stored as it was
// sent, with the faults beside it.
func (r savedRows) keepTyped(row *setup.MappingRow, offered []setup.AccountOption) {
	if !r.form.Has("account."+row.OrganizationID) || r.saved(row.OrganizationID) {
		return
	}
	row.Account.Value = accountShownAgain(r.form.Get("account."+row.OrganizationID), offered)
	row.DirectoryKey.Value = shownAgain(r.form.Get("directory_key." + row.OrganizationID))
	id, err := uuid.Parse(row.OrganizationID)
	if err != nil {
		return
	}
	for _, fault := range r.faults[id] {
		switch fault.Field {
		case runsetup.AccountField:
			row.Account.Error = fault.Message
		case runsetup.DirectoryKeyField:
			row.DirectoryKey.Error = fault.Message
		}
	}
}

// answerMappingRow answers a live save with the one row. Only a refused form
// (422) is shown in place.
func (s *pages) answerMappingRow(c echo.Context, v site.Visitor, r savedRows) error {
	ctx := c.Request().Context()
	accounts := map[string]store.Account{}
	var offered []setup.AccountOption
	var o store.Organization
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		listed, err := tx.Accounts(ctx)
		if err != nil {
			return err
		}
		for _, a := range listed {
			if a.Usable() {
				accounts[a.AccountID] = a
				offered = append(offered, setup.AccountOption{Value: runsetup.AccountText(a)})
			}
		}
		o, err = tx.Organization(ctx, r.rows[0].Organization)
		return err
	})
	if err != nil {
		return err
	}
	row := mappingRow(v, o, accounts, runsetup.Suggestion{})
	r.keepTyped(&row, offered)
	if r.saved(row.OrganizationID) {
		row.State.Text += ", saved"
	}
	status := r.status()
	if r.failed != nil {
		row.Error, status = r.failure(), http.StatusUnprocessableEntity
	}
	c.Response().Header().Set("Content-Type", "text/html; charset=utf-8")
	c.Response().WriteHeader(status)
	return setup.MappingRowView(&row).Render(ctx, c.Response())
}

func (s *pages) postRefreshAccounts(c echo.Context, v site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	if _, err := s.Setup.RefreshAccounts(c.Request().Context(), v.Scope, v.Actor()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Mapping(v.Workspace.Slug))
}

func (s *pages) getAdoptAccounts(c echo.Context, v site.Visitor) error {
	ctx := c.Request().Context()
	state, err := s.Setup.KeyState(ctx, v.Scope, runsetup.Nine(), v.Operator.ID)
	if err != nil {
		return err
	}
	var every []store.Organization
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		every, err = tx.EveryOrganization(ctx)
		return err
	})
	if err != nil {
		return err
	}
	page := adoptPage(v, state.Accounts, every)
	if len(page.Names) == 0 {
		return c.Redirect(http.StatusSeeOther, views.Mapping(v.Workspace.Slug))
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "integration"}, page)
}

// adoptPage lists what would be created, and says where a second organization of
// the same name would come of it.
func adoptPage(v site.Visitor, accounts []store.Account, organizations []store.Organization) setup.AdoptAccountsPage {
	page := setup.AdoptAccountsPage{Workspace: v.Workspace.Slug}
	count := map[string]int{}
	for _, a := range accounts {
		if a.MappedTo == nil {
			page.Names = append(page.Names, runsetup.OrganizationName(a))
			count[runsetup.OrganizationName(a)]++
		}
	}
	suggested := runsetup.Suggest(organizations, accounts) // for those that are not mapped
	for _, o := range organizations {
		if suggested[o.ID] != (runsetup.Suggestion{}) {
			page.Notes = append(page.Notes, o.Name+
				" already exists, without an account. It would not get one but a twin: take the suggestion for it in the mapping first.")
		}
	}
	for _, name := range page.Names {
		if n := count[name]; n > 1 {
			page.Notes = append(page.Notes,
				fmt.Sprintf("%d accounts are called %s: all are created, each with an address of its own.", n, name))
			count[name] = 0
		}
	}
	return page
}

func (s *pages) postAdoptAccounts(c echo.Context, v site.Visitor) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	if err := s.Setup.AdoptAccounts(c.Request().Context(), v.Scope, v.Actor()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Integration(v.Workspace.Slug)+"?adopted=1")
}
