package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

func TestAPIActs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	token, kept := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	user := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	act := s.apiOrg("/actions/create-bypass-code-for-user")
	body := map[string]any{"run_id": uuid.NewString(), "ticket": "T-9",
		"fields": map[string]any{"user_id": user, "count": 2, "valid_secs": "1 hour", "preserve_existing": true}}
	first := wantOutcome(b.call(token, http.MethodPost, act, body), store.Applied, false)
	if len(first.Secrets) != 2 || first.Secrets[0].Label != catalog.BypassCodeSecret ||
		len(first.Secrets[0].Value) < 6 || first.Expires == nil {
		t.Errorf("%+v", first)
	}
	if strings.Contains(string(first.Result), first.Secrets[0].Value) ||
		!strings.Contains(string(first.Result), "masked") {
		t.Errorf("the result tells the codes: %s", first.Result)
	}
	effects := len(s.Sim.Ledger())
	again := wantOutcome(b.call(token, http.MethodPost, act, body), store.Applied, true)
	if again.Secrets != nil || again.Result != nil || again.Summary != first.Summary || again.RunID != first.RunID {
		t.Errorf("%+v", again)
	}
	body["ticket"] = "T-10"
	b.call(token, http.MethodPost, act, body).wantProblem(http.StatusConflict, "run_id_used")
	if len(s.Sim.Ledger()) != effects {
		t.Error("a repeated request did something")
	}
	// The record tells by which token it came, to people and to programs.
	recorded := answer[apiRun](b.call(token, http.MethodGet, s.api("/runs/"+first.RunID.String()), nil))
	if recorded.Token != kept.Name || recorded.TokenID == nil || *recorded.TokenID != kept.ID ||
		recorded.Operator != s.Owner.Email || recorded.Ticket != "T-9" || recorded.Fields["count"] != "2" ||
		recorded.Fields["valid_secs"] != "3600" {
		t.Errorf("%+v", recorded)
	}
	s.as(t, s.Owner).get(s.ws("/runs/"+first.RunID.String())).want(http.StatusOK, "By the access token "+kept.Name,
		kept.ID.String())
}

// A field that is missing, unknown, of another kind or beyond its limits is
// named, and nothing is done; so is what stands beside the fields.
func TestAPIRefusesFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	user := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	act := s.apiOrg("/actions/create-bypass-code-for-user")
	id := `"run_id": "` + uuid.NewString() + `"`
	before := s.runCount(t)
	for body, want := range map[string]string{
		`{` + id + `}`: "user_id",
		`{` + id + `, "fields": {"user_id": "` + user +
			`", "count": 11, "valid_secs": "soon"}}`: "count valid_secs",
		`{` + id + `, "fields": {"user_id": "` + user + `", "codes": ["1"]}}`: "codes",
		`{` + id +
			`, "fields": {"user_id": 1, "count": true, "preserve_existing": 3, "valid_secs": null}}`: "user_id count preserve_existing valid_secs",
		`{` + id + `, "fields": []}`:                                             "fields",
		`{` + id + `, "fields": {"user_id": "A", "user_id": "B"}}`:               "fields",
		`{` + id + `, "fields": {"user_id": "` + user + `"}, "x": 1}`:            "x",
		`{` + id + `, "Fields": {"user_id": "` + user + `"}}`:                    "Fields",
		`{` + id + `, "ticket": 7, "fields": {"user_id": "` + user + `"}}`:       "ticket",
		`{"run_id": "x", "fields": {"user_id": "` + user + `"}}`:                 "run_id",
		`{"fields": {"user_id": "` + user + `"}}`:                                "run_id",
		`{` + id + `, "fields": {"user_id": "` + strings.Repeat("A", 65) + `"}}`: "user_id",
	} {
		p := b.call(token, http.MethodPost, act, body).wantProblem(http.StatusUnprocessableEntity, "invalid_fields")
		var fields []string
		for _, e := range p.Errors {
			if fields = append(fields, e.Field); e.Message == "" {
				t.Errorf("%s: no words for %s", body, e.Field)
			}
		}
		if slices.Sort(fields); strings.Join(fields,
			" ") != strings.Join(slices.Sorted(slices.Values(strings.Fields(want))), " ") {
			t.Errorf("%s: %q, want %q", body, fields, want)
		}
	}
	var many []string
	for i := range 201 {
		many = append(many, fmt.Sprintf(`"m%d": 1`, i))
	}
	for body, reason := range map[string]string{
		``: "The body is empty.", " \n": "The body is empty.", "\ufeff": "The body is empty.",
		`[]`: "The JSON is not an object.", `"x"`: "The JSON is not an object.", `null`: "not an object",
		`{`:              "unexpected end of JSON input, at byte 1.",
		`{"run_id": 1}x`: "The body is not JSON: invalid character 'x' after top-level value, at byte 14.",
		`{"run_id": 1,}`: "at byte 14", `{'run_id': 1}`: "at byte 2", `{"run_id": NaN}`: "The body is not JSON",
		`{` + id + `, ` + id + `}`: "twice in one object: run_id.", strings.Repeat(`{"fields":`,
			40): "nested more than 32 deep", `{` + strings.Join(many, ",") + `}`: "more than 200 members",
		"{\"run_id\": \"\xff\"}": "not UTF-8: byte 13 is", "\xff\xfe{\x00}\x00": "looks like UTF-16",
		"\xfe\xff\x00{\x00}": "looks like UTF-16", "{\x00\"\x00r\x00\"\x00": "looks like UTF-16",
		"{\"ticket\": \"caf\xe9\"}":       "not UTF-8: byte 16 is",
		"\ufeff{\"ticket\": \"caf\xe9\"}": "not UTF-8: byte 19 is", "\ufeff\ufeff{'run_id': 1}": "at byte 8.",
		"\ufeff\ufeff": "The body is empty.",
	} {
		s.Clock.Move(site.PaceEvery)
		p := b.call(token, http.MethodPost, act, body).wantProblem(http.StatusBadRequest, "bad_request")
		if !strings.Contains(p.Detail, reason) || !strings.HasSuffix(p.Detail, ". Nothing was done.") {
			t.Errorf("%q: %q, want %q", body, p.Detail, reason)
		}
	}
	good := map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"user_id": user}}
	for _, kind := range []string{"application/x-www-form-urlencoded", "text/plain", "text/json", "", "application/",
		"multipart/form-data"} {
		s.Clock.Move(site.PaceEvery)
		p := b.call(token, http.MethodPost, act, good, "Content-Type",
			kind).wantProblem(http.StatusUnsupportedMediaType, "unsupported_media_type")
		if p.Title != "The body is not JSON" || !strings.Contains(p.Detail, "application/json") {
			t.Errorf("%q: %+v", kind, p)
		}
	}
	b.call(token, http.MethodPost, act, `{"run_id": "`+strings.Repeat("x", site.MaxBody)+
		`"}`).wantProblem(http.StatusRequestEntityTooLarge, "too_large")
	b.call(token, http.MethodPut, act, good).wantProblem(http.StatusMethodNotAllowed, "method_not_allowed")
	b.call(token, http.MethodPost, s.api("/actions/create-bypass-code-for-user"), good).wantProblem(http.StatusNotFound,
		"not_found")
	b.call(token, http.MethodPost, s.apiOrg("/actions/list-accounts"), good).wantProblem(http.StatusNotFound,
		"not_found")
	b.call(token, http.MethodGet, "/api/v1/nothing", nil).wantProblem(http.StatusNotFound, "not_found")
	if n := s.runCount(t); n != before {
		t.Errorf("%d runs were recorded", n-before)
	}
	// Many programs write a byte order mark.
	marked, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	wantOutcome(b.call(token, http.MethodPost, act, "\ufeff\ufeff"+string(marked), "Content-Type",
		"Application/JSON; charset=UTF-8"), "applied", false)
}

// TestBadRequestsSayWhy: wherever a request is not understood, the answer says what
// is wrong with it, to programs and on pages.
func TestBadRequestsSayWhy(t *testing.T) {
	t.Parallel()
	var files []string
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".go") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 100 {
		t.Fatal(files, err)
	}
	silent := regexp.MustCompile(`NewHTTPError\((http\.StatusBadRequest|400)\b`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if silent.Match(text) {
			t.Errorf("%s refuses a request without a reason: use badRequest", file)
		}
	}
	s := newSite(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	program, owner := s.stranger(t), s.as(t, s.Owner)
	for address, reason := range map[string]string{
		"/runs?operator=x": "operator is not", "/runs?action=x": "action is not",
		"/runs?state=x": "sending, applied, refused or unknown", "/runs?organization=%ff": "organization is not",
		"/runs?from=x": "from is not a day", "/runs?to=2026-02-30": "to is not a day",
		"/runs?cursor=x": "cursor is not", "/organizations?cursor=MTA": "cursor is not",
		"/mapping?cursor=%ff": "cursor is not",
	} {
		if p := program.call(token, http.MethodGet, s.api(address), nil).wantProblem(http.StatusBadRequest,
			"bad_request"); !strings.Contains(p.Detail, reason) {
			t.Errorf("%s: %q", address, p.Detail)
		}
	}
	for form, reason := range map[string]string{"theme=dark&theme=light": "field twice: theme.",
		"theme=%zz": "not encoded", "theme=pink": "The theme"} {
		p := owner.call("", http.MethodPost, "/preferences", form, "Content-Type", "application/x-www-form-urlencoded",
			"Origin", s.url)
		p.want(http.StatusBadRequest, "Bad request", reason, "Nothing was done.")
	}
	owner.call("", http.MethodPost, s.ws("/o"), `{}`, "Origin", s.url).want(http.StatusUnsupportedMediaType,
		"Programs send JSON")
}

func (s *console) runCount(t testing.TB) int {
	t.Helper()
	var n store.RunCounts
	err := s.InWorkspace(t.Context(), s.Scope(), func(tx *store.Tx) (err error) {
		n, _, err = tx.CountRuns(t.Context(), store.RunFilter{}, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n.Total
}

func TestCursors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "auditor", EveryOrganization: true})
	names := []string{"Birch", "Cedar", "Dogwood", "Elm"}
	s.Organizations(t, s.Workspace, names...)
	for range 4 {
		s.addUser(t, duosim.UserSpec{Username: uuid.NewString()})
	}
	for _, list := range []string{s.api("/organizations"), s.api("/mapping"), s.api("/runs"), s.apiOrg("/users")} {
		whole := answer[apiPart[json.RawMessage]](b.call(token, http.MethodGet, list, nil))
		if len(whole.Items) < 4 || whole.Next != nil {
			t.Fatalf("%s: %d items", list, len(whole.Items))
		}
		var all []json.RawMessage
		address := list + "?limit=2"
		for range 20 {
			part := answer[apiPart[json.RawMessage]](b.call(token, http.MethodGet, address, nil))
			if len(part.Items) > 2 || len(part.Items) == 0 {
				t.Fatalf("%s: %d items", address, len(part.Items))
			}
			if all = append(all, part.Items...); part.Next == nil {
				break
			}
			address = list + "?limit=2&cursor=" + url.QueryEscape(*part.Next)
		}
		if !slices.EqualFunc(all, whole.Items, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) }) {
			t.Errorf("%s in parts: %s\nwhole: %s", list, all, whole.Items)
		}
		cursor := *answer[apiPart[json.RawMessage]](b.call(token, http.MethodGet, list+"?limit=1", nil)).Next
		for _, other := range []string{s.api("/organizations?q=x&limit=1"), s.apiOrg("/phones?limit=1"),
			list + "?limit=1&cursor=x"} {
			if !strings.Contains(other, "cursor=") {
				other += "&cursor=" + cursor
			}
			b.call(token, http.MethodGet, other, nil).wantProblem(http.StatusBadRequest, "bad_request")
		}
		for _, fault := range []string{"limit=0", "limit=501", "limit=x", "limit=", "page=2", "limit=1&limit=2"} {
			b.call(token, http.MethodGet, list+"?"+fault, nil).wantProblem(http.StatusUnprocessableEntity,
				"invalid_fields")
			s.Clock.Move(site.PaceEvery)
		}
		s.Clock.Move(time.Minute)
	}
}

// TestAskedAtOnce sends one request twelve times at the same moment: it is done
// once, and one of them gets the secret.
func TestAskedAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	body := map[string]any{"run_id": uuid.NewString(),
		"fields": map[string]any{"user_id": s.addUser(t, duosim.UserSpec{Username: "jroe"})}}
	before := len(s.Sim.Ledger())
	answers := make(chan *page)
	for range 12 {
		b := s.stranger(t)
		go func() {
			answers <- b.call(token, http.MethodPost, s.apiOrg("/actions/create-bypass-code-for-user"), body)
		}()
	}
	secrets := 0
	for range 12 {
		p := <-answers
		got := answer[apiOutcome](p)
		switch {
		case p.status == http.StatusAccepted && got.State == store.Sending && got.Replayed:
			if at := p.header.Get("Location"); at != s.api("/runs/"+got.RunID.String()) {
				t.Errorf("Location is %q", at)
			}
		case p.status != http.StatusOK:
			t.Errorf("%d: %s", p.status, p.body)
		}
		secrets += len(got.Secrets)
	}
	if done := len(s.Sim.Ledger()) - before; done != 1 || secrets != 1 {
		t.Errorf("%d changes in Duo, %d secrets", done, secrets)
	}
}

// TestAPIWhenDuoFails: each way of failing has its status and code, tells whether
// something may have been done, and names its run.
func TestAPIWhenDuoFails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	for _, c := range []struct {
		fault       duosim.Fault
		status      int
		code, state string
	}{
		{duosim.Fault{Kind: duosim.Down}, http.StatusBadGateway, "duo_unreachable", store.Refused},
		{duosim.Fault{Kind: duosim.RateLimited, RetryAfter: 17 * time.Second}, http.StatusTooManyRequests, "duo_busy",
			store.Refused},
		{duosim.Fault{Kind: duosim.Revoked}, http.StatusUnprocessableEntity, "duo_refused", store.Refused},
		{duosim.Fault{Kind: duosim.ErrorAfterApplying}, http.StatusBadGateway, "outcome_unknown", store.Sending},
		{duosim.Fault{Kind: duosim.AnswerLost}, http.StatusBadGateway, "outcome_unknown", store.Sending},
	} {
		s.Sim.SetFault(s.Account.AccountID, c.fault)
		id := uuid.NewString()
		p := b.call(token, http.MethodPost, s.apiOrg("/actions/create-user"),
			map[string]any{"run_id": id, "fields": map[string]any{"username": id}})
		got := p.wantProblem(c.status, c.code)
		if got.RunID != id || got.State != c.state {
			t.Errorf("%s: run %q in state %q", c.fault.Kind, got.RunID, got.State)
		}
		if c.code == "duo_busy" && p.header.Get("Retry-After") != "17" {
			t.Errorf("Retry-After is %q", p.header.Get("Retry-After"))
		}
		s.Sim.SetFault(s.Account.AccountID, duosim.Fault{})
		s.Clock.Move(c.fault.RetryAfter)
		if c.state == store.Sending {
			if !strings.Contains(got.Detail, "being looked up") {
				t.Errorf("%s: %q", c.fault.Kind, got.Detail)
			}
			poll := time.NewTicker(10 * time.Millisecond)
			for s.Record(t, uuid.MustParse(id)).State == store.Sending {
				<-poll.C
			}
			poll.Stop()
			c.state = store.Applied // as was read back
		}
		wantOutcome(b.call(token, http.MethodPost, s.apiOrg("/actions/create-user"),
			map[string]any{"run_id": id, "fields": map[string]any{"username": id}}), c.state, true)
	}
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.Down})
	b.call(token, http.MethodGet, s.apiOrg("/phones"), nil).wantProblem(http.StatusBadGateway, "duo_unreachable")
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{})
	unmapped := s.Organizations(t, s.Workspace, "Unmapped")[0]
	b.call(token, http.MethodGet, s.api("/o/"+unmapped.Slug+"/users"), nil).wantProblem(http.StatusConflict,
		"not_connected")
	// What Duo says is wrong with a value stands beside the field's name.
	user := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	got := b.call(token, http.MethodPost, s.apiOrg("/actions/delete-user"), map[string]any{"run_id": uuid.NewString(),
		"fields": map[string]any{"user_id": user, "permanent": true, "confirm": "somebody else"}}).
		wantProblem(http.StatusUnprocessableEntity, "invalid_fields")
	if len(got.Errors) != 1 || got.Errors[0].Field != "confirm" || len(s.Sim.Ledger()) != 2 {
		t.Errorf("%+v; Duo has %v", got, s.Sim.Ledger())
	}
	helpdesk, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "helpdesk", EveryOrganization: true})
	b.call(helpdesk, http.MethodPost, s.apiOrg("/actions/create-bypass-code-for-user"),
		map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"user_id": user, "valid_secs": 7200}}).
		wantProblem(http.StatusForbidden, "forbidden")
}
