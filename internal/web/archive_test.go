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

// TestArchiveOrganization: an owner types its name; then every address of it says that it is archived, lists and the
// mapping forget it, and its runs stay.
func TestArchiveOrganization(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b, org := e.as(t, e.Owner), e.orgOf(e.near.org)
	name, slug := e.near.org.Name, e.near.org.Slug
	e.Exec(t, `update organization set onboarding = false where id = $1`, e.near.org.ID)
	token, _ := e.accessToken(t, e.Workspace, e.Owner,
		store.Grant{Role: catalog.Technician.String(), EveryOrganization: true})
	open := func() *page { return b.get(org + "/edit").want(http.StatusOK).click("Archive organization…").fine() }
	before := b.get(org + "/actions/create-user").want(http.StatusOK)
	open().want(http.StatusOK, name, "the child account", e.near.account.AccountID, "can’t undo").
		form("Archive organization").set("confirm", strings.ToUpper(name)).send().want(http.StatusUnprocessableEntity,
		"exactly as it is written").fine()
	waiting := open()
	b.get(org).want(http.StatusOK)
	waiting.form("Archive organization").set("confirm", "  "+name+"\u200b ").send().
		want(http.StatusOK, "Archive organization", "It was connected with the child account",
			e.near.account.AccountID).fine()

	for _, at := range []string{"", "/users", "/edit", "/connection", "/runs", "/archive", "/actions/create-user",
		"/nothing"} {
		if p := b.get(org + at); at == "/nothing" {
			p.want(http.StatusNotFound)
		} else {
			p.want(http.StatusGone, name+" is archived",
				"Nothing was changed in Duo.").wantNot(e.near.account.AccountID).fine()
		}
	}
	// What was open is not sent any more, and a program is told in the same way.
	before.form("Create user").set("username", "late").send().want(http.StatusGone, "is archived")
	waiting.form("Archive organization").set("confirm", name).send().want(http.StatusGone, "is archived")
	e.stranger(t).call(token, http.MethodPost, "/api/v1"+org+"/actions/create-user",
		map[string]any{"run_id": uuid.NewString(),
			"fields": map[string]any{"username": "late"}}).wantProblem(http.StatusGone, "organization_archived")
	for _, u := range e.Sim.UserStates(e.near.account.AccountID) {
		if u.Username == "late" {
			t.Error("a user was made in an archived organization")
		}
	}
	b.get(org).click("Runs of "+name).want(http.StatusOK, "Archive organization", name)
	if p := b.get(e.ws("/o")).want(http.StatusOK); strings.Contains(p.body, "/o/"+slug+"\"") {
		t.Error("the list shows it")
	}
	// The account is free for another organization, which gets another address.
	b.get(e.ws("/o/new")).form("Create organization").set("name", name).send().want(http.StatusOK, name).fine()
	if now := b.get(e.ws("/o")).want(http.StatusOK); strings.Contains(now.body, "/o/"+slug+"\"") {
		t.Error("its address is used again")
	}

	// Nobody but an owner archives; to others it does not exist.
	other := e.orgOf(e.Organizations(t, e.Workspace, "Birch Legal")[0])
	v := e.as(t, e.Member(t, e.Workspace, catalog.Administrator))
	v.get(other + "/archive").want(http.StatusNotFound)
	v.get(other + "/edit").wantNot("Archive organization")
	e.as(t, e.Member(t, e.Workspace, catalog.Auditor, e.far.org.ID)).get(org).want(http.StatusNotFound).wantNot(name)
}

// TestArchiveWaitsForOnboarding: what sets an organization up ends first.
func TestArchiveWaitsForOnboarding(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Exec(t, `update organization set onboarding = true where id = $1`, s.Client.ID)
	s.as(t, s.Owner).get(s.org("/archive")).form("Archive organization").set("confirm",
		s.Client.Name).send().want(http.StatusUnprocessableEntity, "being onboarded").fine()
}

// TestArchiveWaitsForOpenRuns: while Duo may be doing something, its outcome is still to be looked up.
func TestArchiveWaitsForOpenRuns(t *testing.T) {
	t.Parallel()
	s, jane := asking(t)
	b := s.as(t, s.Owner)
	sent := b.get(s.org("/actions/send-duo-authentication?user_id="+
		jane)).want(http.StatusOK).form("Ask now").send().want(http.StatusOK, "Sending", "See the answer")
	archive := func() *page {
		return b.get(s.org("/archive")).form("Archive organization").set("confirm", "Acme Dental").send()
	}
	archive().want(http.StatusUnprocessableEntity, "open runs (1)").fine()
	s.answer(t, duosim.Approve)
	b.stream(sent.live("data-events"), func(liveEvent) {})
	archive().want(http.StatusOK, "Archive organization", "Approved")
}
