package duo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestLenientUser(t *testing.T) {
	t.Parallel()
	const odd = `{"user_id": "DU1", "username": 12345, "aliases": {"alias5": "five", "alias1": "one"}, "alias1": "old", "alias2": "two",
		"is_enrolled": "1", "enable_auto_prompt": 0, "created": "1785846896", "last_login": null, "last_directory_sync": 99999999999999,
		"groups": null, "phones": "", "email": null, "realname": {"x": 1}, "status": "some new status", "unknown": [[[]]],
		"tokens": [{"token_id": "DH1", "serial": 123456, "type": "h6"}]}`
	var u User
	if err := json.Unmarshal([]byte(odd), &u); err != nil {
		t.Fatal(err)
	}
	if u.ID != "DU1" || u.Username != "12345" || u.RealName != "" || u.Email != "" || u.Status != "some new status" {
		t.Errorf("texts %+v", u)
	}
	if u.Aliases != [8]string{0: "one", 1: "two", 4: "five"} {
		t.Errorf("aliases %q", u.Aliases)
	}
	if !u.Enrolled || u.EnableAutoPrompt {
		t.Errorf("flags %t %t", u.Enrolled, u.EnableAutoPrompt)
	}
	if !u.Created.Equal(time.Unix(1785846896, 0)) || !u.LastLogin.IsZero() || !u.LastDirectorySync.IsZero() {
		t.Errorf("times %v %v %v", u.Created, u.LastLogin, u.LastDirectorySync)
	}
	if u.Groups != nil || u.Phones != nil || len(u.Tokens) != 1 || u.Tokens[0].Serial != "123456" {
		t.Errorf("lists %v %v %v", u.Groups, u.Phones, u.Tokens)
	}
	for member, on := range map[string]bool{"": true, `, "enable_auto_prompt": null`: true,
		`, "enable_auto_prompt": "1"`:   true,
		`, "enable_auto_prompt": false`: false, `, "enable_auto_prompt": 0`: false} {
		if err := json.Unmarshal([]byte(`{"user_id": "DU1"`+member+`}`), &u); err != nil || u.EnableAutoPrompt != on {
			t.Errorf("%q reads as %t, %v", member, u.EnableAutoPrompt, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"user_id": "DU1", "phones": {"no": "list"}}`), &u); err == nil {
		t.Error("phones that cannot be read are shown as no phones")
	}
}

// TestLogDetails: they are JSON as text, or the JSON itself. A restored user is looked for in them.
func TestLogDetails(t *testing.T) {
	t.Parallel()
	for details, want := range map[string]string{
		`"{\"a\": 1}"`: `{"a": 1}`, `{"a": 1}`: `{"a": 1}`, `["a"]`: `["a"]`, `"a"`: "a", `7`: "7",
		`null`: "", `""`: "",
	} {
		var e ActivityEvent
		event := `{"ts": "2026-08-04T12:00:00+00:00", "action": {"name": "user_update", "details": ` + details +
			`}, "target": {"key": "DU1", "details": ` + details + `}}`
		if err := json.Unmarshal([]byte(event), &e); err != nil || e.ActionDetails != want || e.Target.Details != want {
			t.Errorf("%s reads as %q and %q, %v", details, e.ActionDetails, e.Target.Details, err)
		}
		var a AdministratorEvent
		event = `{"timestamp": 1785846896, "action": "user_update", "description": ` + details + `}`
		if err := json.Unmarshal([]byte(event), &a); err != nil || a.Description != want {
			t.Errorf("%s reads as %q, %v", details, a.Description, err)
		}
	}
}

func TestBypassCodeUses(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]int{`null`: 0, `"0"`: 0, `0`: 0, `1`: 1, `"3"`: 3, `2.0`: 2, `-4`: 0, `true`: 0,
		`1e99`: 0} {
		var code BypassCode
		if err := json.Unmarshal([]byte(`{"bypass_code_id": "DB1", "expiration": null, "user": null, "reuse_count": `+
			raw+`}`), &code); err != nil {
			t.Fatal(err)
		}
		if code.ReuseCount != want || !code.Expires.IsZero() {
			t.Errorf("reuse_count %s reads as %d, expires %v", raw, code.ReuseCount, code.Expires)
		}
	}
}

func TestPhoneTimes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2026-08-01T16:42:38":       time.Date(2026, 8, 1, 16, 42, 38, 0, time.UTC),
		"2026-08-01T18:42:38+02:00": time.Date(2026, 8, 1, 16, 42, 38, 0, time.UTC),
		"":                          {},
		"yesterday":                 {},
	} {
		var p Phone
		if err := json.Unmarshal([]byte(`{"last_seen": "`+text+`"}`), &p); err != nil || !p.LastSeen.Equal(want) {
			t.Errorf("last_seen %q reads as %v, %v", text, p.LastSeen, err)
		}
	}
}

func TestSettingsOfOldAccount(t *testing.T) {
	t.Parallel()
	var s Settings
	err := json.Unmarshal(
		[]byte(
			`{"name": "Acme Dental", "lockout_expire_duration": null, "lockout_threshold": 10, "fraud_email_enabled": true, "sms_refresh": 0}`), &s)
	if err != nil || s.Name != "Acme Dental" || s.LockoutThreshold != 10 || s.LockoutMinutes != 0 ||
		!s.FraudEmailEnabled {
		t.Errorf("settings %+v, %v", s, err)
	}
	if _, has := s.Raw["caller_id"]; has || string(s.Raw["sms_refresh"]) != "0" {
		t.Errorf("raw settings %s", s.Raw)
	}
}

// estate serves n users in pages, as Duo does.
func estate(n int, next func(offset, limit int) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		offset, _ := strconv.Atoi(r.FormValue("offset"))
		limit = min(limit, 300)
		var users []string
		for i := offset; i < min(offset+limit, n); i++ {
			users = append(users, fmt.Sprintf(`{"user_id": "DU%d"}`, i))
		}
		metadata := fmt.Sprintf(`"total_objects": %d`, n)
		if offset+limit < n {
			metadata += next(offset, limit)
		}
		answer(200, `{"metadata": {`+metadata+`}, "response": [`+strings.Join(users, ",")+`], "stat": "OK"}`)(w, r)
	}
}

func TestPaging(t *testing.T) {
	t.Parallel()
	asNumber := func(offset, limit int) string { return fmt.Sprintf(`, "next_offset": %d`, offset+limit) }
	asText := func(offset, limit int) string { return fmt.Sprintf(`, "next_offset": "%d"`, offset+limit) }
	for _, next := range []func(int, int) string{asNumber, asText} {
		for _, n := range []int{0, 1, 300, 301, 700} {
			seen := map[UserID]bool{}
			for user, err := range testClient(serve(t, estate(n, next))).Users(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				seen[user.ID] = true
			}
			if len(seen) != n {
				t.Errorf("%d users seen of %d", len(seen), n)
			}
		}
	}

	c := testClient(serve(t, estate(700, asNumber)))
	users, metadata, err := c.UsersPage(t.Context(), 50, 600)
	if err != nil || len(users) != 50 || metadata != (Metadata{Total: 700, Next: 650}) {
		t.Errorf("%d users, %+v, %v", len(users), metadata, err)
	}
	count := 0
	for range c.Users(t.Context()) {
		if count++; count == 10 {
			break
		}
	}

	stuck := testClient(serve(t, estate(700, func(int, int) string { return `, "next_offset": 300` })))
	count = 0
	var last error
	for _, err := range stuck.Users(t.Context()) {
		if count++; count > 1000 {
			break
		}
		last = err
	}
	if count != 601 || last == nil {
		t.Errorf("a list that goes in circles gave %d steps and %v", count, last)
	}
}

// strangeObjects are objects with every member that a decoder reads, all of them
// the same strange value, alone and below each other.
func strangeObjects(f *testing.F) []string {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		f.Fatal(err)
	}
	names := map[string]bool{}
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			f.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:\bo\.[a-zA-Z]+\(|\(o, )"([a-z_]+)"`).FindAllStringSubmatch(
			string(text), -1) {
			names[m[1]] = true
		}
	}
	if len(names) < 60 {
		f.Fatalf("only %d names of members were found", len(names))
	}
	deep := strings.Repeat(`[`, 90) + strings.Repeat(`]`, 90)
	var objects []string
	for _, value := range []string{`null`, `""`, `"12"`, `"1e3"`, `12`, `-1`, `0.5`, `1e400`, `99999999999999999999`,
		`253402300800`, `true`, `"true"`, `[]`, `{}`, `[null]`, `[[]]`, `"\u0000\ud800"`, deep} {
		var members []string
		for name := range names {
			members = append(members, `"`+name+`":`+value)
		}
		slices.Sort(members)
		object := "{" + strings.Join(members, ",") + "}"
		objects = append(objects, object, `[`+object+`]`, `{"user":`+object+`,"users":[`+object+`],"phones":[`+object+
			`],"groups":[`+object+`],"tokens":[`+object+`],"aliases":`+object+`}`)
	}
	return objects
}

// FuzzDecode feeds whatever a host may answer to every decoder: none may panic, and a time must be
// one that JSON and databases can hold.
func FuzzDecode(f *testing.F) {
	f.Add(
		[]byte(
			`{"user_id": "DU1", "created": 1785846896, "phones": [{"phone_id": "DP1", "users": [{"user_id": 1}]}], "groups": ""}`))
	f.Add([]byte(`{"bypass_code_id": 1, "reuse_count": "0", "expiration": 1e300, "user": []}`))
	f.Add([]byte(`{"lockout_threshold": -1, "name": "\ud800"}`))
	f.Add([]byte(`{"code": 99999999999999999999, "message": ["x"], "metadata": {"next_offset": {}}}`))
	f.Add([]byte(strings.Repeat(`{"phones":[`, 200) + strings.Repeat(`]}`, 200)))
	f.Add([]byte(`{"phones":` + strings.Repeat(`[`, 9000) + strings.Repeat(`]`, 9000) + `}`))
	for _, seed := range strangeObjects(f) {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var u User
		if json.Unmarshal(data, &u) == nil {
			if _, err := json.Marshal(u); err != nil {
				t.Errorf("a user that cannot be written again: %v", err)
			}
		}
		for _, into := range []any{new(Phone), new(BypassCode), new(Account), new(Group), new(Settings),
			new(InfoSummary), new(Activation), new(Token), new(WebAuthnCredential), new(serverTime), new(void),
			new([]User),
			new(Preauth), new(AuthResult), new(transaction), new(Enrollment), new(EnrollState), new(bare),
			new(SentActivation), new(VerificationPush), new(VerificationResult),
			new(Admin), new(Edition), new(credits), new(UserLimit), new(Integration), new(integrationSecret),
			new(Policy), new(PolicySummary), new(EffectivePolicy), new(Codes),
			new(logPage[AuthenticationEvent]), new(logPage[ActivityEvent]), new(logPage[TelephonyEvent]),
			new(AdministratorEvent)} {
			json.Unmarshal(data, into)
		}
		if envelope, err := parseObject(data); err == nil {
			if m := metadata(envelope); m.Next < 0 || m.Total < 0 {
				t.Errorf("metadata %+v", m)
			}
		}
		if e := refusal(http.MethodPost, "/", &http.Response{StatusCode: 400, Header: http.Header{}}, data,
			time.Time{}); strings.ContainsAny(e.Error(), "\r\n\x00") {
			t.Errorf("error text %q", e)
		}
	})
}
