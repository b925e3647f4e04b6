package duo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"

	"duodesk/internal/text"
)

// Codes of [Error] that callers tell apart. The first three digits are the HTTP status.
const (
	CodeMissingParameter  = 40001
	CodeInvalidParameter  = 40002 // Detail often names the parameter
	CodeDuplicate         = 40003
	CodeUnknownKey        = 40102 // no such integration key on this host, or one of another kind of application
	CodeBadSignature      = 40103 // the secret key does not belong to the integration key
	CodeBadTimestamp      = 40105 // the clocks differ by more than Duo allows, about five minutes
	CodeForbidden         = 40301 // permission not granted, feature not in the edition, or wrong kind of application
	CodeNotFound          = 40401
	CodeRateLimited       = 42901
	CodeUnknownInnerError = 50001 // also given for crossing a limit of 100 related objects
)

// Error is a refusal: Duo answered, and the answer was no.
type Error struct {
	Method     string        // HTTP method of the request
	Status     int           // HTTP status, or that of Code where Duo refuses with a status of success
	Code       int           // Duo's code; 0 if the answer carried none
	Message    string        // Duo's words; single line, at most 300 characters, nothing invisible
	Detail     string        // the same; often the name of the parameter at fault; may be empty
	RetryAfter time.Duration // how long Duo asks to wait, 60 s at most; 0 if it did not say

	reads bool // by a POST that only reads
}

var readingPosts = []string{"/accounts/v1/account/list", "/auth/v2/preauth", "/auth/v2/enroll_status"}

// ReadingPosts returns the paths that a POST only reads.
func ReadingPosts() []string { return slices.Clone(readingPosts) }

// OnlyReads reports whether a call changes nothing in Duo and sends nothing to anyone.
func OnlyReads(method, path string) bool {
	return method == http.MethodGet || method == http.MethodPost && slices.Contains(readingPosts, path)
}

// Reads reports whether the refused call would have changed nothing.
func (e *Error) Reads() bool { return e.Method == http.MethodGet || e.reads }

// Reads reports whether the call would have changed nothing.
func (e *TransportError) Reads() bool {
	return OnlyReads(e.Method, e.Path)
}

// Error gives Duo's words with their code, in one line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "duo: refused with status %d", e.Status)
	if e.Code != 0 {
		fmt.Fprintf(&b, " (code %d)", e.Code)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	return b.String()
}

// Said quotes the answer in a sentence, to stand behind one of ours: Duo said: “Invalid request
// parameters: username” (code 40002). Words without one of Duo's codes are the host's: a proxy may
// have answered. It is "" where the answer had neither.
func (e *Error) Said() string {
	words := strings.NewReplacer("“", `"`, "”", `"`).Replace(e.Message)
	if e.Detail != "" {
		words = strings.TrimPrefix(words+": "+strings.NewReplacer("“", `"`, "”", `"`).Replace(e.Detail), ": ")
	}
	switch {
	case e.Code == 0 && (words == "" || words == http.StatusText(e.Status)):
		return ""
	case e.Code == 0:
		return fmt.Sprintf("The host said: “%s” (status %d).", words, e.Status)
	case words == "":
		return fmt.Sprintf("Duo gave the code %d and no words.", e.Code)
	}
	return fmt.Sprintf("Duo said: “%s” (code %d).", words, e.Code)
}

// WrongKind reports whether Duo says that the keys belong to another kind of application.
func (e *Error) WrongKind() bool {
	return e.Code == CodeForbidden && strings.Contains(strings.ToLower(e.Message+" "+e.Detail), "integration type")
}

// SaysWhy reports whether a refusal says more than that something is forbidden, such as that the
// edition lacks it: the keys need not be at fault then.
func (e *Error) SaysWhy() bool {
	return !e.WrongKind() && (e.Detail != "" || e.Message != "" && !strings.EqualFold(e.Message, "Access forbidden"))
}

// Failure says why there was no usable answer.
type Failure string

// The failures of a [TransportError].
const (
	InvalidRequest Failure = "the request is not valid"                          // an argument was refused here
	Paced          Failure = "too many requests to this account wait to be sent" // by the [Pacer]; nothing was sent
	// by the [Pacer], after a 429; nothing was sent
	Limited Failure = "the account is rate-limited"
	// by the [Pacer], after time-outs; nothing was sent
	Silent            Failure = "the account does not answer"
	SecretUnavailable Failure = "the secret key cannot be used" // [Secret] failed
	NameNotResolved   Failure = "the host name does not resolve"
	ConnectionRefused Failure = "the host refuses connections"
	Unreachable       Failure = "the host cannot be reached"
	AddressRefused    Failure = "the address is not one of Duo's" // by the guard of [NewTransport]
	HeldBack          Failure = "the request was held back"       // by the transport, see [Withheld]
	TLSFailed         Failure = "no trusted TLS connection"       // certificate, protocol or handshake
	TimedOut          Failure = "no answer in time"
	Canceled          Failure = "the call was canceled"
	ConnectionLost    Failure = "the connection broke"
	Redirected        Failure = "the host answers with a redirect" // never followed
	AnswerTooLarge    Failure = "the answer is too large"          // more than 10 MB
	NotUnderstood     Failure = "the answer was not understood"    // not JSON, or not of the expected shape
	OtherAnswer       Failure = "the answer is about something else than was asked for"
)

// TransportError is a call without a usable answer.
type TransportError struct {
	Failure Failure
	Sent    bool // the request, or a part of it, may have reached Duo
	Method  string
	Path    string
	Host    string
	Err     error // the cause, if there is one to tell

	RetryAfter time.Duration // Paced, Limited and Silent: when a call may go through; 0 if that is not known
}

// Error names the cause only of failures before anything was sent: later ones can quote the answer,
// and answers carry bypass codes.
func (e *TransportError) Error() string {
	var b strings.Builder
	b.WriteString("duo: ")
	if e.Method != "" {
		fmt.Fprintf(&b, "%s %s on %s: ", e.Method, e.Path, e.Host)
	}
	b.WriteString(string(e.Failure))
	if e.Err != nil && !e.Sent {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause, or nil.
func (e *TransportError) Unwrap() error { return e.Err }

// MayHaveBeenApplied tells whether Duo may have carried out a change in spite of err. It is false
// when nothing was sent, for calls that only read, and for refusals with a 4xx status, rate
// limits included. It is true for 5xx, for answers that were lost, came late or made no sense, and
// for errors that are not this package's, of which nothing is known. A nil error is false.
func MayHaveBeenApplied(err error) bool {
	if err == nil {
		return false
	}
	if refused, ok := errors.AsType[*Error](err); ok {
		return !refused.Reads() && (refused.Status < 400 || refused.Status > 499)
	}
	if failed, ok := errors.AsType[*TransportError](err); ok {
		return !failed.Reads() && failed.Sent
	}
	return true
}

// Withheld is for a transport of the caller's own: the error says that it did not send a request,
// not even a part of it.
func Withheld(why error) error { return &withheld{why} }

type withheld struct{ error }

func (w *withheld) Unwrap() error { return w.error }

func invalid(err error) *TransportError {
	return &TransportError{Failure: InvalidRequest, Err: err}
}

// failureOf names the failure behind an error of the transport.
func failureOf(err error, progress *progress) Failure {
	var guarded *guardError
	var held *withheld
	var lookup *net.DNSError
	var network net.Error
	switch {
	case errors.As(err, &guarded):
		return AddressRefused
	case errors.As(err, &held):
		return HeldBack
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.As(err, &lookup):
		return NameNotResolved
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return TimedOut
	case progress.handshakeFailed.Load():
		return TLSFailed
	case errors.Is(err, syscall.ECONNREFUSED):
		return ConnectionRefused
	case progress.sent():
		return ConnectionLost
	}
	return Unreachable
}

// plain makes text from Duo fit for one line of a log or a page: no control characters, nothing
// that a person does not see, at most 300 characters.
func plain(s string) string {
	const most = 300
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	s = strings.Join(strings.Fields(text.Visible(s)), " ")
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most-1]) + "…"
	}
	return s
}

func refusal(method, path string, resp *http.Response, body []byte, now time.Time) *Error {
	e := &Error{Method: method, reads: OnlyReads(method, path), Status: resp.StatusCode,
		RetryAfter: retryAfter(resp.Header, now)}
	if fields, err := parseObject(body); err == nil {
		e.Code = int(fields.number("code"))
		e.Message = plain(fields.words("message"))
		e.Detail = plain(fields.words("message_detail"))
	}
	if status := e.Code / 100; e.Status < 400 && status >= 400 && status <= 599 {
		e.Status = status
	}
	if e.Message == "" && e.Code == 0 {
		e.Message = http.StatusText(resp.StatusCode)
	}
	return e
}
