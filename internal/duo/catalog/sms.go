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
	smsLife       = Span{Name: "valid_secs", Label: "The link is valid for", Min: time.Minute, Max: 7 * day, Default: day, Presets: []time.Duration{time.Hour, day, 3 * day, 7 * day}}
	smsInstall    = Bool{Name: "install", Label: "Send a link to install Duo Mobile first"}
	smsActivation = Text{Name: "activation_msg", Label: "Text of the activation message", Max: 80,
		Help: "At most 80 characters, with <acturl> where the link is to stand. Empty: Duo's own text.", Example: "Activate Duo Mobile: <acturl>", Pattern: actPattern}
	smsInstallation = Text{Name: "installation_msg", Label: "Text of the installation message", Max: 80,
		Help: "At most 80 characters, with <insturl> where the link is to stand. Empty: Duo's own text.", Pattern: installPattern}
)

func holdsLink(name, text, link string) []FieldError {
	if text != "" && !strings.Contains(text, link) {
		return []FieldError{{Field: name, Message: "Write " + link + " where the link is to stand."}}
	}
	return nil
}

func sendActivationSMS() Action {
	return Action{
		Slug: SendActivationSMS, Title: "Send Activation By SMS", Category: phoneCategory,
		Help: "Sends a phone the link that activates Duo Mobile on it. It costs telephony credits. Help Desk may within 15 minutes of an approved verification of the phone's user.",
		API:  Admin, Call: "POST /admin/v1/phones/{phone_id}/send_sms_activation", Kind: Send, Role: Helpdesk, Unable: noSMS, Reveals: true,
		Fields: []Field{phoneID, smsLife, smsInstall, smsActivation, smsInstallation},
		Asks:   "An SMS is sent now. The device that Duo Mobile was on before is disconnected at once.",
		RoleFor: func(in Values) Role {
			if smsLife.Of(in) > day {
				return Technician
			}
			return Helpdesk
		},
		Check: func(in Values) []FieldError {
			bad := append(holdsLink(smsActivation.Name, smsActivation.Of(in), "<acturl>"), holdsLink(smsInstallation.Name, smsInstallation.Of(in), "<insturl>")...)
			if smsInstallation.Of(in) != "" && !smsInstall.Of(in) {
				bad = append(bad, FieldError{Field: smsInstallation.Name, Message: "This is sent only together with the link to install Duo Mobile."})
			}
			return bad
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			phone, err := phoneForSMS(ctx, d, phoneID.Of(in), noSMS)
			if err == nil {
				err = MustBeVerified(ctx, d, in, phone)
			}
			if err != nil {
				return Result{Subject: phoneName(phone)}, err
			}
			sent, err := d.SendActivation(ctx, phone.ID, duo.ActivationSMS{
				ValidFor: smsLife.Of(in), Install: smsInstall.Of(in), Message: smsActivation.Of(in), InstallText: smsInstallation.Of(in),
			})
			if err != nil {
				return Result{Subject: phoneName(phone)}, err
			}
			r := Result{Subject: phoneName(phone), Life: sent.ValidFor, Summary: "Sent an activation link by SMS to " + phoneName(phone) + ", valid for " + Duration(sent.ValidFor) + "."}
			for _, m := range []Secret{{ActivationMessage, string(sent.Message)}, {InstallationMessage, sent.InstallText}} {
				if m.Value != "" {
					r.Secrets = append(r.Secrets, m)
				}
			}
			return onlyDuos(d, r), nil
		},
	}
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
		Slug: "send-installation-by-sms", Title: "Send Installation By SMS", Category: phoneCategory,
		Help: "Sends a phone the link to install Duo Mobile. It activates nothing. It costs telephony credits.",
		API:  Admin, Call: "POST /admin/v1/phones/{phone_id}/send_sms_installation", Kind: Send, Role: Helpdesk, Unable: noSMS,
		Fields: []Field{phoneID, smsInstallation},
		Asks:   "An SMS is sent now.",
		Check: func(in Values) []FieldError {
			return holdsLink(smsInstallation.Name, smsInstallation.Of(in), "<insturl>")
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			phone, err := phoneForSMS(ctx, d, phoneID.Of(in), noSMS)
			if err != nil {
				return Result{Subject: phoneName(phone)}, err
			}
			if _, err := d.SendInstallation(ctx, phone.ID, smsInstallation.Of(in)); err != nil {
				return Result{Subject: phoneName(phone)}, err
			}
			return Result{Subject: phoneName(phone), Summary: "Sent a link to install Duo Mobile by SMS to " + phoneName(phone) + "."}, nil
		},
	}
}

func sendPasscodeSMS() Action {
	return Action{
		Slug: "send-passcode-by-sms", Title: "Send Passcode By SMS", Category: phoneCategory,
		Help: "Sends a phone a new set of passcodes; those sent before stop working. It costs telephony credits.",
		API:  Admin, Call: "POST /admin/v1/phones/{phone_id}/send_sms_passcodes", Kind: Send, Role: Helpdesk, Unable: noPasscodes, Fields: []Field{phoneID},
		Asks: "An SMS is sent now. Passcodes that were sent before stop working.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			phone, err := phoneForSMS(ctx, d, phoneID.Of(in), noPasscodes)
			if err != nil {
				return Result{Subject: phoneName(phone)}, err
			}
			if err := d.SendPasscodes(ctx, phone.ID); err != nil {
				return Result{Subject: phoneName(phone)}, err
			}
			return Result{Subject: phoneName(phone), Summary: "Sent new passcodes by SMS to " + phoneName(phone) + "."}, nil
		},
	}
}
