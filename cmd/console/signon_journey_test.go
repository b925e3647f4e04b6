package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"duodesk/internal/run/signon/signontest"
	"duodesk/internal/store/storetest"
)

// typeCode gives the second factor of the owner's app, also a second time within 30 seconds.
func (d *desk) typeCode(p *page) {
	d.t.Helper()
	d.db.Exec(d.t, `update factor set last_step = 0 where operator_id = $1`, d.owner.ID)
	p.fill("[name=code]", d.codeOf(storetest.TOTPKey, time.Now()))
	p.pressAndFollow(kb.Enter)
}

// An owner sets single sign-on up, links the account, signs in by it, has it required, and
// comes in by break-glass on the day when the provider is gone. From the settings on, the
// browser runs no scripts.
func TestSignOnJourney(t *testing.T) {
	t.Parallel()
	d := startDeskAt(t, "localhost")
	idp := signontest.New(t, d.url+"/signin/sso/"+d.ws.Slug+"/back")
	settings := d.home + "/signon"
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.typePassword(p)
	d.typeCode(p)
	p.open(d.home + "/operators")
	p.follow("main a[href$='/signon']")
	d.lands(p, settings)
	p.contains("Register this redirect address", d.url+"/signin/sso/"+d.ws.Slug+"/back")
	p.fill("[name=issuer]", idp.Issuer)
	p.fill("[name=client_id]", signontest.ClientID)
	p.fill("[name=client_secret]", signontest.ClientSecret)
	p.axe()
	p.follow("#signon button.primary")
	d.confirms(p)
	p.contains("Stored. Leave it empty to keep it")
	p.follow("form[action$='/signon/test'] button")
	p.contains("The provider knows this client.", "The provider accepts this secret.", "The clocks agree")
	p.axe()
	p.snap("sign-on-tested")

	plain := newPage(t, pageOptions{Width: 390, Height: 844, Dark: true, NoJS: true})
	plain.open(d.url + "/signin")
	plain.fill("[name=email]", d.owner.Email)
	plain.fill("[name=password]", storetest.Password)
	plain.pressAndFollow(kb.Enter)
	d.typeCode(plain)
	plain.open(d.url + "/account")
	plain.follow("main a[href='/account/signon']")
	plain.contains("Not linked")
	plain.follow("form[action$='/link'] button")
	d.confirms(plain)
	plain.contains("Continue to the provider")
	plain.snap("sign-on-link")
	plain.follow("main a.button.primary")
	d.lands(plain, d.url+"/account/signon?done=linked")
	plain.contains("Your account is linked", "ana@northwind.example")

	plain.signOut()
	plain.open(d.home)
	plain.follow("a[href^='/signin/sso']")
	plain.fill("[name=workspace]", d.ws.Slug)
	plain.pressAndFollow(kb.Enter)
	plain.contains("You sign in to", d.ws.Name)
	plain.snap("sign-on")
	plain.follow("main a.button.primary")
	d.lands(plain, d.home)
	plain.contains(d.owner.Email)

	p.open(settings)
	p.choose("[name=break_glass]", d.owner.ID.String())
	p.follow("#require button")
	d.confirms(p)
	p.contains("Everyone comes through the provider", "Stop requiring single sign-on")
	p.axe()
	p.snap("sign-on-required")

	// The provider is gone: password and second factor of the break-glass owner are enough.
	plain.signOut()
	plain.open(d.url + "/signin")
	plain.fill("[name=email]", d.owner.Email)
	plain.fill("[name=password]", storetest.Password)
	plain.pressAndFollow(kb.Enter)
	d.typeCode(plain)
	d.lands(plain, d.home)
	plain.open(d.home + "/notices")
	plain.contains("Break-glass account used", "signed in without single sign-on")
	if strings.Contains(d.log.String(), signontest.ClientSecret) {
		t.Error("the log holds the client's secret")
	}
}
