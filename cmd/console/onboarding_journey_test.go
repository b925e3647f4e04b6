package main

import (
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

// TestOnboarding takes a client from nothing to its first user by clicking; a step fails,
// and another operator, in a narrow window, in the dark and without scripts, tries it again
// and sees the plan to its end.
func TestOnboarding(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.sim.AddChild(d.sim.Accounts()[0].AccountID, "Birch Legal")
	d.connect()
	second := d.db.Member(t, d.ws, catalog.Administrator)
	unmapped := d.sim.AddChild(d.sim.Accounts()[0].AccountID, "Cedar Homes")
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(p)
	p.open(d.home + "/integration")
	p.follow("#mapping form[action$='/accounts/refresh'] button")
	p.click("#mapping details summary")
	p.follow("#mapping a[href*='" + unmapped.AccountID + "']")
	p.axe()
	// The name is close to one that is there: it has to be confirmed.
	p.fill("[name=name]", "Birch Legals")
	p.follow("main form.form button.primary")
	p.contains("There is a similar name", "Birch Legal")
	p.axe()
	p.fill("[name=name]", "Cedar Homes")
	p.follow("main form.form button.primary")
	p.contains("Existing account")
	p.axe()
	p.snap("onboarding-account")
	p.follow("main form.form button.primary")
	p.fill("main form:not([method=get]) [name=lockout_threshold]", "7")
	p.axe()
	p.follow("main form.form[method=post] button.primary")
	p.fill("[name='directory_key.1']", "DS2ACAGGQBNC95H3U4QS")
	p.axe()
	p.follow("main form.form button.primary")
	p.follow("main form.form button.primary")
	p.fill("[name=users]", "ada, Ada Lovelace, ada@cedar.example, +442079460123, sms")
	p.axe()
	p.follow("main form.form button.primary")
	p.contains("Review", "POST /admin/v1/users", "An SMS is sent to +442079460123")
	p.axe()
	p.fitsWidth()
	p.snap("onboarding-review")
	d.sim.SetFault(unmapped.AccountID, duosim.Fault{Kind: duosim.Refuses, Path: "/admin/v1/phones", WritesOnly: true,
		Code: 40002})
	p.follow("main .buttons button.primary")
	d.confirms(p)
	p.waitText("main", "Paused.")
	p.axe()
	p.snap("onboarding-paused")
	at := p.address()
	d.sim.SetFault(unmapped.AccountID, duosim.Fault{})

	n := newPage(t, pageOptions{Width: 390, Height: 844, Dark: true, NoJS: true})
	d.owner = second
	d.signIn(n)
	n.open(d.home + "/o")
	n.contains("Onboarding")
	n.open(d.url + at)
	n.contains("Not done")
	n.fitsWidth()
	n.snap("onboarding-narrow")
	n.follow("main table form button")
	n.waitText("main", "10 of 10 steps")
	n.contains("Done", "Activate Duo Mobile")
	n.fitsWidth()
	n.open(d.home + "/o?q=cedar")
	n.lacks("Onboarding")
	if got := len(d.sim.Outbox(unmapped.AccountID)); got != 2 {
		t.Errorf("%d messages were sent", got)
	}
}
