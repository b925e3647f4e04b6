//go:build proof

package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"

	"duodesk/internal/duo/duosim"
)

const hostileName = `"><script>alert(1)</script>`

// startHostileSite makes a site with an organization in whose Duo every text is
// one of the payloads, and one organization more for every payload.
func startHostileSite(t *testing.T) *site {
	t.Helper()
	return startSite(t, func(sim *duosim.Sim, parent duosim.Account) {
		for _, text := range payloads {
			if text != hostileName {
				sim.AddChild(parent.AccountID, text)
			}
		}
		id := sim.AddChild(parent.AccountID, hostileName).AccountID
		for n, text := range payloads {
			user := sim.AddUser(id, duosim.UserSpec{
				Username: text, Realname: text, Firstname: text, Lastname: text, Email: text, Notes: text, LockoutReason: text,
				Status: []string{duosim.LockedOut, duosim.Active, duosim.Bypass, duosim.PendingDeletion, text}[n%5], Aliases: []string{text, "x" + text},
			})
			sim.AddPhone(id, duosim.PhoneSpec{Name: text, Number: text, Extension: text, Type: text, Platform: text, Model: text, OSVersion: text, UserIDs: []string{user}})
			sim.AddPhone(id, duosim.PhoneSpec{Name: text, Number: text, Type: "Mobile", Platform: "Apple iOS", Model: text, Activated: true, UserIDs: []string{user}})
			sim.AddBypassCode(id, user, duosim.BypassSpec{AdminEmail: text})
			sim.AddGroup(id, text, text, user)
		}
	})
}

// hostileHome is the address of the organization whose Duo is all payloads.
func (s *site) hostileHome() string {
	s.t.Helper()
	for _, o := range s.organizations() {
		if o.AccountID == s.hostileAccount() {
			return s.home() + "/o/" + o.Slug
		}
	}
	s.t.Fatal("the hostile organization is gone")
	return ""
}

func (s *site) hostileAccount() string {
	for _, a := range s.duo.Accounts {
		if a.Name == hostileName {
			return a.AccountID
		}
	}
	return ""
}

// makeHostileRuns does something to users of such names, with such tickets, so
// that the record holds them.
func (s *site) makeHostileRuns() {
	s.t.Helper()
	client := s.browser(s.owner)
	defer client.CloseIdleConnections()
	at := s.hostileHome()
	for i, text := range payloads {
		user := s.sim.AddUser(s.hostileAccount(), duosim.UserSpec{Username: text, Realname: text})
		slug := []string{"create-bypass-code-for-user", "delete-user"}[i%2]
		ticket := text
		if utf8.RuneCountInString(ticket) > 100 {
			ticket = ""
		}
		form := url.Values{"run_id": {uuid.NewString()}, "user_id": {user}, "ticket": {ticket}, "preserve_existing": {"true"}, "reviewed": {"1"}}
		answer, err := client.Do(s.post(s.t.Context(), at+"/actions/"+slug, form))
		if err != nil {
			s.t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode >= 500 {
			s.t.Errorf("%s with %.30q is answered with %d", slug, text, answer.StatusCode)
		}
	}
}

// newAccount puts an account into Duo and has it listed, so that there is one to
// make an organization for.
func (s *site) newAccount() {
	s.t.Helper()
	s.sim.AddChild(s.duo.Accounts[0].AccountID, `<b>"new"</b>`)
	client := s.browser(s.owner)
	defer client.CloseIdleConnections()
	answer, err := client.Do(s.post(s.t.Context(), s.home()+"/integration/accounts/refresh", url.Values{}))
	if err != nil {
		s.t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		s.t.Fatal("reading the accounts again is answered with ", answer.StatusCode)
	}
}

// ourNames are columns that hold what we made ourselves, or what decides where
// and whether a page is shown.
var ourNames = []string{"slug", "account_id", "api_hostname", "host", "integration_key", "password_hash", "role", "state", "api", "email"}

// makeTablesHostile writes the payloads into every column of text that takes
// them, whatever the forms in front of it would have refused, and returns how
// many texts it wrote. New tables and columns are found by themselves.
func (s *site) makeTablesHostile() int {
	s.t.Helper()
	conn := s.db.Superuser(s.t)
	// Operators of such addresses did what is on record.
	for i, text := range payloads {
		email := fmt.Sprintf("%.200s%d@evil.example", strings.ToLower(strings.ReplaceAll(text, "\x00", "")), i)
		_, err := conn.Exec(s.t.Context(), `with o as (insert into operator (email, password_hash) values ($1, '') returning id)
			insert into membership (workspace_id, operator_id, role, every_organization) select $2, o.id, 'technician', true from o`, email, s.ws.ID)
		if err != nil {
			s.t.Fatalf("%q: %v", email, err)
		}
	}
	s.db.Exec(s.t, `update run r set operator_id = o.id from (select id, row_number() over () as n from operator where email like '%@evil.example') o,
		(select id, row_number() over () as n from run) k where k.id = r.id and o.n = k.n`)
	s.db.Exec(s.t, `update run set input = (select jsonb_object_agg(key, case when key like '%\_id' then value else '"<script>alert(1)</script>"' end) from jsonb_each(input)) where input <> '{}'`)
	rows, err := conn.Query(s.t.Context(), `
		select table_name::text, column_name::text from information_schema.columns
		where table_schema = 'public' and data_type = 'text' and table_name not like 'goose%' and table_name <> 'login_attempt' order by 1, 2`)
	if err != nil {
		s.t.Fatal(err)
	}
	type column struct{ table, name string }
	var columns []column
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.table, &c.name); err != nil {
			s.t.Fatal(err)
		}
		columns = append(columns, c)
	}
	if rows.Err() != nil {
		s.t.Fatal(rows.Err())
	}
	written := 0
	for _, c := range columns {
		if slices.Contains(ourNames, c.name) {
			continue
		}
		for i, text := range payloads {
			text = strings.ReplaceAll(text, "\x00", "")
			// What a constraint refuses no page can come to show.
			done, err := conn.Exec(s.t.Context(), fmt.Sprintf(`update %[1]q set %[2]q = $1 where ctid = (select ctid from %[1]q order by ctid offset $2 limit 1)`, c.table, c.name), text, i)
			if err == nil {
				written += int(done.RowsAffected())
			}
		}
	}
	return written
}
