package duosim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestM20EveryWriteIsLogged(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{LogDelay: 2 * time.Minute})
	user := b.wantOK(b.asParent("POST", "/admin/v1/users", "username", "ada", "realname",
		"Ada")).object()["user_id"].(string)
	b.wantOK(b.asParent("POST", "/admin/v1/users/"+user+"/bypass_codes", "codes", "123456", "valid_secs", "60"))
	phone := b.wantOK(b.asParent("POST", "/admin/v1/phones", "number", "+17345551213", "type", "mobile", "platform",
		"apple ios")).object()["phone_id"].(string)
	b.wantVoid(b.asParent("POST", "/admin/v1/phones/"+phone+"/send_sms_passcodes"))
	b.wantVoid(b.asParent("DELETE", "/admin/v1/users/"+user))
	logged := func(path string) []map[string]any { return b.wantOK(b.asParent("GET", "/admin/v1/logs/"+path)).list() }
	if n := len(logged("administrator")); n != 0 {
		t.Errorf("%d events before the delay is over", n)
	}
	b.MoveClock(2 * time.Minute)
	events := logged("administrator")
	var actions []string
	for _, e := range events {
		actions = append(actions, fmt.Sprint(e["action"], " ", e["object"]))
		if !strings.HasPrefix(e["username"].(string), "API (") || e["timestamp"] != float64(noon.Unix()) ||
			e["isotimestamp"] != "2026-08-04T12:00:00+00:00" {
			t.Errorf("event: %v", e)
		}
	}
	slices.Sort(actions)
	if got := strings.Join(actions,
		", "); got != "bypass_create ada, phone_create +17345551213, user_create ada, user_delete ada" {
		t.Errorf("administrator log: %s", got)
	}
	if text := b.asParent("GET", "/admin/v1/logs/administrator").Text; strings.Contains(text, "123456") ||
		!strings.Contains(text, `\"uname\":\"ada\"`) {
		t.Errorf("descriptions: %s", text)
	}
	sms := logged("telephony")
	if len(sms) != 1 || sms[0]["type"] != "sms" || sms[0]["credits"] != 1.0 || sms[0]["phone"] != "+17345551213" {
		t.Errorf("telephony log: %v", sms)
	}
	if used := b.wantOK(b.asParent("GET",
		"/admin/v1/info/telephony_credits_used")).object(); used["telephony_credits_used"] != 1.0 {
		t.Errorf("credits used: %v", used)
	}
	if n := len(logged("offline_enrollment")); n != 0 {
		t.Errorf("offline log: %d", n)
	}
}

// logWindow is a day before and after noon, in milliseconds.
func logWindow(pairs ...string) []string {
	return append(pairs, "mintime", strconv.FormatInt(noon.AddDate(0, 0, -1).UnixMilli(), 10), "maxtime",
		strconv.FormatInt(noon.AddDate(0, 0, 1).UnixMilli(), 10))
}

func TestM20NewerLogsArePagedByCursor(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	b.AddUser(b.child.AccountID, UserSpec{Username: "bob", Status: Bypass})
	for i := range 5 {
		b.wantOK(b.auth("auth", "username", "ada", "factor", "passcode", "passcode", "000000"))
		if i%2 == 0 {
			b.MoveClock(time.Second) // so that some events share a moment
		}
	}
	b.wantOK(b.auth("auth", "username", "bob", "factor", "auto", "device", "auto"))
	b.wantVoid(b.asParent("POST", "/admin/v1/phones/"+b.phone+"/send_sms_passcodes"))
	b.wantVoid(b.asParent("POST", "/admin/v1/phones/"+b.phone+"/send_sms_passcodes"))
	for _, name := range []string{"one", "two", "three"} {
		b.wantOK(b.asParent("POST", "/admin/v1/groups", "name", name))
	}
	for _, c := range []struct {
		path, list, id string
		total          int
	}{{"authentication", "authlogs", "txid", 6}, {"activity", "items", "activity_id", 3},
		{"telephony", "items", "telephony_id", 2}} {
		for _, order := range []string{"ts:asc", "ts:desc"} {
			var seen []string
			offset := []string{}
			for pages := 0; ; pages++ {
				pairs := append(logWindow("limit", "2", "sort", order), offset...)
				r := b.wantOK(b.asParent("GET", "/admin/v2/logs/"+c.path, pairs...)).object()
				for _, e := range r[c.list].([]any) {
					seen = append(seen, e.(map[string]any)[c.id].(string))
				}
				metadata := r["metadata"].(map[string]any)
				if metadata["total_objects"] != float64(c.total) || pages > c.total {
					t.Fatalf("%s, page %d: %v", c.path, pages, metadata)
				}
				offset = nil
				switch next := metadata["next_offset"].(type) {
				case nil:
				case string:
					offset = []string{"next_offset", next}
				case []any: // as the Python client sends it: one parameter twice
					offset = []string{"next_offset", next[0].(string), "next_offset", next[1].(string)}
					if pages > 0 { // as the Go client does
						offset = []string{"next_offset", next[0].(string) + "," + next[1].(string)}
					}
				}
				if offset == nil {
					break
				}
			}
			slices.Sort(seen)
			if len(seen) != c.total || len(slices.Compact(seen)) != c.total {
				t.Errorf("%s %s: events %v, want each of %d once", c.path, order, seen, c.total)
			}
		}
	}
	filtered := b.wantOK(b.asParent("GET", "/admin/v2/logs/authentication",
		logWindow("reasons", "bypass_user", "reasons", "user_approved", "results", "success")...)).object()
	event := filtered["authlogs"].([]any)[0].(map[string]any)
	if filtered["metadata"].(map[string]any)["total_objects"] != 1.0 ||
		event["user"].(map[string]any)["name"] != "bob" || event["isotimestamp"] != "2026-08-04T12:00:03.000000+00:00" {
		t.Errorf("filtered: %v", filtered)
	}
	for name, c := range map[string]struct {
		pairs  []string
		code   int
		detail string
	}{
		"no window": {[]string{"maxtime", "1"}, 40001, "mintime"},
		"backwards": {[]string{"mintime", "2", "maxtime", "1"}, 40002, "mintime"},
		"long ago": {[]string{"mintime", "1000", "maxtime", "2000"}, 40002,
			"mintime must be within the past 180 days"},
		"wrong sort":  {logWindow("sort", "up"), 40002, "sort"},
		"wrong place": {logWindow("next_offset", "nowhere"), 40002, "next_offset"},
	} {
		t.Run(name, func(t *testing.T) {
			b := b.on(t)
			b.wantRefusal(b.asParent("GET", "/admin/v2/logs/authentication", c.pairs...), c.code, c.detail)
		})
	}
	attempts := b.wantOK(b.asParent("GET",
		"/admin/v1/info/authentication_attempts")).object()["authentication_attempts"]
	if fmt.Sprint(attempts) != "map[ERROR:0 FAILURE:5 FRAUD:0 SUCCESS:1]" {
		t.Errorf("attempts: %v", attempts)
	}
	people := b.wantOK(b.asParent("GET",
		"/admin/v1/info/user_authentication_attempts")).object()["user_authentication_attempts"]
	if fmt.Sprint(people) != "map[ERROR:0 FAILURE:1 FRAUD:0 SUCCESS:1]" {
		t.Errorf("users with attempts: %v", people)
	}
}
