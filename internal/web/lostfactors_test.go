package web

import (
	"net/http"
	"net/url"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// TestLostEverything: who has lost every factor sets new ones up once an owner of each
// workspace has approved it, and not the operator alone; one workspace lets nobody into
// another, and tells nothing of it.
func TestLostEverything(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.Member(t, s.Workspace, catalog.Owner)
	second, secondOwner := s.DB.Workspace(t)
	if _, err := store.AddOperator(t.Context(), s.OwnerURL, store.NewOperator{Workspace: second.Name, Email: o.Email,
		Role: "technician"}); err != nil {
		t.Fatal(err)
	}
	own := s.as(t, o) // a session that is still open somewhere
	b := s.twoSteps(t)
	b.signIn(o, storetest.Password)
	owner, other := s.as(t, s.Owner), s.as(t, secondOwner)
	at, there := "/operators/"+o.ID.String(), "/w/"+second.Slug
	owner.get(s.ws(at)).want(http.StatusOK).wantNot("lost")
	owner.get(s.ws(at + "/approve")).form("I have spoken with the person: approve").post().want(http.StatusNotFound)
	b.request(http.MethodPost, "/signin/factor/lost/reset", url.Values{}).want(http.StatusUnprocessableEntity,
		"Not every owner has approved it yet.")

	b.get("/signin/factor").form("I have lost everything: ask the owners").send().want(http.StatusOK, "Waiting",
		s.Workspace.Name, second.Name).fine()
	owner.get(s.ws("")).want(http.StatusOK, "says that all second factors are lost").wantNot(second.Name).fine()
	own.get(s.ws(at)).want(http.StatusOK, "Another owner has to approve it.")
	own.get(s.ws(at + "/approve")).form("I have spoken with the person: approve").post().want(http.StatusForbidden)
	reset := func() *page { return b.request(http.MethodPost, "/signin/factor/lost/reset", url.Values{}) }
	owner.get(s.ws(at)).want(http.StatusOK, "says that all second factors are lost").fine().click(
		"Approve new second factors").want(http.StatusOK, "call a number that you knew before").wantNot(second.Name).
		fine().form("I have spoken with the person: approve").send().want(http.StatusOK,
		"Approved new second factors for")
	reset().want(http.StatusUnprocessableEntity, "Not every owner has approved it yet.", "Approved", "Waiting")
	other.get(there + at).click("Approve new second factors").wantNot(s.Workspace.Name).form(
		"I have spoken with the person: approve").send().want(http.StatusOK)

	reset().want(http.StatusSeeOther)
	own.get(s.ws("")).want(http.StatusOK, "Sign in")
	owner.get(s.ws("")).want(http.StatusOK, "were removed, as the owners had approved")
	b.signIn(o, storetest.Password)
	sheet := b.get("/signin/factor").want(http.StatusOK, "Set up a second factor").wantNot("Later")
	s.setUpApp(t, sheet.form("Set up an app").send().want(http.StatusOK))
	b.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)
	// What was approved is used up.
	b.signIn(o, storetest.Password)
	reset().want(http.StatusUnprocessableEntity)
	owner.get(s.ws(at)).want(http.StatusOK).wantNot("says that all")
}

// TestApprovalEnds: an approval is for one request, for three days.
func TestApprovalEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.Member(t, s.Workspace, catalog.Technician)
	b := s.twoSteps(t)
	ask := func() {
		b.signIn(o, storetest.Password)
		b.request(http.MethodPost, "/signin/factor/lost", url.Values{}).want(http.StatusSeeOther)
	}
	approve := func() {
		s.as(t, s.Owner).get(s.ws("/operators/" + o.ID.String() + "/approve")).form(
			"I have spoken with the person: approve").send().want(http.StatusOK)
	}
	ask()
	approve()
	s.Clock.Move(store.FactorRequestLife)
	b.signIn(o, storetest.Password)
	b.request(http.MethodPost, "/signin/factor/lost/reset", url.Values{}).want(http.StatusUnprocessableEntity)
	ask()
	b.request(http.MethodPost, "/signin/factor/lost/reset", url.Values{}).want(http.StatusUnprocessableEntity)
	// A membership that came after the approvals has to approve too.
	approve()
	second, _ := s.DB.Workspace(t)
	if _, err := store.AddOperator(t.Context(), s.OwnerURL, store.NewOperator{Workspace: second.Name, Email: o.Email,
		Role: "technician"}); err != nil {
		t.Fatal(err)
	}
	b.request(http.MethodPost, "/signin/factor/lost/reset", url.Values{}).want(http.StatusUnprocessableEntity)
}
