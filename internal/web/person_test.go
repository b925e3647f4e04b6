package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
	"duodesk/views"
)

// withPhone is a console with a user who has one mobile phone, not activated.
func withPhone(t *testing.T) (s *console, jane, phone string) {
	t.Helper()
	s = newSite(t)
	jane = s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe", Email: "jane@acme.example"})
	phone = s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Type: "Mobile",
		Platform: "Apple iOS", Model: "iPhone 15", UserIDs: []string{jane}})
	return s, jane, phone
}

// TestSMSEndsOnThePerson: what is sent to a person opens with all that is known, ends on the
// person's page with a text for the ticket, and the link that was sent is on no page.
func TestSMSEndsOnThePerson(t *testing.T) {
	t.Parallel()
	s, jane, phone := withPhone(t)
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))

	sheet := b.get(s.org("/users/"+jane)).click("Send SMS passcodes").want(http.StatusOK,
		"Send SMS passcodes to +442079460123", "Used by Jane Roe", "An SMS is sent now.",
		"It costs telephony credits.").fine()
	done := sheet.form("Send SMS passcodes").set("ticket", "INC-1").send().want(http.StatusOK, "Jane Roe",
		"Sent new passcodes by SMS to +442079460123.").fine()
	for _, want := range []string{"Send Passcode By SMS: +442079460123, Acme Dental", "Ticket: INC-1",
		"Jane Roe (jroe)", "State: "} {
		if text := textOf(done.byID("ticket")); !strings.Contains(text, want) {
			t.Errorf("the text for the ticket lacks %q: %s", want, text)
		}
	}
	for _, m := range s.Sim.Outbox(s.Account.AccountID) {
		done.wantNot(m.Text)
	}

	// Activation: the code on the screen and the link by SMS are in one place.
	sheet = b.get(s.org("/users/"+jane)).click("Activate Duo Mobile").want(http.StatusOK, "Create activation link",
		"Send activation link by SMS", "it costs telephony credits").fine()
	sent := sheet.form("Send activation link by SMS").set("ticket", "INC-2").set("valid_secs", "3600")
	p := sent.send().want(http.StatusOK, "Jane Roe",
		"Sent an activation link by SMS to +442079460123, valid for 1 hour.", "Ticket: INC-2").fine()
	outbox := s.Sim.Outbox(s.Account.AccountID)
	link := outbox[len(outbox)-1].Text
	code := link[strings.LastIndex(link, "/")+1:]
	if len(code) < 10 {
		t.Fatal("no link was sent: ", link)
	}
	p.wantNot(code)
	b.get(s.ws("/runs")).wantNot(code)
	sent.send().want(http.StatusOK, "Already sent").wantNot(code, "shown then")

	// A landline, and a device that Duo does not know.
	desk := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460199", Type: "Landline",
		UserIDs: []string{jane}})
	if b.get(s.org("/phones/" + desk)).offers("Send SMS passcodes") {
		t.Error("passcodes by SMS are offered for a landline")
	}
	unknown := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460177", UserIDs: []string{jane}})
	b.get(s.org("/actions/send-activation-url?phone_id="+unknown)).want(http.StatusOK, "Create activation link",
		"Duo sends no link by SMS while it does not know").wantNot("texts the link")

	// From the phone's page, it ends there.
	b.get(s.org("/phones/"+phone)).click("Send SMS passcodes").form("Send SMS passcodes").send().want(http.StatusOK,
		"Sent new passcodes", "For the ticket", "jroe")
}

// TestEnrollmentEndsOnThePerson: the email goes to the address that Duo holds unless
// another is typed, and the code in it is on no page.
func TestEnrollmentEndsOnThePerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe", Email: "jane@acme.example"})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	sheet := b.get(s.org("/users/"+jane)).click("Send enrollment email").want(http.StatusOK,
		"Send enrollment email to jroe", "An email is sent now.").fine()
	f := sheet.form("Send enrollment email")
	if f.values.Get("email") != "jane@acme.example" || f.values.Get("username") != "jroe" {
		t.Error("not filled in: ", f.values)
	}
	p := f.set("email", "not an address").send().want(http.StatusUnprocessableEntity, "1 field needs a change")
	done := p.form("Send enrollment email").set("email", "jane.roe@acme.example").set("ticket", "INC-3").send().
		want(http.StatusOK, "Jane Roe", "Sent an enrollment email to jane.roe@acme.example", "Ticket: INC-3").fine()
	outbox := s.Sim.Outbox(s.Account.AccountID)
	if len(outbox) != 1 {
		t.Fatal("sent: ", outbox)
	}
	for _, word := range strings.Fields(outbox[0].Text) {
		if i := strings.LastIndex(word, "/"); i > 0 && len(word)-i > 10 {
			done.wantNot(word[i+1:])
		}
	}
	// The person's own runs are here, by the id and not by the name.
	done.want(http.StatusOK, "Recent activity", "Enroll User")
}

// TestRecentActivity: what was done for one person is on the person's page, no matter who did it
// and whatever it named, and nothing of others.
func TestRecentActivity(t *testing.T) {
	t.Parallel()
	s, jane, phone := withPhone(t)
	tom := s.addUser(t, duosim.UserSpec{Username: "jroe2", Realname: "Tom Roe"})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	b.get(s.org("/users/"+jane)).want(http.StatusOK, "No runs for this user yet.")
	// names the phone only
	b.get(s.org("/actions/send-passcode-by-sms?phone_id=" +
		phone)).form("Send SMS passcodes").send().want(http.StatusOK)
	b.get(s.org("/actions/create-bypass-code-for-user?user_id=" + jane)).form("Create code").send().want(http.StatusOK)
	b.get(s.org("/actions/update-user?user_id="+tom)).form("Review changes").set("notes",
		"about jroe").send().form("Save 1 change").send().want(http.StatusOK)
	p := b.get(s.org("/users/"+jane)).want(http.StatusOK, "Recent activity", "Send Passcode By SMS",
		"Create Bypass Code for User").wantNot("Update User").fine()
	p.click("All runs for this user").want(http.StatusOK, "Only runs about one user.", "Send Passcode By SMS",
		"Create Bypass Code for User").wantNot(">Update User</a>").fine()
	b.get(s.org("/users/"+tom)).want(http.StatusOK, "Update User").wantNot("Send Passcode By SMS")
	b.get(s.org("/runs?user=" + tom + "&after=x")).want(http.StatusBadRequest)

	// More than fit on one page are reached, each once.
	account := s.Client.AccountID
	for i := range 60 {
		s.Exec(t,
			`insert into run (workspace_id, id, organization_id, account_id, operator_id, action, subject, input, input_mac, ticket, state, summary, started_at, finished_at)
			values ($1, $2, $3, $4, $5, 'unlock-user', 'jroe', jsonb_build_object('user_id', $6::text), '', '', 'applied', 'Unlocked.', $7, $7)`,
			s.Workspace.ID, uuid.New(), s.Client.ID, account, s.Owner.ID, jane,
			s.Clock.Now().Add(-time.Duration(i/2)*time.Minute))
	}
	rows := func(p *page) int { return strings.Count(p.body, ">Unlock User</a>") }
	first := b.get(s.org("/runs?user=" + jane))
	second := first.click("Older")
	if n := rows(first) + rows(second); n != 60 || rows(second) == 0 {
		t.Errorf("%d and %d runs on two pages", rows(first), rows(second))
	}
	second.click("Newer").want(http.StatusOK)
	// The record is read while Duo does not answer.
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.Unavailable})
	b.get(s.org("/runs?user="+jane)).want(http.StatusOK, "Unlock User").fine()
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{})
	b.get(s.org("/runs?user=DUNOWHERE00000000000")).want(http.StatusOK, "No run matches")
	b.get(s.ws("/runs?user=" + jane)).want(http.StatusBadRequest)
	// In a scope without the organization there is no such page.
	other := s.Member(t, s.Workspace, catalog.Technician)
	s.Exec(t, `update membership set every_organization = false where operator_id = $1`, other.ID)
	s.as(t, other).get(s.org("/runs?user=" + jane)).want(http.StatusNotFound)
}

// TestWhoMadeACode: the record knows who made a code here, and says nothing of others.
func TestWhoMadeACode(t *testing.T) {
	t.Parallel()
	s, jane, _ := withPhone(t)
	s.Sim.AddBypassCode(s.Account.AccountID, jane, duosim.BypassSpec{AdminEmail: "panel@acme.example"})
	maker := s.Member(t, s.Workspace, catalog.Technician)
	b := s.as(t, maker)
	result := b.get(s.org("/actions/create-bypass-code-for-user?user_id="+
		jane)).form("Create code").send().want(http.StatusOK, "Shown once")
	digits := attribute(result.byID("code-0"), "data-plain")
	p := b.get(s.org("/users/"+jane)).want(http.StatusOK, "by panel@acme.example",
		"by "+maker.Email).wantNot(digits).fine()
	if n := strings.Count(p.text(), "1 use left"); n != 2 {
		t.Errorf("%d codes", n)
	}
	p.click(maker.Email).want(http.StatusOK, "Create Bypass Code for User", "jroe").wantNot(digits)
	for column, text := range s.everyColumn(t) {
		if strings.Contains(text, digits) {
			t.Errorf("%s holds the code", column)
		}
	}
	// A program gets Duo's answer as before, masked.
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	made := wantOutcome(s.stranger(t).call(token, http.MethodPost, s.apiOrg("/actions/create-bypass-code-for-user"),
		map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"user_id": jane}}), store.Applied, false)
	if !strings.HasPrefix(string(made.Result), `["`) || strings.Contains(string(made.Result), made.Secrets[0].Value) {
		t.Errorf("result: %s", made.Result)
	}
}

// TestRevokeAllCodes: one question, one run for each code, and the truth where Duo stops
// half way.
func TestRevokeAllCodes(t *testing.T) {
	t.Parallel()
	s, jane, _ := withPhone(t)
	add := func(n int) {
		for range n {
			s.Sim.AddBypassCode(s.Account.AccountID, jane, duosim.BypassSpec{})
		}
	}
	left := func() int { return len(s.Sim.BypassCodes(s.Account.AccountID, jane)) }
	if s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk)).get(s.org("/users/" + jane)).offers("Revoke all codes") {
		t.Error("offered to a help desk")
	}
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	if b.get(s.org("/users/" + jane)).offers("Revoke all codes") {
		t.Error("offered for a user without codes")
	}
	add(3)
	question := b.get(s.org("/users/"+jane)).click("Revoke all codes").want(http.StatusOK,
		"Revoke all bypass codes of Jane Roe", "Bypass codes 3", "You can't undo this").fine()
	f := question.form("Revoke 3 codes").set("ticket", "INC-4")
	add(1) // meanwhile
	p := f.send().want(http.StatusOK, "3 of 3 codes revoked. The user still has 1 bypass code.", "Ticket: INC-4",
		"Deleted a bypass code.").fine()
	if left() != 1 {
		t.Errorf("%d codes are left", left())
	}
	p.click("Revoke the others").form("Revoke 1 code").send().want(http.StatusOK,
		"1 of 1 code revoked. The user has no bypass codes now.").wantNot("Revoke the others")
	if n := len(s.Sim.Ledger()); n != 4 {
		t.Errorf("%d effects in Duo", n)
	}
	f.send().want(http.StatusOK, "3 of 3 codes revoked.") // once more: nothing is done twice
	if n := len(s.Sim.Ledger()); n != 4 {
		t.Errorf("%d effects in Duo after the form was sent again", n)
	}
	b.get(s.ws("/runs?q=INC-4")).want(http.StatusOK, "3 runs")

	// A code of someone else, put into the form by hand, is not revoked.
	tom := s.addUser(t, duosim.UserSpec{Username: "tom"})
	theirs := s.Sim.AddBypassCode(s.Account.AccountID, tom, duosim.BypassSpec{})
	add(1)
	forged := b.get(s.org("/users/" + jane)).click("Revoke all codes").form("Revoke 1 code")
	forged.values.Set("codes", forged.values.Get("codes")+"\n"+theirs)
	forged.send().want(http.StatusOK, "1 of 2 codes revoked.", "The user no longer has this code.").fine()
	if n := len(s.Sim.BypassCodes(s.Account.AccountID, tom)); n != 1 {
		t.Error("another person's code was revoked")
	}

	// Duo fails at the second: the page says so, and what is left can be revoked later.
	add(3)
	f = b.get(s.org("/users/" + jane)).click("Revoke all codes").form("Revoke 3 codes")
	deletions := 0
	s.server.Runner = s.Over(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodDelete {
			if deletions++; deletions == 2 {
				s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.PermissionRemoved, WritesOnly: true})
			}
		}
		return s.Transport.RoundTrip(r)
	}))
	p = f.send().want(http.StatusOK, "1 of 3 codes revoked. The user still has 2 bypass codes.", "Refused").fine()
	s.server.Runner = s.Runner
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{})
	p.click("Revoke the others").form("Revoke 2 codes").send().want(http.StatusOK, "The user has no bypass codes now.")
}

// TestRevokeCodesByOneWhoMayNot: a demotion in between counts for the codes that are left.
func TestRevokeCodesByOneWhoMayNot(t *testing.T) {
	t.Parallel()
	s, jane, _ := withPhone(t)
	for range 2 {
		s.Sim.AddBypassCode(s.Account.AccountID, jane, duosim.BypassSpec{})
	}
	who := s.Member(t, s.Workspace, catalog.Technician)
	f := s.as(t, who).get(s.org("/users/" + jane)).click("Revoke all codes").form("Revoke 2 codes")
	s.server.Runner = s.Over(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		answer, err := s.Transport.RoundTrip(r)
		if r.Method == http.MethodDelete {
			s.Exec(t, `update membership set role = 'helpdesk' where operator_id = $1`, who.ID)
		}
		return answer, err
	}))
	f.send().want(http.StatusOK, "1 of 2 codes revoked.",
		"1 code was not sent to Duo. Your role no longer allows this.")
	if n := len(s.Sim.BypassCodes(s.Account.AccountID, jane)); n != 1 {
		t.Errorf("%d codes are left", n)
	}
}

// TestCallBack: a call is a record of ours beside the verification; Duo is sent nothing, and
// a number that Duo does not hold is not taken.
func TestCallBack(t *testing.T) {
	t.Parallel()
	s, jane, phone := withPhone(t)
	tablet := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Name: "Tablet", Type: "Mobile",
		Platform: "Apple iOS", UserIDs: []string{jane}})
	other := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+15550100111"})
	help := s.Member(t, s.Workspace, catalog.Helpdesk)
	b := s.as(t, help)
	if s.as(t, s.Member(t, s.Workspace, catalog.Auditor)).get(s.org("/users/" + jane)).offers("Call back") {
		t.Error("offered to an auditor")
	}
	// The sheet that advises a call leads there, for the same person.
	lone := s.addUser(t, duosim.UserSpec{Username: "lone", Realname: "Lone Deer"})
	b.get(s.org("/actions/verify-caller?user_id="+lone)).want(http.StatusOK,
		"Call the person back on a number that Duo holds").
		click("Call back").want(http.StatusOK, "Call back Lone Deer")
	sheet := b.get(s.org("/users/"+jane)).click("Call back").want(http.StatusOK, "Call back Jane Roe",
		"Nothing is sent to Duo", "+442079460123").wantNot("Tablet", "+15550100111").fine()
	f := sheet.form("Record call back")
	p := f.send().want(http.StatusUnprocessableEntity, "1 field needs a change").fine()
	for _, wrong := range []string{tablet, other, "", jane} {
		f.values.Set("phone_id", wrong)
		f.values.Set("result", "confirmed")
		p = f.send().want(http.StatusUnprocessableEntity, "Choose a number that Duo holds for this person.")
	}
	f = p.form("Record call back").set("phone_id", phone).set("result", "confirmed").set("ticket", "INC-5")
	done := f.send().want(http.StatusOK,
		"Called jroe back on +442079460123. The person confirmed the request. Nothing was sent to Duo.",
		"Called back, confirmed", "on +442079460123, noted by "+help.Email, "Ticket: INC-5").fine()
	if text := textOf(done.byID("ticket")); !strings.Contains(text, "Call back: jroe") ||
		!strings.Contains(text, "Called back, confirmed") {
		t.Error("for the ticket: ", text)
	}
	f.send().want(http.StatusOK, "Called back, confirmed")
	if n := len(s.Sim.Ledger()); n != 0 {
		t.Errorf("%d effects in Duo", n)
	}
	b.get(s.ws("/runs?action=call-back")).want(http.StatusOK, "1 run", "INC-5", "Call back")
	// It gives a help desk no right to activate a phone.
	b.get(s.org("/actions/send-activation-url?phone_id="+phone)).want(http.StatusOK, "did not approve a verification")
	s.Clock.Move(16 * time.Minute)
	b.get(s.org("/users/" + jane)).want(http.StatusOK).wantNot("Called back, confirmed 16")
}

// TestUserWithoutNumber: nobody can be called back who has no number.
func TestUserWithoutNumber(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	b := s.as(t, s.Owner)
	if b.get(s.org("/users/"+jane)).want(http.StatusOK, "No phone yet.").fine().offers("Call back") {
		t.Error("a call back is offered without a number")
	}
	b.get(views.CallBack(s.Workspace.Slug, s.Client.Slug, jane)).want(http.StatusOK,
		"Duo holds no number for this person.").fine()
}

// TestShieldNamesTheVerifier: who answered, on what, and who asked.
func TestShieldNamesTheVerifier(t *testing.T) {
	t.Parallel()
	s, jane := asking(t)
	help := s.Member(t, s.Workspace, catalog.Helpdesk)
	b := s.as(t, help)
	shown := b.get(s.org("/users/" + jane)).click("Verify").form("Send push").post().want(http.StatusOK)
	s.answer(t, duosim.Approve)
	b.stream(shown.live("data-events"), func(liveEvent) {})
	p := s.as(t, s.Owner).get(s.org("/users/"+jane)).want(http.StatusOK, "Verified by push",
		"approved by jroe on +12025550143, sent by "+help.Email).fine()
	if text := textOf(p.byID("ticket")); !strings.Contains(text,
		"approved by jroe on +12025550143, sent by "+help.Email) {
		t.Error("for the ticket: ", text)
	}
}

// TestDeletePermanentlyIsApart: it is not beside Move to Trash, and for administrators only.
func TestDeletePermanentlyIsApart(t *testing.T) {
	t.Parallel()
	s, jane, _ := withPhone(t)
	p := s.as(t, s.Owner).get(s.org("/users/"+jane)).want(http.StatusOK,
		"The user is not moved to the trash, and you can’t restore the user.").fine()
	section := func(text string) *node {
		for _, n := range p.all(func(n *node) bool { return n.Data == "a" && strings.HasPrefix(textOf(n), text) }) {
			for n = n.Parent; n != nil; n = n.Parent {
				if n.Data == "section" {
					return n
				}
			}
		}
		t.Fatal("no link ", text)
		return nil
	}
	acts := section("Move to Trash")
	if acts == section("Delete permanently") || attribute(acts, "aria-label") != "Actions for Jane Roe" {
		t.Error("to delete permanently is beside to move to the trash")
	}
	for _, act := range []string{"Verify", "Call back", "Create bypass code", "Edit"} {
		if section(act) != acts {
			t.Errorf("%s is not among the acts on the person", act)
		}
	}
	s.as(t, s.Member(t, s.Workspace, catalog.Technician)).get(s.org("/users/"+jane)).want(http.StatusOK,
		"Move to Trash").wantNot("Delete permanently")
}

// TestReactivateSaysWhatStops: whose Duo Mobile on which phone, before it is done.
func TestReactivateSaysWhatStops(t *testing.T) {
	t.Parallel()
	s, jane := asking(t)
	s.as(t, s.Owner).get(s.org("/users/"+jane)).click("Reactivate Duo Mobile").want(http.StatusOK,
		"This disconnects Apple iOS · iPhone 15 · +12025550143 at once.",
		"The Duo Mobile account of Jane Roe on it stops working", "Calls and SMS to the number still work.").fine()
}
