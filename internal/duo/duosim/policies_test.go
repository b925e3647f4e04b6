package duosim

import (
	"fmt"
	"strings"
	"testing"
)

func TestGlobalPolicy(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	listed := b.wantOK(b.asParent("GET", "/admin/v2/policies")).list()
	key := listed[0]["policy_key"].(string)
	if len(listed) != 1 || listed[0]["is_global_policy"] != true || !strings.HasPrefix(key, "PO") || len(key) != objectIDLength {
		t.Fatalf("list: %v", listed)
	}
	sections := map[string]any{"new_user": map[string]any{"new_user_behavior": "deny"}, "authentication_methods": map[string]any{"require_verified_push": true}}
	changed := b.wantOK(b.asParentJSON("PUT", "/admin/v2/policies/"+key, map[string]any{"sections": sections})).object()["sections"].(map[string]any)
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
	b.wantRefusal(b.asParentJSON("PUT", "/admin/v2/policies/"+key, map[string]any{"sections": []any{}}), 40002, "sections")
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
