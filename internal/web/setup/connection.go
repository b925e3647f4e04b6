package setup

import (
	"context"
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
	switch {
	case c.QueryParam("saved") == store.AuthAPI && page.Auth.Verdict.State == runsetup.Works && page.Auth.Candidate == nil:
		flash = append(flash, views.Flash{Level: "ok", Text: "Saved. Duo accepts the Auth API keys."})
	case c.QueryParam("saved") == store.AuthAPI:
		flash = append(flash, views.Flash{Level: "warn", Text: "Saved, but Duo did not accept the Auth API keys: see below."})
	case c.QueryParam("saved") != "" && page.Own.Candidate == nil && v.Organization.Kind == store.Own:
		flash = append(flash, views.Flash{Level: "ok", Text: "Saved. Duo accepts the keys, and this organization is connected through them."})
	case c.QueryParam("saved") != "":
		flash = append(flash, views.Flash{Level: "warn", Text: "Saved, but Duo did not accept the keys: see below. The organization stays connected as it was."})
	}
	return s.showConnection(c, v, http.StatusOK, page, flash...)
}

func (s *pages) showConnection(c echo.Context, v site.Visitor, status int, page setup.ConnectionPage, flash ...views.Flash) error {
	return s.Render(c, status, v, site.Place{Tab: "connection", Flash: flash}, page)
}

// connectionPage is the page as stored.
func (s *pages) connectionPage(c echo.Context, v site.Visitor) (setup.ConnectionPage, error) {
	ctx, o := c.Request().Context(), v.Organization
	page := setup.ConnectionPage{Workspace: v.Workspace.Slug, Organization: words.TagOf(o), MayChoose: v.MayIntegrate(), OwnInUse: o.Kind == store.Own,
		Now: []views.Fact{{Label: "Duo account", Text: "not connected"}}}
	if o.Mapped() {
		page.Now = connectionFacts(v, o)
	}
	page.Kind.Value = o.Kind // own is none of those to choose from
	state, err := s.Setup.Own(ctx, v.Scope, o, store.AdminAPI, v.Operator.ID)
	if err != nil {
		return page, err
	}
	page.Own = s.apiCard(v, state, store.AdminAPI, "own", "own")
	auth, err := s.Setup.Own(ctx, v.Scope, o, store.AuthAPI, v.Operator.ID)
	if err != nil {
		return page, err
	}
	page.Auth = s.apiCard(v, auth, store.AuthAPI, "ownauth", "ownauth")
	page.Once = views.Once{RunID: uuid.NewString(), Connection: o.Connection(), Connected: run.ConnectionText(o)}
	page.AuthOfWorkspace, page.AuthHost = o.Kind == store.Parent, o.APIHostname
	if page.Auth.Host.Value == "" {
		page.Auth.Host.Value = o.APIHostname // an account has one
	}
	if page.MayChoose {
		for _, a := range state.Accounts {
			page.Accounts = append(page.Accounts, setup.AccountOption{Value: runsetup.AccountText(a), Label: a.APIHostname})
			if a.AccountID == o.AccountID {
				page.Account.Value = runsetup.AccountText(a)
			}
		}
		if page.Account.Value == "" {
			page.Account.Value = o.AccountID // it is not listed any more
		}
	}
	found, err := s.Directories(ctx, v)
	page.Directories = directoryRows(v, found)
	return page, err
}

func directoryRows(v site.Visitor, found []store.Directory) []setup.DirectoryRow {
	var rows []setup.DirectoryRow
	for _, d := range found {
		rows = append(rows, setup.DirectoryRow{
			ID: d.ID.String(), Name: views.Input{Value: d.Name}, Key: d.Key, Primary: d.Primary, SetOn: d.SetAt.In(v.Location()).Format("2 Jan 2006"), SetBy: d.SetBy,
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
	bad, err := s.Setup.Connect(c.Request().Context(), v.Membership, v.Actor(), v.Organization, form.Get("kind"), form.Get("account"))
	if err != nil && !site.DuoSaidNo(err) {
		return err
	}
	if err == nil && len(bad) == 0 {
		return c.Redirect(http.StatusSeeOther, views.Connection(v.Workspace.Slug, v.Organization.Slug))
	}
	page, drawing := s.connectionPage(c, v)
	if drawing != nil {
		return drawing
	}
	faults := site.ByField(bad)
	page.Kind = views.Input{Value: form.Get("kind"), Error: faults[runsetup.KindField]}
	page.Account = views.Input{Value: accountShownAgain(form.Get("account"), page.Accounts), Error: faults[runsetup.AccountField]}
	status := http.StatusUnprocessableEntity
	if err != nil {
		why := run.Explain(err) // of the workspace's Accounts keys
		page.Account.Error, status = strings.TrimSpace("Nothing was changed. "+why.Cause+" "+why.Fix), site.StatusOf(err)
	}
	return s.showConnection(c, v, status, page)
}

// ownPrefix is what the names of the boxes of an organization's own keys begin
// with.
func ownPrefix(api string) string {
	if api == store.AuthAPI {
		return "ownauth"
	}
	return "own"
}

func ownBoxes(api string) []string {
	prefix := ownPrefix(api)
	return []string{prefix + "_host", prefix + "_integration_key", prefix + "_secret_key"}
}

func valuesOf(f site.Form, names []string) map[string]string {
	typed := map[string]string{}
	for _, name := range names {
		typed[name] = f.Get(name)
	}
	return typed
}

func ownCards(page *setup.ConnectionPage) cardBoxes {
	return cardBoxes{"own": {&page.Own, "own"}, "ownauth": {&page.Auth, "ownauth"}}
}

func (s *pages) postOwnKeys(api string) site.Handler {
	return func(c echo.Context, v site.Visitor) error {
		form, err := site.FormOf(c)
		if err != nil {
			return err
		}
		refused, _, err := s.Setup.SaveOwn(c.Request().Context(), v.Scope, v.Actor(), v.Organization, api, valuesOf(form, ownBoxes(api)))
		if err != nil {
			return err
		}
		if refused != nil {
			page, err := s.connectionPage(c, v)
			if err != nil {
				return err
			}
			setFaults(ownCards(&page), site.ByField(refused.Faults), refused.Notes)
			return s.showConnection(c, v, http.StatusUnprocessableEntity, page)
		}
		return c.Redirect(http.StatusSeeOther, views.Connection(v.Workspace.Slug, v.Organization.Slug)+"?saved="+api)
	}
}

func (s *pages) postFillOwnKeys(api string) site.Handler {
	return func(c echo.Context, v site.Visitor) error {
		form, err := site.FormOf(c)
		if err != nil {
			return err
		}
		prefix := ownPrefix(api)
		did, err := s.Setup.FillInOwn(c.Request().Context(), v.Scope, v.Actor(), v.Organization, api, form.Get(runsetup.PasteField(prefix)), valuesOf(form, ownBoxes(api)))
		if err != nil {
			return err
		}
		page, err := s.connectionPage(c, v)
		if err != nil {
			return err
		}
		status := showPasted(ownCards(&page), prefix, did, form)
		return s.showConnection(c, v, status, page)
	}
}

func (s *pages) postCheckOwnKeys(api string) site.Handler {
	return s.actOnOwnKeys(api, s.Setup.CheckOwn)
}

func (s *pages) postActivateOwnKeys(api string) site.Handler {
	return s.actOnOwnKeys(api, s.Setup.UseOwnAnyway)
}

func (s *pages) postDiscardOwnKeys(api string) site.Handler {
	return s.actOnOwnKeys(api, s.Setup.DiscardOwn)
}

func (s *pages) actOnOwnKeys(api string, act func(context.Context, store.Scope, run.Actor, store.Organization, string) error) site.Handler {
	return func(c echo.Context, v site.Visitor) error {
		if _, err := site.FormOf(c); err != nil {
			return err
		}
		if err := act(c.Request().Context(), v.Scope, v.Actor(), v.Organization, api); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, views.Connection(v.Workspace.Slug, v.Organization.Slug)+"#api-"+ownPrefix(api))
	}
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
		// Its record says what was done before, and what to look at.
		page, drawing := s.connectionPage(c, v)
		if drawing != nil {
			return drawing
		}
		status := http.StatusUnprocessableEntity
		if fault == nil {
			status = site.StatusOf(err)
		}
		return s.showConnection(c, v, status, page, views.Flash{Level: "bad", Text: done.Run.Summary, Link: views.Link{Text: "Open the run", Href: site.RunAddress(v, done.Run)}})
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Connection(v.Workspace.Slug, v.Organization.Slug)+"?run="+done.Run.ID.String())
}
