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

// leadsTo reports whether a page has a link whose address holds a text.
func (p *page) leadsTo(part string) bool {
	return len(p.all(func(n *node) bool { return n.Data == "a" && strings.Contains(attribute(n, "href"), part) })) > 0
}

// TestTheRecordLeadsToNobodyWhoIsGone: after a user or a phone was deleted for good, no run leads to them; who was
// created is found from the run.
func TestTheRecordLeadsToNobodyWhoIsGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane, bob := s.addUser(t, duosim.UserSpec{Username: "jroe"}), s.addUser(t, duosim.UserSpec{Username: "bob"})
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Type: "Mobile",
		Platform: "Apple iOS", UserIDs: []string{bob}})
	b := s.as(t, s.Owner)
	for _, user := range []string{jane, bob} {
		b.get(s.org("/actions/update-user?user_id="+user)).form("Review changes").set("notes",
			"x").send().form("Save 1 change").send().want(http.StatusOK)
	}
	b.get(s.org("/actions/modify-phone?phone_id="+phone)).form("Review changes").set("name",
		"Desk").send().form("Save 1 change").send().want(http.StatusOK)
	lists := []string{s.ws("/runs"), s.org("/runs"), s.org("")}
	for _, list := range lists {
		if p := b.get(list); !p.leadsTo("/users/"+jane) || !p.leadsTo("/phones/"+phone) {
			t.Errorf("%s does not lead to who is there", list)
		}
	}
	// The trash is not the end.
	b.get(s.org("/actions/delete-user?user_id=" + jane)).form("Move to Trash").send().want(http.StatusOK)
	if !b.get(s.ws("/runs")).leadsTo("/users/" + jane) {
		t.Error("the record does not lead to a user in the trash")
	}
	b.get(s.org("/actions/delete-user?permanent=true&user_id="+jane)).form("Delete jroe permanently").set("confirm",
		"jroe").send().want(http.StatusOK)
	b.get(s.org("/actions/delete-phone-by-id?phone_id=" + phone)).form("Delete phone").send().want(http.StatusOK)
	for _, list := range append(lists, s.ws("")) {
		if p := b.get(list).want(http.StatusOK, "jroe"); p.leadsTo("/users/"+jane) || p.leadsTo("/phones/"+phone) {
			t.Errorf("%s leads to who is gone", list)
		}
	}
	for _, r := range s.recordOf(t, s.Workspace, s.Owner) {
		if p := b.get(s.ws("/runs/" + r.ID.String())).want(http.StatusOK); p.leadsTo("/users/"+jane) ||
			p.leadsTo("/phones/"+phone) {
			t.Errorf("the run of %s leads to who is gone", r.Action)
		}
	}
	if !b.get(s.ws("/runs")).leadsTo("/users/" + bob) {
		t.Error("the record does not lead to who is there")
	}
	// A program made a user: the run finds them.
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "admin", EveryOrganization: true})
	made := wantOutcome(s.stranger(t).call(token, http.MethodPost, s.apiOrg("/actions/create-user"),
		map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"username": "zoe"}}), store.Applied, false)
	b.get(s.ws("/runs/"+made.RunID.String())).click("zoe").want(http.StatusOK,
		"1 of 2 users match").click("zoe").want(http.StatusOK, made.Created)
}

// TestWhatIsNotThereLeadsBack: a user or a phone that is not there leads back to the list, in the words for what is not
// yours.
func TestWhatIsNotThereLeadsBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.Organizations(t, s.Workspace, "Other")[0]
	elsewhere := s.Member(t, s.Workspace, catalog.Technician, other.ID)
	b := s.as(t, s.Owner)
	const words = "This page does not exist, or you can't see it."
	for address, list := range map[string]string{
		"/users/DU0000000000000000XX": "All users", "/users/nonsense": "All users",
		"/phones/DP0000000000000000XX":                        "All phones",
		"/actions/unlock-user?user_id=DU0000000000000000XX":   "All users",
		"/actions/modify-phone?phone_id=DP0000000000000000XX": "All phones",
	} {
		b.get(s.org(address)).want(http.StatusNotFound, words).click(list + " of " + s.Client.Name).want(http.StatusOK)
		// Out of reach, the page does not say which organization it would be.
		if p := s.as(t, elsewhere).get(s.org(address)).want(http.StatusNotFound, words); p.leadsTo(s.org("")) {
			t.Errorf("%s tells of an organization out of reach", address)
		}
	}
}
