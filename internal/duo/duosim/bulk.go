package duosim

import (
	"encoding/json"
	"slices"
)

const (
	maxBulkUsers      = 100
	maxBulkOperations = 50
)

// with is the same call with other parameters; what it records counts for both.
func (c *call) with(params map[string]json.RawMessage) *call {
	sub := *c
	request := *c.req
	request.query, request.form, request.params, request.structured = nil, nil, map[string]string{}, nil
	request.takeMembers(params)
	sub.req, sub.effects, sub.metadata = &request, 0, nil
	return &sub
}

// bulkCreateUsers makes all the users or none.
func (c *call) bulkCreateUsers() (any, *refusal) {
	if _, no := c.required("users"); no != nil {
		return nil, no
	}
	var wanted []map[string]json.RawMessage
	if json.Unmarshal([]byte(c.param("users")), &wanted) != nil || len(wanted) == 0 || len(wanted) > maxBulkUsers {
		return nil, refuse(40002, "users")
	}
	before := slices.Clone(c.account.Users)
	ledger, actions := c.sim.ledger, c.account.Logs.Actions
	made := []any{}
	for _, one := range wanted {
		sub := c.with(one)
		no := sub.misshapen()
		var view any
		if no == nil {
			view, no = sub.createUser()
		}
		if no != nil {
			c.account.Users, c.sim.ledger, c.account.Logs.Actions = before, ledger, actions
			c.effects = 0
			return nil, no
		}
		c.effects += sub.effects
		made = append(made, view)
	}
	return made, nil
}

// bulkPatterns are the calls that may stand in a bulk operation.
var bulkPatterns = []string{
	"/admin/v1/users", "/admin/v1/users/{user_id}", "/admin/v1/users/{user_id}/groups",
	"/admin/v1/users/{user_id}/groups/{group_id}",
}

// bulkOperations does each by itself; the form of the results is our choice.
func (c *call) bulkOperations() (any, *refusal) {
	if _, no := c.required("operations"); no != nil {
		return nil, no
	}
	var operations []struct {
		Method, Path string
		Body         map[string]json.RawMessage
	}
	if json.Unmarshal([]byte(c.param("operations")), &operations) != nil || len(operations) == 0 ||
		len(operations) > maxBulkOperations {
		return nil, refuse(40002, "operations")
	}
	for _, o := range operations {
		if r, _, _ := findRoute(o.Method, o.Path); r == nil || o.Method == "GET" ||
			!slices.Contains(bulkPatterns, r.pattern) {
			return nil, refuse(40002, "operations")
		}
	}
	results := []any{}
	for _, o := range operations {
		sub := c.with(o.Body)
		sub.route, _, sub.path = findRoute(o.Method, o.Path)
		sub.req.method, sub.req.path = o.Method, o.Path
		no := sub.misshapen()
		var response any
		if no == nil {
			response, no = sub.route.handle(sub)
		}
		c.effects += sub.effects
		one := answer{response: response, refusal: no}
		status, body := one.envelope()
		delete(body, "stat")
		body["status_code"] = status
		results = append(results, body)
	}
	return results, nil
}

// nothing answers for kinds of device that are not simulated: an empty list.
func (c *call) nothing() (any, *refusal) {
	if c.path["user_id"] != "" {
		if _, no := c.user(); no != nil {
			return nil, no
		}
	}
	none, no := page(c, []map[string]any{}, 100, 500)
	return none, no
}

// listEndpoints is empty, too, and not there at all in the smallest edition.
func (c *call) listEndpoints() (any, *refusal) {
	if c.account.Edition == essentials {
		return nil, refuse(40301)
	}
	return c.nothing()
}
