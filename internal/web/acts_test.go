package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/web/site"
)

func TestActivation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", UserIDs: []string{jane}})
	help := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
	help.get(s.org("/users/"+jane)).click("Activate").want(http.StatusOK, "Verify the caller first",
		"Requires the Technician role: jroe did not approve a verification").wantNot("Create activation link").fine().
		click("Verify caller").want(http.StatusOK, "Verify Jane Roe")
	help.request(http.MethodPost, s.org("/actions/send-activation-url"),
		formWith("run_id", uuid.NewString(), "phone_id", phone, "valid_secs", "3600", "platform", "apple ios", "type",
			"mobile")(nil, nil, false)).want(http.StatusForbidden,
		"Requires the Technician role: jroe did not approve a verification").wantNot("Duo may have done this").fine()
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	f := b.get(s.org("/users/"+jane)).click("Activate").want(http.StatusOK, "+442079460123",
		"Duo does not know what kind of phone this is").form("Create activation link")
	p := f.send().want(http.StatusUnprocessableEntity, "1 field needs a change")
	if _, fault := p.box("platform"); !strings.Contains(fault, "Choose the platform") {
		t.Error("beside the platform: ", fault)
	}
	f = p.form("Create activation link").set("platform", "apple ios").set("valid_secs", "3600")
	p = f.send().want(http.StatusOK, "Activation of +442079460123", "Shown once", "Works until")
	link := textOf(p.byID("link"))
	if !strings.HasPrefix(link, "https://m-") || !strings.Contains(link, "/activate/") {
		t.Fatal("link: ", link)
	}
	if drawn := p.all(func(n *node) bool { return n.Data == "svg" && attribute(n, "class") == "qr" }); len(drawn) != 1 {
		t.Error("no QR code")
	}
	code := link[strings.LastIndex(link, "/")+1:]
	f.send().want(http.StatusOK, "Already sent", "shown then and is not stored").wantNot(code)
	p.click("Back to the user").want(http.StatusOK, "Jane Roe", "Apple iOS").wantNot(code)
	b.get(s.org("/runs")).want(http.StatusOK, "Send Activation URL", "valid for 1 hour").wantNot(code)

	// One that works says what is cut off.
	active := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460555", Type: "Mobile",
		Platform: "Google Android", Model: "Pixel 9", Activated: true, UserIDs: []string{jane}})
	b.get(s.org("/actions/send-activation-url?phone_id="+active)).want(http.StatusOK,
		"This disconnects Google Android · Pixel 9 · +442079460555 at once")
}

// TestActivationByHelpDeskIsSaidBefore: the sheet says what the form would be refused for, and has the form once it
// would not be.
func TestActivationByHelpDeskIsSaidBefore(t *testing.T) {
	t.Parallel()
	for name, activated := range map[string]time.Duration{"today": 2 * time.Hour, "before": 48 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
			s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Type: "Mobile",
				Platform: "Apple iOS", Activated: true,
				ActivatedAt: s.Clock.Now().Add(-activated), UserIDs: []string{jane}})
			fresh := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460199", Type: "Mobile",
				Platform: "Apple iOS", UserIDs: []string{jane}})
			b := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
			open := func() *page {
				return b.get(s.org("/actions/send-activation-url?phone_id=" + fresh + "&user_id=" +
					jane)).want(http.StatusOK)
			}
			open().want(http.StatusOK,
				"did not approve a verification in the last 15 minutes").wantNot("Create activation link")
			sent := open().click("Verify caller").form("Send push")
			shown := sent.send().want(http.StatusOK)
			s.answer(t, duosim.Approve)
			b.stream(shown.live("data-events"), func(liveEvent) {})
			if name == "today" {
				open().want(http.StatusOK,
					"approved a verification on a phone that was activated less than a day ago").wantNot(
					"Create activation link")
				return
			}
			open().wantNot("Requires the Technician role").form("Create activation link").send().want(http.StatusOK,
				"Shown once")
		})
	}
}

func TestAssignAndUnassign(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	tom := s.addUser(t, duosim.UserSpec{Username: "tom", Realname: "Tom Fry"})
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Name: "Desk",
		UserIDs: []string{tom}})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	sheet := b.get(s.org("/users/"+jane)).click("Attach phone").want(http.StatusOK, "+442079460123", "with Tom Fry")
	sheet.form("Attach phone").send().want(http.StatusUnprocessableEntity, "1 field needs a change", "+442079460123")
	sheet.form("Attach phone").set("phone_id", phone).send().want(http.StatusOK,
		"Attached phone +442079460123 (Desk) to jroe.", "Desk")
	b.get(s.org("/users/"+jane)).click("Remove phone").want(http.StatusOK, "It is the user's only phone.",
		"The phone stays in the account").
		form("Remove phone").send().want(http.StatusOK, "Removed phone +442079460123 (Desk) from jroe.",
		"No phone yet.")
	b.get(s.org("/phones")).want(http.StatusOK, "+442079460123", "Tom Fry")
}

func TestCreateUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, duosim.UserSpec{Username: "taken"})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	f := b.get(s.org("/users")).click("Create user").want(http.StatusOK).form("Create user")
	typed := map[string]string{"username": "taken", "realname": "Noah <b>Quinn</b>", "email": "not an address",
		"notes": strings.Repeat("n", 513), "aliases": "one\ntwo\nONE"}
	for name, value := range typed {
		f.set(name, value)
	}
	p := f.send().want(http.StatusUnprocessableEntity, "3 fields need a change")
	for name, want := range typed {
		value, fault := p.box(name)
		if value = site.UnixLines(value); value != want ||
			(fault != "") != (name == "email" || name == "notes" || name == "aliases") {
			t.Errorf("%s: %q, %q", name, value, fault)
		}
	}
	f = p.form("Create user").set("email", "noah@acme.example").set("notes", "first line\nsecond").set("aliases", "nq")
	p = f.send().want(http.StatusUnprocessableEntity, "Duo already has an entry with this name, alias or number")
	if value, _ := p.box("notes"); value != "first line\r\nsecond" {
		t.Errorf("notes: %q", value)
	}
	p = p.form("Create user").set("username", "nquinn").send()
	p.want(http.StatusOK, "Created user nquinn.", "Noah <b>Quinn</b>", "noah@acme.example", "nq")
	if len(s.Sim.Ledger()) != 1 {
		t.Error("sent more than once: ", s.Sim.Ledger())
	}
	// A lasting bypass is for administrators.
	f = b.get(s.org("/actions/create-user")).form("Create user").set("username", "bypassed")
	f.values.Set("status", "bypass")
	f.send().want(http.StatusForbidden, "Your role in this workspace does not allow this")
}

func TestEditUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe", Notes: "one\ntwo",
		Email: "odd address", Status: duosim.LockedOut})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	open := func() *formOfPage {
		return b.get(s.org("/users/"+jane)).click("Edit").want(http.StatusOK,
			"Locked Out (leave as it is)").form("Review changes")
	}
	open().send().want(http.StatusUnprocessableEntity, "Nothing is changed yet.")
	// An email that Duo accepted long ago does not stop another change.
	review := open().set("realname", "Jane Roe-Smith").send().want(http.StatusOK, "Review changes to Jane Roe",
		"Full name", "Jane Roe-Smith")
	if strings.Contains(review.text(), "odd address") {
		t.Error("shown as a change: the email")
	}
	if len(s.Sim.Ledger()) > 0 {
		t.Fatal("sent before it was reviewed")
	}
	review.form("Save 1 change").send().want(http.StatusOK, "Jane Roe-Smith", "Changed full name.", "Locked Out",
		"odd address")
	if done := s.Sim.Ledger(); len(done) != 1 || len(done[0].Parameters) != 1 ||
		done[0].Parameters["realname"] != "Jane Roe-Smith" {
		t.Error("sent: ", done)
	}

	// Somebody else changes the same field meanwhile.
	mine := open().set("notes", "mine")
	other := s.as(t, s.Owner).get(s.org("/users/"+jane)).click("Edit").form("Review changes").set("notes",
		"theirs").send()
	other.form("Save 1 change").send().want(http.StatusOK, "theirs")
	review = mine.send().want(http.StatusOK, "Someone changed this user since you opened the form: notes.", "theirs")
	review.form("Save 1 change").send().want(http.StatusOK, "mine")

	p := open().set("username", "").send().want(http.StatusUnprocessableEntity)
	if _, fault := p.box("username"); fault == "" {
		t.Error("no message beside the username")
	}
	p = open().set("email", "still odd").send().want(http.StatusUnprocessableEntity, "1 field needs a change")
	if value, _ := p.box("email"); value != "still odd" {
		t.Error("typed value is lost: ", value)
	}
	p.form("Review changes").set("email", "jane@acme.example").send().want(http.StatusOK,
		"jane@acme.example").form("Save 1 change").send().want(http.StatusOK, "Changed email.")
}

func TestUnlock(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe", Status: duosim.LockedOut,
		LockoutReason: "Failed Attempts"})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
	b.get(s.org("/users/"+jane)).click("Unlock").want(http.StatusOK,
		"Unlock Jane Roe").form("Unlock").send().want(http.StatusOK, "Unlocked user jroe.").wantNot("Locked Out</span>")
	// A help desk can unlock; it can neither edit nor bring back who was disabled.
	b.get(s.org("/actions/update-user?user_id=" + jane)).want(http.StatusNotFound)
	off := s.addUser(t, duosim.UserSpec{Username: "off", Status: duosim.Disabled})
	b.get(s.org("/actions/unlock-user?user_id="+off)).form("Unlock").send().want(http.StatusUnprocessableEntity,
		"This user is not locked out.")
	if done := s.Sim.Ledger(); len(done) != 1 {
		t.Error(done)
	}
}

func TestTrash(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe", Status: duosim.Disabled})
	tech := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	tech.get(s.org("/users/"+jane)).click("Move to Trash").want(http.StatusOK, "you can restore the user here",
		"If Duo refuses the trash, nothing is deleted").
		form("Move to Trash").send().want(http.StatusOK, "Moved user jroe to the trash.", "Pending Deletion")
	tech.get(s.org("/users/"+jane)).click("Restore").form("Restore Jane Roe").send().want(http.StatusOK,
		"Restored user jroe from the trash.", "Disabled")
	if tech.get(s.org("/users/" + jane)).offers("Delete permanently") {
		t.Error("offered to a technician")
	}

	admin := s.as(t, s.Member(t, s.Workspace, catalog.Administrator))
	f := admin.get(s.org("/users/"+jane)).click("Delete permanently").want(http.StatusOK, "You can't undo this",
		"Type the username jroe to confirm").form("Delete Jane Roe permanently")
	p := f.set("confirm", "Jane Roe").send().want(http.StatusUnprocessableEntity)
	if value, fault := p.box("confirm"); value != "Jane Roe" ||
		!strings.Contains(fault, "Type the username exactly as shown: jroe") {
		t.Error(value, fault)
	}
	// The same form from a technician.
	forged := *f
	forged.page = &page{b: tech}
	forged.set("confirm", "jroe").send().want(http.StatusForbidden)
	p.form("Delete Jane Roe permanently").set("confirm", "jroe").send().want(http.StatusOK,
		"Deleted user jroe permanently.", "No users yet")
	admin.get(s.org("/users/" + jane)).want(http.StatusNotFound)

	refused := s.addUser(t, duosim.UserSpec{Username: "kept"})
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.TrashRefused})
	tech.get(s.org("/users/"+refused)).click("Move to Trash").form("Move to Trash").send().want(
		http.StatusUnprocessableEntity, "Duo does not permit this to these keys")
	tech.get(s.org("/users/"+refused)).want(http.StatusOK, "Not Enrolled")
}
