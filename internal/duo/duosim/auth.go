package duosim

import (
	"slices"
	"strconv"
	"strings"
)

func (c *call) checkAuth() (any, *refusal) { return map[string]any{"time": c.now.Unix()}, nil }

// logo is the account's own picture; the wording of the refusal is that of a test of Duo's client.
func (c *call) logo() (any, *refusal) {
	if len(c.account.Logo) == 0 {
		return nil, &refusal{code: 40002, message: "Logo not found"}
	}
	return picture(c.account.Logo), nil
}

// loginUser is the user that preauth or auth is about; nil if no user has that name.
func (c *call) loginUser() (*user, *refusal) {
	switch {
	case c.given("user_id") && c.given("username"):
		return nil, refuse(40002, "username")
	case c.given("username"):
		return c.account.userAtLogin(c.param("username")), nil
	case !c.given("user_id"):
		return nil, refuse(40001, "username")
	}
	u := c.account.user(c.param("user_id"))
	if u == nil {
		return nil, refuse(40002, "user_id")
	}
	return u, nil
}

// preauth says how a user may log in. Texts other than those of auth and enroll are our wording.
func (c *call) preauth() (any, *refusal) {
	u, no := c.loginUser()
	if no != nil {
		return nil, no
	}
	for _, name := range []string{"client_supports_verified_push", "text_prompt"} {
		if _, no := c.boolean(name, false); no != nil {
			return nil, no
		}
	}
	status := ""
	if u != nil {
		status = c.account.statusInForce(u)
	}
	behavior := c.account.policyWord(c.app, u, "authentication_policy", "user_auth_behavior")
	switch {
	case status != "" && status != Active && status != Bypass:
		return map[string]any{"result": "deny", "status_msg": "Account is " + status}, nil
	case status == Bypass:
		return map[string]any{"result": "allow", "status_msg": "Account is in bypass mode"}, nil
	case behavior == "bypass":
		return map[string]any{"result": "allow", "status_msg": "Authentication is not asked for"}, nil
	case behavior == "deny":
		return map[string]any{"result": "deny", "status_msg": "Access is denied by policy"}, nil
	case u == nil || !c.account.enrolled(u):
		return c.preauthNew(u), nil
	}
	devices := append(each(c.account.phonesOf(u), c.account.authDeviceView),
		each(c.account.tokensOf(u), authTokenView)...)
	response := map[string]any{"result": "auth", "status_msg": "Account is active", "devices": devices}
	if wants, _ := c.boolean("text_prompt", false); wants {
		response["prompt"] = c.account.textPrompt(u)
	}
	c.prepareVerified(u, response)
	return response, nil
}

// preauthNew is the answer for who is unknown or has no device.
func (c *call) preauthNew(u *user) map[string]any {
	switch c.account.policyWord(c.app, u, "new_user", "new_user_behavior") {
	case "no-mfa":
		return map[string]any{"result": "allow", "status_msg": "Users who are not enrolled are let in"}
	case "deny":
		return map[string]any{"result": "deny", "status_msg": "Users who are not enrolled are not let in"}
	}
	code := c.sim.ids.text(lowerHex, portalLength)
	if u != nil && u.EnrollCode != "" {
		code = u.EnrollCode
	}
	return map[string]any{
		"result": "enroll", "status_msg": "Enroll an authentication device to proceed",
		"enroll_portal_url": c.account.portalURL(code),
	}
}

// prepareVerified begins a push that will have to be answered with a code, when policy wants it and the client can.
func (c *call) prepareVerified(u *user, response map[string]any) {
	able, _ := c.boolean("client_supports_verified_push", false)
	length, required := c.account.verifiedPush(c.app, u)
	if !able || !required {
		return
	}
	p := c.newLogin(u, "push")
	p.Code, p.Prepared = c.sim.ids.text(digits, length), true
	c.account.Pushes = append(c.account.Pushes, p)
	response["txid"], response["verification_code"], response["expiration"] = p.ID, p.Code,
		p.Begun+int64(pushLife.Seconds())
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

// masked shows the last four digits of a number; nothing of a phone that is gone.
func (p *phone) masked() string {
	if p == nil || len(p.Number) < 4 {
		return ""
	}
	return "XXX-XXX-" + p.Number[len(p.Number)-4:]
}

func (a *account) authDeviceView(p *phone) map[string]any {
	masked, display := p.masked(), p.Name
	switch {
	case display == "" && masked == "":
		display = p.Platform
	case display == "":
		display = masked
	case masked != "":
		display += " (" + masked + ")"
	}
	view := map[string]any{
		"capabilities": a.capabilities(p), "device": p.PhoneID, "display_name": display, "name": p.Name,
		"number": masked, "type": "phone",
	}
	if len(p.SMSPasscodes) > 0 && slices.Contains(a.capabilities(p), "sms") {
		view["sms_nextcode"] = p.SMSPasscodes[0][:1]
	}
	return view
}

func authTokenView(t *token) map[string]any {
	return map[string]any{"device": t.TokenID, "name": t.Serial, "type": "token"}
}

// promptFactors are what duo_unix offers in its text menu, with the capability that each needs.
var promptFactors = []struct{ prompt, factor, capability, text string }{
	{"push", "push", "push", "Duo Push to "}, {"voice", "phone", "phone", "Phone call to "},
	{"smsrefresh", "sms", "sms", "SMS passcodes to "},
}

// textPrompt is a ready-made menu of the user's devices, as duo_unix asks for.
func (a *account) textPrompt(u *user) map[string]any {
	lines, choices := []string{"Duo two-factor login for " + u.Username, "",
		"Enter a passcode or select one of the following options:", ""}, map[string]any{}
	for _, f := range promptFactors {
		count := 0
		for _, p := range a.phonesOf(u) {
			if !slices.Contains(a.capabilities(p), f.capability) {
				continue
			}
			count++
			option, choice := strconv.Itoa(len(choices)+1), f.prompt+strconv.Itoa(count)
			choices[option] = choice
			lines = append(lines, " "+option+". "+f.text+a.authDeviceView(p)["display_name"].(string))
		}
	}
	if first, any := choices["1"]; any {
		choices["default"] = first
	}
	return map[string]any{"text": strings.Join(append(lines, "", "Passcode or option: "), "\n"), "factors": choices}
}

// fromPrompt turns a choice of that menu into a factor and a phone; anything else is a passcode.
func (a *account) fromPrompt(u *user, choice string) (factor string, device *phone) {
	for _, f := range promptFactors {
		number, fits := strings.CutPrefix(choice, f.prompt)
		place, err := strconv.Atoi(number)
		if !fits || err != nil {
			continue
		}
		able := slices.DeleteFunc(a.phonesOf(u),
			func(p *phone) bool { return !slices.Contains(a.capabilities(p), f.capability) })
		if place >= 1 && place <= len(able) {
			return f.factor, able[place-1]
		}
	}
	return "passcode", nil
}
