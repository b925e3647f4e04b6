package site

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/views"
)

// explained is one kind of error: its code for programs, and its words for people.
type explained struct {
	is             func(error, request) bool
	code           string // of ProblemCodes, with the status
	headline, text string
	home           bool // the page has a link home
	// page makes the page where it depends on more than the kind: its code and status
	// count where it sets them.
	page func(*Site, error, request) (views.ErrorPage, string)
}

// request is what the words for an error depend on besides the error.
type request struct {
	c    echo.Context
	v    Visitor
	home string // the page to go on from
}

func (r request) reads() bool { return r.c.Request().Method == http.MethodGet }

// sentinel and kind recognize errors by what they are, wherever they are from.
func sentinel(all ...error) func(error, request) bool {
	return func(err error, _ request) bool {
		for _, one := range all {
			if errors.Is(err, one) {
				return true
			}
		}
		return false
	}
}

func kind[E error](more ...func(E) bool) func(error, request) bool {
	return func(err error, _ request) bool {
		e, is := errors.AsType[E](err)
		for _, also := range more {
			is = is && also(e)
		}
		return is
	}
}

// told is a kind of error whose words depend on the error.
func told[E error](code, headline string, text func(*Site, E, request) string) explained {
	return explained{is: kind[E](), code: code, page: func(s *Site, err error, r request) (views.ErrorPage, string) {
		e, _ := errors.AsType[E](err)
		return withHome(views.ErrorPage{Headline: headline, Text: text(s, e, r)}, r), ""
	}}
}

// explanations are all errors that are expected; each error fits one of them.
var explanations = []explained{
	{is: noValidToken, code: "unauthorized", headline: "No valid access token",
		text: "Send an Authorization: Bearer header with an access token. It may be mistyped, revoked or expired, or its operator is no longer a member."},
	{is: sentinel(errSessionInAPI), code: "session_not_allowed", headline: "A session is not for programs",
		text: "The API takes access tokens only. Send the request without the session's cookie."},
	{is: kind[*tooFast](), code: "too_many_requests", headline: "Too many requests",
		text: "This access token sends requests too fast. Nothing was done. Wait as long as Retry-After says."},
	{is: kind[*tooMany](), code: "too_many_attempts", headline: "Too many attempts",
		text: "Too many sessions or access tokens that do not exist came from your address. Nothing was done. Wait as long as Retry-After says, or sign in."},
	{is: kind[*store.TooMuchRead](), code: "reading_limit", page: pageTooMuchRead},
	{is: kind((*InvalidFields).refused), code: "duo_refused", headline: "Duo did not do this",
		text: "Duo refused a value. errors says which, and why."},
	{is: kind(func(e *InvalidFields) bool { return !e.refused() }), code: "invalid_fields",
		page: func(_ *Site, err error, _ request) (views.ErrorPage, string) {
			return views.ErrorPage{Headline: "Somefield needs a change",
				Text: notDone(err) + " errors says which field, and why."}, ""
		}},
	{is: sentinel(store.ErrMark), code: "bad_request", headline: "Bad request",
		text: "The place to continue from does not belong to this list. Open the list again. Nothing was done."},
	{is: sentinel(store.ErrElsewhere), code: "not_found", headline: "Not from your address",
		text: "This workspace is open from certain addresses only, and yours is not one of them. Nothing was done. " +
			"Connect from your company's network, or ask an owner of the workspace."},
	{is: notThere, code: "not_found", page: pageNotFound},
	{is: kind[*store.ArchivedError](), code: "organization_archived", page: pageArchived},
	{is: unknownID, code: "not_found", page: pageNotFound},
	told("fraud_reported", "Held back by a report of fraud",
		func(s *Site, held *run.HeldBack, r request) string { return s.HeldText(r.v, held) }),
	{is: kind[*run.TooManyPushes](), page: pageTooManyPushes},
	{is: kind[*run.OverQuota](), code: "quota_reached", page: pageOverQuota},
	{is: sentinel(run.ErrSilent), code: "unavailable", headline: "Temporarily unavailable",
		text: "Nothing was done in Duo. The console could not write to its database for 15 seconds, and starts nothing that it could not record. Try again in a minute."},
	{is: sentinel(run.ErrNotNamed), code: "not_named", headline: "This access token does not name the action",
		text: "A page asks for a second factor each time. A program does this with an access token that names the action; create one that does. Nothing was done."},
	{is: sentinel(errProofOver), code: "conflict", headline: "This form no longer waits",
		text: "It waited for a second factor for 15 minutes, or went on already. Nothing more was done. Look at the runs, then open the form again.", home: true},
	{is: forbidden, code: "forbidden", page: pageForbidden},
	{is: kind[*catalog.RoleError](), code: "forbidden", page: pageForbidden},
	told("connection_changed", "The connection has changed",
		func(_ *Site, changed *run.ConnectionChanged, _ request) string {
			return "Nothing was done in Duo. The organization's connection has changed: it is " + changed.Now +
				" now. Check the current state before you send it again."
		}),
	{is: clash, code: "conflict", headline: "Someone else changed this first", home: true,
		text: "What you sent conflicts with a change made at the same time. Check the current state."},
	{is: sentinel(run.ErrOtherInput), code: "run_id_used", headline: "This form has already been submitted", home: true,
		text: "It was sent with other values. Nothing was sent again. Open a fresh form."},
	{is: kind[*http.MaxBytesError](), code: "too_large",
		page: func(_ *Site, _ error, r request) (views.ErrorPage, string) {
			return views.TooLarge(refererPath(r.c.Request())), ""
		}},
	{is: duosTrouble, page: func(s *Site, err error, r request) (views.ErrorPage, string) {
		return s.duoTrouble(err, r.c, r.home), duoCode(err)
	}},
	{is: sentinel(secret.ErrBusy), code: "busy", headline: "Busy for a moment",
		text: "Too many people are signing in. Try again in a few seconds."},
	{is: sentinel(context.DeadlineExceeded, context.Canceled), code: "unavailable", page: pageUnavailable},
	told("bad_request", "Bad request",
		func(_ *Site, unread *notUnderstood, _ request) string { return unread.reason + " Nothing was done." }),
	{is: kind[*echo.HTTPError](), page: func(_ *Site, err error, r request) (views.ErrorPage, string) {
		status, _ := errors.AsType[*echo.HTTPError](err)
		if status.Code == http.StatusUnsupportedMediaType {
			return notTaken(r.c), httpCode(status.Code)
		}
		return httpErrorPage(status.Code, r.home), httpCode(status.Code)
	}},
	{is: databaseTrouble, code: "unavailable", page: pageUnavailable},
}

// noValidToken reports a request of a program that opens nothing, also because the workspace stopped
// to admit its address while it was answered.
func noValidToken(err error, r request) bool {
	return errors.Is(err, errNoToken) || errors.Is(err, store.ErrEnded) ||
		errors.Is(err, store.ErrElsewhere) && isAPI(r.c.Request())
}

// notThere reports store.ErrNotFound, but not what also is store.ErrElsewhere.
func notThere(err error, _ request) bool {
	return errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrElsewhere)
}

// unknownID reports an id in a page's address that Duo does not know, or one that cannot be an id.
func unknownID(err error, r request) bool {
	if failed, is := errors.AsType[*duo.TransportError](err); is {
		return failed.Failure == duo.InvalidRequest
	}
	return NotInDuo(err) && r.reads() && !isAPI(r.c.Request())
}

// NotInDuo reports an id that Duo does not know, or one that cannot be an id.
func NotInDuo(err error) bool {
	refused, is := errors.AsType[*duo.Error](err)
	failed, broken := errors.AsType[*duo.TransportError](err)
	return is && refused.Code == duo.CodeNotFound || broken && failed.Failure == duo.InvalidRequest
}

// clash reports a change made at the same moment; one of the connection has words of its own.
func clash(err error, _ request) bool {
	return errors.As(err, new(*store.ConflictError)) && !errors.As(err, new(*run.ConnectionChanged))
}

// forbidden reports what the role does not allow; a report of fraud has words of its own.
func forbidden(err error, _ request) bool {
	return errors.Is(err, run.ErrForbidden) && !errors.As(err, new(*run.HeldBack))
}

// duosTrouble reports an error of Duo's, or of the way to it.
func duosTrouble(err error, r request) bool { return DuoSaidNo(err) && !unknownID(err, r) }

func databaseTrouble(err error, _ request) bool {
	_, trouble := store.TroubleOf(err)
	return trouble
}

func pageUnavailable(s *Site, err error, r request) (views.ErrorPage, string) {
	return s.unavailable(err, r.c), ""
}

func pageNotFound(_ *Site, _ error, r request) (views.ErrorPage, string) {
	return notFound(r.c, r.v, r.home), ""
}

// pageArchived leads to what is left of an organization. Where it is met, the visitor's workspace is not known yet.
func pageArchived(_ *Site, err error, r request) (views.ErrorPage, string) {
	archived, _ := errors.AsType[*store.ArchivedError](err)
	page := views.ErrorPage{Headline: archived.Name + " is archived",
		Text: "An owner archived this organization on " + archived.At.In(r.v.Location()).Format("2 January 2006") +
			". Its keys and its mapping are deleted. Nothing was changed in Duo. Its runs stay on record."}
	page.Links = []views.Link{{Text: "Runs of " + archived.Name,
		Href: views.With(views.Runs(r.c.Param("ws")), "organization", archived.Slug)}}
	return page, ""
}

func pageForbidden(_ *Site, err error, r request) (views.ErrorPage, string) {
	page := views.Forbidden("", r.home)
	if role, is := errors.AsType[*catalog.RoleError](err); is {
		page.Text = role.Error()
	}
	return page, ""
}

func pageTooManyPushes(s *Site, err error, r request) (views.ErrorPage, string) {
	many, _ := errors.AsType[*run.TooManyPushes](err)
	code := "push_limit"
	if many.Open != nil {
		code = "verification_open"
	}
	return withHome(views.ErrorPage{Status: PushesStatus(many), Headline: "This user was asked already",
		Text: s.PushesText(r.v, many)}, r), code
}

func pageTooMuchRead(_ *Site, err error, _ request) (views.ErrorPage, string) {
	much, _ := errors.AsType[*store.TooMuchRead](err)
	return tooMuchRead(much), ""
}

func withHome(page views.ErrorPage, r request) views.ErrorPage {
	page.Links = []views.Link{{Text: "Go home", Href: r.home}}
	return page
}

// explain puts an error into words for a person, and into a code for a program.
func (s *Site) explain(err error, c echo.Context) (views.ErrorPage, string) {
	r := request{c: c, v: remembered(c), home: "/"}
	if r.v.Workspace.Slug != "" {
		r.home = views.Workspace(r.v.Workspace.Slug)
	}
	for _, e := range explanations {
		if !e.is(err, r) {
			continue
		}
		page, code := views.ErrorPage{Headline: e.headline, Text: e.text}, e.code
		if e.home {
			page = withHome(page, r)
		}
		if e.page != nil {
			var other string
			if page, other = e.page(s, err, r); other != "" {
				code = other
			}
		}
		if page.Status == 0 {
			page.Status = statusOf(code)
		}
		return page, code
	}
	s.Log.ErrorContext(c.Request().Context(), "request failed", "error", err)
	return views.ServerFault(requestID(c.Request().Context()), r.home), "internal"
}

// statusOf is the HTTP status of a code.
func statusOf(code string) int {
	for _, known := range ProblemCodes {
		if known.Code == code {
			return known.Status
		}
	}
	return http.StatusInternalServerError
}
