package duosim

import (
	"fmt"
	"strings"
)

const (
	activationLength = 20
	maxValidSecs     = 30 * 24 * 3600 // Duo's own limit is not published
	oneDay           = 24 * 3600
)

// activation is a fresh way of binding Duo Mobile to a phone.
type activation struct {
	url, barcode, installURL string
	validSecs                int
	install                  bool
}

// activate issues a new activation code. It disconnects the Duo Mobile that the phone had, and voids an earlier code.
func (c *call) activate(p *phone) (activation, *refusal) {
	validSecs, no := c.integer("valid_secs", oneDay, 1, maxValidSecs)
	if no != nil {
		return activation{}, no
	}
	install, no := c.boolean("install", false)
	if no != nil {
		return activation{}, no
	}
	if p.Type == "Unknown" || p.Platform == "Unknown" || p.Type == "Landline" {
		return activation{}, refuse(40002, "phone_id") // Duo refuses too; its detail is not known
	}
	code := c.sim.ids.text(letterDigits, activationLength)
	expires := c.now.Unix() + int64(validSecs)
	p.Activated, p.ActivationCode, p.ActivationExpires = false, code, &expires

	_, barcode, address := c.account.link(code)
	return activation{url: address, barcode: barcode, installURL: "https://" + c.account.linkHost(),
		validSecs: validSecs, install: install}, nil
}

// linkHost is the host of links sent to people: the API host with m- for api-.
func (a *account) linkHost() string { return "m-" + strings.TrimPrefix(a.APIHostname, "api-") }

func (c *call) createActivationURL() (any, *refusal) {
	p, no := c.phone()
	if no != nil {
		return nil, no
	}
	made, no := c.activate(p)
	if no != nil {
		return nil, no
	}
	c.record(p.label())
	response := map[string]any{"activation_barcode": made.barcode, "activation_url": made.url,
		"valid_secs": made.validSecs}
	if made.install {
		response["installation_url"] = made.installURL
	}
	return response, nil
}

func (c *call) sendSMSActivation() (any, *refusal) {
	p, no := c.phoneForSMS()
	if no != nil {
		return nil, no
	}
	activationText, no := c.messageText("activation_msg", "<acturl>", "To activate the app, click: <acturl>")
	if no != nil {
		return nil, no
	}
	installText, no := c.messageText("installation_msg", "<insturl>", "To install the app, click: <insturl>")
	if no != nil {
		return nil, no
	}
	made, no := c.activate(p)
	if no != nil {
		return nil, no
	}
	response := map[string]any{"activation_barcode": made.barcode, "valid_secs": made.validSecs}
	if made.install {
		text := strings.ReplaceAll(installText, "<insturl>", made.installURL)
		response["installation_msg"] = text
		c.text(p, "enrollment", text)
	}
	text := strings.ReplaceAll(activationText, "<acturl>", made.url)
	response["activation_msg"] = text
	c.text(p, "enrollment", text)
	return response, nil
}

func (c *call) sendSMSInstallation() (any, *refusal) {
	p, no := c.phoneForSMS()
	if no != nil {
		return nil, no
	}
	text, no := c.messageText("installation_msg", "<insturl>", "To install the app, click: <insturl>")
	if no != nil {
		return nil, no
	}
	text = strings.ReplaceAll(text, "<insturl>", "https://"+c.account.linkHost())
	c.text(p, "enrollment", text)
	return map[string]any{"installation_msg": text}, nil
}

// sendSMSPasscodes sends a new batch and voids the one before.
func (c *call) sendSMSPasscodes() (any, *refusal) {
	p, no := c.phoneForSMS()
	if no != nil {
		return nil, no
	}
	c.text(p, "authentication", c.newPasscodes(p))
	return "", nil
}

// newPasscodes gives a phone a new batch and returns the text of the message with it.
func (c *call) newPasscodes(p *phone) string {
	p.SMSPasscodes, p.PasscodesSent = nil, c.now.Unix()
	for range c.account.settingInt("sms_batch") {
		p.SMSPasscodes = append(p.SMSPasscodes, c.sim.ids.text(digits, 7))
	}
	return fmt.Sprint(c.account.settingsView()["sms_message"], ": ", strings.Join(p.SMSPasscodes, " "))
}

// phoneForSMS is the phone of the path, if a text message can reach it; the refusal's detail is our choice.
func (c *call) phoneForSMS() (*phone, *refusal) {
	p, no := c.phone()
	if no != nil {
		return nil, no
	}
	if p.Number == "" || p.Type == "Landline" {
		return nil, refuse(40002, "phone_id")
	}
	return p, nil
}

// messageText is the caller's own wording, which must hold the place for the link, or the usual one.
func (c *call) messageText(name, place, usual string) (string, *refusal) {
	text := c.param(name)
	if text == "" {
		return usual, nil
	}
	if !strings.Contains(text, place) {
		return "", refuse(40002, name)
	}
	return text, nil
}
