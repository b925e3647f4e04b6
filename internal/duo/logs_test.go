package duo

import (
	"errors"
	"fmt"
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
		ok(fmt.Sprintf(`{"items": [{"telephony_id": "%d-a"}, {"telephony_id": "%d-b"}], "metadata": {"next_offset": %s}}`, at, at, next))(w, r)
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
		if len(ids) != test.events || int(requests.Load()) != test.requests || errors.Is(last, ErrMorePages) != test.more {
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
		for _, perSecond := range [][]int{{}, {3}, {999, 1}, {999, 1, 1}, {400, 400, 400, 400, 400}, {1000}, {500, 1000, 3}} {
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
