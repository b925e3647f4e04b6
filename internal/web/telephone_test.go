package web

import (
	"net/http"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

// TestPhonesOfOneNumber: wherever a phone is shown, its extension is too; and a phone
// without number, name and platform is called something.
func TestPhonesOfOneNumber(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	john := s.addUser(t, duosim.UserSpec{Username: "jdoe", Realname: "John Doe"})
	first := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Extension: "21",
		Type: "Mobile", Activated: true, UserIDs: []string{jane}})
	s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Extension: "22", Type: "Mobile",
		Activated: true, UserIDs: []string{jane}})
	bare := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Type: "Unknown", Platform: "Unknown",
		UserIDs: []string{john}})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	both := []string{"+442079460123 ext. 21", "+442079460123 ext. 22"}
	for _, address := range []string{
		"/users", "/users/" + jane, "/phones", "/actions/verify-caller?user_id=" + jane,
		"/actions/assign-phone-to-user?user_id=" + john, "/phones?q=0123",
	} {
		b.get(s.org(address)).want(http.StatusOK, both...)
	}
	for _, address := range []string{
		"/phones/" + first, "/actions/modify-phone?phone_id=" + first, "/actions/delete-phone-by-id?phone_id=" + first,
		"/actions/send-activation-url?phone_id=" + first,
		"/actions/un-assign-phone-from-user?phone_id=" + first + "&user_id=" + jane,
		"/phones?q=tel:%2B44-20-7946-0123%3Bext%3D21", "/phones?q=020+7946+0123+x21",
	} {
		b.get(s.org(address)).want(http.StatusOK, both[0]).wantNot(both[1])
	}
	b.get(s.org("/users?q=0123+x21")).want(http.StatusOK, "Jane Roe").wantNot("John Doe")
	b.get(s.org("/users?q=0123+x23")).want(http.StatusOK, "No user matches")
	for _, address := range []string{"/users", "/users/" + john, "/phones", "/phones/" + bare,
		"/actions/assign-phone-to-user?user_id=" + jane} {
		b.get(s.org(address)).want(http.StatusOK, bare)
	}
	for _, name := range append(both, bare) {
		if offers := b.get(s.org("/actions/get-phone")).body; !strings.Contains(offers, name) {
			t.Errorf("%s is not offered", name)
		}
	}
	if text := b.get(s.org("/users/" + jane)).body; strings.Count(text, "Phone: +442079460123 ext. 2") != 2 {
		t.Error("the ticket text names the phones without their extensions")
	}
}

// TestExtensionTyped: an extension typed behind the number is the phone's.
func TestExtensionTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	form := b.get(s.org("/phones")).click("Create phone").form("Create phone").set("number",
		"tel:+44-20-7946-0123;ext=3243").set("type", "landline")
	p := form.set("extension", "12").send().want(http.StatusUnprocessableEntity)
	if _, fault := p.box("extension"); !strings.Contains(fault, "3243") {
		t.Error(fault)
	}
	p.form("Create phone").set("extension", "").send().want(http.StatusOK, "Created phone +442079460123 ext. 3243.",
		"Extension 3243")
}

// TestDevicesOfOneNumber: Duo's own names of devices have no extension.
func TestDevicesOfOneNumber(t *testing.T) {
	t.Parallel()
	s, jane := asking(t)
	for _, extension := range []string{"21", "22"} {
		s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Extension: extension,
			Type: "Landline", UserIDs: []string{jane}})
	}
	s.as(t, s.Owner).get(s.org("/actions/send-duo-authentication?user_id="+jane)).want(http.StatusOK,
		"XXX-XXX-0123 ext. 21", "XXX-XXX-0123 ext. 22", "XXX-XXX-0143")
}

// TestSMSToALandline: the question says that nothing will be sent, and the answer to it that nothing was.
func TestSMSToALandline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Type: "Landline"})
	mobile := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460177", Type: "Mobile"})
	b := s.as(t, s.Owner)
	for slug, title := range map[string]string{"send-passcode-by-sms": "Send Passcode By SMS",
		"send-installation-by-sms": "Send Installation By SMS", "send-activation-by-sms": "Send Activation By SMS"} {
		fresh := func() *formOfPage { return b.get(s.org("/actions/" + slug + "/form")).form(title) }
		fresh().set("phone_id", mobile).send().want(http.StatusOK,
			"An SMS is sent now.").wantNot("Nothing will be sent")
		question := fresh().set("phone_id", desk).send().want(http.StatusOK,
			"This is a landline: it cannot receive SMS messages. Nothing will be sent.").wantNot("An SMS is sent now.")
		question.form(title).send().want(http.StatusUnprocessableEntity,
			"This is a landline: it cannot receive SMS messages.")
	}
	if sent := s.Sim.Ledger(); len(sent) != 0 {
		t.Errorf("sent: %+v", sent)
	}
}
