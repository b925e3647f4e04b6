package duosim

import (
	"slices"
	"strings"
)

// edition is how the billing calls name an edition, and how info/summary does.
type edition struct{ code, name string }

// The last one is what an account falls to without paying; it cannot be chosen.
var editions = []edition{{"ENTERPRISE", "Duo Essentials"}, {"PLATFORM", "Duo Advantage"}, {"BEYOND", "Duo Premier"},
	{"PERSONAL", "Duo Free"}}

const essentials = "Duo Essentials"

// billed is the parent of the account, which pays for it. Duo's support has to enable these calls for a parent, and
// they belong to the Accounts API application.
func (c *call) billed() (parent *account, no *refusal) {
	parent = c.sim.account(c.account.ParentID)
	if c.app.Type != AccountsAPI || parent == nil || parent.NoBilling {
		return nil, refuse(40301)
	}
	return parent, nil
}

func (c *call) getEdition() (any, *refusal) {
	if _, no := c.billed(); no != nil {
		return nil, no
	}
	i := slices.IndexFunc(editions, func(e edition) bool { return e.name == c.account.Edition })
	return map[string]any{"edition": editions[i].code}, nil
}

func (c *call) setEdition() (any, *refusal) {
	if _, no := c.billed(); no != nil {
		return nil, no
	}
	wanted, no := c.required("edition")
	if no != nil {
		return nil, no
	}
	i := slices.IndexFunc(editions[:3], func(e edition) bool { return e.code == strings.ToUpper(wanted) })
	if i < 0 {
		return nil, refuse(40002, "edition")
	}
	c.account.Edition = editions[i].name
	c.record(c.account.Name)
	return "", nil
}

func (c *call) getCredits() (any, *refusal) {
	if _, no := c.billed(); no != nil {
		return nil, no
	}
	return map[string]any{"credits": c.account.TelephonyCredits}, nil
}

// setCredits sets the new total. What is added comes out of the parent's pool, and what is taken away goes back there.
func (c *call) setCredits() (any, *refusal) {
	parent, no := c.billed()
	if no != nil {
		return nil, no
	}
	if _, no := c.required("credits"); no != nil {
		return nil, no
	}
	total, no := c.integer("credits", 0, 0, 1<<31)
	if no != nil {
		return nil, no
	}
	moved := total - c.account.TelephonyCredits
	if moved > parent.TelephonyCredits {
		return nil, refuse(40002, "credits")
	}
	parent.TelephonyCredits -= moved
	c.account.TelephonyCredits = total
	c.record(c.account.Name)
	return "", nil
}

// The two calls for the limit of users are not documented by Duo; their form is that of programs which use them.

func (c *call) getUserLimit() (any, *refusal) {
	if _, no := c.billed(); no != nil {
		return nil, no
	}
	return map[string]any{"user_limit": c.account.UserLimit, "current_user_count": len(c.account.Users)}, nil
}

func (c *call) setUserLimit() (any, *refusal) {
	if _, no := c.billed(); no != nil {
		return nil, no
	}
	if _, no := c.required("user_limit"); no != nil {
		return nil, no
	}
	limit, no := c.integer("user_limit", 0, 0, 1<<31)
	if no != nil {
		return nil, no
	}
	c.account.UserLimit = limit
	c.record(c.account.Name)
	return "", nil
}
