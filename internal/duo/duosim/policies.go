package duosim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// policy is a set of rules that an administrator has made. Every account has the global policy besides; its key follows
// from the account's id.
type policy struct {
	Key      string
	Name     string
	Global   bool
	Sections map[string]any
}

// groupPolicy is a policy that holds for some groups at an application.
type groupPolicy struct {
	PolicyKey string
	GroupIDs  []string
}

const globalPolicyName = "Global Policy"

func (a *account) policyKey() string { return "PO" + a.AccountID[2:] }

// globalSections are the global policy's initial sections, in the form of a recorded answer.
func globalSections() map[string]any {
	return map[string]any{
		"authentication_methods": map[string]any{
			"allowed_auth_list": []any{"duo-passcode", "duo-push", "hardware-token", "sms", "webauthn-platform",
				"webauthn-roaming"},
			"blocked_auth_list": []any{}, "require_verified_push": false, "verified_push_digits": 6,
		},
		"authentication_policy": map[string]any{"user_auth_behavior": "enforce"},
		"new_user":              map[string]any{"new_user_behavior": "enroll"},
	}
}

func (a *account) globalPolicy() *policy {
	sections := globalSections()
	maps.Copy(sections, a.GlobalPolicy)
	return &policy{Key: a.policyKey(), Name: globalPolicyName, Global: true, Sections: sections}
}

// policies are all of the account, the global one first.
func (a *account) policies() []*policy {
	return append([]*policy{a.globalPolicy()}, a.Policies...)
}

func (a *account) policy(key string) *policy {
	all := a.policies()
	if i := slices.IndexFunc(all, func(p *policy) bool { return p.Key == key }); i >= 0 {
		return all[i]
	}
	return nil
}

// policiesFor are those that hold for a user at an application, the weakest first: the global one, the application's,
// and the first one of a group that the user is in. Any of the two may be nil.
func (a *account) policiesFor(app *application, u *user) []*policy {
	layers := []*policy{a.globalPolicy()}
	add := func(key string) {
		if p := a.policy(key); p != nil && !p.Global {
			layers = append(layers, p)
		}
	}
	if app == nil {
		return layers
	}
	add(app.PolicyKey)
	if u == nil {
		return layers
	}
	i := slices.IndexFunc(app.GroupPolicies, func(g groupPolicy) bool {
		return slices.ContainsFunc(g.GroupIDs, func(id string) bool { return slices.Contains(u.GroupIDs, id) })
	})
	if i >= 0 {
		add(app.GroupPolicies[i].PolicyKey)
	}
	return layers
}

// rules are the sections of all these policies together: what a stronger one names goes before.
func (a *account) rules(app *application, u *user) map[string]any {
	rules := map[string]any{}
	for _, p := range a.policiesFor(app, u) {
		rules = mergeSections(rules, p.Sections)
	}
	return rules
}

// mergeSections is sections with the members of changes in place of theirs.
func mergeSections(sections, changes map[string]any) map[string]any {
	merged := maps.Clone(sections)
	for name, changed := range changes {
		members := map[string]any{}
		if before, known := sections[name].(map[string]any); known {
			maps.Copy(members, before)
		}
		if named, isSection := changed.(map[string]any); isSection {
			maps.Copy(members, named)
		}
		merged[name] = members
	}
	return merged
}

// verifiedPush tells whether a push must be answered with a code, and of how many digits.
func (a *account) verifiedPush(app *application, u *user) (digits int, required bool) {
	methods, _ := a.rules(app, u)["authentication_methods"].(map[string]any)
	required, _ = methods["require_verified_push"].(bool)
	return pushDigits(methods), required
}

func pushDigits(methods map[string]any) int {
	switch n := methods["verified_push_digits"].(type) {
	case int:
		return n
	case float64: // as it was sent, or read back from the state file
		if n >= 3 && n <= 6 && n == float64(int(n)) {
			return int(n)
		}
	}
	return 6
}

// policyWord is one word of the rules for a user at an application.
func (a *account) policyWord(app *application, u *user, section, member string) string {
	members, _ := a.rules(app, u)[section].(map[string]any)
	word, _ := members[member].(string)
	return word
}

func policyView(p *policy) map[string]any {
	view := policySummaryView(p)
	view["sections"] = p.Sections
	return view
}

func policySummaryView(p *policy) map[string]any {
	return map[string]any{"is_global_policy": p.Global, "policy_key": p.Key, "policy_name": p.Name}
}

func (c *call) listPolicies() (any, *refusal) {
	policies, no := page(c, c.account.policies(), 100, 500)
	return each(policies, policyView), no
}

func (c *call) globalPolicy() (any, *refusal) { return policyView(c.account.globalPolicy()), nil }

func (c *call) getPolicy() (any, *refusal) {
	p := c.account.policy(c.path["policy_key"])
	if p == nil {
		return nil, refuse(40401)
	}
	return policyView(p), nil
}

func (c *call) policySummary() (any, *refusal) {
	all := each(c.account.policies(), policySummaryView)
	return map[string]any{"policies": all, "policy_count": len(all), "response_is_truncated": false}, nil
}

// calculatePolicy is what a user meets at an application.
func (c *call) calculatePolicy() (any, *refusal) {
	for _, name := range []string{"integration_key", "user_id"} {
		if _, no := c.required(name); no != nil {
			return nil, no
		}
	}
	app, u := c.account.application(c.param("integration_key")), c.account.user(c.param("user_id"))
	if app == nil {
		return nil, refuse(40002, "integration_key")
	}
	if u == nil {
		return nil, refuse(40002, "user_id")
	}
	elements := each(c.account.policiesFor(app, u), policySummaryView)
	return map[string]any{"policy_elements": elements, "sections": c.account.rules(app, u)}, nil
}

// readSections reads sections of rules; nil when none are named. Members that the simulator acts upon must be of their
// type.
func readSections(text []byte) (sections map[string]any, valid bool) {
	var read map[string]map[string]any
	if len(text) > 0 && json.Unmarshal(text, &read) != nil {
		return nil, false
	}
	sections = map[string]any{}
	for name, members := range read {
		sections[name] = members
	}
	wrong := func(section, member string, isRight func(any) bool) bool {
		value, given := read[section][member]
		return given && !isRight(value)
	}
	isText := func(value any) bool { text, is := value.(string); return is && text != "" }
	isFlag := func(value any) bool { _, is := value.(bool); return is }
	isDigits := func(value any) bool { n, is := value.(float64); return is && n >= 3 && n <= 6 && n == float64(int(n)) }
	invalid := wrong("new_user", "new_user_behavior", isText) ||
		wrong("authentication_policy", "user_auth_behavior", isText) ||
		wrong("authentication_methods", "require_verified_push", isFlag) ||
		wrong("authentication_methods", "verified_push_digits", isDigits)
	return sections, !invalid
}

// newPolicyName is a name that no policy of the account has but that of the key. That another one is a duplicate is our
// choice.
func (c *call) newPolicyName(key, name string) (string, *refusal) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return "", refuse(40002, "policy_name")
	}
	for _, other := range c.account.policies() {
		if other.Key != key && strings.EqualFold(other.Name, name) {
			return "", refuse(40003)
		}
	}
	return name, nil
}
