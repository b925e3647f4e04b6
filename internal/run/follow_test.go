package run_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// authKeys gives the Desk's Client an Auth API application of its own account.
func authKeys(t *testing.T, d *runtest.Desk) {
	t.Helper()
	app := d.Sim.AddApplication(d.Account.AccountID, duosim.AuthAPI)
	refused, _, err := d.Setup().SaveKeys(t.Context(), d.Scope(), d.Actor(catalog.Administrator),
		setup.OfOrganization(d.Client, store.AuthAPI), map[string]string{
			"ownauth_host": d.Account.APIHostname, "ownauth_integration_key": app.IntegrationKey,
			"ownauth_secret_key": app.SecretKey,
		})
	if err != nil || refused != nil {
		t.Fatal("saving Auth API keys: ", refused, err)
	}
}

// asked is a Desk whose user has an activated phone and can be asked.
func asked(t *testing.T) (d *runtest.Desk, user, phone string) {
	t.Helper()
	d = runtest.New(t)
	user = d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "ada"})
	phone = d.Sim.AddPhone(d.Account.AccountID, duosim.PhoneSpec{Number: "+12025550143", Type: "Mobile",
		Platform: "Apple iOS", Activated: true, UserIDs: []string{user}})
	authKeys(t, d)
	return d, user, phone
}

// wait returns the record of a followed run once it is closed.
func wait(t *testing.T, d *runtest.Desk, id uuid.UUID) store.Run {
	t.Helper()
	patience := time.After(20 * time.Second)
	for {
		live, changed, ok := d.Runner.Live(d.Scope(), id)
		if !ok {
			return d.Record(t, id)
		}
		select {
		case <-changed:
		case <-patience:
			t.Fatalf("the run is still open: %+v", live)
		}
	}
}

// pushOf is the one push or call that is on its way.
func pushOf(t *testing.T, d *runtest.Desk) duosim.Push {
	t.Helper()
	pushes := d.Sim.Pushes(d.Account.AccountID)
	if len(pushes) != 1 {
		t.Fatalf("%d pushes are on their way", len(pushes))
	}
	return pushes[0]
}

func TestSendDuoAuthentication(t *testing.T) {
	t.Parallel()
	answer := func(how string) func(*testing.T, *runtest.Desk) {
		return func(t *testing.T, d *runtest.Desk) {
			if err := d.Sim.AnswerPush(pushOf(t, d).ID, how, ""); err != nil {
				t.Error(err)
			}
		}
	}
	for _, test := range []struct {
		name                 string
		form                 form
		meanwhile            func(*testing.T, *runtest.Desk)
		state, answer, words string
	}{
		{"approved", form{"factor": "push"}, answer(duosim.Approve), store.Applied, "approved",
			"Sent a push. Approved."},
		{"denied", form{"factor": "push"}, answer(duosim.Deny), store.Refused, "denied",
			"Sent a push. Denied. Duo says: Login request denied."},
		{"fraud", form{"factor": "push", "device": "auto"}, answer(duosim.Fraud), store.Refused, "fraud",
			"reported as fraud"},
		{"no answer", form{"factor": "push"}, func(_ *testing.T, d *runtest.Desk) { d.Sim.MoveClock(time.Minute) },
			store.Refused, "timeout", "No answer within 1 minute."},
		{"call", form{"factor": "phone"}, answer(duosim.Approve), store.Applied, "approved",
			"Called the phone. Approved."},
		{"no key pressed", form{"factor": "phone"}, answer(duosim.Deny), store.Refused, "denied",
			"No keypress detected"},
		{"SMS", form{"factor": "sms"}, nil, store.Applied, "sent", "New passcodes are on their way by SMS."},
		{"good passcode", form{"factor": "passcode", "passcode": "900900900"}, nil, store.Applied, "approved",
			"Checked a passcode. Allowed"},
		{"wrong passcode", form{"factor": "passcode", "passcode": "111111"}, nil, store.Refused, "denied",
			"Incorrect passcode"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, user, _ := asked(t)
			d.Sim.AddBypassCode(d.Account.AccountID, user, duosim.BypassSpec{Code: "900900900"})
			test.form["user_id"] = user
			q := d.Request(t, catalog.Helpdesk, "send-duo-authentication", test.form)
			q.Ticket = "T-1"
			done, err := d.Do(t, q)
			if err != nil || done.Run.State != store.Sending {
				t.Fatalf("%+v %v", done.Run, err)
			}
			if open := d.Record(t, q.ID); test.meanwhile != nil &&
				(open.State != store.Sending || open.Subject != "ada") {
				t.Errorf("while the person is asked, the record says %+v", open)
			}
			if test.meanwhile != nil {
				test.meanwhile(t, d)
			}
			got := wait(t, d, q.ID)
			if got.State != test.state || got.Answer != test.answer || !strings.Contains(got.Summary, test.words) ||
				got.Subject != "ada" || got.FinishedAt == nil {
				t.Errorf("the record says %+v", got)
			}
			if passcode := test.form["passcode"]; passcode != "" &&
				(got.Input["passcode"] != "" || strings.Contains(got.Summary, passcode)) {
				t.Errorf("the record holds the passcode: %+v", got)
			}
		})
	}
}

// TestANameOfMarksIsSomeone: a username of which nothing is left when two spellings are
// compared is asked too, and its pushes count.
func TestANameOfMarksIsSomeone(t *testing.T) {
	t.Parallel()
	d, _, _ := asked(t)
	const name = "\u00b4"
	user := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: name})
	d.Sim.AddPhone(d.Account.AccountID, duosim.PhoneSpec{Number: "+12025550144", Type: "Mobile", Platform: "Apple iOS",
		Activated: true, UserIDs: []string{user}})
	for n := range 4 {
		q := d.Request(t, catalog.Helpdesk, "send-duo-authentication", form{"username": name})
		_, err := d.Do(t, q)
		if tooMany := errors.As(err, new(*run.TooManyPushes)); tooMany != (n == 3) || !tooMany && err != nil {
			t.Fatalf("push %d: %v", n+1, err)
		}
	}
}

func TestALockedOutUserIsToldApart(t *testing.T) {
	t.Parallel()
	d, _, _ := asked(t)
	locked := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "bob", Status: duosim.LockedOut})
	q := d.Request(t, catalog.Helpdesk, "send-duo-authentication",
		form{"user_id": locked, "factor": "passcode", "passcode": "123456"})
	if _, err := d.Do(t, q); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, d, q.ID); got.State != store.Refused || got.Answer != "locked_out" ||
		!strings.Contains(got.Summary, "locked out") {
		t.Errorf("%+v", got)
	}
}

func TestVerifyCaller(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]store.Run{
		duosim.Approve: {State: store.Applied, Answer: "approved"},
		duosim.Deny:    {State: store.Refused, Answer: "denied"},
		duosim.Fraud:   {State: store.Refused, Answer: "fraud"},
		"":             {State: store.Refused, Answer: "timeout"},
	} {
		t.Run("answer "+how, func(t *testing.T) {
			t.Parallel()
			d, user, phone := asked(t)
			q := d.Request(t, catalog.Helpdesk, "verify-caller", form{"user_id": user, "phone_id": phone})
			done, err := d.Do(t, q)
			if err != nil {
				t.Fatal(err)
			}
			push := pushOf(t, d)
			if len(done.Result.Secrets) != 1 || done.Result.Secrets[0].Value != push.Code || done.Expires.IsZero() {
				t.Errorf("shown: %+v", done.Result)
			}
			// The same form again sends nothing, and shows no code.
			again, err := d.Do(t, q)
			var already *run.AlreadyRun
			if !errors.As(err, &already) || already.Run.State != store.Sending || len(again.Result.Secrets) != 0 {
				t.Errorf("sent twice: %+v %v", again, err)
			}
			pushOf(t, d)
			if how == "" {
				d.Clock.Move(2 * time.Minute)
			} else if err := d.Sim.AnswerPush(push.ID, how, ""); err != nil {
				t.Fatal(err)
			}
			got := wait(t, d, q.ID)
			if got.State != want.State || got.Answer != want.Answer ||
				!strings.Contains(got.Summary, "Sent a verification push to +12025550143.") || got.Subject != "ada" {
				t.Errorf("the record says %+v", got)
			}
			if strings.Contains(got.Summary, push.Code) || strings.Contains(d.Log.String(), push.Code) {
				t.Error("the code is kept")
			}
		})
	}
}

func TestAPushNeedsAnActivatedPhoneOfTheUser(t *testing.T) {
	t.Parallel()
	d, user, _ := asked(t)
	for name, spec := range map[string]duosim.PhoneSpec{
		"not activated": {Number: "+12025550144", Type: "Mobile", UserIDs: []string{user}},
		"another's":     {Number: "+12025550145", Type: "Mobile", Activated: true},
	} {
		q := d.Request(t, catalog.Helpdesk, "verify-caller",
			form{"user_id": user, "phone_id": d.Sim.AddPhone(d.Account.AccountID, spec)})
		var fault *catalog.FieldError
		if _, err := d.Do(t, q); !errors.As(err, &fault) || fault.Field != "phone_id" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(d.Sim.Pushes(d.Account.AccountID)); n != 0 {
		t.Errorf("%d pushes were sent", n)
	}
}

// TestAuthKeysNeverStandIn: the workspace's own serve its own account and no
// other; an organization's serve that organization as it is connected.
func TestAuthKeysNeverStandIn(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	check := func(o store.Organization) error {
		q := d.Request(t, catalog.Auditor, "check-auth-api-credentials", nil)
		q.Organization = o
		_, err := d.Do(t, q)
		return err
	}
	var unconnected *run.NotConnected
	if err := check(d.Client); !errors.As(err, &unconnected) || !unconnected.Own {
		t.Errorf("without keys of its own: %v", err)
	}
	authKeys(t, d)
	if err := check(d.Client); err != nil {
		t.Errorf("with keys of its own: %v", err)
	}
	elsewhere := d.Sim.AddChild(d.Parent.AccountID, "Elsewhere")
	app := d.Sim.AddApplication(elsewhere.AccountID, duosim.AuthAPI)
	save := func(o store.Organization, host, key, secret string) string {
		refused, _, err := d.Setup().SaveKeys(t.Context(), d.Scope(), d.Actor(catalog.Administrator),
			setup.OfOrganization(o, store.AuthAPI),
			map[string]string{"ownauth_host": host, "ownauth_integration_key": key, "ownauth_secret_key": secret})
		if err != nil || refused == nil {
			t.Fatalf("%s was saved: %v", host, err)
		}
		return refused.Faults[0].Message
	}
	if got := save(d.Client, elsewhere.APIHostname, app.IntegrationKey, app.SecretKey); !strings.Contains(got,
		"another Duo account") {
		t.Error("keys of another account: ", got)
	}
	nine := d.NineFields()
	if got := save(d.Client, d.Account.APIHostname, nine["auth_integration_key"],
		nine["auth_secret_key"]); !strings.Contains(got, "workspace's own Auth API") {
		t.Error("keys of the workspace: ", got)
	}

	// Connected with another account, the keys of the one before are gone.
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(catalog.Administrator), d.Client, store.Child,
		elsewhere.AccountID); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	moved := again(t, d, d.Client)
	if err := check(moved); !errors.As(err, &unconnected) {
		t.Errorf("with the keys of the account before: %v", err)
	}
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(catalog.Administrator), moved, store.Parent,
		""); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	parent := again(t, d, moved)
	if err := check(parent); err != nil {
		t.Errorf("the workspace's own account: %v", err)
	}
	if got := save(parent, parent.APIHostname, app.IntegrationKey, app.SecretKey); !strings.Contains(got,
		"workspace's Auth API keys serve it") {
		t.Error("keys beside the workspace's: ", got)
	}
}

// TestAuthKeysOfAnotherHostAreNotUsed: however they came there.
func TestAuthKeysOfAnotherHostAreNotUsed(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	authKeys(t, d)
	d.Exec(t,
		`update integration_secret set host = $2 where workspace_id = $1 and api = 'auth' and organization_id is not null`, d.Workspace.ID, d.Parent.APIHostname)
	var unconnected *run.NotConnected
	if _, err := d.Do(t, d.Request(t, catalog.Auditor, "check-auth-api-credentials",
		nil)); !errors.As(err, &unconnected) {
		t.Error(err)
	}
}
