package run_test

import (
	"errors"
	"fmt"
	"io"
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

// act carries out an action as a technician who has to succeed.
func act(t *testing.T, d *runtest.Desk, role catalog.Role, slug string, f form) run.Outcome {
	t.Helper()
	done, err := d.Do(t, d.Request(t, role, slug, f))
	if err != nil {
		t.Fatal(slug, f, err)
	}
	return done
}

// needsAdmin carries out an action that only an administrator may, in a lower role: nothing changes
// in Duo, and the run is closed as refused in words.
func needsAdmin(t *testing.T, d *runtest.Desk, role catalog.Role, slug string, f form) {
	t.Helper()
	before := len(d.Sim.Ledger())
	q := d.Request(t, role, slug, f)
	_, err := d.Do(t, q)
	var needed *catalog.RoleError
	if !errors.As(err, &needed) || needed.Least != catalog.Administrator {
		t.Errorf("%s %v: %v", slug, f, err)
	}
	if n := len(d.Sim.Ledger()); n != before {
		t.Errorf("%s %v: %d effects", slug, f, n-before)
	}
	if record := d.Closed(t, q.ID); record.State != store.Refused ||
		!strings.HasPrefix(record.Summary, "Not done. Requires the Administrator role: ") {
		t.Errorf("%s %v: recorded as %s: %q", slug, f, record.State, record.Summary)
	}
}

// stateOf is a user as the simulator has them.
func stateOf(d *runtest.Desk, id string) duosim.UserState {
	all := d.Sim.UserStates(d.Account.AccountID)
	return all[slices.IndexFunc(all, func(u duosim.UserState) bool { return u.UserID == id })]
}

// TestTrashHidesNoBypass is the attack that the trash was used for: the service account in bypass
// takes the victim's name where no status shows, and comes back.
func TestTrashHidesNoBypass(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	victim := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "ceo"})
	robot := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "svc", Status: duosim.Bypass})
	hidden := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "svc2", Status: duosim.PendingDeletion,
		BeforeTrash: duosim.Bypass})
	act(t, d, catalog.Technician, "update-user", form{"user_id": victim, "username": "away"})
	needsAdmin(t, d, catalog.Technician, "delete-user", form{"user_id": robot})
	needsAdmin(t, d, catalog.Technician, "restore-user", form{"user_id": hidden})
	for _, role := range []catalog.Role{catalog.Technician, catalog.Owner} {
		for _, edit := range []form{{"username": "ceo"}, {"aliases": "ceo"}, {"status": "active"},
			{"status": "disabled"}, {"notes": "x"}} {
			edit["user_id"] = hidden
			if fault := refused(t, d, role, "update-user", edit); !strings.Contains(fault.Message, "in the trash") {
				t.Error(edit, fault)
			}
		}
	}
	group := d.Sim.AddGroup(d.Account.AccountID, "Group", "")
	refused(t, d, catalog.Owner, "associate-group-with-user", form{"user_id": hidden, "group_id": group})
	phone := d.Sim.AddPhone(d.Account.AccountID, duosim.PhoneSpec{Name: "spare"})
	refused(t, d, catalog.Owner, "assign-phone-to-user", form{"user_id": hidden, "phone_id": phone})
	refused(t, d, catalog.Owner, "create-phone", form{"user_id": hidden, "name": "new"})
	refused(t, d, catalog.Owner, "delete-user", form{"user_id": hidden})
	refused(t, d, catalog.Owner, "restore-user", form{"user_id": victim})
}

// TestBypassEndsBeforeTheTrash: an administrator moves a user in bypass to the trash; the run shows
// both calls, and whatever brings the user back brings no bypass.
func TestBypassEndsBeforeTheTrash(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	group := d.Sim.AddGroup(id, "Robots", "")
	d.Sim.SetGroupStatus(id, group, "Bypass")
	robot := d.Sim.AddUser(id, duosim.UserSpec{Username: "svc", Status: duosim.Bypass, GroupIDs: []string{group}})
	done := act(t, d, catalog.Administrator, "delete-user", form{"user_id": robot})
	if want := "Set the status from bypass to disabled. Removed svc from the group Robots, which has the status Bypass. Moved user svc to the trash."; done.Run.Summary != want {
		t.Errorf("recorded: %q", done.Run.Summary)
	}
	if before := d.Record(t, done.Run.ID).Before; before["status"] != "bypass" || before["groups"] != group+" Bypass" ||
		before["username"] != "svc" {
		t.Errorf("before: %v", before)
	}
	if u := stateOf(d, robot); u.BeforeTrash != duosim.Disabled || len(u.GroupIDs) != 0 {
		t.Errorf("the trash holds %+v", u)
	}
	needsAdmin(t, d, catalog.Technician, "restore-user", form{"user_id": robot})
	if done := act(t, d, catalog.Administrator, "restore-user",
		form{"user_id": robot}); done.Run.Summary != "Restored user svc from the trash. The status is disabled." {
		t.Errorf("recorded: %q", done.Run.Summary)
	}

	// The second call fails: the first is said, and not undone.
	again := d.Sim.AddUser(id, duosim.UserSpec{Username: "svc2", Status: duosim.Bypass})
	d.Sim.SetFault(id, duosim.Fault{Kind: duosim.TrashRefused})
	q := d.Request(t, catalog.Administrator, "delete-user", form{"user_id": again})
	if _, err := d.Do(t, q); err == nil {
		t.Fatal("not refused")
	}
	if record := d.Closed(t, q.ID); record.State != store.Refused ||
		!strings.HasPrefix(record.Summary, "Set the status from bypass to disabled. Duo does not permit") {
		t.Errorf("recorded as %s: %q", record.State, record.Summary)
	}
	if u := stateOf(d, again); u.Status != duosim.Disabled {
		t.Errorf("the status is %s", u.Status)
	}
}

// TestRestoreByTheRecord: a technician restores only users that the console moved to the trash while
// they were not in bypass, if Duo's log has nothing about them since.
func TestRestoreByTheRecord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		user  duosim.UserSpec
		then  func(*testing.T, *runtest.Desk, string) // between the trash and the restoring
		admin bool
	}{
		"active":     {user: duosim.UserSpec{}},
		"disabled":   {user: duosim.UserSpec{Status: duosim.Disabled}},
		"an hour on": {then: func(_ *testing.T, d *runtest.Desk, _ string) { d.Clock.Move(time.Hour) }},
		"locked out": {user: duosim.UserSpec{Status: duosim.LockedOut}, admin: true},
		"renamed in Duo": {admin: true, then: func(t *testing.T, d *runtest.Desk, user string) {
			inDuo(t, d, "/admin/v1/users/"+user, map[string]any{"username": "ceo"})
		}},
		"given an alias in Duo": {admin: true, then: func(t *testing.T, d *runtest.Desk, user string) {
			d.Clock.Move(time.Hour)
			inDuo(t, d, "/admin/v1/users/"+user, map[string]any{"aliases": "alias1=ceo"})
		}},
		"back and into the trash in Duo": {admin: true, then: func(t *testing.T, d *runtest.Desk, user string) {
			inDuo(t, d, "/admin/v1/users/bulk_restore", map[string]any{"user_id_list": `["` + user + `"]`})
			inDuo(t, d, "/admin/v1/users/bulk_send_to_trash", map[string]any{"user_id_list": `["` + user + `"]`})
		}},
		"another user renamed in Duo": {then: func(t *testing.T, d *runtest.Desk, _ string) {
			other := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "bea"})
			inDuo(t, d, "/admin/v1/users/"+other, map[string]any{"username": "bob"})
		}},
		"the log cannot be read": {admin: true, then: func(_ *testing.T, d *runtest.Desk, _ string) {
			d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.PermissionRemoved, Grant: duosim.ReadLog})
		}},
		"the log is down": {admin: true, then: func(_ *testing.T, d *runtest.Desk, _ string) {
			d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.Unavailable, Path: "/admin/v2/logs/activity"})
		}},
		"a group of theirs is in bypass since": {admin: true, then: func(_ *testing.T, d *runtest.Desk, user string) {
			d.Sim.SetGroupStatus(d.Account.AccountID, stateOf(d, user).GroupIDs[0], "Bypass")
		}},
		"a group of theirs is disabled since": {admin: true, then: func(_ *testing.T, d *runtest.Desk, user string) {
			d.Sim.SetGroupStatus(d.Account.AccountID, stateOf(d, user).GroupIDs[0], "Disabled")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := runtest.New(t)
			c.user.Username, c.user.GroupIDs = "ada", []string{d.Sim.AddGroup(d.Account.AccountID, "Staff", "")}
			user := d.Sim.AddUser(d.Account.AccountID, c.user)
			act(t, d, catalog.Technician, "delete-user", form{"user_id": user})
			if c.then != nil {
				c.then(t, d, user)
			}
			if c.admin {
				needsAdmin(t, d, catalog.Technician, "restore-user", form{"user_id": user})
				d.Sim.SetFault(d.Account.AccountID, duosim.Fault{})
				act(t, d, catalog.Administrator, "restore-user", form{"user_id": user})
				return
			}
			act(t, d, catalog.Technician, "restore-user", form{"user_id": user})
		})
	}
}

// inDuo makes a change as an administrator in Duo does, past the console.
func inDuo(t *testing.T, d *runtest.Desk, path string, params map[string]any) {
	t.Helper()
	lines := ""
	for name, value := range params {
		lines += name + "=" + value.(string) + "\n"
	}
	act(t, d, catalog.Owner, "admin-api-action", form{"method": "post", "path": path, "params": lines})
}

// TestRestoreWaitsForTheLog: Duo shows an event two minutes late, and a log can be too long to be read
// to its end. Nothing is proven then.
func TestRestoreWaitsForTheLog(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	act(t, d, catalog.Technician, "delete-user", form{"user_id": user})
	trashing := `{"activity_id": "1", "action": {"name": "user_bulk_send_to_trash"}, "target": {"name": "ada"}, "ts": "` + d.Clock.Now().UTC().Format("2006-01-02T15:04:05.000000-07:00") + `"}`
	for answer, why := range map[string]string{
		`{"items": [], "metadata": {}}`: "does not show the move to the trash",
		`{"items": [{"activity_id": "1", "action": {"name": "user_update"}, "target": {"name": "bob"}}], "metadata": {"next_offset": "RANDOM"}}`: "cannot be read to its end",
		`{"items": [` + trashing + `, ` + trashing +
			`], "metadata": {}}`: "more than once",
		`{}`: "cannot be read",
	} {
		page := 0
		odd := d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
			resp, err := d.Transport.RoundTrip(r)
			if err == nil && strings.HasSuffix(r.URL.Path, "/logs/activity") {
				page++
				resp.Body.Close()
				text := `{"stat": "OK", "response": ` + strings.ReplaceAll(answer, "RANDOM", fmt.Sprint(page)) + `}`
				resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
			}
			return resp, err
		}))
		var needed *catalog.RoleError
		if _, err := d.DoBy(t, odd, d.Request(t, catalog.Technician, "restore-user",
			form{"user_id": user})); !errors.As(err, &needed) || !strings.Contains(needed.Why, why) {
			t.Errorf("%s: %v", answer, err)
		}
	}
	act(t, d, catalog.Technician, "restore-user", form{"user_id": user})
}

// TestWhatComesBackInBypassIsDisabled: somebody set the bypass in Duo between the last look and the
// trash, or the trash was filled by others. An administrator's restoring ends it.
func TestWhatComesBackInBypassIsDisabled(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	robot := d.Sim.AddUser(id, duosim.UserSpec{Username: "svc", Status: duosim.PendingDeletion,
		BeforeTrash: duosim.Bypass})
	done := act(t, d, catalog.Administrator, "restore-user", form{"user_id": robot})
	if want := "Restored user svc from the trash. The user was restored in bypass: Set the status from bypass to disabled."; done.Run.Summary != want || stateOf(d, robot).Status != duosim.Disabled {
		t.Errorf("recorded %q, and the user is %+v", done.Run.Summary, stateOf(d, robot))
	}

	// The status cannot be read, or not be changed: both are said.
	for _, fault := range []struct {
		method, says, status string
	}{
		{http.MethodGet, "The status of the user could not be read: Set the status from unknown to disabled.",
			duosim.Disabled},
		{http.MethodPost, "This bypass could not be ended: the user may log in without a second factor.",
			duosim.Bypass},
	} {
		robot := d.Sim.AddUser(id, duosim.UserSpec{Username: "svc" + fault.method, Status: duosim.PendingDeletion,
			BeforeTrash: duosim.Bypass})
		restored := false
		failing := d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
			if restored && r.Method == fault.method && strings.HasSuffix(r.URL.Path, robot) {
				return nil, errors.New("the connection broke")
			}
			restored = restored || strings.HasSuffix(r.URL.Path, "bulk_restore")
			return d.Transport.RoundTrip(r)
		}))
		q := d.Request(t, catalog.Administrator, "restore-user", form{"user_id": robot})
		_, _ = d.DoBy(t, failing, q)
		// What the action could not finish, reading back tries again and says.
		record, patience, poll := d.Record(t, q.ID), time.After(20*time.Second), time.NewTicker(10*time.Millisecond)
		for said := false; !said; {
			select {
			case <-poll.C:
				record = d.Record(t, q.ID)
				said = strings.Contains(record.Summary+record.Looked, fault.says)
			case <-patience:
				said = true
			}
		}
		poll.Stop()
		if !strings.Contains(record.Summary+record.Looked, fault.says) || stateOf(d, robot).Status != fault.status {
			t.Errorf("%s fails: %s, %q, and the user is %s", fault.method, record.State, record.Summary,
				stateOf(d, robot).Status)
		}
	}
}

// TestGroupsInBypassAreAdministrators are the attacks by way of a group: a repair must not
// finish what a technician began.
func TestGroupsInBypassAreAdministrators(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	victim := d.Sim.AddUser(id, duosim.UserSpec{Username: "ceo"})
	off := d.Sim.AddUser(id, duosim.UserSpec{Username: "off", Status: duosim.Disabled})
	locked := d.Sim.AddUser(id, duosim.UserSpec{Username: "locked", Status: duosim.LockedOut})
	member := d.Sim.AddUser(id, duosim.UserSpec{Username: "svc"})
	both := d.Sim.AddUser(id, duosim.UserSpec{Username: "held", Status: duosim.Bypass})
	for _, status := range []string{"Bypass", "Disabled", "Suspended"} {
		group := d.Sim.AddGroup(id, "Robots "+status, "", member, off, locked, both)
		d.Sim.SetGroupStatus(id, group, status)
		needsAdmin(t, d, catalog.Technician, "modify-group", form{"group_id": group, "status": "disabled"})
		needsAdmin(t, d, catalog.Technician, "modify-group", form{"group_id": group, "name": "Others"})
		if status == "Disabled" {
			needsAdmin(t, d, catalog.Technician, "associate-group-with-user",
				form{"group_id": group, "user_id": victim, "group_status": "disabled"})
		}
		needsAdmin(t, d, catalog.Technician, "update-user", form{"user_id": off, "status": "active"})
		needsAdmin(t, d, catalog.Technician, "update-user", form{"user_id": locked, "status": "disabled"})
		needsAdmin(t, d, catalog.Helpdesk, "unlock-user", form{"user_id": locked})
		needsAdmin(t, d, catalog.Technician, "delete-user", form{"user_id": member})
		if status == "Disabled" {
			needsAdmin(t, d, catalog.Technician, "update-user", form{"user_id": member, "username": "ceo2"})
			needsAdmin(t, d, catalog.Technician, "update-user", form{"user_id": member, "aliases": "ceo2"})
		} else {
			refused(t, d, catalog.Technician, "update-user", form{"user_id": member, "username": "ceo2"})
			refused(t, d, catalog.Technician, "update-user", form{"user_id": member, "aliases": "ceo2"})
		}
		act(t, d, catalog.Administrator, "delete-group", form{"group_id": group})
	}
	// The administrator who repairs a group sees the users it concerns.
	group := d.Sim.AddGroup(id, "Robots", "", member, both)
	d.Sim.SetGroupStatus(id, group, "Disabled")
	done := act(t, d, catalog.Administrator, "modify-group", form{"group_id": group, "status": "bypass"})
	if want := "Changed the status from Disabled to Bypass. The group has 2 members: svc and held."; done.Run.Summary != want {
		t.Errorf("recorded: %q", done.Run.Summary)
	}
}

// TestSynchronizingMayHideABypass: a directory gives other names, and sends to the trash.
func TestSynchronizingMayHideABypass(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	key := d.Sim.AddDirectory(id, duosim.DirectorySpec{Name: "AD"})
	d.Sim.AddUser(id, duosim.UserSpec{Username: "svc", Status: duosim.Bypass, DirectoryKey: key})
	d.Sim.AddUser(id, duosim.UserSpec{Username: "gone", Status: duosim.PendingDeletion, BeforeTrash: duosim.Bypass,
		DirectoryKey: key})
	needsAdmin(t, d, catalog.Technician, "synchronize-users", form{"directory_key": key, "username": "svc"})
	refused(t, d, catalog.Owner, "synchronize-users", form{"directory_key": key, "username": "gone"})
	act(t, d, catalog.Administrator, "synchronize-users", form{"directory_key": key, "username": "svc"})
}

// TestTheRoleHeldWhenTheRunWasCommitted decides, not that of the request: who was an administrator
// when the form was sent, and a technician when the run was recorded, is one.
func TestTheRoleHeldWhenTheRunWasCommitted(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	hidden := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "svc", Status: duosim.PendingDeletion,
		BeforeTrash: duosim.Bypass})
	member := d.Member(t, d.Workspace, catalog.Technician)
	q := d.Request(t, catalog.Administrator, "restore-user", form{"user_id": hidden})
	q.Actor.Operator = member.ID
	var needed *catalog.RoleError
	if _, err := d.Do(t, q); !errors.As(err, &needed) || len(d.Sim.Ledger()) != 0 {
		t.Error(err, d.Sim.Ledger())
	}
}
