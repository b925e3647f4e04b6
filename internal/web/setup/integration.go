package setup

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/setup"
)

func (s *pages) getIntegration(c echo.Context, v site.Visitor) error {
	page, err := s.integrationPage(c, v)
	if err != nil {
		return err
	}
	var flash []views.Flash
	if c.QueryParam("saved") != "" {
		flash = append(flash, savedFlash(page))
	}
	if c.QueryParam("adopted") != "" && page.Mapping.UnmappedAccounts == 0 {
		flash = append(flash, views.Flash{Level: "ok", Text: "Every Duo account has an organization now."})
	}
	if cleaned := c.QueryParam("cleaned"); cleaned != "" {
		noteCleaned(&page, strings.Split(cleaned, ","))
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "integration", Flash: flash}, page)
}

// integrationPage is the page as stored: the draft's values where a refused form
// left some, else the candidate's, else those in use.
func (s *pages) integrationPage(c echo.Context, v site.Visitor) (setup.IntegrationPage, error) {
	ctx := c.Request().Context()
	state, err := s.Setup.Integration(ctx, v.Membership, v.Operator.ID)
	if err != nil {
		return setup.IntegrationPage{}, err
	}
	page := setup.IntegrationPage{Workspace: v.Workspace.Slug, Editable: v.MayIntegrate()}
	page.Auth = s.apiCard(v, state, store.AuthAPI, "auth", "auth")
	page.Accounts = s.apiCard(v, state, store.AccountsAPI, "account", "accounts")
	page.Admin = s.apiCard(v, state, store.AdminAPI, "admin", "admin")
	page.Mapping, err = s.mappingSection(c, v, state)
	return page, err
}

func (s *pages) apiCard(v site.Visitor, state runsetup.Integration, api, hostPrefix, keyPrefix string) setup.APICard {
	var card setup.APICard
	active, inUse := state.Version(api, store.Active)
	candidate, waiting := state.Version(api, store.Candidate)
	shown := active
	switch {
	case waiting && inUse:
		verdict := s.verdict(v, candidate)
		card.Candidate, card.Verdict = &verdict, s.verdict(v, active)
		shown = candidate
	case waiting:
		shown, card.Verdict = candidate, s.verdict(v, candidate)
		if card.Verdict.State == runsetup.Fails {
			card.Verdict.State = "unverified"
		}
	case inUse:
		card.Verdict = s.verdict(v, active)
	}
	card.Host.Value, card.IntegrationKey.Value = shown.Host, shown.IntegrationKey
	if waiting || inUse {
		card.SecretKey = setup.SecretInput{Stored: true, SetOn: shown.SetAt.In(v.Location()).Format("2 Jan 2006"), SetBy: shown.SetBy}
	}
	if state.Draft != nil {
		card.Host.Value = shownAgain(state.Draft[hostPrefix+"_host"])
		card.IntegrationKey.Value = shownAgain(state.Draft[keyPrefix+"_integration_key"])
		if state.Draft[keyPrefix+"_secret_key"] != "" {
			card.SecretKey.DraftUntil = s.When(v, state.DraftUntil).Text
		}
	}
	return card
}

// shownAgain is what a box holds that was typed before, but for what may be a
// secret key in the wrong one, or most of it: more characters than an integration
// key has, and no host name.
func shownAgain(typed string) string {
	if count := len(notInKeys.ReplaceAllString(typed, "")); count > 20 && !likeHost.MatchString(typed) {
		return ""
	}
	return typed
}

// accountShownAgain is shownAgain for the box of an account: what it offers is
// longer than a key, and of another text with an id behind it the id is kept.
func accountShownAgain(typed string, offered []setup.AccountOption) string {
	if slices.ContainsFunc(offered, func(o setup.AccountOption) bool { return text.Line(o.Value) == text.Line(typed) }) {
		return typed
	}
	return cmp.Or(shownAgain(typed), shownAgain(runsetup.AccountIDIn(typed)))
}

var (
	notInKeys = regexp.MustCompile(`[^A-Za-z0-9]`)
	likeHost  = regexp.MustCompile(`^\s*(?i:https?://)?[A-Za-z0-9-]{1,20}(\.[A-Za-z0-9-]{1,20})+[/\s]*$`)
)

func (s *pages) verdict(v site.Visitor, stored store.Version) setup.Verdict {
	shown := setup.Verdict{State: "unchecked", Headline: "Not checked yet", IntegrationKey: stored.IntegrationKey}
	if stored.Outcome == nil {
		return shown
	}
	var found runsetup.Verdict
	if err := json.Unmarshal(stored.Verdict, &found); err != nil {
		return shown
	}
	shown.State, shown.Headline, shown.Cause, shown.Fix = *stored.Outcome, found.Headline, found.Cause, found.Fix
	for _, step := range found.Steps {
		shown.Checks = append(shown.Checks, setup.Check(step))
	}
	shown.At, shown.By = s.When(v, *stored.CheckedAt), *stored.CheckedBy
	return shown
}

func (s *pages) postIntegration(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	refused, notes, err := s.Setup.SaveIntegration(c.Request().Context(), v.Scope, v.Actor(), valuesOf(form, runsetup.IntegrationFields()))
	if err != nil {
		return err
	}
	if refused != nil {
		page, err := s.integrationPage(c, v)
		if err != nil {
			return err
		}
		setFaults(nineCards(&page), site.ByField(refused.Faults), refused.Notes)
		return s.Render(c, http.StatusUnprocessableEntity, v, site.Place{Section: "integration"}, page)
	}
	to := url.Values{"saved": {"1"}}
	if len(notes) > 0 {
		names := make([]string, 0, len(notes))
		for name := range notes {
			names = append(names, name)
		}
		to.Set("cleaned", strings.Join(names, ","))
	}
	return c.Redirect(http.StatusSeeOther, views.Integration(v.Workspace.Slug)+"?"+to.Encode())
}

// postFill fills the boxes of one API in from a text that was pasted. Nothing but
// the draft is saved by it.
func (s *pages) postFill(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	api, err := apiParam(c)
	if err != nil {
		return err
	}
	did, err := s.Setup.FillIn(c.Request().Context(), v.Scope, v.Actor(), api, form.Get(runsetup.PasteField(api)), valuesOf(form, runsetup.IntegrationFields()))
	if err != nil {
		return err
	}
	page, err := s.integrationPage(c, v)
	if err != nil {
		return err
	}
	status := showPasted(nineCards(&page), api, did, form)
	return s.Render(c, status, v, site.Place{Section: "integration"}, page)
}

func nineCards(page *setup.IntegrationPage) cardBoxes {
	return cardBoxes{store.AuthAPI: {&page.Auth, "auth"}, store.AccountsAPI: {&page.Accounts, "account"}, store.AdminAPI: {&page.Admin, "admin"}}
}

// noteCleaned says at the boxes what was taken off before they were saved.
func noteCleaned(page *setup.IntegrationPage, names []string) {
	notes := map[string]string{}
	for _, name := range names {
		notes[name] = "Blanks and invisible characters were removed from the key."
		if strings.HasSuffix(name, "_host") {
			notes[name] = "Blanks, invisible characters, https:// or a slash were removed from the host name."
		}
	}
	setFaults(nineCards(page), nil, notes)
}

func savedFlash(page setup.IntegrationPage) views.Flash {
	failing := 0
	for _, card := range []setup.APICard{page.Auth, page.Accounts, page.Admin} {
		if card.Candidate != nil || card.Verdict.State != runsetup.Works && card.Verdict.State != runsetup.Limited {
			failing++
		}
	}
	switch {
	case failing == 0 && page.Mapping.Organizations == 0:
		return views.Flash{Level: "ok", Text: "Saved. All three APIs accept their keys.", Link: views.Link{Text: "Go on with the mapping below.", Href: "#mapping"}}
	case failing == 0:
		return views.Flash{Level: "ok", Text: "Saved. All three APIs accept their keys."}
	}
	return views.Flash{Level: "warn", Text: "Saved, but " + strconv.Itoa(failing) + " of 3 APIs did not accept the new values: see below."}
}

// apiParam returns the API of an address.
func apiParam(c echo.Context) (string, error) {
	switch api := c.Param("api"); api {
	case store.AuthAPI, store.AccountsAPI, store.AdminAPI:
		return api, nil
	}
	return "", store.ErrNotFound
}

func (s *pages) postCheck(c echo.Context, v site.Visitor) error {
	return s.actOnAPI(c, v, func(ctx context.Context, api string) error {
		return s.Setup.Check(ctx, v.Scope, v.Actor(), api)
	})
}

func (s *pages) postActivate(c echo.Context, v site.Visitor) error {
	return s.actOnAPI(c, v, func(ctx context.Context, api string) error {
		return s.Setup.UseAnyway(ctx, v.Scope, v.Actor(), api)
	})
}

func (s *pages) postDiscard(c echo.Context, v site.Visitor) error {
	return s.actOnAPI(c, v, func(ctx context.Context, api string) error {
		return s.Setup.Discard(ctx, v.Scope, v.Actor(), api)
	})
}

func (s *pages) actOnAPI(c echo.Context, v site.Visitor, act func(context.Context, string) error) error {
	if _, err := site.FormOf(c); err != nil {
		return err
	}
	api, err := apiParam(c)
	if err != nil {
		return err
	}
	if err := act(c.Request().Context(), api); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.Integration(v.Workspace.Slug)+"#api-"+api)
}
