package duosim

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// policyChange is what a call wants of a policy.
type policyChange struct {
	sections    map[string]any
	delete      []string
	apps        []string // the policy becomes theirs
	groupsInApp []groupInApp
}

func (change policyChange) empty() bool {
	return len(change.sections)+len(change.delete)+len(change.apps)+len(change.groupsInApp) == 0
}

type groupInApp struct {
	App    string   `json:"app_integration_key"`
	Groups []string `json:"group_id_list"`
}

// strictly reads JSON with no members but those of the target: ignoring one would promise what does not happen.
func strictly(text string, into any) bool {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into) == nil
}

// policyChange reads the parameters of a change. Unknown applications and groups are refused with the name of the
// parameter that has them.
func (c *call) policyChange() (change policyChange, no *refusal) {
	valid := false
	if change.sections, valid = readSections([]byte(c.param("sections"))); !valid {
		return change, refuse(40002, "sections")
	}
	if c.given("sections_to_delete") && json.Unmarshal([]byte(c.param("sections_to_delete")), &change.delete) != nil {
		return change, refuse(40002, "sections_to_delete")
	}
	var apps struct {
		List []string `json:"apply_list"`
	}
	if c.given("apply_to_apps") && !strictly(c.param("apply_to_apps"), &apps) ||
		slices.ContainsFunc(apps.List, c.lacksApplication) {
		return change, refuse(40002, "apply_to_apps")
	}
	var groups struct {
		List []groupInApp `json:"apply_group_policies_list"`
	}
	if c.given("apply_to_groups_in_apps") && !strictly(c.param("apply_to_groups_in_apps"), &groups) {
		return change, refuse(40002, "apply_to_groups_in_apps")
	}
	for _, g := range groups.List {
		lacks := func(id string) bool { return c.account.group(id) == nil }
		if c.lacksApplication(g.App) || len(g.Groups) == 0 || slices.ContainsFunc(g.Groups, lacks) {
			return change, refuse(40002, "apply_to_groups_in_apps")
		}
	}
	change.apps, change.groupsInApp = apps.List, groups.List
	return change, nil
}

func (c *call) lacksApplication(integrationKey string) bool {
	return c.account.application(integrationKey) == nil
}

// apply makes a change. The global policy keeps its initial value of a section that is deleted; it holds everywhere, so
// that it cannot be applied, which policyChange's callers see to.
func (a *account) apply(p *policy, change policyChange) {
	sections := mergeSections(p.Sections, change.sections)
	for _, name := range change.delete {
		delete(sections, name)
	}
	if p.Global {
		a.GlobalPolicy = sections
		return
	}
	p.Sections = sections
	for _, key := range change.apps {
		a.application(key).PolicyKey = p.Key
	}
	for _, g := range change.groupsInApp {
		app := a.application(g.App)
		others := slices.DeleteFunc(slices.Clone(app.GroupPolicies),
			func(other groupPolicy) bool { return other.PolicyKey == p.Key })
		app.GroupPolicies = append(others, groupPolicy{p.Key, slices.Clone(g.Groups)})
	}
}

func (c *call) newPolicy(name string, sections map[string]any) *policy {
	p := &policy{Key: c.sim.ids.object("PO"), Name: name, Sections: maps.Clone(sections)}
	c.account.Policies = append(c.account.Policies, p)
	return p
}

func (c *call) recordPolicy(p *policy) {
	c.recordAs(p.Name, map[string]any{"policy_key": p.Key})
}

func (c *call) createPolicy() (any, *refusal) {
	name, no := c.required("policy_name")
	if no != nil {
		return nil, no
	}
	if name, no = c.newPolicyName("", name); no != nil {
		return nil, no
	}
	change, no := c.policyChange()
	if no != nil {
		return nil, no
	}
	p := c.newPolicy(name, map[string]any{})
	c.account.apply(p, change)
	c.recordPolicy(p)
	return policyView(p), nil
}

// updatePolicy replaces the members of the sections that are named and leaves the others.
func (c *call) updatePolicy() (any, *refusal) {
	p := c.account.policy(c.path["policy_key"])
	if p == nil {
		return nil, refuse(40401)
	}
	change, no := c.policyChange()
	if no != nil {
		return nil, no
	}
	name := p.Name
	if c.given("policy_name") {
		if name, no = c.newPolicyName(p.Key, c.param("policy_name")); no != nil {
			return nil, no
		}
	}
	for parameter, wanted := range map[string]bool{
		"policy_name": name != p.Name, "apply_to_apps": len(change.apps) > 0,
		"apply_to_groups_in_apps": len(change.groupsInApp) > 0,
	} {
		if p.Global && wanted {
			return nil, refuse(40002, parameter)
		}
	}
	if name == p.Name && change.empty() {
		return policyView(p), nil
	}
	p.Name = name
	c.account.apply(p, change)
	c.recordPolicy(p)
	return policyView(c.account.policy(p.Key)), nil
}

// updatePolicies changes several policies or none; its answer is our choice.
func (c *call) updatePolicies() (any, *refusal) {
	for _, name := range []string{"policies_to_update", "policy_changes"} {
		if _, no := c.required(name); no != nil {
			return nil, no
		}
	}
	var which struct {
		All  bool     `json:"edit_all_policies"`
		List []string `json:"edit_list"`
	}
	lacks := func(key string) bool { return c.account.policy(key) == nil }
	if !strictly(c.param("policies_to_update"), &which) || which.All == (len(which.List) > 0) ||
		slices.ContainsFunc(which.List, lacks) {
		return nil, refuse(40002, "policies_to_update")
	}
	var wanted struct {
		Sections json.RawMessage `json:"sections"`
		Delete   []string        `json:"sections_to_delete"`
	}
	if !strictly(c.param("policy_changes"), &wanted) {
		return nil, refuse(40002, "policy_changes")
	}
	sections, valid := readSections(wanted.Sections)
	if !valid || len(sections)+len(wanted.Delete) == 0 {
		return nil, refuse(40002, "policy_changes")
	}
	changed := []any{}
	for _, p := range c.account.policies() {
		if which.All || slices.Contains(which.List, p.Key) {
			c.account.apply(p, policyChange{sections: sections, delete: wanted.Delete})
			c.recordPolicy(p)
			changed = append(changed, policyView(c.account.policy(p.Key)))
		}
	}
	return changed, nil
}

// copyPolicy makes a copy under each of the names, or none; applications keep the policy they have.
func (c *call) copyPolicy() (any, *refusal) {
	key, no := c.required("policy_key")
	if no != nil {
		return nil, no
	}
	if _, no := c.required("new_policy_names_list"); no != nil {
		return nil, no
	}
	from := c.account.policy(key)
	if from == nil {
		return nil, refuse(40002, "policy_key")
	}
	var names []string
	if json.Unmarshal([]byte(c.param("new_policy_names_list")), &names) != nil || len(names) == 0 {
		return nil, refuse(40002, "new_policy_names_list")
	}
	for i, name := range names {
		if names[i], no = c.newPolicyName("", name); no != nil {
			return nil, no
		}
		if slices.Contains(names[:i], names[i]) {
			return nil, refuse(40003)
		}
	}
	made := []any{}
	for _, name := range names {
		p := c.newPolicy(name, from.Sections)
		c.recordPolicy(p)
		made = append(made, policyView(p))
	}
	return made, nil
}

// deletePolicy takes a policy from everything that it was applied to. With which code Duo keeps the global one is not
// known.
func (c *call) deletePolicy() (any, *refusal) {
	p := c.account.policy(c.path["policy_key"])
	if p == nil {
		return "", nil
	}
	if p.Global {
		return nil, refuse(40002, "policy_key")
	}
	c.account.Policies = slices.DeleteFunc(c.account.Policies, func(other *policy) bool { return other == p })
	for _, app := range c.account.Applications {
		if app.PolicyKey == p.Key {
			app.PolicyKey = ""
		}
		its := func(g groupPolicy) bool { return g.PolicyKey == p.Key }
		app.GroupPolicies = slices.DeleteFunc(slices.Clone(app.GroupPolicies), its)
	}
	c.recordPolicy(p)
	return "", nil
}
