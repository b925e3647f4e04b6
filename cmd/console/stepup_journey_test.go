package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/signon/signontest"
)

// hasPasskey sets a passkey up as the owner's only factor, and signs in with it.
func (d *desk) hasPasskey(p *page) keyring {
	d.t.Helper()
	d.newcomer()
	ring := p.keyring()
	d.typePassword(p)
	d.lands(p, d.url+"/signin/setup")
	p.fill("[name=name]", "Blue laptop")
	p.pressAndFollow(kb.Enter)
	p.seesRecoveryCodes()
	return ring
}

// usesPasskey answers the page that asks for a second factor again, by the keyboard alone.
func (p *page) usesPasskey(words ...string) {
	p.t.Helper()
	p.contains(append(words, "Confirm that it is you", "What you typed is kept", "nothing was done yet")...)
	p.axe()
	p.hasFocus("form.passkey button")
	p.pressAndFollow(kb.Enter)
}

// writes counts what was changed in an account.
func (d *desk) writes(account string) (n int) {
	for _, change := range d.sim.Ledger() {
		if change.AccountID == account {
			n++
		}
	}
	return n
}

// A passkey in the middle of a form: the prompt is canceled, which does nothing; then the form
// goes on as it was typed, once. The passkey stands for that form alone.
func TestPasskeyForOneAct(t *testing.T) {
	t.Parallel()
	d := startDeskAt(t, "localhost")
	d.connect()
	account := d.dental(t)
	first := d.sim.AddUser(account, duosim.UserSpec{Username: "leaver.one"})
	second := d.sim.AddUser(account, duosim.UserSpec{Username: "leaver.two"})
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	ring := d.hasPasskey(p)
	before := d.writes(account)
	remove := func(user, name string) {
		t.Helper()
		p.open(d.organization("harbourlight-dental-group") + "/actions/delete-user?permanent=true&user_id=" + user)
		p.fill("[name=confirm]", name)
		p.fill("[name=ticket]", "INC-4711")
		p.pressAndFollow(kb.Enter)
	}
	remove(first, "leaver.one")
	ring.verifies(false)
	p.hasFocus("form.passkey button")
	p.press(kb.Enter)
	p.waitText("main", "No passkey was used.")
	p.snap("stepup-canceled")
	if n := d.writes(account); n != before {
		t.Errorf("%d writes without a factor", n-before)
	}
	ring.verifies(true)
	p.usesPasskey("Delete User", "takes a second factor each time")
	p.contains("leaver.one")
	p.snap("stepup-done")
	if n := d.writes(account); n != before+1 {
		t.Errorf("%d writes with one factor", n-before)
	}
	p.open(d.home + "/runs")
	p.contains("Delete User", "INC-4711")
	remove(second, "leaver.two")
	p.contains("Confirm that it is you")
	p.fitsWidth()

	n := newPage(t, pageOptions{Width: 390, Height: 844, Dark: true})
	d.db.AddApp(t, d.owner)
	d.typePassword(n)
	d.typeCode(n)
	n.open(d.organization("harbourlight-dental-group") + "/actions/delete-user?permanent=true&user_id=" + second)
	n.fill("[name=confirm]", "leaver.two")
	n.pressAndFollow(kb.Enter)
	n.contains("Confirm that it is you")
	n.fitsWidth()
	n.axe()
	n.snap("stepup-narrow")
	if n := d.writes(account); n != before+1 {
		t.Errorf("%d writes with one factor", n-before)
	}
}

// A plan is one act: it is approved by a passkey once, and its steps ask for none.
func TestPlanApprovedByPasskey(t *testing.T) {
	t.Parallel()
	d := startDeskAt(t, "localhost")
	d.connect()
	unmapped := d.sim.AddChild(d.sim.Accounts()[0].AccountID, "Cedar Homes")
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.hasPasskey(p)
	d.reviewsOnboarding(p, unmapped.AccountID)
	if n := d.writes(unmapped.AccountID); n != 0 {
		t.Errorf("%d writes before the approval", n)
	}
	p.follow("main .buttons button.primary")
	p.usesPasskey("takes a second factor each time")
	p.waitText("main", "steps")
	p.waitText("main", "Done")
	p.lacks("Confirm that it is you")
	if n := d.writes(unmapped.AccountID); n == 0 {
		t.Error("nothing was done")
	}
	p.axe()
}

// reviewsOnboarding starts the onboarding of an account with one user, as far as its review.
func (d *desk) reviewsOnboarding(p *page, account string) {
	d.t.Helper()
	p.open(d.home + "/integration")
	p.follow("#mapping form[action$='/accounts/refresh'] button")
	p.click("#mapping details summary")
	p.follow("#mapping a[href*='" + account + "']")
	p.follow("main form.form button.primary")
	p.follow("main form.form button.primary")
	p.follow("main form.form[method=post] button.primary")
	p.follow("main form.form button.primary")
	p.follow("main form.form button.primary")
	p.fill("[name=users]", "ada, Ada Lovelace, ada@cedar.example, +442079460123, sms")
	p.follow("main form.form button.primary")
	p.contains("Review", "POST /admin/v1/users")
}

// A session that came through the workspace's provider proves an act there; on the day when
// the provider is gone, the break-glass owner comes in by a passkey alone, which owners see.
func TestProviderAndBreakGlassByPasskey(t *testing.T) {
	t.Parallel()
	d := startDeskAt(t, "localhost")
	idp := signontest.New(t, d.url+"/signin/sso/"+d.ws.Slug+"/back")
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.hasPasskey(p)
	p.open(d.home + "/signon")
	p.fill("[name=issuer]", idp.Issuer)
	p.fill("[name=client_id]", signontest.ClientID)
	p.fill("[name=client_secret]", signontest.ClientSecret)
	p.follow("#signon button.primary")
	p.usesPasskey()
	p.contains("Stored. Leave it empty to keep it")
	p.open(d.url + "/account/signon")
	p.follow("form[action$='/link'] button")
	p.usesPasskey()
	p.follow("main a.button.primary")
	p.contains("Your account is linked")

	// Proved by the provider, in the middle of a form.
	p.signOut()
	p.open(d.url + "/signin/sso/" + d.ws.Slug)
	p.follow("main a.button.primary")
	d.lands(p, d.home)
	p.open(d.home + "/o")
	p.follow("form[action$='/export/organizations'] button")
	p.contains("Confirm that it is you", "Sign in again at your identity provider")
	p.axe()
	p.snap("stepup-provider")
	p.follow("main a.button.primary")
	p.contains("You have signed in again at your identity provider.")
	p.hasFocus("main form.form button.primary")
	p.snap("stepup-proved")

	p.open(d.home + "/signon")
	p.choose("[name=break_glass]", d.owner.ID.String())
	p.follow("#require button")
	p.follow("main a.button.primary")
	p.pressAndFollow(kb.Enter)
	p.contains("Everyone comes through the provider")

	p.signOut()
	p.open(d.url + "/signin")
	p.follow("form.passkey button")
	d.lands(p, d.home)
	p.contains("Break-glass account used")
	p.snap("breakglass-passkey")
	if strings.Contains(d.log.String(), signontest.ClientSecret) {
		t.Error("the log holds the client's secret")
	}
}
