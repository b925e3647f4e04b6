//go:build proof

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

const hostileName = `"><script>alert(1)</script>`

// hostile is what stands in the account of hostile texts.
type hostile struct {
	texts  int
	things map[string][]string // ids in Duo, by what they name
}

// startHostileSite makes a site with an organization in whose Duo every text is
// one of the payloads, and one organization more for every payload.
func startHostileSite(t *testing.T) (s *proofSite, h hostile) {
	t.Helper()
	o := duosim.Options{StateFile: filepath.Join(t.TempDir(), "duo.json")}
	sim, err := duosim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	parent := sim.AddParent("Proof MSP")
	for _, text := range payloads {
		if text != hostileName {
			sim.AddChild(parent.AccountID, text)
		}
	}
	id := sim.AddChild(parent.AccountID, hostileName).AccountID
	h.things = map[string][]string{catalog.OfAccount: {id}}
	note := func(of, thing string) { h.things[of] = append(h.things[of], thing) }
	for n := range payloads {
		name := fmt.Sprintf("person%d", n)
		user := sim.AddUser(id, duosim.UserSpec{
			Username: name, Realname: name, Firstname: name, Lastname: name, Email: name, Notes: name,
			LockoutReason: name, Aliases: []string{name, "x" + name},
			Status: []string{duosim.LockedOut, duosim.Active, duosim.Bypass, duosim.PendingDeletion, payloads[n]}[n%5],
		})
		note(catalog.OfUser, user)
		note(catalog.OfPhone,
			sim.AddPhone(id, duosim.PhoneSpec{Name: name, Number: name, Extension: name, UserIDs: []string{user}}))
		sim.AddPhone(id, duosim.PhoneSpec{Name: name, Number: name, Activated: true, UserIDs: []string{user}})
		note(catalog.OfBypassCode, sim.AddBypassCode(id, user, duosim.BypassSpec{AdminEmail: name}))
		note(catalog.OfGroup, sim.AddGroup(id, name, name, user))
		note(catalog.OfToken, sim.AddToken(id, duosim.TokenSpec{Serial: name, UserIDs: []string{user}}))
		note(catalog.OfCredential, sim.AddCredential(id,
			duosim.CredentialSpec{UserID: user, Name: name, Label: name, Transports: []string{name}}))
		sim.AddAdmin(id, duosim.AdminSpec{Name: name, Email: name, Phone: name})
	}
	note(catalog.OfDirectory, sim.AddDirectory(id, duosim.DirectorySpec{Name: "staff",
		People: []duosim.Person{{Username: "somebody", Realname: "somebody", Email: "somebody"}}}))
	h.texts = makeStateHostile(t, o.StateFile, id)
	if sim, err = duosim.New(o); err != nil {
		t.Fatal(err)
	}
	s = startSiteOn(t, sim)
	s.previewHostileOnboarding()
	return s, h
}

// previewHostileOnboarding begins an onboarding of the hostile organization and previews it,
// so that its forms and its steps are among the pages.
func (s *proofSite) previewHostileOnboarding() {
	s.t.Helper()
	runner := s.runner()
	ctx, sc := s.t.Context(), store.WholeWorkspace(s.ws.ID)
	actor, o := run.Actor{Operator: s.owner.ID, Role: catalog.Owner}, s.hostileOrganization()
	err := setup.New(runner).OnboardAgain(ctx, sc, actor, o)
	if err != nil {
		s.t.Fatal(err)
	}
	plans := plan.New(runner)
	p, _, err := plans.Latest(ctx, sc, o.ID, plan.OnboardingKind)
	if err == nil {
		keys := []plan.DirectoryChoice{{Name: "AD", Key: "DSAAAAAAAAAAAAAAAAAA"}}
		err = plans.Save(ctx, sc, actor, catalog.Administrator, p.ID, p.Revision, plan.DirectoriesScreen, keys)
	}
	if err == nil {
		err = plans.Preview(ctx, sc, actor, p.ID, p.Revision+1)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// notTexts are the members of the simulator's state that name things or decide
// how it answers. The texts of everything else are hostile, also of members that
// the simulator gets later.
var notTexts = regexp.MustCompile(
	`(ID|IDs|Key|Keys|Hostname|Status|StatusBeforeTrash|Code|Grants|Secret|Edition)$|^(Applications|Fault|LastSync|ActorType)$`)

// textSettings are the settings of an account that are texts.
var textSettings = []string{"caller_id", "fraud_email", "helpdesk_message", "language", "reactivation_url",
	"sms_message", "timezone"}

// makeStateHostile writes payloads into every text that the simulator's state
// file holds of an account, and returns how many it wrote.
func makeStateHostile(t *testing.T, file, account string) (written int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Version  int
		Accounts []map[string]any
	}
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	// Each member goes through all payloads on its own, so that every one of them stands in every kind of text.
	had := map[string]int{}
	next := func(member string) string {
		written++
		had[member]++
		return payloads[had[member]%len(payloads)]
	}
	var replaced func(string, any) any
	replaced = func(member string, v any) any {
		switch v := v.(type) {
		case string:
			return next(member)
		case []any:
			for i := range v {
				v[i] = replaced(member, v[i])
			}
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				if !notTexts.MatchString(name) {
					v[name] = replaced(name, v[name])
				}
			}
		}
		return v
	}
	for _, a := range state.Accounts {
		if a["AccountID"] != account {
			continue
		}
		name := a["Name"]
		replaced("", a)
		a["Name"] = name // by which it is found again
		settings := map[string]any{}
		for i, s := range textSettings {
			settings[s] = payloads[i]
		}
		written += len(settings)
		a["Settings"] = settings
		written += addHostileEvents(a)
	}
	if text, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return written
}

// addHostileEvents gives an account applications and a history that calls cannot
// give it, of texts of these kinds, and returns how many.
func addHostileEvents(account map[string]any) (written int) {
	at := time.Now().Add(-time.Hour).UnixMilli()
	var logins, actions, charges []any
	applications, _ := account["Applications"].([]any)
	for n, text := range payloads {
		id, at := uuid.NewString(), at+int64(n)
		logins = append(logins, map[string]any{"TxID": id, "At": at, "Username": text, "Email": text,
			"Groups": []string{text}, "ApplicationName": text,
			"Factor": text, "Result": text, "Reason": text, "Type": text, "IP": text, "DeviceName": text})
		// What was changed is described in JSON, or in what should be.
		description := text
		if told, err := json.Marshal(map[string]string{"notes": text, text: "x"}); err == nil && n%2 == 0 {
			description = string(told)
		}
		actions = append(actions, map[string]any{"ID": id, "At": at, "Name": text, "Object": text,
			"Description": description, "ActorName": text, "ActorType": "admin_api"})
		charges = append(charges, map[string]any{"ID": id, "At": at, "Context": text, "Phone": text, "Type": text,
			"Credits": 1})
		applications = append(applications, map[string]any{"Type": text, "IntegrationKey": fmt.Sprintf("DIHOSTILE%011d",
			n), "SecretKey": strings.Repeat("x", 40), "Name": text, "Notes": text})
		written += 9 + 4 + 3 + 3
	}
	account["Logs"] = map[string]any{"Logins": logins, "Actions": actions, "Charges": charges}
	account["Applications"] = applications
	return written
}

// hostileOrganization is the one whose Duo is all payloads.
func (s *proofSite) hostileOrganization() store.Organization {
	s.t.Helper()
	for _, o := range s.organizations() {
		if o.AccountID == s.hostileAccount() {
			return o
		}
	}
	s.t.Fatal("the hostile organization is gone")
	return store.Organization{}
}

func (s *proofSite) hostileHome() string { return s.home() + "/o/" + s.hostileOrganization().Slug }

func (s *proofSite) hostileAccount() string {
	for _, a := range s.duo.Accounts {
		if a.Name == hostileName {
			return a.AccountID
		}
	}
	return ""
}

// makeHostileRuns does something to users of such names, with such tickets, so
// that the record holds them.
func (s *proofSite) makeHostileRuns() {
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
		form := url.Values{"run_id": {uuid.NewString()}, "user_id": {user}, "ticket": {ticket},
			"preserve_existing": {"true"}, "reviewed": {"1"}, "connection": {s.hostileOrganization().Connection()}}
		answer, err := s.send(client.Do, s.owner, s.post(s.t.Context(), at+"/actions/"+slug, form))
		if err != nil {
			s.t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode >= 500 {
			s.t.Errorf("%s with %.30q is answered with %d", slug, text, answer.StatusCode)
		}
	}
}

// ourNames are columns that hold what we made ourselves, or what decides where
// and whether a page is shown.
var ourNames = []string{"slug", "account_id", "api_hostname", "host", "integration_key", "password_hash", "role",
	"state", "api", "email", "form", "kind", "act"}

// makeTablesHostile writes the payloads into every column of text that takes
// them, whatever the forms in front of it would have refused, and returns how
// many texts it wrote. New tables and columns are found by themselves.
func (s *proofSite) makeTablesHostile() int {
	s.t.Helper()
	conn := s.db.Superuser(s.t)
	// Operators of such addresses did what is on record.
	for i, text := range payloads {
		email := fmt.Sprintf("%.200s%d@evil.example", strings.ToLower(strings.ReplaceAll(text, "\x00", "")), i)
		_, err := conn.Exec(s.t.Context(),
			`with o as (insert into operator (email, password_hash) values ($1, '') returning id)
			insert into membership (workspace_id, operator_id, role, every_organization) select $2, o.id, 'technician', true from o`, email, s.ws.ID)
		if err != nil {
			s.t.Fatalf("%q: %v", email, err)
		}
	}
	s.db.Exec(s.t,
		`update run r set operator_id = o.id from (select id, row_number() over () as n from operator where email like '%@evil.example') o,
		(select id, row_number() over () as n from run) k where k.id = r.id and o.n = k.n`)
	s.db.Exec(s.t,
		`update run set input = (select jsonb_object_agg(key, case when key like '%\_id' then value else '"<script>alert(1)</script>"' end) from jsonb_each(input)) where input <> '{}'`)
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
			done, err := conn.Exec(s.t.Context(),
				fmt.Sprintf(
					`update %[1]q set %[2]q = $1 where ctid = (select ctid from %[1]q order by ctid offset $2 limit 1)`,
					c.table, c.name), text, i)
			if err == nil {
				written += int(done.RowsAffected())
			}
		}
	}
	return written
}
