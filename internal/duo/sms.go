package duo

import (
	"context"
	"time"
)

// SMSActivation is the content of an activation by SMS. Duo puts the links where the texts have
// <acturl> and <insturl>; an empty text is Duo's own.
type SMSActivation struct {
	ValidFor            time.Duration // of the activation link, in whole seconds; 0 is Duo's default of a day
	Install             bool          // send a link to install Duo Mobile before it
	ActivationMessage   string        // must contain <acturl>
	InstallationMessage string        // must contain <insturl>; only with Install
}

// SentActivation is what Duo has sent. Its texts hold the links and so are secrets, like those of
// an [Activation].
type SentActivation struct {
	ActivationMessage   string
	InstallationMessage string
	ValidFor            time.Duration
}

func (s *SentActivation) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*s = SentActivation{
		ActivationMessage:   o.text("activation_msg"),
		InstallationMessage: o.text("installation_msg"),
		ValidFor:            time.Duration(o.count("valid_secs")) * time.Second,
	}
	return o.err
}

// SendActivationSMS sends a phone the link that activates Duo Mobile on it and disconnects the app
// that was active before. It costs telephony credits. Duo refuses phones without a number, and
// those whose type or platform is Unknown.
//
// POST /admin/v1/phones/{phone_id}/send_sms_activation
func (c *Client) SendActivationSMS(ctx context.Context, id PhoneID, m SMSActivation) (SentActivation, error) {
	segment, err := segment(id)
	if err != nil {
		return SentActivation{}, err
	}
	seconds, err := wholeSeconds("valid", m.ValidFor)
	if err != nil {
		return SentActivation{}, err
	}
	params := Params{"install": "0"}
	if m.Install {
		params["install"] = "1"
	}
	putText(params, "valid_secs", seconds, "0")
	putText(params, "activation_msg", m.ActivationMessage, "")
	putText(params, "installation_msg", m.InstallationMessage, "")
	return post[SentActivation](ctx, c, "/admin/v1/phones"+segment+"/send_sms_activation", params)
}

// SendInstallationSMS sends a phone the link to install Duo Mobile and returns the text that was
// sent. message must contain <insturl>; empty, it is Duo's own. It costs telephony credits.
//
// POST /admin/v1/phones/{phone_id}/send_sms_installation
func (c *Client) SendInstallationSMS(ctx context.Context, id PhoneID, message string) (string, error) {
	segment, err := segment(id)
	if err != nil {
		return "", err
	}
	params := Params{}
	putText(params, "installation_msg", message, "")
	sent, err := post[SentActivation](ctx, c, "/admin/v1/phones"+segment+"/send_sms_installation", params)
	return sent.InstallationMessage, err
}

// SendPasscodesSMS sends a phone a new batch of passcodes; the batch before stops working. How
// many there are is one of the account's [Settings]. It costs telephony credits.
//
// POST /admin/v1/phones/{phone_id}/send_sms_passcodes
func (c *Client) SendPasscodesSMS(ctx context.Context, id PhoneID) error {
	segment, err := segment(id)
	if err != nil {
		return err
	}
	_, err = post[void](ctx, c, "/admin/v1/phones"+segment+"/send_sms_passcodes", nil)
	return err
}

// putText adds value unless it is none, which stands for Duo's default.
func putText(p Params, name, value, none string) {
	if value != none {
		p[name] = value
	}
}
