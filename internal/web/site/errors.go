package site

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// answerError is the one place where an error becomes a status and a page.
// Errors that nobody expected are logged here, once; the browser learns their
// request's id and no more.
func (s *Site) answerError(err error, c echo.Context) {
	if c.Response().Committed && BegunEarly(c) == nil {
		return
	}
	var answering error
	if errors.Is(err, errSignedOut) || errors.Is(err, store.ErrEnded) && !isAPI(c.Request()) {
		answering = s.toSignIn(c)
	} else if errors.Is(err, errRefusedOften) {
		answering = s.toSignInAgain(c)
	} else if wanted := (*run.ProofWanted)(nil); errors.As(err, &wanted) && !isAPI(c.Request()) {
		answering = s.askProof(c, wanted)
	} else if errors.Is(err, errFactorWanted) {
		answering = s.toFactors(c)
	} else if errors.Is(err, errOwnWanted) {
		answering = s.toOwnSignIn(c)
	} else if wanted := (*signOnWanted)(nil); errors.As(err, &wanted) {
		answering = s.toSignOn(c, wanted.workspace)
	} else {
		page, code := s.explain(err, c)
		if isAPI(c.Request()) {
			answerProblem(c, err, page, code)
			return
		}
		if page.Status == http.StatusServiceUnavailable || page.Status == http.StatusTooManyRequests {
			c.Response().Header().Set("Retry-After", RetryAfter(err))
		}
		if page.Status >= http.StatusInternalServerError {
			page.RequestID = requestID(c.Request().Context())
		}
		page.Held = s.holdForm(c, page.Status)
		answering = s.Render(c, page.Status, remembered(c), standsAt(c), page)
	}
	if answering != nil && !c.Response().Committed {
		s.Log.ErrorContext(c.Request().Context(), "error page could not be rendered", "error", answering)
		http.Error(c.Response(), http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// notFound answers for what does not exist and for what is out of reach, in the same
// words. Within an organization that the visitor reaches it leads back to the list
// that the address is of.
func notFound(c echo.Context, v Visitor, home string) views.ErrorPage {
	page := views.NotFound(home)
	if v.Organization.ID == uuid.Nil {
		return page
	}
	ws, org := v.Workspace.Slug, v.Organization.Slug
	list := views.Link{Text: "All users of " + v.Organization.Name, Href: views.Users(ws, org)}
	switch {
	case strings.Contains(c.Path(), "/o/:org/phones"), c.QueryParam("phone_id") != "" && c.QueryParam("user_id") == "":
		list = views.Link{Text: "All phones of " + v.Organization.Name, Href: views.Phones(ws, org)}
	case !strings.Contains(c.Path(), "/o/:org/users") && c.QueryParam("user_id") == "":
		list = views.Link{Text: "Overview of " + v.Organization.Name, Href: views.Organization(ws, org)}
	}
	page.Links = append([]views.Link{list}, page.Links...)
	return page
}

// unavailable says what keeps the database from serving, and how far a change came.
func (s *Site) unavailable(err error, c echo.Context) views.ErrorPage {
	trouble, is := store.TroubleOf(err)
	text, level := "The console ran out of time.", slog.LevelWarn
	switch {
	case is && trouble.Lasts():
		text, level = trouble.Text(), slog.LevelError
	case is:
		text = trouble.Text()
	case errors.Is(err, context.Canceled):
		level = slog.LevelInfo // a tab was closed
	}
	s.Log.Log(c.Request().Context(), level, "request could not be served", "trouble", string(trouble), "error", err)
	method := c.Request().Method
	switch {
	case errors.As(err, new(*run.NotSent)):
		text += " Nothing was done in Duo."
	case method != http.MethodGet && method != http.MethodHead:
		text += " What you submitted may have been done in part: check before you submit it again."
	}
	if trouble.Lasts() {
		text += " Tell the administrator of this server."
	} else {
		text += " Try again in a few seconds."
	}
	return views.ErrorPage{Status: http.StatusServiceUnavailable, Headline: "Temporarily unavailable", Text: text}
}

func (s *Site) duoTrouble(err error, c echo.Context, home string) views.ErrorPage {
	headline := "Duo did not do this"
	if MayHaveBeenApplied(err) {
		headline = "Duo may have done this"
	}
	links := []views.Link{{Text: "Go home", Href: home}}
	if c.Request().Method == http.MethodGet {
		headline = "This cannot be read from Duo now" // nothing was to be done
		links = append([]views.Link{{Text: "Try again", Href: c.Request().URL.RequestURI()}}, links...)
	}
	if _, at := KeysFix(remembered(c), apiOf(err), err); at.Href != "" {
		links = append([]views.Link{at}, links...)
	}
	text := s.RefusalText(remembered(c), apiOf(err), err)
	var failed *FailedRun
	if errors.As(err, &failed) && failed.Run.State == store.Sending {
		text += " " + BeingLookedUp
		links = append([]views.Link{{Text: "Open the run", Href: RunAddress(remembered(c), failed.Run)}}, links...)
	}
	return views.ErrorPage{Status: StatusOf(err), Headline: headline, Text: text, Links: links}
}

// apiOf is the API whose keys an error is about: pages read by the Admin API.
func apiOf(err error) catalog.API {
	var failed *FailedRun
	if errors.As(err, &failed) {
		if a, found := catalog.Lookup(failed.Run.Action); found {
			return a.API
		}
	}
	return catalog.Admin
}

// RefusalText says why Duo did not do something, or that it may have done it all
// the same.
func (s *Site) RefusalText(v Visitor, api catalog.API, err error) string {
	if MayHaveBeenApplied(err) {
		return "This may have been done: check before you send it again. " +
			run.ExplainFor(v.Organization, api, err).Cause
	}
	return s.WhyNot(v, api, err)
}

// MayHaveBeenApplied reports whether an error leaves open what Duo did.
func MayHaveBeenApplied(err error) bool {
	var unconnected *run.NotConnected
	var fault *catalog.FieldError
	var role *catalog.RoleError
	return !errors.As(err, &unconnected) && !errors.As(err, &fault) && !errors.As(err, &role) &&
		duo.MayHaveBeenApplied(err)
}

// StatusOf is the HTTP status for an error of Duo's.
func StatusOf(err error) int {
	var unconnected *run.NotConnected
	var refused *duo.Error
	var failed *duo.TransportError
	switch {
	case errors.As(err, &unconnected):
		return http.StatusConflict
	case errors.As(err, &failed) && (failed.Failure == duo.Limited || failed.Failure == duo.Paced):
		return http.StatusTooManyRequests
	case errors.As(err, &failed) && failed.Failure == duo.Silent:
		return http.StatusServiceUnavailable
	case errors.As(err, &refused) && refused.Code == duo.CodeRateLimited:
		return http.StatusTooManyRequests
	case errors.As(err, &refused) && refused.Status < 500:
		return http.StatusUnprocessableEntity
	}
	return http.StatusBadGateway
}

// notUnderstood is a request that cannot be read; reason says why in a sentence for
// the person or the program that sent it.
type notUnderstood struct{ reason string }

func (e *notUnderstood) Error() string { return "web: bad request: " + e.reason }

// BadRequest is an error that is answered with 400 and the reason, a sentence.
func BadRequest(reason string) error { return &notUnderstood{reason} }

// notTaken says which kind of body an address takes: pages take forms, and the API
// takes JSON.
func notTaken(c echo.Context) views.ErrorPage {
	page := views.ErrorPage{Status: http.StatusUnsupportedMediaType, Headline: "This is not a form",
		Text: "Pages take forms as browsers send them: application/x-www-form-urlencoded."}
	switch {
	case isAPI(c.Request()):
		page.Headline = "The body is not JSON"
	case strings.Contains(strings.ToLower(c.Request().Header.Get("Content-Type")), "json"):
		page.Text += " Programs send JSON to the addresses that begin with /api/v1/, with an access token."
	}
	return page
}

func httpErrorPage(status int, home string) views.ErrorPage {
	switch status {
	case http.StatusNotFound:
		return views.NotFound(home)
	case http.StatusMethodNotAllowed:
		return views.MethodNotAllowed(home)
	case http.StatusRequestEntityTooLarge:
		return views.TooLarge(home)
	}
	return views.ErrorPage{Status: status, Headline: "This request is not understood",
		Text:  fmt.Sprintf("It was refused (%d) and nothing was changed.", status),
		Links: []views.Link{{Text: "Go home", Href: home}}}
}

// DuoSaidNo reports whether an error is Duo's, or of the way to it, rather than
// ours.
func DuoSaidNo(err error) bool {
	var unconnected *run.NotConnected
	var refused *duo.Error
	var failed *duo.TransportError
	return errors.As(err, &unconnected) || errors.As(err, &refused) || errors.As(err, &failed)
}

// IgnoreNotFound returns nil for store.ErrNotFound, and any other error as it is.
func IgnoreNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// BeingLookedUp is said beside an outcome that is not known.
const BeingLookedUp = "What Duo did is being looked up: the run says what was found."
