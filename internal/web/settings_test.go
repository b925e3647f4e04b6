package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Member(t, s.Workspace, catalog.Administrator))
	open := func() *formOfPage {
		return b.get(s.org("")).click("Settings").want(http.StatusOK, "Lockout and Fraud", "failed attempts",
			"Help desk").fine().form("Review changes")
	}
	open().send().want(http.StatusUnprocessableEntity, "Nothing is changed yet.").fine()

	review := open().set("ticket", "INC-7").set("lockout_threshold", "5").set("lockout_expire_duration",
		"30").set("sms_refresh", "true").set("language", "de").send().
		want(http.StatusOK, "Review changes to the settings", "10 failed attempts", "5 failed attempts",
			"an administrator unlocks", "30 minutes", "German").fine()
	if len(s.Sim.Ledger()) > 0 {
		t.Fatal("sent before it was reviewed")
	}
	review.form("Save 4 changes").send().want(http.StatusOK, "Changed 4 settings.", "Lockout and Fraud").fine()
	done := s.Sim.Ledger()
	if len(done) != 1 ||
		fmt.Sprint(
			done[0].Parameters) != "map[language:DE lockout_expire_duration:30 lockout_threshold:5 sms_refresh:1]" {
		t.Error("sent: ", done)
	}
	if value, _ := b.get(s.org("/settings")).box("lockout_threshold"); value != "5" {
		t.Error("the page still shows ", value)
	}
	b.get(s.org("/runs")).want(http.StatusOK, "Update Settings", "Changed 4 settings.", "INC-7")

	// Somebody else changes the same setting meanwhile.
	mine := open().set("helpdesk_message", "mine")
	theirs := s.as(t, s.Owner).get(s.org("/settings")).form("Review changes").set("helpdesk_message", "theirs").send()
	theirs.form("Save 1 change").send().want(http.StatusOK, "Changed 1 setting. Help desk message: theirs, was empty.")
	mine.send().want(http.StatusOK,
		"Someone changed these settings since you opened the form: help desk message.", "theirs").
		form("Save 1 change").send().want(http.StatusOK, "Help desk message: mine, was theirs.")
}

// TestSettingsRefused has each kind of refusal: by shape, beside what the account
// has, and by Duo. What was typed is kept, and each fault stands beside its field.
func TestSettingsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	open := func() *formOfPage { return b.get(s.org("/settings")).form("Review changes") }
	for name, typed := range map[string]string{"lockout_threshold": "0", "inactive_user_expiration": "29",
		"caller_id": "+44", "keypress_fraud": "", "timezone": "Mars", "sms_batch": "", "fraud_email": "nobody"} {
		p := open().set(name, typed).send().want(http.StatusUnprocessableEntity, "1 field needs a change").fine()
		if value, fault := p.box(name); value != typed || fault == "" {
			t.Errorf("%s: %q, %q", name, value, fault)
		}
	}
	p := open().set("helpdesk_bypass", "limit").send().want(http.StatusUnprocessableEntity)
	if _, fault := p.box("helpdesk_bypass_expiration"); !strings.Contains(fault, "a number of minutes") {
		t.Error("limit without minutes: ", fault)
	}
	p.form("Review changes").set("helpdesk_bypass_expiration",
		"60").send().form("Save 2 changes").send().want(http.StatusOK, "Changed 2 settings.")

	// The fault of Duo's own stands there after the review.
	p = open().set("pending_deletion_days", "200").set("sms_batch", "7").set("ticket",
		"INC-8").send().form("Save 2 changes").send().want(http.StatusUnprocessableEntity,
		"1 field needs a change").fine()
	if value, fault := p.box("pending_deletion_days"); value != "200" ||
		!strings.Contains(fault, "Duo did not accept this value and changed nothing.") {
		t.Error("refused by Duo: ", value, fault)
	}
	for name, typed := range map[string]string{"sms_batch": "7", "ticket": "INC-8"} {
		if value, _ := p.box(name); value != typed {
			t.Errorf("typed %s is lost: %q", name, value)
		}
	}
	p.form("Review changes").set("pending_deletion_days", "14").send().form("Save 2 changes").send().want(http.StatusOK,
		"Changed 2 settings.").fine()

	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.PermissionRemoved, Grant: duosim.Settings})
	b.get(s.org("/settings")).want(http.StatusUnprocessableEntity, "Duo does not permit this to these keys")
}

func TestSettingsLackedAndRead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Sim.SetTelephony(s.Account.AccountID, false)
	p := s.as(t, s.Owner).get(s.org("/settings")).want(http.StatusOK,
		"This account does not have: Outgoing caller ID, Keypress to authenticate, Keypress to report fraud.").fine()
	if len(p.all(func(n *node) bool { return strings.Contains(attribute(n, "name"), "caller_id") })) > 0 {
		t.Error("a setting can be changed that the account lacks")
	}
	p.form("Review changes").set("sms_batch", "2").send().form("Save 1 change").send().want(http.StatusOK,
		"Changed 1 setting.")
	reader := s.as(t, s.Member(t, s.Workspace, catalog.Auditor))
	p = reader.get(s.org("/settings")).want(http.StatusOK, "10 failed attempts", "2 passcodes",
		"An owner or admin can change these.").fine()
	if len(p.all(func(n *node) bool { return attribute(n, "name") == "sms_batch" })) > 0 {
		t.Error("an auditor has a form")
	}
	reader.get(s.org("/actions/update-settings")).want(http.StatusNotFound)
	// The catalog leads to the same form.
	s.as(t, s.Owner).get(s.org("/actions/update-settings/form")).form("Review changes").set("sms_batch",
		"3").send().form("Save 1 change").send().want(http.StatusOK,
		"SMS passcodes per message: 3 passcodes, was 2 passcodes.")
}

// TestEditOfAGroup chooses a group by its name, and changes what is there.
func TestEditOfAGroup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	staff := s.Sim.AddGroup(s.Account.AccountID, "Staff", "Everybody")
	b := s.as(t, s.Owner)
	f := b.get(s.org("/actions/modify-group")).want(http.StatusOK).fine().form("Open the form").set("group_id",
		"staff").send().want(http.StatusOK, "Edit Staff").fine().form("Review changes")
	if f.values.Get("desc") != "Everybody" || f.values.Get("status") != "active" {
		t.Error("filled in: ", f.values)
	}
	f.send().want(http.StatusUnprocessableEntity, "Nothing is changed yet.")
	f.set("status", "bypass").send().want(http.StatusOK,
		"Members of this group log in without a second factor from now on.").fine().
		form("Save 1 change").send().want(http.StatusOK, "Changed the status from Active to Bypass.", "Everybody")
	if done := s.Sim.Ledger(); len(done) != 1 || len(done[0].Parameters) != 1 {
		t.Error("sent: ", done)
	}
	f = s.as(t, s.Member(t, s.Workspace, catalog.Technician)).get(s.org("/actions/modify-group?group_id=" +
		staff)).form("Review changes")
	f.set("status", "active").send().form("Save 1 change").send().want(http.StatusForbidden)
	b.get(s.org("/actions/modify-group")).form("Open the form").set("group_id",
		"no such").send().want(http.StatusUnprocessableEntity, "No group has this name.").fine()
	b.get(s.org("/actions/update-user")).form("Open the form").send().want(http.StatusUnprocessableEntity,
		"Fill this in.").fine()
}

// TestTooManyToName: a list that is too long to be read holds no names, which is
// not to say that nothing has this one.
func TestTooManyToName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	account, phone := s.Account.AccountID, ""
	user := s.addUser(t, duosim.UserSpec{Username: "ada"})
	for i := range run.ListLimit + 1 {
		phone = s.Sim.AddPhone(account, duosim.PhoneSpec{Name: fmt.Sprint("Phone ", i)})
		s.Sim.AddGroup(account, fmt.Sprint("Group ", i), "")
		s.Sim.AddToken(account, duosim.TokenSpec{Type: "d1", Serial: fmt.Sprint(100000 + i)})
		s.Sim.AddCredential(account, duosim.CredentialSpec{UserID: user, Name: fmt.Sprint("Key ", i)})
	}
	b := s.as(t, s.Owner)
	for _, test := range []struct{ slug, field, name, thing string }{
		{"get-phone", "phone_id", "Phone 7", "phone"}, {"list-group-members", "group_id", "Group 7", "group"},
		{"delete-hardware-token", "token_id", "100007", "hardware token"},
		{"delete-webauthn-credential", "webauthnkey", "Key 7", "security key"},
	} {
		action, _ := catalog.Lookup(test.slug)
		p := b.get(s.org("/actions/"+test.slug+"/form")).form(action.Title).set(test.field,
			test.name).send().want(http.StatusUnprocessableEntity)
		if value, fault := p.box(test.field); value != test.name ||
			fault != "Error: This account has too many to look through for a name. Type the "+test.thing+
				"'s id in Duo." {
			t.Errorf("%s: %q, %q", test.slug, value, fault)
		}
	}
	b.get(s.org("/actions/get-phone/form")).form("Get Phone").set("phone_id", phone).send().want(http.StatusOK, phone)
}

func TestEnrollUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe", Email: "jane@acme.example"})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	f := b.get(s.org("/users/"+jane)).click("Send enrollment email").want(http.StatusOK,
		"Send enrollment email to jroe", "An email is sent now.").fine().form("Send enrollment email")
	if f.values.Get("username") != "jroe" || f.values.Get("email") != "jane@acme.example" {
		t.Error("filled in: ", f.values)
	}
	f.send().want(http.StatusOK, "Jane Roe", "Sent an enrollment email to jane@acme.example, valid for 30 days.",
		"For the ticket").wantNot("Enrollment code").fine()
	f.send().want(http.StatusOK, "Already sent").wantNot("shown then")
	if sent := s.Sim.Outbox(s.Account.AccountID); len(sent) != 1 {
		t.Fatal("sent: ", sent)
	}
	// A link from elsewhere does not choose where the email goes.
	if got := b.get(s.org("/actions/enroll-user?user_id=" + jane +
		"&email=thief@evil.example")).form("Send enrollment email").values.Get("email"); got != "jane@acme.example" {
		t.Error("the address chose ", got)
	}
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Type: "Mobile",
		Platform: "Apple iOS", Activated: true, UserIDs: []string{jane}})
	if b.get(s.org("/users/" + jane)).offers("Send enrollment email") {
		t.Error("offered for a user with the phone ", phone)
	}
	// Of no user that is named, the form of the action's fields shows what it brought back.
	question := b.get(s.org("/actions/enroll-user")).form("Enroll User").set("username", "new").set("email",
		"new@acme.example").send().want(http.StatusOK, "An email is sent now.",
		"new@acme.example").fine().form("Enroll User")
	question.send().want(http.StatusOK, "Sent an enrollment email to new@acme.example", "Enrollment code",
		"Shown once").fine()
	question.send().want(http.StatusOK, "Already sent", "shown then and is not stored")
	p := b.get(s.org("/users")).click("Enroll user").form("Enroll User").set("username", "jroe").set("email",
		"jane@acme.example").send().form("Enroll User").send().want(http.StatusUnprocessableEntity).fine()
	if _, fault := p.box("username"); !strings.Contains(fault, "jroe is already enrolled") {
		t.Error("beside the username: ", fault)
	}
	b.get(s.org("/actions/enroll-user")).form("Enroll User").set("username", "x").set("email",
		"x@acme.example").set("valid_secs", "never").send().form("Enroll User").send().want(http.StatusForbidden)
}

// TestCredits sees both balances before, in the question and after.
func TestCredits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Sim.SetCredits(s.Account.AccountID, 100)
	s.Sim.SetCredits(s.Parent.AccountID, 500)
	b := s.as(t, s.Owner)
	f := b.get(s.org("/actions/set-telephony-credits")).want(http.StatusOK, "100 credits left", "Your own account",
		"500 credits left").fine().form("Set Telephony Credits")
	f.set("credits", "250").send().want(http.StatusOK, "250 afterwards",
		"350 afterwards").fine().form("Set Telephony Credits").send().
		want(http.StatusOK, "Set the telephony credits from 100 to 250: 150 credits came out of your own account.",
			"350 credits left").fine()
	p := b.get(s.org("/actions/set-telephony-credits")).form("Set Telephony Credits").set("credits",
		"900").send().want(http.StatusOK,
		"not enough").form("Set Telephony Credits").send().want(http.StatusUnprocessableEntity).fine()
	if _, fault := p.box("credits"); !strings.Contains(fault, "moved nothing") ||
		!strings.Contains(fault, "(code 40002)") {
		t.Error("beside the total: ", fault)
	}
	s.Sim.SetBilling(s.Parent.AccountID, false)
	b.get(s.org("/actions/get-telephony-credits")).form("Get Telephony Credits").send().want(
		http.StatusUnprocessableEntity, "Duo does not permit this to these keys")
}

// TestLogPages reads a log in parts with the page's own button.
func TestLogPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	admin := s.as(t, s.Owner)
	for i := range 3 {
		admin.get(s.org("/actions/update-user?user_id="+jane)).form("Review changes").set("notes",
			fmt.Sprint("note ", i)).send().form("Save 1 change").send().want(http.StatusOK)
	}
	b := s.as(t, s.Member(t, s.Workspace, catalog.Auditor))
	p := b.get(s.org("/actions/read-activity-log")).form("Read Activity Log").set("limit", "2").set("sort",
		"ts:asc").send().
		want(http.StatusOK, "Read 2 events; there are more.", "user update", "jroe (user)").fine()
	p.form("Read the next events").send().want(http.StatusOK, "Read 1 event.", "user update").fine()
	b.get(s.org("/actions/read-activity-log")).form("Read Activity Log").set("mintime",
		"soon").send().want(http.StatusUnprocessableEntity, "Give a day such as").fine()
}

// TestBadInputStandsBeside gives each field of each generated form what it cannot
// take: the page says so beside that field and keeps what was typed, and Duo is
// not asked to change anything.
func TestBadInputStandsBeside(t *testing.T) {
	t.Parallel()
	s := serve(t, runtest.New(t))
	b := s.as(t, s.Owner)
	fields := 0
	for _, a := range catalog.All() {
		if a.Slug == "update-settings" {
			continue // has a form of its own: TestSettingsRefused
		}
		address := s.org("/actions/" + a.Slug + "/form")
		if a.OfWorkspace() {
			address = s.ws("/actions/" + a.Slug + "/form")
		}
		page := b.get(address).want(http.StatusOK).fine()
		for _, field := range a.Fields {
			spec := field.Spec()
			asked := page.all(func(n *node) bool {
				return attribute(n, "name") == spec.Name && attribute(n, "type") != "hidden"
			})
			if len(asked) == 0 && strings.Contains(page.text(), "Open the form") {
				continue // asked for when it is known of what
			}
			f := formOfAction(page, a)
			typed := "no\x01ne"
			if spec.Kind == "yesno" && spec.Default != "" {
				typed = "perhaps" // a box that is ticked with another word
			}
			if spec.Name == "confirm" { // whatever a name can hold
				typed = strings.Repeat("x", spec.Max+1)
			}
			f.values.Set(spec.Name, typed)
			p := f.send().want(http.StatusUnprocessableEntity)
			if _, fault := p.box(spec.Name); fault == "" {
				t.Errorf("%s: no fault beside %s", a.Slug, spec.Name)
			}
			fields++
		}
	}
	if fields < 130 || len(s.Sim.Ledger()) > 0 {
		t.Errorf("%d fields, %d effects", fields, len(s.Sim.Ledger()))
	}
}

func formOfAction(p *page, a catalog.Action) *formOfPage {
	if strings.Contains(p.text(), "Open the form") {
		return p.form("Open the form")
	}
	if a.Kind == catalog.Generic {
		return p.form("Send call")
	}
	return p.form(a.Title)
}
