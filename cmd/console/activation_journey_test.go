package main

import (
	"testing"

	"duodesk/internal/duo/duosim"
)

// A technician activates a phone and revokes what is left over: with a script the page with
// the link turns green by itself, without one the page beside it is read again.
func TestActivationTurnsGreen(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]pageOptions{
		"script":    {Width: 1366, Height: 768},
		"no-script": {Width: 390, Height: 844, Dark: true, NoJS: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startDesk(t)
			d.connect()
			account := d.dental(t)
			user := d.sim.AddUser(account, duosim.UserSpec{Username: "green", Realname: "Greta Green"})
			phone := d.sim.AddPhone(account, duosim.PhoneSpec{Number: "+442079460123", Type: "Mobile",
				Platform: "Apple iOS", UserIDs: []string{user}})
			d.sim.AddBypassCode(account, user, duosim.BypassSpec{})
			p := newPage(t, options)
			d.signIn(p)

			p.open(d.organization(dental) + "/users/" + user)
			p.look(name + "-person")
			p.follow("main a[href*='send-activation-url']")
			p.contains("Create activation link", "Send activation link by SMS")
			p.look(name + "-activation")
			p.follow("main form button.primary")
			p.contains("Waiting for the phone: not activated yet.")
			p.look(name + "-activation-link")
			if p.opt.NoJS {
				// which opens beside the link
				p.open(d.url + evaluate[string](p, `document.querySelector("main .live a").getAttribute("href")`))
				p.contains("Waiting for the phone", "reads itself again")
				p.look(name + "-activation-waits")
			}
			d.sim.ActivatePhone(account, phone)
			p.waitText(".live.done", "Activated. Duo Mobile works on this phone.")
			p.look(name + "-activated")
			if !p.opt.NoJS {
				p.follow("main .live a")
				p.contains("Greta Green", "For the ticket", "Created an activation link")
			}

			p.open(d.organization(dental) + "/users/" + user)
			p.follow("main a[href$='/call-back']")
			p.look(name + "-call-back")
			p.open(d.organization(dental) + "/users/" + user + "/revoke-codes")
			p.contains("Revoke all bypass codes of Greta Green")
			p.look(name + "-revoke")
			p.follow("main form button.danger")
			p.contains("1 of 1 code revoked.", "The user has no bypass codes now.")
			p.look(name + "-revoked")
			p.open(d.home + "/tickets")
			p.look(name + "-tickets")
		})
	}
}

// dental is Duo's id of the account that the journeys work in.
func (d *desk) dental(t *testing.T) string {
	t.Helper()
	for _, a := range d.sim.Accounts() {
		if a.Name == "Harbourlight Dental Group" {
			return a.AccountID
		}
	}
	t.Fatal("the simulator has no such account")
	return ""
}
