package web

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// readingsOf is the record of what was taken out, latest first.
func (s *console) readingsOf(t testing.TB) []store.Reading {
	t.Helper()
	var found []store.Reading
	err := s.InWorkspace(t.Context(), s.Scope(), func(tx *store.Tx) (err error) {
		page, err := tx.Readings(t.Context(), store.Query{Descending: true, Limit: 100})
		found = page.Rows
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// tookOut makes an operator have taken out rows within this day.
func (s *console) tookOut(t testing.TB, operator store.Operator, rows int) {
	t.Helper()
	s.Exec(t,
		`insert into reading (workspace_id, operator_id, token, list, hour, rows) values ($1, $2, '', $3, date_trunc('hour', now()), $4)`,
		s.Workspace.ID, operator.ID, rand.Text(), rows)
}

// An operator who exports a list leaves a line, and a program that reads it part by
// part leaves one an hour.
func TestReadingLeavesALine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"amara", "ben", "chen"} {
		s.addUser(t, duosim.UserSpec{Username: name})
	}
	auditor := s.Member(t, s.Workspace, catalog.Auditor)
	token, kept := s.accessToken(t, s.Workspace, auditor, store.Grant{Role: "auditor", EveryOrganization: true})
	b := s.stranger(t)
	first := answer[apiPart[any]](b.call(token, http.MethodGet, s.apiOrg("/users?limit=2"), nil))
	b.call(token, http.MethodGet, s.apiOrg("/users?limit=2&cursor="+*first.Next), nil)
	for _, list := range []string{s.api("/organizations"), s.api("/mapping"), s.api("/runs"), s.apiOrg("/phones"),
		s.apiOrg("/bypass-codes")} {
		if p := b.call(token, http.MethodGet, list, nil); p.status != http.StatusOK {
			t.Fatal(list, p.body)
		}
	}
	body := bodyOf("list-users", url.Values{"run_id": {"5f7c1c1e-8f2e-4c0b-9d3a-0c5b7e1a2d41"}})
	wantOutcome(b.call(token, http.MethodPost, s.apiOrg("/actions/list-users"), body), store.Applied, false)
	page := s.as(t, auditor)
	page.request(http.MethodPost, s.ws("/export/organizations"), url.Values{}).want(http.StatusOK)
	page.request(http.MethodPost, s.ws("/runs.csv"), url.Values{}).want(http.StatusOK)

	rows := map[string]int{}
	for _, r := range s.readingsOf(t) {
		rows[r.List] += r.Rows
		byToken := !strings.HasSuffix(r.List, ".csv")
		if r.Operator != auditor.Email || (r.TokenID != nil) != byToken || byToken && *r.TokenID != kept.ID {
			t.Errorf("%+v", r)
		}
		if ofOne := r.List == "users" || r.List == "list-users"; ofOne != (r.OrganizationID != nil) {
			t.Errorf("%s is of organization %v", r.List, r.Organization)
		}
	}
	for list, want := range map[string]int{"users": 3, "list-users": 3, "organizations": 1, "mapping": 1,
		"organizations.csv": 1} {
		if rows[list] != want {
			t.Errorf("%s: %d rows on record, want %d", list, rows[list], want)
		}
	}
	if rows["runs"] == 0 || rows["runs.csv"] == 0 || rows["phones"] != 0 {
		t.Error(rows)
	}
	s.as(t, s.Owner).get(s.ws("/readings")).want(http.StatusOK, "users", auditor.Email, "program").fine()
}

// A log's page is an object around a list: its events are rows, by whatever action they are read.
func TestRowsOfAGenericRead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for range 7 {
		s.Sim.AddActivity(s.Account.AccountID, "user_update", "DU1", "ada")
	}
	admin := s.Member(t, s.Workspace, catalog.Administrator)
	token, _ := s.accessToken(t, s.Workspace, admin, store.Grant{Role: "admin", EveryOrganization: true})
	now := time.Now()
	for _, parts := range []string{"1", "3"} {
		limit := map[string]string{"1": "10", "3": "3"}[parts]
		body := bodyOf("admin-api-action", url.Values{"run_id": {uuid.NewString()}, "method": {"get"},
			"path": {"/admin/v2/logs/activity"}, "parts": {parts},
			"params": {fmt.Sprintf("mintime=%d\nmaxtime=%d\nlimit=%s", now.Add(-time.Hour).UnixMilli(),
				now.Add(time.Hour).UnixMilli(), limit)}})
		wantOutcome(s.stranger(t).call(token, http.MethodPost, s.apiOrg("/actions/admin-api-action"), body),
			store.Applied, false)
	}
	if found := s.readingsOf(t); len(found) != 1 || found[0].Rows != 14 {
		t.Errorf("%+v", found)
	}
}

// The limit is exact, however many ask at once, and for all of an operator's
// tokens together.
func TestReadingLimit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"amara", "ben", "chen", "dora"} {
		s.addUser(t, duosim.UserSpec{Username: name})
	}
	auditor, admin := s.Member(t, s.Workspace, catalog.Auditor), s.Member(t, s.Workspace, catalog.Administrator)
	b := s.stranger(t)
	s.tookOut(t, auditor, 49_990)
	var tokens []string
	for range 3 {
		token, _ := s.accessToken(t, s.Workspace, auditor, store.Grant{Role: "auditor", EveryOrganization: true})
		tokens = append(tokens, token)
	}
	var served atomic.Int32
	var all sync.WaitGroup
	for i := range 15 {
		all.Go(func() {
			if p := b.call(tokens[i%3], http.MethodGet, s.apiOrg("/users"), nil); p.status == http.StatusOK {
				served.Add(1)
			} else {
				p.wantProblem(http.StatusTooManyRequests, "reading_limit")
			}
		})
	}
	all.Wait()
	if served.Load() != 2 {
		t.Errorf("%d answers of 4 rows were sent, with 10 left", served.Load())
	}
	// Two rows are left: a file of three is not begun.
	s.Map(t, "Bright", s.Sim.AddChild(s.Parent.AccountID, "Bright"))
	s.Map(t, "Cedar", s.Sim.AddChild(s.Parent.AccountID, "Cedar"))
	s.as(t, auditor).request(http.MethodPost, s.ws("/export/organizations"),
		url.Values{}).want(http.StatusTooManyRequests, "the limit is 50000")
	// A list that does not fit is read from Duo and withheld; when nothing is left, Duo is not asked.
	b.call(tokens[0], http.MethodGet, s.apiOrg("/users"), nil).wantProblem(http.StatusTooManyRequests, "reading_limit")
	s.tookOut(t, auditor, 2)
	before := len(s.Sim.Ledger())
	b.call(tokens[0], http.MethodGet, s.apiOrg("/users"), nil).wantProblem(http.StatusTooManyRequests, "reading_limit")
	if len(s.Sim.Ledger()) != before {
		t.Error("Duo was asked for what could not be sent")
	}
	// A token of an administrator reads five times as much.
	token, _ := s.accessToken(t, s.Workspace, admin, store.Grant{Role: "admin", EveryOrganization: true})
	s.tookOut(t, admin, 249_980)
	for range 5 {
		if p := b.call(token, http.MethodGet, s.apiOrg("/users"), nil); p.status != http.StatusOK {
			t.Fatal(p.body)
		}
	}
	b.call(token, http.MethodGet, s.apiOrg("/users"), nil).wantProblem(http.StatusTooManyRequests, "reading_limit")
	// Yesterday's rows do not count.
	s.Exec(t, `update reading set hour = hour - interval '25 hours' where workspace_id = $1`, s.Workspace.ID)
	if p := b.call(tokens[0], http.MethodGet, s.apiOrg("/users"), nil); p.status != http.StatusOK {
		t.Error(p.body)
	}
}

func TestOwnersChangeTheReadingLimit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, s.Owner)
	set := func(limit string, status int, words ...string) {
		t.Helper()
		owner.request(http.MethodPost, s.ws("/readings/limit"),
			url.Values{"limit": {limit}}).follow().want(status, words...)
	}
	set("999", http.StatusUnprocessableEntity, "Enter a whole number from 1000", "1 field needs a change",
		"may export 50,000 rows")
	set("many", http.StatusUnprocessableEntity, "Enter a whole number")
	set("60000", http.StatusOK, "60,000")
	owner.get(s.ws("/runs")).want(http.StatusOK, "from 50000 to 60000")
	admin := s.as(t, s.Member(t, s.Workspace, catalog.Administrator))
	admin.get(s.ws("/readings")).want(http.StatusOK, "60,000").wantNot("Change limit")
}
