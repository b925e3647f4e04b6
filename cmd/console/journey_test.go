package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"duodesk/internal/duo/duosim"
)

// snap keeps a picture of the page when PICTURES names a folder, to be looked at.
func (p *page) snap(name string) {
	if dir := os.Getenv("PICTURES"); dir != "" {
		p.screenshot(filepath.Join(dir, name+".png"))
	}
}

// The main job from a signed-out browser to a bypass code, by clicking.
func TestMainJob(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(p)
	p.contains("Enter the nine values")
	p.snap("home-empty")
	p.follow("a[href$='/integration']")
	p.snap("integration-empty")
	nineFieldsByClicking(d, p)
	mapByClicking(d, p)
	p.follow("main a[href$='/o/harbourlight-dental-group']")
	p.contains("Connection", "Locked Out")
	p.snap("overview")
	findUser(p, "amara")
	bypassCode(d, p)
	activation(p)
	phoneByClicking(p)
	groupByClicking(p)
	trashAndBack(p)
}

// nineFieldsByClicking saves with errors first, then rightly, and finds the
// secrets gone from the page.
func nineFieldsByClicking(d *desk, p *page) {
	p.t.Helper()
	p.fill("[name=auth_host]", " https://"+strings.ToUpper(d.fields["auth_host"])+"/ ")
	p.fill("[name=auth_integration_key]", d.fields["auth_integration_key"])
	p.fill("[name=auth_secret_key]", d.fields["auth_integration_key"])
	p.fill("[name=account_host]", "admin-0a1b2c3d.duosecurity.com")
	p.fill("[name=admin_secret_key]", d.fields["admin_secret_key"])
	if status := p.follow("#nine .buttons button"); status != 422 {
		p.fatalf("a form with faults was answered with %d", status)
	}
	p.contains("6 fields need a change", "This is an integration key", "admin panel", "Fill this in")
	if !evaluate[bool](p, `document.activeElement.matches(".summary")`) {
		p.fatalf("the error summary does not have the focus, but %s", p.focused())
	}
	if title := evaluate[string](p, "document.title"); !strings.HasPrefix(title, "Error: ") {
		p.fatalf("the title is %q", title)
	}
	p.lacks(d.fields["admin_secret_key"])
	p.axe()
	p.snap("integration-errors")
	for name, value := range d.fields {
		// The Admin secret is in the draft: leaving it empty uses it.
		if name != "admin_secret_key" {
			p.fill("[name="+name+"]", value)
		}
	}
	p.follow("#nine .buttons button")
	p.axe()
	p.snap("confirm")
	d.confirms(p)
	p.contains("All three APIs accept their keys", "The Accounts API lists 24 accounts", "Writing is not checked")
	for name, value := range d.fields {
		if strings.HasSuffix(name, "_secret_key") {
			p.lacks(value)
		}
	}
	p.axe()
	p.snap("integration-good")
}

// mapByClicking makes one organization by hand, takes a suggestion for it, gives
// it a directory key, and makes all others at once.
func mapByClicking(d *desk, p *page) {
	p.t.Helper()
	p.open(d.home + "/o/new")
	p.fill("[name=name]", "Harbourlight Dental Group")
	p.follow("main form.form button")
	p.contains("Harbourlight Dental Group")
	p.snap("overview-unmapped")
	p.open(d.home + "/integration?suggest=1#mapping")
	p.contains("Suggested, not saved yet")
	p.snap("mapping-suggested")
	p.fill("[name^='directory_key.']", "too short")
	p.click("td.row-acts button")
	p.waitText("#mapping", "directory keys have 20")
	// The factor was used long ago: what was typed in a row waits, and the whole page asks.
	d.db.Exec(p.t, `update session set factor_at = factor_at - interval '1 hour' where operator_id = $1`, d.owner.ID)
	p.fill("[name^='directory_key.']", "DS2ACAGGQBNC95H3U4QS")
	p.click("td.row-acts button")
	p.waitText("main", "Confirm that it is you")
	if p.count("main") != 1 || p.count("#mapping") != 0 {
		p.fatalf("the question stands beside what asked it")
	}
	p.hasFocus("[name=code]")
	p.axe()
	d.confirms(p)
	p.contains("1 of 1 with a directory key")
	p.open(d.home + "/integration/accounts/organizations")
	p.contains("Create 23 organizations")
	p.follow("main form button")
	p.contains("24 of 24 organizations mapped", "1 of 24 with a directory key")
	p.axe()
	p.snap("mapping-full")
}

func findUser(p *page, name string) {
	p.t.Helper()
	p.follow("a[href$='/harbourlight-dental-group/users']")
	p.snap("users")
	p.axe()
	p.fill("main input[type=search]", name)
	p.until("the list shows one user", call(`() => document.querySelectorAll("#list tbody tr").length === 1`))
	// The overview's search leads to another page, and there to the first row.
	p.follow(".tabs a[href$='/harbourlight-dental-group']")
	p.fill("main input[type=search]", name)
	p.press(kb.Enter)
	p.until("the row that was found has the focus",
		call(
			`() => document.activeElement.matches("#list a") && document.activeElement.textContent.includes("Amara Okonkwo")`))
	p.follow("#list tbody a[href*='/users/']")
	p.contains("Amara Okonkwo", "Bypass codes")
	p.axe()
	p.snap("user")
}

func bypassCode(d *desk, p *page) {
	p.t.Helper()
	user := d.url + p.address()
	p.follow("a[href*='create-bypass-code-for-user']")
	p.contains("This user has no codes yet", "until")
	p.axe()
	p.snap("bypass")
	p.follow("main form button.primary")
	code := evaluate[string](p, `document.querySelector("[data-plain]").dataset.plain`)
	if len(code) < 6 {
		p.fatalf("no code is shown")
	}
	p.contains("Shown once", "Good for 1 use")
	p.axe()
	p.snap("bypass-result")
	p.open(user)
	p.contains("1 use left")
	p.lacks(code)
}

func activation(p *page) {
	p.t.Helper()
	p.follow("a[href*='send-activation-url']")
	p.contains("This disconnects")
	p.snap("activation")
	p.follow("main form button.primary")
	p.contains("Works until", "Shown once")
	if modules := evaluate[int](p,
		`(document.querySelector("svg.qr path").getAttribute("d").match(/M/g) || []).length`); modules < 200 {
		p.fatalf("the QR code has %d dark modules", modules)
	}
	p.axe()
	p.snap("activation-result")
	p.follow("main .buttons a.button")
}

// phoneByClicking gives the user a second phone, gives it a name and deletes it.
func phoneByClicking(p *page) {
	p.t.Helper()
	p.follow("a[href*='/create-phone']")
	p.fill("[name=number]", "020 7946 0123")
	if status := p.follow("main form button.primary"); status != 422 {
		p.fatalf("a number without its country code was answered with %d", status)
	}
	p.contains("country code")
	p.axe()
	p.snap("phone-create-refused")
	p.fill("[name=number]", "+44 20 7946 0123")
	p.follow("main form button.primary")
	p.contains("and assigned it to amara.okonkwo")
	p.follow("main ul.things li:last-child a[href*='/phones/']")
	p.contains("Amara Okonkwo", "Nothing was done to this phone from here")
	p.axe()
	p.snap("phone")
	p.pressAndFollow("e")
	p.fill("[name=name]", "Second phone")
	p.follow("main form button.primary")
	p.contains("Review changes to +442079460123", "Second phone")
	p.axe()
	p.snap("phone-review")
	p.follow("main form button.primary")
	p.contains("Changed name.", "Modify Phone")
	p.follow("a[href*='delete-phone-by-id']")
	p.contains("Amara Okonkwo can no longer log in with it")
	p.axe()
	p.snap("phone-delete")
	p.follow("main form button.danger")
	p.contains("which amara.okonkwo had")
	p.snap("phones")
}

// groupByClicking puts the user into a group that is in bypass, and out again.
func groupByClicking(p *page) {
	p.t.Helper()
	p.follow("a[href$='/harbourlight-dental-group/users']")
	p.fill("main input[type=search]", "amara")
	p.until("the list shows one user", call(`() => document.querySelectorAll("#list tbody tr").length === 1`))
	p.follow("#list tbody a[href*='/users/']")
	p.follow("a[href*='associate-group-with-user']:not([href*='group_id'])")
	p.contains("Migration weekend", "already in it", "Disabled")
	p.axe()
	p.snap("groups")
	p.fill("main input[type=search]", "migration")
	p.follow("main .search button")
	p.follow("main a[href*='group_id']")
	p.contains("is not asked for the second factor", "requires the Administrator role")
	p.axe()
	p.snap("group-bypass")
	p.follow("main form button.danger")
	p.contains("has the status Bypass", "but a group has the status bypass")
	p.axe()
	p.snap("user-in-bypass-group")
	p.follow("main li:has(.chip.warn) a[href*='disassociate-group-from-user']")
	p.contains("is asked for the second factor again")
	p.follow("main form button.danger")
	p.contains("Removed amara.okonkwo from the group Migration weekend")
}

func trashAndBack(p *page) {
	p.t.Helper()
	p.follow("a[href*='delete-user']:not([href*='permanent'])")
	p.contains("can no longer log in", "Harbourlight Dental Group")
	p.snap("trash")
	p.follow("main form button.danger")
	p.contains("Pending Deletion", "Moved user")
	p.follow("a[href*='restore-user']")
	p.follow("main form button.primary")
	p.contains("Restored user", "Active")
}

// The same by keyboard alone: no pointer is used from the sign-in on.
func TestBypassCodeByKeyboard(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	p := newPage(t, pageOptions{})
	d.signIn(p)
	p.open(d.organization("harbourlight-dental-group") + "/users")
	p.press("/")
	p.until("the search has the focus", call(`() => document.activeElement.type === "search"`))
	p.press(kb.Backspace) // the protocol sends the character apart from the key, a keyboard does not
	p.press("frontdesk")
	p.until("the list shows one user", call(`() => document.querySelectorAll("#list tbody tr").length === 1`))
	p.until("tabbing reaches the user",
		call(
			`() => { const a = document.querySelector("#list tbody a[href*='/users/']"); a.focus(); return document.activeElement === a }`))
	p.pressAndFollow(kb.Enter)
	p.pressAndFollow("b")
	p.contains("Create bypass code")
	p.pressAndFollow(kb.Enter)
	p.contains("Shown once", "Good for 1 use")
}

// Everything works without scripts, in a narrow window, in the dark.
func TestMainJobNarrowDarkWithoutScripts(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	p := newPage(t, pageOptions{Width: 390, Height: 844, Dark: true, NoJS: true})
	d.signIn(p)
	p.open(d.home + "/integration")
	p.fitsWidth()
	for name, value := range d.fields {
		p.fill("[name="+name+"]", value)
	}
	p.follow("#nine .buttons button")
	p.fitsWidth()
	p.snap("narrow-confirm")
	d.confirms(p)
	p.contains("All three APIs accept their keys")
	p.fitsWidth()
	p.snap("narrow-integration")
	p.open(d.home + "/integration/accounts/organizations")
	p.follow("main form button")
	p.fitsWidth()
	p.snap("narrow-mapping")
	p.fill("[name^='directory_key.']", "DS2ACAGGQBNC95H3U4QS")
	p.follow("td.row-acts button")
	p.contains("1 of 24 with a directory key")
	p.open(d.organization("harbourlight-dental-group") + "/users?q=amara")
	p.fitsWidth()
	p.snap("narrow-users")
	p.follow("#list tbody a[href*='/users/']")
	p.fitsWidth()
	p.snap("narrow-user")
	p.follow("a[href*='create-bypass-code-for-user']")
	p.fitsWidth()
	p.snap("narrow-bypass")
	p.follow("main form button.primary")
	p.contains("Shown once")
	p.snap("narrow-bypass-result")
	p.follow("main .buttons a.button")
	p.follow("a[href*='send-activation-url']")
	p.follow("main form button.primary")
	p.fitsWidth()
	p.snap("narrow-activation-result")
	p.follow("main .buttons a.button")
	p.follow("a[href*='associate-group-with-user']:not([href*='group_id'])")
	p.fitsWidth()
	p.snap("narrow-groups")
	p.follow("main a[href*='group_id']")
	p.fitsWidth()
	p.open(d.organization("harbourlight-dental-group") + "/phones?q=reception")
	p.fitsWidth()
	p.snap("narrow-phones")
	p.follow("main tbody th a")
	p.fitsWidth()
	p.snap("narrow-phone")
	p.follow("a[href*='assign-phone-to-user']")
	p.fitsWidth()
	p.snap("narrow-choose-user")
	p.open(d.organization("harbourlight-dental-group") + "/actions/create-phone")
	p.fitsWidth()
	p.snap("narrow-phone-create")
}

// Duo can be in any state: the page says so, nothing breaks, and what was typed
// stays.
func TestDuoDown(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(p)
	for slug, words := range map[string]string{
		"test-fault-rate-limited": "limiting requests", "test-fault-down": "cannot be reached",
		"test-fault-keys-revoked":    "does not know this integration key",
		"test-fault-unavailable-503": "internal error",
	} {
		p.open(d.organization(slug))
		p.contains(words, "Try again")
		p.open(d.organization(slug) + "/users")
		p.contains(words)
		p.snap("users-" + slug)
	}
	// Duo goes away between the form and its sending.
	users := d.organization("harbourlight-dental-group") + "/users"
	p.open(users + "?q=amara")
	p.follow("#list tbody a[href*='/users/']")
	p.follow("a[href*='create-bypass-code-for-user']")
	p.fill("[name=ticket]", "T-4711")
	d.sim.SetFault("api-5e6f7a8b.duosim.localhost", duosim.Fault{Kind: duosim.RateLimited})
	if status := p.follow("main form button.primary"); status != 429 {
		p.fatalf("a rate-limited form was answered with %d", status)
	}
	p.contains("limiting requests", "did not do this")
	if p.value("[name=ticket]") != "T-4711" {
		p.fatalf("what was typed is lost")
	}
	p.snap("bypass-rate-limited")
	d.sim.SetFault("api-5e6f7a8b.duosim.localhost", duosim.Fault{})
	p.follow("main form button.primary")
	p.contains("Shown once")
}

// A client's Duo holds whatever its users typed into it: no page may run or break
// by it. Any dialog, script error, stray request or policy report fails.
func TestHostileEstate(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(p)
	p.open(d.home + "/integration")
	at := d.organization("hostile-strings-script-and-co")
	for _, page := range []string{"", "/users", "/phones", "/bypass-codes", "/runs"} {
		if status := p.open(at + page); status != 200 {
			p.fatalf("%s was answered with %d", page, status)
		}
		p.fitsWidth()
		p.snap("hostile" + strings.ReplaceAll(page, "/", "-"))
	}
	p.open(at + "/users")
	count := p.count("#list tbody a[href*='/users/']")
	for i := range count {
		p.open(at + "/users")
		address := evaluate[string](p,
			call(`(i) => document.querySelectorAll("#list tbody a[href*='/users/']")[i].href`, i))
		p.open(address)
		p.fitsWidth()
		p.axe()
		p.snap("hostile-user-" + string(rune('a'+i)))
		for _, sheet := range []string{"update-user", "create-bypass-code-for-user", "delete-user"} {
			p.follow("a[href*='" + sheet + "']")
			p.fitsWidth()
			p.open(address)
		}
	}
}
