package duosim

import (
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
)

const portalLength = 16 // of the code in an enrollment link

func (a *account) portalURL(code string) string {
	return "https://" + a.APIHostname + "/portal?code=" + code + "&akey=" + a.AccountID
}

// link is the three forms of an activation code.
func (a *account) link(code string) (deepLink, barcode, address string) {
	deepLink = "duo://" + code + "-" + base64.RawURLEncoding.EncodeToString([]byte(a.APIHostname))
	return deepLink, "https://" + a.APIHostname + "/frame/qr?value=" + url.QueryEscape(deepLink),
		"https://" + a.linkHost() + "/activate/" + code
}

// enroll makes a user with a phone that waits for Duo Mobile.
func (c *call) enroll() (any, *refusal) {
	username := strings.ToLower(strings.TrimSpace(c.param("username")))
	if username == "" {
		username = c.sim.ids.text(lowerHex, 32)
	}
	if c.account.userNamed(username) != nil {
		return nil, refuse(40002, "username already exists")
	}
	validSecs, no := c.integer("valid_secs", oneDay, 1, maxValidSecs)
	if no != nil {
		return nil, no
	}
	codes, no := c.integer("bypass_codes", 0, 0, maxCodesPerCall)
	if no != nil {
		return nil, no
	}
	p := &phone{PhoneID: c.sim.ids.object("DP"), Type: "Mobile", Platform: "Unknown", Model: "Unknown",
		Created: c.now.Unix()}
	expires := c.now.Unix() + int64(validSecs)
	p.ActivationCode, p.ActivationExpires = c.sim.ids.text(letterDigits, activationLength), &expires
	u := &user{
		UserID: c.sim.ids.object("DU"), Username: username, Status: Active, EnableAutoPrompt: true,
		Created: c.now.Unix(),
		Aliases: map[string]string{}, PhoneIDs: []string{p.PhoneID},
	}
	deepLink, barcode, address := c.account.link(p.ActivationCode)
	response := map[string]any{
		"activation_barcode": barcode, "activation_code": deepLink, "activation_url": address, "expiration": expires,
		"user_id": u.UserID, "username": u.Username,
	}
	if codes > 0 {
		var texts []string
		for range codes {
			b := &bypassCode{ID: c.sim.ids.object("DB"), Code: c.sim.ids.text(digits, 9), Created: c.now.Unix(),
				UsesLeft: 1}
			u.BypassCodes, texts = append(u.BypassCodes, b), append(texts, b.Code)
		}
		response["bypass_codes"] = texts
	}
	c.account.Users, c.account.Phones = append(c.account.Users, u), append(c.account.Phones, p)
	c.effect(Changed)
	return response, nil
}

// enrollStatus answers a bare word. Whose code it is counts, too.
func (c *call) enrollStatus() (any, *refusal) {
	id, no := c.required("user_id")
	if no != nil {
		return nil, no
	}
	text, no := c.required("activation_code")
	if no != nil {
		return nil, no
	}
	u := c.account.user(id)
	if u == nil {
		return "invalid", nil
	}
	code, _, _ := strings.Cut(strings.TrimPrefix(text, "duo://"), "-")
	for _, p := range c.account.phonesOf(u) {
		switch {
		case p.ActivatedWith == code:
			return "success", nil
		case p.ActivationCode == code && p.open(c.now):
			return "waiting", nil
		}
	}
	return "invalid", nil
}

// open tells whether the phone's activation code can still be used.
func (p *phone) open(now time.Time) bool {
	return p.ActivationCode != "" && (p.ActivationExpires == nil || now.Unix() < *p.ActivationExpires)
}

// enrolling tells whether the code of the user's enrollment email can still be used.
func (u *user) enrolling(now time.Time) bool {
	return u.EnrollCode != "" && (u.EnrollExpires == nil || now.Unix() < *u.EnrollExpires)
}

// enrollUser sends the email with which a person enrolls. The user is made when missing. That someone with a device is
// refused is presumed.
func (c *call) enrollUser() (any, *refusal) {
	username, no := c.required("username")
	if no != nil {
		return nil, no
	}
	email, no := c.required("email")
	if no != nil {
		return nil, no
	}
	validSecs, no := c.integer("valid_secs", maxValidSecs, 0, 1<<31)
	if no != nil {
		return nil, no
	}
	u := c.account.userNamed(username)
	if u != nil && (c.account.enrolled(u) || u.Status == PendingDeletion) {
		return nil, refuse(40002, "username")
	}
	if u == nil {
		u = &user{
			UserID: c.sim.ids.object("DU"), Username: strings.ToLower(strings.TrimSpace(username)), Status: Active,
			EnableAutoPrompt: true,
			Created:          c.now.Unix(), Aliases: map[string]string{},
		}
		c.account.Users = append(c.account.Users, u)
	}
	u.Email, u.EnrollCode, u.EnrollExpires = email, c.sim.ids.text(lowerHex, portalLength), nil
	if validSecs > 0 {
		expires := c.now.Unix() + int64(validSecs)
		u.EnrollExpires = &expires
	}
	c.email(email, "Duo Security enrollment", "Your organization "+c.account.Name+" invites you to set up Duo: "+
		c.account.portalURL(u.EnrollCode))
	c.logAction(c.route.action, u.Username, map[string]any{"uname": u.Username, "email": email})
	return u.EnrollCode, nil
}

// Scan does what a person does with an activation or enrollment code, link or barcode: Duo Mobile is on that phone from
// now on, or the user of an enrollment email has a phone. It fails when the code is unknown, used, replaced or expired.
func (s *Sim) Scan(code string) error {
	return change(s, func() error {
		now := s.now()
		text, err := url.QueryUnescape(code)
		if err != nil {
			text = code
		}
		for _, a := range s.accounts {
			for _, p := range a.Phones {
				if p.open(now) && strings.Contains(text, p.ActivationCode) {
					p.activate(now)
					a.logEnrollment(s, a.usersOf(p), p)
					return nil
				}
			}
			for _, u := range a.Users {
				if u.enrolling(now) && strings.Contains(text, u.EnrollCode) {
					u.EnrollCode, u.EnrollExpires = "", nil
					p := s.addPhone(a, PhoneSpec{Type: "Mobile", UserIDs: []string{u.UserID}})
					p.activate(now)
					a.logEnrollment(s, []*user{u}, p)
					return nil
				}
			}
		}
		return errors.New("no phone or user waits for this code: it is unknown, used, replaced or expired")
	})
}

// activate binds Duo Mobile; a phone of unknown kind becomes known by it.
func (p *phone) activate(now time.Time) {
	seconds := now.Unix()
	p.Activated, p.ActivatedWith, p.ActivationCode, p.ActivationExpires = true, p.ActivationCode, "", nil
	p.AppVersion, p.LastActivated, p.LastSeen = appVersion, &seconds, &seconds
	if slices.Contains([]string{"Unknown", "Generic Smartphone"}, p.Platform) {
		p.Platform, p.Model, p.OSVersion = "Google Android", "Google Pixel 9", "16"
	}
	if p.Type == "Unknown" {
		p.Type = "Mobile"
	}
}

const appVersion = "4.85.0.0"

func (a *account) logEnrollment(s *Sim, users []*user, p *phone) {
	for _, u := range users {
		a.Logs.Logins = keep(a.Logs.Logins, &login{
			TxID: s.ids.uuid(), At: s.now().UnixMilli(), UserID: u.UserID, Username: u.Username, Email: u.Email,
			Factor: "duo_push",
			Result: "success", Type: "enrollment", DeviceKey: p.PhoneID, DeviceName: p.label(),
		})
	}
}
