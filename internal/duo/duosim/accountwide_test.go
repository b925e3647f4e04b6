package duosim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestM12Billing(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.SetCredits(b.parent.AccountID, 100)
	b.SetCredits(b.child.AccountID, 50)
	edition := func() any {
		return b.wantOK(b.asParent("GET", "/admin/v1/billing/edition")).object()["edition"]
	}
	credits := func() [2]any {
		mine := b.wantOK(b.asParent("GET", "/admin/v1/billing/telephony_credits")).object()["credits"]
		pool := b.wantOK(b.call(b.parent.APIHostname, b.parent.Application(AdminAPI), "GET", "/admin/v1/info/summary")).object()["telephony_credits_remaining"]
		return [2]any{mine, pool}
	}
	if edition() != "PLATFORM" {
		t.Errorf("initial edition: %v", edition())
	}
	b.wantVoid(b.asParent("POST", "/admin/v1/billing/edition", "edition", "ENTERPRISE"))
	if got := b.wantOK(b.asParent("GET", "/admin/v1/info/summary")).object()["edition"]; edition() != "ENTERPRISE" || got != "Duo Essentials" {
		t.Errorf("edition %v, in the summary %v", edition(), got)
	}
	b.wantRefusal(b.asParent("GET", "/admin/v1/endpoints"), 40301, "") // not in Essentials
	for _, wrong := range []string{"PERSONAL", "GOLD"} {
		b.wantRefusal(b.asParent("POST", "/admin/v1/billing/edition", "edition", wrong), 40002, "edition")
	}
	b.wantVoid(b.asParent("POST", "/admin/v1/billing/telephony_credits", "credits", "130"))
	if credits() != [2]any{130.0, 20.0} {
		t.Errorf("after adding 80: %v", credits())
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/billing/telephony_credits", "credits", "151"), 40002, "credits")
	b.wantRefusal(b.asParent("POST", "/admin/v1/billing/telephony_credits", "credits", "-1"), 40002, "credits")
	b.wantVoid(b.asParent("POST", "/admin/v1/billing/telephony_credits", "credits", "0"))
	if credits() != [2]any{0.0, 150.0} {
		t.Errorf("after giving all back: %v", credits())
	}
	b.wantVoid(b.asParent("POST", "/admin/v1/billing/user_limit", "user_limit", "5"))
	if got := b.wantOK(b.asParent("GET", "/admin/v1/billing/user_limit")).object(); fmt.Sprint(got) != "map[current_user_count:0 user_limit:5]" {
		t.Errorf("user limit: %v", got)
	}
	own := b.AddApplication(b.child.AccountID, AdminAPI)
	b.wantRefusal(b.call(b.child.APIHostname, own, "GET", "/admin/v1/billing/edition"), 40301, "")
	b.SetBilling(b.parent.AccountID, false)
	for _, path := range []string{"edition", "telephony_credits", "user_limit"} {
		b.wantRefusal(b.asParent("GET", "/admin/v1/billing/"+path), 40301, "")
		b.wantRefusal(b.asParent("POST", "/admin/v1/billing/"+path, "edition", "BEYOND", "credits", "1", "user_limit", "1"), 40301, "")
	}
}

func TestM21EveryPermissionIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, grant := range AllGrants {
		b := newBench(t, Options{})
		var others []Grant
		for _, g := range AllGrants {
			if g != grant {
				others = append(others, g)
			}
		}
		only, lacking := b.AddApplication(b.child.AccountID, AdminAPI, grant), b.AddApplication(b.child.AccountID, AdminAPI, others...)
		asked := 0
		for _, r := range routes {
			if r.grant != grant {
				continue
			}
			asked++
			path := strings.NewReplacer("{", "", "}", "").Replace(r.pattern)
			b.wantRefusal(b.call(b.child.APIHostname, lacking, r.method, path), 40301, "")
			if got := b.call(b.child.APIHostname, only, r.method, path); got.Code == 40301 {
				t.Errorf("%s %s with %s alone: %s", r.method, path, grant, got.Text)
			}
		}
		if asked == 0 {
			t.Errorf("no call asks for %s", grant)
		}
	}
	for _, r := range routes {
		if strings.HasPrefix(r.pattern, "/admin/") && r.grant == "" && !strings.HasPrefix(r.pattern, "/admin/v1/billing/") {
			t.Errorf("%s %s asks for no permission", r.method, r.pattern)
		}
	}
}

func TestIntegrationsOfAllVersions(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.wantRefusal(b.asParent("POST", "/admin/v1/integrations", "name", "VPN"), 40001, "type")
	b.wantRefusal(b.asParent("POST", "/admin/v1/integrations", "name", "VPN", "type", "accountsapi"), 40002, "type")
	first := b.wantOK(b.asParent("POST", "/admin/v1/integrations", "name", "Desk", "type", "authapi")).object()
	second := b.wantOK(b.asParent("POST", "/admin/v2/integrations", "name", "Desk 2", "type", "authapi")).object()
	third := b.wantOK(b.asParent("POST", "/admin/v3/integrations", "name", "Desk 3", "type", "authapi")).object()
	if first["secret_key"] == nil || second["secret_key"] != nil || third["secret_key"] != nil || third["user_access"] != "NO_USERS" {
		t.Fatalf("created: %v, %v, %v", first, second, third)
	}
	for i, made := range []map[string]any{first, second, third} {
		id := made["integration_key"].(string)
		secret := b.wantOK(b.asParent("GET", "/admin/v1/integrations/"+id+"/skey")).object()["secret_key"].(string)
		app := Application{Type: AuthAPI, IntegrationKey: id, SecretKey: secret}
		b.wantOK(b.call(b.child.APIHostname, app, "GET", "/auth/v2/check"))
		version := fmt.Sprint("/admin/v", i+1, "/integrations")
		listed := b.wantOK(b.asParent("GET", version))
		if listed.Metadata["total_objects"] != 3-i || (listed.list()[0]["secret_key"] == nil) != (i > 0) {
			t.Errorf("%s: %s", version, listed.Text)
		}
		changed := b.wantOK(b.asParent("POST", version+"/"+id, "reset_secret_key", "1", "notes", "rolled")).object()
		if changed["notes"] != "rolled" {
			t.Errorf("modified: %v", changed)
		}
		b.wantRefusal(b.call(b.child.APIHostname, app, "GET", "/auth/v2/check"), 40103, "")
		b.wantVoid(b.asParent("DELETE", version+"/"+id))
		b.wantVoid(b.asParent("DELETE", version+"/"+id))
		b.wantRefusal(b.call(b.child.APIHostname, app, "GET", "/auth/v2/check"), 40102, "")
	}
	admin := b.wantOK(b.asParent("POST", "/admin/v1/integrations", "name", "Reader", "type", "adminapi", "adminapi_read_resource", "1")).object()
	if admin["adminapi_read_resource"] != 1.0 || admin["adminapi_settings"] != 0.0 {
		t.Errorf("permissions: %v", admin)
	}
	reader := Application{Type: AdminAPI, IntegrationKey: admin["integration_key"].(string), SecretKey: admin["secret_key"].(string)}
	b.wantOK(b.call(b.child.APIHostname, reader, "GET", "/admin/v1/users"))
	b.wantRefusal(b.call(b.child.APIHostname, reader, "GET", "/admin/v1/settings"), 40301, "")
	b.wantOK(b.asParent("POST", "/admin/v1/integrations/"+reader.IntegrationKey, "adminapi_integrations", "true"))
	b.wantRefusal(b.call(b.child.APIHostname, reader, "DELETE", "/admin/v1/integrations/"+reader.IntegrationKey), 40301, "")
	b.wantRefusal(b.call(b.child.APIHostname, reader, "POST", "/admin/v1/integrations/"+reader.IntegrationKey, "reset_secret_key", "1"), 40002, "reset_secret_key")
}

func TestAdministrators(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	id := b.AddAdmin(b.child.AccountID, AdminSpec{Name: "Jane", Email: "jane@acme.example", Role: "Help Desk", LastLogin: noon})
	b.AddAdmin(b.child.AccountID, AdminSpec{Name: "Joe", Email: "joe@acme.example", Status: "Pending Activation"})
	listed := b.wantOK(b.asParent("GET", "/admin/v1/admins"))
	if listed.Metadata["total_objects"] != 2 || listed.list()[1]["role"] != "Owner" || listed.list()[1]["last_login"] != nil {
		t.Errorf("list: %s", listed.Text)
	}
	if one := b.wantOK(b.asParent("GET", "/admin/v1/admins/"+id)).object(); one["role"] != "Help Desk" || one["last_login"] != float64(noon.Unix()) {
		t.Errorf("get: %v", one)
	}
	b.wantRefusal(b.asParent("GET", "/admin/v1/admins/DE00000000000000000X"), 40401, "")
	if n := b.wantOK(b.asParent("GET", "/admin/v1/info/summary")).object()["admin_count"]; n != 2.0 {
		t.Errorf("admin_count: %v", n)
	}
}

func TestGlobalPolicy(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	listed := b.wantOK(b.asParent("GET", "/admin/v2/policies")).list()
	key := listed[0]["policy_key"].(string)
	if len(listed) != 1 || listed[0]["is_global_policy"] != true || !strings.HasPrefix(key, "PO") || len(key) != objectIDLength {
		t.Fatalf("list: %v", listed)
	}
	sections := `{"new_user":{"new_user_behavior":"deny"},"authentication_methods":{"require_verified_push":true}}`
	changed := b.wantOK(b.asParent("PUT", "/admin/v2/policies/"+key, "sections", sections)).object()["sections"].(map[string]any)
	methods := changed["authentication_methods"].(map[string]any)
	if methods["require_verified_push"] != true || methods["verified_push_digits"] != 6.0 || len(methods["allowed_auth_list"].([]any)) != 6 {
		t.Errorf("members that were not named did not stay: %v", methods)
	}
	for _, path := range []string{"/global", "/" + key} {
		got := b.wantOK(b.asParent("GET", "/admin/v2/policies"+path)).object()["sections"].(map[string]any)["new_user"]
		if fmt.Sprint(got) != "map[new_user_behavior:deny]" {
			t.Errorf("%s: %v", path, got)
		}
	}
	if got := b.wantOK(b.asParent("GET", "/admin/v2/policies/summary")).object(); got["policy_count"] != 1.0 || got["response_is_truncated"] != false {
		t.Errorf("summary: %v", got)
	}
	user, app := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"}), b.AddApplication(b.child.AccountID, AuthAPI)
	b.wantOK(b.asParent("GET", "/admin/v2/policies/calculate", "user_id", user, "integration_key", app.IntegrationKey))
	b.wantRefusal(b.asParent("GET", "/admin/v2/policies/calculate", "user_id", user, "integration_key", "DIx"), 40002, "integration_key")
	b.wantRefusal(b.asParent("GET", "/admin/v2/policies/PO00000000000000000X"), 40401, "")
	b.wantRefusal(b.asParent("PUT", "/admin/v2/policies/"+key, "sections", "[]"), 40002, "sections")
}

func TestM20EveryWriteIsLogged(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{LogDelay: 2 * time.Minute})
	user := b.wantOK(b.asParent("POST", "/admin/v1/users", "username", "ada", "realname", "Ada")).object()["user_id"].(string)
	b.wantOK(b.asParent("POST", "/admin/v1/users/"+user+"/bypass_codes", "codes", "123456", "valid_secs", "60"))
	phone := b.wantOK(b.asParent("POST", "/admin/v1/phones", "number", "+17345551213", "type", "mobile", "platform", "apple ios")).object()["phone_id"].(string)
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
		if !strings.HasPrefix(e["username"].(string), "API (") || e["timestamp"] != float64(noon.Unix()) || e["isotimestamp"] != "2026-08-04T12:00:00+00:00" {
			t.Errorf("event: %v", e)
		}
	}
	slices.Sort(actions)
	if got := strings.Join(actions, ", "); got != "bypass_create ada, phone_create +17345551213, user_create ada, user_delete ada" {
		t.Errorf("administrator log: %s", got)
	}
	if text := b.asParent("GET", "/admin/v1/logs/administrator").Text; strings.Contains(text, "123456") || !strings.Contains(text, `\"uname\":\"ada\"`) {
		t.Errorf("descriptions: %s", text)
	}
	sms := logged("telephony")
	if len(sms) != 1 || sms[0]["type"] != "sms" || sms[0]["credits"] != 1.0 || sms[0]["phone"] != "+17345551213" {
		t.Errorf("telephony log: %v", sms)
	}
	if used := b.wantOK(b.asParent("GET", "/admin/v1/info/telephony_credits_used")).object(); used["telephony_credits_used"] != 1.0 {
		t.Errorf("credits used: %v", used)
	}
	if n := len(logged("offline_enrollment")); n != 0 {
		t.Errorf("offline log: %d", n)
	}
}

// logWindow is a day before and after noon, in milliseconds.
func logWindow(pairs ...string) []string {
	return append(pairs, "mintime", strconv.FormatInt(noon.AddDate(0, 0, -1).UnixMilli(), 10), "maxtime", strconv.FormatInt(noon.AddDate(0, 0, 1).UnixMilli(), 10))
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
	}{{"authentication", "authlogs", "txid", 6}, {"activity", "items", "activity_id", 3}, {"telephony", "items", "telephony_id", 2}} {
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
			if len(slices.Compact(seen)) != c.total {
				t.Errorf("%s %s: %d events, want each of %d once", c.path, order, len(seen), c.total)
			}
		}
	}
	filtered := b.wantOK(b.asParent("GET", "/admin/v2/logs/authentication", logWindow("reasons", "bypass_user", "reasons", "user_approved", "results", "success")...)).object()
	event := filtered["authlogs"].([]any)[0].(map[string]any)
	if filtered["metadata"].(map[string]any)["total_objects"] != 1.0 || event["user"].(map[string]any)["name"] != "bob" || event["isotimestamp"] != "2026-08-04T12:00:03.000000+00:00" {
		t.Errorf("filtered: %v", filtered)
	}
	for name, c := range map[string]struct {
		pairs  []string
		code   int
		detail string
	}{
		"no window":   {[]string{"maxtime", "1"}, 40001, "mintime"},
		"backwards":   {[]string{"mintime", "2", "maxtime", "1"}, 40002, "mintime"},
		"long ago":    {[]string{"mintime", "1000", "maxtime", "2000"}, 40002, "mintime must be within the past 180 days"},
		"wrong sort":  {logWindow("sort", "up"), 40002, "sort"},
		"wrong place": {logWindow("next_offset", "nowhere"), 40002, "next_offset"},
	} {
		t.Run(name, func(t *testing.T) {
			b := b.on(t)
			b.wantRefusal(b.asParent("GET", "/admin/v2/logs/authentication", c.pairs...), c.code, c.detail)
		})
	}
	attempts := b.wantOK(b.asParent("GET", "/admin/v1/info/authentication_attempts")).object()["authentication_attempts"]
	if fmt.Sprint(attempts) != "map[ERROR:0 FAILURE:5 FRAUD:0 SUCCESS:1]" {
		t.Errorf("attempts: %v", attempts)
	}
	people := b.wantOK(b.asParent("GET", "/admin/v1/info/user_authentication_attempts")).object()["user_authentication_attempts"]
	if fmt.Sprint(people) != "map[ERROR:0 FAILURE:1 FRAUD:0 SUCCESS:1]" {
		t.Errorf("users with attempts: %v", people)
	}
}

func TestBulkCreateMakesAllOrNone(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	create := func(users string) reply { return b.asParent("POST", "/admin/v1/users/bulk_create", "users", users) }
	made := b.wantOK(create(`[{"username":"Ada","realname":"Ada L.","aliases":"alias1=countess"},{"username":"bob","status":"bypass"}]`)).list()
	if len(made) != 2 || made[0]["alias1"] != "countess" || made[1]["status"] != "bypass" {
		t.Fatalf("made: %v", made)
	}
	b.wantRefusal(create(`[{"username":"carl"},{"username":"countess"}]`), 40003, "")
	b.wantRefusal(create(`{"username":"carl"}`), 40002, "users")
	many := make([]map[string]string, maxBulkUsers+1)
	for i := range many {
		many[i] = map[string]string{"username": fmt.Sprint("user", i)}
	}
	text, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	b.wantRefusal(create(string(text)), 40002, "users")
	if n := b.wantOK(b.asParent("GET", "/admin/v1/users")).Metadata["total_objects"]; n != 2 || len(b.Ledger()) != 2 {
		t.Errorf("%d users, %d effects, want 2", n, len(b.Ledger()))
	}
}

func TestBulkOperationsStandForThemselves(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	ada := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	group := b.AddGroup(b.child.AccountID, "Pilots", "")
	operations, err := json.Marshal([]map[string]any{
		{"method": "POST", "path": "/admin/v1/users", "body": map[string]any{"username": "bob"}},
		{"method": "POST", "path": "/admin/v1/users", "body": map[string]any{"username": "ADA"}},
		{"method": "POST", "path": "/admin/v1/users/" + ada, "body": map[string]any{"notes": "hello"}},
		{"method": "POST", "path": "/admin/v1/users/" + ada + "/groups", "body": map[string]any{"group_id": group}},
		{"method": "DELETE", "path": "/admin/v1/users/" + ada + "/groups/" + group},
	})
	if err != nil {
		t.Fatal(err)
	}
	results := b.wantOK(b.asParent("POST", "/admin/v1/bulk", "operations", string(operations))).list()
	var codes []any
	for _, r := range results {
		codes = append(codes, r["status_code"])
	}
	if fmt.Sprint(codes) != "[200 400 200 200 200]" || results[1]["code"] != 40003.0 || results[4]["response"] != "" {
		t.Errorf("results: %v", results)
	}
	if n := len(b.Ledger()); n != 4 {
		t.Errorf("%d effects, want 4", n)
	}
	for _, wrong := range []string{`[]`, `[{"method":"GET","path":"/admin/v1/users"}]`, `[{"method":"DELETE","path":"/admin/v1/phones/x"}]`, `[{"method":"POST","path":"/admin/v1/bulk"}]`} {
		b.wantRefusal(b.asParent("POST", "/admin/v1/bulk", "operations", wrong), 40002, "operations")
	}
}

func TestM19AccountWithoutTelephony(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	user := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	b.AddPhone(b.child.AccountID, PhoneSpec{Number: "+17345551213", Type: "Mobile", Platform: "Apple iOS", Activated: true, UserIDs: []string{user}})
	b.AddGroup(b.child.AccountID, "All", "", user)
	members := func() (found []string) {
		settings := b.wantOK(b.asParent("GET", "/admin/v1/settings")).object()
		u := b.wantOK(b.asParent("GET", "/admin/v1/users/"+user)).object()
		phone, group := u["phones"].([]any)[0].(map[string]any), u["groups"].([]any)[0].(map[string]any)
		for _, name := range []string{"caller_id", "keypress_confirm", "keypress_fraud", "voice_enabled", "predelay", "postdelay"} {
			for _, object := range []map[string]any{settings, phone, group} {
				if _, has := object[name]; has {
					found = append(found, name)
				}
			}
		}
		return append(found, fmt.Sprint(phone["capabilities"]))
	}
	if got := strings.Join(members(), " "); got != "caller_id keypress_confirm keypress_fraud voice_enabled voice_enabled predelay postdelay [auto push sms phone mobile_otp]" {
		t.Errorf("with telephony: %s", got)
	}
	b.SetTelephony(b.child.AccountID, false)
	if got := strings.Join(members(), " "); got != "[auto push sms mobile_otp]" {
		t.Errorf("without telephony: %s", got)
	}
	b.wantOK(b.asParent("POST", "/admin/v1/settings", "lockout_threshold", "4", "keypress_confirm", "1"))
}
