package web

import (
	"encoding/csv"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/words"
)

// TestFraudIsSaid: the user's page, the form, the run, the file and the API say
// that a person reported a push, who can decide, and who decided and why.
func TestFraudIsSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Type: "Mobile",
		Platform: "Apple iOS", Activated: true, UserIDs: []string{jane}})
	bob := s.addUser(t, duosim.UserSpec{Username: "bob"})
	tom, ana := s.Member(t, s.Workspace, catalog.Technician), s.Member(t, s.Workspace, catalog.Administrator)
	technician, admin := s.as(t, tom), s.as(t, ana)
	open := technician.get(s.org("/actions/create-bypass-code-for-user?user_id=" + jane)).form("Create code")

	sent := technician.get(s.org("/actions/verify-caller?user_id=" + jane)).form("Send push")
	shown := sent.send().want(http.StatusOK)
	second := technician.get(s.org("/actions/verify-caller?user_id=" + jane)).form("Send push").send()
	second.want(http.StatusConflict, "Nothing was sent", tom.Email+" sent this user a verification",
		"not answered yet").fine()
	pushes := s.Sim.Pushes(s.Account.AccountID)
	if len(pushes) != 1 || !strings.Contains(shown.text(), words.InGroups(pushes[0].Code)) {
		t.Fatalf("%+v", pushes)
	}
	if err := s.Sim.AnswerPush(pushes[0].ID, duosim.Fraud, ""); err != nil {
		t.Fatal(err)
	}
	id := uuid.MustParse(sent.values.Get("run_id"))
	for _, changed, open := s.Desk.Runner.Live(s.Scope(), id); open; _, changed,
		open = s.Desk.Runner.Live(s.Scope(), id) {
		<-changed
	}
	const said = "jroe reported a push as fraud"
	admin.get(s.org("/runs/"+id.String())).want(http.StatusOK, "Change nothing for this caller",
		"changes for jroe need an administrator or owner other than "+tom.Email)
	technician.get(s.org("/users/"+jane)).want(http.StatusOK, said, "other than "+tom.Email, "Ask ", ana.Email,
		s.Owner.Email).fine()
	technician.get(s.org("/users/" + bob)).want(http.StatusOK).wantNot(said)

	// A form that was open before, and one that is opened now.
	effects := len(s.Sim.Ledger())
	open.send().want(http.StatusForbidden, "Nothing was sent. "+said, "Ask ", ana.Email).fine()
	fresh := technician.get(s.org("/actions/create-bypass-code-for-user?user_id="+jane)).want(http.StatusOK, said,
		"Reason").form("Create code")
	fresh.set("reason", "Called back").send().want(http.StatusForbidden, ana.Email)
	technician.get(s.org("/actions/send-activation-url?phone_id="+
		phone)).form("Create activation link").send().want(http.StatusForbidden, said)
	denied := slices.DeleteFunc(s.recordOf(t, s.Workspace, tom),
		func(r store.Run) bool { return !strings.HasPrefix(r.Summary, "Held back: jroe") })
	if len(denied) != 3 || len(s.Sim.Ledger()) != effects {
		t.Errorf("%d refusals are on record; in Duo: %+v", len(denied), s.Sim.Ledger()[effects:])
	}
	f := admin.get(s.org("/actions/create-bypass-code-for-user?user_id=" + jane)).form("Create code")
	f.send().want(http.StatusUnprocessableEntity, "You may decide: give a reason.", "Give a reason.").fine()
	f.set("reason", " . ").send().want(http.StatusUnprocessableEntity)
	again := f.set("reason", strings.Repeat("x", 301)).send().want(http.StatusUnprocessableEntity,
		"the limit is 300").form("Create code")
	again.set("reason", "Called back on the number on file").send().want(http.StatusOK, "Shown once")
	decided := again.values.Get("run_id")
	admin.get(s.org("/runs/"+decided)).want(http.StatusOK, "Called back on the number on file",
		"Decided by someone other than the operator who sent the push.")
	rows := csvRows(t, admin.get(s.ws("/runs")).form("Export").post().body)
	if i := slices.IndexFunc(rows, func(row []string) bool { return slices.Contains(row, decided) }); i < 0 ||
		rows[i][15] != "Called back on the number on file" || rows[i][16] != store.ByAnother ||
		rows[0][15] != "reason" {
		t.Errorf("in the file: %q", rows)
	}
	// The reason travels through questions and reviews.
	review := admin.get(s.org("/actions/update-user?user_id="+jane)).form("Review changes").set("notes",
		"Careful").set("reason", "Asked by HR").send().want(http.StatusOK, "Review changes", said)
	review.form("Save 1 change").send().want(http.StatusOK, "Changed notes.")

	// Programs are told the same.
	token, _ := s.accessToken(t, s.Workspace, tom, store.Grant{Role: "technician", EveryOrganization: true})
	deciding, _ := s.accessToken(t, s.Workspace, ana, store.Grant{Role: "admin", EveryOrganization: true})
	b := s.stranger(t)
	body := func(pairs ...string) map[string]any {
		m := map[string]any{"run_id": uuid.NewString(),
			"fields": map[string]any{"user_id": jane, "preserve_existing": true}}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	code := s.apiOrg("/actions/create-bypass-code-for-user")
	if p := b.call(token, http.MethodPost, code, body("reason",
		"I am sure")); !strings.Contains(p.wantProblem(http.StatusForbidden, "fraud_reported").Detail, ana.Email) {
		t.Error("a program is not told who can decide: ", p.body)
	}
	if p := b.call(deciding, http.MethodPost, code, body()).wantProblem(http.StatusUnprocessableEntity,
		"invalid_fields"); len(p.Errors) != 1 || p.Errors[0].Field != "reason" {
		t.Errorf("%+v", p)
	}
	done := wantOutcome(b.call(deciding, http.MethodPost, code, body("reason", "Met in person")), store.Applied, false)
	got := answer[apiRun](b.call(deciding, http.MethodGet, s.api("/runs/"+done.RunID.String()), nil))
	if got.Reason != "Met in person" || got.AfterFraud != store.ByAnother {
		t.Errorf("%+v", got)
	}
	s.Clock.Move(run.FraudHold + time.Minute)
	technician = s.as(t, tom)
	technician.get(s.org("/users/" + jane)).want(http.StatusOK).wantNot(said)
	technician.get(s.org("/actions/create-bypass-code-for-user?user_id="+
		jane)).wantNot(said).form("Create code").send().want(http.StatusOK, "Shown once")
}

// TestFraudIsSaidOnlyWhereItHolds: a form says that a report of fraud holds it back, and has a box for the reason, only
// if it would be held back when it is sent; one that does not name the user yet says on what condition.
func TestFraudIsSaidOnlyWhereItHolds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	account := s.Account.AccountID
	amara := s.addUser(t, duosim.UserSpec{Username: "amara.okonkwo", Aliases: []string{"amara"}})
	bob := s.addUser(t, duosim.UserSpec{Username: "bob"})
	iPhone := duosim.PhoneSpec{Type: "Mobile", Platform: "Apple iOS", Activated: true}
	hers, his := iPhone, iPhone
	hers.Number, hers.UserIDs, his.Number, his.UserIDs = "+442079460123", []string{amara}, "+442079460199",
		[]string{bob}
	herPhone, hisPhone := s.Sim.AddPhone(account, hers), s.Sim.AddPhone(account, his)
	code := s.Sim.AddBypassCode(account, amara, duosim.BypassSpec{})
	group := s.Sim.AddGroup(account, "Staff", "", amara)
	other := s.Sim.AddGroup(account, "Guests", "", bob)
	directory := s.Sim.AddDirectory(account, duosim.DirectorySpec{Name: "Entra"})
	err := s.Desk.Store.InWorkspace(t.Context(), s.Scope(), func(tx *store.Tx) error {
		return tx.SetDirectoryKey(t.Context(), s.Client.ID, directory, s.Owner.ID, s.Clock.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	s.addFraud(t, amara, "amara.okonkwo", s.Owner)
	ana := s.Member(t, s.Workspace, catalog.Administrator)
	b := s.as(t, ana)
	const (
		holds   = "changes for amara.okonkwo need an administrator or owner other than"
		perhaps = "If this concerns amara.okonkwo: "
		only    = "Only then a reason is required."
		box     = `name="reason"`
	)
	for address, words := range map[string][]string{
		"create-bypass-code-for-user?user_id=" + amara: {holds, "Ask " + ana.Email},
		"update-user?user_id=" + amara: {holds,
			"To set nothing but the status Disabled needs neither."},
		"delete-user?permanent=true&user_id=" + amara: {holds},
		"enroll-user?user_id=" + amara:                {holds},
		"verify-caller?user_id=" + amara:              {holds},
		"send-activation-url?user_id=" + bob + "&phone_id=" +
			herPhone: {holds, "This phone belongs to amara.okonkwo in Duo."},
		"modify-phone?phone_id=" + herPhone: {holds,
			"This phone belongs to amara.okonkwo in Duo."},
		"modify-group?group_id=" + group: {holds,
			"amara.okonkwo is a member of this group."},
		"assign-phone-to-user?phone_id=" + hisPhone + "&user_id=" + amara: {holds},
		"create-bypass-code-for-user":                                     {perhaps, holds, only},
		"send-activation-url":                                             {perhaps, only},
		"delete-user":                                                     {perhaps, only},
		"enroll-user":                                                     {perhaps, only},
		"synchronize-users":                                               {perhaps, only},
		"admin-api-action":                                                {perhaps, only},
		"assign-phone-to-user?user_id=" + bob:                             {perhaps, only},
	} {
		p := b.get(s.org("/actions/"+address)).want(http.StatusOK,
			append(words, "amara.okonkwo reported a push as fraud")...).fine()
		if !strings.Contains(p.body, box) {
			t.Errorf("%s has no box for the reason", address)
		}
		if words[0] == holds && strings.Contains(p.text(), perhaps) {
			t.Errorf("%s names the person, and is not sure", address)
		}
	}
	for _, address := range []string{
		"create-bypass-code-for-user?user_id=" + bob, "update-user?user_id=" + bob, "delete-user?user_id=" + bob,
		"verify-caller?user_id=" + bob,
		"send-activation-url?phone_id=" + hisPhone + "&user_id=" + amara, "modify-phone?phone_id=" + hisPhone,
		"modify-group?group_id=" + other,
		"enroll-user?user_id=" + bob, "create-user", "create-phone", "update-user", "delete-bypass-code", "list-users",
		"delete-user?user_id=" + amara, "delete-bypass-code?user_id=" + amara + "&bypass_code_id=" + code,
	} {
		if p := b.get(s.org("/actions/" + address)).want(http.StatusOK).wantNot("as fraud"); strings.Contains(
			p.body, box) {
			t.Errorf("%s has a box for the reason", address)
		}
	}
	b.get(s.org("/settings")).want(http.StatusOK).wantNot("as fraud")
	// A review knows what is to be changed.
	b.get(s.org("/actions/update-user?user_id="+amara)).form("Review changes").set("status",
		"disabled").send().want(http.StatusOK, "Save 1 change").wantNot("as fraud")
	b.get(s.org("/actions/update-user?user_id="+bob)).form("Review changes").set("notes",
		"x").send().want(http.StatusOK, "Save 1 change").wantNot("as fraud")
	// An act on somebody else that is held back says why.
	const alias = "“amara” is a username or an alias of amara.okonkwo in Duo."
	b.get(s.org("/actions/update-user?user_id="+bob)).form("Review changes").set("aliases",
		"amara").send().want(http.StatusOK, "Save 1 change", holds, alias)
	p := b.get(s.org("/actions/create-user")).form("Create user").set("username",
		"Amara").send().want(http.StatusUnprocessableEntity, holds, "“Amara” is a username or an alias",
		"You may decide: give a reason.")
	if !strings.Contains(p.body, box) {
		t.Error("a form that needs a reason has no box for it")
	}
	// Where nobody else can decide, the form says so, as the user's page does.
	const alone = "There is no other administrator or owner"
	s.Exec(t, `update membership set role = 'technician' where operator_id = $1`, ana.ID)
	owner := s.as(t, s.Owner)
	owner.get(s.org("/users/"+amara)).want(http.StatusOK, alone)
	owner.get(s.org("/actions/create-bypass-code-for-user?user_id="+amara)).want(http.StatusOK, holds, alone)
	// Duo does not say what is hers: only what is known by name and id is sure.
	s.server.Runner = s.Over(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/bypass_codes") {
			return nil, errors.New("away")
		}
		return s.Transport.RoundTrip(r)
	}))
	owner.get(s.org("/actions/modify-phone?phone_id="+hisPhone)).want(http.StatusOK, perhaps, only)
	owner.get(s.org("/settings")).want(http.StatusOK).wantNot("as fraud")
}

// addFraud puts on record that a person reported a push of an operator just now. asked is Duo's id of the person, or a
// name.
func (s *console) addFraud(t testing.TB, asked, username string, by store.Operator) {
	t.Helper()
	s.Exec(t, `
		insert into run (workspace_id, id, organization_id, account_id, operator_id, action, subject, input, input_mac, ticket, state, summary,
			answer, asked_user, started_at, finished_at)
		values ($1, gen_random_uuid(), $2, $3, $4, 'send-duo-authentication', $6, '{}', '', '', 'refused', '', 'fraud', $7, $5, $5)`,
		s.Workspace.ID, s.Client.ID, s.Account.AccountID, by.ID, s.Clock.Now(), username, asked)
}

// TestFraudByAnotherSpellingIsSaid: a report by a name that several users can have at a login holds acts on each of
// them back, and the page of each says so.
func TestFraudByAnotherSpellingIsSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	near := s.addUser(t, duosim.UserSpec{Username: "jo@near.example"})
	far := s.addUser(t, duosim.UserSpec{Username: "joanna", Aliases: []string{`FAR\Jo`}})
	other := s.addUser(t, duosim.UserSpec{Username: "joe@near.example"})
	s.addFraud(t, "jo", "jo", s.Owner)
	const said = "jo reported a push as fraud"
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	for _, user := range []string{near, far} {
		b.get(s.org("/actions/create-bypass-code-for-user?user_id="+
			user)).form("Create code").send().want(http.StatusForbidden, said)
		b.get(s.org("/users/"+user)).want(http.StatusOK, said)
		b.get(s.org("/actions/unlock-user?user_id="+user)).want(http.StatusOK, said,
			"A login as jo can mean this user.")
	}
	b.get(s.org("/users/" + other)).want(http.StatusOK).wantNot(said)
}

// TestAskedTooOften: the fourth push within ten minutes is refused with the time
// of the next, on pages and to programs.
func TestAskedTooOften(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Type: "Mobile", Platform: "Apple iOS",
		Activated: true, UserIDs: []string{jane}})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
	for range 3 {
		sent := b.get(s.org("/actions/verify-caller?user_id=" + jane)).form("Send push")
		sent.send().want(http.StatusOK)
		pushes := s.Sim.Pushes(s.Account.AccountID)
		if err := s.Sim.AnswerPush(pushes[len(pushes)-1].ID, duosim.Deny, ""); err != nil {
			t.Fatal(err)
		}
		id := uuid.MustParse(sent.values.Get("run_id"))
		for _, changed, open := s.Desk.Runner.Live(s.Scope(), id); open; _, changed,
			open = s.Desk.Runner.Live(s.Scope(), id) {
			<-changed
		}
	}
	pushes := len(s.Sim.Pushes(s.Account.AccountID))
	p := b.get(s.org("/actions/verify-caller?user_id="+jane)).form("Send push").send().want(http.StatusTooManyRequests,
		"asked 3 times in the last 10 minutes", "The next push can be sent at ").fine()
	if wait, err := strconv.Atoi(p.header.Get("Retry-After")); err != nil || wait < 500 || wait > 600 {
		t.Errorf("Retry-After: %q", p.header.Get("Retry-After"))
	}
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	push := map[string]any{"run_id": uuid.NewString(),
		"fields": map[string]any{"user_id": jane, "phone_id": s.Sim.Pushes(s.Account.AccountID)[0].PhoneID}}
	refused := s.stranger(t).call(token, http.MethodPost, s.apiOrg("/actions/verify-caller"), push)
	if refused.wantProblem(http.StatusTooManyRequests, "push_limit"); refused.header.Get("Retry-After") == "" ||
		len(s.Sim.Pushes(s.Account.AccountID)) != pushes {
		t.Error("a program is not told when to ask again, or a push was sent")
	}
}

func csvRows(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
