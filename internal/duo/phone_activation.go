package duo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Activation is what connects Duo Mobile on a phone with the account. Every text in it is a
// secret: who opens the link first owns the phone's second factor. Print and log it freely: it hides them.
type Activation struct {
	URL             string        // to open on the phone
	Barcode         string        // address of a QR code image, drawn by Duo
	InstallationURL string        // where to get Duo Mobile; only if asked for
	ValidFor        time.Duration // from now
}

// Format implements [fmt.Formatter]: an activation prints as how long it is valid.
func (a Activation) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%s, valid for %s", hidden, a.ValidFor)
}

// MarshalText implements [encoding.TextMarshaler], and with it that of JSON, without the secrets.
func (a Activation) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(a)), nil }

// LogValue implements [slog.LogValuer] without the secrets.
func (a Activation) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(a)) }

// UnmarshalJSON reads Duo's answer.
func (a *Activation) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*a = Activation{
		URL:             o.text("activation_url"),
		Barcode:         o.text("activation_barcode"),
		InstallationURL: o.text("installation_url"),
		ValidFor:        time.Duration(o.count("valid_secs")) * time.Second,
	}
	return o.err
}

// CreateActivationURL makes a link that activates Duo Mobile on the phone and disconnects the app
// that was active before. valid is in whole seconds; 0 leaves Duo's default of a day. Duo refuses
// phones whose type or platform is Unknown. Nothing is sent to the phone.
//
// POST /admin/v1/phones/{phone_id}/activation_url
func (c *Client) CreateActivationURL(ctx context.Context, id PhoneID, valid time.Duration,
	install bool) (Activation, error) {
	segment, err := segment(id)
	if err != nil {
		return Activation{}, err
	}
	seconds, err := wholeSeconds("valid", valid)
	if err != nil {
		return Activation{}, err
	}
	params := Params{"install": digit(install)}
	if valid > 0 {
		params["valid_secs"] = seconds
	}
	return post[Activation](ctx, c, "/admin/v1/phones"+segment+"/activation_url", params)
}

// ActivationSMS says what to send with [Client.SendActivation]. The zero value is Duo's own text,
// valid for a day.
type ActivationSMS struct {
	ValidFor    time.Duration // in whole seconds; 0 leaves Duo's default of a day
	Message     string        // must hold <acturl>; "" is Duo's text. Duo recommends at most 80 characters
	Install     bool          // send a second SMS, with a link to install Duo Mobile
	InstallText string        // of that one, must hold <insturl>; "" is Duo's text
}

// SentActivation is what was sent to a phone.
type SentActivation struct {
	Message     Sensitive     // with the activation link
	Barcode     Sensitive     // address of a QR code image, drawn by Duo
	InstallText string        // only if asked for
	ValidFor    time.Duration // from now
}

// UnmarshalJSON reads Duo's answer.
func (s *SentActivation) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*s = SentActivation{
		Message:     Sensitive(o.text("activation_msg")),
		Barcode:     Sensitive(o.text("activation_barcode")),
		InstallText: o.text("installation_msg"),
		ValidFor:    time.Duration(o.count("valid_secs")) * time.Second,
	}
	return o.err
}

// SendActivation sends an activation link to the phone by SMS, which costs telephony credits. Duo
// refuses phones without a number and phones whose type or platform is Unknown.
//
// POST /admin/v1/phones/{phone_id}/send_sms_activation
func (c *Client) SendActivation(ctx context.Context, id PhoneID, sms ActivationSMS) (SentActivation, error) {
	segment, err := segment(id)
	if err != nil {
		return SentActivation{}, err
	}
	seconds, err := wholeSeconds("valid", sms.ValidFor)
	if err != nil {
		return SentActivation{}, err
	}
	switch {
	case sms.Message != "" && !strings.Contains(sms.Message, "<acturl>"):
		return SentActivation{}, invalid(errors.New("the message has no <acturl> in it"))
	case sms.InstallText != "" && !sms.Install:
		return SentActivation{},
			invalid(errors.New("there is an installation text, but no installation link is asked for"))
	}
	params := Params{"install": digit(sms.Install)}
	if sms.ValidFor > 0 {
		params["valid_secs"] = seconds
	}
	if sms.Message != "" {
		params["activation_msg"] = sms.Message
	}
	if err := putInstallText(params, sms.InstallText); err != nil {
		return SentActivation{}, err
	}
	return post[SentActivation](ctx, c, "/admin/v1/phones"+segment+"/send_sms_activation", params)
}

// SendInstallation sends a link to install Duo Mobile to the phone by SMS and returns the text that
// was sent. The text must hold <insturl>; "" is Duo's text. It costs telephony credits.
//
// POST /admin/v1/phones/{phone_id}/send_sms_installation
func (c *Client) SendInstallation(ctx context.Context, id PhoneID, text string) (sent string, err error) {
	segment, err := segment(id)
	if err != nil {
		return "", err
	}
	params := Params{}
	if err := putInstallText(params, text); err != nil {
		return "", err
	}
	answer, err := post[SentActivation](ctx, c, "/admin/v1/phones"+segment+"/send_sms_installation", params)
	return answer.InstallText, err
}

func putInstallText(params Params, text string) error {
	if text == "" {
		return nil
	}
	if !strings.Contains(text, "<insturl>") {
		return invalid(errors.New("the installation text has no <insturl> in it"))
	}
	params["installation_msg"] = text
	return nil
}

// SendPasscodes sends a new batch of passcodes to the phone by SMS, which makes the batch before it
// useless and costs telephony credits. How many there are in a batch is a setting of the account.
//
// POST /admin/v1/phones/{phone_id}/send_sms_passcodes
func (c *Client) SendPasscodes(ctx context.Context, id PhoneID) error {
	segment, err := segment(id)
	if err != nil {
		return err
	}
	_, err = post[void](ctx, c, "/admin/v1/phones"+segment+"/send_sms_passcodes", nil)
	return err
}
