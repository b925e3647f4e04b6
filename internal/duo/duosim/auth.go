package duosim

import "slices"

func (c *call) checkAuth() (any, *refusal) { return map[string]any{"time": c.now.Unix()}, nil }

// preauth says how a user may log in. Texts other than those of auth and enroll are our wording.
func (c *call) preauth() (any, *refusal) {
	if c.given("user_id") == c.given("username") {
		if c.given("user_id") {
			return nil, refuse(40002, "username")
		}
		return nil, refuse(40001, "username")
	}
	u := c.account.user(c.param("user_id"))
	if c.given("username") {
		u = c.account.userNamed(c.param("username"))
	}
	if u == nil && c.given("user_id") {
		return nil, refuse(40002, "user_id")
	}
	status := ""
	if u != nil {
		status = c.account.statusInForce(u)
	}
	switch {
	case u == nil || status == Active && !c.account.enrolled(u):
		return map[string]any{
			"result": "enroll", "status_msg": "Enroll an authentication device to proceed",
			"enroll_portal_url": "https://" + c.account.APIHostname + "/portal?code=" + c.sim.ids.text(lowerHex, 16) + "&akey=" + c.account.AccountID,
		}, nil
	case status == Bypass:
		return map[string]any{"result": "allow", "status_msg": "Account is in bypass mode"}, nil
	case status != Active:
		return map[string]any{"result": "deny", "status_msg": "Account is " + status}, nil
	}
	devices := each(c.account.phonesOf(u), authDeviceView)
	return map[string]any{"result": "auth", "status_msg": "Account is active", "devices": devices}, nil
}

// statusInForce is what counts at a log-in: a group that is disabled or in bypass is stronger than the member's own
// status. That disabled is the strongest of several, and that nothing brings back who is locked out or in the trash, is
// our choice.
func (a *account) statusInForce(u *user) string {
	if u.Status == LockedOut || u.Status == PendingDeletion {
		return u.Status
	}
	status := u.Status
	for _, g := range a.groupsOf(u) {
		switch g.Status {
		case "Disabled":
			return Disabled
		case "Bypass":
			status = Bypass
		}
	}
	return status
}

func authDeviceView(p *phone) map[string]any {
	masked, display := "", p.Name
	if len(p.Number) >= 4 {
		masked = "XXX-XXX-" + p.Number[len(p.Number)-4:]
	}
	switch {
	case display == "" && masked == "":
		display = p.Platform
	case display == "":
		display = masked
	case masked != "":
		display += " (" + masked + ")"
	}
	view := map[string]any{
		"capabilities": p.capabilities(), "device": p.PhoneID, "display_name": display, "name": p.Name, "number": masked, "type": "phone",
	}
	if len(p.SMSPasscodes) > 0 && slices.Contains(p.capabilities(), "sms") {
		view["sms_nextcode"] = p.SMSPasscodes[0][:1]
	}
	return view
}
