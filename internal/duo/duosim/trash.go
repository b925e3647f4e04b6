package duosim

import "strings"

// Duo's answers to the two bulk calls, and what they do with unknown ids, are not known: "" and leaving them out are
// our choice.

func (c *call) sendUsersToTrash() (any, *refusal) {
	return c.eachListedUser(func(u *user) bool {
		if u.Status == PendingDeletion {
			return false
		}
		now := c.now.Unix()
		u.StatusBeforeTrash, u.Status, u.TrashedAt = u.Status, PendingDeletion, &now
		return true
	})
}

func (c *call) restoreUsers() (any, *refusal) {
	return c.eachListedUser(func(u *user) bool {
		if u.Status != PendingDeletion {
			return false
		}
		u.Status, u.StatusBeforeTrash, u.TrashedAt = u.StatusBeforeTrash, "", nil
		return true
	})
}

func (c *call) eachListedUser(change func(*user) bool) (any, *refusal) {
	if c.fault.Kind == TrashRefused {
		return nil, refuse(40301)
	}
	if _, no := c.required("user_id_list"); no != nil {
		return nil, no
	}
	ids, no := c.list("user_id_list")
	if no != nil {
		return nil, no
	}
	var changed []string
	for _, id := range ids {
		if u := c.account.user(id); u != nil && change(u) {
			changed = append(changed, u.Username)
		}
	}
	if len(changed) > 0 {
		c.record(strings.Join(changed, ", "))
	}
	return "", nil
}
