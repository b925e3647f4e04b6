package run_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// quick is the rhythm of processes that a test silences, and hasty of those that
// look after others: for them a change that is not in Duo 1.5 s after its deadline
// does not arrive any more.
const quick, hasty = 100 * time.Millisecond, 50 * time.Millisecond

// watcher makes another process, which looks after the runs of the Desk's workspace.
func watcher(t *testing.T, d *runtest.Desk) *run.Runner {
	t.Helper()
	r := d.Process(t, run.Config{Heartbeat: hasty})
	r.Watch(d.Workspace.ID)
	return r
}

// dying is a process that dies, as far as others can tell, at the first change that
// it sends to Duo: just before Duo gets it, or just after.
type dying struct {
	t       *testing.T
	d       *runtest.Desk
	q       run.Request
	reached chan struct{} // closed when it is dead
	revive  func()        // lets it go on
	over    chan error    // of Do
}

func dies(t *testing.T, d *runtest.Desk, q run.Request, applied bool) *dying {
	t.Helper()
	p := &dying{t: t, d: d, q: q, reached: make(chan struct{}), over: make(chan error, 1)}
	revived := make(chan struct{})
	p.revive = func() {
		select {
		case <-revived:
		default:
			close(revived)
		}
	}
	died := false
	sender := d.Over(t, transport(func(r *http.Request) (answer *http.Response, err error) {
		if r.Method == http.MethodGet || died {
			return d.Transport.RoundTrip(r)
		}
		died = true
		if applied {
			answer, err = d.Transport.RoundTrip(r)
		}
		d.Exec(t,
			`update process set gone_at = clock_timestamp() where id = (select process_id from run where workspace_id = $1 and id = $2)`, d.Workspace.ID, q.ID)
		close(p.reached)
		<-revived
		if !applied {
			answer, err = d.Transport.RoundTrip(r)
		}
		return answer, err
	}))
	t.Cleanup(p.revive)
	go func() {
		_, err := d.DoBy(t, sender, q)
		p.over <- err
	}()
	select {
	case <-p.reached:
	case err := <-p.over:
		t.Fatal("nothing was sent: ", err)
	}
	return p
}

// deadlineOver lets the time be over that the sender gives to Duo.
func (p *dying) deadlineOver() {
	p.d.Exec(p.t, `update run set deadline_at = clock_timestamp() where workspace_id = $1 and id = $2`,
		p.d.Workspace.ID, p.q.ID)
}

func (p *dying) closed() store.Run {
	p.t.Helper()
	eventually(p.t, "the run is closed", func() bool { return p.d.Record(p.t, p.q.ID).State != store.Sending })
	return p.d.Record(p.t, p.q.ID)
}

func lateResults(t *testing.T, d *runtest.Desk) []store.Run {
	t.Helper()
	return slices.DeleteFunc(recorded(t, d), func(r store.Run) bool { return r.Action != store.LateResult.Slug })
}

// TestTheProcessDies: another process finds out what became of each kind of
// change, by Duo itself, and nothing is sent again. A sender that comes back after
// all sends nothing, and finds its run closed: what it knows becomes a record of
// its own.
func TestTheProcessDies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		action string
		form   form
	}{
		{"create-user", form{"username": "grace", "realname": "Grace"}},
		{"update-user", form{"user_id": "USER", "realname": "Ada L", "notes": ""}},
		{"update-user", form{"user_id": "USER", "status": "disabled"}},
		{"delete-user", form{"user_id": "USER"}},
		{"delete-user", form{"user_id": "USER", "permanent": "on", "confirm": "ada"}},
		{"restore-user", form{"user_id": "TRASHED"}},
		{"un-assign-phone-from-user", form{"user_id": "USER", "phone_id": "PHONE"}},
		{"modify-phone", form{"phone_id": "PHONE", "name": "Desk"}},
		{"create-group", form{"name": "Pilots"}},
		{"update-settings", form{"helpdesk_message": "Call us."}},
	} {
		for _, applied := range []bool{true, false} {
			name := test.action + ", not applied"
			if applied {
				name = test.action + ", applied"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				d := runtest.New(t)
				user, phone := addUser(d, "ada")
				trashed := d.Sim.AddUser(d.Account.AccountID,
					duosim.UserSpec{Username: "bob", Status: duosim.PendingDeletion})
				ids := map[string]string{"USER": user, "PHONE": phone, "TRASHED": trashed}
				filled := form{}
				for field, value := range test.form {
					if filled[field] = value; ids[value] != "" {
						filled[field] = ids[value]
					}
				}
				p := dies(t, d, d.Request(t, catalog.Owner, test.action, filled), applied)
				if !applied {
					p.deadlineOver()
				}
				watcher(t, d)
				got := p.closed()
				switch {
				case applied && (got.State != store.Applied ||
					!strings.HasPrefix(got.Summary, "Applied, by read-back at ")),
					!applied && (got.State != store.Refused ||
						!strings.HasPrefix(got.Summary, "Not done, by read-back at ")):
					t.Errorf("applied: %v, and closed as %s: %q", applied, got.State, got.Summary)
				case !strings.Contains(got.Summary, "was ") && !strings.Contains(got.Summary, "as before"):
					t.Errorf("it does not say what was compared: %q", got.Summary)
				}
				effects := 0
				if applied {
					effects = 1
				}
				if n := len(d.Sim.Ledger()); n != effects {
					t.Errorf("%d effects in Duo, want %d", n, effects)
				}
				// A process is judged only when it has long stopped by itself; here it learns
				// that with its next heartbeat.
				eventually(t, "the sender learns of it",
					func() bool { return strings.Contains(d.Log.String(), "taken for dead") })
				p.revive()
				// What was not sent before is not sent now: others have read it back.
				if err := <-p.over; (err == nil) != applied || !applied && !errors.Is(err, run.ErrSilent) {
					t.Error("the sender came back with ", err)
				}
				eventually(t, "the late result is on record", func() bool { return len(lateResults(t, d)) == 1 })
				if late := lateResults(t, d)[0]; late.State != got.State || late.Input["run_id"] != p.q.ID.String() {
					t.Errorf("the late result says %+v", late)
				}
				if n := len(d.Sim.Ledger()); n != effects {
					t.Errorf("%d effects in Duo after the sender came back, want %d", n, effects)
				}
				if again := d.Record(t, p.q.ID); again.State != got.State || again.Summary != got.Summary {
					t.Errorf("a closed run was rewritten: %q", again.Summary)
				}
			})
		}
	}
}

// TestNotThereMayStillArrive: a change that Duo does not have yet closes nothing
// before its time is over; one that arrives then closes the run at once.
func TestNotThereMayStillArrive(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	p := dies(t, d, d.Request(t, catalog.Technician, "create-user", form{"username": "ada"}), false)
	watcher(t, d)
	eventually(t, "it is said that it is not there",
		func() bool { r := d.Record(t, p.q.ID); return r.Absent && r.LookedAt != nil })
	first := d.Record(t, p.q.ID)
	if first.State != store.Sending || first.SilentSince == nil {
		t.Errorf("after the first look: %+v", first)
	}
	eventually(t, "it is looked at again", func() bool { return d.Record(t, p.q.ID).LookedAt.After(*first.LookedAt) })
	if r := d.Record(t, p.q.ID); r.State != store.Sending {
		t.Errorf("closed as %s before its time was over: %q", r.State, r.Summary)
	}
	d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "ada"}) // as Duo does late
	if got := p.closed(); got.State != store.Applied {
		t.Errorf("closed as %s: %q", got.State, got.Summary)
	}
}

// TestWhatCannotBeReadBack is closed as unknown, and never read.
func TestWhatCannotBeReadBack(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		action string
		form   form
	}{
		{"create-bypass-code-for-user", form{"user_id": "USER"}},
		{"send-activation-url", form{"phone_id": "PHONE"}},
		{"send-passcode-by-sms", form{"phone_id": "PHONE"}},
		{"enroll-user", form{"username": "grace", "email": "grace@client.example"}},
		{"verify-caller", form{"user_id": "USER", "phone_id": "PHONE"}},
	} {
		t.Run(test.action, func(t *testing.T) {
			t.Parallel()
			d := runtest.New(t)
			user, phone := addUser(d, "ada")
			filled := form{}
			for field, value := range test.form {
				filled[field] = strings.NewReplacer("USER", user, "PHONE", phone).Replace(value)
			}
			p := dies(t, d, d.Request(t, catalog.Owner, test.action, filled), true)
			p.deadlineOver()
			calls := d.Sim.Calls(d.Account.AccountID)
			watcher(t, d)
			if got := p.closed(); got.State != store.Unknown ||
				!strings.Contains(got.Summary, "The console stopped before Duo's answer was recorded.") {
				t.Errorf("closed as %s: %q", got.State, got.Summary)
			}
			if n := d.Sim.Calls(d.Account.AccountID); n != calls {
				t.Errorf("Duo was asked %d times", n-calls)
			}
		})
	}
}

// TestReadingIsNotInDoubt: an interrupted run that only reads did nothing.
func TestReadingIsNotInDoubt(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	p := dies(t, d, d.Request(t, catalog.Owner, "admin-api-action",
		form{"method": "post", "path": "/admin/v1/users", "params": "username=ada"}), true)
	q := d.Request(t, catalog.Auditor, "list-users", nil)
	err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
		gone := *d.Record(t, p.q.ID).ProcessID
		d.Exec(t, `update process set gone_at = null where id = $1`, gone)
		defer d.Exec(t, `update process set gone_at = clock_timestamp() where id = $1`, gone)
		return tx.StartRun(t.Context(), store.Run{ID: q.ID, OrganizationID: &d.Client.ID, OperatorID: d.Owner.ID,
			Action: q.Action.Slug, Input: form{}, StartedAt: d.Clock.Now(), ProcessID: &gone}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	p.deadlineOver()
	watcher(t, d)
	if got := p.closed(); got.State != store.Unknown {
		t.Errorf("any call that changes something: %s, %q", got.State, got.Summary)
	}
	if got := d.Record(t, q.ID); got.State != store.Refused || !strings.Contains(got.Summary, "nothing was changed") {
		t.Errorf("a reading: %s, %q", got.State, got.Summary)
	}
}

// TestTheAccountOfThatTime: the organization is connected with another account
// meanwhile. What was sent is looked for where it was sent to.
func TestTheAccountOfThatTime(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	p := dies(t, d, d.Request(t, catalog.Technician, "create-user", form{"username": "ada"}), true)
	elsewhere := d.Sim.AddChild(d.Parent.AccountID, "Elsewhere")
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(catalog.Administrator), d.Client, store.Child,
		elsewhere.AccountID); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	before := d.Sim.Calls(elsewhere.AccountID)
	watcher(t, d)
	if got := p.closed(); got.State != store.Applied {
		t.Errorf("closed as %s: %q", got.State, got.Summary)
	}
	if d.Sim.Calls(elsewhere.AccountID) != before {
		t.Error("the account of today was asked")
	}
}

// TestAnAccountOutOfReach: the keys that the run was sent with lead elsewhere now.
// It is left to a person, and said so.
func TestAnAccountOutOfReach(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(catalog.Administrator), d.Client, store.Parent,
		""); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	d.Client = again(t, d, d.Client)
	p := dies(t, d, d.Request(t, catalog.Technician, "create-user", form{"username": "ada"}), true)
	other := d.Sim.AddParent("Another MSP")
	d.Exec(t, `update integration_secret set host = $2 where workspace_id = $1 and api = 'admin'`, d.Workspace.ID,
		other.APIHostname)
	p.deadlineOver()
	watcher(t, d)
	if got := p.closed(); got.State != store.Unknown ||
		!strings.Contains(got.Summary, "cannot be reached with the keys that are in use now") {
		t.Errorf("closed as %s: %q", got.State, got.Summary)
	}
	if n := d.Sim.Calls(other.AccountID); n != 0 {
		t.Errorf("another account was asked %d times", n)
	}
}

// TestAnotherRunMayHaveDoneIt: two runs asked for the same. That it is there does
// not say which of them did it.
func TestAnotherRunMayHaveDoneIt(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	p := dies(t, d, d.Request(t, catalog.Technician, "update-user", form{"user_id": user, "realname": "Ada L"}), false)
	if _, err := d.Do(t, d.Request(t, catalog.Technician, "update-user",
		form{"user_id": user, "realname": "Ada L", "notes": "x"})); err != nil {
		t.Fatal(err)
	}
	p.deadlineOver()
	watcher(t, d)
	if got := p.closed(); got.State != store.Unknown ||
		!strings.Contains(got.Summary, "another run asked for the same") {
		t.Errorf("closed as %s: %q", got.State, got.Summary)
	}
}

// TestAnotherActionMayHaveDoneIt: what was asked for came by another action, or from elsewhere in the workspace.
func TestAnotherActionMayHaveDoneIt(t *testing.T) {
	t.Parallel()
	raw := func(path, params string) form {
		return form{"method": "post", "path": path, "params": params, "confirm": path}
	}
	for name, test := range map[string]struct {
		lost, other string
		form        func(user, phone, group string) (lost, other form)
		made        bool
	}{
		"unlocked by a status": {"unlock-user", "update-user", func(u, _, _ string) (form, form) {
			return form{"user_id": u}, form{"user_id": u, "status": "active"}
		}, false},
		"made by an enrollment": {"create-user", "enroll-user", func(_, _, _ string) (form, form) {
			return form{"username": "grace"}, form{"username": "Grace", "email": "grace@client.example"}
		}, false},
		"out of a group that is deleted": {"disassociate-group-from-user", "delete-group",
			func(u, _, g string) (form, form) {
				return form{"user_id": u, "group_id": g}, form{"group_id": g}
			}, false},
		"from a user who is deleted": {"un-assign-phone-from-user", "delete-user", func(u, p, _ string) (form, form) {
			return form{"user_id": u, "phone_id": p}, form{"user_id": u, "permanent": "true", "confirm": "ada"}
		}, false},
		"trashed by a raw call": {"delete-user", "admin-api-action", func(u, _, _ string) (form, form) {
			return form{"user_id": u}, raw("/admin/v1/users/bulk_send_to_trash", `user_id_list=["`+u+`"]`)
		}, false},
		"beside something else": {"delete-phone-by-id", "update-user", func(u, p, _ string) (form, form) {
			return form{"phone_id": p}, form{"user_id": u, "realname": "Ada L"}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := runtest.New(t)
			user, phone := addUser(d, "ada")
			group := d.Sim.AddGroup(d.Account.AccountID, "Staff", "", user)
			if test.lost == "unlock-user" {
				user = d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "bob", Status: duosim.LockedOut})
			}
			lost, other := test.form(user, phone, group)
			p := dies(t, d, d.Request(t, catalog.Owner, test.lost, lost), test.made)
			act(t, d, catalog.Owner, test.other, other)
			p.deadlineOver()
			watcher(t, d)
			got := p.closed()
			if made := got.State == store.Applied; made != test.made || !made && got.State != store.Unknown {
				t.Errorf("closed as %s: %q", got.State, got.Summary)
			}
		})
	}
}
