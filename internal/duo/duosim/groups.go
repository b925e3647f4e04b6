package duosim

import (
	"slices"
	"strings"
)

func groupView(g *group) map[string]any {
	return map[string]any{
		"desc": g.Desc, "group_id": g.GroupID, "name": g.Name, "status": g.Status,
		"mobile_otp_enabled": false, "push_enabled": false, "sms_enabled": false, "voice_enabled": false,
	}
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
		return each(groups, groupView), no
	}
	ids, no := c.list("group_id_list")
	if no != nil {
		return nil, no
	}
	found := slices.DeleteFunc(slices.Clone(c.account.Groups), func(g *group) bool { return !slices.Contains(ids, g.GroupID) })
	return each(found, groupView), nil
}

// createGroup refuses a name that exists; the code for that is our choice.
func (c *call) createGroup() (any, *refusal) {
	name, no := c.required("name")
	if no != nil {
		return nil, no
	}
	g := &group{GroupID: c.sim.ids.object("DG"), Name: strings.TrimSpace(name), Desc: c.param("desc"), Status: "Active"}
	if c.param("status") != "" {
		states := []string{"Active", "Bypass", "Disabled"}
		i := slices.IndexFunc(states, func(state string) bool { return strings.EqualFold(state, c.param("status")) })
		if i < 0 {
			return nil, refuse(40002, "status")
		}
		g.Status = states[i]
	}
	if slices.ContainsFunc(c.account.Groups, func(other *group) bool { return strings.EqualFold(other.Name, g.Name) }) {
		return nil, refuse(40003)
	}
	c.account.Groups = append(c.account.Groups, g)
	c.record()
	return groupView(g), nil
}

func (c *call) listUserGroups() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	groups, no := page(c, c.account.groupsOf(u), 100, 500)
	return each(groups, groupView), no
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
	c.record()
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
		c.record()
	}
	return "", nil
}
