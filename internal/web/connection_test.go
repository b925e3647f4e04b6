package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/setup"
)

// TestConnectionPage goes from a child account to own credentials, to the parent
// account and to none, as an administrator of everything does.
func TestConnectionPage(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Owner)
	org := e.orgOf(e.near.org)
	elsewhere := e.Sim.AddParent("Elsewhere")
	e.Sim.AddUser(elsewhere.AccountID, duosim.UserSpec{Username: "eva", Realname: "Eva Elsewhere"})
	app := elsewhere.Application(duosim.AdminAPI)
	open := func() *page {
		return b.get(org+"/connection").want(http.StatusOK, "How Duodesk connects to this organization").fine()
	}
	open().want(http.StatusOK, e.near.account.AccountID, "child of")
	b.get(org).click("Connection").want(http.StatusOK, "Change connection")

	// Own credentials: pasted, refused, saved.
	text := "Integration key " + app.IntegrationKey + " Copy\r\nSecret key " + app.SecretKey + "Copy\r\nAPI hostname " +
		elsewhere.APIHostname + "\r\nPASTED-CANARY"
	pasted := open().form("Fill in : Own credentials").set("own_paste", text).send()
	pasted.want(http.StatusOK, "✓ API hostname, found in the pasted text.", "✓ Integration key, found",
		"✓ Secret key of 40 characters, found", "Kept in your draft until").wantNot(app.SecretKey,
		"PASTED-CANARY").fine()
	if value, _ := pasted.box("own_integration_key"); value != app.IntegrationKey {
		t.Error("not filled in: ", value)
	}
	wrong := strings.Repeat("W", 40)
	pasted.form("Save own credentials").set("own_secret_key", wrong).send().
		want(http.StatusOK, "Duo did not accept the keys", "Unverified", "the secret key does not belong",
			e.near.account.AccountID).wantNot(wrong).fine()
	b.get(org+"/users").want(http.StatusOK, "CANARY-near Jane")
	open().form("Discard").send().want(http.StatusOK, "Not set")
	saved := open().form("Save own credentials").set("own_host", "https://"+elsewhere.APIHostname+
		"/").set("own_integration_key", app.IntegrationKey).set("own_secret_key", app.SecretKey).send()
	saved.want(http.StatusOK, "connected through them", "own credentials", "no child account",
		"Works").wantNot(app.SecretKey).fine()
	b.get(org+"/users").want(http.StatusOK, "Eva Elsewhere").wantNot("CANARY-near Jane")
	b.get(org).want(http.StatusOK, "own credentials", app.IntegrationKey)
	b.get(e.ws("/integration")).want(http.StatusOK, "own credentials")
	b.get(e.ws("/o")).want(http.StatusOK, "own credentials · ")
	b.get(org+"/runs").want(http.StatusOK, "Change connection", "to own credentials.", "Save own credentials",
		"CANARY-near")

	// What fails is said to be the organization's own keys.
	e.Sim.SetFault(elsewhere.AccountID, duosim.Fault{Kind: duosim.Revoked})
	b.get(org+"/users?fresh=1").want(http.StatusOK,
		"These are this organization's own Admin API keys: Duo does not know this integration key",
		"Correct them on its Connection page.").fine().
		click("Open Connection").want(http.StatusOK, "Own credentials")
	if p := e.as(t, e.Member(t, e.Workspace, catalog.Technician)).get(org+"/users?fresh=1").want(http.StatusOK,
		"Duo does not know this integration key",
		"An owner or admin can correct the keys.").wantNot("Connection page").fine(); p.leadsTo("/connection") {
		t.Error("a technician is led to a page that is not theirs")
	}
	b.get(org+"/actions/create-user").form("Create user").set("username",
		"kept").send().want(http.StatusUnprocessableEntity, "this organization's own Admin API keys").fine()
	open().form("Check again : Own credentials").send().want(http.StatusOK,
		"Duo does not know this integration key on this host")
	e.Sim.SetFault(elsewhere.AccountID, duosim.Fault{})

	// The parent account, then the child again: the page of before is told so.
	change := func(kind, account string) *page {
		f := open().want(http.StatusOK).form("Change connection")
		f.values.Set("kind", kind)
		return f.set("account", account).send()
	}
	if p := open(); !strings.Contains(p.text(), "Connecting the organization another way deletes its own keys") {
		t.Error("the page does not say what becomes of the keys")
	}
	change("parent", "").want(http.StatusOK, "parent account", "Not set").fine()
	b.get(org+"/users").want(http.StatusOK, "0 users")
	b.get(e.orgOf(e.far.org) + "/connection").form("Change connection")
	far := b.get(e.orgOf(e.far.org) + "/connection").form("Change connection")
	far.values.Set("kind", "parent")
	far.send().want(http.StatusUnprocessableEntity, "Another organization is connected with the parent account").fine()
	change("child", "nonsense").want(http.StatusUnprocessableEntity, "does not list this account").fine()
	change("child", e.foreign.account.AccountID).want(http.StatusUnprocessableEntity,
		"does not list this account").fine()
	change("child", e.far.account.AccountID).want(http.StatusUnprocessableEntity, "CANARY-far").fine()
	change("own", "").want(http.StatusUnprocessableEntity, "Choose how").fine()
	e.Sim.SetFault(e.Parent.AccountID, duosim.Fault{Kind: duosim.Down})
	change("child", e.near.account.AccountID).want(http.StatusBadGateway,
		"Nothing was changed. Duo cannot be reached").fine()
	e.Sim.SetFault(e.Parent.AccountID, duosim.Fault{})
	change("child", e.near.account.AccountID).want(http.StatusOK, e.near.account.AccountID).fine()
	b.get(org+"/users").want(http.StatusOK, "CANARY-near Jane")
	change("", "").want(http.StatusOK, "not connected").fine()
	b.get(org).want(http.StatusOK, "Not mapped yet", "connected with its own credentials").fine()
	for _, p := range b.seen {
		p.wantNot(app.SecretKey, wrong, "PASTED-CANARY")
	}
	for place, text := range e.everyColumn(t) {
		if strings.Contains(text, app.SecretKey) || strings.Contains(text, "PASTED-CANARY") {
			t.Error("a secret or what was pasted is in ", place)
		}
	}
	if log := e.Log.String(); strings.Contains(log, app.SecretKey) || strings.Contains(log, "PASTED-CANARY") {
		t.Error("a secret or what was pasted is in the log")
	}
}

// TestConnectionOfOneOrganization: which account an organization is, also by keys
// of its own, is changed by those who see all organizations; an administrator of it
// alone sees nothing of the workspace's accounts.
func TestConnectionOfOneOrganization(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Member(t, e.Workspace, catalog.Administrator, e.far.org.ID))
	org := e.orgOf(e.far.org)
	b.get(org+"/connection").want(http.StatusOK, "Directory keys",
		"Administrators who see every organization").wantNot("Change connection", "Save own credentials", "CANARY-near",
		"Nobody's yet", e.near.account.AccountID).fine()
	elsewhere := e.Sim.AddParent("Elsewhere")
	app := elsewhere.Application(duosim.AdminAPI)
	b.request(http.MethodPost, org+"/connection/own", formWith("own_host", elsewhere.APIHostname, "own_integration_key",
		app.IntegrationKey, "own_secret_key", app.SecretKey)(nil, nil, false)).want(http.StatusNotFound)
	p := e.as(t, e.Owner).get(org + "/connection")
	p.form("Save own credentials").set("own_host", elsewhere.APIHostname).set("own_integration_key",
		app.IntegrationKey).set("own_secret_key", app.SecretKey).send().want(http.StatusOK, "connected through them")
	p = e.as(t, e.Owner).get(org + "/connection")
	p.form("Save own credentials").set("own_host", elsewhere.APIHostname).set("own_integration_key",
		e.NineFields()["admin_integration_key"]).set("own_secret_key", app.SecretKey).send().
		want(http.StatusUnprocessableEntity, "This is the key of the workspace's own Admin API.")
	// Another organization cannot take the same keys, no matter who tries.
	e.as(t, e.Owner).get(e.orgOf(e.near.org)+"/connection").form("Save own credentials").set("own_host",
		elsewhere.APIHostname).set("own_integration_key", app.IntegrationKey).set("own_secret_key",
		app.SecretKey).send().
		want(http.StatusUnprocessableEntity, "Another organization is connected with this key.").fine()
	b.get(e.orgOf(e.near.org) + "/connection").want(http.StatusNotFound)
	for _, role := range []catalog.Role{catalog.Auditor, catalog.Helpdesk, catalog.Technician} {
		b := e.as(t, e.Member(t, e.Workspace, role))
		b.get(org + "/connection").want(http.StatusNotFound)
		if p := b.get(org); strings.Contains(p.body, "/connection") {
			t.Error(role, " is led to a page that is not theirs")
		}
	}
}

func TestDirectoryKeys(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Member(t, e.Workspace, catalog.Administrator, e.near.org.ID))
	org := e.orgOf(e.near.org)
	open := func() *page { return b.get(org + "/connection").want(http.StatusOK).fine() }
	const one, two = "DSONE000000000000001", "DSTWO000000000000002"
	p := open().form("Add directory key").set("directory_name", "Head office").set("directory_key",
		"x "+one+"\r\n"+two).send().
		want(http.StatusUnprocessableEntity, "This text holds several directory keys", one, two).fine()
	f := p.form("Add directory key")
	f.values.Set("directory_key", two)
	f.send().want(http.StatusOK, "Head office", two).fine()
	open().form("Add directory key").set("directory_name", "Head office").set("directory_key", "https://admin.example/"+
		one).send().want(http.StatusUnprocessableEntity, "already has a directory with this name").fine()
	secret := e.NineFields()["admin_secret_key"]
	open().form("Add directory key").set("directory_name", "Page").set("directory_key", "a whole page "+
		secret).send().want(http.StatusUnprocessableEntity, "No directory key is in this text").wantNot(secret).fine()
	open().form("Make primary : Head office").send().want(http.StatusOK, "Primary")
	b.get(org).want(http.StatusOK, two)
	rename := open().form("Rename Head office")
	for name := range rename.values {
		if strings.HasPrefix(name, "name.") {
			rename.set(name, "CANARY-near second").send().want(http.StatusUnprocessableEntity,
				"already has a directory with this name").fine()
			rename.set(name, "Leeds <b>").send().want(http.StatusOK, "Leeds <b>").fine()
		}
	}
	open().form("Remove Leeds <b>").send().want(http.StatusOK).wantNot(two)

	// A key is tried with somebody who is known.
	e.Sim.ChangeDirectory(e.near.account.AccountID, e.near.directory, duosim.Person{Username: "grace"})
	sheet := open().click("Test Directory").want(http.StatusOK, "Test directory key").form("Synchronize user")
	sheet.set("username", "grace").send().want(http.StatusOK, "Synchronized user grace: created.",
		"Directory keys").fine()
	b.get(org+"/runs").want(http.StatusOK, "Added Head office, whose key ends in 0002.", "Made Head office primary.",
		"Renamed Head office to Leeds <b>.", "Removed Leeds <b>")
}

func TestPasteBoxes(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Owner)
	nine := e.NineFields()
	open := func() *page { return b.get(e.ws("/integration")).want(http.StatusOK) }
	fill := func(text, beside string) *page {
		return open().form("Fill in").set("paste", text).set(beside, "typed beside it").send()
	}
	keyOf := func(api string) string { return nine[api+"_integration_key"] + " secret " + nine[api+"_secret_key"] }
	// One page, whose API is named above its values.
	one := "PASTED-CANARY Auth API <b>Client secret</b>&nbsp;" + nine["auth_secret_key"] + "\nClient ID: " +
		nine["auth_integration_key"] + "\nhost " + nine["auth_host"]
	p := fill(one, "admin_host").want(http.StatusOK, "✓ API hostname, found").wantNot("PASTED-CANARY",
		nine["auth_secret_key"]).fine()
	if value, _ := p.box("admin_host"); value != "typed beside it" {
		t.Error("what was typed into another card is lost: ", value)
	}
	// Two keys of one API, and values of no API.
	fill("Admin API "+nine["admin_integration_key"]+" "+nine["auth_integration_key"]+" "+nine["admin_host"],
		"auth_host").
		want(http.StatusUnprocessableEntity, "The pasted text holds 2 integration keys", "✓ API hostname, found").fine()
	for _, text := range []string{"PASTED-CANARY " + keyOf("accounts"), "PASTED-CANARY nothing"} {
		says := "This text does not say which API"
		if strings.HasSuffix(text, "nothing") {
			says = "No host, integration key or secret key is in this text."
		}
		kept := fill(text, "account_host").want(http.StatusUnprocessableEntity,
			says).wantNot("PASTED-CANARY", "✓").fine()
		if value, _ := kept.box("account_host"); value != "typed beside it" {
			t.Error("what was typed is lost: ", value)
		}
	}
	// Pages of all three in any order, and the lines that the sandbox prints.
	pages := "Admin API\n" + keyOf("admin") + "\nSee the Admin API documentation\nAuth API\n" + keyOf("auth") +
		"\nAccounts API\n" + keyOf("accounts") + "\nAPI hostname " + nine["auth_host"]
	var lines strings.Builder
	for _, l := range [][2]string{{"Auth Host", "auth_host"}, {"Auth Integration Key", "auth_integration_key"},
		{"Auth Secret Key", "auth_secret_key"},
		{"Account Host", "account_host"}, {"Accounts API Integration Key", "accounts_integration_key"},
		{"Accounts API Secret Key", "accounts_secret_key"},
		{"Admin Host", "admin_host"}, {"Admin Integration Key", "admin_integration_key"},
		{"Admin Secret Key", "admin_secret_key"}} {
		fmt.Fprintf(&lines, "    %-30s%s\n", l[0], nine[l[1]])
	}
	for _, text := range []string{pages, lines.String()} {
		filled := fill(text, "auth_host").want(http.StatusOK).wantNot("not in the pasted text",
			nine["admin_secret_key"]).fine()
		for name, value := range nine {
			if box, _ := filled.box(name); !setup.SecretField(name) && box != value {
				t.Errorf("%s is filled in with %q", name, box)
			}
		}
		if found := strings.Count(filled.body, "✓"); found != 9 {
			t.Errorf("%d values were found", found)
		}
	}
	if values, _ := e.Setup().KeyState(t.Context(), e.Scope(), setup.Nine(),
		e.Owner.ID); values.Draft["auth_secret_key"] != nine["auth_secret_key"] {
		t.Error("the secret is not in the draft")
	}
	// What was filled in is saved by the button that saves, and by no other.
	fields := map[string]string{}
	for name, value := range nine {
		if !strings.HasPrefix(name, "auth_") || !setup.SecretField(name) {
			fields[name] = value
		}
	}
	typeNine(open(), fields).send().want(http.StatusOK, "All three APIs accept their keys")
	for place, text := range e.everyColumn(t) {
		if strings.Contains(text, "PASTED-CANARY") || strings.Contains(text, nine["auth_secret_key"]) {
			t.Error("what was pasted is in ", place)
		}
	}
	if strings.Contains(e.Log.String(), "PASTED-CANARY") {
		t.Error("what was pasted is in the log")
	}
}

// TestWorkspaceKeysAtFault: where the workspace's keys are refused or missing, those who may correct them are led
// there, and others learn who can help.
func TestWorkspaceKeysAtFault(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	some := s.as(t, s.Member(t, s.Workspace, catalog.Administrator, s.Client.ID))
	tech, owner := s.as(t, s.Member(t, s.Workspace, catalog.Technician)), s.as(t, s.Owner)
	const whom = "An owner or an admin of all organizations can "
	unmapped := s.Organizations(t, s.Workspace, "Unmapped")[0]
	look := func(words string, addresses ...string) {
		t.Helper()
		for _, address := range addresses {
			for _, b := range []*browser{some, tech} {
				if p := b.get(address); b != some || p.status != http.StatusNotFound {
					p.want(p.status, words).wantNot("on the integration page", "Open Integration")
				}
			}
			p := owner.get(address)
			p.want(p.status).wantNot(whom).click("Open Integration").want(http.StatusOK)
		}
	}
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.Revoked})
	look(whom+"correct the keys.", s.org("/users?fresh=1"), s.org("/phones?fresh=1"), s.org("/users/"+jane))
	look(whom+"map it.", s.orgOf(unmapped)+"/users", s.orgOf(unmapped)+"/users/"+jane)
}
