package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// TestSynchronizeSeveral sends several names in one form: each is a run of its
// own, and what becomes of one does not stop the next.
func TestSynchronizeSeveral(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Member(t, e.Workspace, catalog.Technician))
	org, account := e.orgOf(e.near.org), e.near.account.AccountID
	e.Sim.ChangeDirectory(account, e.near.directory, duosim.Person{Username: "ann", Email: "ann@client.example"},
		duosim.Person{Username: "bea"}, duosim.Person{Username: "cyd"}, duosim.Person{Username: "dan"})
	fresh := func() *formOfPage { return b.get(org + "/actions/synchronize-users").form("Synchronize") }

	calls := len(e.Sim.Ledger())
	f := fresh().set("usernames", "ann\nnobody\r\n bea \n\n").set("ticket", "T-9")
	p := f.send().follow().want(http.StatusOK, "Synchronize Users", "Username: ann", "Ticket: T-9",
		"CANARY-near").fine()
	// The same form again leads to the same plan; nothing was sent yet. With other names it is refused.
	if again := f.send().follow(); again.address != p.address || len(e.Sim.Ledger()) != calls {
		t.Errorf("%s, then %s, after %d effects", p.address, again.address, len(e.Sim.Ledger())-calls)
	}
	f.set("usernames", "ann\ncyd").send().want(http.StatusConflict)
	approve := p.form("Synchronize 3 users")
	approve.send().follow()
	p = b.until(p.address, "3 of 3 steps").want(http.StatusOK, "Done", "Synchronized user ann: created.",
		"its directory has no user with this username", "Synchronized user bea: created.", "Not done", "Retry").fine()
	// Approved again, nothing is done again, and the results are the same.
	approve.send().follow().want(http.StatusOK, "Synchronized user ann: created.",
		"Synchronized user bea: created.").fine()
	if now := len(e.Sim.Ledger()); now != calls+2 {
		t.Errorf("%d effects, want 2", now-calls)
	}
	b.get(org+"/runs").want(http.StatusOK, "ann", "nobody", "bea", "T-9")
	// The results can be opened by those who may see the organization; who may not act has no button.
	e.as(t, e.Member(t, e.Workspace, catalog.Auditor)).get(p.address).want(http.StatusOK,
		"Synchronized user ann: created.").wantNot("Retry").fine()
	// What was not done can be tried again, and only that.
	e.Sim.ChangeDirectory(account, e.near.directory, duosim.Person{Username: "ann", Email: "ann@client.example"},
		duosim.Person{Username: "bea"},
		duosim.Person{Username: "cyd"}, duosim.Person{Username: "dan"}, duosim.Person{Username: "nobody"})
	p.form("Retry step 2").send().follow()
	p = b.until(p.address, "Synchronized user nobody: created.").wantNot("Retry").fine()
	if now := len(e.Sim.Ledger()); now != calls+3 {
		t.Errorf("%d effects, want 3", now-calls)
	}
	p.click("Open the user : ann").want(http.StatusOK, "ann@client.example")

	// The answer for one is lost: those before and after are known.
	e.Sim.SetFault(account, duosim.Fault{Kind: duosim.AnswerLost, WritesOnly: true, Times: 1})
	p = fresh().set("usernames", "cyd\ndan").send().follow()
	p.form("Synchronize 2 users").send().follow()
	b.until(p.address, "2 of 2 steps").want(http.StatusOK, "Unknown", "Duo may have done this.",
		"Synchronized user dan: created.").wantNot("Retry").fine()

	// The connection changes: the rest is not sent, and the page says so.
	p = fresh().set("usernames", "ann\nbea").send().follow()
	form := p.form("Synchronize 2 users")
	e.Exec(t, `update connection set revision = gen_random_uuid() where organization_id = $1`, e.near.org.ID)
	form.send().want(http.StatusConflict, "the steps differ", "The connection has changed since the form was opened",
		"There is nothing to do").fine()

	for _, names := range []string{"", " \n", "twice\nTWICE",
		strings.Repeat("x\n", 1) + strings.Join(strings.Split("abcdefghijklmnopqrstu", ""), "\n"), "a\nb\x01"} {
		p := fresh().set("usernames", names).send().want(http.StatusUnprocessableEntity,
			"1 field needs a change").fine()
		if _, fault := p.box("usernames"); fault == "" {
			t.Errorf("%q: no fault beside the names", names)
		}
	}
	form = fresh().set("usernames", "ann\nbea")
	form.values.Set("directory_key", e.far.directory)
	form.send().want(http.StatusUnprocessableEntity, "Choose one of this organization").fine()
}

func TestSynchronizeUser(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Member(t, e.Workspace, catalog.Technician))
	org := e.orgOf(e.near.org)
	e.Sim.ChangeDirectory(e.near.account.AccountID, e.near.directory,
		duosim.Person{Username: "grace", Realname: "Grace Hopper"})
	f := b.get(org+"/actions/synchronize-users?username=grace").want(http.StatusOK,
		"Synchronize users").form("Synchronize")
	if got := f.values.Get("directory_key"); got != e.near.directory {
		t.Errorf("the primary directory is not chosen, but %q", got)
	}
	f.send().want(http.StatusOK, "Synchronized user grace: created.", "Grace Hopper", "Synchronize")
	b.get(org+"/runs").want(http.StatusOK, "Synchronize Users", "grace")

	fresh := func() *formOfPage {
		return b.get(org + "/actions/synchronize-users").form("Synchronize")
	}
	fresh().set("usernames", "grace").send().want(http.StatusTooManyRequests, "Duo is limiting requests").fine()
	fresh().set("usernames", "nobody").send().want(http.StatusUnprocessableEntity,
		"The key works, but its directory has no user with this username.").fine()
	fresh().set("usernames", "").send().want(http.StatusUnprocessableEntity, "1 field needs a change")
	// The keys of other organizations are refused before Duo is asked.
	calls := e.Sim.Calls(e.near.account.AccountID)
	for _, key := range []string{e.far.directory, e.foreign.directory, "DS00000000000000NONE", ""} {
		form := fresh().set("usernames", "grace")
		form.values.Set("directory_key", key)
		form.send().want(http.StatusUnprocessableEntity, "1 field needs a change").fine()
	}
	if now := e.Sim.Calls(e.near.account.AccountID); now != calls {
		t.Errorf("Duo was asked %d times", now-calls)
	}
	for _, role := range []catalog.Role{catalog.Auditor, catalog.Helpdesk} {
		e.as(t, e.Member(t, e.Workspace, role)).get(org + "/actions/synchronize-users").want(http.StatusNotFound)
	}
}

// TestDirectoryKeyIsComparedAsCleaned: blanks and what nobody sees around a key are not
// part of it, wherever it is sent.
func TestDirectoryKeyIsComparedAsCleaned(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	org := e.orgOf(e.near.org)
	var people []duosim.Person
	for _, name := range []string{"ann", "bea", "cyd", "dan", "eve"} {
		people = append(people, duosim.Person{Username: name})
	}
	e.Sim.ChangeDirectory(e.near.account.AccountID, e.near.directory, people...)
	b := e.as(t, e.Member(t, e.Workspace, catalog.Technician))
	for name, key := range map[string]string{"ann": e.near.directory + "\u200b", "bea": " " + e.near.directory + " "} {
		b.get(org+"/actions/synchronize-users/form").form("Synchronize Users").set("directory_key", key).set("username",
			name).send().
			want(http.StatusOK, "Synchronized user "+name+": created.")
	}
	several := b.get(org+"/actions/synchronize-users").form("Synchronize").set("usernames", "cyd\ndan")
	several.values.Set("directory_key", e.near.directory+"\u200b ")
	preview := several.send().follow().want(http.StatusOK, "CANARY-near").fine()
	preview.form("Synchronize 2 users").send().follow()
	b.until(preview.address, "2 of 2 steps").want(http.StatusOK, "Synchronized user cyd: created.",
		"Synchronized user dan: created.").fine()
	secret, _ := e.accessToken(t, e.Workspace, e.Owner, store.Grant{Role: "technician", EveryOrganization: true})
	wantOutcome(e.stranger(t).call(secret, http.MethodPost, "/api/v1"+org+"/actions/synchronize-users", map[string]any{
		"run_id": uuid.NewString(), "account_id": " " + e.near.account.AccountID + "\u200b",
		"fields": map[string]string{"directory_key": e.near.directory + "\u200b", "username": "eve"},
	}), "applied", false)
}
