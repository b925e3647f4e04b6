package main

import (
	"strings"
	"testing"

	"duodesk/internal/duo/duosim"
)

// A client who is no child account: keys pasted as a whole page, checked, in use;
// then a directory key found in a page and tried.
func TestOwnCredentialsByPasting(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	elsewhere := d.sim.AddParent("Kestrel & Wren")
	d.sim.AddUser(elsewhere.AccountID, duosim.UserSpec{Username: "wren", Realname: "Wren Kestrel"})
	key := d.sim.AddDirectory(elsewhere.AccountID,
		duosim.DirectorySpec{Name: "AD", People: []duosim.Person{{Username: "robin", Realname: "Robin Kestrel"}}})
	app := elsewhere.Application(duosim.AdminAPI)
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(p)
	p.open(d.organization("kestrel-and-wren-architects-llp"))
	p.follow("nav.tabs a[href$='/connection']")
	p.contains("child of", "Change connection", "Own credentials")
	p.axe()
	p.snap("connection-child")
	p.click("details.paste summary")
	p.fill("[name=own_paste]", "Admin API\nIntegration key\n"+app.IntegrationKey+"\nCopy\nSecret key\n"+app.SecretKey+
		"\nCopy\nAPI hostname\n"+elsewhere.APIHostname+"\n")
	p.snap("connection-pasting")
	if status := p.follow("details.paste button"); status != 200 {
		p.fatalf("filling in was answered with %d", status)
	}
	p.contains("✓ Secret key of 40 characters", "Kept in your draft until")
	p.lacks(app.SecretKey)
	p.snap("connection-filled-in")
	p.follow("#own > .buttons button")
	d.confirms(p)
	p.contains("this organization is connected through them", "own credentials", "Works")
	p.lacks(app.SecretKey)
	p.axe()
	p.fill("[name=directory_name]", "Head office")
	p.fill("[name=directory_key]", "https://admin-1a2b3c4d.duosecurity.com/users/directorysync/"+key+" Copy")
	p.follow("#directories > form button")
	p.contains("Head office", key, "Primary")
	p.snap("connection-own")
	p.follow("#directories .things a.button")
	p.contains("Test directory key")
	p.fill("[name=username]", "nobody")
	if status := p.follow("main form .primary"); status != 422 {
		p.fatalf("somebody unknown was answered with %d", status)
	}
	p.contains("Duo does not know this key in this account, or")
	p.snap("directory-test-refused")
	p.fill("[name=username]", "robin")
	p.follow("main form .primary")
	p.contains("Synchronized user robin: created.")
	p.axe()
	if !strings.Contains(p.address(), "/connection") {
		p.fatalf("the test has led to %s", p.address())
	}
	p.follow("nav.tabs a[href$='/users']")
	p.contains("Wren Kestrel", "Robin Kestrel")
}
