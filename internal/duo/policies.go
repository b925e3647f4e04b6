package duo

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
)

// Policy is a set of rules for log-ins.
type Policy struct {
	Key      PolicyKey
	Name     string
	Global   bool                       // the one that holds where no other does
	Sections map[string]json.RawMessage // the rules by section as Duo sent them, such as new_user
}

// UnmarshalJSON reads Duo's answer.
func (p *Policy) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*p = Policy{
		Key:      PolicyKey(o.text("policy_key")),
		Name:     o.text("policy_name"),
		Global:   o.flag("is_global_policy"),
		Sections: optional[map[string]json.RawMessage](o, "sections"),
	}
	return o.err
}

// PoliciesPage returns one page of policies. Duo gives 100 a page unless told otherwise and does
// not say how many at most.
//
// GET /admin/v2/policies
func (c *Client) PoliciesPage(ctx context.Context, limit, offset int) ([]Policy, Metadata, error) {
	return page[Policy](ctx, c, "/admin/v2/policies", limit, offset)
}

// Policies walks all policies, 100 a call. See [Client.PoliciesPage].
func (c *Client) Policies(ctx context.Context) iter.Seq2[Policy, error] {
	return pages[Policy](ctx, c, "/admin/v2/policies", 100)
}

// Policy returns one policy; an unknown key is an [*Error] with CodeNotFound.
//
// GET /admin/v2/policies/{policy_key}
func (c *Client) Policy(ctx context.Context, key PolicyKey) (Policy, error) {
	segment, err := segment(key)
	if err != nil {
		return Policy{}, err
	}
	policy, _, err := get[Policy](ctx, c, "/admin/v2/policies"+segment, nil)
	return policy, err
}

// PolicySummary is the account's policies in short.
type PolicySummary struct {
	Policies  []Policy
	Count     int
	Truncated bool // there are more policies than the answer holds
}

// UnmarshalJSON reads Duo's answer.
func (s *PolicySummary) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*s = PolicySummary{Policies: list[Policy](o, "policies"), Count: o.count("policy_count"),
		Truncated: o.flag("response_is_truncated")}
	return o.err
}

// PolicySummary returns the account's policies in short.
//
// GET /admin/v2/policies/summary
func (c *Client) PolicySummary(ctx context.Context) (PolicySummary, error) {
	summary, _, err := get[PolicySummary](ctx, c, "/admin/v2/policies/summary", nil)
	return summary, err
}

// EffectivePolicy is what all policies together come to for one user at one application.
type EffectivePolicy struct {
	Elements json.RawMessage            // the policies that it is made of, as Duo sent them
	Sections map[string]json.RawMessage // the rules by section as Duo sent them
}

// UnmarshalJSON reads Duo's answer.
func (p *EffectivePolicy) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*p = EffectivePolicy{Elements: o.members["policy_elements"],
		Sections: optional[map[string]json.RawMessage](o, "sections")}
	if p.Sections == nil {
		return errors.New("no sections")
	}
	return o.err
}

// CalculatePolicy tells which rules hold for a user at an application.
//
// GET /admin/v2/policies/calculate
func (c *Client) CalculatePolicy(ctx context.Context, integration IntegrationKey,
	user UserID) (EffectivePolicy, error) {
	if _, err := segment(integration); err != nil {
		return EffectivePolicy{}, err
	}
	if _, err := segment(user); err != nil {
		return EffectivePolicy{}, err
	}
	policy, _, err := get[EffectivePolicy](ctx, c, "/admin/v2/policies/calculate",
		Params{"integration_key": string(integration), "user_id": string(user)})
	return policy, err
}
