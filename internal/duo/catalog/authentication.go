package catalog

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"duodesk/internal/duo"
)

// The fields of an authentication. Duo takes a user by id or by name.
var (
	authUser     = ID{Name: "user_id", Label: "User", Names: OfUser, Optional: true, Example: "DU0000000000000000EX"}
	authUsername = Text{Name: "username", Names: OfUser, Label: "Username",
		Help: "Instead of the user: the username or alias as typed at login."}
	authFactor = Choice{Name: "factor", Label: "How to ask", Default: "push", Example: "push", Options: []Option{
		{"push", "Push: a request in Duo Mobile"}, {"phone", "Phone call: press a key"},
		{"sms", "SMS: send new passcodes"}, {"passcode", "Passcode: check one that the person reads to you"},
		{"auto", "Automatic: the best factor that the device supports"},
	}}
	authDevice = Text{Name: "device", Label: "Device",
		Help: "The id of one of the user's phones, or auto for the first that supports the factor. Not used with a passcode.", Max: 64, Example: "auto"}
	authPasscode = Text{Name: "passcode", Label: "Passcode",
		Help: "From Duo Mobile, an SMS or a hardware token, or a bypass code. A valid passcode is used up.", Max: 32,
		Secret: true}
	authAddress = Text{Name: "ipaddr", Label: "IP address", Help: "Where the login comes from, for network policies.",
		Max: 45, Pattern: addressPattern}
	authHost = Text{Name: "hostname", Label: "Host name", Help: "The computer that the user logs in to."}
	authType = Text{Name: "type", Label: "Title of the push",
		Help: "The phone shows it before the word “request”. Empty: Login.", Max: 100}
	authShown = Text{Name: "display_username", Label: "Name on the push", Help: "Instead of the username."}
	authInfo  = Text{Name: "pushinfo", Label: "Rows on the push",
		Help: "One name=value per line. The phone shows them below the name, in this order.", Max: 4000,
		Multiline: true, Pattern: rowsPattern}
)

// anyDevice asks on the first device that can do it.
const anyDevice = "auto"

// AuthTime is how long Duo gives a person to answer a push or a call.
const AuthTime = 60 * time.Second

func sendAuthentication() Action {
	return Action{
		Slug: SendAuthentication, Title: "Send Duo Authentication", Category: authCategory,
		Unsure: unsureAsked,
		Help:   "Asks a user for the second factor, as a login does, and waits for the answer. It does not log the user in.",
		API:    Auth, Call: "POST /auth/v2/auth", Kind: Send, Tier: Unproved, Role: Helpdesk,
		Uses: authUses,
		Fields: []Field{authUser, authUsername, authFactor, authDevice, authPasscode, authAddress, authHost, authType,
			authShown, authInfo},
		AsksFor: func(in Values) string {
			if authFactor.Of(in) == "passcode" {
				return "Duo checks the passcode. A valid one is used up; wrong ones count toward the user's lockout."
			}
			return "The person is asked now, on their own device. A denied request counts toward the user's lockout."
		},
		Check: checkAuthentication,
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			request, _ := authRequest(in)
			r := Result{Subject: authUsername.Of(in)}
			if r.Subject == "" {
				r.Subject = authUser.Of(in)
			}
			request, err := askable(ctx, d, request)
			if err != nil {
				return r, err
			}
			txid, err := d.StartAuth(ctx, request)
			if err != nil {
				return r, err
			}
			r.Pending, r.Summary = string(txid), authStarted[authFactor.Of(in)]
			return r, nil
		},
		Follow: func(ctx context.Context, d *duo.Client, in Values, r Result) (Progress, error) {
			status, err := d.AuthStatus(ctx, duo.TransactionID(r.Pending))
			if err != nil {
				return Progress{}, err
			}
			return authProgress(status), nil
		},
		Patience: AuthTime,
	}
}

// authUses: passcodes by SMS are a message, and every factor that asks a person is a push,
// which is counted by person: see AsksAPerson.
func authUses(in Values) []Use {
	if authFactor.Of(in) == "sms" {
		return []Use{{SMSQuota, 1}}
	}
	return nil
}

var authStarted = map[string]string{
	"push": "Sent a push.", "phone": "Called the phone.", "sms": "Asked for passcodes by SMS.",
	"passcode": "Checked a passcode.", "auto": "Asked on the user's device.",
}

func checkAuthentication(in Values) (bad []FieldError) {
	fault := func(field, message string) { bad = append(bad, FieldError{Field: field, Message: message}) }
	if (authUser.Of(in) == "") == (authUsername.Of(in) == "") {
		fault(authUser.Name, "Choose a user or type a username, not both.")
	}
	factor := authFactor.Of(in)
	switch passcode := authPasscode.Of(in); {
	case factor == "passcode" && passcode == "":
		fault(authPasscode.Name, "Type the passcode to check.")
	case factor != "passcode" && passcode != "":
		fault(authPasscode.Name, "To check a passcode, choose Passcode.")
	}
	if _, err := netip.ParseAddr(authAddress.Of(in)); authAddress.Of(in) != "" && err != nil {
		fault(authAddress.Name, "This is not an IP address, such as 198.51.100.7 or 2001:db8::7.")
	}
	if factor != "push" && factor != "auto" {
		for name, text := range map[string]string{authType.Name: authType.Of(in), authShown.Name: authShown.Of(in),
			authInfo.Name: authInfo.Of(in)} {
			if text != "" {
				fault(name, "Only a push shows this.")
			}
		}
	}
	if _, wrong := authRequest(in); wrong != "" {
		fault(authInfo.Name, wrong)
	}
	return bad
}

// authRequest is what Duo is asked; fault is what is wrong with the rows of the
// push.
func authRequest(in Values) (r duo.AuthRequest, fault string) {
	r = duo.AuthRequest{
		User:   duo.AuthUser{Username: authUsername.Of(in), ID: duo.UserID(authUser.Of(in))},
		Factor: duo.Factor(authFactor.Of(in)), Device: authDevice.Of(in),
		Passcode: authPasscode.Of(in), From: duo.AccessDevice{Hostname: authHost.Of(in)}, Type: authType.Of(in),
		DisplayUsername: authShown.Of(in),
	}
	switch {
	case r.Factor == duo.FactorPasscode:
		r.Device = ""
	case strings.EqualFold(r.Device, anyDevice):
		r.Device = anyDevice
	}
	r.From.Address, _ = netip.ParseAddr(authAddress.Of(in)) // an empty one is none
	for line := range strings.Lines(authInfo.Of(in)) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !found || name == "" {
			return r, "Write each row as name=value. This row is not: " + Plain(line)
		}
		r.Info = append(r.Info, duo.PushInfo{Name: name, Value: strings.TrimSpace(value)})
	}
	return r, ""
}

// authProgress puts Duo's answer into words. An SMS that was sent is denied by
// Duo, since nobody has logged in: here it is what was asked for.
func authProgress(s duo.AuthResult) Progress {
	said := ""
	if s.Message != "" {
		said = " Duo says: " + s.Message
	}
	switch {
	case s.Waiting():
		return Progress{Text: authWaiting(s)}
	case s.Allowed() && s.Status == "bypass":
		return Progress{Text: "Allowed, because of a bypass.", Answer: Approved}
	case s.Allowed():
		return Progress{Text: "Approved.", Answer: Approved}
	case s.SMSSent():
		return Progress{Text: "New passcodes are on their way by SMS.", Answer: SMSSent}
	case s.Status == "fraud":
		return Progress{Text: "Denied and reported as fraud: the person did not start this.", Answer: Fraud}
	case s.Status == "timeout":
		return Progress{Text: "No answer within " + Duration(AuthTime) + ".", Answer: NoAnswer}
	case s.Status == "locked_out":
		return Progress{Text: "Denied: the user is locked out.", Answer: LockedOut}
	}
	return Progress{Text: "Denied." + said, Answer: Denied}
}

func authWaiting(s duo.AuthResult) string {
	text := "Waiting for the answer."
	switch s.Status {
	case "pushed":
		text = "The push is on the device. Waiting for the answer."
	case "push_failed":
		text = "The push did not reach the device. The person sees it after opening Duo Mobile."
	case "calling":
		text = "Duo is calling."
	case "answered":
		text = "The call was answered. Waiting for the key."
	}
	if s.Delayed {
		text += " Duo is slower than usual."
	}
	return text
}
