package run_test

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// victim is a user of the Desk with one of everything, and another beside.
type victim struct {
	*runtest.Desk
	user, phone, code, token, credential, group string
	other, spare                                string // a user and a phone of nobody's concern
	sender                                      store.Operator
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	d, user, phone := asked(t)
	v := &victim{Desk: d, user: user, phone: phone, sender: d.Member(t, d.Workspace, catalog.Technician)}
	a := d.Account.AccountID
	v.code = d.Sim.AddBypassCode(a, user, duosim.BypassSpec{})
	v.token = d.Sim.AddToken(a, duosim.TokenSpec{Serial: "1", UserIDs: []string{user}})
	v.credential = d.Sim.AddCredential(a, duosim.CredentialSpec{UserID: user})
	v.group = d.Sim.AddGroup(a, "Staff", "", user)
	v.other = d.Sim.AddUser(a, duosim.UserSpec{Username: "bob"})
	v.spare = d.Sim.AddPhone(a, duosim.PhoneSpec{Number: "+12025550177", Type: "Mobile", Platform: "Apple iOS",
		UserIDs: []string{v.other}})
	return v
}

// reportFraud sends the victim a push, by an operator, that is reported as fraud.
func (v *victim) reportFraud(t *testing.T, by store.Operator, slug string, fields form) store.Run {
	t.Helper()
	q := v.Request(t, catalog.Helpdesk, slug, fields)
	q.Actor = run.Actor{Operator: by.ID, Role: catalog.Technician}
	if _, err := v.Do(t, q); err != nil {
		t.Fatal(err)
	}
	pushes := v.Sim.Pushes(v.Account.AccountID)
	if err := v.Sim.AnswerPush(pushes[len(pushes)-1].ID, duosim.Fraud, ""); err != nil {
		t.Fatal(err)
	}
	got := wait(t, v.Desk, q.ID)
	if got.Answer != "fraud" {
		t.Fatalf("%+v", got)
	}
	return got
}

func (v *victim) verify() form { return form{"user_id": v.user, "phone_id": v.phone} }

// by asks for an action as an operator.
func (v *victim) by(t *testing.T, o store.Operator, role catalog.Role, slug string, fields form) run.Request {
	t.Helper()
	q := v.Request(t, role, slug, fields)
	q.Actor = run.Actor{Operator: o.ID, Role: role}
	return q
}

// deeds are acts on the victim, by every way in which one can be named.
func (v *victim) deeds() map[string][2]any {
	raw := func(method, path, params string) [2]any {
		return [2]any{"admin-api-action", form{"method": method, "path": path, "params": params, "confirm": path}}
	}
	return map[string][2]any{
		"a bypass code": {"create-bypass-code-for-user",
			form{"user_id": v.user, "preserve_existing": "true"}},
		"a name":                       {"update-user", form{"user_id": v.user, "realname": "x"}},
		"a status with something else": {"update-user", form{"user_id": v.user, "status": "disabled", "notes": "x"}},
		"enabled":                      {"update-user", form{"user_id": v.user, "status": "active"}},
		"unlocked":                     {"unlock-user", form{"user_id": v.user}},
		"restored":                     {"restore-user", form{"user_id": v.user}},
		"deleted for good":             {"delete-user", form{"user_id": v.user, "permanent": "true", "confirm": "ada"}},
		"an activation":                {"send-activation-url", form{"phone_id": v.phone}},
		"an activation by SMS":         {"send-activation-by-sms", form{"phone_id": v.phone}},
		"passcodes by SMS":             {"send-passcode-by-sms", form{"phone_id": v.phone}},
		"a phone's number":             {"modify-phone", form{"phone_id": v.phone, "number": "+12025550199"}},
		"a phone deleted":              {"delete-phone-by-id", form{"phone_id": v.phone}},
		"a phone for another":          {"assign-phone-to-user", form{"user_id": v.other, "phone_id": v.phone}},
		"another's phone":              {"assign-phone-to-user", form{"user_id": v.user, "phone_id": v.spare}},
		"a phone taken away":           {"un-assign-phone-from-user", form{"user_id": v.user, "phone_id": v.phone}},
		"a phone made":                 {"create-phone", form{"user_id": v.user, "number": "+12025550198"}},
		"a token":                      {"assign-hardware-token-to-user", form{"user_id": v.user, "token_id": v.token}},
		"a token deleted":              {"delete-hardware-token", form{"token_id": v.token}},
		"a credential deleted":         {"delete-webauthn-credential", form{"webauthnkey": v.credential}},
		"into a group":                 {"associate-group-with-user", form{"user_id": v.user, "group_id": v.group}},
		"out of a group":               {"disassociate-group-from-user", form{"user_id": v.user, "group_id": v.group}},
		"a group of theirs":            {"modify-group", form{"group_id": v.group, "desc": "x"}},
		"a group of theirs deleted":    {"delete-group", form{"group_id": v.group}},
		"enrolled by name":             {"enroll-user", form{"username": "ADA", "email": "x@client.example"}},
		"made again":                   {"create-user", form{"username": "ada"}},
		"another by their name":        {"create-user", form{"username": "new", "aliases": "one\nada"}},
		"a name for another":           {"update-user", form{"user_id": v.other, "aliases": " ada "}},
		"another verification":         {"verify-caller", v.verify()},
		"another push":                 {"send-duo-authentication", form{"user_id": v.user, "factor": "push"}},
		"another push, by name":        {"send-duo-authentication", form{"username": `CLIENT\Ada`, "factor": "push"}},
		"a passcode checked": {"send-duo-authentication",
			form{"username": "ada", "factor": "passcode", "passcode": "123456"}},
		"a raw call":             raw("post", "/admin/v1/users/"+v.user+"/bypass_codes", "count=1"),
		"a raw call on a phone":  raw("post", "/admin/v1/phones/"+v.phone+"/activation_url", ""),
		"a raw call with a list": raw("post", "/admin/v1/users/bulk_restore", "user_id_list=[\""+v.user+"\"]"),
		"a raw call on a name":   raw("post", "/admin/v1/users/enroll", "username=ada\nemail=x@client.example"),
		"a raw call within a call": raw("post", "/admin/v1/bulk",
			`{"operations": [{"method": "POST", "path": "/admin/v1/users/`+v.other+
				`", "body": {"realname": "x"}}, {"method": "POST", "path": "/admin/v1/users/`+v.user+
				`", "body": {"status": "bypass"}}]}`),
		"a raw call within a text": raw("post", "/admin/v1/users/bulk_create",
			`{"users": "[{\"username\": \"ada\"}]"}`),
	}
}

// TestFraudHoldsBack: after a push that was reported as fraud, acts on that person
// need an administrator other than who sent it, and a reason, for an hour.
func TestFraudHoldsBack(t *testing.T) {
	t.Parallel()
	for name, push := range map[string]func(*victim) (string, form){
		"verification": func(v *victim) (string, form) { return "verify-caller", v.verify() },
		"authentication, by name": func(v *victim) (string, form) {
			return "send-duo-authentication", form{"username": "Ada", "factor": "push"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVictim(t)
			slug, fields := push(v)
			reported := v.reportFraud(t, v.sender, slug, fields)
			admin := v.Member(t, v.Workspace, catalog.Administrator)
			effects, known := len(v.Sim.Ledger()), runs(t, v.Desk)
			held := func(what string, o store.Operator, role catalog.Role, deed [2]any, reason string) *run.HeldBack {
				t.Helper()
				q := v.by(t, o, role, deed[0].(string), deed[1].(form))
				if q.Action.LeastRole(q.Input) > role {
					return nil
				}
				q.Reason = reason
				var h *run.HeldBack
				if _, err := v.Do(t, q); !errors.As(err, &h) ||
					h.NeedsReason == errors.Is(err, run.ErrForbidden) {
					t.Errorf("%s, by %s: %v", what, role, err)
				}
				return h
			}
			judged := 0
			for what, deed := range v.deeds() {
				h := held(what, v.sender, catalog.Technician, deed, "I am sure")
				if h != nil && (h.NeedsReason || h.Fraud.ID != reported.ID || h.Fraud.Operator != v.sender.Email ||
					!slices.Equal(h.Ask, slices.Sorted(slices.Values([]string{admin.Email, v.Owner.Email})))) {
					t.Errorf("%s: %+v", what, h)
				}
				if h := held(what, admin, catalog.Administrator, deed, ""); h != nil {
					if judged++; !h.NeedsReason {
						t.Errorf("%s, by an administrator without a reason: %+v", what, h)
					}
				}
			}
			// Who sent the push decides nothing, in whatever role.
			v.Exec(t, `update membership set role = 'owner' where operator_id = $1`, v.sender.ID)
			for what, deed := range v.deeds() {
				if h := held(what, v.sender, catalog.Owner, deed, "I am sure"); h == nil || h.NeedsReason {
					t.Errorf("%s, by who sent the push, as an owner: %+v", what, h)
				}
			}
			if judged < 35 || len(v.Sim.Ledger()) != effects || runs(t, v.Desk) != known {
				t.Errorf("%d judged, %d runs recorded, done in Duo: %+v", judged, runs(t, v.Desk)-known,
					v.Sim.Ledger()[effects:])
			}
		})
	}
}

// TestFraudToldLateHoldsBack: a report of fraud counts, also where the run of the
// push was closed before it came.
func TestFraudToldLateHoldsBack(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	allow := v.RefuseClosing(t, v.Workspace)
	q := v.by(t, v.sender, catalog.Technician, "verify-caller", v.verify())
	if _, err := v.Do(t, q); err != nil {
		t.Fatal(err)
	}
	if err := v.Sim.AnswerPush(pushOf(t, v.Desk).ID, duosim.Fraud, ""); err != nil {
		t.Fatal(err)
	}
	allow(`update run set state = 'unknown', summary = 'Nobody knows.', finished_at = now() where id = '` +
		q.ID.String() + `'`)
	eventually(t, "the report is on record", func() bool { return len(lateResults(t, v.Desk)) == 1 })
	var held *run.HeldBack
	code := v.by(t, v.sender, catalog.Technician, "create-bypass-code-for-user",
		form{"user_id": v.user, "preserve_existing": "true"})
	if _, err := v.Do(t, code); !errors.As(err, &held) || held.Fraud.OperatorID != v.sender.ID {
		t.Errorf("after a report of fraud that came late: %v, %+v", err, held)
	}
	// Three pushes are allowed: the late result is none.
	admin := v.Member(t, v.Workspace, catalog.Administrator)
	for range 2 {
		q := v.by(t, admin, catalog.Administrator, "verify-caller", v.verify())
		q.Reason = "They called back"
		if _, err := v.Do(t, q); err != nil {
			t.Fatal(err)
		}
		pushes := v.Sim.Pushes(v.Account.AccountID)
		if err := v.Sim.AnswerPush(pushes[len(pushes)-1].ID, duosim.Deny, ""); err != nil {
			t.Fatal(err)
		}
		wait(t, v.Desk, q.ID)
	}
}

// TestWhoDecidesAfterFraud: the record says who decided and why, where nobody else
// could the same person, and after an hour nothing is held back.
func TestWhoDecidesAfterFraud(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	code := form{"user_id": v.user, "preserve_existing": "true"}
	v.reportFraud(t, v.Owner, "verify-caller", v.verify())
	do := func(o store.Operator, role catalog.Role, reason string) (store.Run, error) {
		q := v.by(t, o, role, "create-bypass-code-for-user", code)
		q.Reason, q.Scope = reason, store.Within(v.Workspace.ID, v.Client.ID)
		_, err := v.Do(t, q)
		if err != nil {
			return store.Run{}, err
		}
		return v.Record(t, q.ID), nil
	}
	held := func(what string, err error, needsReason bool, ask ...string) {
		t.Helper()
		var h *run.HeldBack
		if !errors.As(err, &h) || h.NeedsReason != needsReason || !slices.Equal(h.Ask, ask) {
			t.Errorf("%s: %v %+v", what, err, h)
		}
	}
	// The owner is alone.
	_, err := do(v.Owner, catalog.Owner, "")
	held("alone, without a reason", err, true)
	got, err := do(v.Owner, catalog.Owner, "Called back on the number on file")
	if err != nil || got.AfterFraud != store.BySame || got.Reason != "Called back on the number on file" {
		t.Errorf("alone, with a reason: %+v %v", got, err)
	}
	// Members who may not decide change nothing: of another role, disabled, elsewhere.
	elsewhere := v.Organizations(t, v.Workspace, "Elsewhere")[0]
	disabled, gone := v.Member(t, v.Workspace, catalog.Administrator), v.Member(t, v.Workspace, catalog.Owner)
	v.Exec(t, `update membership set disabled_at = now() where operator_id = $1`, disabled.ID)
	v.Exec(t, `update operator set disabled_at = now() where id = $1`, gone.ID)
	v.Member(t, v.Workspace, catalog.Administrator, elsewhere.ID)
	if got, err := do(v.Owner, catalog.Owner, "Nobody else can"); err != nil || got.AfterFraud != store.BySame {
		t.Errorf("nobody else can decide here: %+v %v", got, err)
	}
	admin := v.Member(t, v.Workspace, catalog.Administrator, v.Client.ID)
	_, err = do(v.Owner, catalog.Owner, "I am sure")
	held("with an administrator beside", err, false, admin.Email)
	_, err = do(admin, catalog.Administrator, "")
	held("the administrator, without a reason", err, true, admin.Email)
	if got, err := do(admin, catalog.Administrator, "Met in person"); err != nil || got.AfterFraud != store.ByAnother ||
		got.Reason != "Met in person" {
		t.Errorf("the administrator, with one: %+v %v", got, err)
	}
	// Who is an administrator no more when it is committed does not decide.
	v.Exec(t, `update membership set role = 'technician' where operator_id = $1`, admin.ID)
	_, err = do(admin, catalog.Administrator, "Met in person")
	held("demoted meanwhile", err, false)
	v.Exec(t, `update membership set role = 'admin' where operator_id = $1`, admin.ID)
	// One who sent a push that was reported as well is no other.
	v.Clock.Move(11 * time.Minute)
	q := v.by(t, admin, catalog.Administrator, "verify-caller", v.verify())
	q.Reason, q.Scope = "Asked again on the phone", store.Within(v.Workspace.ID, v.Client.ID)
	if _, err := v.Do(t, q); err != nil {
		t.Fatal(err)
	}
	pushes := v.Sim.Pushes(v.Account.AccountID)
	if err := v.Sim.AnswerPush(pushes[len(pushes)-1].ID, duosim.Fraud, ""); err != nil {
		t.Fatal(err)
	}
	wait(t, v.Desk, q.ID)
	if got, err := do(admin, catalog.Administrator, "Sure"); err != nil || got.AfterFraud != store.BySame {
		t.Errorf("both sent pushes that were reported: %+v %v", got, err)
	}
	// An hour after the last report it is over; a reason that is given is kept.
	v.Clock.Move(run.FraudHold + time.Minute)
	if got, err := do(v.sender, catalog.Technician, ""); err != nil || got.AfterFraud != "" {
		t.Errorf("an hour later: %+v %v", got, err)
	}
}

// TestWhatFraudDoesNotHoldBack: what is read, what is about others, and what only
// takes access away.
func TestWhatFraudDoesNotHoldBack(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	v.reportFraud(t, v.sender, "verify-caller", v.verify())
	for what, deed := range map[string]run.Request{
		"reading the user": v.by(t, v.sender, catalog.Technician, "get-user", form{"user_id": v.user}),
		"reading by a raw call": v.by(t, v.Owner, catalog.Owner, "admin-api-action",
			form{"method": "get", "path": "/admin/v1/users/" + v.user}),
		"a code for another": v.by(t, v.sender, catalog.Technician, "create-bypass-code-for-user",
			form{"user_id": v.other}),
		"another's phone": v.by(t, v.sender, catalog.Technician, "send-activation-url",
			form{"phone_id": v.spare}),
		"another into the group": v.by(t, v.sender, catalog.Technician, "associate-group-with-user",
			form{"user_id": v.other, "group_id": v.group}),
		"a new user": v.by(t, v.sender, catalog.Technician, "create-user", form{"username": "adam"}),
		"a bypass code deleted": v.by(t, v.sender, catalog.Technician, "delete-bypass-code",
			form{"bypass_code_id": v.code}),
		"the user disabled": v.by(t, v.sender, catalog.Technician, "update-user",
			form{"user_id": v.user, "status": "disabled"}),
	} {
		if _, err := v.Do(t, deed); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if r := v.Record(t, deed.ID); r.State != store.Applied || r.AfterFraud != "" {
			t.Errorf("%s: %+v", what, r)
		}
	}
	if _, err := v.Do(t, v.by(t, v.sender, catalog.Technician, "delete-user",
		form{"user_id": v.user})); err != nil {
		t.Errorf("to the trash: %v", err)
	}
	// In the trash, and by another organization that has the account now, too.
	var held *run.HeldBack
	if _, err := v.Do(t, v.by(t, v.sender, catalog.Technician, "restore-user",
		form{"user_id": v.user})); !errors.As(err, &held) {
		t.Errorf("out of the trash: %v", err)
	}
	beta := v.Organizations(t, v.Workspace, "Beta")[0]
	connected(t, v.Desk, v.Client, "", v.Account)
	q := v.by(t, v.sender, catalog.Technician, "restore-user", form{"user_id": v.user})
	q.Organization = connected(t, v.Desk, beta, store.Child, v.Account)
	q.Scope = store.Within(v.Workspace.ID, beta.ID)
	if _, err := v.Do(t, q); !errors.As(err, &held) {
		t.Errorf("by another organization: %v", err)
	}
}

// TestFraudReportedMeanwhile: the answer is there before the run is committed.
func TestFraudReportedMeanwhile(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	var once sync.Once
	runner := v.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		// The request was let in, and asks Duo which user the name means.
		once.Do(func() { v.reportFraud(t, v.sender, "verify-caller", v.verify()) })
		return v.Transport.RoundTrip(r)
	}))
	pushes := len(v.Sim.Pushes(v.Account.AccountID))
	var held *run.HeldBack
	if _, err := v.DoBy(t, runner, v.by(t, v.sender, catalog.Technician, "send-duo-authentication",
		form{"username": "ada", "factor": "push"})); !errors.As(err, &held) {
		t.Errorf("%v", err)
	}
	if n := len(v.Sim.Pushes(v.Account.AccountID)); n != pushes+1 {
		t.Errorf("%d pushes were sent", n-pushes)
	}
}
