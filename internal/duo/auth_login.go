package duo

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// AuthUser names the user of an authentication: exactly one of the two.
type AuthUser struct {
	Username string // or alias
	ID       UserID
}

func (u AuthUser) params() (Params, error) {
	if (u.Username == "") == (u.ID == "") {
		return nil, invalid(errors.New("exactly one of username and user id is needed"))
	}
	if u.Username != "" {
		return Params{"username": u.Username}, nil
	}
	if _, err := segment(u.ID); err != nil {
		return nil, err
	}
	return Params{"user_id": string(u.ID)}, nil
}

// AccessDevice is the device that a person logs in from. The zero value says nothing of it.
type AccessDevice struct {
	Address            netip.Addr // for the policies on networks
	Hostname           string
	TrustedDeviceToken Sensitive // from an earlier [AuthResult]; preauth only
}

func (d AccessDevice) put(p Params) {
	if d.Address.IsValid() {
		p["ipaddr"] = d.Address.String()
	}
	if d.Hostname != "" {
		p["hostname"] = d.Hostname
	}
}

// PreauthResult is what a user would have to do to log in. Values that are not listed here may
// appear; treat them as PreauthDeny.
type PreauthResult string

// The values of PreauthResult.
const (
	PreauthAuth   PreauthResult = "auth"   // complete a second factor, see Devices
	PreauthAllow  PreauthResult = "allow"  // nothing: the user bypasses, or a policy lets them in
	PreauthDeny   PreauthResult = "deny"   // the user may not log in; Message says why
	PreauthEnroll PreauthResult = "enroll" // enroll a device first, at EnrollURL
)

// Preauth is the answer to [Client.Preauth].
type Preauth struct {
	Result    PreauthResult
	Message   string // Duo's words, such as Account is active
	Devices   []AuthDevice
	EnrollURL Sensitive // where the user enrolls; only with PreauthEnroll

	// Only where a policy demands a verified push:
	Transaction      TransactionID // to be passed to the authentication
	VerificationCode Sensitive     // the digits that the user has to enter on the phone
	Expires          time.Time
}

// UnmarshalJSON reads Duo's answer.
func (p *Preauth) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*p = Preauth{
		Result:           PreauthResult(o.text("result")),
		Message:          plain(o.text("status_msg")),
		Devices:          list[AuthDevice](o, "devices"),
		EnrollURL:        Sensitive(o.text("enroll_portal_url")),
		Transaction:      TransactionID(o.text("txid")),
		VerificationCode: Sensitive(o.text("verification_code")),
		Expires:          o.seconds("expiration"),
	}
	if p.Result == "" {
		return errors.New("no result")
	}
	return o.err
}

// AuthDevice is a device that a user can authenticate with, as [Client.Preauth] lists it.
type AuthDevice struct {
	ID           string // a PhoneID or a TokenID
	Type         string // phone or token
	Name         string
	DisplayName  string   // fit to choose from
	Number       string   // all but the last four digits are masked
	Capabilities []string // of auto, push, sms, phone, mobile_otp; none for a token
	NextSMSCode  string   // first digit of the next unused SMS passcode; "" if none is outstanding
}

// UnmarshalJSON reads Duo's answer.
func (d *AuthDevice) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*d = AuthDevice{
		ID:           o.text("device"),
		Type:         o.text("type"),
		Name:         o.text("name"),
		DisplayName:  o.text("display_name"),
		Number:       o.text("number"),
		Capabilities: list[string](o, "capabilities"),
		NextSMSCode:  o.text("sms_nextcode"),
	}
	return o.err
}

// Preauth asks what a user has to do to log in, and with which devices. Nothing is sent to them.
//
// POST /auth/v2/preauth
func (c *Client) Preauth(ctx context.Context, user AuthUser, from AccessDevice) (Preauth, error) {
	params, err := user.params()
	if err != nil {
		return Preauth{}, err
	}
	from.put(params)
	if from.TrustedDeviceToken != "" {
		params["trusted_device_token"] = string(from.TrustedDeviceToken)
	}
	return post[Preauth](ctx, c, "/auth/v2/preauth", params)
}

// Factor is a way to authenticate.
type Factor string

// The factors.
const (
	FactorAuto     Factor = "auto" // the best one that the device can do
	FactorPush     Factor = "push"
	FactorPasscode Factor = "passcode" // of Duo Mobile, an SMS, a hardware token, or a bypass code
	FactorSMS      Factor = "sms"      // sends passcodes; Duo answers deny, see [AuthResult.SMSSent]
	FactorPhone    Factor = "phone"    // a call
)

// maxPushInfo is what Duo takes, in bytes once encoded.
const maxPushInfo = 20_000

// PushInfo is one row of what a push shows beside the name.
type PushInfo struct{ Name, Value string }

// AuthRequest says which user to authenticate, and how.
type AuthRequest struct {
	User     AuthUser
	Factor   Factor
	Device   string // of [AuthDevice], or auto; "" is auto. Not for FactorPasscode
	Passcode string // for FactorPasscode only
	From     AccessDevice

	// For pushes only:
	Type            string        // shown as "… request"; "" is Duo's Login
	DisplayUsername string        // shown in place of the username
	Info            []PushInfo    // rows in this order; below 20,000 bytes once encoded
	Transaction     TransactionID // of a verified push, from [Preauth]
}

func (r AuthRequest) params() (Params, error) {
	p, err := r.User.params()
	if err != nil {
		return nil, err
	}
	p["factor"] = string(r.Factor)
	r.From.put(p)
	switch r.Factor {
	case FactorPasscode:
		if r.Passcode == "" || r.Device != "" {
			return nil, invalid(errors.New("the factor passcode needs a passcode and no device"))
		}
		p["passcode"] = r.Passcode
	case FactorAuto, FactorPush, FactorSMS, FactorPhone:
		if r.Passcode != "" {
			return nil, invalid(errors.New("a passcode belongs to the factor passcode"))
		}
		p["device"] = "auto"
		if r.Device != "" {
			p["device"] = r.Device
		}
	default:
		return nil, invalid(errors.New("the factor is none of auto, push, passcode, sms and phone"))
	}
	info := encodePushInfo(r.Info)
	if len(info) >= maxPushInfo {
		return nil, invalid(errors.New("the rows of the push are too long"))
	}
	for name, value := range map[string]string{"type": r.Type, "display_username": r.DisplayUsername, "pushinfo": info,
		"txid": string(r.Transaction)} {
		if value == "" {
			continue
		}
		if r.Factor != FactorPush && r.Factor != FactorAuto {
			return nil, invalid(errors.New(name + " belongs to a push"))
		}
		p[name] = value
	}
	return p, nil
}

// encodePushInfo keeps the order of the rows, which is the order on the phone.
func encodePushInfo(rows []PushInfo) string {
	pairs := make([]string, len(rows))
	for i, row := range rows {
		pairs[i] = url.QueryEscape(row.Name) + "=" + url.QueryEscape(row.Value)
	}
	return strings.Join(pairs, "&")
}
