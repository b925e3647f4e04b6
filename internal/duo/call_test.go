package duo

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Every function says above itself what it calls. An endpoint that is not in the list would be
// counted as "other", and nobody would notice.
func TestEveryEndpointIsListed(t *testing.T) {
	t.Parallel()
	documented := regexp.MustCompile(`(?m)^// ((?:GET|POST|PUT|PATCH|DELETE) /[a-z0-9_{}/]+)`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range documented.FindAllStringSubmatch(string(text), -1) {
			if found++; !slices.Contains(endpoints, m[1]) {
				t.Errorf("%s: %s is not in endpoints (call.go)", file, m[1])
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d endpoints were found", found)
	}
}

func TestEndpointOfHoldsNoID(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ method, path, want, api string }{
		{"POST", "/admin/v1/users/DU0123456789ABCDEFGH/bypass_codes",
			"POST /admin/v1/users/{user_id}/bypass_codes", "admin"},
		{"DELETE", "/admin/v1/users/DU01/phones/DP01", "DELETE /admin/v1/users/{user_id}/phones/{phone_id}", "admin"},
		{"POST", "/admin/v1/users/bulk_restore", "POST /admin/v1/users/bulk_restore", "admin"},
		{"POST", "/accounts/v1/account/list", "POST /accounts/v1/account/list", "accounts"},
		{"GET", "/auth/v2/ping", "GET /auth/v2/ping", "auth"},
		{"PUT", "/admin/v1/users/DU01", "other", "other"},
		{"GET", "/admin/v1/users/DU01/canary", "other", "other"},
		{"GET", "/canary", "other", "other"},
	} {
		call := Call{Endpoint: endpointOf(test.method, test.path)}
		if call.Endpoint != test.want || call.API() != test.api {
			t.Errorf("%s %s: %q of %q", test.method, test.path, call.Endpoint, call.API())
		}
	}
}

func TestEveryFailureHasAnOutcome(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("errors.go")
	if err != nil {
		t.Fatal(err)
	}
	failures := regexp.MustCompile(`Failure += "([^"]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(failures) < 13 {
		t.Fatal("only ", len(failures), " failures were found")
	}
	for _, f := range failures {
		if (Call{Err: &TransportError{Failure: Failure(f[1])}}).Outcome() == "" {
			t.Errorf("%q has no outcome", f[1])
		}
	}
}

func TestCallsAreObserved(t *testing.T) {
	t.Parallel()
	user := func(c *Client) error { _, err := c.User(t.Context(), "DU01"); return err }
	slow := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	limited := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "1")
		answer(429, `{"code": 42901, "message": "Too many requests", "stat": "FAIL"}`)(w, r)
	}
	const read = "GET /admin/v1/users/{user_id} "
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		call    func(*Client) error
		want    []string
	}{
		"done": {ok(`{"user_id": "DU01", "username": "ada"}`), user, []string{read + "ok"}},
		"refused": {answer(404, `{"code": 40401, "message": "Resource not found", "stat": "FAIL"}`), user,
			[]string{read + "refused"}},
		"limited, repeated": {limited, user, []string{read + "rate_limited", read + "rate_limited",
			read + "rate_limited"}},
		"Duo's fault":   {answer(503, `<html>`), user, []string{read + "duo_error"}},
		"no JSON":       {answer(200, `<html>`), user, []string{read + "not_understood"}},
		"another shape": {ok(`"text"`), user, []string{read + "not_understood"}},
		"too slow":      {slow, user, []string{read + "timeout"}},
		"dropped": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, user,
			[]string{read + "lost"}},
		"ping": {ok(`{"time": 1}`), func(c *Client) error { _, err := c.Ping(t.Context()); return err },
			[]string{"GET /auth/v2/ping ok"}},
		"an id that is none": {ok(`{}`),
			func(c *Client) error { _, err := c.User(t.Context(), "../canary"); return err }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var seen []string
			c := New(Credentials{Host: testHost, IntegrationKey: testKey, Secret: lend(testSecret)}, Options{
				Transport: serve(t, test.handler), Timeout: 3 * time.Second,
				Observe: func(_ context.Context, call Call) {
					mu.Lock()
					defer mu.Unlock()
					seen = append(seen, call.Endpoint+" "+call.Outcome())
					if call.Took < 0 || call.Took > time.Minute {
						t.Error("took ", call.Took)
					}
				},
			})
			err := test.call(c)
			if failed := len(test.want) == 0 || !strings.HasSuffix(test.want[0], " ok"); failed != (err != nil) {
				t.Error(err)
			}
			if !slices.Equal(seen, test.want) {
				t.Errorf("seen %q, want %q", seen, test.want)
			}
		})
	}
	if got := (Call{Err: errors.New("of somebody else")}).Outcome(); got != "other" {
		t.Error(got)
	}
}
