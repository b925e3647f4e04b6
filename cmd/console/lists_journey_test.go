package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestSearchIsLive: one script serves the search of each list and of the switcher. The list follows what is typed, the
// address follows the list, the focus stays, the count is said, and the arrows go to the rows that are shown.
func TestSearchIsLive(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	names := []string{"Quarry Dental", "Quarry Legal", strings.Repeat("Wideword", 20) + " Ltd"}
	d.db.Organizations(t, d.ws, names...)
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(p)
	p.open(d.home + "/o")
	rows := `() => document.querySelectorAll("#list tbody tr").length === 2`
	p.fill("main input[type=search]", "quarry")
	p.until("the list shows two", call(rows))
	p.until("the address says what is typed", call(`() => location.search === "?q=quarry"`))
	if got := p.focused(); got != "input#q[q]" {
		t.Error("the focus is on ", got)
	}
	p.until("the count is said",
		call(
			`() => [...document.querySelectorAll("[role=status]")].some((e) => /^2 of \d+ organizations match$/.test(e.textContent))`))
	p.axe()
	p.press(kb.ArrowDown)
	p.until("the first row has the focus", call(`() => document.activeElement.textContent.includes("Quarry Dental")`))
	p.press(kb.ArrowDown)
	p.until("then the second", call(`() => document.activeElement.textContent.includes("Quarry Legal")`))
	p.press(kb.ArrowUp)
	p.press(kb.ArrowUp)
	if got := p.focused(); got != "input#q[q]" {
		t.Error("the arrows lead back to ", got)
	}
	p.press(kb.Enter)
	p.until("Enter leads to the first row", call(`() => document.activeElement.textContent.includes("Quarry Dental")`))
	// An answer that comes late takes nobody off the row.
	p.until("the list is replaced once more", call(`() => {
		const row = document.activeElement, search = document.querySelector("#q");
		if (!window.stale) { window.stale = row; search.value = "quarry "; search.dispatchEvent(new Event("input", { bubbles: true })); }
		return !window.stale.isConnected;
	}`))
	p.until("the row has the focus still",
		call(
			`() => document.activeElement.matches("#list a") && document.activeElement.textContent.includes("Quarry Dental")`))

	// The switcher finds among all, and the page stays.
	p.open(d.home + "/runs")
	p.click(".switcher summary")
	p.fill("#switch-q", "legal")
	p.until("the switcher shows what is found",
		call(
			`() => [...document.querySelectorAll("#switch-list a")].some((a) => a.textContent.includes("Quarry Legal")) && !document.querySelector("#switch-list").textContent.includes("Dental")`))
	if at := p.address(); !strings.HasSuffix(at, "/runs") {
		t.Error("the switcher's search changed the address to ", at)
	}
	p.press(kb.ArrowDown)
	p.until("the arrows go into the switcher's list",
		call(`() => document.activeElement.closest("#switch-list") !== null`))
	p.axe()

	// So does the home page's search, with the list in place of the recent ones.
	p.open(d.home)
	p.fill("#q", "legal")
	p.until("the home page shows what is found",
		call(
			`() => { const l = document.querySelector("#list").textContent; return l.includes("Quarry Legal") && !l.includes("Dental"); }`))
	if at := p.address(); at != strings.TrimPrefix(d.home, d.url) {
		t.Error("the home page's search changed the address to ", at)
	}
	p.press(kb.ArrowDown)
	p.until("the arrows go to what is found", call(`() => document.activeElement.textContent.includes("Quarry Legal")`))
	p.axe()

	// Actions and runs.
	p.open(d.home + "/actions")
	p.fill("main input[type=search]", "hardware tokens")
	p.until("actions are found",
		call(`() => { const n = document.querySelectorAll("#list .catalogue li").length; return n > 0 && n < 5; }`))
	p.press(kb.ArrowDown)
	p.until("the arrows go to an action", call(`() => document.activeElement.closest(".catalogue li") !== null`))
	p.open(d.home + "/runs")
	p.fill("#f-q", "nothing of the kind")
	p.waitText("#list", "No run matches")
	p.until("the count is said",
		call(`() => [...document.querySelectorAll("[role=status]")].some((e) => e.textContent === "No run matches")`))
}

// TestWideTablesScroll: a table that is wider than its place scrolls there, by keyboard too, and says so; the page does
// not.
func TestWideTablesScroll(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	d.someRuns()
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(p)
	p.open(d.home + "/runs")
	p.until("a table that fits keeps its head in sight",
		call(`() => document.querySelector("main .table").classList.contains("fits")`))
	evaluate[bool](p, `(() => { document.querySelector("main td.what").style.minWidth = "3000px"; return true; })()`)
	p.until("it scrolls",
		call(
			`() => { const t = document.querySelector("main .table"); return !t.classList.contains("fits") && t.tabIndex === 0 && t.scrollWidth > t.clientWidth && getComputedStyle(t).overflowX === "auto"; }`))
	p.fitsWidth()
}
