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
	if len(listed) != 1 || listed[0]["is_global_policy"] != true || !strings.HasPrefix(key, "PO") ||
		len(key) != objectIDLength {
		t.Fatalf("list: %v", listed)
	}
	sections := map[string]any{"new_user": map[string]any{"new_user_behavior": "deny"},
		"authentication_methods": map[string]any{"require_verified_push": true}}
	changed := b.wantOK(b.asParentJSON("PUT", "/admin/v2/policies/"+key,
		map[string]any{"sections": sections})).object()["sections"].(map[string]any)
	methods := changed["authentication_methods"].(map[string]any)
	if methods["require_verified_push"] != true || methods["verified_push_digits"] != 6.0 ||
		len(methods["allowed_auth_list"].([]any)) != 6 {
		t.Errorf("members that were not named did not stay: %v", methods)
	}
	for _, path := range []string{"/global", "/" + key} {
		got := b.wantOK(b.asParent("GET", "/admin/v2/policies"+path)).object()["sections"].(map[string]any)["new_user"]
		if fmt.Sprint(got) != "map[new_user_behavior:deny]" {
			t.Errorf("%s: %v", path, got)
		}
	}
	if got := b.wantOK(b.asParent("GET", "/admin/v2/policies/summary")).object(); got["policy_count"] != 1.0 ||
		got["response_is_truncated"] != false {
		t.Errorf("summary: %v", got)
	}
	user, app := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"}), b.AddApplication(b.child.AccountID, AuthAPI)
	b.wantOK(b.asParent("GET", "/admin/v2/policies/calculate", "user_id", user, "integration_key", app.IntegrationKey))
	b.wantRefusal(b.asParent("GET", "/admin/v2/policies/calculate", "user_id", user, "integration_key", "DIx"), 40002,
		"integration_key")
	b.wantRefusal(b.asParent("GET", "/admin/v2/policies/PO00000000000000000X"), 40401, "")
	b.wantRefusal(b.asParentJSON("PUT", "/admin/v2/policies/"+key, map[string]any{"sections": []any{}}),
		40002, "sections")
}

func TestM19AccountWithoutTelephony(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	user := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	b.AddPhone(b.child.AccountID, PhoneSpec{Number: "+17345551213", Type: "Mobile", Platform: "Apple iOS",
		Activated: true, UserIDs: []string{user}})
	b.AddGroup(b.child.AccountID, "All", "", user)
	members := func() (found []string) {
		settings := b.wantOK(b.asParent("GET", "/admin/v1/settings")).object()
		u := b.wantOK(b.asParent("GET", "/admin/v1/users/"+user)).object()
		phone, group := u["phones"].([]any)[0].(map[string]any), u["groups"].([]any)[0].(map[string]any)
		for _, name := range []string{"caller_id", "keypress_confirm", "keypress_fraud", "voice_enabled", "predelay",
			"postdelay"} {
			for _, object := range []map[string]any{settings, phone, group} {
				if _, has := object[name]; has {
					found = append(found, name)
				}
			}
		}
		return append(found, fmt.Sprint(phone["capabilities"]))
	}
	if got := strings.Join(members(),
		" "); got != "caller_id keypress_confirm keypress_fraud voice_enabled voice_enabled predelay postdelay [auto push sms phone mobile_otp]" {
		t.Errorf("with telephony: %s", got)
	}
	b.SetTelephony(b.child.AccountID, false)
	if got := strings.Join(members(), " "); got != "[auto push sms mobile_otp]" {
		t.Errorf("without telephony: %s", got)
	}
	b.wantOK(b.asParent("POST", "/admin/v1/settings", "lockout_threshold", "4", "keypress_confirm", "1"))
}

func TestPoliciesOfOnesOwn(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	ada := b.ada
	pilots, app := b.AddGroup(b.child.AccountID, "Pilots", "", ada), b.app.IntegrationKey
	behavior := func(word string) map[string]any {
		return map[string]any{"authentication_policy": map[string]any{"user_auth_behavior": word}}
	}
	create := func(name string, sections map[string]any, apply ...any) map[string]any {
		body := map[string]any{"policy_name": name, "sections": sections}
		for i := 0; i < len(apply); i += 2 {
			body[apply[i].(string)] = apply[i+1]
		}
		return b.wantOK(b.asParentJSON("POST", "/admin/v2/policies", body)).object()
	}
	preauth := func() any { return b.wantOK(b.auth("preauth", "username", "ada")).object()["result"] }
	calculate := func() string {
		r := b.wantOK(b.asParent("GET", "/admin/v2/policies/calculate", "user_id", ada, "integration_key",
			app)).object()
		var names []string
		for _, e := range r["policy_elements"].([]any) {
			names = append(names, e.(map[string]any)["policy_name"].(string))
		}
		return strings.Join(names, ", ")
	}
	strict := create("Strict", behavior("deny"))
	if preauth() != "auth" || calculate() != "Global Policy" {
		t.Errorf("a policy that is not applied holds: %v, %s", preauth(), calculate())
	}
	applied := b.wantOK(b.asParentJSON("PUT", "/admin/v2/policies/"+strict["policy_key"].(string),
		map[string]any{"apply_to_apps": map[string]any{"apply_list": []any{app}}}))
	if applied.object()["policy_key"] != strict["policy_key"] || preauth() != "deny" ||
		calculate() != "Global Policy, Strict" {
		t.Errorf("applied to the application: %v, %v, %s", applied.Text, preauth(), calculate())
	}
	shown := b.wantOK(b.asParent("GET", "/admin/v3/integrations/"+app)).object()
	if shown["policy_key"] != strict["policy_key"] {
		t.Errorf("the application says it has policy %v", shown["policy_key"])
	}
	lax := create("Lax", behavior("bypass"), "apply_to_groups_in_apps", map[string]any{
		"apply_group_policies_list": []any{map[string]any{"app_integration_key": app, "group_id_list": []any{pilots}}},
	})
	if preauth() != "allow" || calculate() != "Global Policy, Strict, Lax" {
		t.Errorf("applied to a group: %v, %s", preauth(), calculate())
	}
	copies := b.wantOK(b.asParentJSON("POST", "/admin/v2/policies/copy", map[string]any{
		"policy_key": lax["policy_key"], "new_policy_names_list": []any{"Lax two", "Lax three"},
	})).list()
	if len(copies) != 2 || copies[1]["policy_name"] != "Lax three" ||
		fmt.Sprint(copies[0]["sections"]) != fmt.Sprint(lax["sections"]) {
		t.Errorf("copies: %v", copies)
	}
	changed := b.wantOK(b.asParentJSON("PUT", "/admin/v2/policies/update", map[string]any{
		"policies_to_update": map[string]any{"edit_all_policies": false,
			"edit_list": []any{copies[0]["policy_key"], copies[1]["policy_key"]}},
		"policy_changes": map[string]any{"sections": behavior("deny"), "sections_to_delete": []any{"new_user"}},
	})).list()
	if len(changed) != 2 ||
		fmt.Sprint(changed[1]["sections"]) != "map[authentication_policy:map[user_auth_behavior:deny]]" {
		t.Errorf("changed at once: %v", changed)
	}
	if n := b.wantOK(b.asParent("GET", "/admin/v2/policies", "limit", "2")).Metadata; n["total_objects"] != 5 ||
		n["next_offset"] != 2 {
		t.Errorf("the list's metadata: %v", n)
	}
	b.wantVoid(b.asParent("DELETE", "/admin/v2/policies/"+lax["policy_key"].(string)))
	b.wantVoid(b.asParent("DELETE", "/admin/v2/policies/"+lax["policy_key"].(string)))
	if preauth() != "deny" || calculate() != "Global Policy, Strict" {
		t.Errorf("after the group's policy is gone: %v, %s", preauth(), calculate())
	}
	b.wantVoid(b.asParent("DELETE", "/admin/v2/policies/"+strict["policy_key"].(string)))
	if shown := b.wantOK(b.asParent("GET", "/admin/v3/integrations/"+app)).object(); shown["policy_key"] != nil ||
		preauth() != "auth" {
		t.Errorf("after the application's policy is gone: %v, %v", shown["policy_key"], preauth())
	}
}

func TestPolicyRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	app, group := b.AddApplication(b.child.AccountID, AuthAPI).IntegrationKey,
		b.AddGroup(b.child.AccountID, "Pilots", "")
	own := b.wantOK(b.asParentJSON("POST", "/admin/v2/policies",
		map[string]any{"policy_name": "Strict"})).object()["policy_key"].(string)
	global := b.wantOK(b.asParent("GET", "/admin/v2/policies/global")).object()["policy_key"].(string)
	type m = map[string]any
	inApp := func(app, group string) m {
		return m{"apply_group_policies_list": []any{m{"app_integration_key": app, "group_id_list": []any{group}}}}
	}
	effects := len(b.Ledger())
	for name, c := range map[string]struct {
		method, path string
		body         m
		code         int
		detail       string
	}{
		"no name":               {"POST", "", m{}, 40001, "policy_name"},
		"a blank name":          {"POST", "", m{"policy_name": " "}, 40002, "policy_name"},
		"a long name":           {"POST", "", m{"policy_name": strings.Repeat("a", 256)}, 40002, "policy_name"},
		"a name that exists":    {"POST", "", m{"policy_name": "STRICT"}, 40003, ""},
		"the global one's name": {"POST", "", m{"policy_name": "Global Policy"}, 40003, ""},
		"sections as text": {"POST", "", m{"policy_name": "x", "sections": `{"new_user":{}}`}, 40002,
			"sections"},
		"a section as text": {"POST", "", m{"policy_name": "x", "sections": m{"new_user": "deny"}}, 40002,
			"sections"},
		"too few digits": {"POST", "", m{"policy_name": "x",
			"sections": m{"authentication_methods": m{"verified_push_digits": 2}}}, 40002, "sections"},
		"a flag as text": {"PUT", "/" + own,
			m{"sections": m{"authentication_methods": m{"require_verified_push": "yes"}}}, 40002, "sections"},
		"an unknown application": {"POST", "", m{"policy_name": "x", "apply_to_apps": m{"apply_list": []any{"DIx"}}},
			40002, "apply_to_apps"},
		"what is not documented": {"PUT", "/" + own, m{"apply_to_apps": m{"unapply_list": []any{app}}}, 40002,
			"apply_to_apps"},
		"an unknown group": {"PUT", "/" + own, m{"apply_to_groups_in_apps": inApp(app, "DGx")}, 40002,
			"apply_to_groups_in_apps"},
		"a group of no app": {"PUT", "/" + own, m{"apply_to_groups_in_apps": inApp("DIx", group)}, 40002,
			"apply_to_groups_in_apps"},
		"applying the global one": {"PUT", "/" + global, m{"apply_to_apps": m{"apply_list": []any{app}}}, 40002,
			"apply_to_apps"},
		"renaming the global one": {"PUT", "/" + global, m{"policy_name": "Ours"}, 40002, "policy_name"},
		"deleting the global one": {"DELETE", "/" + global, m{}, 40002, "policy_key"},
		"an unknown policy":       {"PUT", "/PO00000000000000000X", m{"policy_name": "x"}, 40401, ""},
		"copying an unknown one": {"POST", "/copy", m{"policy_key": "POx", "new_policy_names_list": []any{"x"}},
			40002, "policy_key"},
		"a copy without a name": {"POST", "/copy", m{"policy_key": own, "new_policy_names_list": []any{}}, 40002,
			"new_policy_names_list"},
		"a copy of a taken name": {"POST", "/copy",
			m{"policy_key": own, "new_policy_names_list": []any{"x", "strict"}}, 40003, ""},
		"two copies of one name": {"POST", "/copy",
			m{"policy_key": own, "new_policy_names_list": []any{"x", "x"}}, 40003, ""},
		"names as text": {"POST", "/copy", m{"policy_key": own, "new_policy_names_list": "x"}, 40002,
			"new_policy_names_list"},
		"updating none": {"PUT", "/update", m{"policies_to_update": m{},
			"policy_changes": m{"sections_to_delete": []any{"new_user"}}}, 40002, "policies_to_update"},
		"updating an unknown one": {"PUT", "/update", m{"policies_to_update": m{"edit_list": []any{own, "POx"}},
			"policy_changes": m{"sections": m{"new_user": m{}}}}, 40002, "policies_to_update"},
		"an update without change": {"PUT", "/update",
			m{"policies_to_update": m{"edit_all_policies": true}, "policy_changes": m{}}, 40002, "policy_changes"},
	} {
		t.Run(name, func(t *testing.T) {
			b := b.on(t)
			b.wantRefusal(b.asParentJSON(c.method, "/admin/v2/policies"+c.path, c.body), c.code, c.detail)
		})
	}
	if n := len(b.Ledger()); n != effects {
		t.Errorf("refused calls had %d effects", n-effects)
	}
}
