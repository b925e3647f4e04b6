package web

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// accessToken makes a token for an operator behind the form's back.
func (s *site) accessToken(t testing.TB, ws store.Workspace, operator store.Operator, g store.Grant) (string, store.Token) {
	t.Helper()
	text, kept, err := s.Runner.MakeToken(t.Context(), ws.ID, run.Actor{Operator: operator.ID}, store.Token{
		ID: uuid.New(), Name: "program", Role: g.Role, Every: g.EveryOrganization, Organizations: g.Organizations, ExpiresAt: s.Clock.Now().Add(24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return text, kept
}

// call sends a request as a program does: with a token, and JSON unless body is
// nil.
func (b *browser) call(token, method, address string, body any, header ...string) *page {
	b.t.Helper()
	var sent io.Reader
	if body != nil {
		text, isText := body.(string)
		if !isText {
			data, err := json.Marshal(body)
			if err != nil {
				b.t.Fatal(err)
			}
			text = string(data)
		}
		sent = strings.NewReader(text)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.site.url+address, sent)
	if err != nil {
		b.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.do(r)
}

// bodyOf is a form as a program sends it: what is no field of the action is for
// pages alone.
func bodyOf(slug string, form url.Values) any {
	action, known := catalog.Lookup(slug)
	if !known {
		return nil
	}
	fields := map[string]string{}
	for _, f := range action.Fields {
		if name := f.Spec().Name; form.Has(name) {
			fields[name] = form.Get(name)
		}
	}
	return map[string]any{"run_id": form.Get("run_id"), "fields": fields}
}

// answer reads an answer as JSON.
func answer[T any](p *page) T {
	p.b.t.Helper()
	var value T
	d := json.NewDecoder(strings.NewReader(p.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&value); err != nil {
		p.b.t.Fatalf("%s: %v in %s", p.address, err, p.body)
	}
	return value
}

// wantProblem stops the test unless an answer is the problem of that code.
func (p *page) wantProblem(status int, code string) problem {
	p.b.t.Helper()
	got := answer[problem](p)
	if p.status != status || got.Status != status || got.Code != code || got.Detail == "" || got.Title == "" || got.RequestID != p.header.Get("X-Request-Id") ||
		p.header.Get("Content-Type") != "application/problem+json" {
		p.b.t.Fatalf("%s: status %d, want %d %s: %s", p.address, p.status, status, code, p.body)
	}
	return got
}

func wantOutcome(p *page, state string, replayed bool) apiOutcome {
	p.b.t.Helper()
	if p.status != http.StatusOK {
		p.b.t.Fatalf("%s: status %d: %s", p.address, p.status, p.body)
	}
	got := answer[apiOutcome](p)
	if got.State != state || got.Replayed != replayed || got.Summary == "" {
		p.b.t.Fatalf("%s: %s", p.address, p.body)
	}
	return got
}

func (s *site) api(more string) string { return "/api/v1/w/" + s.Workspace.Slug + more }

func (s *site) apiOrg(more string) string { return s.api("/o/" + s.Client.Slug + more) }

// programs are the access tokens that try every address: role by scope, and those
// that are worth nothing any more.
func programs() []visitorCase {
	every := func(role catalog.Role) store.Grant { return store.Grant{Role: role.String(), EveryOrganization: true} }
	member := func(role catalog.Role) func(*testing.T, *estate) store.Operator {
		return func(t *testing.T, e *estate) store.Operator { return e.Member(t, e.Workspace, role) }
	}
	token := func(role catalog.Role) func(*testing.T, *estate, store.Operator) string {
		return func(t *testing.T, e *estate, o store.Operator) string {
			text, _ := e.accessToken(t, e.Workspace, o, every(role))
			return text
		}
	}
	then := func(make func(*testing.T, *estate, store.Operator) string, sql string) func(*testing.T, *estate, store.Operator) string {
		return func(t *testing.T, e *estate, o store.Operator) string {
			text := make(t, e, o)
			e.Exec(t, sql, o.ID)
			return text
		}
	}
	both, far := []string{"CANARY-near", "CANARY-far"}, []string{"CANARY-far"}
	atFar := func(role catalog.Role) func(*testing.T, *estate, store.Operator) string {
		return func(t *testing.T, e *estate, o store.Operator) string {
			text, _ := e.accessToken(t, e.Workspace, o, store.Grant{Role: role.String(), Organizations: []uuid.UUID{e.far.org.ID}})
			return text
		}
	}
	gone := func(name string, make func(*testing.T, *estate, store.Operator) string) visitorCase {
		return visitorCase{name: name, role: catalog.Owner, whole: true, gone: true, operator: member(catalog.Owner), token: make}
	}
	owners := token(catalog.Owner)
	all := []visitorCase{
		{name: "auditor's token of an owner", role: catalog.Auditor, whole: true, sees: both, operator: member(catalog.Owner), token: token(catalog.Auditor)},
		{name: "helpdesk token of an administrator", role: catalog.Helpdesk, whole: true, sees: both, operator: member(catalog.Administrator), token: token(catalog.Helpdesk)},
		{name: "technician's token", role: catalog.Technician, whole: true, sees: both, operator: member(catalog.Technician), token: token(catalog.Technician)},
		{name: "administrator's token", role: catalog.Administrator, whole: true, sees: both, operator: member(catalog.Administrator), token: token(catalog.Administrator)},
		{name: "owner's token", pages: true, role: catalog.Owner, whole: true, sees: both, operator: member(catalog.Owner), token: owners},
		{name: "technician's token of an owner for the far organization", role: catalog.Technician, sees: far, operator: member(catalog.Owner), token: atFar(catalog.Technician)},
		{name: "owner's token, demoted since", role: catalog.Auditor, whole: true, sees: both, operator: member(catalog.Owner), token: then(owners, `update membership set role = 'auditor' where operator_id = $1`)},
		{name: "administrator's token, limited since", role: catalog.Administrator, sees: nil, operator: member(catalog.Administrator),
			token: then(token(catalog.Administrator), `update membership set every_organization = false where operator_id = $1`)},
		{name: "owner's token of the other workspace", role: catalog.Owner, whole: true, foreign: true, sees: []string{"CANARY-foreign"},
			operator: func(_ *testing.T, e *estate) store.Operator { return e.otherOwner },
			token: func(t *testing.T, e *estate, o store.Operator) string {
				text, _ := e.accessToken(t, e.foreign.workspace, o, every(catalog.Owner))
				return text
			}},
		{name: "owner's token of the other workspace, of an owner of both", role: catalog.Owner, whole: true, foreign: true, sees: []string{"CANARY-foreign"},
			operator: func(t *testing.T, e *estate) store.Operator {
				e.Exec(t, `insert into membership (workspace_id, operator_id, role, every_organization) values ($1, $2, 'owner', true)`, e.Workspace.ID, e.otherOwner.ID)
				return e.otherOwner
			},
			token: func(t *testing.T, e *estate, o store.Operator) string {
				text, _ := e.accessToken(t, e.foreign.workspace, o, every(catalog.Owner))
				return text
			}},
		gone("token that has run out", then(owners, `update api_token set created_at = now() - interval '2 days', expires_at = now() - interval '1 second' where operator_id = $1`)),
		gone("token that was revoked", func(t *testing.T, e *estate, o store.Operator) string {
			text, kept := e.accessToken(t, e.Workspace, o, every(catalog.Owner))
			if err := e.Runner.RevokeToken(t.Context(), e.Workspace.ID, run.Actor{Operator: e.Owner.ID}, o.ID, kept.ID); err != nil {
				t.Fatal(err)
			}
			return text
		}),
		gone("token of a membership that was ended", then(owners, `delete from membership where operator_id = $1`)),
		gone("token of a membership that is disabled", then(owners, `update membership set disabled_at = now() where operator_id = $1`)),
		gone("token of an operator who is disabled", then(owners, `update operator set disabled_at = now() where id = $1`)),
		gone("token that names another workspace", func(t *testing.T, e *estate, o store.Operator) string {
			text, _ := e.accessToken(t, e.Workspace, o, every(catalog.Owner))
			other, _ := e.accessToken(t, e.foreign.workspace, e.otherOwner, every(catalog.Owner))
			return other[:len("ddk_")+21] + text[len("ddk_")+21:]
		}),
		gone("no token", func(*testing.T, *estate, store.Operator) string { return "x" }),
	}
	for i := range all {
		all[i].program = true
	}
	return all
}

// TestEveryAddressByToken asks every row of the route table as every program.
func TestEveryAddressByToken(t *testing.T) {
	t.Parallel()
	for _, v := range programs() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			operator := v.operator(t, e)
			w := &walk{t: t, e: e, v: v, b: e.stranger(t), operator: operator, token: v.token(t, e, operator), answers: map[string]string{}}
			w.unchanged("GET", func() { w.all(http.MethodGet, true); w.all(http.MethodGet, false) })
			w.unchanged("POST to what is not theirs", func() { w.all(http.MethodPost, false) })
			w.onlyOwn(func() { w.all(http.MethodPost, true) })
			if w.allowed < 4 && !v.gone {
				t.Errorf("only %d addresses answered: this test shows nothing", w.allowed)
			}
		})
	}
}

func TestAPIActs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	user := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	act := s.apiOrg("/actions/create-bypass-code-for-user")
	body := map[string]any{"run_id": uuid.NewString(), "ticket": "T-9", "fields": map[string]any{"user_id": user, "count": 2, "valid_secs": "1 hour", "preserve_existing": true}}
	first := wantOutcome(b.call(token, http.MethodPost, act, body), store.Applied, false)
	if len(first.Secrets) != 2 || first.Secrets[0].Label != catalog.BypassCodeSecret || len(first.Secrets[0].Value) < 6 || first.Expires == nil {
		t.Errorf("%+v", first)
	}
	if strings.Contains(string(first.Result), first.Secrets[0].Value) || !strings.Contains(string(first.Result), "masked") {
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
	if recorded.Token != "program" || recorded.Operator != s.Owner.Email || recorded.Ticket != "T-9" || recorded.Fields["count"] != "2" || recorded.Fields["valid_secs"] != "3600" {
		t.Errorf("%+v", recorded)
	}
	s.as(t, s.Owner).get(s.ws("/runs/"+first.RunID.String())).want(http.StatusOK, "By the access token program")
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
		`{` + id + `, "fields": {"user_id": "` + user + `", "count": 11, "valid_secs": "soon"}}`:            "count valid_secs",
		`{` + id + `, "fields": {"user_id": "` + user + `", "codes": ["1"]}}`:                               "codes",
		`{` + id + `, "fields": {"user_id": 1, "count": true, "preserve_existing": 3, "valid_secs": null}}`: "user_id count preserve_existing valid_secs",
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
		if slices.Sort(fields); strings.Join(fields, " ") != strings.Join(slices.Sorted(slices.Values(strings.Fields(want))), " ") {
			t.Errorf("%s: %q, want %q", body, fields, want)
		}
	}
	for _, body := range []string{``, `[]`, `{`, `{"run_id": 1}x`, `{` + id + `, ` + id + `}`, strings.Repeat(`{"fields":`, 40), "{\"run_id\": \"\xff\"}"} {
		b.call(token, http.MethodPost, act, body).wantProblem(http.StatusBadRequest, "bad_request")
	}
	good := map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"user_id": user}}
	b.call(token, http.MethodPost, act, good, "Content-Type", "application/x-www-form-urlencoded").wantProblem(http.StatusUnsupportedMediaType, "unsupported_media_type")
	b.call(token, http.MethodPost, act, `{"run_id": "`+strings.Repeat("x", maxBody)+`"}`).wantProblem(http.StatusRequestEntityTooLarge, "too_large")
	b.call(token, http.MethodPut, act, good).wantProblem(http.StatusMethodNotAllowed, "method_not_allowed")
	b.call(token, http.MethodPost, s.api("/actions/create-bypass-code-for-user"), good).wantProblem(http.StatusNotFound, "not_found")
	b.call(token, http.MethodPost, s.apiOrg("/actions/list-accounts"), good).wantProblem(http.StatusNotFound, "not_found")
	b.call(token, http.MethodGet, "/api/v1/nothing", nil).wantProblem(http.StatusNotFound, "not_found")
	if n := s.runCount(t); n != before {
		t.Errorf("%d runs were recorded", n-before)
	}
}

func (s *site) runCount(t testing.TB) (n int) {
	t.Helper()
	err := s.InWorkspace(t.Context(), s.Scope(), func(tx *store.Tx) (err error) {
		n, err = tx.CountRuns(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWhoMayAsk: a token is for the API alone and a session for the pages alone,
// and where a request comes from does not matter to a token.
func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	b := s.stranger(t)
	b.call(token, http.MethodGet, s.api(""), nil).want(http.StatusOK)
	for _, p := range []*page{
		b.call("", http.MethodGet, s.api(""), nil), b.call("", http.MethodGet, s.api(""), nil, "Authorization", "Basic "+token),
		b.call(token+"x", http.MethodGet, s.api(""), nil), b.call(token[:len(token)-1], http.MethodGet, s.api(""), nil), b.call(" ", http.MethodGet, s.api(""), nil),
		b.call("", http.MethodGet, s.api("")+"?access_token="+token, nil),
	} {
		p.wantProblem(http.StatusUnauthorized, "unauthorized")
		if p.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: the answer does not say what is missing", p.address)
		}
	}
	signedIn := s.as(t, s.Owner)
	signedIn.call("", http.MethodGet, s.api(""), nil).wantProblem(http.StatusBadRequest, "session_not_allowed")
	signedIn.call(token, http.MethodGet, s.api(""), nil).wantProblem(http.StatusBadRequest, "session_not_allowed")
	list := map[string]any{"run_id": uuid.NewString()}
	b.call(token, http.MethodPost, s.apiOrg("/actions/list-users"), list, "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site").want(http.StatusOK)
	if p := b.call(token, http.MethodGet, s.ws(""), nil); p.status != http.StatusSeeOther {
		t.Errorf("a page answers a token with %d", p.status)
	}
	b.call(token, http.MethodPost, s.org("/actions/list-users"), list).want(http.StatusUnauthorized)
}

// TestPace: a token that asks too fast has to wait, whatever it asks; another has
// not.
func TestPace(t *testing.T) {
	t.Parallel()
	var p pace
	id, other, now := uuid.New(), uuid.New(), time.Now()
	for i := range paceBurst {
		if wait := p.wait(id, now); wait != 0 {
			t.Fatalf("request %d waits %s", i, wait)
		}
	}
	if wait := p.wait(id, now); wait != paceEvery {
		t.Errorf("waits %s", wait)
	}
	if p.wait(other, now) != 0 || p.wait(id, now.Add(paceEvery)) != 0 || p.wait(id, now.Add(paceEvery)) == 0 {
		t.Error("the pace is not kept")
	}
	if p.wait(other, now.Add(time.Hour)); len(p.paidBy) != 1 {
		t.Errorf("%d tokens are remembered", len(p.paidBy))
	}
	s := newSite(t)
	token, kept := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "auditor", EveryOrganization: true})
	for range paceBurst {
		s.server.pace.wait(kept.ID, s.Clock.Now().Add(time.Minute))
	}
	answer := s.stranger(t).call(token, http.MethodGet, s.api(""), nil)
	answer.wantProblem(http.StatusTooManyRequests, "too_many_requests")
	if wait := answer.header.Get("Retry-After"); wait == "" || wait == "0" {
		t.Errorf("Retry-After is %q", wait)
	}
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
		for _, other := range []string{s.api("/organizations?q=x&limit=1"), s.apiOrg("/phones?limit=1"), list + "?limit=1&cursor=x"} {
			if !strings.Contains(other, "cursor=") {
				other += "&cursor=" + cursor
			}
			b.call(token, http.MethodGet, other, nil).wantProblem(http.StatusBadRequest, "bad_request")
		}
		for _, fault := range []string{"limit=0", "limit=501", "limit=x", "limit=", "page=2", "limit=1&limit=2"} {
			b.call(token, http.MethodGet, list+"?"+fault, nil).wantProblem(http.StatusUnprocessableEntity, "invalid_fields")
			s.Clock.Move(paceEvery)
		}
		s.Clock.Move(time.Minute)
	}
}

// TestRevocationIsFelt: what was taken away is gone at the next request, and for
// a request that is on its way when it happens.
func TestRevocationIsFelt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for what, c := range map[string]struct {
		change string
		status int
	}{
		"demoted":          {`update membership set role = 'auditor' where operator_id = $1`, http.StatusNotFound},
		"limited":          {`update membership set every_organization = false where operator_id = $1`, http.StatusNotFound},
		"disabled":         {`update membership set disabled_at = now() where operator_id = $1`, http.StatusUnauthorized},
		"revoked":          {`delete from api_token where operator_id = $1`, http.StatusUnauthorized},
		"ended membership": {`delete from membership where operator_id = $1`, http.StatusUnauthorized},
	} {
		operator := s.Member(t, s.Workspace, catalog.Technician)
		token, _ := s.accessToken(t, s.Workspace, operator, store.Grant{Role: "technician", EveryOrganization: true})
		b := s.stranger(t)
		make := func() *page {
			return b.call(token, http.MethodPost, s.apiOrg("/actions/create-user"), map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"username": uuid.NewString()}})
		}
		wantOutcome(make(), store.Applied, false)
		done := len(s.Sim.Ledger())
		su := s.Superuser(t)
		tx, err := su.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), c.change, operator.ID); err != nil {
			t.Fatal(err)
		}
		onItsWay := make0(make)
		s.waitForLock(t)
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p := <-onItsWay; p.status != http.StatusNotFound && p.status != http.StatusForbidden {
			t.Errorf("%s: what was on its way was answered with %d: %s", what, p.status, p.body)
		}
		if p := make(); p.status != c.status {
			t.Errorf("%s: status %d, want %d: %s", what, p.status, c.status, p.body)
		}
		if n := len(s.Sim.Ledger()); n != done {
			t.Errorf("%s: Duo was changed %d times", what, n-done)
		}
	}
}

func make0(ask func() *page) <-chan *page {
	answer := make(chan *page, 1)
	go func() { answer <- ask() }()
	return answer
}

// waitForLock waits until a request waits for a row of this database.
func (s *site) waitForLock(t testing.TB) {
	t.Helper()
	su := s.Superuser(t)
	for {
		waiting, err := queryAll[int](t, su, `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ~ 'for (key )?share'`)
		if err != nil {
			t.Fatal(err)
		}
		if len(waiting) > 0 {
			return
		}
	}
}

// TestAskedAtOnce sends one request twelve times at the same moment: it is done
// once, and one of them gets the secret.
func TestAskedAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	body := map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"user_id": s.addUser(t, duosim.UserSpec{Username: "jroe"})}}
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
		{duosim.Fault{Kind: duosim.Down}, http.StatusBadGateway, "outcome_unknown", store.Unknown},
		{duosim.Fault{Kind: duosim.RateLimited, RetryAfter: 17 * time.Second}, http.StatusTooManyRequests, "duo_busy", store.Refused},
		{duosim.Fault{Kind: duosim.Revoked}, http.StatusUnprocessableEntity, "duo_refused", store.Refused},
		{duosim.Fault{Kind: duosim.ErrorAfterApplying}, http.StatusBadGateway, "outcome_unknown", store.Unknown},
		{duosim.Fault{Kind: duosim.AnswerLost}, http.StatusBadGateway, "outcome_unknown", store.Unknown},
	} {
		s.Sim.SetFault(s.Account.AccountID, c.fault)
		id := uuid.NewString()
		p := b.call(token, http.MethodPost, s.apiOrg("/actions/create-user"), map[string]any{"run_id": id, "fields": map[string]any{"username": id}})
		got := p.wantProblem(c.status, c.code)
		if got.RunID != id || got.State != c.state {
			t.Errorf("%s: run %q in state %q", c.fault.Kind, got.RunID, got.State)
		}
		if c.code == "duo_busy" && p.header.Get("Retry-After") != "17" {
			t.Errorf("Retry-After is %q", p.header.Get("Retry-After"))
		}
		s.Sim.SetFault(s.Account.AccountID, duosim.Fault{})
		wantOutcome(b.call(token, http.MethodPost, s.apiOrg("/actions/create-user"), map[string]any{"run_id": id, "fields": map[string]any{"username": id}}), c.state, true)
	}
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.Down})
	b.call(token, http.MethodGet, s.apiOrg("/phones"), nil).wantProblem(http.StatusBadGateway, "duo_unreachable")
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{})
	unmapped := s.Organizations(t, s.Workspace, "Unmapped")[0]
	b.call(token, http.MethodGet, s.api("/o/"+unmapped.Slug+"/users"), nil).wantProblem(http.StatusConflict, "not_connected")
	// What Duo says is wrong with a value stands beside the field's name.
	user := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	got := b.call(token, http.MethodPost, s.apiOrg("/actions/delete-user"), map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"user_id": user, "permanent": true, "confirm": "somebody else"}}).
		wantProblem(http.StatusUnprocessableEntity, "invalid_fields")
	if len(got.Errors) != 1 || got.Errors[0].Field != "confirm" || len(s.Sim.Ledger()) != 2 {
		t.Errorf("%+v; Duo has %v", got, s.Sim.Ledger())
	}
	helpdesk, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "helpdesk", EveryOrganization: true})
	b.call(helpdesk, http.MethodPost, s.apiOrg("/actions/create-bypass-code-for-user"), map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"user_id": user, "valid_secs": 7200}}).
		wantProblem(http.StatusForbidden, "forbidden")
}
