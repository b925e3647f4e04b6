package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"duodesk/internal/run/factors"
	"duodesk/internal/store/storetest"
)

// keyring is what keeps the passkeys of a tab: the browser's own virtual authenticator.
type keyring struct {
	p  *page
	id webauthn.AuthenticatorID
}

func (p *page) keyring() keyring {
	p.t.Helper()
	p.do("keep passkeys", devtools(webauthn.Enable, webauthn.EnableParams{}))
	k := keyring{p: p}
	p.do("add a keyring", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		made, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
			Options: &webauthn.VirtualAuthenticatorOptions{Protocol: webauthn.AuthenticatorProtocolCtap2,
				Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true,
				AutomaticPresenceSimulation: true, IsUserVerified: true}})
		k.id = made.AuthenticatorID
		return err
	}))
	return k
}

// lose deletes all passkeys of the keyring.
func (k keyring) lose() {
	k.p.t.Helper()
	k.p.do("lose the passkeys", devtools(webauthn.ClearCredentials,
		webauthn.ClearCredentialsParams{AuthenticatorID: k.id}))
}

// verifies says whether the person gives the PIN, or cancels.
func (k keyring) verifies(yes bool) {
	k.p.t.Helper()
	k.p.do("give or refuse the PIN", devtools(webauthn.SetUserVerified,
		webauthn.SetUserVerifiedParams{AuthenticatorID: k.id, IsUserVerified: yes}))
}

// newcomer makes the owner an operator without a second factor.
func (d *desk) newcomer() {
	d.t.Helper()
	d.db.Exec(d.t, `delete from factor where operator_id = $1`, d.owner.ID)
}

// signOut forgets the cookies, as a browser that was closed does.
func (p *page) signOut() {
	p.t.Helper()
	p.do("forget the cookies", devtools(network.ClearBrowserCookies, cdp.Empty{}))
}

// typePassword signs in as far as the second factor, by the keyboard alone.
func (d *desk) typePassword(p *page) {
	d.t.Helper()
	p.open(d.url + "/signin")
	p.hasFocus("[name=email]")
	p.press(d.owner.Email + kb.Tab)
	p.hasFocus("[name=password]")
	p.press(storetest.Password)
	p.pressAndFollow(kb.Enter)
}

// hasFocus waits until an element has the focus, which a page gives it while it loads.
func (p *page) hasFocus(css string) {
	p.t.Helper()
	p.until(css+" has the focus", call(`css => document.hasFocus() && document.activeElement.matches(css)`, css))
}

// lands fails unless the browser is at an address of the console.
func (d *desk) lands(p *page, address string) {
	d.t.Helper()
	if at := d.url + p.address(); at != address {
		p.fatalf("the browser is at %s instead of %s", at, address)
	}
}

// seesRecoveryCodes reads the ten codes and goes on.
func (p *page) seesRecoveryCodes() []string {
	p.t.Helper()
	p.contains("Recovery codes", "Shown once")
	p.axe()
	codes := strings.Fields(evaluate[string](p, `document.querySelector("#codes").dataset.plain`))
	if len(codes) != 10 {
		p.fatalf("%d recovery codes are shown", len(codes))
	}
	p.follow("main a.button.primary")
	return codes
}

// An operator's first day, and the day on which the laptop is gone.
func TestPasskeyJourney(t *testing.T) {
	t.Parallel()
	d := startDeskAt(t, "localhost")
	d.newcomer()
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	ring := p.keyring()
	d.typePassword(p)
	d.lands(p, d.url+"/signin/setup")
	p.contains("Set up a second factor", "Passkey", "Authenticator app")
	p.axe()
	p.snap("factor-first")
	p.fill("[name=name]", "Blue laptop")
	p.pressAndFollow(kb.Enter)
	p.snap("factor-recovery-codes")
	codes := p.seesRecoveryCodes()
	d.lands(p, d.home)

	p.signOut()
	p.open(d.url + "/signin")
	p.axe()
	p.follow("form.passkey button")
	d.lands(p, d.home)

	p.signOut()
	d.typePassword(p)
	d.lands(p, d.url+"/signin/factor")
	p.hasFocus("form.passkey button")
	p.snap("factor-second")
	p.pressAndFollow(kb.Enter)
	d.lands(p, d.home)

	ring.lose()
	p.signOut()
	d.typePassword(p)
	p.click("details.more summary")
	p.fill("[name=recovery]", strings.ToUpper(codes[3]))
	p.pressAndFollow(kb.Enter)
	d.lands(p, d.home)
	app := d.replacePasskey(p)

	p.signOut()
	d.typePassword(p)
	if p.count("form.passkey") != 0 {
		p.fatalf("the lost passkey is asked for")
	}
	p.hasFocus("[name=code]")
	p.press("000000")
	p.pressAndFollow(kb.Enter)
	p.hasFocus("[name=code][aria-invalid]")
	p.contains("This code is wrong.")
	p.axe()
	p.press(d.codeOf(app, time.Now()))
	p.pressAndFollow(kb.Enter)
	d.lands(p, d.home)
	for _, secret := range append([]string{app, storetest.Password}, codes...) {
		if strings.Contains(d.log.String(), secret) ||
			strings.Contains(d.log.String(), strings.ReplaceAll(secret, "-", "")) {
			t.Error("the log holds a secret")
		}
	}
}

// replacePasskey sets an app up and removes the passkey, and returns the app's key.
func (d *desk) replacePasskey(p *page) (key string) {
	d.t.Helper()
	p.open(d.url + "/account")
	p.contains("Second factors: 1 set up", "Recovery code used")
	p.follow("main a[href='/account/factors']")
	p.contains("Blue laptop", "9 recovery codes are left", "Set up a second one")
	p.axe()
	p.follow("form[action$='/factors/app'] button")
	p.axe()
	p.snap("factor-app")
	key = evaluate[string](p, `document.querySelector("#secret").dataset.plain`)
	p.fill("[name=name]", "Work phone")
	p.fill("[name=code]", d.codeOf(key, time.Now()))
	p.pressAndFollow(kb.Enter)
	p.contains("The second factor is set up.", "Work phone", "Blue laptop")
	p.axe()
	p.snap("factor-list")
	p.follow("tbody tr:first-child .row-acts button")
	p.contains("Confirm that it is you")
	p.fill("[name=code]", d.codeOf(key, time.Now().Add(30*time.Second)))
	p.follow("main form.form[action$='proof=1'] button")
	d.db.Exec(d.t, `update factor set last_step = 0 where operator_id = $1`, d.owner.ID) // it is asked again soon
	p.contains("That second factor is removed.", "Work phone")
	p.lacks("Blue laptop")
	if p.count(".row-acts button") != 0 {
		p.fatalf("the last second factor can be removed")
	}
	return key
}

// setsUpApp sets an authenticator app up at a first sign-in, goes on, and returns the app's
// secret.
func (d *desk) setsUpApp(p *page) (key string) {
	d.t.Helper()
	p.follow("form[action$='/setup/app'] button")
	key = evaluate[string](p, `document.querySelector("#secret").dataset.plain`)
	p.fill("[name=code]", d.codeOf(key, time.Now()))
	p.pressAndFollow(kb.Enter)
	p.follow("main a.button.primary")
	return key
}

func (d *desk) codeOf(key string, at time.Time) string {
	d.t.Helper()
	code, err := factors.Code(key, at)
	if err != nil {
		d.t.Fatal(err)
	}
	return code
}

// The prompt is canceled: the page says so, and the next time works.
func TestPasskeyIsCanceled(t *testing.T) {
	t.Parallel()
	d := startDeskAt(t, "localhost")
	d.newcomer()
	p := newPage(t, pageOptions{Width: 390, Height: 844, Dark: true})
	ring := p.keyring()
	const said = "form.passkey [role=alert]"
	d.typePassword(p)
	ring.verifies(false)
	p.click("form.passkey button")
	p.waitText(said, "No passkey was used. Try again.")
	p.axe()
	p.snap("factor-canceled")
	ring.verifies(true)
	p.follow("form.passkey button")
	p.seesRecoveryCodes()
	p.signOut()
	p.open(d.url + "/signin")
	ring.verifies(false)
	p.click("form.passkey button")
	p.waitText(said, "No passkey was used.")
	p.axe()
	ring.verifies(true)
	p.follow("form.passkey button")
	d.lands(p, d.home)
	d.refusesUnverified(p, ring)
	// Signed in long ago: what changes factors asks again.
	d.db.Exec(t, `update session set factor_at = factor_at - interval '1 hour' where operator_id = $1`, d.owner.ID)
	p.open(d.url + "/account/factors")
	p.follow("form[action$='/factors/recovery'] button")
	p.contains("Confirm that it is you", "Creating recovery codes")
	p.axe()
	p.snap("factor-confirm")
	p.hasFocus("form.passkey button")
	p.pressAndFollow(kb.Enter)
	p.contains("Recovery codes", "Shown once")
	p.open(d.url + "/account/factors")
	p.contains("Set up another")
	// The same keyring does not hold two passkeys of one operator.
	p.click("form.passkey button")
	p.waitText(said, "This passkey is set up already.")
}

// refusesUnverified has the keyring lie about the PIN: the console refuses that by itself and
// keeps it for the operator's eyes.
func (d *desk) refusesUnverified(p *page, ring keyring) {
	d.t.Helper()
	lies := func(yes bool) {
		p.do("lie about the PIN", devtools(webauthn.SetResponseOverrideBits,
			webauthn.SetResponseOverrideBitsParams{AuthenticatorID: ring.id, IsBadUV: &yes}))
	}
	p.signOut()
	p.open(d.url + "/signin")
	lies(true)
	if status := p.follow("form.passkey button"); status != http.StatusUnprocessableEntity {
		p.fatalf("a passkey without a PIN is answered with %d", status)
	}
	p.waitText(".summary", "Your device did not check that it is you")
	p.axe()
	p.snap("factor-unverified")
	lies(false)
	p.follow("form.passkey button")
	d.lands(p, d.home)
	p.open(d.url + "/account")
	p.contains("Refused", "Second factor set up", "Recovery codes created")
}

// All of it without JavaScript: an app at the first sign-in, its codes, a recovery code.
func TestSecondFactorWithoutScript(t *testing.T) {
	t.Parallel()
	d := startDeskAt(t, "localhost")
	d.newcomer()
	p := newPage(t, pageOptions{Width: 390, Height: 844, NoJS: true})
	d.typePassword(p)
	p.contains("Set up a second factor", "Passkeys need JavaScript.")
	p.fitsWidth()
	if p.count("form.passkey") != 0 {
		p.fatalf("a button that does nothing is shown")
	}
	p.follow("form[action$='/setup/app'] button")
	p.fitsWidth()
	p.click("details.more summary")
	key := strings.ReplaceAll(p.text("#secret"), " ", "")
	p.fill("[name=code]", "000000")
	p.follow("main form button.primary")
	p.contains("This code is wrong.")
	p.hasFocus("[name=code][aria-invalid]")
	p.press(d.codeOf(key, time.Now()))
	p.pressAndFollow(kb.Enter)
	codes := strings.Fields(p.text("#codes"))
	if len(codes) != 10 {
		p.fatalf("%d recovery codes are shown", len(codes))
	}
	p.follow("main a.button.primary")
	d.lands(p, d.home)

	p.signOut()
	d.typePassword(p)
	p.hasFocus("[name=code]")
	p.press(d.codeOf(key, time.Now().Add(30*time.Second)))
	p.pressAndFollow(kb.Enter)
	d.lands(p, d.home)

	p.signOut()
	d.typePassword(p)
	p.click("details.more summary")
	p.fill("[name=recovery]", codes[0])
	p.pressAndFollow(kb.Enter)
	d.lands(p, d.home)
	p.signOut()
	d.typePassword(p)
	p.click("details.more summary")
	p.fill("[name=recovery]", codes[0])
	p.pressAndFollow(kb.Enter)
	p.contains("This recovery code is wrong or was used already.")
	p.fitsWidth()
	p.hasFocus("[name=recovery][aria-invalid]")
	p.press(codes[1])
	p.pressAndFollow(kb.Enter)
	d.lands(p, d.home)
}
