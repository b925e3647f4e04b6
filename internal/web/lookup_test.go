package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// twins are two users who share an email address; the first of them is not meant.
func twins(t *testing.T, s *console) (first, maria string) {
	t.Helper()
	first = s.addUser(t, duosim.UserSpec{Username: "a-maria", Email: "m@client.example"})
	maria = s.addUser(t, duosim.UserSpec{Username: "maria.lund", Realname: "Maria Lund", Email: "m@client.example"})
	return first, maria
}

// choices are the values that a box offers to choose from.
func (p *page) choices(name string) (values []string) {
	for _, n := range p.all(func(n *node) bool { return attribute(n, "type") == "radio" && attribute(n, "name") == name+".choice" }) {
		if has(n, "checked") {
			p.b.t.Errorf("%s: a match is chosen without having been asked for", name)
		}
		values = append(values, attribute(n, "value"))
	}
	return values
}

func TestFormsOfferAllMatches(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first, maria := twins(t, s)
	b := s.as(t, s.Owner)
	open := func() *formOfPage {
		return b.get(s.org("/actions/create-phone/form")).form("Create Phone").set("number",
			"+12025550143").set("user_id", " M@client.example ")
	}
	p := open().send().want(http.StatusUnprocessableEntity, "2 match: choose one, or type another name.",
		"a-maria (m@client.example)", "maria.lund (Maria Lund, m@client.example)").fine()
	if value, _ := p.box("user_id"); value != " M@client.example " {
		t.Errorf("kept %q of what was typed", value)
	}
	if got := strings.Join(p.choices("user_id"), " "); got != first+" "+maria {
		t.Errorf("offered %q", got)
	}
	if len(s.Sim.Ledger()) > 0 {
		t.Fatal("done before it was chosen: ", s.Sim.Ledger())
	}
	// A choice is for the text that it was offered for.
	f := p.form("Create Phone")
	f.set("user_id", "nobody").values.Set("user_id.choice", first)
	f.send().want(http.StatusUnprocessableEntity, "No user has this name.")
	f.set("user_id", "maria lund").values.Set("user_id.choice", first)
	p = f.send().want(http.StatusUnprocessableEntity,
		"No user has exactly this name. 1 is close: choose it, or type another name.").fine()
	f = p.form("Create Phone")
	f.values.Set("user_id.choice", maria)
	f.set("number", "soon")
	// Another fault does not undo the choice.
	p = f.send().want(http.StatusUnprocessableEntity, "Chosen: "+maria).fine()
	p.form("Create Phone").set("number", "+12025550143").send().want(http.StatusOK,
		"Created phone +12025550143 and assigned it to maria.lund.")
	s.failsFor(t, first)

	// A question in between carries the choice along.
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+12025550144",
		UserIDs: []string{first, maria}})
	f = b.get(s.org("/actions/un-assign-phone-from-user/form")).form("Un-assign Phone from User").set("user_id",
		"m@client.example").set("phone_id", phone)
	f = f.send().want(http.StatusUnprocessableEntity, "2 match").form("Un-assign Phone from User")
	f.values.Set("user_id.choice", maria)
	p = f.send().want(http.StatusOK, "The user can no longer log in with this phone.", "Maria Lund (maria.lund)")
	p.form("Un-assign Phone from User").send().want(http.StatusOK, "Removed phone +12025550144 from maria.lund.")
}

// failsFor fails when something was done to a user.
func (s *console) failsFor(t *testing.T, user string) {
	t.Helper()
	for _, e := range s.Sim.Ledger() {
		if strings.Contains(e.Path, user) {
			t.Errorf("done to the wrong one: %+v", e)
		}
	}
}

// A username that is another's email address means either of them.
func TestFormsOfferUsernamesThatAreAddresses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.addUser(t, duosim.UserSpec{Username: "boss@client.example"})
	thief := s.addUser(t, duosim.UserSpec{Username: "a-thief", Email: "boss@client.example"})
	b := s.as(t, s.Owner)
	p := b.get(s.org("/actions/get-user/form")).form("Get User").set("user_id",
		"boss@client.example").send().want(http.StatusUnprocessableEntity, "2 match")
	if got := p.choices("user_id"); len(got) != 2 || got[0] != thief || got[1] != boss {
		t.Errorf("offered %q", got)
	}
	f := b.get(s.org("/actions/send-duo-authentication/form")).form("Send Duo Authentication").set("username",
		"boss@client.example")
	p = f.send().want(http.StatusUnprocessableEntity, "2 match")
	if got := strings.Join(p.choices("username"), " "); got != "a-thief boss@client.example" {
		t.Errorf("offered %q", got)
	}
	f = p.form("Send Duo Authentication")
	f.values.Set("username.choice", "boss@client.example")
	p = f.send().want(http.StatusOK, "The person is asked now")
	if value := p.form("Send Duo Authentication").values.Get("username"); value != "boss@client.example" {
		t.Errorf("asks %q", value)
	}
	p.form("Send Duo Authentication").send().wantNot("2 match")
}

func TestUsernamesOfOtherDomainsAreOffered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, maria := twins(t, s)
	b := s.as(t, s.Owner)
	for _, typed := range []string{`CORP\maria.lund`, "maria.lund@other.example", "Lund, Maria", "maria lund"} {
		f := b.get(s.org("/actions/get-user-by-username/form")).form("Get User by Username").set("username", typed)
		p := f.send().want(http.StatusUnprocessableEntity, "1 is close: choose it",
			"maria.lund (Maria Lund, m@client.example)", "As typed: "+typed).fine()
		f = p.form("Get User by Username")
		f.values.Set("username.choice", "maria.lund")
		f.send().want(http.StatusOK, "Read user maria.lund.", maria)
		f = b.get(s.org("/actions/get-user-by-username/form")).form("Get User by Username").set("username", typed)
		f.values.Set("username.choice", typed)
		f.values.Set("username.for", typed)
		f.send().want(http.StatusOK, "No user has the username or alias "+typed+".")
		b.get(s.org("/users?q="+url.QueryEscape(typed))).want(http.StatusOK, "Maria Lund",
			"1 of 2 users match").wantNot("a-maria")
	}
	// The first step of making a second user for the same person.
	b.get(s.org("/actions/enroll-user/form")).form("Enroll User").set("username", `CORP\maria.lund`).set("email",
		"m@client.example").send().
		want(http.StatusUnprocessableEntity, "1 is close", `As typed: CORP\maria.lund`)
	if done := s.Sim.Ledger(); len(done) > 0 {
		t.Error("done: ", done)
	}
}

func TestAPINamesAllMatches(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first, maria := twins(t, s)
	b := s.stranger(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	create := func(user string) *page {
		return b.call(token, http.MethodPost, s.apiOrg("/actions/create-phone"),
			map[string]any{"run_id": uuid.NewString(),
				"fields": map[string]any{"number": "+12025550143", "user_id": user}})
	}
	for typed, want := range map[string][]string{
		"m@client.example": {"2 match: ", first + " a-maria (m@client.example)",
			maria + " maria.lund (Maria Lund, m@client.example)", "Send the id of the one you mean."},
		"maria.lund": {"1 match: ", maria}, "Lund, Maria": {"No user has exactly this name. 1 close: ", maria},
		"nobody.at.all": {"This is not a Duo id: 20 letters and digits."},
	} {
		p := create(typed).wantProblem(http.StatusUnprocessableEntity, "invalid_fields")
		if len(p.Errors) != 1 || p.Errors[0].Field != "user_id" {
			t.Fatalf("%s: %+v", typed, p)
		}
		for _, words := range want {
			if !strings.Contains(p.Errors[0].Message, words) {
				t.Errorf("%s: %q lacks %q", typed, p.Errors[0].Message, words)
			}
		}
	}
	if done := s.Sim.Ledger(); len(done) > 0 {
		t.Fatal("done by a name: ", done)
	}
	wantOutcome(create(maria), store.Applied, false)
	s.failsFor(t, first)
}

// TestAnswersToOtherQuestions: a filter that Duo ignores, or an object that is
// another one, leads to nobody who was not asked for, by form and by API.
func TestAnswersToOtherQuestions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, duosim.UserSpec{Username: "amara.okonkwo", Realname: "Amara Okonkwo"})
	bob := s.addUser(t, duosim.UserSpec{Username: "bob"})
	b := s.as(t, s.Owner)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	call := func(slug string, fields map[string]any) *page {
		return s.stranger(t).call(token, http.MethodPost, s.apiOrg("/actions/"+slug),
			map[string]any{"run_id": uuid.NewString(), "fields": fields})
	}
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.FiltersIgnored})
	if o := wantOutcome(call("get-user-by-username", map[string]any{"username": "nobody.at.all"}), store.Applied,
		false); o.Summary != "No user has the username or alias nobody.at.all." {
		t.Errorf("%+v", o)
	}
	if o := wantOutcome(call("list-users", map[string]any{"username": "nobody.at.all"}), store.Applied,
		false); strings.Contains(string(o.Result), "amara") {
		t.Errorf("%s", o.Result)
	}
	b.get(s.org("/actions/get-user-by-username/form")).form("Get User by Username").set("username",
		"nobody.at.all").send().
		want(http.StatusOK, "No user has the username or alias nobody.at.all.").wantNot("amara")
	b.get(s.org("/actions/create-phone/form")).form("Create Phone").set("number", "+12025550143").set("user_id",
		"nobody.at.all").send().
		want(http.StatusUnprocessableEntity, "No user has this name.")

	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.OtherObject})
	const words = "Duo's answer was about something other than what was asked."
	b.get(s.org("/users/"+bob)).want(http.StatusBadGateway, words).wantNot("Amara")
	for _, slug := range []string{"update-user", "delete-user", "unlock-user", "create-bypass-code-for-user",
		"verify-caller", "assign-phone-to-user"} {
		b.get(s.org("/actions/"+slug+"?user_id="+bob)).want(http.StatusBadGateway, words).wantNot("Amara")
	}
	for slug, fields := range map[string]map[string]any{
		"get-user": {"user_id": bob}, "delete-user": {"user_id": bob},
		"create-phone": {"user_id": bob, "number": "+12025550143"},
	} {
		if p := call(slug, fields); p.status != http.StatusBadGateway || !strings.Contains(p.body, words) {
			t.Errorf("%s: %d %s", slug, p.status, p.body)
		}
	}
	if done := s.Sim.Ledger(); len(done) > 0 {
		t.Error("done: ", done)
	}
}

// TestAPIMakesNoSecondUser: a username that is no user's, and by which a user can be meant,
// is answered with the users instead of being sent to Duo.
func TestAPIMakesNoSecondUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first, maria := twins(t, s)
	jdoe := s.addUser(t, duosim.UserSpec{Username: "jdoe", Aliases: []string{"john"}})
	s.addUser(t, duosim.UserSpec{Username: "boss@client.example"})
	s.addUser(t, duosim.UserSpec{Username: "thief", Email: "boss@client.example"})
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	call := func(slug string, fields map[string]any) *page {
		return s.stranger(t).call(token, http.MethodPost, s.apiOrg("/actions/"+slug),
			map[string]any{"run_id": uuid.NewString(), "fields": fields})
	}
	const none = "No user has this username or alias. "
	for typed, want := range map[string][]string{
		"m@client.example": {none + "2 match: ", first + " a-maria (m@client.example)",
			maria + " maria.lund (Maria Lund, m@client.example)"},
		`CLIENT\jdoe`: {none + "1 close: ", jdoe + " jdoe"}, `client\JOHN`: {none + "1 close: ", jdoe},
		"jdoe@other.example": {none + "1 close: ", jdoe},
		"Lund, Maria":        {none + "1 close: ", maria}, "jdöe": {none + "1 close: ", jdoe},
		jdoe: {none + "1 match: ", jdoe},
	} {
		const makes = " If you mean a new user, use create-user."
		for slug, more := range map[string]string{"enroll-user": makes, "auth-enroll-user": makes,
			"get-user-by-username": "", "list-users": ""} {
			fields := map[string]any{"username": typed}
			if slug == "enroll-user" {
				fields["email"] = "new@client.example"
			}
			p := call(slug, fields).wantProblem(http.StatusUnprocessableEntity, "invalid_fields")
			if len(p.Errors) != 1 || p.Errors[0].Field != "username" ||
				!strings.HasSuffix(p.Errors[0].Message, "Send the username of the one you mean."+more) {
				t.Fatalf("%s, %s: %+v", slug, typed, p)
			}
			for _, words := range want {
				if !strings.Contains(p.Errors[0].Message, words) {
					t.Errorf("%s, %s: %q lacks %q", slug, typed, p.Errors[0].Message, words)
				}
			}
		}
	}
	if done := s.Sim.Ledger(); len(done) > 0 {
		t.Fatal("done by a name: ", done)
	}
	// What Duo has by this name is meant, no matter who else shares it, and so is a new name.
	// with a pace of its own
	token, _ = s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	for typed, name := range map[string]string{"JOHN": "jdoe", "boss@client.example": "boss@client.example",
		"new.one": "new.one", `CLIENT\jdoe`: `CLIENT\jdoe`} {
		if strings.Contains(typed, `\`) {
			wantOutcome(call("create-user", map[string]any{"username": typed}), store.Applied, false)
		}
		wantOutcome(call("enroll-user", map[string]any{"username": typed, "email": "new@client.example"}),
			store.Applied, false)
		if o := wantOutcome(call("get-user-by-username", map[string]any{"username": typed}), store.Applied,
			false); !strings.EqualFold(o.Summary, "Read user "+name+".") {
			t.Errorf("%s: %s", typed, o.Summary)
		}
	}
}
