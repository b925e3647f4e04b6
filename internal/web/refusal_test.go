package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// recordOf is what an operator has on record in a workspace, latest first.
func (s *console) recordOf(t testing.TB, ws store.Workspace, operator store.Operator) []store.Run {
	t.Helper()
	var found []store.Run
	err := s.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) (err error) {
		found, _, err = tx.FindRuns(t.Context(), store.RunFilter{}, nil, 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(found, func(r store.Run) bool { return r.OperatorID != operator.ID })
}

// TestRefusalsAreOnRecord: who asks for a change that is not theirs is on record
// with the address, not with what the form held; who only looks is not.
func TestRefusalsAreOnRecord(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	technician := e.Member(t, e.Workspace, catalog.Technician, e.near.org.ID)
	helpdesk := e.Member(t, e.Workspace, catalog.Helpdesk)
	scopedAdmin := e.Member(t, e.Workspace, catalog.Administrator, e.near.org.ID)
	canary := url.Values{"run_id": {uuid.NewString()}, "user_id": {e.near.user}, "notes": {"CANARY typed"},
		"status": {"bypass"}, "reviewed": {"1"}, "ticket": {"CANARY typed"}}
	for _, c := range []struct {
		by            store.Operator
		address       string
		status        int
		action, input string
		organization  bool
	}{
		{technician, e.ws("/integration"), 404, "denied", "map[route:POST /w/:ws/integration]", false},
		{scopedAdmin, e.ws("/integration/mapping"), 404, "denied", "map[route:POST /w/:ws/integration/mapping]", false},
		{scopedAdmin, e.ws("/integration/admin/activate"), 404, "denied",
			"map[api:admin route:POST /w/:ws/integration/:api/activate]", false},
		{technician, e.orgOf(e.far.org) + "/actions/update-user", 404, "update-user",
			"map[action:update-user org:" + e.far.org.Slug + " route:POST /w/:ws/o/:org/actions/:action]", false},
		{technician, e.ws("/o/nowhere%00%ff/actions/nothing"), 404, "denied",
			"map[action:nothing route:POST /w/:ws/o/:org/actions/:action]", false},
		{helpdesk, e.orgOf(e.near.org) + "/actions/delete-user", 404, "delete-user",
			"map[action:delete-user org:" + e.near.org.Slug + " route:POST /w/:ws/o/:org/actions/:action]", true},
		{technician, e.orgOf(e.near.org) + "/actions/update-user", 403, "update-user",
			"map[action:update-user org:" + e.near.org.Slug + " route:POST /w/:ws/o/:org/actions/:action]", true},
	} {
		before := len(e.recordOf(t, e.Workspace, c.by))
		b := e.as(t, c.by)
		b.get(c.address)
		if n := len(e.recordOf(t, e.Workspace, c.by)); n != before {
			t.Errorf("looking at %s left %d records", c.address, n-before)
		}
		b.request(http.MethodPost, c.address, canary).want(c.status)
		record := e.recordOf(t, e.Workspace, c.by)
		if len(record) != before+1 {
			t.Errorf("POST %s left %d records, want 1", c.address, len(record)-before)
			continue
		}
		r := record[0]
		if r.Action != c.action || r.State != store.Refused || fmt.Sprint(r.Input) != c.input ||
			(r.OrganizationID != nil) != c.organization || r.Summary == "" {
			t.Errorf("POST %s is recorded as %s %s %v, organization %v", c.address, r.Action, r.State, r.Input,
				r.OrganizationID)
		}
		if strings.Contains(fmt.Sprint(r), "CANARY typed") {
			t.Error("what was typed is on record")
		}
	}
	// Somebody of another workspace is none of this one's business, and the other way round.
	foreign := e.as(t, e.otherOwner)
	before := len(e.recordOf(t, e.foreign.workspace, e.otherOwner))
	foreign.request(http.MethodPost, e.ws("/integration"), canary).want(http.StatusNotFound)
	foreign.request(http.MethodPost, e.orgOf(e.near.org)+"/actions/update-user", canary).want(http.StatusNotFound)
	if len(e.recordOf(t, e.Workspace, e.otherOwner)) != 0 ||
		len(e.recordOf(t, e.foreign.workspace, e.otherOwner)) != before {
		t.Error("a stranger's request is on record")
	}
	// A change that fits is not a refusal.
	e.as(t, e.Owner).get(e.ws("/runs")).want(http.StatusOK, "Refused access", "Not allowed in this role")
	e.as(t, technician).get(e.ws("/runs")).want(http.StatusOK).wantNot("POST /w/:ws/integration", "out of reach")
}

// TestRefusedActWithoutRecord: a refusal that cannot be recorded is still one.
func TestRefusedActWithoutRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.RefuseRecords(t, s.Workspace)
	s.as(t, s.Member(t, s.Workspace, catalog.Auditor)).request(http.MethodPost, s.ws("/integration"),
		url.Values{}).want(http.StatusNotFound)
	if !strings.Contains(s.Log.String(), "refusal could not be recorded") {
		t.Error("nobody is told that the record is incomplete")
	}
}

func TestSignInsAreOnRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	disabled := s.Member(t, s.Workspace, catalog.Auditor)
	s.Exec(t, `update operator set disabled_at = now() where id = $1`, disabled.ID)
	attempt := func(email, password string, status int) {
		t.Helper()
		b.request(http.MethodPost, "/signin", url.Values{"email": {email}, "password": {password}}).want(status)
	}
	attempt("stranger.canary@msp.example", "x", http.StatusUnprocessableEntity)
	attempt(disabled.Email, storetest.Password, http.StatusUnprocessableEntity)
	attempt(s.Owner.Email, "wrong canary", http.StatusUnprocessableEntity)
	attempt(s.Owner.Email, storetest.Password, http.StatusSeeOther)
	b.get("/account").want(http.StatusOK, "Signed in", b.ip)
	signIns := func(ws store.Workspace, o store.Operator) []store.Run {
		return slices.DeleteFunc(s.recordOf(t, ws, o),
			func(r store.Run) bool { return r.Action != store.SignedIn.Slug })
	}
	if n := len(signIns(s.Workspace, s.Owner)); n != 0 {
		t.Errorf("before the first use of the workspace its record holds %d sign-ins", n)
	}
	for range 2 {
		b.get(s.ws("")).want(http.StatusOK)
		b.get(s.org("/users")).want(http.StatusOK)
	}
	for operator, want := range map[*store.Operator][]string{
		&s.Owner:  {"sign-in applied Signed in."},
		&disabled: {},
	} {
		record := signIns(s.Workspace, *operator)
		if len(record) != len(want) {
			t.Fatalf("%d records of sign-ins, want %d", len(record), len(want))
		}
		for i, r := range record {
			if line := r.Action + " " + r.State + " " + r.Summary; line != want[i] || len(r.Input) != 0 {
				t.Errorf("%s %v, want %s", line, r.Input, want[i])
			}
		}
	}
	if log := s.Log.String(); strings.Contains(log, "stranger.canary") || strings.Count(log, "sign-in refused") != 3 {
		t.Error("the log tells of a name that nobody has, or of nothing")
	}
	// The refused ones are for the operator's eyes.
	b.get("/account").want(http.StatusOK, "Recent sign-ins and changes", "Refused", b.ip)
	colleague := s.as(t, s.Member(t, s.Workspace, catalog.Owner))
	colleague.get("/account").want(http.StatusOK).wantNot(b.ip, "Refused")

	// Guesses that come too fast are not looked at, and leave nothing.
	count := func() int {
		events, err := s.Store.AccountEvents(t.Context(), s.Owner.ID, 1000)
		if err != nil {
			t.Fatal(err)
		}
		return len(events)
	}
	for range 6 {
		b.request(http.MethodPost, "/signin", url.Values{"email": {s.Owner.Email}, "password": {"wrong"}})
	}
	before := count()
	for range 5 {
		attempt(s.Owner.Email, "wrong", http.StatusTooManyRequests)
	}
	if count() != before {
		t.Error("attempts that were not granted are on record")
	}
}

func TestNoSignInOffTheRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.RefuseRecords(t, s.Workspace)
	b := s.stranger(t)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	b.get("/account").want(http.StatusOK)
	for range 2 {
		b.request(http.MethodGet, s.ws(""), nil).want(http.StatusInternalServerError).wantNot(s.Workspace.Name)
	}
}

// TestAccountIsNobodyElsesBusiness: what an operator does in one workspace, or with
// the own account, is in the record of no other.
func TestAccountIsNobodyElsesBusiness(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	second, secondOwner := s.DB.Workspace(t)
	if _, err := store.AddOperator(t.Context(), s.OwnerURL,
		store.NewOperator{Workspace: second.Name, Email: s.Owner.Email, Role: "auditor"}); err != nil {
		t.Fatal(err)
	}
	counted := func(ws store.Workspace) string {
		var slugs []string
		for _, r := range s.recordOf(t, ws, s.Owner) {
			slugs = append(slugs, r.Action)
			if strings.Contains(r.Summary, "127.") || r.Input["address"] != "" {
				t.Error("the record holds an address: ", r.Summary, r.Input)
			}
		}
		slices.Sort(slugs)
		return strings.Join(slugs, " ")
	}
	there := counted(second)
	b := s.stranger(t)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	b.get(s.ws("")).want(http.StatusOK)
	here := counted(s.Workspace)
	b.get("/account").form("Change password").set("current", storetest.Password).set("new",
		newPassword).send().want(http.StatusOK, "Your password is changed.", "Password changed")
	b.get(s.ws("")).want(http.StatusOK) // the session goes on: no sign-in
	b.get("/account").form("Sign out everywhere").send().want(http.StatusOK, "Sign in")
	if now := counted(s.Workspace); now != here {
		t.Errorf("the record here: %s, before %s", now, here)
	}
	if now := counted(second); now != there {
		t.Errorf("the record of another workspace: %s, before %s", now, there)
	}
	s.as(t, secondOwner).get("/w/" + second.Slug + "/runs").want(http.StatusOK).wantNot(b.ip)
	b.signIn(s.Owner, newPassword).want(http.StatusSeeOther)
	b.get("/account").want(http.StatusOK, "Signed in", "Password changed", "Signed out everywhere", b.ip)
	b.get("/w/" + second.Slug).want(http.StatusOK)
	if now := counted(second); strings.Count(now, "sign-in") != strings.Count(there, "sign-in")+1 {
		t.Errorf("after the first use the other workspace's record is %s", now)
	}
	// What the host does concerns the workspaces, and the operator.
	if _, err := store.ResetPassword(t.Context(), s.OwnerURL, s.Owner.Email, s.Owner.PasswordHash,
		s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(counted(second), store.PasswordReset.Slug) {
		t.Error("a reset on the host is not in the record")
	}
	s.as(t, s.Owner).get("/account").want(http.StatusOK, "Password reset on the host")
}
