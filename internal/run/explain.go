package run

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strings"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// Explanation says in plain words why Duo did not do what was asked.
type Explanation struct {
	Cause string // what happened
	Fix   string // what to do about it; may be empty
}

// AgainIn tells in what time a call can be made again that Duo limited or did not
// answer; 0 if that is not known.
func AgainIn(err error) time.Duration {
	if refused, ok := errors.AsType[*duo.Error](err); ok && refused.Status == http.StatusTooManyRequests {
		return refused.RetryAfter
	}
	if failed, ok := errors.AsType[*duo.TransportError](err); ok {
		return failed.RetryAfter
	}
	return 0
}

// Explain puts an error of a call to Duo into words for a technician.
func Explain(err error) Explanation {
	var refused *duo.Error
	var failed *duo.TransportError
	var unconnected *NotConnected
	switch {
	case errors.As(err, &refused):
		return explainRefusal(refused)
	case errors.As(err, &failed):
		return explainFailure(failed)
	case errors.As(err, &unconnected) && unconnected.API == "":
		return Explanation{"This organization is not mapped to a Duo account.", "Map it on the Integration page."}
	case errors.As(err, &unconnected) && unconnected.Own:
		return Explanation{"This organization has no " + unconnected.API + " keys of its own in use.",
			"Save and check them on its Connection page."}
	case errors.As(err, &unconnected):
		return Explanation{"The workspace has no " + unconnected.API + " keys in use.",
			"Save and check them on the Integration page."}
	case errors.Is(err, context.DeadlineExceeded):
		return Explanation{"Duo did not answer in time.", "Try again in a minute."}
	}
	return Explanation{Cause: "The console could not finish this."}
}

// ExplainFor is Explain for a call of an API about an organization: where the keys
// may be at fault, it says whose they are.
func ExplainFor(o store.Organization, api catalog.API, err error) Explanation {
	why := Explain(err)
	if !RefusesKeys(err) {
		return why
	}
	if api != catalog.Auth {
		api = catalog.Admin
	}
	switch {
	case api == catalog.Auth && o.Kind != store.Parent, o.Kind == store.Own:
		fix := why.Fix
		if failed, ok := errors.AsType[*duo.TransportError](err); ok && failed.Failure == duo.SecretUnavailable {
			fix = enterAgain + "."
		}
		return Explanation{"These are this organization's own " + string(api) + " keys: " + why.Cause,
			"Correct them on its Connection page. " + fix}
	case o.Kind == store.Parent:
		return Explanation{"This organization is your own account, reached with the workspace's " + string(api) +
			" keys: " + why.Cause, why.Fix}
	}
	return why
}

// RefusesKeys reports whether an error can come from the keys rather than from
// what was asked.
func RefusesKeys(err error) bool {
	var refused *duo.Error
	var failed *duo.TransportError
	switch {
	case errors.As(err, &refused):
		return refused.Code == duo.CodeUnknownKey || refused.Code == duo.CodeBadSignature ||
			refused.Code == duo.CodeForbidden && !refused.SaysWhy()
	case errors.As(err, &failed):
		return failed.Failure == duo.SecretUnavailable
	}
	return false
}

// explainRefusal says in our words what a refusal means, and keeps Duo's own beside them.
func explainRefusal(e *duo.Error) Explanation {
	why := meaningOf(e)
	why.Cause = strings.TrimSpace(why.Cause + " " + e.Said())
	return why
}

func meaningOf(e *duo.Error) Explanation {
	switch e.Code {
	case duo.CodeRateLimited:
		return later("Duo is limiting requests to this account, and did not do this.", e.RetryAfter)
	case duo.CodeUnknownKey:
		return Explanation{"Duo does not know this integration key on this host.",
			"Compare the key and the host with the application's page in the Duo Admin Panel; the application may have been deleted."}
	case duo.CodeBadSignature:
		return Explanation{
			"Duo refused the signature: the secret key does not belong to this integration key, or was reset.",
			"Copy the secret key again from the application's page in the Duo Admin Panel."}
	case duo.CodeBadTimestamp:
		return Explanation{"Duo refused the time of the request: the clock here and Duo's differ too much.",
			"Set this server's clock (NTP), then try again."}
	case duo.CodeForbidden:
		return forbidden(e)
	case duo.CodeNotFound:
		return Explanation{"Duo does not know this id or path.", "Go back to the list and refresh it."}
	case duo.CodeDuplicate:
		return Explanation{"Duo already has an entry with this name, alias or number.", "Look for the existing entry."}
	case duo.CodeMissingParameter, duo.CodeInvalidParameter:
		if !parameterName.MatchString(e.Detail) {
			return Explanation{"Duo did not accept this request.", ""} // what Duo said is all that is known
		}
		if e.Code == duo.CodeMissingParameter {
			return Explanation{"Duo asks for " + e.Detail + ", which was not given.",
				"If there is a field for it, fill it in and try again."}
		}
		return Explanation{"Duo did not accept the value of " + e.Detail + ".",
			"If you typed it, change it and try again."}
	}
	if e.Status >= 500 && (e.Reads() || e.Status != http.StatusInternalServerError) {
		return Explanation{fmt.Sprintf("Duo had an internal error (%d).", e.Status),
			"Try again in a minute; status.duo.com reports outages."}
	}
	if e.Status >= 500 {
		return Explanation{
			fmt.Sprintf(
				"Duo had an internal error (%d). It also answers like this when a user or phone would get more than 100 related objects.", e.Status),
			"Check the current state before you try again."}
	}
	if e.Code == 0 {
		return Explanation{fmt.Sprintf("The host refused with the status %d, without a code of Duo's.", e.Status),
			"Check that the host is right; a proxy may be answering in its place."}
	}
	return Explanation{"Duo answered that this failed.", ""}
}

// enterAgain begins what to do about a secret key that does not open.
const enterAgain = "Enter the secret key again"

// parameterName is a detail of Duo's that names a parameter; others are a phrase.
var parameterName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func forbidden(e *duo.Error) Explanation {
	switch {
	case e.WrongKind():
		return Explanation{"Duo refused: these keys belong to another kind of application.",
			"Use the keys of the right application."}
	case e.SaysWhy():
		return Explanation{"Duo does not permit this in this account, or to these keys.",
			"Duo's words say what is missing. If it is a permission, grant it to the application in the Duo Admin Panel; if it is a feature, compare the account's edition."}
	}
	return Explanation{"Duo does not permit this to these keys.",
		"Grant the permission to the application in the Duo Admin Panel, or check that the edition includes the feature."}
}

// notSent says of a change that was kept back that it was; a reading is to be seen.
func notSent(e *duo.TransportError) string {
	if e.Reads() {
		return ""
	}
	return ": this was not sent"
}

// later says to try again in a while, a minute if it is not known when.
func later(cause string, in time.Duration) Explanation {
	wait := "a minute"
	if in > 0 {
		wait = fmt.Sprintf("%d s", int(math.Ceil(in.Seconds())))
	}
	return Explanation{cause, "Wait " + wait + ", then try again."}
}

func explainFailure(e *duo.TransportError) Explanation {
	switch e.Failure {
	case duo.NameNotResolved:
		return Explanation{"The host name " + e.Host + " does not resolve.",
			"Check the host for a typing error; if it is right, check this server's DNS."}
	case duo.TLSFailed:
		return Explanation{"No trusted TLS connection to " + e.Host + ".",
			"Something between this server and Duo may be intercepting TLS; it must let Duo's hosts through."}
	case duo.AddressRefused:
		return Explanation{"The host name " + e.Host + " leads to an address that is not one of Duo's.",
			"Check the host, and this server's DNS."}
	case duo.Redirected:
		return Explanation{"The host " + e.Host + " answers with a redirect, which Duo never does.",
			"Check the host, and proxies between this server and Duo."}
	case duo.TimedOut:
		return Explanation{"Duo did not answer in time.", "Try again in a minute; status.duo.com reports outages."}
	case duo.ConnectionRefused, duo.Unreachable, duo.ConnectionLost:
		return Explanation{"Duo cannot be reached (" + string(e.Failure) + ").",
			"Try again in a minute; status.duo.com reports outages."}
	case duo.AnswerTooLarge:
		return Explanation{"The answer of " + e.Host + " has more than 10 MB, and was not read.",
			"Ask for less at once, such as with a smaller limit."}
	case duo.NotUnderstood:
		return Explanation{"The answer of " + e.Host + " is not a valid Duo answer.",
			"Check that the host is right; a proxy may be answering in its place."}
	case duo.OtherAnswer:
		return Explanation{"Duo's answer was about something other than what was asked. It was not used.",
			"Try again. If this happens again, look for a proxy between this server and Duo, or ask Duo Support."}
	case duo.SecretUnavailable:
		return Explanation{"The stored secret key cannot be opened with this server's key file.",
			enterAgain + " on the integration page."}
	case duo.Paced:
		return later("Too many requests to this Duo account are already waiting. This request was not sent.",
			max(e.RetryAfter, time.Second))
	case duo.Limited:
		return later("Duo is limiting requests to this account"+notSent(e)+".", e.RetryAfter)
	case duo.Silent:
		return later("Duo does not answer for this account"+notSent(e)+".", e.RetryAfter)
	case duo.HeldBack:
		return Explanation{"Not sent: the console could not write to its database for 15 seconds.",
			"Try again in a minute."}
	case duo.Canceled:
		return Explanation{Cause: "The request was canceled before Duo answered."}
	}
	return Explanation{Cause: "The request could not be sent."}
}
