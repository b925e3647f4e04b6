package actions

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// Whether a phone was activated is asked of Duo while somebody looks: by a stream of
// events where there is a script, and by a page that is read again where there is none.

// activated is what the stream's last event answers once the phone is activated.
const activated = "activated"

// activating is a phone that is to be activated, and the run that made or sent the link;
// zero where the address names none.
type activating struct {
	phone string
	made  store.Run
}

// activatingHere reads what an address is about.
func (s *pages) activatingHere(c echo.Context, v site.Visitor) (a activating, err error) {
	a.phone = c.Param("phone")
	if c.QueryParam("run") == "" {
		return a, nil
	}
	done, err := s.DoneHere(c.Request().Context(), c, v)
	if err == nil && (run.LinkUntil(done.Run).IsZero() || done.Run.Input["phone_id"] != a.phone ||
		done.Run.AccountID != v.Organization.AccountID) {
		err = store.ErrNotFound
	}
	a.made = done.Run
	return a, err
}

// activation asks Duo how far it has come. Without a link there is nothing to wait for.
// trouble: Duo did not say.
func (s *pages) activation(ctx context.Context, v site.Visitor, a activating) (event site.LiveEvent, trouble bool,
	err error) {
	done, err := s.Runner.AskActivated(ctx, v.Scope, v.Organization, a.phone, a.made.StartedAt)
	until := run.LinkUntil(a.made)
	switch {
	case done:
		return site.LiveEvent{Text: "Activated. Duo Mobile works on this phone.", Done: true,
			Answer: activated}, false, nil
	case err == nil && !until.IsZero() && !s.Now().Before(until):
		return site.LiveEvent{Text: "The link has expired and was not used.", Done: true}, false, nil
	case err == nil && until.IsZero():
		return site.LiveEvent{Text: "Not activated.", Done: true}, false, nil
	case err == nil:
		return site.LiveEvent{Text: "Waiting for the phone: not activated yet."}, false, nil
	case !site.DuoSaidNo(err) || site.NotInDuo(err):
		return event, true, err
	case !until.IsZero() && !s.Now().Before(until):
		return site.LiveEvent{Text: "The link has expired. Duo does not say whether it was used.",
			Done: true}, false, nil
	}
	return site.LiveEvent{Text: "Duo does not say whether the phone is activated. Asking again."}, true, nil
}

// getActivation shows how far an activation has come, and is read again until it is over.
func (s *pages) getActivation(c echo.Context, v site.Visitor) error {
	a, err := s.activatingHere(c, v)
	if err != nil {
		return err
	}
	event, _, err := s.activation(c.Request().Context(), v, a)
	if err != nil {
		return err
	}
	page := actions.ActivationState{Organization: words.TagOf(v.Organization),
		Device: cmp.Or(catalog.Plain(a.made.Subject), "a phone"), Text: event.Text,
		Activated: event.Answer == activated, Waits: !event.Done,
		Phone: views.Phone(v.Workspace.Slug, v.Organization.Slug, a.phone)}
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "phones", Waits: page.Waits}, page)
}

// activationTopic is how far the activation has come that an address is about.
func (s *pages) activationTopic(c echo.Context, v site.Visitor) (site.Topic, error) {
	a, err := s.activatingHere(c, v)
	trouble := false
	return site.Topic{
		Watch: func(v site.Visitor) (event site.LiveEvent, _ <-chan struct{}, err error) {
			event, trouble, err = s.activation(c.Request().Context(), v, a)
			return event, nil, err
		},
		Every: func() time.Duration { return run.ActivationPause(s.Now().Sub(a.made.StartedAt), trouble) },
	}, err
}

// activationLive follows an activation on the page that shows the link. Without a script
// the page stays, since it shows the link once; a second one says how far it has come.
func activationLive(v site.Visitor, f sheet, done run.Outcome) *views.Live {
	ws, org, id := v.Workspace.Slug, v.Organization.Slug, done.Run.ID.String()
	return &views.Live{
		Text:   "Waiting for the phone: not activated yet.",
		Events: views.ActivationEvents(ws, org, f.get("phone_id"), id),
		Then:   onward(v, f, done), Page: views.Activation(ws, org, f.get("phone_id"), id),
		Look: "See whether it is activated", NewTab: true,
		Answer: activated, Approved: "Activated. Duo Mobile works on this phone.", Onward: "Go on",
	}
}
