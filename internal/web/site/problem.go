package site

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// problem is an error as a program gets it: RFC 9457, with members of our own
// behind those of the standard.
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      string         `json:"code"`
	RequestID string         `json:"request_id"`
	Errors    []problemField `json:"errors,omitempty"`
	RunID     string         `json:"run_id,omitempty"` // of what was tried
	State     string         `json:"state,omitempty"`
}

type problemField struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// ProblemCodes are all codes, with what they say. The words of pages are not
// always for programs: where there are some here, they stand in their place.
var ProblemCodes = []struct {
	Code   string
	Status int
	Means  string
	detail string
}{
	{"bad_request", 400,
		"The request is not understood: its JSON, a parameter of the address, or a cursor of another list.", ""},
	{"session_not_allowed", 400, "The request carries the cookie of a session.", ""},
	{"unauthorized", 401, "No access token, or one that is mistyped, revoked or expired.", ""},
	{"not_named", 403,
		"The action takes a second factor each time, and the access token does not name it. Nothing was done.", ""},
	{"forbidden", 403,
		"The role does not allow this with these fields, or with what Duo holds now: there is a run_id then, and detail says why.", "The role of this access token, or of its operator, does not allow this with these fields. Nothing was done."},
	{"fraud_reported", 403,
		"The person reported a push as fraud within the last 60 minutes: someone else must decide; detail says who.", ""},
	{"not_found", 404, "It does not exist, or is not visible to the token.",
		"This does not exist, or is not visible to this access token."},
	{"method_not_allowed", 405, "The address does not take this method.",
		"The address does not take this method. Nothing was done."},
	{"conflict", 409, "Someone changed the same thing at the same moment.", ""},
	{"connection_changed", 409,
		"The organization's connection is not the one in account_id or connection_id, or has just changed. Nothing was done in Duo.", ""},
	{"verification_open", 409, "A verification of this user waits for its answer. Nothing was sent.", ""},
	{"run_id_used", 409, "The run_id was used before, with other fields.",
		"This run_id was used before for something else. Nothing was done. Make a new one."},
	{"not_connected", 409, "The organization has no Duo account, or no keys for this API.", ""},
	{"organization_archived", 410, "The organization is archived: only its name and its runs are left.", ""},
	{"too_large", 413, "The body is longer than 256 KB.", "The body is longer than 256 KB. Nothing was done."},
	{"unsupported_media_type", 415, "The body is not application/json.",
		"Send the body as application/json. Nothing was done."},
	{"wrong_host", 421, "The request names another host than the console's.", ""},
	{"invalid_fields", 422,
		"Fields are missing, unknown or wrong; errors lists them. Nothing was done in Duo by this step.", ""},
	{"duo_refused", 422,
		"Duo answered and did not do it: detail, or errors where a field is at fault, quotes what Duo said.", ""},
	{"too_many_requests", 429, "The access token is used too fast. Retry-After says how long to wait.", ""},
	{"too_many_attempts", 429,
		"Too many access tokens that do not exist came from your address. Retry-After says how long to wait. A new access token is not affected.", ""},
	{"push_limit", 429,
		"The user was asked in the last 10 minutes as often as the quota of the role allows, which is 3 times unless owners change it. Nothing was sent. Retry-After says how long to wait.", ""},
	{"quota_reached", 429,
		"The operator of the access token has used up a quota of the role; detail says which, and until when. Nothing was done. Retry-After says how long to wait.", ""},
	{"reading_limit", 429,
		"The operator has exported as many rows within 24 hours as the owners of the workspace allow.", ""},
	{"duo_busy", 429, "Duo limits how often it is asked, and did not do it. Retry-After says how long to wait.", ""},
	{"internal", 500, "Something went wrong in the console. Look at the run before you try again.",
		"Something went wrong in the console. If you were changing something, look at the run before you try again."},
	{"duo_unreachable", 502, "Duo was not reached, or did not answer a reading. Nothing was done by this step.", ""},
	{"outcome_unknown", 502, "Duo may have done it: check before you send it again.", ""},
	{"duo_silent", 503,
		"Duo does not answer for this account, and is asked again every few seconds. It was not asked to do this. Retry-After says how long to wait.", ""},
	{"unavailable", 503,
		"The database is in trouble: detail says in which, and whether anything was done in Duo. Retry-After says how long to wait.", ""},
	{"busy", 503, "The console is busy. Try again in a few seconds.", ""},
}

// ProblemType names a code as a URI.
func ProblemType(code string) string { return "urn:duodesk:problem:" + code }

// httpCode is the code for an error that is a status alone.
func httpCode(status int) string {
	switch status {
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusMethodNotAllowed:
		return "method_not_allowed"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusUnsupportedMediaType:
		return "unsupported_media_type"
	case http.StatusMisdirectedRequest:
		return "wrong_host"
	case http.StatusInternalServerError:
		return "internal"
	}
	return "bad_request"
}

// duoCode is the code for an error of Duo's, or of the way to it.
func duoCode(err error) string {
	var unconnected *run.NotConnected
	var refused *duo.Error
	switch {
	case errors.As(err, &unconnected):
		return "not_connected"
	case MayHaveBeenApplied(err):
		return "outcome_unknown"
	case StatusOf(err) == http.StatusTooManyRequests:
		return "duo_busy"
	case StatusOf(err) == http.StatusServiceUnavailable:
		return "duo_silent"
	case errors.As(err, &refused) && refused.Status < 500:
		return "duo_refused"
	}
	return "duo_unreachable"
}

// InvalidFields are values that were refused before anything was done, or refused by Duo.
type InvalidFields struct{ Bad []catalog.FieldError }

// Add notes one more.
func (e *InvalidFields) Add(field, message string) {
	e.Bad = append(e.Bad, catalog.FieldError{Field: field, Message: message})
}

// refused reports whether it was Duo that refused one of them.
func (e *InvalidFields) refused() bool {
	return slices.ContainsFunc(e.Bad, func(b catalog.FieldError) bool { return b.Refused })
}

func (e *InvalidFields) Error() string {
	var words []string
	for i := range e.Bad {
		words = append(words, e.Bad[i].Error())
	}
	return "web: " + strings.Join(words, "; ")
}

// FailedRun is an error of a run that was recorded; done tells of the steps that
// were carried out before it.
type FailedRun struct {
	Run  store.Run
	Done string
	Err  error
}

// notDone says of an error that its change was not made. It does not say that Duo was not asked:
// names are looked up there, and what is about to change is read.
func notDone(err error) string {
	var failed *FailedRun
	if errors.As(err, &failed) && failed.Done != "" {
		return "The rest was not done."
	}
	return "Nothing was done in Duo."
}

func (e *FailedRun) Error() string { return e.Err.Error() }
func (e *FailedRun) Unwrap() error { return e.Err }

// answerProblem answers a program with an error, as explained.
func answerProblem(c echo.Context, err error, page views.ErrorPage, code string) {
	p := problem{Type: ProblemType(code), Title: page.Headline, Status: page.Status,
		Detail: strings.TrimSpace(page.Text), Code: code, RequestID: requestID(c.Request().Context())}
	for _, known := range ProblemCodes {
		if known.Code == code {
			p.Detail = cmp.Or(known.detail, p.Detail)
		}
	}
	var invalid *InvalidFields
	if errors.As(err, &invalid) {
		for _, b := range invalid.Bad {
			p.Errors = append(p.Errors, problemField{b.Field, b.Shown()})
		}
	}
	var role *catalog.RoleError
	if errors.As(err, &role) {
		p.Detail = role.Error() + " " + notDone(err)
	}
	var failed *FailedRun
	if errors.As(err, &failed) {
		p.RunID, p.State = failed.Run.ID.String(), failed.Run.State
		p.Detail = strings.TrimSpace(catalog.Plain(failed.Done) + " " + p.Detail)
	}
	h := c.Response().Header()
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="duodesk"`)
		if c.Request().Header.Get("Authorization") != "" {
			h.Set("WWW-Authenticate", `Bearer realm="duodesk", error="invalid_token"`)
		}
	}
	if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests {
		h.Set("Retry-After", RetryAfter(err))
	}
	SendJSON(c, p.Status, "application/problem+json", p)
}

// RetryAfter is how many seconds to wait before the same is asked again.
func RetryAfter(err error) string {
	wait := 5 * time.Second
	var fast *tooFast
	var attempts *tooMany
	var many *run.TooManyPushes
	var much *store.TooMuchRead
	var over *run.OverQuota
	switch in := run.AgainIn(err); {
	case errors.As(err, &many):
		wait = many.Wait
	case errors.As(err, &over):
		wait = over.Wait
	case errors.As(err, &fast):
		wait = fast.wait
	case errors.As(err, &attempts):
		wait = attempts.wait
	case errors.As(err, &much):
		wait = time.Hour
	case in > 0:
		wait = in
	default:
		if trouble, _ := store.TroubleOf(err); trouble.Lasts() {
			wait = 30 * time.Second
		}
	}
	return strconv.Itoa(int(math.Ceil(wait.Seconds())))
}

// SendJSON sends a value in one piece. What is sent can be written: it is made of
// texts, numbers and JSON that was read before.
func SendJSON(c echo.Context, status int, kind string, value any) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(value); err != nil {
		panic("web: " + err.Error())
	}
	h := c.Response().Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	c.Response().WriteHeader(status)
	// A client that has gone does not read it.
	_, _ = c.Response().Write(b.Bytes())
}
