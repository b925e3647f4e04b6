package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// TestEveryErrorIsExplained: whatever comes back from Duo, a technician reads a
// sentence, and no secret that stood in the answer or in the cause.
func TestEveryErrorIsExplained(t *testing.T) {
	t.Parallel()
	const canary = "Canary5ecretKey0000000000000000000000001"
	known := map[string]error{
		"nothing known":       errors.New(canary),
		"out of time":         fmt.Errorf("x: %w", context.DeadlineExceeded),
		"not mapped":          &NotConnected{},
		"keys not in use":     &NotConnected{API: "Accounts API"},
		"own keys not in use": &NotConnected{API: "Admin API", Own: true},
		"a code of Duo's":     &duo.Error{Status: 418, Code: 41801, Message: "I am a teapot"},
		"no code at all":      &duo.Error{Status: 502, Message: "Bad Gateway"},
		"a failure unheard":   &duo.TransportError{Failure: "something new", Err: errors.New(canary)},
	}
	for _, code := range []int{duo.CodeMissingParameter, duo.CodeInvalidParameter, duo.CodeDuplicate, 40101,
		duo.CodeUnknownKey, duo.CodeBadSignature,
		40104, duo.CodeBadTimestamp, 40106, duo.CodeForbidden, duo.CodeNotFound, 40501, duo.CodeRateLimited, 50000,
		duo.CodeUnknownInnerError} {
		for _, detail := range []string{"", "username"} {
			known[fmt.Sprint(code, detail)] = fmt.Errorf("wrapped: %w",
				&duo.Error{Status: code / 100, Code: code, Message: "Message of Duo", Detail: detail})
		}
	}
	for _, failure := range []duo.Failure{duo.InvalidRequest, duo.SecretUnavailable, duo.NameNotResolved,
		duo.ConnectionRefused, duo.Unreachable,
		duo.AddressRefused, duo.TLSFailed, duo.TimedOut, duo.Canceled, duo.Paced, duo.Limited, duo.Silent,
		duo.ConnectionLost, duo.Redirected, duo.AnswerTooLarge, duo.NotUnderstood} {
		known[string(failure)] = &duo.TransportError{Failure: failure, Sent: true, Host: "api-1a2b3c4d.duosecurity.com",
			Method: "POST", Path: "/x", Err: errors.New(canary)}
	}
	causes := map[string]string{}
	for name, err := range known {
		why := Explain(err)
		if !isSentence(why.Cause) || why.Fix != "" && !isSentence(why.Fix) {
			t.Errorf("%s: not a sentence: %q %q", name, why.Cause, why.Fix)
		}
		if strings.Contains(why.Cause+why.Fix, canary) {
			t.Errorf("%s quotes a secret", name)
		}
		causes[name] = why.Cause
	}
	// What a technician must tell apart reads differently.
	for _, pair := range [][2]string{{"40102", "40103"}, {"40103", "40105"}, {"40301", "40102"}, {"42901", "50001"},
		{string(duo.NameNotResolved), string(duo.TLSFailed)}, {string(duo.TimedOut), string(duo.Unreachable)},
		{"not mapped", "keys not in use"}} {
		if causes[pair[0]] == causes[pair[1]] {
			t.Errorf("%s and %s read the same: %q", pair[0], pair[1], causes[pair[0]])
		}
	}
}

func isSentence(s string) bool {
	first := []rune(s + " ")[0]
	return unicode.IsUpper(first) && strings.HasSuffix(s, ".") && !strings.Contains(s, "  ") &&
		!strings.Contains(s, "%!") && !strings.Contains(s, "duo:")
}

func TestHowLongToWait(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{0: "Wait a minute", 30 * time.Second: "Wait 30 s",
		300 * time.Millisecond: "Wait 1 s"} {
		if got := Explain(&duo.Error{Status: 429, Code: duo.CodeRateLimited,
			RetryAfter: wait}).Fix; !strings.HasPrefix(got, want+",") {
			t.Errorf("%v: %q", wait, got)
		}
	}
}

// TestWhoseKeysAreAtFault: the page where keys are corrected is that of their owner, and no other one is named.
func TestWhoseKeysAreAtFault(t *testing.T) {
	t.Parallel()
	lost := &duo.TransportError{Failure: duo.SecretUnavailable}
	unknown := &duo.Error{Status: 401, Code: duo.CodeUnknownKey}
	const own, theirs, again = "Correct them on its Connection page. ", "This organization is your own account, ",
		"Enter the secret key again"
	for _, test := range []struct {
		kind         string
		api          catalog.API
		err          error
		begins, does string
	}{
		{store.Own, catalog.Admin, lost, "These are this organization's own Admin API keys: ", own + again + "."},
		{store.Child, catalog.Auth, lost, "These are this organization's own Auth API keys: ", own + again + "."},
		{store.Own, catalog.Auth, unknown, "These are this organization's own Auth API keys: ",
			own + Explain(unknown).Fix},
		{store.Parent, catalog.Auth, lost, theirs + "reached with the workspace's Auth API keys: ",
			again + " on the integration page."},
		{store.Parent, catalog.Admin, lost, theirs + "reached with the workspace's Admin API keys: ",
			again + " on the integration page."},
		{store.Child, catalog.Admin, lost, "The stored secret key", again + " on the integration page."},
		{"", catalog.Accounts, lost, "The stored secret key", again + " on the integration page."},
		{store.Own, catalog.Admin, context.DeadlineExceeded, "Duo did not answer", "Try again in a minute."},
	} {
		if got := ExplainFor(store.Organization{Kind: test.kind}, test.api, test.err); !strings.HasPrefix(got.Cause,
			test.begins) || got.Fix != test.does {
			t.Errorf("%s, %s, %v: %+v", test.kind, test.api, test.err, got)
		}
	}
}

// TestExplanationsAreTrue: our sentence says no more than Duo did, and Duo's words stand behind it.
func TestExplanationsAreTrue(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		refused *duo.Error
		cause   string
	}{
		{&duo.Error{Status: 400, Code: duo.CodeMissingParameter, Message: "Missing required request parameters",
			Detail: "email"},
			"Duo asks for email, which was not given. Duo said: “Missing required request parameters: email” (code 40001)."},
		{&duo.Error{Status: 400, Code: duo.CodeMissingParameter, Message: "Missing required request parameters"},
			"Duo did not accept this request. Duo said: “Missing required request parameters” (code 40001)."},
		{&duo.Error{Status: 400, Code: duo.CodeInvalidParameter, Message: "Invalid request parameters",
			Detail: "email"},
			"Duo did not accept the value of email. Duo said: “Invalid request parameters: email” (code 40002)."},
		{&duo.Error{Status: 404, Code: duo.CodeNotFound, Message: "Resource not found"},
			"Duo does not know this id or path. Duo said: “Resource not found” (code 40401)."},
		{&duo.Error{Status: 429, Code: duo.CodeRateLimited, Message: "Too many pushes to this user"},
			"Duo is limiting requests to this account, and did not do this. Duo said: “Too many pushes to this user” (code 42901)."},
	} {
		if got := Explain(test.refused).Cause; got != test.cause {
			t.Errorf("%q, want %q", got, test.cause)
		}
	}
}
