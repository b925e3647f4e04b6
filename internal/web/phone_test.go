package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

// ask sends a form that only asks: its fields go into the address.
func (f *formOfPage) ask() *page {
	f.page.b.t.Helper()
	return f.page.b.get(f.action + "?" + f.values.Encode())
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// failing makes Duo fail from the first write to such a path on.
func (s *console) failing(t *testing.T, suffix string, fault duosim.Fault) {
	s.server.Runner = s.Over(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, suffix) {
			fault.WritesOnly = true
			s.Sim.SetFault(s.Account.AccountID, fault)
		}
		return s.Transport.RoundTrip(r)
	}))
}

func TestPhonePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.Account.AccountID
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	tom := s.addUser(t, duosim.UserSpec{Username: "tom", Realname: "Tom Fry", Status: duosim.LockedOut})
	phone := s.Sim.AddPhone(id, duosim.PhoneSpec{Number: "+442079460123", Name: "Work", Type: "Mobile",
		Platform: "Apple iOS", Model: "iPhone 15", OSVersion: "18.5", Activated: true,
		LastSeen: s.Clock.Now().Add(-time.Hour), UserIDs: []string{jane, tom}})
	s.Sim.AddPhone(id, duosim.PhoneSpec{Number: "+442079460124", UserIDs: []string{tom}})
	bare := s.Sim.AddPhone(id, duosim.PhoneSpec{})
	words := []string{"+442079460123", "Work", "Mobile", "Apple iOS", "iPhone 15", "18.5", "4.85.0.0", "Activated",
		"1 h ago", "Encrypted, Locked, Not tampered", "push, texts, calls, passcodes", phone,
		"Jane Roe", "Tom Fry", "Locked Out", "jroe · the only phone", "Nothing was done to this phone from here"}
	offers := map[catalog.Role]string{
		catalog.Auditor:    "",
		catalog.Helpdesk:   "Reactivate Duo Mobile",
		catalog.Technician: "Reactivate Duo Mobile Edit Delete phone Attach to user Remove phone",
	}
	for role, may := range offers {
		b := s.as(t, s.Member(t, s.Workspace, role))
		b.get(s.org("/phones")).click("+442079460123").want(http.StatusOK)
		p := b.get(s.org("/users/"+jane)).click("+442079460123").want(http.StatusOK, words...).fine()
		if strings.Contains(p.text(), "tom · the only phone") {
			t.Error("said to be the only phone of somebody who has two")
		}
		for _, act := range []string{"Reactivate Duo Mobile", "Edit", "Delete phone", "Attach to user",
			"Remove phone"} {
			if offered := p.offers(act); offered != strings.Contains(may, act) {
				t.Errorf("%s: %q offered %t", role, act, offered)
			}
		}
		for _, n := range p.all(func(n *node) bool {
			return n.Data == "a" && strings.Contains(attribute(n, "href"), "/actions/")
		}) {
			b.get(attribute(n, "href")).want(http.StatusOK).fine()
		}
	}
	b := s.as(t, s.Owner)
	b.get(s.org("/phones/"+bare)).want(http.StatusOK, "Phone "+bare, "This phone is not assigned.").fine()
	b.get(s.org("/phones/" + jane)).want(http.StatusNotFound)
	// What is done from here is told here, and on no other phone's page.
	b.get(s.org("/phones/"+phone)).click("Reactivate Duo Mobile").want(http.StatusOK).form(
		"Create activation link").send().want(http.StatusOK, "Shown once").
		click("Back to the phone").want(http.StatusOK, "Send Activation URL", "Applied",
		"by "+s.Owner.Email).wantNot("/activate/")
	b.get(s.org("/phones/" + bare)).want(http.StatusOK).wantNot("Send Activation URL")
	b.get(s.org("/runs")).click("+442079460123").want(http.StatusOK, "Jane Roe")
}

func TestCreatePhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+12025550143"})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	f := b.get(s.org("/phones")).click("Create phone").want(http.StatusOK,
		"It is not assigned until you assign it").form("Create phone")
	p := f.set("number", "(020) 7946 0123").set("predelay", "soon").send().want(http.StatusUnprocessableEntity,
		"2 fields need a change")
	for name, want := range map[string]string{"number": "country code", "predelay": "whole number"} {
		if value, fault := p.box(name); value != f.values.Get(name) || !strings.Contains(fault, want) {
			t.Errorf("%s: %q, %q", name, value, fault)
		}
	}
	p = p.form("Create phone").set("number", "").set("predelay", "").send().want(http.StatusUnprocessableEntity)
	if _, fault := p.box("number"); !strings.Contains(fault, "a name for a tablet") {
		t.Error(fault)
	}
	p = p.form("Create phone").set("number", "+1 (202) 555-0143").send().want(http.StatusUnprocessableEntity)
	if _, fault := p.box("number"); !strings.Contains(fault, "already has a phone with this number") {
		t.Error(fault)
	}
	p = p.form("Create phone").set("number", "+44 20 7946 0123").set("type", "landline").set("extension",
		"22").set("predelay", "2").send()
	p.want(http.StatusOK, "Created phone +442079460123 ext. 22.", "Landline", "This phone is not assigned", "22", "2 s")
	if done := s.Sim.Ledger(); len(done) != 1 || done[0].Parameters["platform"] != "" ||
		done[0].Parameters["name"] != "" {
		t.Error("sent: ", done)
	}

	f = b.get(s.org("/users/"+jane)).click("Create phone").want(http.StatusOK, "Create phone for Jane Roe",
		"assigned to Jane Roe at once").form("Create phone").set("number", "+442079460177").set("platform", "apple ios")
	f.send().want(http.StatusOK, "Created phone +442079460177 and assigned it to jroe.", "Jane Roe", "Not activated")
	f.send().want(http.StatusOK, "Already sent")

	// Made, and not assigned: the phone's page says so and has the button for it.
	f = b.get(s.org("/users/"+jane)).click("Create phone").form("Create phone").set("number", "+442079460188")
	s.failing(t, "/users/"+jane+"/phones", duosim.Fault{Kind: duosim.RateLimited})
	p = f.send().want(http.StatusOK,
		"Created phone +442079460188. It is not assigned to jroe. Duo is limiting requests",
		"This phone is not assigned").fine()
	s.server.Runner = s.Runner
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{})
	p.click("Attach to user").form("Attach phone").set("user_id", jane).send().want(http.StatusOK,
		"Attached phone +442079460188 to jroe.", "Jane Roe")
	f.send().want(http.StatusOK, "Already sent", "Created phone +442079460188. It is not assigned to jroe.")
	if n := len(s.Sim.Ledger()); n != 5 {
		t.Errorf("%d effects in Duo: %+v", n, s.Sim.Ledger())
	}
}

func TestEditPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "12", Name: "Desk", Type: "Mobile",
		Platform: "Unknown", Extension: "odd", UserIDs: []string{jane}})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	open := func() *formOfPage {
		return b.get(s.org("/phones/"+phone)).click("Edit").want(http.StatusOK, "Edit 12",
			"Unknown (leave as it is)").form("Review changes")
	}
	open().send().want(http.StatusUnprocessableEntity, "Nothing is changed yet.")
	// A number that Duo accepted long ago does not stop another change.
	review := open().set("name", "Front desk").set("platform", "google android").send().want(http.StatusOK,
		"Review changes to 12", "Name", "Front desk", "Platform", "Unknown", "Google Android")
	if len(s.Sim.Ledger()) > 0 {
		t.Fatal("sent before it was reviewed")
	}
	review.form("Save 2 changes").send().want(http.StatusOK, "Changed name, platform.", "Front desk", "Google Android",
		"Jane Roe", "Modify Phone")
	if done := s.Sim.Ledger(); len(done) != 1 || len(done[0].Parameters) != 2 {
		t.Error("sent: ", done)
	}
	edit := func() *formOfPage { return b.get(s.org("/phones/" + phone)).click("Edit").form("Review changes") }

	// Somebody else changes the same field meanwhile.
	mine := edit().set("name", "mine")
	other := s.as(t, s.Owner).get(s.org("/phones/"+phone)).click("Edit").form("Review changes").set("name",
		"theirs").send()
	other.form("Save 1 change").send().want(http.StatusOK, "theirs")
	review = mine.send().want(http.StatusOK, "Someone changed this phone since you opened the form: name.", "theirs")
	review.form("Save 1 change").send().want(http.StatusOK, "mine")

	p := edit().set("number", "+44 (0)20 7946 0123").set("extension",
		"twelve").send().want(http.StatusUnprocessableEntity, "1 field needs a change")
	if value, fault := p.box("number"); value != "+44 (0)20 7946 0123" || !strings.Contains(fault, "(0)") {
		t.Error(value, fault)
	}
	p = p.form("Review changes").set("number", "+44 20 7946 0123").send().want(http.StatusUnprocessableEntity)
	if value, fault := p.box("extension"); value != "twelve" || fault == "" {
		t.Error(value, fault)
	}
	p.form("Review changes").set("extension", "").send().want(http.StatusOK, "+442079460123", "odd",
		"empty").form("Save 2 changes").send().want(http.StatusOK, "Changed number, extension.")

	// A form that says it was reviewed and changes nothing, or takes away what
	// cannot be without.
	for _, more := range [][2]string{{"x", "y"}, {"platform", ""}} {
		f := formWith("run_id", uuid.NewString(), "phone_id", phone, "reviewed", "1", more[0], more[1])(nil, nil, false)
		b.request(http.MethodPost, s.org("/actions/modify-phone"), f).want(http.StatusUnprocessableEntity).fine()
	}
}

func TestDeletePhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	tom := s.addUser(t, duosim.UserSpec{Username: "tom", Realname: "Tom Fry"})
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", UserIDs: []string{jane}})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	open := func() *page {
		return b.get(s.org("/phones/"+phone)).click("Delete phone").want(http.StatusOK, "Delete phone +442079460123",
			"Jane Roe can no longer log in with it", "You can't undo this", "It is the only phone of Jane Roe.")
	}
	f := open().form("Delete phone")
	// In another tab, somebody gives the phone to Tom: he was not named.
	b.get(s.org("/phones/"+phone)).click("Attach to user").form("Attach phone").set("user_id",
		tom).send().want(http.StatusOK, "Tom Fry", "Attached phone +442079460123 to tom.")
	p := f.send().want(http.StatusUnprocessableEntity, "The phone's users have changed since the form was opened",
		"Jane Roe and Tom Fry can no longer log in with it")
	p.form("Delete phone").send().want(http.StatusOK, "Deleted phone +442079460123, which jroe and tom had.",
		"No phones")
	b.get(s.org("/phones/" + phone)).want(http.StatusNotFound)
	b.get(s.org("/users/"+jane)).want(http.StatusOK, "No phone yet.")
	unused := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Name: "Drawer"})
	f = b.get(s.org("/phones/"+unused)).click("Delete phone").want(http.StatusOK,
		"It is not assigned to a user.").form("Delete phone")
	f.send().want(http.StatusOK, "which was not assigned")
	f.send().want(http.StatusOK, "Already sent")
	help := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
	help.request(http.MethodPost, s.org("/actions/delete-phone-by-id"),
		url.Values{"run_id": {uuid.NewString()}, "phone_id": {phone}}).want(http.StatusNotFound)
}

// TestAssignFromThePhone searches the user, and comes back to the phone.
func TestAssignFromThePhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	for _, u := range []duosim.UserSpec{{Username: "tom", Realname: "Tom Fry"},
		{Username: "gone", Realname: "Gone Away", Status: duosim.PendingDeletion}} {
		s.addUser(t, u)
	}
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", UserIDs: []string{jane}})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	p := b.get(s.org("/phones/"+phone)).click("Attach to user").want(http.StatusOK, "Attach +442079460123 to a user",
		"already has it", "Tom Fry").wantNot("Gone Away")
	p.form("Attach phone").send().want(http.StatusUnprocessableEntity, "1 field needs a change", "Fill this in.")
	p = p.form("Search").set("q", "nobody").ask().want(http.StatusOK,
		"Nothing matches").click("Back to the phone").want(http.StatusOK)
	p.click("Remove phone").want(http.StatusOK, "It is the user's only phone.").form("Remove phone").send().want(
		http.StatusOK, "Removed phone +442079460123 from jroe.", "This phone is not assigned.")
	// An account that is too large to be listed is searched by exact names.
	for i := range 2001 {
		s.addUser(t, duosim.UserSpec{Username: "user" + strings.Repeat("x", i%7) + uuid.NewString()})
	}
	s.Clock.Move(61 * time.Second)
	p = b.get(s.org("/phones/"+phone)).click("Attach to user").want(http.StatusOK, "Find one user",
		"Type the whole username")
	p.form("Search").set("q", "jroe").ask().want(http.StatusOK, "Jane Roe").form("Attach phone").set("user_id",
		jane).send().want(http.StatusOK, "Jane Roe", "Attached phone")
}

func TestGroupsOfAUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.Account.AccountID
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	s.Sim.AddGroup(id, "Staff", "", jane)
	pilots := s.Sim.AddGroup(id, "Pilots", "First to try")
	open := s.Sim.AddGroup(id, "Migration", "")
	s.Sim.SetGroupStatus(id, open, "Bypass")
	ended := s.Sim.AddGroup(id, `Former (from AD sync "acme.example")`, "")
	s.Sim.SetGroupStatus(id, ended, "Disabled")
	tech, admin := s.as(t, s.Member(t, s.Workspace, catalog.Technician)),
		s.as(t, s.Member(t, s.Workspace, catalog.Administrator))

	p := tech.get(s.org("/users/"+jane)).click("Add to group").want(http.StatusOK, "Add Jane Roe to a group",
		"First to try", "Migration Bypass requires the Administrator role, like the Bypass status",
		"Staff already in it", "requires the Administrator role: it is disabled").fine()
	if n := len(
		p.all(func(n *node) bool { return n.Data == "a" && strings.HasPrefix(textOf(n), "Add to group") })); n != 1 {
		t.Errorf("%d groups can be chosen, want Pilots alone", n)
	}
	p = p.form("Search").set("q", "first TO").ask().want(http.StatusOK, "Pilots").wantNot("Former")
	join := p.click("Add to group").want(http.StatusOK, "Add Jane Roe to Pilots", "First to try",
		"Active").form("Add to group")
	join.send().want(http.StatusOK, "Added jroe to the group Pilots.", "First to try")
	join.send().want(http.StatusOK, "Already sent")
	sheet := func(b *browser, slug, group string) *page {
		return b.get(s.org("/actions/" + slug + "?user_id=" + jane + "&group_id=" + group))
	}
	const in, out = "associate-group-with-user", "disassociate-group-from-user"
	sheet(tech, in, ended).want(http.StatusOK, "Jane Roe cannot log in while in the group", "You cannot add a user",
		"This group comes from a directory").fine()

	// A technician opens the sheet of the group in bypass, and forges its form.
	p = sheet(tech, in, open).want(http.StatusOK, "is not asked for the second factor",
		"You cannot add a user: this group requires the Administrator role").fine()
	if len(p.all(func(n *node) bool { return n.Data == "button" && textOf(n) == "Add to group" })) > 0 {
		t.Error("offered to a technician")
	}
	forged := func(status string) *page {
		return tech.request(http.MethodPost, s.org("/actions/"+in),
			url.Values{"run_id": {uuid.NewString()}, "user_id": {jane}, "group_id": {open}, "group_status": {status}})
	}
	forged("bypass").want(http.StatusForbidden)
	forged("active").want(http.StatusUnprocessableEntity, "The group Migration has the status Bypass now.",
		"You cannot add a user").fine()
	forged("").want(http.StatusUnprocessableEntity, "has the status Bypass now")
	forged("other").want(http.StatusUnprocessableEntity)
	// The group changes between an administrator's look and the act.
	stale := sheet(admin, in, open)
	s.Sim.SetGroupStatus(id, open, "Disabled")
	stale.form("Add to group").send().want(http.StatusUnprocessableEntity, "has the status Disabled now",
		"cannot log in while in the group")
	s.Sim.SetGroupStatus(id, open, "Bypass")
	if n := len(s.Sim.Ledger()); n != 1 {
		t.Fatalf("%d effects in Duo: %+v", n, s.Sim.Ledger())
	}
	sheet(admin, in, open).want(http.StatusOK,
		"It requires the Administrator role, like the Bypass status of a user.").form("Add to group").send().
		want(http.StatusOK, "Added jroe to the group Migration, which has the status Bypass.",
			"State: Not Enrolled, but a group has the status bypass")

	// Out again: of the bypass at once, of what holds it back not.
	s.Sim.SetGroupStatus(id, pilots, "Disabled")
	sheet(tech, out, pilots).want(http.StatusOK, "could log in without a second factor", "End that bypass first").fine()
	tech.request(http.MethodPost, s.org("/actions/"+out), url.Values{"run_id": {uuid.NewString()}, "user_id": {jane},
		"group_id": {pilots}}).want(http.StatusUnprocessableEntity, "End that bypass first")
	sheet(tech, out, open).want(http.StatusOK, "is asked for the second factor again").form(
		"Remove from group").send().want(http.StatusOK, "Removed jroe from the group Migration.")
	sheet(tech, out, pilots).want(http.StatusOK, "can log in again").form("Remove from group").send().want(
		http.StatusOK, "Removed jroe from the group Pilots.").wantNot("but a group")
	sheet(tech, out, pilots).form("Remove from group").send().want(http.StatusUnprocessableEntity,
		"jroe is not in the group Pilots.")
	help := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
	sheet(help, in, pilots).want(http.StatusNotFound)
	sheet(help, out, pilots).want(http.StatusNotFound)
}
