package duosim

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"time"
)

// factors are what auth can be asked for, with the capability that the device needs; a passcode needs none.
var factors = map[string]string{"auto": "auto", "push": "push", "passcode": "", "sms": "sms", "phone": "phone",
	"prompt": ""}

// newLogin begins a login with this call's parameters, or takes up the one that preauth has prepared.
func (c *call) newLogin(u *user, factor string) *push {
	p := c.account.push(c.param("txid"))
	if p == nil || !p.Prepared || p.UserID != u.UserID || p.IntegrationKey != c.app.IntegrationKey || factor != "push" {
		p = &push{ID: c.sim.ids.uuid(), UserID: u.UserID, IntegrationKey: c.app.IntegrationKey}
	}
	p.Begun, p.IP, p.Prepared = c.now.Unix(), c.param("ipaddr"), false
	return p
}

// auth asks for a second factor: it answers when the person has, or at once with a txid to ask auth_status about.
func (c *call) auth() (any, *refusal) {
	u, no := c.loginUser()
	if no != nil {
		return nil, no
	}
	if u == nil {
		return nil, refuse(40002, "username")
	}
	factor, no := c.required("factor")
	if no != nil {
		return nil, no
	}
	if _, known := factors[factor]; !known {
		return nil, refuse(40002, "factor")
	}
	async, no := c.boolean("async", false)
	if no != nil {
		return nil, no
	}
	factor, device, no := c.factorAndDevice(u, factor)
	if no != nil {
		return nil, no
	}
	p := c.newLogin(u, factor)
	if !slices.Contains(c.account.Pushes, p) {
		c.account.Pushes = append(c.account.Pushes, p)
	}
	c.ask(p, u, factor, device)
	c.sim.tell()
	if async {
		return map[string]any{"txid": p.ID}, nil
	}
	c.wake = time.Unix(p.Begun, 0).Add(pushLife)
	c.later = func(bool) (any, *refusal, bool) {
		if c.account.push(p.ID) == nil { // the user was deleted meanwhile
			return nil, refuse(40401), true
		}
		return p.outcomeView(), nil, p.Ended != nil
	}
	return nil, nil
}

// ask sends what the factor needs, or decides at once.
func (c *call) ask(p *push, u *user, factor string, device *phone) {
	if device != nil {
		p.PhoneID, p.DeviceName = device.PhoneID, device.label()
	}
	behavior := c.account.policyWord(c.app, u, "authentication_policy", "user_auth_behavior")
	decided := map[string]outcome{Bypass: bypassed, Disabled: isDisabled, LockedOut: isLockedOut,
		PendingDeletion: isDisabled}
	how, fixed := decided[c.account.statusInForce(u)]
	switch {
	case !fixed && behavior == "bypass":
		how, fixed = unasked, true
	case !fixed && behavior == "deny":
		how, fixed = byPolicy, true
	}
	switch {
	case fixed:
		p.Factor = "not_available"
		c.effect(Changed)
		c.account.finish(p, how, c.now)
	case factor == "passcode":
		good := false
		if p.Factor, good = c.account.usePasscode(u, p, c.passcode(), c.now); good {
			how = goodCode
			if p.Factor == "bypass_code" {
				how = bypassed
			}
		} else {
			how = wrongCode
		}
		c.effect(Changed)
		c.account.finish(p, how, c.now)
	case factor == "sms":
		p.Factor = "sms_refresh"
		c.text(device, "authentication", c.newPasscodes(device))
		c.account.finish(p, codesSent, c.now)
	case factor == "phone":
		p.Factor = "phone_call"
		c.charge(device.Number, "authentication", "phone", p.ID, callPrice)
		c.effect(Sent)
	default:
		p.Factor = "duo_push"
		if p.Code != "" {
			p.Factor = "verified_duo_push"
		}
		p.Title, p.ShownName, p.Info = orElse(c.param("type"), "Login"),
			orElse(c.param("display_username"), u.Username), c.param("pushinfo")
		c.effect(Sent)
	}
}

const (
	callPrice   = 2 // credits; Duo's depend on the country
	maxPushInfo = 20_000
)

func orElse(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

// factorAndDevice resolves "auto" and "prompt" and finds the phone.
func (c *call) factorAndDevice(u *user, factor string) (string, *phone, *refusal) {
	switch factor {
	case "passcode":
		_, no := c.required("passcode")
		return factor, nil, no
	case "prompt":
		choice, no := c.required("prompt")
		if no != nil {
			return "", nil, no
		}
		factor, device := c.account.fromPrompt(u, choice)
		return factor, device, nil
	}
	wanted, no := c.required("device")
	if no != nil {
		return "", nil, no
	}
	if len(c.param("pushinfo")) >= maxPushInfo {
		return "", nil, refuse(40002, "pushinfo")
	}
	candidates := c.account.phonesOf(u)
	if wanted != "auto" {
		if !slices.Contains(u.PhoneIDs, wanted) {
			return "", nil, refuse(40002, "device")
		}
		candidates = slices.DeleteFunc(candidates, func(p *phone) bool { return p.PhoneID != wanted })
	}
	tried := []string{factor}
	if factor == "auto" {
		tried = []string{"push", "phone", "sms"}
	}
	for _, one := range tried {
		i := slices.IndexFunc(candidates,
			func(p *phone) bool { return slices.Contains(c.account.capabilities(p), one) })
		if i >= 0 {
			return one, candidates[i], nil
		}
	}
	if status := c.account.statusInForce(u); status != Active {
		return factor, nil, nil // who is let in or refused anyway needs no device
	}
	return "", nil, refuse(40002, "no capable device")
}

func (c *call) passcode() string {
	if c.param("factor") == "prompt" {
		return c.param("prompt")
	}
	return c.param("passcode")
}

// usePasscode tries a code as everything it could be, and uses it up. The factor is the log's word.
func (a *account) usePasscode(u *user, p *push, code string, now time.Time) (factor string, good bool) {
	for i, b := range u.BypassCodes {
		if b.Code != code {
			continue
		}
		switch b.UsesLeft {
		case 0: // unlimited
		case 1:
			u.BypassCodes = slices.Delete(slices.Clone(u.BypassCodes), i, i+1)
		default:
			b.UsesLeft--
		}
		return "bypass_code", true
	}
	for _, ph := range a.phonesOf(u) {
		if i := slices.Index(ph.SMSPasscodes, code); i >= 0 && !a.smsTooOld(ph, now) {
			ph.SMSPasscodes = slices.Delete(slices.Clone(ph.SMSPasscodes), i, i+1)
			p.PhoneID, p.DeviceName = "", ph.label()
			return "sms_passcode", true
		}
		if ph.acceptMobile(code, now) {
			p.DeviceName = ph.label()
			return "duo_mobile_passcode", true
		}
	}
	for _, t := range a.tokensOf(u) {
		if t.accept(code, now) {
			p.DeviceName = t.Serial
			return "hardware_token", true
		}
	}
	return "passcode", false
}

func (a *account) smsTooOld(p *phone, now time.Time) bool {
	minutes := int64(a.settingInt("sms_expiration"))
	return minutes > 0 && p.PasscodesSent+minutes*60 <= now.Unix()
}

// mobilePasscode is what Duo Mobile on this phone shows as passcode at a moment: six digits, new every 30 seconds.
func (p *phone) mobilePasscode(step int64) string {
	secret := sha256.Sum256([]byte("Duo Mobile on " + p.PhoneID))
	return oneTimeCode(secret[:20], step, 6)
}

func (p *phone) acceptMobile(code string, now time.Time) bool {
	if !p.Activated {
		return false
	}
	step := now.Unix() / usualStep
	for s := max(step-1, p.LastPasscode+1); s <= step+1; s++ {
		if p.mobilePasscode(s) == code {
			p.LastPasscode = s
			return true
		}
	}
	return false
}

func (p *push) outcomeView() map[string]any {
	return map[string]any{"result": p.Result, "status": p.Status, "status_msg": p.Message}
}

// state is what auth_status tells of a login.
func (a *account) state(p *push) map[string]any {
	view := p.outcomeView()
	if p.Ended == nil {
		view["result"] = "waiting"
		key, _ := a.settingsView()["keypress_confirm"].(string)
		switch {
		case p.Factor == "phone_call" && p.PickedUp:
			view["status"], view["status_msg"] = "answered", "Answered. Press '"+key+"' on your phone to log in."
		case p.Factor == "phone_call":
			view["status"], view["status_msg"] = "calling", "Dialing "+a.phone(p.PhoneID).masked()+"..."
		default:
			view["status"], view["status_msg"] = "pushed", "Pushed a login request to your device..."
		}
	}
	view["auth_delayed"] = false
	return view
}

// authStatus tells the state of a login, when it is another one than was told last or the wait has been long enough.
func (c *call) authStatus() (any, *refusal) {
	txid, no := c.required("txid")
	if no != nil {
		return nil, no
	}
	p := c.account.push(txid)
	if p == nil || p.Verification || p.Prepared || p.IntegrationKey != c.app.IntegrationKey {
		return nil, refuse(40002, "txid")
	}
	c.wake = time.Unix(p.Begun, 0).Add(pushLife)
	c.later = func(overdue bool) (any, *refusal, bool) {
		if c.account.push(p.ID) == nil { // the user was deleted meanwhile
			return nil, refuse(40002, "txid"), true
		}
		view := c.account.state(p)
		status := view["status"].(string)
		if !overdue && p.Ended == nil && status == p.Told {
			return nil, nil, false
		}
		if c.req.sent != http.MethodHead { // which tells nothing
			p.Told = status
		}
		return view, nil, true
	}
	return nil, nil
}
