package web

import (
	"net/http"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

func TestSynchronizeUser(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	b := e.as(t, e.Member(t, e.Workspace, catalog.Technician))
	org := e.orgOf(e.near.org)
	e.Sim.ChangeDirectory(e.near.account.AccountID, e.near.directory, duosim.Person{Username: "grace", Realname: "Grace Hopper"})
	f := b.get(org+"/actions/synchronize-users?username=grace").want(http.StatusOK, "Synchronize user").form("Synchronize user")
	if got := f.values.Get("directory_key"); got != e.near.directory {
		t.Errorf("the primary directory is not chosen, but %q", got)
	}
	f.send().want(http.StatusOK, "Synchronized user grace: created.", "Grace Hopper", "Synchronize")
	b.get(org+"/runs").want(http.StatusOK, "Synchronize User", "grace")

	fresh := func() *formOfPage {
		return b.get(org + "/actions/synchronize-users").form("Synchronize user")
	}
	fresh().set("username", "grace").send().want(http.StatusTooManyRequests, "Duo is limiting how often it may be asked").fine()
	fresh().set("username", "nobody").send().want(http.StatusUnprocessableEntity, "The key works, and its directory has nobody of this username.").fine()
	fresh().set("username", "").send().want(http.StatusUnprocessableEntity, "1 thing needs a change")
	// The keys of other organizations are refused before Duo is asked.
	calls := e.Sim.Calls(e.near.account.AccountID)
	for _, key := range []string{e.far.directory, e.foreign.directory, "DS00000000000000NONE", ""} {
		form := fresh().set("username", "grace")
		form.values.Set("directory_key", key)
		form.send().want(http.StatusUnprocessableEntity, "1 thing needs a change").fine()
	}
	if now := e.Sim.Calls(e.near.account.AccountID); now != calls {
		t.Errorf("Duo was asked %d times", now-calls)
	}
	for _, role := range []catalog.Role{catalog.Auditor, catalog.Helpdesk} {
		e.as(t, e.Member(t, e.Workspace, role)).get(org + "/actions/synchronize-users").want(http.StatusNotFound)
	}
}
