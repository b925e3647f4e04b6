package duosim

import (
	"encoding/json"
	"maps"
)

// Every account has the global policy and no other. Its key follows from the account's id.

func (a *account) policyKey() string { return "PO" + a.AccountID[2:] }

// globalSections are the policy's initial sections, in the form of a recorded answer.
func globalSections() map[string]any {
	return map[string]any{
		"authentication_methods": map[string]any{
			"allowed_auth_list": []any{"duo-passcode", "duo-push", "hardware-token", "sms", "webauthn-platform", "webauthn-roaming"},
			"blocked_auth_list": []any{}, "require_verified_push": false, "verified_push_digits": 6,
		},
		"authentication_policy": map[string]any{"user_auth_behavior": "enforce"},
		"new_user":              map[string]any{"new_user_behavior": "enroll"},
	}
}

func (a *account) policySections() map[string]any {
	sections := globalSections()
	maps.Copy(sections, a.GlobalPolicy)
	return sections
}

// verifiedPush tells whether a push must be answered with a code, and of how many digits.
func (a *account) verifiedPush() (digits int, required bool) {
	methods, _ := a.policySections()["authentication_methods"].(map[string]any)
	required, _ = methods["require_verified_push"].(bool)
	switch n := methods["verified_push_digits"].(type) {
	case int:
		return n, required
	case float64: // as it was sent, or read back from the state file
		if n >= 3 && n <= 6 {
			return int(n), required
		}
	}
	return 6, required
}

// policyWord is one word of the global policy.
func (a *account) policyWord(section, member string) string {
	members, _ := a.policySections()[section].(map[string]any)
	word, _ := members[member].(string)
	return word
}

func (a *account) policyView() map[string]any {
	return map[string]any{"is_global_policy": true, "policy_key": a.policyKey(), "policy_name": "Global Policy", "sections": a.policySections()}
}

func (c *call) listPolicies() (any, *refusal) {
	policies, no := page(c, []*account{c.account}, 100, 500)
	return each(policies, (*account).policyView), no
}

func (c *call) globalPolicy() (any, *refusal) { return c.account.policyView(), nil }

func (c *call) getPolicy() (any, *refusal) {
	if c.path["policy_key"] != c.account.policyKey() {
		return nil, refuse(40401)
	}
	return c.account.policyView(), nil
}

func (c *call) policySummary() (any, *refusal) {
	summary := map[string]any{"is_global_policy": true, "policy_key": c.account.policyKey(), "policy_name": "Global Policy"}
	return map[string]any{"policies": []any{summary}, "policy_count": 1, "response_is_truncated": false}, nil
}

// calculatePolicy is what a user meets at an application: nothing but the global policy.
func (c *call) calculatePolicy() (any, *refusal) {
	for _, name := range []string{"integration_key", "user_id"} {
		if _, no := c.required(name); no != nil {
			return nil, no
		}
	}
	if c.account.application(c.param("integration_key")) == nil {
		return nil, refuse(40002, "integration_key")
	}
	if c.account.user(c.param("user_id")) == nil {
		return nil, refuse(40002, "user_id")
	}
	element := map[string]any{"policy_key": c.account.policyKey(), "policy_name": "Global Policy", "is_global_policy": true}
	return map[string]any{"policy_elements": []any{element}, "sections": c.account.policySections()}, nil
}

// updatePolicy replaces the members of the sections that are named and leaves the others.
func (c *call) updatePolicy() (any, *refusal) {
	if c.path["policy_key"] != c.account.policyKey() {
		return nil, refuse(40401)
	}
	var changes map[string]map[string]any
	if c.given("sections") && json.Unmarshal([]byte(c.param("sections")), &changes) != nil {
		return nil, refuse(40002, "sections")
	}
	sections := c.account.policySections()
	if c.account.GlobalPolicy == nil {
		c.account.GlobalPolicy = map[string]any{}
	}
	for name, members := range changes {
		merged := map[string]any{}
		if before, known := sections[name].(map[string]any); known {
			maps.Copy(merged, before)
		}
		maps.Copy(merged, members)
		c.account.GlobalPolicy[name] = merged
	}
	if len(changes) > 0 {
		c.recordAs("Global Policy", map[string]any{"policy_key": c.account.policyKey()})
	}
	return c.account.policyView(), nil
}
