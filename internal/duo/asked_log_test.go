package duo

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// A log that ignores its filters is read to its end, and only what was asked for is returned.
func TestIgnoredFiltersOfLogs(t *testing.T) {
	t.Parallel()
	event := func(id, user, result, factor, at string) string {
		return `{"txid": "` + id + `", "user": {"key": "` + user + `"}, "result": "` + result + `", "factor": "` +
			factor + `", "isotimestamp": "` + at + `"}`
	}
	const in = "2026-08-04T12:34:56.413200+00:00"
	pages := map[string]string{
		"": event("other user", "DU2", "success", "duo_push", in) + "," +
			event("no user", "", "success", "duo_push", in),
		"1,a": event("first", "DU1", "success", "duo_push", in) + "," +
			event("denied", "DU1", "denied", "duo_push", in),
		"2,b": event("by call", "DU1", "success", "phone_call", in) + "," +
			event("too early", "DU1", "success", "duo_push", "2026-08-03T23:59:58+00:00"),
		"3,c": event("too late", "DU1", "success", "duo_push", "2026-08-05T00:00:02+00:00") + "," +
			event("last", "DU1", "success", "duo_push", in),
		"4,d": "",
	}
	next := map[string]string{"": "1,a", "1,a": "2,b", "2,b": "3,c", "3,c": "4,d", "4,d": "5,e"}
	c := testClient(serve(t, func(w http.ResponseWriter, r *http.Request) {
		at := r.URL.Query().Get("next_offset")
		ok(`{"authlogs": [`+pages[at]+`], "metadata": {"next_offset": ["`+strings.Replace(next[at], ",", `", "`, 1)+
			`"]}}`)(w, r)
	}))
	window := LogWindow{From: time.Date(2026, 8, 4, 0, 0, 0, 0, time.UTC),
		To:    time.Date(2026, 8, 5, 0, 0, 0, 0, time.UTC),
		Users: []UserID{"DU1"}, Results: []string{"success"}, Factors: []string{"duo_push"}}
	events, err := collect(c.AuthenticationLog(t.Context(), window, 10))
	var found []string
	for _, e := range events {
		found = append(found, string(e.Transaction))
	}
	if err != nil || !slices.Equal(found, []string{"first", "last"}) {
		t.Errorf("found %q, %v", found, err)
	}
	params, err := window.params(100, "")
	if err != nil {
		t.Fatal(err)
	}
	answers := 0
	for answer, err := range c.DoPages(t.Context(),
		Request{Method: http.MethodGet, Path: "/admin/v2/logs/authentication", Params: params}, 10) {
		if err != nil || strings.Contains(string(answer.Response), "other user") {
			t.Errorf("a generic call answered %s, %v", answer.Response, err)
		}
		answers++
	}
	if answers != 5 {
		t.Errorf("a generic call read %d pages", answers)
	}
}

// Names are unique in an account, so nobody is the one of two.
func TestOneUserHasAUsername(t *testing.T) {
	t.Parallel()
	c := testClient(serve(t,
		ok(`[{"user_id": "DU1", "username": "ada"}, {"user_id": "DU2", "username": "bob", "alias1": "ADA"}]`)))
	user, found, err := c.UserByUsername(t.Context(), "ada")
	if failed, is := errors.AsType[*TransportError](err); found || !is || failed.Failure != OtherAnswer {
		t.Errorf("found %q, %t, %v", user.ID, found, err)
	}
}

func TestSameName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"ada", "ADA", true}, {"ada ", "ada", true}, {"Zoe\u0308", "ZO\u00cb", true}, {"", "", false}, {" ", "", false},
		{"ada", "ada\u200b", false},
		{`acme\ada`, "ada", false}, {"ada@acme.example", "ada", false}, {"ada", "adá", false},
	} {
		if got := SameName(test.a, test.b); got != test.want {
			t.Errorf("%q and %q: %t", test.a, test.b, got)
		}
	}
}

// TestIgnoredFiltersOfOldLogs: in a log of version 1, which has at most its 1000 earliest
// events in one answer, too, only what was asked for is returned.
func TestIgnoredFiltersOfOldLogs(t *testing.T) {
	t.Parallel()
	events := func(seconds ...int) string {
		var rows []string
		for _, second := range seconds {
			rows = append(rows, fmt.Sprintf(`{"timestamp": %d}`, second))
		}
		return "[" + strings.Join(append(rows, `{"action": "no time"}`), ",") + "]"
	}
	var early []int
	for second := range 999 {
		early = append(early, second+1)
	}
	answered := ""
	c := testClient(serve(t, func(w http.ResponseWriter, r *http.Request) { ok(answered)(w, r) }))
	for _, log := range []string{"administrator", "authentication", "telephony", "offline_enrollment"} {
		read := func(params Params) (string, error) {
			answer, err := c.Do(t.Context(), Request{Method: http.MethodGet, Path: "/admin/v1/logs/" + log,
				Params: params})
			return strings.ReplaceAll(string(answer.Response), " ", ""), err
		}
		answered = events(1999, 2000, 2001)
		for value, want := range map[any]string{"2000": events(2000, 2001), 1999: answered, "": answered,
			"soon": answered} {
			if got, err := read(Params{"mintime": value}); err != nil || got != strings.ReplaceAll(want, " ", "") {
				t.Errorf("%s from %v: %s, %v", log, value, got, err)
			}
		}
		answered = events(early...)
		_, err := read(Params{"mintime": "999"})
		if failed, is := errors.AsType[*TransportError](err); !is || failed.Failure != OtherAnswer {
			t.Errorf("%s: the earliest 1000 of all say what came later: %v", log, err)
		}
	}
}
