package run_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// TestWhatDuoAnswers makes a bypass code (two readings, then a change) under
// every fault, and compares the record with what really happened. The form is
// never sent twice; a fresh one works when the fault is over.
func TestWhatDuoAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault   duosim.Fault
		state   string
		effects int
		says    string
	}{
		{duosim.Fault{Kind: duosim.RateLimited, RetryAfter: 30 * time.Second}, store.Refused, 0, "did not do this"},
		{duosim.Fault{Kind: duosim.RateLimited, RetryAfter: time.Second, WritesOnly: true}, store.Refused, 0,
			"did not do this"},
		{duosim.Fault{Kind: duosim.PermissionRemoved, Grant: duosim.WriteResource}, store.Refused, 0,
			"does not permit"},
		{duosim.Fault{Kind: duosim.Revoked}, store.Refused, 0, "does not know this integration key"},
		{duosim.Fault{Kind: duosim.ErrorBeforeApplying}, store.Unknown, 0, "may have done this"},
		{duosim.Fault{Kind: duosim.ErrorAfterApplying}, store.Unknown, 1, "may have done this"},
		{duosim.Fault{Kind: duosim.AnswerLost}, store.Unknown, 1, "may have done this"},
		{duosim.Fault{Kind: duosim.Unavailable, WritesOnly: true}, store.Unknown, 0, "may have done this"},
		{duosim.Fault{Kind: duosim.Down, WritesOnly: true}, store.Unknown, 0, "may have done this"},
		// Here the reading before the change fails already: nothing was done.
		{duosim.Fault{Kind: duosim.Down}, store.Refused, 0, "cannot be reached"},
		{duosim.Fault{Kind: duosim.Unavailable}, store.Refused, 0, "internal error (503)"},
	} {
		name := string(test.fault.Kind)
		if test.fault.WritesOnly {
			name += ", writes only"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := runtest.New(t)
			user, _ := addUser(d, "ada")
			d.Sim.SetFault(d.Account.AccountID, test.fault)
			q := d.Request(t, catalog.Helpdesk, "create-bypass-code-for-user", form{"user_id": user})
			done, err := d.Do(t, q)
			if err == nil || done.Run.State != test.state || len(done.Result.Secrets) != 0 {
				t.Errorf("outcome %+v, %v", done, err)
			}
			record := d.Record(t, q.ID)
			if record.State != test.state || !strings.Contains(record.Summary, test.says) {
				t.Errorf("recorded as %s: %q; want %s: … %s …", record.State, record.Summary, test.state, test.says)
			}
			if test.state == store.Refused && strings.Contains(record.Summary, "may have") {
				t.Errorf("a refusal leaves doubts: %q", record.Summary)
			}

			d.Sim.SetFault(d.Account.AccountID, duosim.Fault{})
			var already *run.AlreadyRun
			if _, err := d.Do(t, q); !errors.As(err, &already) || already.Run.State != test.state {
				t.Errorf("the same form again: %v", err)
			}
			if n := len(d.Sim.Ledger()); n != test.effects {
				t.Errorf("%d effects in Duo, want %d", n, test.effects)
			}
			d.Clock.Move(test.fault.RetryAfter)
			q.ID = uuid.New()
			if _, err := d.Do(t, q); err != nil {
				t.Errorf("a fresh form: %v", err)
			}
			if n := len(d.Sim.BypassCodes(d.Account.AccountID, user)); n != test.effects+1 {
				t.Errorf("the user has %d codes, want %d", n, test.effects+1)
			}
		})
	}
}

func TestTrashRefusedDeletesNobody(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.TrashRefused})
	q := d.Request(t, catalog.Owner, "delete-user", form{"user_id": user, "confirm": "ada"})
	if _, err := d.Do(t, q); err == nil {
		t.Fatal("the trash is said to have worked")
	}
	if record := d.Record(t, q.ID); record.State != store.Refused || record.Subject != "ada" {
		t.Errorf("recorded as %s of %q", record.State, record.Subject)
	}
	found, _, err := d.Runner.User(t.Context(), d.Scope(), d.Client, user)
	if err != nil || found.Status != "active" || len(d.Sim.Ledger()) != 0 {
		t.Errorf("the user is %q, %v; effects %v", found.Status, err, d.Sim.Ledger())
	}
}

func TestTrashAndBack(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "ada", Status: duosim.Disabled})
	for _, step := range []struct{ action, status string }{{"delete-user", "pending deletion"},
		{"restore-user", "disabled"}} {
		if _, err := d.Do(t, d.Request(t, catalog.Technician, step.action,
			form{"user_id": user})); err != nil {
			t.Fatal(step.action, err)
		}
		if found, _, err := d.Runner.User(t.Context(), d.Scope(), d.Client, user); err != nil ||
			string(found.Status) != step.status {
			t.Errorf("after %s: %q, %v", step.action, found.Status, err)
		}
	}
}

// TestDeletingForGoodTakesTheTypedName: anything but the exact username sends
// nothing.
func TestDeletingForGoodTakesTheTypedName(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	for _, typed := range []string{"", "ad", "Ada", "ada.", user, "adaa"} {
		q := d.Request(t, catalog.Owner, "delete-user", form{"user_id": user, "permanent": "on", "confirm": typed})
		_, err := d.Do(t, q)
		var fault *catalog.FieldError
		if !errors.As(err, &fault) || fault.Field != "confirm" || !strings.Contains(fault.Message, "ada") {
			t.Errorf("typed %q: %v", typed, err)
		}
		if record := d.Record(t, q.ID); record.State != store.Refused ||
			!strings.HasPrefix(record.Summary, "Not done: ") {
			t.Errorf("typed %q: recorded as %s: %q", typed, record.State, record.Summary)
		}
	}
	if len(d.Sim.Ledger()) != 0 {
		t.Fatal("somebody was deleted")
	}
	q := d.Request(t, catalog.Administrator, "delete-user", form{"user_id": user, "permanent": "on", "confirm": "ada"})
	if _, err := d.Do(t, q); err != nil {
		t.Fatal(err)
	}
	if ledger := d.Sim.Ledger(); len(ledger) != 1 || ledger[0].Method != "DELETE" ||
		!strings.HasSuffix(ledger[0].Path, user) {
		t.Errorf("effects %v", ledger)
	}
}

// TestUnlockingBringsBackNobodyElse: a help desk may unlock, and may neither
// enable a user who was disabled nor end a bypass or the trash.
func TestUnlockingBringsBackNobodyElse(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	for _, status := range []string{duosim.Active, duosim.Disabled, duosim.Bypass, duosim.PendingDeletion,
		duosim.LockedOut} {
		before := len(d.Sim.Ledger())
		user := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "user " + status, Status: status})
		_, err := d.Do(t, d.Request(t, catalog.Helpdesk, "unlock-user", form{"user_id": user}))
		var fault *catalog.FieldError
		if unlocked := err == nil; unlocked != (status == duosim.LockedOut) || !unlocked && !errors.As(err, &fault) {
			t.Errorf("a user who is %s: %v", status, err)
		}
		if acted := len(d.Sim.Ledger()) > before; acted != (status == duosim.LockedOut) {
			t.Errorf("a user who is %s: something was changed: %t", status, acted)
		}
	}
}

// TestHalfDone: the phone's platform is corrected, then Duo refuses the link. The
// record tells of both.
func TestHalfDone(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	phone := d.Sim.AddPhone(d.Account.AccountID, duosim.PhoneSpec{Number: "+12025550143", Type: "Mobile"})
	refusing := d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/activation_url") {
			d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.RateLimited})
		}
		return d.Transport.RoundTrip(r)
	}))
	q := d.Request(t, catalog.Technician, "send-activation-url", form{"phone_id": phone, "platform": "apple ios"})
	if _, err := d.DoBy(t, refusing, q); err == nil {
		t.Fatal("not refused")
	}
	if record := d.Record(t, q.ID); len(d.Sim.Ledger()) != 1 ||
		!strings.Contains(record.Summary, "Set the phone's type and platform") {
		t.Errorf("recorded as %s: %q, with the effects %v", record.State, record.Summary, d.Sim.Ledger())
	}
}

// TestAHundredCodes: Duo keeps at most 100 of a user, and says so badly.
func TestAHundredCodes(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	for range 99 {
		d.Sim.AddBypassCode(d.Account.AccountID, user, duosim.BypassSpec{})
	}
	two := form{"user_id": user, "count": "2"}
	_, err := d.Do(t, d.Request(t, catalog.Owner, "create-bypass-code-for-user", two))
	var fault *catalog.FieldError
	if !errors.As(err, &fault) || fault.Field != "count" || !strings.Contains(fault.Message, "99 codes") ||
		len(d.Sim.Ledger()) != 0 {
		t.Errorf("a hundred and first code: %v, effects %v", err, d.Sim.Ledger())
	}
	if _, err := d.Do(t, d.Request(t, catalog.Owner, "create-bypass-code-for-user",
		form{"user_id": user})); err != nil {
		t.Errorf("the hundredth code: %v", err)
	}
	two["preserve_existing"] = "false"
	done, err := d.Do(t, d.Request(t, catalog.Owner, "create-bypass-code-for-user", two))
	if err != nil || !strings.Contains(done.Run.Summary, "replaced 100 earlier codes") {
		t.Errorf("two in place of the hundred: %q %v", done.Run.Summary, err)
	} else if kept := catalog.RecordedFacts(d.Record(t, done.Run.ID).Facts); done.Result.Replaced != 100 ||
		!reflect.DeepEqual(kept, done.Result.Facts) {
		t.Errorf("two in place of the hundred: %+v, recorded as %+v", done.Result.Facts, kept)
	}
}

// TestBypassValuesAreAlwaysSent: left out, Duo would make ten codes that never
// expire and delete those that the user has.
func TestBypassValuesAreAlwaysSent(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	d.Sim.AddBypassCode(d.Account.AccountID, user, duosim.BypassSpec{Code: "111222333"})
	for _, test := range []struct{ form, want form }{
		{form{}, form{"count": "1", "reuse_count": "1", "valid_secs": "3600", "preserve_existing": "true"}},
		{form{"count": "3", "reuse_count": "0", "valid_secs": "0", "preserve_existing": "no"},
			form{"count": "3", "reuse_count": "0", "valid_secs": "0", "preserve_existing": "false"}},
	} {
		test.form["user_id"] = user
		done, err := d.Do(t, d.Request(t, catalog.Owner, "create-bypass-code-for-user", test.form))
		if err != nil {
			t.Fatal(err)
		}
		ledger := d.Sim.Ledger()
		for name, value := range test.want {
			if got := ledger[len(ledger)-1].Parameters[name]; got != value {
				t.Errorf("%v: Duo got %s = %q, want %q", test.form, name, got, value)
			}
		}
		if test.want["valid_secs"] == "3600" {
			if off := done.Expires.Sub(done.Run.StartedAt); off != time.Hour {
				t.Errorf("said to expire %v after the start", off)
			}
		} else if !done.Expires.IsZero() {
			t.Error("a code that never expires is given an end")
		}
	}
}
