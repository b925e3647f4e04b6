package duo

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var lastWeek = LogWindow{From: second.Add(-7 * 24 * time.Hour), To: second}

func TestLogPages(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	c := testClient(serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		at, _ := strconv.Atoi(r.FormValue("next_offset"))
		next := `null`
		if at < 2 {
			next = fmt.Sprintf(`"%d"`, at+1)
		}
		ok(
			fmt.Sprintf(
				`{"items": [{"telephony_id": "%d-a"}, {"telephony_id": "%d-b"}], "metadata": {"next_offset": %s}}`, at,
				at, next))(w, r)
	}))
	for _, test := range []struct {
		maxPages, events, requests int
		more                       bool
	}{{1, 2, 1, true}, {2, 4, 2, true}, {3, 6, 3, false}, {9, 6, 3, false}} {
		requests.Store(0)
		var ids []string
		var last error
		for event, err := range c.TelephonyLog(t.Context(), lastWeek, test.maxPages) {
			if last = err; err == nil {
				ids = append(ids, event.ID)
			}
		}
		if len(ids) != test.events || int(requests.Load()) != test.requests ||
			errors.Is(last, ErrMorePages) != test.more {
			t.Errorf("%d pages at most: %q in %d requests, then %v", test.maxPages, ids, requests.Load(), last)
		}
	}
	requests.Store(0)
	for range c.TelephonyLog(t.Context(), lastWeek, 9) {
		break
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("a walk that was left asked %d times", n)
	}
}

func TestLogInCircles(t *testing.T) {
	t.Parallel()
	c := testClient(serve(t, ok(`{"items": [{"telephony_id": "x"}], "metadata": {"next_offset": "1,same"}}`)))
	_, err := collect(c.TelephonyLog(t.Context(), lastWeek, 100))
	if failed, ok := errors.AsType[*TransportError](err); !ok || failed.Failure != NotUnderstood {
		t.Errorf("a log that goes in circles ends with %v", err)
	}
	for _, response := range []string{`{}`, `[]`, `{"items": {}}`, `""`} {
		c := testClient(serve(t, ok(response)))
		_, _, err := c.ActivityLogPage(t.Context(), lastWeek, 10, "")
		if failed, ok := errors.AsType[*TransportError](err); !ok || failed.Failure != NotUnderstood {
			t.Errorf("%s is taken for a log without events: %v", response, err)
		}
	}
}

// administratorLog serves events of which n share a second, at most 1000 at once, as Duo does.
// Accounts differ in whether mintime itself is in.
func administratorLog(perSecond []int, strictlyAfter bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(r.FormValue("mintime"))
		if strictlyAfter {
			from++
		}
		var events []string
		for i, n := range perSecond {
			for k := range n {
				if second := 1000 + i; second >= from && len(events) < 1000 {
					events = append(events, fmt.Sprintf(`{"timestamp": %d, "object": "%d-%d"}`, second, i, k))
				}
			}
		}
		ok(`[`+strings.Join(events, ",")+`]`)(w, r)
	}
}

func TestAdministratorLogLosesNothing(t *testing.T) {
	t.Parallel()
	for _, strictly := range []bool{false, true} {
		for _, perSecond := range [][]int{{}, {3}, {999, 1}, {999, 1, 1}, {400, 400, 400, 400, 400}, {1000},
			{500, 1000, 3}} {
			c := testClient(serve(t, administratorLog(perSecond, strictly)))
			want := 0
			for _, n := range perSecond {
				want += n
			}
			seen := map[string]int{}
			for event, err := range c.AdministratorLog(t.Context(), time.Unix(1000, 0), 20) {
				if err != nil {
					t.Fatalf("%v: %v", perSecond, err)
				}
				seen[event.Object]++
			}
			if len(seen) != want {
				t.Errorf("%v, mintime excluded %t: %d of %d events", perSecond, strictly, len(seen), want)
			}
			for object, n := range seen {
				if n != 1 {
					t.Errorf("%v: %s is there %d times", perSecond, object, n)
				}
			}
		}
	}
}

func firstError[T any](objects iter.Seq2[T, error]) error {
	_, err := collect(objects)
	return err
}

// TestPagesOfAnyCall follows the pages of calls that have no function of their own.
func TestPagesOfAnyCall(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		path    string
		answers map[string]string // by the query that is asked
		want    int
		err     error
	}{
		"a list": {"/admin/v1/endpoints", map[string]string{
			"x=1":          `"metadata": {"next_offset": 2, "total_objects": 3}, "response": [1, 2]`,
			"offset=2&x=1": `"metadata": {"total_objects": 3}, "response": [3]`,
		}, 2, nil},
		"no list": {"/admin/v1/branding", map[string]string{"x=1": `"response": {"items": "some"}`}, 1, nil},
		"a log": {"/admin/v2/logs/authentication", map[string]string{
			"x=1":                   `"response": {"authlogs": [{}], "metadata": {"next_offset": ["1", "a"]}}`,
			"next_offset=1%2Ca&x=1": `"response": {"authlogs": [], "metadata": {"next_offset": ["2", "b"]}}`,
		}, 2, nil},
		"trust monitor": {"/admin/v1/trust_monitor/events", map[string]string{
			"x=1":            `"response": {"events": [{}], "metadata": {"next_offset": "159"}}`,
			"offset=159&x=1": `"response": {"events": [{}], "metadata": {"next_offset": "160"}}`,
			"offset=160&x=1": `"response": {"events": [{}], "metadata": {"next_offset": "161"}}`,
		}, 3, ErrMorePages},
		"in circles": {"/admin/v2/logs/activity", map[string]string{
			"x=1":               `"response": {"items": [{}], "metadata": {"next_offset": "1"}}`,
			"next_offset=1&x=1": `"response": {"items": [{}], "metadata": {"next_offset": "1"}}`,
		}, 2, &TransportError{Failure: NotUnderstood, Sent: true, Method: "GET", Path: "/admin/v2/logs/activity",
			Host: testHost}},
	} {
		c := testClient(serve(t, func(w http.ResponseWriter, r *http.Request) {
			response, known := test.answers[r.URL.RawQuery]
			if !known {
				t.Errorf("%s: asked for %s", name, r.URL)
			}
			answer(200, `{"stat": "OK", `+response+`}`)(w, r)
		}))
		n := 0
		var last error
		for _, err := range c.DoPages(t.Context(),
			Request{Method: "GET", Path: test.path, Params: Params{"x": "1"}}, 3) {
			if last = err; err == nil {
				n++
			}
		}
		if n != test.want || fmt.Sprint(last) != fmt.Sprint(test.err) {
			t.Errorf("%s: %d pages, then %v", name, n, last)
		}
	}
}
