package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// passing are the login names that Duo lets in without a second factor.
func (s *console) passing() []string {
	var names []string
	for _, u := range s.Sim.UserStates(s.Account.AccountID) {
		if u.InForce == duosim.Bypass {
			names = append(names, append([]string{u.Username}, u.Aliases...)...)
		}
	}
	slices.Sort(names)
	return names
}

// TestTheTrashByToken makes the attacks on the trash and on groups with a technician's token: each
// ends before it does anything, as 403 with the role it takes or as 422, and the victim is asked for
// a second factor as before.
func TestTheTrashByToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.Account.AccountID
	b := s.stranger(t)
	technician, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "technician", EveryOrganization: true})
	administrator, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "admin", EveryOrganization: true})
	call := func(token, slug string, pairs ...string) *page {
		fields := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			fields[pairs[i]] = pairs[i+1]
		}
		return b.call(token, http.MethodPost, s.apiOrg("/actions/"+slug),
			map[string]any{"run_id": uuid.NewString(), "fields": fields})
	}
	admins := func(p *page, why string) {
		t.Helper()
		got := p.wantProblem(http.StatusForbidden, "forbidden")
		if !strings.Contains(got.Detail, "Requires the Administrator role: ") || !strings.Contains(got.Detail, why) ||
			got.State != store.Refused || got.RunID == "" {
			t.Errorf("%+v", got)
		}
	}
	ceo := s.addUser(t, duosim.UserSpec{Username: "ceo"})
	robot := s.addUser(t, duosim.UserSpec{Username: "svc", Status: duosim.Bypass})
	call(technician, "update-user", "user_id", ceo, "username", "away").want(http.StatusOK)

	// The attack of the trash, step by step; an administrator fills the trash to help.
	admins(call(technician, "delete-user", "user_id", robot), "the status is Bypass")
	hidden := s.addUser(t, duosim.UserSpec{Username: "svc2", Status: duosim.PendingDeletion,
		BeforeTrash: duosim.Bypass})
	call(technician, "update-user", "user_id", hidden, "username", "ceo").wantProblem(http.StatusUnprocessableEntity,
		"invalid_fields")
	call(technician, "update-user", "user_id", hidden, "aliases", "CEO").wantProblem(http.StatusUnprocessableEntity,
		"invalid_fields")
	call(administrator, "update-user", "user_id", hidden, "username", "ceo").wantProblem(http.StatusUnprocessableEntity,
		"invalid_fields")
	admins(call(technician, "restore-user", "user_id", hidden), "no record of moving this user")

	// Out of a group that holds a bypass back, by way of the trash.
	ended := s.Sim.AddGroup(id, "Ended", "")
	s.Sim.SetGroupStatus(id, ended, "Disabled")
	held := s.addUser(t, duosim.UserSpec{Username: "held", Status: duosim.Bypass, GroupIDs: []string{ended}})
	admins(call(technician, "delete-user", "user_id", held), "the status is Bypass")
	call(technician, "disassociate-group-from-user", "user_id", held, "group_id",
		ended).wantProblem(http.StatusUnprocessableEntity, "invalid_fields")

	// A disabled user in a group in bypass, and the group itself.
	open := s.Sim.AddGroup(id, "Open", "")
	s.Sim.SetGroupStatus(id, open, "Bypass")
	off := s.addUser(t, duosim.UserSpec{Username: "off", Status: duosim.Disabled, GroupIDs: []string{open}})
	before := s.passing()
	admins(call(technician, "update-user", "user_id", off, "status", "active"), "the group Open has the status Bypass")
	admins(call(technician, "modify-group", "group_id", open, "status", "disabled"),
		"the group Open has the status Bypass")
	admins(call(technician, "associate-group-with-user", "user_id", ceo, "group_id", ended, "group_status", "disabled"),
		"the group Ended has the status Disabled")
	call(technician, "associate-group-with-user", "user_id", ceo, "group_id", open, "group_status",
		"active").wantProblem(http.StatusUnprocessableEntity, "invalid_fields")
	if after := s.passing(); !slices.Equal(before, after) {
		t.Errorf("%v passed before, and %v do now", before, after)
	}

	// What an administrator may, and what a technician may undo.
	s.Clock.Move(time.Hour) // Duo's log has nothing on the victim at that time
	call(administrator, "delete-user", "user_id", robot).want(http.StatusOK)
	call(technician, "delete-user", "user_id", ceo).want(http.StatusOK)
	call(technician, "restore-user", "user_id", ceo).want(http.StatusOK)
}

// TestTheTrashByForm does the same by the forms, which say beforehand what they take.
func TestTheTrashByForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.Account.AccountID
	robot := s.addUser(t, duosim.UserSpec{Username: "svc", Realname: "Robot", Status: duosim.Bypass})
	hidden := s.addUser(t, duosim.UserSpec{Username: "svc2", Status: duosim.PendingDeletion,
		BeforeTrash: duosim.Bypass})
	group := s.Sim.AddGroup(id, "Open", "", robot)
	s.Sim.SetGroupStatus(id, group, "Bypass")
	locked := s.addUser(t, duosim.UserSpec{Username: "locked", Status: duosim.LockedOut, GroupIDs: []string{group}})
	tech, admin := s.as(t, s.Member(t, s.Workspace, catalog.Technician)),
		s.as(t, s.Member(t, s.Workspace, catalog.Administrator))
	sheet := func(b *browser, slug, user string) *page {
		return b.get(s.org("/actions/" + slug + "?user_id=" + user))
	}
	forged := func(b *browser, slug, user string, pairs ...string) *page {
		form := url.Values{"run_id": {uuid.NewString()}, "user_id": {user}, "reviewed": {"1"}}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return b.request(http.MethodPost, s.org("/actions/"+slug), form)
	}
	const takes = "Requires the Administrator role"
	sheet(tech, "delete-user", robot).want(http.StatusOK, "This user may be in bypass, because the status is Bypass.",
		"You cannot do this. "+takes).fine()
	forged(tech, "delete-user", robot).want(http.StatusForbidden,
		takes+": svc may be in bypass").wantNot("Duo may have done this").fine()
	sheet(tech, "restore-user", hidden).want(http.StatusOK,
		"This requires the Administrator role, unless").form("Restore svc2").send().want(http.StatusForbidden,
		takes+": the trash hides the earlier status").fine()
	sheet(tech, "update-user", robot).want(http.StatusOK, "Names and status require the Administrator role.").fine()
	forged(tech, "update-user", hidden, "username", "ceo").want(http.StatusUnprocessableEntity,
		"svc2 is in the trash. Restore the user first.")
	sheet(tech, "unlock-user", locked).want(http.StatusOK, "You cannot do this. "+takes).fine()
	forged(tech, "unlock-user", locked).want(http.StatusForbidden, takes)
	tech.get(s.org("/actions/modify-group?group_id="+group)).want(http.StatusOK,
		takes+": the group Open has the status Bypass. The group has 2 members: svc and locked.").fine()
	tech.request(http.MethodPost, s.org("/actions/modify-group"), url.Values{"run_id": {uuid.NewString()},
		"group_id": {group}, "status": {"disabled"}, "reviewed": {"1"}}).want(http.StatusForbidden, takes)
	if done := s.Sim.Ledger(); len(done) != 0 {
		t.Fatalf("done: %+v", done)
	}
	sheet(admin, "delete-user", robot).form("Move to Trash").send().want(http.StatusOK,
		"Set the status from bypass to disabled. Removed svc from the group Open, which has the status Bypass. Moved user svc to the trash.")
	sheet(admin, "restore-user", hidden).form("Restore svc2").send().want(http.StatusOK,
		"The user was restored in bypass: Set the status from bypass to disabled.")
	p := admin.get(s.org("/actions/modify-group?group_id="+group)).form("Review changes").set("status",
		"disabled").send()
	p.want(http.StatusOK, "The group has 1 member: locked.").fine()
}
