package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// recordOf is what an operator has on record in a workspace, latest first.
func (s *site) recordOf(t testing.TB, ws store.Workspace, operator store.Operator) []store.Run {
	t.Helper()
	var found []store.Run
	err := s.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) (err error) {
		found, err = tx.Runs(t.Context(), 1000, 0)
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
	e := newEstate(t)
	technician := e.Member(t, e.Workspace, catalog.Technician, e.near.org.ID)
	helpdesk := e.Member(t, e.Workspace, catalog.Helpdesk)
	scopedAdmin := e.Member(t, e.Workspace, catalog.Administrator, e.near.org.ID)
	canary := url.Values{"run_id": {uuid.NewString()}, "user_id": {e.near.user}, "notes": {"CANARY typed"}, "status": {"bypass"}, "reviewed": {"1"}, "ticket": {"CANARY typed"}}
	for _, c := range []struct {
		by            store.Operator
		address       string
		status        int
		action, input string
		organization  bool
	}{
		{technician, e.ws("/integration"), 404, "denied", "map[route:POST /w/:ws/integration]", false},
		{scopedAdmin, e.ws("/integration/mapping"), 404, "denied", "map[route:POST /w/:ws/integration/mapping]", false},
		{scopedAdmin, e.ws("/integration/admin/activate"), 404, "denied", "map[api:admin route:POST /w/:ws/integration/:api/activate]", false},
		{technician, e.orgOf(e.far.org) + "/actions/update-user", 404, "update-user", "map[action:update-user org:" + e.far.org.Slug + " route:POST /w/:ws/o/:org/actions/:action]", false},
		{technician, e.ws("/o/nowhere%00%ff/actions/nothing"), 404, "denied", "map[action:nothing route:POST /w/:ws/o/:org/actions/:action]", false},
		{helpdesk, e.orgOf(e.near.org) + "/actions/delete-user", 404, "delete-user", "map[action:delete-user org:" + e.near.org.Slug + " route:POST /w/:ws/o/:org/actions/:action]", true},
		{technician, e.orgOf(e.near.org) + "/actions/update-user", 403, "update-user", "map[action:update-user org:" + e.near.org.Slug + " route:POST /w/:ws/o/:org/actions/:action]", true},
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
		if r.Action != c.action || r.State != store.Refused || fmt.Sprint(r.Input) != c.input || (r.OrganizationID != nil) != c.organization || r.Summary == "" {
			t.Errorf("POST %s is recorded as %s %s %v, organization %v", c.address, r.Action, r.State, r.Input, r.OrganizationID)
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
	if len(e.recordOf(t, e.Workspace, e.otherOwner)) != 0 || len(e.recordOf(t, e.foreign.workspace, e.otherOwner)) != before {
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
	s.as(t, s.Member(t, s.Workspace, catalog.Auditor)).request(http.MethodPost, s.ws("/integration"), url.Values{}).want(http.StatusNotFound)
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
	for operator, want := range map[*store.Operator][]string{
		&s.Owner:  {"sign-in applied Signed in from 127."},
		&disabled: {},
	} {
		record := slices.DeleteFunc(s.recordOf(t, s.Workspace, *operator), func(r store.Run) bool { return r.Action != store.SignedIn.Slug })
		if len(record) != len(want) {
			t.Fatalf("%d records of sign-ins, want %d", len(record), len(want))
		}
		for i, r := range record {
			if line := r.Action + " " + r.State + " " + r.Summary; !strings.HasPrefix(line, want[i]) || !strings.HasPrefix(r.Input["address"], "127.") || len(r.Input) != 1 {
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
	b.request(http.MethodPost, "/signin", url.Values{"email": {s.Owner.Email}, "password": {storetest.Password}}).want(http.StatusInternalServerError)
	if b.cookie("session") != "" {
		t.Error("signed in without a record")
	}
	s.Clock.Move(time.Second)
	b.get(s.ws("")).want(http.StatusOK, "Sign in")
}
