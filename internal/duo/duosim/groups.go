package duosim

import (
	"slices"
	"strings"
)

// The states of a group, as Duo shows them; it takes them in any case.
var groupStates = []string{"Active", "Bypass", "Disabled"}

func (a *account) groupView(g *group) map[string]any {
	view := map[string]any{
		"desc": g.Desc, "group_id": g.GroupID, "name": g.Name, "status": g.Status,
		"mobile_otp_enabled": false, "push_enabled": false, "sms_enabled": false,
	}
	if !a.NoTelephony {
		view["voice_enabled"] = false
	}
	return view
}

func (a *account) groupsOf(u *user) []*group {
	var groups []*group
	for _, id := range u.GroupIDs {
		if g := a.group(id); g != nil {
			groups = append(groups, g)
		}
	}
	return groups
}

func (c *call) listGroups() (any, *refusal) {
	if !c.given("group_id_list") {
		groups, no := page(c, c.account.Groups, 100, 500)
		return each(groups, c.account.groupView), no
	}
	ids, no := c.list("group_id_list")
	if no != nil {
		return nil, no
	}
	found := slices.DeleteFunc(slices.Clone(c.account.Groups),
		func(g *group) bool { return !slices.Contains(ids, g.GroupID) })
	return each(found, c.account.groupView), nil
}

func (c *call) group() (*group, *refusal) {
	g := c.account.group(c.path["group_id"])
	if g == nil {
		return nil, refuse(40401)
	}
	return g, nil
}

func (c *call) getGroup() (any, *refusal) {
	g, no := c.group()
	if no != nil {
		return nil, no
	}
	return c.account.groupView(g), nil
}

// getGroupWithUsers is the first version of the call, which told the members as well.
func (c *call) getGroupWithUsers() (any, *refusal) {
	g, no := c.group()
	if no != nil {
		return nil, no
	}
	view := c.account.groupView(g)
	view["users"] = each(c.account.members(g), memberView)
	return view, nil
}

func (c *call) listGroupUsers() (any, *refusal) {
	g, no := c.group()
	if no != nil {
		return nil, no
	}
	users, no := page(c, c.account.members(g), 100, 500)
	return each(users, memberView), no
}

func (a *account) members(g *group) []*user {
	return slices.DeleteFunc(slices.Clone(a.Users),
		func(u *user) bool { return !slices.Contains(u.GroupIDs, g.GroupID) })
}

func memberView(u *user) map[string]any {
	return map[string]any{"user_id": u.UserID, "username": u.Username}
}

func (c *call) createGroup() (any, *refusal) {
	if _, no := c.required("name"); no != nil {
		return nil, no
	}
	g := &group{GroupID: c.sim.ids.object("DG"), Status: "Active"}
	if no := c.applyGroupParams(g); no != nil {
		return nil, no
	}
	c.account.Groups = append(c.account.Groups, g)
	c.record(g.Name)
	return c.account.groupView(g), nil
}

func (c *call) modifyGroup() (any, *refusal) {
	g, no := c.group()
	if no != nil {
		return nil, no
	}
	changed := *g
	if no := c.applyGroupParams(&changed); no != nil {
		return nil, no
	}
	*g = changed
	c.record(g.Name)
	return c.account.groupView(g), nil
}

func (c *call) deleteGroup() (any, *refusal) {
	g, no := c.group()
	if no != nil {
		return "", nil
	}
	for _, u := range c.account.Users {
		u.GroupIDs, _ = without(u.GroupIDs, g.GroupID)
	}
	c.account.Groups = slices.DeleteFunc(c.account.Groups, func(other *group) bool { return other == g })
	c.record(g.Name)
	return "", nil
}

// applyGroupParams refuses a name that exists; the code for that is our choice.
func (c *call) applyGroupParams(g *group) *refusal {
	if c.given("name") {
		name := strings.TrimSpace(c.param("name"))
		if name == "" {
			return refuse(40002, "name")
		}
		if slices.ContainsFunc(c.account.Groups,
			func(other *group) bool { return other.GroupID != g.GroupID && strings.EqualFold(other.Name, name) }) {
			return refuse(40003)
		}
		g.Name = name
	}
	if c.given("desc") {
		g.Desc = c.param("desc")
	}
	if c.param("status") == "" {
		return nil
	}
	return c.choose("status", groupStates, &g.Status)
}

func (c *call) listUserGroups() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	groups, no := page(c, c.account.groupsOf(u), 100, 500)
	return each(groups, c.account.groupView), no
}

func (c *call) addUserGroup() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	id, no := c.required("group_id")
	if no != nil {
		return nil, no
	}
	if c.account.group(id) == nil {
		return nil, refuse(40401)
	}
	if slices.Contains(u.GroupIDs, id) {
		return "", nil
	}
	if len(u.GroupIDs) >= maxRelations {
		return nil, refuse(50001)
	}
	u.GroupIDs = append(u.GroupIDs, id)
	c.record(u.Username)
	return "", nil
}

func (c *call) removeUserGroup() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	left, had := without(u.GroupIDs, c.path["group_id"])
	if had {
		u.GroupIDs = left
		c.record(u.Username)
	}
	return "", nil
}
