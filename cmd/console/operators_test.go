package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// An owner invites, a new person accepts in another browser, works within the
// chosen organization, is demoted while a form is open, and is refused.
func TestInvitedAndDemoted(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	owner, mia := newPage(t, pageOptions{Width: 1366, Height: 768}), newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(owner)
	owner.follow(".rail a[href$='/operators']")
	owner.contains("Operators", d.owner.Email)
	owner.axe()
	owner.follow("a[href$='/operators/invite']")
	owner.axe()
	email := "mia." + d.ws.Slug[5:13] + "@northwind.example"
	owner.fill("[name=email]", email)
	owner.click("[value=technician]")
	owner.fill("#find", "harbour")
	owner.until("the list is narrowed",
		call(
			`() => [...document.querySelectorAll(".reach-list .check")].filter(e => e.checkVisibility()).length === 1`))
	owner.click(".reach-list .check:not([hidden]) input")
	owner.snap("invite-filled")
	// The keyboard sends it: Enter in the email.
	owner.click("[name=email]")
	owner.pressAndFollow(kb.Enter)
	owner.contains("Shown once", "Technician, Harbourlight Dental Group")
	owner.axe()
	owner.snap("invited")
	link := owner.text("#link")

	mia.open(link)
	mia.waitText("main", "Choose a password")
	if strings.Contains(evaluate[string](mia, "location.href"), "#") {
		mia.fatalf("the token is still in the address")
	}
	mia.axe()
	mia.fill("[name=password]", "quarry lantern violet tuesday")
	mia.click("[data-reveal]")
	if evaluate[string](mia, `document.querySelector("[name=password]").type`) != "text" {
		mia.fatalf("the password is not shown")
	}
	mia.snap("accept")
	mia.follow("main form button.primary")
	key := d.setsUpApp(mia)
	mia.open(d.home + "/o")
	mia.contains("Harbourlight Dental Group")
	mia.lacks("/o/test-fault-down")
	mia.open(d.organization("harbourlight-dental-group") + "/users?q=amara")
	mia.follow("#list tbody a[href*='/users/']")
	mia.follow("a[href*='delete-user']:not([href*='permanent'])")
	mia.contains("can no longer log in")

	owner.open(d.home + "/operators")
	owner.snap("operators")
	owner.follow("tbody a[href*='/operators/']:not([aria-current])")
	if owner.text("h1") == d.owner.Email {
		owner.open(d.home + "/operators")
		owner.follow("tbody tr:nth-child(2) a")
	}
	owner.click("[value=auditor]")
	owner.snap("member")
	owner.axe()
	owner.follow("main form button.primary")
	owner.contains("technician", "auditor", "It counts at once")
	owner.axe()
	owner.snap("member-review")
	owner.follow("main form button.primary")
	owner.contains("from technician of Harbourlight Dental Group to auditor of Harbourlight Dental Group")

	// Her session has ended with the role; the form that she sent is kept, and is none of an auditor's.
	if status := mia.follow("main form button.danger"); status != 401 {
		mia.fatalf("the form of a technician was answered to an auditor with %d", status)
	}
	mia.fill("[name=email]", email)
	mia.fill("[name=password]", "quarry lantern violet tuesday")
	mia.follow("main form button.primary")
	mia.fill("[name=code]", d.codeOf(key, time.Now().Add(30*time.Second)))
	if status := mia.follow("main form[action='/signin/factor/code'] button"); status != 404 {
		mia.fatalf("the form of a technician came back to an auditor with %d", status)
	}
	mia.open(d.organization("harbourlight-dental-group") + "/users?q=amara")
	mia.contains("Amara Okonkwo", "Active")
	mia.open(d.url + "/account")
	mia.axe()
	mia.snap("account")
	mia.choosePreferences()
}

// choosePreferences changes how pages look by clicking.
func (p *page) choosePreferences() {
	p.t.Helper()
	p.fill("[name=time_zone]", "Australia/Perth")
	p.click("input[name=density][value=compact]")
	p.click("input[name=theme][value=dark]")
	p.follow("form:has([name=time_zone]) button.primary")
	p.contains("AWST")
	if theme := evaluate[string](p, "document.documentElement.dataset.theme"); theme != "dark" {
		p.fatalf("the theme is %s", theme)
	}
	if height := evaluate[float64](p,
		`document.querySelector("tbody tr").getBoundingClientRect().height`); height > 50 {
		p.fatalf("a compact row is %v px high", height)
	}
	p.axe()
	p.snap("account-dark-compact")
}

// The same without scripts, narrow and in the dark: the link's end is pasted.
func TestInvitedWithoutScripts(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	owner := newPage(t, pageOptions{Width: 390, Height: 844, Dark: true, NoJS: true})
	d.signIn(owner)
	owner.open(d.home + "/operators")
	owner.fitsWidth()
	owner.snap("narrow-operators")
	owner.follow("a[href$='/operators/invite']")
	owner.fitsWidth()
	owner.fill("[name=email]", "leo."+d.ws.Slug[5:13]+"@northwind.example")
	owner.click("[value=helpdesk]")
	owner.click("#reach-chosen")
	owner.fill("#find", "harbour")
	owner.follow("button[value=find]")
	owner.lacks("needs a change")
	owner.contains("Harbourlight Dental Group")
	owner.click(".reach-list input")
	owner.snap("narrow-invite")
	owner.follow("main form p.buttons button.primary")
	owner.fitsWidth()
	owner.snap("narrow-invited")
	link := owner.text("#link")
	leo := newPage(t, pageOptions{Width: 390, Height: 844, Dark: true, NoJS: true})
	leo.open(link)
	leo.snap("narrow-invitation")
	leo.fill("[name=token]", link)
	leo.follow("main form button.primary")
	leo.contains("Choose a password", "Help Desk, Harbourlight Dental Group")
	leo.fitsWidth()
	leo.snap("narrow-accept")
	leo.fill("[name=password]", "quarry lantern violet tuesday")
	leo.follow("main form button.primary")
	d.setsUpApp(leo)
	leo.contains("Harbourlight Dental Group")
	leo.open(d.url + "/account")
	leo.fitsWidth()
	leo.snap("narrow-account")
	owner.open(d.home + "/operators")
	owner.fitsWidth()
	owner.snap("narrow-operators-full")
}
