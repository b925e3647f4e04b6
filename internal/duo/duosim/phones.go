package duosim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Types and platforms as Duo shows them; it takes them in any case.
var (
	phoneTypes = []string{"Unknown", "Mobile", "Landline"}
	platforms  = []string{
		"Unknown", "Google Android", "Apple iOS", "Windows Phone", "RIM Blackberry", "Java J2ME", "Palm WebOS",
		"Symbian OS", "Windows Mobile", "Generic Smartphone",
	}
)

func (c *call) phone() (*phone, *refusal) {
	p := c.account.phone(c.path["phone_id"])
	if p == nil {
		return nil, refuse(40401)
	}
	return p, nil
}

// label is how logs call a phone: by its number, or else by its name.
func (p *phone) label() string { return cmp.Or(p.Number, p.Name, p.PhoneID) }

func (a *account) phonesOf(u *user) []*phone {
	var phones []*phone
	for _, id := range u.PhoneIDs {
		if p := a.phone(id); p != nil {
			phones = append(phones, p)
		}
	}
	return phones
}

func (a *account) usersOf(p *phone) []*user {
	return slices.DeleteFunc(slices.Clone(a.Users),
		func(u *user) bool { return !slices.Contains(u.PhoneIDs, p.PhoneID) })
}

// capabilities follow the combinations seen in recorded answers; Duo's real rule also depends on policy.
func (a *account) capabilities(p *phone) []string {
	mobile := p.Type == "Mobile" && p.Number != ""
	able := []string{}
	if p.Activated {
		able = append(able, "push")
	}
	if mobile {
		able = append(able, "sms")
	}
	if p.Number != "" && !a.NoTelephony {
		able = append(able, "phone")
	}
	if p.Activated {
		able = append(able, "mobile_otp")
	}
	if len(able) > 0 {
		able = append([]string{"auto"}, able...)
	}
	return able
}

// phoneView is the phone as it stands inside a user.
func (a *account) phoneView(p *phone) map[string]any {
	view := map[string]any{
		"activated": p.Activated, "app_version": p.AppVersion, "capabilities": a.capabilities(p),
		"creation_date": isoText(&p.Created), "encrypted": "", "extension": p.Extension, "fingerprint": "",
		"last_activated_date": isoText(p.LastActivated), "last_seen": isoText(p.LastSeen), "model": p.Model,
		"name":   p.Name,
		"number": p.Number, "os_version": p.OSVersion, "phone_id": p.PhoneID, "platform": p.Platform,
		"postdelay": p.Postdelay, "predelay": p.Predelay, "screenlock": "",
		"sms_passcodes_sent": len(p.SMSPasscodes) > 0,
		"tampered":           "", "type": p.Type,
	}
	if p.Activated {
		view["encrypted"], view["fingerprint"], view["screenlock"], view["tampered"] = "Encrypted", "Configured",
			"Locked", "Not tampered"
	}
	if a.NoTelephony {
		delete(view, "postdelay")
		delete(view, "predelay")
	}
	return view
}

func isoText(moment *int64) string {
	if moment == nil {
		return ""
	}
	return time.Unix(*moment, 0).UTC().Format("2006-01-02T15:04:05")
}

func (a *account) phoneWithUsers(p *phone) map[string]any {
	view := a.phoneView(p)
	view["users"] = each(a.usersOf(p), a.reducedView)
	return view
}

// listPhones filters by number, and by extension alone or with it.
func (c *call) listPhones() (any, *refusal) {
	phones := slices.Clone(c.account.Phones)
	if c.param("number") != "" {
		number, valid := normalNumber(c.param("number"))
		if !valid {
			return nil, refuse(40002, "number")
		}
		phones = slices.DeleteFunc(phones, func(p *phone) bool { return p.Number != number })
	}
	if c.given("extension") {
		phones = slices.DeleteFunc(phones, func(p *phone) bool { return p.Extension != c.param("extension") })
	}
	phones, no := page(c, phones, 100, 500)
	return each(phones, c.account.phoneWithUsers), no
}

func (c *call) getPhone() (any, *refusal) {
	p, no := c.phone()
	if no != nil {
		return nil, no
	}
	return c.account.phoneWithUsers(p), nil
}

func (c *call) createPhone() (any, *refusal) {
	p := &phone{PhoneID: c.sim.ids.object("DP"), Type: "Unknown", Platform: "Unknown", Model: "Unknown",
		Created: c.now.Unix()}
	if no := c.applyPhoneParams(p); no != nil {
		return nil, no
	}
	c.account.Phones = append(c.account.Phones, p)
	c.record(p.label())
	return c.account.phoneWithUsers(p), nil
}

func (c *call) modifyPhone() (any, *refusal) {
	p, no := c.phone()
	if no != nil {
		return nil, no
	}
	changed := *p
	if no := c.applyPhoneParams(&changed); no != nil {
		return nil, no
	}
	*p = changed
	c.record(p.label())
	return c.account.phoneWithUsers(p), nil
}

func (c *call) deletePhone() (any, *refusal) {
	p, no := c.phone()
	if no != nil {
		return "", nil
	}
	for _, u := range c.account.Users {
		u.PhoneIDs, _ = without(u.PhoneIDs, p.PhoneID)
	}
	c.account.Phones = slices.DeleteFunc(c.account.Phones, func(other *phone) bool { return other == p })
	c.record(p.label())
	return "", nil
}

func (c *call) applyPhoneParams(p *phone) *refusal {
	if c.given("number") {
		number, valid := normalNumber(c.param("number"))
		if !valid {
			return refuse(40002, "number")
		}
		p.Number = number
	}
	for name, field := range map[string]*string{"name": &p.Name, "extension": &p.Extension} {
		if c.given(name) {
			*field = c.param(name)
		}
	}
	if c.given("extension") && strings.Trim(p.Extension, digits+",#*") != "" {
		return refuse(40002, "extension")
	}
	for name, field := range map[string]*string{"predelay": &p.Predelay, "postdelay": &p.Postdelay} {
		if _, no := c.integer(name, 0, 0, 3600); no != nil {
			return no
		}
		if c.given(name) {
			*field = c.param(name)
		}
	}
	if no := c.choose("type", phoneTypes, &p.Type); no != nil {
		return no
	}
	if strings.EqualFold(c.param("platform"), "windows phone 7") {
		p.Platform = "Windows Phone"
	} else if no := c.choose("platform", platforms, &p.Platform); no != nil {
		return no
	}
	if p.Number != "" && slices.ContainsFunc(c.account.Phones, func(other *phone) bool {
		return other.PhoneID != p.PhoneID && other.Number == p.Number && other.Extension == p.Extension
	}) {
		return refuse(40003)
	}
	return nil
}

// choose sets a field to one of the allowed words, whatever case it came in.
func (c *call) choose(name string, allowed []string, field *string) *refusal {
	if !c.given(name) {
		return nil
	}
	i := slices.IndexFunc(allowed, func(word string) bool { return strings.EqualFold(word, c.param(name)) })
	if i < 0 {
		return refuse(40002, name)
	}
	*field = allowed[i]
	return nil
}

// bareNumber is a number without what people write between its digits.
func bareNumber(text string) string {
	return strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "").Replace(text)
}

// normalNumber turns a phone number into E.164. Without "+" it is read as North American, as Duo does; empty stays
// empty.
func normalNumber(text string) (number string, valid bool) {
	bare := bareNumber(text)
	rest, international := strings.CutPrefix(bare, "+")
	switch {
	case bare == "":
		return "", true
	case strings.Trim(rest, digits) != "":
		return "", false
	case international:
		return bare, len(rest) >= 8 && len(rest) <= 15 && rest[0] != '0'
	case len(rest) == 11 && rest[0] == '1':
		return "+" + rest, true
	}
	return "+1" + rest, len(rest) == 10
}

func (c *call) listUserPhones() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	phones, no := page(c, c.account.phonesOf(u), 100, 500)
	return each(phones, c.account.phoneView), no
}

// assignPhone links a phone to a user; doing it twice is harmless and an unknown phone is 40401 (our choices).
func (c *call) assignPhone() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	id, no := c.required("phone_id")
	if no != nil {
		return nil, no
	}
	p := c.account.phone(id)
	if p == nil {
		return nil, refuse(40401)
	}
	if slices.Contains(u.PhoneIDs, id) {
		return "", nil
	}
	if len(u.PhoneIDs) >= maxRelations || len(c.account.usersOf(p)) >= maxRelations {
		return nil, refuse(50001)
	}
	u.PhoneIDs = append(u.PhoneIDs, id)
	c.record(u.Username)
	return "", nil
}

func (c *call) unassignPhone() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	left, had := without(u.PhoneIDs, c.path["phone_id"])
	if had {
		u.PhoneIDs = left
		c.record(u.Username)
	}
	return "", nil
}
