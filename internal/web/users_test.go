package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

func (s *console) addUser(t testing.TB, spec duosim.UserSpec) string {
	t.Helper()
	return s.Sim.AddUser(s.Account.AccountID, spec)
}

func TestUsers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 697 {
		s.addUser(t, duosim.UserSpec{Username: fmt.Sprintf("user%03d", i), Realname: fmt.Sprintf("Person %03d", i),
			LastLogin: s.Clock.Now().Add(-time.Duration(i+1) * time.Hour)})
	}
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe", Email: "jane@acme.example",
		Status: duosim.LockedOut, Aliases: []string{"roe.j"}})
	s.addUser(t, duosim.UserSpec{Username: "zoe", Realname: "Zoe Last", Status: duosim.Bypass})
	s.addUser(t, duosim.UserSpec{Username: "al", Realname: "Al First"})
	s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+44 20 7946 0123", UserIDs: []string{jane}})
	b := s.as(t, s.Owner)

	p := b.get(s.org("/users")).want(http.StatusOK, "700 users", "Al First", "Jane Roe").wantNot("Zoe Last")
	if got := strings.Index(p.body, "Al First"); got > strings.Index(p.body, "Jane Roe") {
		t.Error("not sorted by name")
	}
	// Pages begin behind a row and have no numbers: the list changes while it is read.
	p = p.click("Next").want(http.StatusOK, "Person 060").wantNot("Al First")
	p.click("Previous").want(http.StatusOK, "Al First").wantNot("Person 060")
	b.get(s.org("/users?sort=-name")).want(http.StatusOK, "Zoe Last").wantNot("Al First")
	for query, said := range map[string]string{"page=14": "no parameter page",
		"status=lost": "No user has the status lost.", "sort=phones": "cannot be sorted by phones"} {
		b.get(s.org("/users?"+query)).want(http.StatusBadRequest, said)
	}
	for _, q := range []string{"jane", "ROE", "roe.j", "JANE@acme.example", "7946 0123", "roe jane", jane} {
		b.get(s.org("/users?q="+strings.ReplaceAll(q, " ", "+"))).want(http.StatusOK, "1 of 700 users match",
			"Jane Roe", "Locked Out")
	}
	b.get(s.org("/users?q=nobody-here")).want(http.StatusOK,
		"No user matches").click("Show all users").want(http.StatusOK, "700 users")
	b.get(s.org("/users?status=bypass")).want(http.StatusOK, "Zoe Last").wantNot("Jane Roe</bdi>")
	b.get(s.org("/users?status=bypass&q=jane")).want(http.StatusOK, "No user matches")
	p = b.get(s.org("/users?sort=status"))
	if strings.Index(p.body, "Jane Roe") > strings.Index(p.body, "Zoe Last") || !strings.Contains(p.body, "Zoe Last") {
		t.Error("not sorted by status, gravest first")
	}
	p = b.get(s.org("/users?sort=last_login"))
	if strings.Index(p.body, "Person 000") > strings.Index(p.body, "Person 001") ||
		!strings.Contains(p.body, "Person 000") {
		t.Error("not sorted by last login")
	}

	// The list is held for a minute, and no longer.
	calls := s.Sim.Calls(s.Account.AccountID)
	b.get(s.org("/users"))
	if got := s.Sim.Calls(s.Account.AccountID); got != calls {
		t.Error("Duo was asked again at once: ", got-calls)
	}
	s.addUser(t, duosim.UserSpec{Username: "new", Realname: "Brand New"})
	b.get(s.org("/users?q=brand")).want(http.StatusOK, "No user matches").wantNot("fresh=1&amp;fresh")
	b.get(s.org("/users?q=brand")).click("refresh").want(http.StatusOK, "Brand New", "1 of 701 users match")
	s.addUser(t, duosim.UserSpec{Username: "newer", Realname: "Newer Still"})
	s.Clock.Move(61 * time.Second)
	b.get(s.org("/users?q=newer")).want(http.StatusOK, "Newer Still")
}

// TestStatesThatDuoAdded: a state that the console does not know has its filter, by Duo's name for it.
func TestStatesThatDuoAdded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, status := range map[string]string{"ada": "quarantined", "bob": "quarantined", "cy": duosim.Active,
		"dan": "éloigné & <b>"} {
		s.addUser(t, duosim.UserSpec{Username: name, Status: status})
	}
	b := s.as(t, s.Owner)
	p := b.get(s.org("/users")).want(http.StatusOK, "4 users", "Quarantined", "Éloigné & <b>")
	p.click("Quarantined 2").want(http.StatusOK, "2 of 4 users match", "ada", "bob").wantNot("No user matches").fine()
	p.click("Éloigné & <b> 1").want(http.StatusOK, "1 of 4 users match", "dan").fine()
	b.get(s.org("/users?status=nothing-of-the-kind")).want(http.StatusBadRequest,
		"No user has the status nothing-of-the-kind.")
}

// TestPhonesWithoutNames: every list says something of a phone, were it only its id.
func TestPhonesWithoutNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	bare := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{UserIDs: []string{user}})
	hidden := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Name: "\u200b\u3164", UserIDs: []string{user}})
	b := s.as(t, s.Owner)
	for _, address := range []string{"/users", "/users/" + user, "/phones",
		"/actions/assign-phone-to-user?user_id=" + s.addUser(t, duosim.UserSpec{Username: "zoe"})} {
		b.get(s.org(address)).want(http.StatusOK, bare, hidden)
	}
}

// TestTooManyUsers: an account beyond the limit is searched by exact names.
func TestTooManyUsers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 2001 {
		s.addUser(t, duosim.UserSpec{Username: fmt.Sprintf("user%04d", i), Realname: fmt.Sprintf("Person %04d", i),
			Email: fmt.Sprintf("u%d@acme.example", i)})
	}
	b := s.as(t, s.Owner)
	b.get(s.org("/users")).want(http.StatusOK, "more than 2,000 users", "Find one user",
		"2,001 users").wantNot("Person 0001")
	b.get(s.org("/users?q=user1234")).want(http.StatusOK, "Person 1234", "1 of 2,001 users match")
	b.get(s.org("/users?q=u77@acme.example")).want(http.StatusOK, "Person 0077")
	b.get(s.org("/users?q=user12")).want(http.StatusOK, "No user has exactly this name", "0 of 2,001 users match")
	// One sentence says what can be typed, and all of it finds the user.
	id := s.addUser(t, duosim.UserSpec{Username: "zoe", Realname: "Zoe Last", Email: "zoe@acme.example",
		Aliases: []string{"zz"}})
	s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Type: "Mobile", Platform: "Apple iOS",
		UserIDs: []string{id}})
	s.Clock.Move(61 * time.Second)
	for _, typed := range []string{"zoe", "zz", "zoe@acme.example", id} {
		b.get(s.org("/users?q="+typed)).want(http.StatusOK, "Zoe Last", "1 of 2,002 users match")
	}
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460199"})
	for _, address := range []string{"/users", "/actions/send-duo-authentication",
		"/actions/assign-phone-to-user?from=phone&phone_id=" + phone} {
		p := b.get(s.org(address)).want(http.StatusOK, "Type the whole username, alias, email address or Duo id.")
		if !strings.Contains(p.body, `placeholder="Exact username, alias, email address or Duo id"`) {
			t.Errorf("%s asks for something else", address)
		}
		p.form("Search").set("q", "020 7946 0123").ask().want(http.StatusOK,
			"Type the whole username, alias, email address or Duo id.").wantNot("Zoe").
			click("Search the phones for it").want(http.StatusOK, "+442079460123", "Zoe Last", "1 of 2 phones match")
	}
	b.get(s.org("")).want(http.StatusOK, "more than 2000")
}

func TestUserPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe", Email: "jane@acme.example",
		Notes: "Starts on Monday", Aliases: []string{"roe.j"}, Status: duosim.LockedOut,
		LockoutReason: "Failed Attempts"})
	s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Name: "Work", Type: "Mobile",
		Platform: "Apple iOS", Model: "iPhone 15", Activated: true, UserIDs: []string{id}})
	s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460199", Type: "Landline", Extension: "12",
		UserIDs: []string{id}})
	s.Sim.AddBypassCode(s.Account.AccountID, id, duosim.BypassSpec{Code: "918273645",
		Expires: s.Clock.Now().Add(time.Hour), Uses: 3})
	s.Sim.AddBypassCode(s.Account.AccountID, id, duosim.BypassSpec{Code: "192837465"})
	s.Sim.AddGroup(s.Account.AccountID, "All staff", "", id)
	words := []string{"Jane Roe", "jroe", "roe.j", "Locked Out", "too many failed attempts", "jane@acme.example",
		"Starts on Monday", "All staff",
		"+442079460123", "Apple iOS · iPhone 15", "Activated", "+442079460199 ext. 12", "Landline", "3 uses left",
		"Never expires", "Bypass codes: 2", id}
	offers := map[catalog.Role][]string{
		catalog.Auditor: {},
		catalog.Helpdesk: {"Unlock", "Create bypass code", "Reactivate Duo Mobile", "Send SMS passcodes",
			"Call back", "Verify"},
		catalog.Technician: {"Unlock", "Create bypass code", "Reactivate Duo Mobile", "Send SMS passcodes",
			"Call back", "Verify", "Edit", "Move to Trash", "Attach phone", "Create phone", "Remove phone",
			"Add to group", "Remove", "Revoke all codes"},
		catalog.Administrator: {"Unlock", "Create bypass code", "Reactivate Duo Mobile", "Send SMS passcodes",
			"Call back", "Verify", "Edit", "Move to Trash", "Attach phone", "Create phone", "Remove phone",
			"Add to group", "Remove", "Revoke all codes", "Delete permanently"},
	}
	everything := offers[catalog.Administrator]
	for role, may := range offers {
		b := s.as(t, s.Member(t, s.Workspace, role))
		p := b.get(s.org("/users/"+id)).want(http.StatusOK, words...).wantNot("918273645", "192837465")
		for _, act := range everything {
			offered := p.offers(act)
			if want := strings.Contains(" "+strings.Join(may, "|")+"|", act); offered != want {
				t.Errorf("%s: %q offered %t", role, act, offered)
			}
		}
		// What is offered works, and what is not is not there at all.
		for _, n := range p.all(func(n *node) bool {
			return n.Data == "a" && strings.Contains(attribute(n, "href"), "/actions/")
		}) {
			b.get(attribute(n, "href")).want(http.StatusOK)
		}
	}
}

func TestPhonesAndCodesLists(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	for i := range 120 {
		s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: fmt.Sprintf("+1555010%04d", i),
			Name: fmt.Sprintf("Phone %03d", i), Type: "Mobile", Platform: "Google Android"})
		s.Sim.AddBypassCode(s.Account.AccountID, jane, duosim.BypassSpec{Code: fmt.Sprintf("77%07d", i),
			Expires: s.Clock.Now().Add(time.Duration(i+1) * time.Hour)})
	}
	s.Sim.AddBypassCode(s.Account.AccountID, jane, duosim.BypassSpec{Unlimited: true})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
	b.get(s.org("/phones")).want(http.StatusOK, "120 phones", "Phone 000").click("Next").want(http.StatusOK,
		"Phone 060").wantNot("Phone 000")
	b.get(s.org("/phones?q=Phone+117")).want(http.StatusOK, "Phone 117", "1 of 120 phones match").wantNot("Phone 116")
	b.get(s.org("/phones?q=5550100117")).want(http.StatusOK, "Phone 117").wantNot("Phone 116")
	technician := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	technician.get(s.org("/actions/assign-phone-to-user?q=Phone+117&user_id="+jane)).want(http.StatusOK, "Phone 117",
		"1 of 120 phones match")
	s.Sim.AddGroup(s.Account.AccountID, "Staff", "")
	s.Sim.AddGroup(s.Account.AccountID, "Guests", "")
	technician.get(s.org("/actions/associate-group-with-user?q=staff&user_id="+jane)).want(http.StatusOK, "Staff",
		"1 of 2 groups match")
	p := b.get(s.org("/bypass-codes")).want(http.StatusOK, "121 bypass codes", "any number of uses",
		"Jane Roe").wantNot("770000")
	if strings.Index(p.text(), "any number of uses") > strings.Index(p.text(), "1 use left") || p.offers("Delete") {
		t.Error("those without an end come first, and help desks cannot delete")
	}
}
