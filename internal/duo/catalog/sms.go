package catalog

import (
	"context"
	"strings"
	"time"

	"duodesk/internal/duo"
)

// The labels of what was sent: it holds the links.
const (
	ActivationMessage   = "Activation message"
	InstallationMessage = "Installation message"
)

// The texts of messages. Duo sends at most 160 characters, links included.
var (
	smsLife = Span{Name: "valid_secs", Label: "Link valid for", Min: time.Minute, Max: 7 * day, Default: day,
		Presets: []time.Duration{time.Hour, day, 3 * day, 7 * day}}
	smsInstall    = Bool{Name: "install", Label: "Also send an installation link for Duo Mobile"}
	smsActivation = Text{Name: "activation_msg", Label: "Text of the activation message", Max: 80,
		Help:    "Up to 80 characters, with <acturl> in place of the link. Empty: Duo's own text.",
		Example: "Activate Duo Mobile: <acturl>", Pattern: actPattern}
	smsInstallation = Text{Name: "installation_msg", Label: "Text of the installation message", Max: 80,
		Help:    "Up to 80 characters, with <insturl> in place of the link. Empty: Duo's own text.",
		Pattern: installPattern}
)

func holdsLink(name, text, link string) []FieldError {
	if text != "" && !strings.Contains(text, link) {
		return []FieldError{{Field: name, Message: "Write " + link + " in place of the link."}}
	}
	return nil
}

func sendActivationSMS() Action {
	return Action{
		Slug: SendActivationSMS, Title: "Send Activation By SMS", Category: phoneCategory,
		Help: "Sends an activation link for Duo Mobile to a phone. It costs telephony credits. Help Desk can do this within 15 minutes after the phone's user approved a verification.",
		API:  Admin, Call: "POST /admin/v1/phones/{phone_id}/send_sms_activation", Kind: Send, Tier: Recent, Role: Helpdesk,
		Unable: noSMS, Reveals: true, Uses: activationUses,
		Fields: []Field{phoneID, smsLife, smsInstall, smsActivation, smsInstallation},
		Asks:   "An SMS is sent now. The device that Duo Mobile was on before is disconnected at once.",
		RoleFor: func(in Values) Role {
			if smsLife.Of(in) > day {
				return Technician
			}
			return Helpdesk
		},
		Check: func(in Values) []FieldError {
			bad := append(holdsLink(smsActivation.Name, smsActivation.Of(in), "<acturl>"),
				holdsLink(smsInstallation.Name, smsInstallation.Of(in), "<insturl>")...)
			if smsInstallation.Of(in) != "" && !smsInstall.Of(in) {
				bad = append(bad, FieldError{Field: smsInstallation.Name,
					Message: "This is sent only together with the installation link."})
			}
			return bad
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			phone, err := phoneForSMS(ctx, d, phoneID.Of(in), noSMS)
			if err == nil {
				err = MustBeVerified(ctx, d, in, phone)
			}
			if err != nil {
				return Result{Subject: phoneName(phone), Facts: usersOf(phone.Users...)}, err
			}
			sent, err := d.SendActivation(ctx, phone.ID, duo.ActivationSMS{
				ValidFor: smsLife.Of(in), Install: smsInstall.Of(in), Message: smsActivation.Of(in),
				InstallText: smsInstallation.Of(in),
			})
			if err != nil {
				return Result{Subject: phoneName(phone), Facts: usersOf(phone.Users...)}, err
			}
			r := Result{Subject: phoneName(phone), Facts: usersOf(phone.Users...), Life: sent.ValidFor,
				Summary: "Sent an activation link by SMS to " + phoneName(phone) + ", valid for " +
					Duration(sent.ValidFor) + "."}
			for _, m := range []Secret{{ActivationMessage, string(sent.Message)},
				{InstallationMessage, sent.InstallText}} {
				if m.Value != "" {
					r.Secrets = append(r.Secrets, m)
				}
			}
			return onlyDuos(d, r), nil
		},
	}
}

// activationUses: the installation link is a message of its own.
func activationUses(in Values) []Use {
	messages := 1
	if smsInstall.Of(in) {
		messages++
	}
	return []Use{{SMSQuota, messages}, {ActivationQuota, 1}}
}

// phoneForSMS reads a phone and refuses one that Duo would refuse in vaguer
// words; unable says why, "" if it is able.
func phoneForSMS(ctx context.Context, d *duo.Client, id string, unable func(duo.Phone) string) (duo.Phone, error) {
	phone, err := d.Phone(ctx, duo.PhoneID(id))
	if err != nil {
		return phone, err
	}
	if why := unable(phone); why != "" {
		return phone, &FieldError{Field: phoneID.Name, Message: why}
	}
	return phone, nil
}

func sendInstallationSMS() Action {
	return Action{
		Slug: SendInstallationSMS, Title: "Send Installation By SMS", Category: phoneCategory,
		Help: "Sends an installation link for Duo Mobile to a phone. It activates nothing. It costs telephony credits.",
		API:  Admin, Call: "POST /admin/v1/phones/{phone_id}/send_sms_installation", Kind: Send, Tier: Recent, Role: Helpdesk,
		Unable: noSMS, Uses: oneOf(SMSQuota),
		Fields: []Field{phoneID, smsInstallation},
		Asks:   "An SMS is sent now.",
		Check: func(in Values) []FieldError {
			return holdsLink(smsInstallation.Name, smsInstallation.Of(in), "<insturl>")
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			phone, err := phoneForSMS(ctx, d, phoneID.Of(in), noSMS)
			if err != nil {
				return Result{Subject: phoneName(phone), Facts: usersOf(phone.Users...)}, err
			}
			if _, err := d.SendInstallation(ctx, phone.ID, smsInstallation.Of(in)); err != nil {
				return Result{Subject: phoneName(phone), Facts: usersOf(phone.Users...)}, err
			}
			return Result{Subject: phoneName(phone), Facts: usersOf(phone.Users...),
				Summary: "Sent an installation link by SMS to " + phoneName(phone) + "."}, nil
		},
	}
}

func sendPasscodeSMS() Action {
	return Action{
		Slug: SendPasscodeSMS, Title: "Send Passcode By SMS", Category: phoneCategory,
		Help: "Sends new passcodes to a phone. Earlier passcodes stop working. It costs telephony credits.",
		API:  Admin, Call: "POST /admin/v1/phones/{phone_id}/send_sms_passcodes", Kind: Send, Tier: Recent, Role: Helpdesk,
		Unable: noPasscodes, Uses: oneOf(SMSQuota), Fields: []Field{phoneID},
		Asks: "An SMS is sent now. Earlier passcodes stop working.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			phone, err := phoneForSMS(ctx, d, phoneID.Of(in), noPasscodes)
			if err != nil {
				return Result{Subject: phoneName(phone), Facts: usersOf(phone.Users...)}, err
			}
			if err := d.SendPasscodes(ctx, phone.ID); err != nil {
				return Result{Subject: phoneName(phone), Facts: usersOf(phone.Users...)}, err
			}
			return Result{Subject: phoneName(phone), Facts: usersOf(phone.Users...),
				Summary: "Sent new passcodes by SMS to " + phoneName(phone) + "."}, nil
		},
	}
}

// LinkLife is how long the activation link of a run works that was asked for with input.
func LinkLife(input map[string]string) time.Duration { return smsLife.Of(Recalled(input)) }
