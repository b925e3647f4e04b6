package run_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// TestActivationByHelpDeskTakesAVerification: a link that activates Duo Mobile gives a lasting factor.
// A help desk makes one within 15 minutes of a verification that the phone's user approved on a phone
// activated over a day ago; a technician always may.
func TestActivationByHelpDeskTakesAVerification(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		activated time.Duration // ago, of the phone that approves
		answer    string
		then      func(*testing.T, *runtest.Desk, string, string) // with the user and the phone that approved
		may       bool
	}{
		"approved": {48 * time.Hour, duosim.Approve, nil, true},
		"14 minutes ago": {48 * time.Hour, duosim.Approve,
			func(_ *testing.T, d *runtest.Desk, _, _ string) { d.Clock.Move(14 * time.Minute) }, true},
		"16 minutes ago": {48 * time.Hour, duosim.Approve,
			func(_ *testing.T, d *runtest.Desk, _, _ string) { d.Clock.Move(16 * time.Minute) }, false},
		"a phone of today": {23 * time.Hour, duosim.Approve, nil, false},
		"denied":           {48 * time.Hour, duosim.Deny, nil, false},
		"the phone was activated again": {48 * time.Hour, duosim.Approve,
			func(_ *testing.T, d *runtest.Desk, _, phone string) {
				d.Sim.ActivatePhone(d.Account.AccountID, phone)
			}, false},
		"the phone was taken away": {48 * time.Hour, duosim.Approve,
			func(t *testing.T, d *runtest.Desk, user, phone string) {
				act(t, d, catalog.Technician, "un-assign-phone-from-user", form{"user_id": user, "phone_id": phone})
			}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := runtest.New(t)
			id := d.Account.AccountID
			user := d.Sim.AddUser(id, duosim.UserSpec{Username: "ada"})
			old := d.Sim.AddPhone(id, duosim.PhoneSpec{Name: "old", Activated: true,
				ActivatedAt: d.Clock.Now().Add(-c.activated), UserIDs: []string{user}})
			fresh := d.Sim.AddPhone(id, duosim.PhoneSpec{Number: "+12025550143", Type: "Mobile", Platform: "Apple iOS",
				UserIDs: []string{user}})
			needsTechnician(t, d, form{"phone_id": fresh})

			q := d.Request(t, catalog.Helpdesk, "verify-caller", form{"user_id": user, "phone_id": old})
			if _, err := d.Do(t, q); err != nil {
				t.Fatal(err)
			}
			needsTechnician(t, d, form{"phone_id": fresh}) // nobody has answered yet
			if err := d.Sim.AnswerPush(pushOf(t, d).ID, c.answer, ""); err != nil {
				t.Fatal(err)
			}
			wait(t, d, q.ID)
			if c.then != nil {
				c.then(t, d, user, old)
			}
			if !c.may {
				needsTechnician(t, d, form{"phone_id": fresh})
				act(t, d, catalog.Technician, "send-activation-url", form{"phone_id": fresh})
				return
			}
			// Verified was this user alone.
			other := d.Sim.AddUser(id, duosim.UserSpec{Username: "bea"})
			shared := d.Sim.AddPhone(id, duosim.PhoneSpec{Number: "+12025550144", Type: "Mobile", Platform: "Apple iOS",
				UserIDs: []string{user, other}})
			nobodys := d.Sim.AddPhone(id, duosim.PhoneSpec{Number: "+12025550145", Type: "Mobile",
				Platform: "Apple iOS"})
			needsTechnician(t, d, form{"phone_id": shared})
			needsTechnician(t, d, form{"phone_id": nobodys})
			for _, slug := range []string{"send-activation-url", "send-activation-by-sms"} {
				if done := act(t, d, catalog.Helpdesk, slug, form{"phone_id": fresh}); len(done.Result.Secrets) == 0 {
					t.Error("no link by ", slug)
				}
			}
		})
	}
}

// needsTechnician makes links in a way that takes a technician: nothing is changed, and the run says so.
func needsTechnician(t *testing.T, d *runtest.Desk, f form) {
	t.Helper()
	for _, slug := range []string{"send-activation-url", "send-activation-by-sms"} {
		before := len(d.Sim.Ledger())
		q := d.Request(t, catalog.Helpdesk, slug, f)
		var needed *catalog.RoleError
		if _, err := d.Do(t, q); !errors.As(err, &needed) || needed.Least != catalog.Technician ||
			len(d.Sim.Ledger()) != before {
			t.Errorf("%s: %v", slug, err)
		}
		if record := d.Record(t, q.ID); record.State != store.Refused ||
			!strings.HasPrefix(record.Summary, "Not done. Requires the Technician role: ") {
			t.Errorf("%s: recorded as %s: %q", slug, record.State, record.Summary)
		}
	}
}

// TestLinksThatDoNotLeadToDuoAreNotShown: anyone who opens one would enroll elsewhere.
func TestLinksThatDoNotLeadToDuoAreNotShown(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	phone := d.Sim.AddPhone(d.Account.AccountID, duosim.PhoneSpec{Number: "+12025550143", Type: "Mobile",
		Platform: "Apple iOS"})
	through := func(replace func(string) string) *run.Runner {
		return d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
			resp, err := d.Transport.RoundTrip(r)
			if err == nil && r.Method == http.MethodPost {
				text, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				body := replace(string(text))
				resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			}
			return resp, err
		}))
	}
	number := strings.TrimPrefix(d.Account.APIHostname, "api-")
	for _, slug := range []string{"send-activation-url", "send-activation-by-sms"} {
		for _, elsewhere := range []string{"m-evil.example", "m-" + number + ".evil.example",
			"m-" + number + "@evil.example", "m-" + number + ":444", "evil" + number[strings.Index(number, ".")+1:]} {
			runner := through(func(text string) string {
				return strings.ReplaceAll(text, "https://m-"+number, "https://"+elsewhere)
			})
			done, err := d.DoBy(t, runner, d.Request(t, catalog.Technician, slug,
				form{"phone_id": phone, "install": "on"}))
			if err != nil || len(done.Result.Secrets) != 0 ||
				!strings.HasSuffix(done.Run.Summary, "It is not shown: it does not lead to Duo.") {
				t.Errorf("%s to %s: %d secrets, %q, %v", slug, elsewhere, len(done.Result.Secrets),
					done.Run.Summary, err)
			}
		}
		if done := act(t, d, catalog.Technician, slug,
			form{"phone_id": phone, "install": "on"}); len(done.Result.Secrets) < 2 {
			t.Error(slug, done.Result.Secrets)
		}
	}
}
