package duosim

import (
	"slices"
	"strings"
)

// accountView holds the three members that the Accounts API shows of a child.
func accountView(a *account) map[string]any {
	return map[string]any{"account_id": a.AccountID, "api_hostname": a.APIHostname, "name": a.Name}
}

func (c *call) listAccounts() (any, *refusal) {
	children := slices.DeleteFunc(slices.Clone(c.sim.accounts),
		func(a *account) bool { return a.ParentID != c.account.AccountID })
	return each(children, accountView), nil
}

// createAccount makes a child. Names need not be unique.
func (c *call) createAccount() (any, *refusal) {
	name, no := c.required("name")
	if no != nil {
		return nil, no
	}
	name = strings.TrimSpace(name)
	child := c.sim.addChild(c.account, name)
	c.record(name)
	return accountView(child), nil
}

// deleteAccount removes a child permanently. One that is already gone, or never was, is a success in Duo; that someone
// else's is forbidden is our choice.
func (c *call) deleteAccount() (any, *refusal) {
	id, no := c.required("account_id")
	if no != nil {
		return nil, no
	}
	child := c.sim.account(id)
	if child == nil {
		return "", nil
	}
	if child.ParentID != c.account.AccountID {
		return nil, refuse(40301)
	}
	c.sim.accounts = slices.DeleteFunc(c.sim.accounts, func(a *account) bool { return a == child })
	c.account = child // the effect is the child's
	c.record(child.Name)
	return "", nil
}
