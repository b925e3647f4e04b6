package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/text"
)

// noSMS says why a phone cannot get an SMS; "" if it may. Duo's capability of this
// name is about passcodes alone: a link can be sent to a phone without it.
func noSMS(p duo.Phone) string {
	switch {
	case p.Number == "":
		return "This device has no number to send an SMS to."
	case p.Type == "Landline":
		return "This is a landline: it cannot receive SMS messages."
	}
	return ""
}

// noPasscodes says why a phone cannot get passcodes by SMS; "" if it may.
func noPasscodes(p duo.Phone) string {
	if why := noSMS(p); why != "" || len(p.Capabilities) == 0 || slices.Contains(p.Capabilities, "sms") {
		return why // without any capability, Duo has not said what the phone can do
	}
	return "Duo does not send passcodes by SMS to this phone."
}

// preauthTime bounds how long an authentication waits to learn what the user's
// devices can do.
const preauthTime = 4 * time.Second

// askable refuses an authentication that no device of the user can answer, before
// anything is sent, and returns it with the id of its device as Duo writes it. What Duo
// does not say here, it decides when it is asked.
func askable(ctx context.Context, d *duo.Client, r duo.AuthRequest) (duo.AuthRequest, error) {
	if r.Factor == duo.FactorPasscode {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(ctx, preauthTime)
	defer cancel()
	pre, err := d.Preauth(ctx, r.User, r.From)
	if err != nil {
		return r, nil
	}
	for _, device := range pre.Devices {
		if strings.EqualFold(device.ID, r.Device) {
			r.Device = device.ID
		}
	}
	if field, why := cannotAsk(pre, r); why != "" {
		return r, &FieldError{Field: field, Message: why}
	}
	return r, nil
}

// whichDevice says which ids a device can have, where a text is none of them: those of
// the phones that it names, or else of all. Duo shows the end of their numbers only.
func whichDevice(pre duo.Preauth, typed string) string {
	part, isNumber := DigitsOf(typed)
	var named, all []string
	for _, d := range pre.Devices {
		if d.Type != "phone" {
			continue
		}
		words := d.ID + " (" + Plain(cmp.Or(d.DisplayName, d.Name, d.Number, "no name")) + ")"
		all = append(all, words)
		shown, _ := DigitsOf(strings.NewReplacer("X", "", "x", "").Replace(d.Number))
		same := func(name string) bool { return name != "" && text.Same(name, typed) }
		if same(d.Name) || same(d.DisplayName) || same(d.Number) ||
			isNumber && len(shown.Number) >= shownOfNumber && strings.HasSuffix(part.Number, shown.Number) {
			named = append(named, words)
		}
	}
	switch {
	case len(all) == 0:
		return "This user has no phone."
	case len(named) == 0:
		return "No phone of this user has this id. Enter auto, or one of these ids: " + Listed(all, mostDevices) + "."
	case len(named) == 1:
		return "Enter the id of the phone: " + named[0] + "."
	}
	return fmt.Sprintf("%d phones match; enter the id of one: %s.", len(named), Listed(named, mostDevices))
}

// shownOfNumber is how many digits of a number Duo shows here, and mostDevices how many devices are listed.
const (
	shownOfNumber = 4
	mostDevices   = 10
)

// howAsked says for each factor what a device has to be able to do, and in words
// why one cannot.
var howAsked = map[duo.Factor]struct {
	any []string
	why string
}{
	duo.FactorPush: {[]string{"push"},
		"can get a push: Duo Mobile must be activated on it, and the policy must allow a push"},
	duo.FactorPhone: {[]string{"phone"}, "can be called: it must have a number, and the policy must allow phone calls"},
	duo.FactorSMS: {[]string{"sms"},
		"can get passcodes by SMS: it must be a mobile phone with a number, and the policy must allow them"},
	duo.FactorAuto: {[]string{"push", "phone", "sms"}, "can be asked by a push, a call or an SMS"},
}

// cannotAsk says which field of an authentication names what Duo cannot do, and
// why; "" if it can be done as far as preauth tells. Who is let in or refused
// anyway is asked nothing, so that Duo says so itself.
func cannotAsk(pre duo.Preauth, r duo.AuthRequest) (field, why string) {
	switch pre.Result {
	case duo.PreauthEnroll:
		if r.User.ID == "" { // Duo answers the same for a name that no user has
			return authUsername.Name,
				"Duo knows no device of a user with this name. Check the name. An existing user must enroll first."
		}
		return authUser.Name, "Duo knows no device of this user that could be asked. The user must enroll first."
	case duo.PreauthAuth:
	default:
		return "", ""
	}
	how, chosen := howAsked[r.Factor], r.Device != "" && r.Device != anyDevice
	known, able := false, false
	for _, device := range pre.Devices {
		if device.Type != "phone" || chosen && device.ID != r.Device {
			continue
		}
		known = true
		able = able || slices.ContainsFunc(how.any,
			func(c string) bool { return slices.Contains(device.Capabilities, c) })
	}
	switch {
	case able:
		return "", ""
	case chosen && !known:
		return authDevice.Name, whichDevice(pre, r.Device)
	case chosen:
		return authDevice.Name, "This is not a device that " + how.why + "."
	}
	return authFactor.Name, "This user has no device that " + how.why + "."
}
