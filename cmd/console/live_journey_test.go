package main

import (
	"net/http"
	"net/url"
	"testing"

	"duodesk/internal/duo/duosim"
)

// A caller is verified by push, and a user is asked for the second factor: with a
// script, which follows the answer, and without one, where the page is read again.
func TestAskingPeople(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]pageOptions{
		"script":    {Width: 1366, Height: 768},
		"no-script": {Width: 390, Height: 844, Dark: true, NoJS: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startDesk(t)
			d.connect()
			p := newPage(t, options)
			d.signIn(p)
			provisionByClicking(d, p, name)
			verifyByClicking(d, p, name)
			authenticateByClicking(d, p, name)
		})
	}
}

// look holds a page to what everybody needs of it, and keeps a picture.
func (p *page) look(name string) {
	p.t.Helper()
	p.fitsWidth()
	if !p.opt.NoJS { // axe is a script
		p.axe()
	}
	p.snap(name)
}

const dental = "harbourlight-dental-group"

// answer does what the owner of the device does, with whatever is on its way, by
// the simulator's controls.
func (d *desk) answer(p *page, how string) {
	p.t.Helper()
	for _, a := range d.sim.Accounts() {
		if a.Name != "Harbourlight Dental Group" {
			continue
		}
		for _, push := range d.sim.Pushes(a.AccountID) {
			if push.Result != "" {
				continue
			}
			said, err := http.PostForm(d.controls+"push", url.Values{"id": {push.ID}, "answer": {how}})
			if err != nil {
				p.fatalf("%v", err)
			}
			said.Body.Close()
			if said.StatusCode != http.StatusOK {
				p.fatalf("the simulator's controls answer with %d", said.StatusCode)
			}
			return
		}
	}
	p.fatalf("nothing is on its way")
}

func provisionByClicking(d *desk, p *page, name string) {
	p.t.Helper()
	p.open(d.organization(dental) + "/connection")
	p.contains("Auth API", "Provision makes the application")
	p.look(name + "-connection-before")
	p.follow("button[formaction$='/provision']")
	p.contains("The Auth API accepts these keys")
	p.look(name + "-connection-provisioned")
	p.open(d.home + "/auth")
	p.contains("Check all 1 on this page")
	p.look(name + "-auth-keys")
}

func verifyByClicking(d *desk, p *page, name string) {
	p.t.Helper()
	p.open(d.organization(dental) + "/users?q=amara")
	p.follow("main tbody a[href*='/users/']")
	user := p.address()
	if p.opt.NoJS {
		p.follow("main a[href*='verify-caller']")
	} else {
		p.pressAndFollow("v")
	}
	p.contains("Verify Amara Okonkwo")
	p.look(name + "-verify")
	if p.opt.NoJS {
		p.follow("main form button.primary")
	} else if p.focused() != "button" {
		p.fatalf("the focus is on %s, not on the button", p.focused())
	} else {
		p.pressAndFollow("\r")
	}
	p.contains("Ask the caller to read you the code", "is not stored")
	code := evaluate[string](p, `document.querySelector("[data-plain]").dataset.plain`)
	p.look(name + "-verify-code")
	if p.opt.NoJS {
		p.follow("main .live a")
		p.contains("Waiting for the answer")
		p.look(name + "-verify-waiting")
	}
	d.answer(p, duosim.Approve)
	if p.opt.NoJS {
		p.waitText("main", "Approved on ")
		p.open(d.url + user)
	} else {
		p.waitText(".live", "Approved. Did the caller read "+code[:3]+" "+code[3:]+"?")
		p.contains(code[:3] + " " + code[3:])
		p.look(name + "-verify-approved")
		p.follow("main .live a")
		p.contains("Approved on ")
	}
	p.contains("Verified by push")
	p.lacks(code)
	p.look(name + "-user-verified")
}

func authenticateByClicking(d *desk, p *page, name string) {
	p.t.Helper()
	p.open(d.organization(dental) + "/actions/send-duo-authentication?q=amara")
	p.contains("Choose a user to ask for the second factor")
	p.look(name + "-auth-whom")
	p.follow("main ul.things a.button")
	p.contains("Duo asks for the second factor")
	p.look(name + "-auth-sheet")
	p.follow("main form button.primary")
	p.contains("Sending", "Send Duo Authentication", "amara.okonkwo")
	p.waitText(".live", "The push is on the device")
	p.look(name + "-auth-waiting")
	d.answer(p, duosim.Fraud)
	p.waitText("main", "reported as fraud")
	p.contains("Refused")
	p.look(name + "-auth-fraud")
}
