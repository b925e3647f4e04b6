package actions

import (
	"cmp"
	"net/http"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// showSecrets answers a run whose result is shown once: it is this answer, and
// it is nowhere else.
func (s *pages) showSecrets(c echo.Context, v site.Visitor, f sheet, in catalog.Values, done run.Outcome) error {
	secrets := f.look().secrets
	if secrets == nil {
		secrets = (*pages).plainSecrets
	}
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "users"}, secrets(s, c, v, f, in, done))
}

func (s *pages) plainSecrets(_ echo.Context, v site.Visitor, f sheet, _ catalog.Values, done run.Outcome) views.Page {
	page := actions.ActionResult{Organization: words.TagOf(v.Organization), Heading: f.action.Title,
		Outcome: words.OutcomeChip(store.Applied), Summary: done.Result.Summary,
		Back: views.Link{Text: "Go on", Href: onward(v, f, done)}}
	for _, secret := range done.Result.Secrets {
		page.Secrets = append(page.Secrets, views.Fact{Label: secret.Label, Text: secret.Value, Mono: true})
	}
	return page
}

func (s *pages) activationResult(c echo.Context, v site.Visitor, f sheet, _ catalog.Values,
	done run.Outcome) views.Page {
	secrets := map[string]string{}
	for _, secret := range done.Result.Secrets {
		secrets[secret.Label] = secret.Value
	}
	code, err := words.DrawQR(cmp.Or(secrets[catalog.ActivationCodeSecret], secrets[catalog.ActivationLinkSecret]))
	if err != nil {
		// The link alone will do, and it is shown only now. The error quotes it.
		s.Log.ErrorContext(c.Request().Context(), "a QR code could not be made")
	}
	page := actions.ActivationResult{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Device: done.Result.Subject, QR: code,
		Link: secrets[catalog.ActivationLinkSecret], InstallLink: secrets[catalog.InstallLinkSecret],
		Expires: s.Until(v, done.Expires), ShownAt: s.When(v, s.Now()).Text, Live: activationLive(v, f, done),
		Back: views.Link{Text: "Back to the phone", Href: onward(v, f, done)},
	}
	if f.get("user_id") != "" {
		page.Back.Text = "Back to the user"
	}
	return page
}
