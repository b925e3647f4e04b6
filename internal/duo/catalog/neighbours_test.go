package catalog_test

import (
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

func (s seeded) do(t *testing.T, slug string, pairs ...string) (catalog.Result, error) {
	t.Helper()
	a, known := catalog.Lookup(slug)
	if !known {
		t.Fatal("no action ", slug)
	}
	form := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		form[pairs[i]] = pairs[i+1]
	}
	return a.Run(t.Context(), s.apis[a.API], parse(t, a, form).By(catalog.Owner))
}

// says runs an action and holds its summary against what it should be.
func (s seeded) says(t *testing.T, want, slug string, pairs ...string) catalog.Result {
	t.Helper()
	r, err := s.do(t, slug, pairs...)
	if err != nil || r.Summary != want {
		t.Errorf("%s %v: %q, %v; want %q", slug, pairs, r.Summary, err, want)
	}
	return r
}

// refuses runs an action that is to be refused beside a field.
func (s seeded) refuses(t *testing.T, field, slug string, pairs ...string) {
	t.Helper()
	_, err := s.do(t, slug, pairs...)
	var fault *catalog.FieldError
	if !errors.As(err, &fault) || fault.Field != field || !strings.HasSuffix(fault.Message, ".") {
		t.Errorf("%s %v: %v", slug, pairs, err)
	}
}

func TestGroupActions(t *testing.T) {
	t.Parallel()
	s := seed(t)
	pilots, staff := s.ids["DG0000000000000000EX"], s.ids["joined group"]
	s.says(t, "Read 2 groups.", "list-groups")
	if r := s.says(t, "Read 1 of 2 groups.", "list-groups", "limit", "1"); r.Table.Next != 1 {
		t.Error("what reads on: ", r.Table.Next)
	}
	s.says(t, "Created group Night shift.", "create-group", "name", "Night shift", "desc", "x", "status", "disabled")
	s.refuses(t, "name", "create-group", "name", "Pilots")
	s.refuses(t, "group_id", "modify-group", "group_id", pilots)
	s.refuses(t, "name", "modify-group", "group_id", pilots, "name", "Staff")
	s.says(t, "Changed the name from Pilots to Crew and the status from Active to Bypass.", "modify-group", "group_id",
		pilots, "name", "Crew", "status", "bypass")
	s.says(t, "Nothing was changed: every value was already so.", "modify-group", "group_id", pilots, "name", "Crew")
	if r := s.says(t, "Read 1 member.", "list-group-members", "group_id", staff); r.Table.Rows[0][0] != "ada" {
		t.Error(r.Table.Rows)
	}
	s.says(t, "Deleted group Staff, which had the status active and 1 member.", "delete-group", "group_id", staff)
	if _, err := s.do(t, "delete-group", "group_id", staff); err == nil {
		t.Error("deleted twice")
	}
}

func TestTokenAndCredentialActions(t *testing.T) {
	t.Parallel()
	s := seed(t)
	free, taken, user := s.ids["DH0000000000000000EX"], s.ids["joined token"], s.ids["DU0000000000000000EX"]
	s.says(t, "Assigned hardware token 100200 to ada.", "assign-hardware-token-to-user", "user_id", user,
		"token_id", free)
	s.refuses(t, "token_id", "assign-hardware-token-to-user", "user_id", user, "token_id", free)
	s.says(t, "Removed hardware token 100201 from ada.", "un-assign-hardware-token-from-user", "user_id", user,
		"token_id", taken)
	s.refuses(t, "token_id", "un-assign-hardware-token-from-user", "user_id", user, "token_id", taken)
	s.says(t, "Deleted hardware token 100201, which was not assigned.", "delete-hardware-token", "token_id", taken)
	s.says(t, "Deleted hardware token 100200, which ada had.", "delete-hardware-token", "token_id", free)
	s.says(t, "Read 0 hardware tokens.", "list-hardware-tokens")
	s.says(t, "Deleted the credential Key of ada.", "delete-webauthn-credential", "webauthnkey",
		s.ids["WA0000000000000000EX"])
	s.says(t, "Read 0 credentials.", "list-webauthn-credentials")
}

func TestBillingActions(t *testing.T) {
	t.Parallel()
	s := seed(t)
	s.says(t, "The account has the edition Duo Advantage.", "get-edition")
	s.refuses(t, "edition", "set-edition", "edition", "platform")
	s.says(t, "Changed the edition from Duo Advantage to Duo Premier.", "set-edition", "edition", "BEYOND")
	s.sim.SetCredits(s.child, 100)
	s.says(t, "Set the telephony credits from 100 to 250: 150 credits came out of your own account.",
		"set-telephony-credits", "credits", "250")
	s.says(t, "Set the telephony credits from 250 to 0: 250 credits went back to your own account.",
		"set-telephony-credits", "credits", "0")
	s.refuses(t, "credits", "set-telephony-credits", "credits", "0")
	s.refuses(t, "credits", "set-telephony-credits", "credits", "1000000")
	s.says(t, "The account has 0 telephony credits left.", "get-telephony-credits")
	set, _ := catalog.Lookup("set-telephony-credits")
	if _, faults := set.Parse(func(string) (string, bool) { return "", true }); len(faults) != 1 {
		t.Error("an empty total is taken for 0")
	}
}

// TestLogsReadOn reads each log in parts: together they are the whole, in order
// and without doubles.
func TestLogsReadOn(t *testing.T) {
	t.Parallel()
	s := seed(t)
	for range 7 {
		if err := s.client.SendPasscodes(t.Context(), duo.PhoneID(s.ids["DP0000000000000000EX"])); err != nil {
			t.Fatal(err)
		}
		notes := rand.Text()
		if _, err := s.client.UpdateUser(t.Context(), duo.UserID(s.ids["DU0000000000000000EX"]),
			duo.UserFields{Notes: &notes}); err != nil {
			t.Fatal(err)
		}
	}
	for slug, at := range map[string]int{"read-activity-log": 1, "read-telephony-log": 2} {
		form, parts, events := map[string]string{"limit": "3", "sort": "ts:asc"}, 0, 0
		window := ""
		for {
			var pairs []string
			for name, value := range form {
				pairs = append(pairs, name, value)
			}
			r, err := s.do(t, slug, pairs...)
			if err != nil {
				t.Fatal(slug, err)
			}
			parts, events = parts+1, events+len(r.Table.Rows)
			if len(r.Table.Rows) > 0 && r.Table.Rows[0][at] == "" {
				t.Errorf("%s: %v", slug, r.Table.Rows[0])
			}
			if r.Table.Onward == nil {
				break
			}
			if window == "" {
				window = r.Table.Onward["mintime"] + r.Table.Onward["maxtime"]
			}
			if window != r.Table.Onward["mintime"]+r.Table.Onward["maxtime"] ||
				!strings.HasSuffix(r.Summary, "there are more.") || parts > 9 {
				t.Fatal("the parts are of different times, or without end: ", r.Summary, r.Table.Onward)
			}
			maps.Copy(form, r.Table.Onward)
		}
		if events != 7 || parts < 3 {
			t.Errorf("%s: %d events in %d parts", slug, events, parts)
		}
	}
	s.says(t, "Read 7 events.", "read-administrator-log")
	s.says(t, "Read 0 events.", "read-authentication-log", "users", s.ids["DU0000000000000000EX"], "results", "denied")
	s.refuses(t, "mintime", "read-authentication-log", "mintime", "2000-01-01")
	read, _ := catalog.Lookup("read-activity-log")
	for field, form := range map[string]map[string]string{"mintime": {"mintime": "2199-01-01"},
		"maxtime": {"mintime": "2026-01-02", "maxtime": "2026-01-01"}} {
		_, faults := read.Parse(func(name string) (string, bool) { text, given := form[name]; return text, given })
		if len(faults) != 1 || faults[0].Field != field {
			t.Errorf("%v: %v", form, faults)
		}
	}
}

func TestIntegrationActions(t *testing.T) {
	t.Parallel()
	s := seed(t)
	r, err := s.do(t, "create-auth-api-integration", "name", "Desk")
	if err != nil || len(r.Secrets) != 1 || len(r.Secrets[0].Value) != 40 {
		t.Fatal(r, err)
	}
	listed, err := s.do(t, "list-integrations")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(listed.Table.Rows,
		func(row []string) bool { return row[0] == "Desk" && row[1] == duo.AuthAPIType }) {
		t.Error("not listed: ", listed.Table.Rows)
	}
	for _, row := range listed.Table.Rows {
		if strings.Contains(strings.Join(row, " "), r.Secrets[0].Value) {
			t.Error("a list tells a secret key")
		}
	}
	// The application is there, and its key was not told: the record says so.
	s.sim.SetFault(s.child, duosim.Fault{Kind: duosim.AnswerLost})
	if r, err := s.do(t, "create-auth-api-integration", "name", "Lost"); err == nil || !duo.MayHaveBeenApplied(err) {
		t.Error(r, err)
	}
}
