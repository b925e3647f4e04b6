package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

// flashes are what a page says of an act that led to it.
func (p *page) flashes() (all []string) {
	for _, n := range p.all(func(n *node) bool { return strings.HasPrefix(attribute(n, "class"), "flash") }) {
		all = append(all, textOf(n))
	}
	return all
}

// TestDoneElsewhere: a link can name any run of the organization. A page says what a run did
// only if it was about its own person or phone, and for a quarter of an hour.
func TestDoneElsewhere(t *testing.T) {
	t.Parallel()
	s, jane, phone := withPhone(t)
	bob := s.addUser(t, duosim.UserSpec{Username: "bob", Realname: "Bob Bell"})
	other := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460155", Type: "Mobile",
		Platform: "Apple iOS", UserIDs: []string{bob}})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	sent := b.get(s.org("/users/"+jane)).click("Send SMS passcodes").form("Send SMS passcodes").set("ticket",
		"INC-41").send().want(http.StatusOK)
	made := b.get(s.org("/actions/create-user")).form("Create user").set("username", "cyd").set("ticket",
		"INC-42").send().want(http.StatusOK)
	device := b.get(s.org("/actions/create-phone")).form("Create phone").set("number", "+442079460166").set("ticket",
		"INC-43").send().want(http.StatusOK)
	runOf := func(p *page) string { return "?" + strings.SplitN(p.address, "?", 2)[1] }
	sms, created := runOf(sent), runOf(made)
	says := func(address, flash, ticket string) {
		t.Helper()
		p := b.get(address).want(http.StatusOK)
		if all := strings.Join(p.flashes(), " "); !strings.Contains(all, flash) || flash == "" && all != "" {
			t.Errorf("%s says %q, want %q", address, all, flash)
		}
		if has := strings.Contains(p.text(), "INC-4"); has != (ticket != "") || !strings.Contains(p.text(), ticket) {
			t.Errorf("%s has a ticket: %t, want %q", address, has, ticket)
		}
	}
	const said = "Sent new passcodes by SMS to +442079460123."
	says(s.org("/users/"+jane+sms), said, "Ticket: INC-41")
	says(s.org("/phones/"+phone+sms), said, "Ticket: INC-41")
	says(made.address, "Created user cyd.", "Ticket: INC-42")
	says(device.address, "Created phone", "Ticket: INC-43")
	for _, elsewhere := range []string{"/users/" + bob + sms, "/phones/" + other + sms, "/users/" + bob + created,
		"/users/" + jane + created, "/phones/" + phone + created, "/phones/" + phone + runOf(device)} {
		says(s.org(elsewhere), "", "")
	}
	s.Clock.Move(14 * time.Minute)
	says(s.org("/users/"+jane+sms), said, "Ticket: INC-41")
	s.Clock.Move(2 * time.Minute)
	for _, old := range []string{s.org("/users/" + jane + sms), s.org("/phones/" + phone + sms), made.address} {
		says(old, "", "")
	}
}

// TestBypassCodeEndsOnThePerson: the page that shows a code once leads back to the person,
// with a text for the ticket and without the code.
func TestBypassCodeEndsOnThePerson(t *testing.T) {
	t.Parallel()
	s, jane, _ := withPhone(t)
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	shown := b.get(s.org("/users/"+jane)).click("Create bypass code").form("Create code").set("ticket", "INC-8").post().
		want(http.StatusOK, "Shown once")
	code := textOf(shown.byID("code-0"))
	shown.click("Back to jroe").want(http.StatusOK, "Jane Roe", "Created 1 bypass code",
		"Ticket: INC-8").wantNot(code).fine()
}
