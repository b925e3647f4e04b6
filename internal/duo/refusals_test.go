package duo

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		status  int
		body    string
		want    Error
		applied bool
	}{
		{"bad signature", 401, `{"code": 40103, "message": "Invalid signature in request credentials", "stat": "FAIL"}`,
			Error{Status: 401, Code: CodeBadSignature, Message: "Invalid signature in request credentials"}, false},
		{"detail", 400,
			`{"code": 40002, "message": "Invalid request parameters", "message_detail": "no capable device", "stat": "FAIL"}`,
			Error{Status: 400, Code: CodeInvalidParameter, Message: "Invalid request parameters",
				Detail: "no capable device"}, false},
		{"code as text", 404, `{"code": "40401", "message": "Resource not found", "stat": "FAIL"}`,
			Error{Status: 404, Code: CodeNotFound, Message: "Resource not found"}, false},
		{"a proxy's page", 403, `<html>blocked</html>`, Error{Status: 403, Message: "Forbidden"}, false},
		{"inner error", 500, `{"code": 50001, "message": "Unknown internal server error", "stat": "FAIL"}`,
			Error{Status: 500, Code: CodeUnknownInnerError, Message: "Unknown internal server error"}, true},
		{"gateway", 502, ``, Error{Status: 502, Message: "Bad Gateway"}, true},
		{"hostile words", 400, "{\"code\": 40002, \"message\": \"a\\r\\nb\\u202e\\u0000c" + strings.Repeat("x", 500) +
			"\", \"stat\": \"FAIL\"}",
			Error{Status: 400, Code: CodeInvalidParameter, Message: "a b c" + strings.Repeat("x", 294) + "…"}, false},
		{"invisible words", 400,
			"{\"code\": 40002, \"message\": \"\u3164a\u200b\ufe0fb\", \"message_detail\": \"c\u2028d\u115f\", \"stat\": \"FAIL\"}",
			Error{Status: 400, Code: CodeInvalidParameter, Message: "ab", Detail: "c d"}, false},
		{"detail that is an object", 400,
			`{"code": 40002, "message": "no", "message_detail": {"users": ["ada"]}, "stat": "FAIL"}`,
			Error{Status: 400, Code: CodeInvalidParameter, Message: "no", Detail: `{"users": ["ada"]}`}, false},
		{"no words", 200, `{"code": 40301, "stat": "FAIL"}`, Error{Status: 403, Code: CodeForbidden}, false},
		{"refused with status 200", 200, `{"code": 40002, "message": "no", "stat": "FAIL"}`,
			Error{Status: 400, Code: CodeInvalidParameter, Message: "no"}, false},
		{"limited with status 200", 200, `{"code": 42901, "message": "no", "stat": "FAIL"}`,
			Error{Status: 429, Code: CodeRateLimited, Message: "no"}, false},
		{"inner error with status 200", 200, `{"code": 50001, "message": "no", "stat": "FAIL"}`,
			Error{Status: 500, Code: CodeUnknownInnerError, Message: "no"}, true},
		{"no code with status 200", 200, `{"message": "no", "stat": "FAIL"}`, Error{Status: 200, Message: "no"}, true},
		{"a code that is none with status 200", 200, `{"code": 4, "message": "no", "stat": "FAIL"}`,
			Error{Status: 200, Code: 4, Message: "no"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := testClient(serve(t, answer(test.status, test.body))).CreateUser(t.Context(),
				UserFields{Username: new("ada")})
			test.want.Method = http.MethodPost
			refused, ok := errors.AsType[*Error](err)
			if !ok || *refused != test.want {
				t.Fatalf("error %#v, want %#v", err, test.want)
			}
			if got := MayHaveBeenApplied(fmt.Errorf("wrapped: %w", err)); got != test.applied {
				t.Errorf("may have been applied: %t", got)
			}
		})
	}
}

func TestAnswersThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		want    Failure
	}{
		{"a captive portal", answer(200, "<html>log in</html>"), NotUnderstood},
		{"another envelope", answer(200, `{"users": []}`), NotUnderstood},
		{"list where an object belongs", ok(`[]`), NotUnderstood},
		{"null where an object belongs", ok(`null`), NotUnderstood},
		{"deeper than any answer", ok(`{"user_id": "DU1", "x": ` + strings.Repeat("[", 40) + strings.Repeat("]", 40) +
			`}`), NotUnderstood},
		{"as deep and large as can be", ok(strings.Repeat(`{"phones":[{"users":[`, 2000) + strings.Repeat(" ", 9<<20) +
			strings.Repeat(`]}]}`, 2000)), NotUnderstood},
		{"cut off", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{"response": {"user_id"`)
		}, ConnectionLost},
		{"connection closed instead of an answer", func(w http.ResponseWriter, r *http.Request) {
			panic(http.ErrAbortHandler)
		}, ConnectionLost},
		{"too large", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"stat": "OK", "response": "`+strings.Repeat("x", maxAnswer)+`"}`)
		}, AnswerTooLarge},
		{"a bomb of zeros", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			z.Write(make([]byte, 2*maxAnswer))
			z.Flush()
			io.WriteString(w, "no gzip any more: who reads this far reads too far")
		}, AnswerTooLarge},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://api-00000000.duosim.localhost"+r.URL.Path, http.StatusTemporaryRedirect)
		}, Redirected},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			c := testClient(serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				test.handler(w, r)
			}))
			_, err := c.CreateUser(t.Context(), UserFields{Username: new("ada")})
			failed, ok := errors.AsType[*TransportError](err)
			if !ok || failed.Failure != test.want || !failed.Sent {
				t.Errorf("error %#v, want %q, sent", err, test.want)
			}
			if !MayHaveBeenApplied(err) {
				t.Error("a write without an answer is said to have no effect")
			}
			if n := requests.Load(); n != 1 {
				t.Errorf("the write was sent %d times", n)
			}
		})
	}
}

// TestAnswersWithoutTheirPoint: what the caller asked for must not read as a zero value where Duo
// does not tell it.
func TestAnswersWithoutTheirPoint(t *testing.T) {
	t.Parallel()
	ada := AuthUser{Username: "ada"}
	for name, test := range map[string]struct {
		response string
		call     func(context.Context, *Client) error
	}{
		"preauth": {`{"status_msg": "x"}`,
			func(ctx context.Context, c *Client) error { _, err := c.Preauth(ctx, ada, AccessDevice{}); return err }},
		"devices": {`{"result": "auth", "devices": {"no": "list"}}`,
			func(ctx context.Context, c *Client) error { _, err := c.Preauth(ctx, ada, AccessDevice{}); return err }},
		"auth": {`{"status": "allow"}`, func(ctx context.Context, c *Client) error {
			_, err := c.Auth(ctx, AuthRequest{User: ada, Factor: FactorPush})
			return err
		}},
		"result": {`{"result": ["allow"]}`,
			func(ctx context.Context, c *Client) error { _, err := c.AuthStatus(ctx, "x"); return err }},
		"transaction": {`{"result": "allow"}`, func(ctx context.Context, c *Client) error {
			_, err := c.StartAuth(ctx, AuthRequest{User: ada, Factor: FactorPush})
			return err
		}},
		"enroll status": {`""`,
			func(ctx context.Context, c *Client) error { _, err := c.EnrollStatus(ctx, "DU1", "x"); return err }},
		"enroll code": {`["x"]`, func(ctx context.Context, c *Client) error {
			_, err := c.EnrollUser(ctx, "ada", "a@b.example", 0)
			return err
		}},
		"push": {`{"confirmation_code": "1"}`, func(ctx context.Context, c *Client) error {
			_, err := c.SendVerificationPush(ctx, "DU1", "DP1")
			return err
		}},
		"push response": {`{"push_id": "x"}`, func(ctx context.Context, c *Client) error {
			_, err := c.VerificationPushResponse(ctx, "DU1", "x")
			return err
		}},
		"edition": {`{}`, func(ctx context.Context, c *Client) error { _, err := c.Edition(ctx); return err }},
		"credits": {`{"credits": null}`,
			func(ctx context.Context, c *Client) error { _, err := c.TelephonyCredits(ctx); return err }},
		"secret": {`{"secret_key": ""}`,
			func(ctx context.Context, c *Client) error { _, err := c.IntegrationSecret(ctx, "DI1"); return err }},
		"policy": {`{"policy_elements": []}`,
			func(ctx context.Context, c *Client) error { _, err := c.CalculatePolicy(ctx, "DI1", "DU1"); return err }},
		"tokens": {`{}`,
			func(ctx context.Context, c *Client) error { _, err := c.UserTokens(ctx, "DU1"); return err }},
		"groups": {`{"integration_key": "DI1", "groups_allowed": {"no": "list"}}`,
			func(ctx context.Context, c *Client) error { _, err := c.Integration(ctx, "DI1"); return err }},
		"event's time": {`[{"action": "x"}]`, func(ctx context.Context, c *Client) error {
			_, _, err := c.AdministratorLogPage(ctx, second, "")
			return err
		}},
		"settings": {`""`, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateSettings(ctx, SettingsFields{Name: new("x")})
			return err
		}},
	} {
		err := test.call(t.Context(), testClient(serve(t, ok(test.response))))
		if failed, ok := errors.AsType[*TransportError](err); !ok || failed.Failure != NotUnderstood || !failed.Sent {
			t.Errorf("%s: %s is taken for an answer: %v", name, test.response, err)
		}
	}
}

func TestFailuresBeforeSending(t *testing.T) {
	t.Parallel()
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unused.Close()
	other := serveTLS(t, ok(`""`)) // its certificate is not trusted below
	plainHTTP := httptest.NewServer(ok(`""`))
	t.Cleanup(plainHTTP.Close)
	at := func(address string) http.RoundTripper { return NewTransport(TransportOptions{SandboxAddress: address}) }
	canceled, cancel := context.WithCancel(t.Context())
	cancel()

	for _, test := range []struct {
		name      string
		transport http.RoundTripper
		ctx       context.Context
		want      Failure
	}{
		{"nobody listens", at(unused.Addr().String()), t.Context(), ConnectionRefused},
		{"unknown authority", at(other.Listener.Addr().String()), t.Context(), TLSFailed},
		{"not TLS", at(plainHTTP.Listener.Addr().String()), t.Context(), TLSFailed},
		{"sandbox not allowed", NewTransport(TransportOptions{}), t.Context(), AddressRefused},
		{"given up before", at(other.Listener.Addr().String()), canceled, Canceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := testClient(test.transport).CreateUser(test.ctx, UserFields{Username: new("ada")})
			failed, ok := errors.AsType[*TransportError](err)
			if !ok || failed.Failure != test.want || failed.Sent || MayHaveBeenApplied(err) {
				t.Errorf("error %#v, want %q, not sent", err, test.want)
			}
		})
	}
}

// TestAnotherCallsFailure: a context that ended because another call failed does
// not bring that call's words, its path among them, into this one's error.
func TestAnotherCallsFailure(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	client := testClient(serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel(&TransportError{Failure: Unreachable, Path: "/admin/v1/users/DUOTHER"})
		<-r.Context().Done()
	}))
	_, err := client.User(ctx, "DUTHIS")
	failed, ok := errors.AsType[*TransportError](err)
	if !ok || failed.Failure != Canceled || !errors.Is(err, context.Canceled) ||
		strings.Contains(fmt.Sprintf("%v %v", err, failed.Err), "DUOTHER") {
		t.Errorf("%#v", err)
	}
}

// TestReadingByPOST: such a call changes nothing, whatever became of its answer.
func TestReadingByPOST(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"inner error": answer(500, `{"code": 50001, "message": "no", "stat": "FAIL"}`),
		"lost":        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		_, list := testClient(serve(t, handler)).ListAccounts(t.Context())
		_, preauth := testClient(serve(t, handler)).Preauth(t.Context(), AuthUser{Username: "ada"}, AccessDevice{})
		_, status := testClient(serve(t, handler)).EnrollStatus(t.Context(), "DU1", "x")
		for _, err := range []error{list, preauth, status} {
			if err == nil || MayHaveBeenApplied(err) {
				t.Errorf("%s: %v may have been applied", name, err)
			}
		}
	}
}

// TestWhatDuoSaid: the answer's own words can stand behind a sentence of ours, and say whose they are.
func TestWhatDuoSaid(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]Error{
		"Duo said: “Invalid request parameters: username” (code 40002).": {Status: 400, Code: 40002,
			Message: "Invalid request parameters", Detail: "username"},
		"Duo said: “Not in your edition” (code 40301).": {Status: 403, Code: 40301,
			Message: "Not in your edition"},
		`Duo said: “"x"” (code 40002).`: {Status: 400, Code: 40002, Message: "“x”"},
		"Duo said: “username” (code 40002).": {Status: 400, Code: 40002,
			Detail: "username"},
		"Duo gave the code 40301 and no words.":            {Status: 403, Code: 40301},
		"The host said: “blocked by policy” (status 403).": {Status: 403, Message: "blocked by policy"},
		"": {Status: 403, Message: "Forbidden"},
	} {
		if got := e.Said(); got != want {
			t.Errorf("%+v: %q, want %q", e, got, want)
		}
	}
	for wrong, e := range map[bool]Error{
		true:  {Code: 40301, Message: "Access forbidden", Detail: "Wrong integration type for this API."},
		false: {Code: 40301, Message: "Access forbidden", Detail: "Your edition does not include this."},
	} {
		if e.WrongKind() != wrong {
			t.Errorf("%+v: %v", e, e.WrongKind())
		}
	}
}
