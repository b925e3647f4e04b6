package run_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// refused is the fault beside a field with which an act ended before anything
// was sent.
func refused(t *testing.T, d *runtest.Desk, role catalog.Role, slug string, f form) *catalog.FieldError {
	t.Helper()
	before := len(d.Sim.Ledger())
	q := d.Request(t, role, slug, f)
	_, err := d.Do(t, q)
	fault, ok := errors.AsType[*catalog.FieldError](err)
	if !ok {
		t.Fatalf("%s: %v", slug, err)
	}
	if record := d.Record(t, q.ID); record.State != store.Refused || !strings.HasPrefix(record.Summary, "Not done: ") ||
		len(d.Sim.Ledger()) != before {
		t.Errorf("%s: recorded as %s: %q, with %d effects", slug, record.State, record.Summary,
			len(d.Sim.Ledger())-before)
	}
	return fault
}

// TestPhoneIsMadeAndNotAssigned: the first step is done and the second is not,
// or nobody knows. The record and the caller learn of both.
func TestPhoneIsMadeAndNotAssigned(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault   duosim.FaultKind
		state   string
		effects int
		says    string
	}{
		{duosim.RateLimited, store.Refused, 1,
			"Created phone +442079460123. It is not assigned to ada. Duo is limiting"},
		{duosim.PermissionRemoved, store.Refused, 1,
			"Created phone +442079460123. It is not assigned to ada. Duo does not permit"},
		{duosim.AnswerLost, store.Sending, 2,
			"Created phone +442079460123. Whether ada has it is not known. Duo may have done this."},
		{duosim.ErrorBeforeApplying, store.Sending, 1, "Whether ada has it is not known."},
	} {
		t.Run(string(test.fault), func(t *testing.T) {
			t.Parallel()
			d := runtest.New(t)
			user := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "ada"})
			failing := d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/"+user+"/phones") {
					d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: test.fault})
				}
				return d.Transport.RoundTrip(r)
			}))
			q := d.Request(t, catalog.Technician, "create-phone", form{"number": "+44 20 7946 0123", "user_id": user})
			done, err := d.DoBy(t, failing, q)
			if err == nil || done.Result.Created == "" {
				t.Fatalf("the phone that was made is not named: %+v, %v", done.Result, err)
			}
			if done.Run.State != test.state || !strings.Contains(done.Run.Summary, test.says) {
				t.Errorf("answered as %s: %q", done.Run.State, done.Run.Summary)
			}
			if test.state == store.Sending {
				eventually(t, "the doubt is on record", func() bool {
					record := d.Record(t, q.ID)
					return record.State == store.Applied || strings.Contains(record.Doubt, test.says)
				})
			} else if record := d.Record(t, q.ID); record.State != test.state ||
				!strings.Contains(record.Summary, test.says) || record.Subject != "ada" {
				t.Errorf("recorded as %s of %q: %q", record.State, record.Subject, record.Summary)
			}
			if n := len(d.Sim.Ledger()); n != test.effects {
				t.Errorf("%d effects, want %d", n, test.effects)
			}
			if test.fault == duosim.ErrorBeforeApplying {
				return // the phone is assigned when the other minute is over, if at all
			}
			eventually(t, "the run is closed", func() bool { return d.Record(t, q.ID).State != store.Sending })
			if kept := catalog.RecordedFacts(d.Record(t, q.ID).Facts); kept.Created != done.Result.Created {
				t.Errorf("the record does not say which phone was made: %+v", kept)
			}
		})
	}
}

// TestAHundredOfEach: what Duo would answer with a bare error is refused before,
// and a hundredth is not.
func TestAHundredOfEach(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	var phones, groups, users []string
	for i := range 99 {
		phones = append(phones, d.Sim.AddPhone(id, duosim.PhoneSpec{Name: fmt.Sprint(i)}))
		groups = append(groups, d.Sim.AddGroup(id, fmt.Sprint(i), ""))
		users = append(users, d.Sim.AddUser(id, duosim.UserSpec{Username: fmt.Sprint(i)}))
	}
	full := d.Sim.AddUser(id, duosim.UserSpec{Username: "full", PhoneIDs: phones, GroupIDs: groups})
	shared := d.Sim.AddPhone(id, duosim.PhoneSpec{Name: "shared", UserIDs: users})
	group, last := d.Sim.AddGroup(id, "last", ""), d.Sim.AddGroup(id, "beyond", "")
	other := d.Sim.AddUser(id, duosim.UserSpec{Username: "other"})
	for _, fits := range []struct {
		slug string
		form form
	}{
		{"assign-phone-to-user", form{"user_id": full, "phone_id": shared}}, // the hundredth of both
		{"associate-group-with-user", form{"user_id": full, "group_id": group}},
	} {
		if _, err := d.Do(t, d.Request(t, catalog.Technician, fits.slug, fits.form)); err != nil {
			t.Fatal(fits.slug, err)
		}
	}
	for _, test := range []struct {
		slug, field, says string
		form              form
	}{
		{"create-phone", "user_id", "full has 100 phones", form{"name": "tablet", "user_id": full}},
		{"assign-phone-to-user", "phone_id", "full has 100 phones",
			form{"user_id": full, "phone_id": d.Sim.AddPhone(id, duosim.PhoneSpec{Name: "spare"})}},
		{"assign-phone-to-user", "phone_id", "shared has 100 users", form{"user_id": other, "phone_id": shared}},
		{"associate-group-with-user", "group_id", "full has 100 groups", form{"user_id": full, "group_id": last}},
	} {
		if fault := refused(t, d, catalog.Technician, test.slug, test.form); fault.Field != test.field ||
			!strings.Contains(fault.Message, test.says) {
			t.Errorf("%s: %v", test.slug, fault)
		}
	}
}

// TestNothingThatIsSoAlready: Duo takes any of these without an error, and the
// record would tell of what did not happen.
func TestNothingThatIsSoAlready(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	ada, phone := addUser(d, "ada")
	bob := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "bob"})
	for _, test := range []struct {
		slug, field, says string
		form              form
	}{
		{"update-user", "user_id", "Nothing is changed yet.", form{"user_id": ada}},
		{"update-user", "user_id", "Nothing is changed yet.", form{"user_id": ada, "status": ""}},
		{"assign-phone-to-user", "phone_id", "ada has the phone +12025550143 already.",
			form{"user_id": ada, "phone_id": phone}},
		{"un-assign-phone-from-user", "phone_id", "bob does not have the phone +12025550143.",
			form{"user_id": bob, "phone_id": phone}},
	} {
		if fault := refused(t, d, catalog.Technician, test.slug, test.form); fault.Field != test.field ||
			fault.Message != test.says {
			t.Errorf("%s: %v", test.slug, fault)
		}
	}
	q := d.Request(t, catalog.Technician, "update-user", form{"user_id": ada, "notes": "", "status": ""})
	if _, err := d.Do(t, q); err != nil || d.Record(t, q.ID).Summary != "Changed notes." {
		t.Errorf("notes alone: %v, %q", err, d.Record(t, q.ID).Summary)
	}
}

// TestDeletedFromThoseWhoWereNamed: a phone is deleted only if its users are those
// that the form named, and the record names them.
func TestDeletedFromThoseWhoWereNamed(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	ada, phone := addUser(d, "ada")
	bob := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "bob"})
	for _, named := range []string{"", bob, ada + "\n" + bob} {
		if fault := refused(t, d, catalog.Technician, "delete-phone-by-id",
			form{"phone_id": phone, "user_ids": named}); fault.Field != "user_ids" {
			t.Error(fault)
		}
	}
	if _, err := d.Do(t, d.Request(t, catalog.Technician, "assign-phone-to-user",
		form{"user_id": bob, "phone_id": phone})); err != nil {
		t.Fatal(err)
	}
	q := d.Request(t, catalog.Technician, "delete-phone-by-id", form{"phone_id": phone, "user_ids": bob + "\n" + ada})
	if _, err := d.Do(t, q); err != nil {
		t.Fatal(err)
	}
	if record := d.Record(t, q.ID); record.Summary != "Deleted phone +12025550143, which ada and bob had." ||
		record.Subject != "+12025550143" {
		t.Errorf("recorded of %q: %q", record.Subject, record.Summary)
	}
	q = d.Request(t, catalog.Technician, "delete-phone-by-id", form{"phone_id": phone})
	if _, err := d.Do(t, q); err == nil || d.Record(t, q.ID).State != store.Refused {
		t.Error("deleted twice, and said to be: ", err)
	}
}

// TestTakenNumber: Duo's "duplicate" is told beside the number.
func TestTakenNumber(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	_, phone := addUser(d, "ada")
	if fault := refused(t, d, catalog.Technician, "create-phone",
		form{"number": "+1 202 555 0143"}); fault.Field != "number" {
		t.Error(fault)
	}
	d.Sim.AddPhone(d.Account.AccountID, duosim.PhoneSpec{Number: "+12025550144"})
	if fault := refused(t, d, catalog.Technician, "modify-phone",
		form{"phone_id": phone, "number": "+12025550144"}); fault.Field != "number" {
		t.Error(fault)
	}
	refused(t, d, catalog.Technician, "modify-phone", form{"phone_id": phone})
}

// TestNobodyWalksIntoBypass: a technician who says that a group is active gets
// nobody into one that is in bypass, be it that the form is forged or that the
// group has changed since it was opened. An administrator who saw "active" does
// not either.
func TestNobodyWalksIntoBypass(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	user, _ := addUser(d, "ada")
	group := d.Sim.AddGroup(id, "Migration", "")
	const join = "associate-group-with-user"
	for _, status := range []string{"Bypass", "Disabled", "Suspended", ""} {
		d.Sim.SetGroupStatus(id, group, status)
		for _, role := range []catalog.Role{catalog.Technician, catalog.Owner} {
			for _, f := range []form{{"user_id": user, "group_id": group},
				{"user_id": user, "group_id": group, "group_status": "active"}} {
				if fault := refused(t, d, role, join, f); fault.Field != "group_status" ||
					!strings.Contains(fault.Message, "has the status "+status) {
					t.Errorf("a group that is %q, as %s: %v", status, role, fault)
				}
			}
		}
	}
	d.Sim.SetGroupStatus(id, group, "Bypass")
	saw := form{"user_id": user, "group_id": group, "group_status": "bypass"}
	if _, err := d.Do(t, d.Request(t, catalog.Technician, join, saw)); err == nil ||
		len(d.Sim.Ledger()) != 0 {
		t.Fatal("a technician put somebody into a group in bypass: ", err)
	}
	// Duo not telling the group's status is no reason to go on.
	blind := d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		answer, err := d.Transport.RoundTrip(r)
		if err == nil && strings.Contains(r.URL.Path, "/groups/"+group) && r.Method == http.MethodGet {
			replaceBody(t, answer, `{"stat": "OK", "response": {"group_id": "`+group+`", "name": "Migration"}}`)
		}
		return answer, err
	}))
	q := d.Request(t, catalog.Administrator, join, saw)
	if _, err := d.DoBy(t, blind, q); err == nil || len(d.Sim.Ledger()) != 0 {
		t.Fatal("put into a group without a status: ", err)
	}
	q = d.Request(t, catalog.Administrator, join, saw)
	if _, err := d.Do(t, q); err != nil {
		t.Fatal(err)
	}
	if record := d.Record(t, q.ID); record.Summary != "Added ada to the group Migration, which has the status Bypass." {
		t.Errorf("recorded: %q", record.Summary)
	}
	refused(t, d, catalog.Administrator, join, saw) // is in it
	// Out of it, the second factor is asked for again: no reason to hinder that.
	out := form{"user_id": user, "group_id": group}
	if _, err := d.Do(t, d.Request(t, catalog.Technician, "disassociate-group-from-user",
		out)); err != nil {
		t.Error(err)
	}
	refused(t, d, catalog.Technician, "disassociate-group-from-user", out)
}

// TestBypassThatAGroupHoldsBack: a user in bypass and in a disabled group
// cannot log in; taken out of it, they could without the second factor.
func TestBypassThatAGroupHoldsBack(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	const leave = "disassociate-group-from-user"
	for _, status := range []string{"Disabled", "Suspended"} {
		ended, open := d.Sim.AddGroup(id, "Ended "+status, ""), d.Sim.AddGroup(id, "Open "+status, "")
		d.Sim.SetGroupStatus(id, ended, status)
		d.Sim.SetGroupStatus(id, open, "Bypass")
		byStatus := d.Sim.AddUser(id, duosim.UserSpec{Username: "bea " + status, Status: duosim.Bypass,
			GroupIDs: []string{ended}})
		byGroup := d.Sim.AddUser(id, duosim.UserSpec{Username: "gus " + status, GroupIDs: []string{ended, open}})
		plain := d.Sim.AddUser(id, duosim.UserSpec{Username: "ada " + status, GroupIDs: []string{ended}})
		for _, user := range []string{byStatus, byGroup} {
			for _, role := range []catalog.Role{catalog.Technician, catalog.Owner} {
				if fault := refused(t, d, role, leave, form{"user_id": user,
					"group_id": ended}); !strings.Contains(fault.Message, "End that bypass first") {
					t.Error(fault)
				}
			}
		}
		for _, f := range []form{{"user_id": plain, "group_id": ended}, {"user_id": byGroup, "group_id": open},
			{"user_id": byGroup, "group_id": ended}} {
			if _, err := d.Do(t, d.Request(t, catalog.Technician, leave, f)); err != nil {
				t.Error(f, err)
			}
		}
	}
}

// TestPhoneAndUsers: the users of a phone are told whole, their other phones
// included.
func TestPhoneAndUsers(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	_, phone := addUser(d, "ada")
	got, users, err := d.Runner.PhoneAndUsers(t.Context(), d.Scope(), d.Client, phone)
	if err != nil || got.ID != duo.PhoneID(phone) || len(users) != 1 || len(users[0].Phones) != 1 {
		t.Errorf("%+v, %+v, %v", got, users, err)
	}
	unused := d.Sim.AddPhone(d.Account.AccountID, duosim.PhoneSpec{Name: "spare"})
	if _, users, err := d.Runner.PhoneAndUsers(t.Context(), d.Scope(), d.Client, unused); err != nil ||
		len(users) != 0 {
		t.Errorf("a phone that nobody has: %+v, %v", users, err)
	}
}
