package setup

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	runsetup "duodesk/internal/run/setup"
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
		flash = append(flash, views.Flash{Level: "ok", Text: "Every Duo account has an organization now.",
			Link: views.Link{Text: "Open the organizations.", Href: views.Organizations(v.Workspace.Slug)}})
	}
	if cleaned := c.QueryParam("cleaned"); cleaned != "" {
		noteCleaned(&page, strings.Split(cleaned, ","))
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "integration", Flash: flash}, page)
}

// integrationPage is the page as stored.
func (s *pages) integrationPage(c echo.Context, v site.Visitor) (setup.IntegrationPage, error) {
	ctx := c.Request().Context()
	state, err := s.Setup.KeyState(ctx, v.Membership, runsetup.Nine(), v.Operator.ID)
	if err != nil {
		return setup.IntegrationPage{}, err
	}
	page := setup.IntegrationPage{Workspace: v.Workspace.Slug, Editable: v.MayIntegrate()}
	s.fillCards(v, nineCards(&page), runsetup.Nine(), state)
	page.Mapping, err = s.mappingSection(c, v, state)
	return page, err
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
	nineCards(page).set(runsetup.Nine(), nil, notes)
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
		return views.Flash{Level: "ok", Text: "Saved. All three APIs accept their keys.",
			Link: views.Link{Text: "Continue with the mapping below.", Href: "#mapping"}}
	case failing == 0:
		return views.Flash{Level: "ok", Text: "Saved. All three APIs accept their keys."}
	}
	return views.Flash{Level: "warn", Text: "Saved, but " + strconv.Itoa(failing) +
		" of 3 APIs did not accept the new values: see below."}
}
