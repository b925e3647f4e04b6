package setup

import (
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/setup"
)

func (s *pages) getConnection(c echo.Context, v site.Visitor) error {
	page, err := s.connectionPage(c, v)
	if err != nil {
		return err
	}
	flash, err := s.FlashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	if saved := c.QueryParam("saved"); saved != "" {
		flash = append(flash, savedOwnFlash(page, v.Organization, saved))
	}
	return s.showConnection(c, v, http.StatusOK, page, flash...)
}

// savedOwnFlash says what came of saving an organization's own keys of an API.
func savedOwnFlash(page setup.ConnectionPage, o store.Organization, api string) views.Flash {
	switch {
	case api == store.AuthAPI && page.Auth.Verdict.State == runsetup.Works && page.Auth.Candidate == nil:
		return views.Flash{Level: "ok", Text: "Saved. Duo accepts the Auth API keys."}
	case api == store.AuthAPI:
		return views.Flash{Level: "warn", Text: "Saved, but Duo did not accept the Auth API keys: see below."}
	case page.Own.Candidate == nil && o.Kind == store.Own:
		return views.Flash{Level: "ok",
			Text: "Saved. Duo accepts the keys, and this organization is connected through them."}
	}
	return views.Flash{Level: "warn",
		Text: "Saved, but Duo did not accept the keys: see below. The organization stays connected as it was."}
}

func (s *pages) showConnection(c echo.Context, v site.Visitor, status int, page setup.ConnectionPage,
	flash ...views.Flash) error {
	return s.Render(c, status, v, site.Place{Tab: "connection", Flash: flash}, page)
}

// connectionPage is the page as stored.
func (s *pages) connectionPage(c echo.Context, v site.Visitor) (setup.ConnectionPage, error) {
	ctx, o := c.Request().Context(), v.Organization
	page := setup.ConnectionPage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(o), MayChoose: v.MayIntegrate(),
		OwnInUse:        o.Kind == store.Own,
		AuthOfWorkspace: o.Kind == store.Parent, AuthHost: o.APIHostname,
		Once: views.Once{RunID: uuid.NewString(), Connection: o.Connection(), Connected: run.ConnectionText(o)},
		Now:  []views.Fact{{Label: "Duo account", Text: "not connected"}},
	}
	if o.Mapped() {
		page.Now = connectionFacts(v, o)
	}
	var state runsetup.KeyState
	for _, api := range []string{store.AdminAPI, store.AuthAPI} {
		keys := runsetup.OfOrganization(o, api)
		var err error
		if state, err = s.Setup.KeyState(ctx, v.Scope, keys, v.Operator.ID); err != nil {
			return page, err
		}
		s.fillCards(v, ownCards(&page), keys, state)
	}
	if page.Auth.Host.Value == "" {
		page.Auth.Host.Value = o.APIHostname // an account has one
	}
	page.Kind.Value = o.Kind // own is none of those to choose from
	if page.MayChoose {
		offerAccounts(&page, o, state.Accounts)
	}
	found, err := s.Directories(ctx, v)
	page.Directories = directoryRows(v, found)
	return page, err
}

// offerAccounts lists the accounts to choose from, and chooses the organization's.
func offerAccounts(page *setup.ConnectionPage, o store.Organization, accounts []store.Account) {
	page.Account.Value = o.AccountID // for one that is not listed any more
	for _, a := range accounts {
		page.Accounts = append(page.Accounts, setup.AccountOption{Value: runsetup.AccountText(a), Label: a.APIHostname})
		if a.AccountID == o.AccountID {
			page.Account.Value = runsetup.AccountText(a)
		}
	}
}

func directoryRows(v site.Visitor, found []store.Directory) []setup.DirectoryRow {
	var rows []setup.DirectoryRow
	for _, d := range found {
		rows = append(rows, setup.DirectoryRow{
			ID: d.ID.String(), Name: views.Input{Value: d.Name}, Key: d.Key, Primary: d.Primary,
			SetOn: d.SetAt.In(v.Location()).Format("2 Jan 2006"), SetBy: d.SetBy,
			Test: site.ActionPath(v, catalog.SynchronizeUser, "directory_key", d.Key, "test", "1"),
		})
	}
	return rows
}

// postConnection connects the organization as a child or as the MSP's own
// account, or not at all. The accounts concern the whole workspace.
func (s *pages) postConnection(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	if !form.Has("kind") {
		form.Values.Set("kind", "nothing chosen")
	}
	bad, err := s.Setup.Connect(c.Request().Context(), v.Membership, v.Actor(), v.Organization, form.Get("kind"),
		form.Get("account"))
	if err != nil && !site.DuoSaidNo(err) {
		return err
	}
	if err == nil && len(bad) == 0 {
		return c.Redirect(http.StatusSeeOther, views.Connection(v.Workspace.Slug, v.Organization.Slug))
	}
	return s.showNotConnected(c, v, form, site.ByField(bad), err)
}

// showNotConnected shows the choice again with why it was not made: faults, or what Duo said about the accounts.
func (s *pages) showNotConnected(c echo.Context, v site.Visitor, form site.Form, faults map[string]string,
	failed error) error {
	page, err := s.connectionPage(c, v)
	if err != nil {
		return err
	}
	page.Kind = views.Input{Value: form.Get("kind"), Error: faults[runsetup.KindField]}
	page.Account = views.Input{Value: accountShownAgain(form.Get("account"), page.Accounts),
		Error: faults[runsetup.AccountField]}
	status := http.StatusUnprocessableEntity
	if failed != nil {
		why := run.Explain(failed) // of the workspace's Accounts keys
		page.Account.Error, status = strings.TrimSpace("Nothing was changed. "+why.Cause+" "+why.Fix),
			site.StatusOf(failed)
	}
	return s.showConnection(c, v, status, page)
}

// postProvision makes the organization's Auth API application in Duo, or finds it
// there, and keeps its keys.
func (s *pages) postProvision(c echo.Context, v site.Visitor) error {
	_, id, err := site.FormWithID(c)
	if err != nil {
		return err
	}
	done, err := s.Setup.ProvisionAuth(c.Request().Context(), v.Scope, v.Actor(), v.Organization, id)
	var fault *catalog.FieldError
	var already *run.AlreadyRun
	switch {
	case errors.As(err, &already):
		done.Run = already.Run
	case errors.As(err, &fault), err != nil && site.DuoSaidNo(err) && done.Run.ID != uuid.Nil:
		return s.showNotProvisioned(c, v, done.Run, fault, err)
	case err != nil:
		return err
	}
	to := views.Connection(v.Workspace.Slug, v.Organization.Slug)
	return c.Redirect(http.StatusSeeOther, to+"?run="+done.Run.ID.String())
}

// showNotProvisioned shows why there are no keys: a fault, or what Duo said. The run's record says what was done before
// that, and what to look at. A form that lacks a ticket made no run.
func (s *pages) showNotProvisioned(c echo.Context, v site.Visitor, done store.Run, fault *catalog.FieldError,
	failed error) error {
	page, err := s.connectionPage(c, v)
	if err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if fault == nil {
		status = site.StatusOf(failed)
	}
	said := views.Flash{Level: "bad", Text: done.Summary,
		Link: views.Link{Text: "Open the run", Href: site.RunAddress(v, done)}}
	if fault != nil && done.ID == uuid.Nil {
		said = views.Flash{Level: "bad", Text: "Nothing was done. " + fault.Message}
	}
	return s.showConnection(c, v, status, page, said)
}
