package duosim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// choosing are the parameters that choose rows of a list.
var choosing = []string{
	"username", "email", "user_id_list", "username_list", "number", "extension", "group_id_list", "type", "serial",
	"users", "results", "factors", "reasons", "event_types", "applications",
}

// unfiltered is the same reading without what chooses its rows.
func (c *call) unfiltered() *call {
	sub, request := *c, *c.req
	keeps := func(p pair) bool { return !slices.Contains(choosing, p.key) }
	request.query = slices.DeleteFunc(slices.Clone(c.req.query), func(p pair) bool { return !keeps(p) })
	request.params = maps.Clone(c.req.params)
	for _, name := range choosing {
		delete(request.params, name)
	}
	sub.req = &request
	return &sub
}

// elsewhere is the reading of another object of the kind that the path names, or of another push; nil if there is none.
func (c *call) elsewhere() *call {
	if id := c.req.params["push_id"]; id != "" {
		return c.ofOtherPush(id)
	}
	for name, id := range c.path {
		others := slices.DeleteFunc(c.account.idsOf(name), func(other string) bool { return other == id })
		if len(others) == 0 {
			continue
		}
		sub := *c
		route, _, path := findRoute(http.MethodGet, strings.Replace(c.req.path, id, others[0], 1))
		if sub.route, sub.path = route, path; route != nil {
			return &sub
		}
	}
	return nil
}

// ofOtherPush is the reading of another push of the account; nil if there is none.
func (c *call) ofOtherPush(id string) *call {
	i := slices.IndexFunc(c.account.Pushes, func(p *push) bool { return p.Verification && p.ID != id })
	if i < 0 {
		return nil
	}
	sub, request := *c, *c.req
	request.params, sub.path = maps.Clone(c.req.params), maps.Clone(c.path)
	request.params["push_id"], sub.path["user_id"] = c.account.Pushes[i].ID, c.account.Pushes[i].UserID
	sub.req = &request
	return &sub
}

// idsOf are the ids of all objects that a name in a path can stand for.
func (a *account) idsOf(name string) (ids []string) {
	switch name {
	case "user_id":
		for _, u := range a.Users {
			ids = append(ids, u.UserID)
		}
	case "phone_id":
		for _, p := range a.Phones {
			ids = append(ids, p.PhoneID)
		}
	case "group_id":
		for _, g := range a.Groups {
			ids = append(ids, g.GroupID)
		}
	case "token_id":
		for _, t := range a.Tokens {
			ids = append(ids, t.TokenID)
		}
	case "webauthnkey":
		for _, k := range a.Credentials {
			ids = append(ids, k.Key)
		}
	case "bypass_code_id":
		for _, u := range a.Users {
			for _, b := range u.BypassCodes {
				ids = append(ids, b.ID)
			}
		}
	case "policy_key":
		for _, p := range a.policies() {
			ids = append(ids, p.Key)
		}
	case "admin_id":
		for _, d := range a.Admins {
			ids = append(ids, d.AdminID)
		}
	case "integration_key":
		for _, app := range a.Applications {
			ids = append(ids, app.IntegrationKey)
		}
	}
	return ids
}

// answer runs the call's handler, with the faults that answer something else than was asked for.
func (c *call) answer() (any, *refusal) {
	switch c.fault.Kind {
	case FiltersIgnored:
		if c.req.method == http.MethodGet {
			sub := c.unfiltered()
			response, no := sub.route.handle(sub)
			c.metadata = sub.metadata
			return response, no
		}
	case OtherObject:
		response, no := c.route.handle(c)
		other := c.elsewhere()
		about := c.req.method == http.MethodGet || c.req.method != http.MethodDelete && len(c.route.parts()) == 4
		if no != nil || other == nil || !about {
			return response, no
		}
		response, no = other.route.handle(other)
		c.metadata = other.metadata
		return response, no
	}
	return c.route.handle(c)
}
