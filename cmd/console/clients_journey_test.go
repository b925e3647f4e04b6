package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The estate grows to 500 clients by a file, one of them gets what people know
// about it, and what Duo changed meanwhile is settled.
func TestManyClients(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(p)
	importByClicking(d, p)
	editByClicking(d, p)
	driftByClicking(d, p)
}

func importByClicking(d *desk, p *page) {
	p.t.Helper()
	trades := []string{"Dental", "Legal", "Freight", "Bakery", "Architects", "Veterinary"}
	var file strings.Builder
	file.WriteString("name;aliases;tags;time_zone;color\r\n")
	for i := range 476 {
		trade := trades[i%len(trades)]
		fmt.Fprintf(&file, "Client %03d %s;C%d;%s, wave-%d;Europe/London;\r\n", i, trade, i, trade, i%3)
	}
	file.WriteString("Harbourlight Dental Group;;;;\r\nBroken & Sons;;;Mars;plaid\r\n")
	path := filepath.Join(p.t.TempDir(), "clients.csv")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.open(d.home + "/o")
	p.follow("main a[href$='/o/import']")
	p.axe()
	p.snap("import")
	p.follow("main form.form button")
	p.contains("There is nothing in it")
	p.do("choose a file", chromedp.SetUploadFiles(chromedp.CSS("[name=file]"), []string{path}))
	p.follow("main form.form button")
	p.contains("clients.csv", "Import 476 organizations", "1 row has errors")
	p.follow("main a[href$='show=fault']")
	p.contains("Broken & Sons", "No time zone has this name")
	p.axe()
	p.snap("import-preview")
	p.follow("main form button.primary")
	p.contains("Imported 476 of 478 rows; 1 existed already; 1 skipped because of errors.",
		"500 organizations", "dental")
	p.axe()
	p.snap("organizations-500")
	p.fill("main input[type=search]", "c123")
	p.until("the list shows the client",
		call(`() => document.querySelector("#list tbody").textContent.includes("Client 123")`))
}

func editByClicking(d *desk, p *page) {
	p.t.Helper()
	p.open(d.organization("harbourlight-dental-group"))
	p.press("e")
	p.wait("[name=aliases]")
	p.fill("[name=aliases]", "HDG\nThe Dentists")
	p.fill("[name=tags]", "VIP, dental")
	p.fill("[name=time_zone]", "Chicago")
	p.follow("main form.form button")
	p.contains("No time zone has this name")
	p.fill("[name=time_zone]", "America/Chicago")
	p.click("label[for='f-color-4']")
	p.axe()
	p.snap("organization-edit")
	p.follow("main form.form button")
	p.contains("HDG, The Dentists", "dental, vip", "America/Chicago")
	p.axe()
	p.snap("organization-about")
}

func driftByClicking(d *desk, p *page) {
	p.t.Helper()
	renamed, gone := "", ""
	for _, a := range d.sim.Accounts() {
		switch a.Name {
		case "Harbourlight Dental Group":
			renamed = a.AccountID
		case "Test fault: down":
			gone = a.AccountID
		}
	}
	d.sim.RenameAccount(renamed, "Harbourlight Dental Partners")
	d.sim.DeleteAccount(gone)
	p.open(d.home + "/integration")
	p.follow("form[action$='/accounts/refresh'] button")
	p.contains("Changed in Duo: 1 account gone, 1 renamed")
	p.axe()
	p.snap("mapping-drift")
	p.follow("button[name=repair][value=rename]")
	p.contains("Changed in Duo: 1 account gone")
	p.follow("button[name=repair][value=unmap]")
	p.lacks("Changed in Duo")
	p.open(d.organization("harbourlight-dental-group"))
	p.contains("Harbourlight Dental Partners", "HDG, The Dentists, Harbourlight Dental Group")
}
