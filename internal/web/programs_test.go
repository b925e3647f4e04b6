package web

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// accessToken makes a token for an operator behind the form's back.
func (s *console) accessToken(t testing.TB, ws store.Workspace, operator store.Operator, g store.Grant) (string,
	store.Token) {
	t.Helper()
	return s.tokenFor(t, ws, operator, g, catalog.Acts()...)
}

// tokenFor is accessToken that names some actions alone.
func (s *console) tokenFor(t testing.TB, ws store.Workspace, operator store.Operator, g store.Grant,
	acts ...string) (string, store.Token) {
	t.Helper()
	text, kept, err := s.Members().MakeToken(t.Context(), ws.ID,
		run.Actor{Operator: operator.ID, Epoch: s.today(t, operator).Epoch}, store.Token{
			ID: uuid.New(), Name: "program " + rand.Text(), Role: g.Role, Every: g.EveryOrganization,
			Organizations: g.Organizations, Acts: acts, ExpiresAt: s.Clock.Now().Add(24 * time.Hour)})
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
	if p.status != status || got.Status != status || got.Code != code || got.Detail == "" || got.Title == "" ||
		got.RequestID != p.header.Get("X-Request-Id") ||
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

func (s *console) api(more string) string { return "/api/v1/w/" + s.Workspace.Slug + more }

func (s *console) apiOrg(more string) string { return s.api("/o/" + s.Client.Slug + more) }

// programs are the access tokens that try every address: role by scope, and those
// that are worth nothing any more.
func programs() []visitorCase {
	every := func(role catalog.Role) store.Grant { return store.Grant{Role: role.String(), EveryOrganization: true} }
	member := func(role catalog.Role) func(*testing.T, *fleet) store.Operator {
		return func(t *testing.T, e *fleet) store.Operator { return e.Member(t, e.Workspace, role) }
	}
	token := func(role catalog.Role) func(*testing.T, *fleet, store.Operator) string {
		return func(t *testing.T, e *fleet, o store.Operator) string {
			text, _ := e.accessToken(t, e.Workspace, o, every(role))
			return text
		}
	}
	then := func(make func(*testing.T, *fleet, store.Operator) string, sql string) func(*testing.T, *fleet,
		store.Operator) string {
		return func(t *testing.T, e *fleet, o store.Operator) string {
			text := make(t, e, o)
			e.Exec(t, sql, o.ID)
			return text
		}
	}
	both, far := []string{"CANARY-near", "CANARY-far"}, []string{"CANARY-far"}
	atFar := func(role catalog.Role) func(*testing.T, *fleet, store.Operator) string {
		return func(t *testing.T, e *fleet, o store.Operator) string {
			text, _ := e.accessToken(t, e.Workspace, o,
				store.Grant{Role: role.String(), Organizations: []uuid.UUID{e.far.org.ID}})
			return text
		}
	}
	gone := func(name string, make func(*testing.T, *fleet, store.Operator) string) visitorCase {
		return visitorCase{name: name, role: catalog.Owner, whole: true, gone: true, operator: member(catalog.Owner),
			token: make}
	}
	owners := token(catalog.Owner)
	all := []visitorCase{
		{name: "auditor's token of an owner", role: catalog.Auditor, whole: true, sees: both,
			operator: member(catalog.Owner), token: token(catalog.Auditor)},
		{name: "helpdesk token of an administrator", role: catalog.Helpdesk, whole: true, sees: both,
			operator: member(catalog.Administrator), token: token(catalog.Helpdesk)},
		{name: "technician's token", role: catalog.Technician, whole: true, sees: both,
			operator: member(catalog.Technician), token: token(catalog.Technician)},
		{name: "administrator's token", role: catalog.Administrator, whole: true, sees: both,
			operator: member(catalog.Administrator), token: token(catalog.Administrator)},
		{name: "owner's token", pages: true, role: catalog.Owner, whole: true, sees: both,
			operator: member(catalog.Owner), token: owners},
		{name: "technician's token of an owner for the far organization", role: catalog.Technician, sees: far,
			operator: member(catalog.Owner), token: atFar(catalog.Technician)},
		{name: "owner's token, demoted since", role: catalog.Auditor, whole: true, sees: both,
			operator: member(catalog.Owner), token: then(owners,
				`update membership set role = 'auditor' where operator_id = $1`)},
		{name: "administrator's token, limited since", role: catalog.Administrator, sees: nil,
			operator: member(catalog.Administrator),
			token: then(token(catalog.Administrator),
				`update membership set every_organization = false where operator_id = $1`)},
		{name: "owner's token of the other workspace", role: catalog.Owner, whole: true, foreign: true,
			sees:     []string{"CANARY-foreign"},
			operator: func(_ *testing.T, e *fleet) store.Operator { return e.otherOwner },
			token: func(t *testing.T, e *fleet, o store.Operator) string {
				text, _ := e.accessToken(t, e.foreign.workspace, o, every(catalog.Owner))
				return text
			}},
		{name: "owner's token of the other workspace, of an owner of both", role: catalog.Owner, whole: true,
			foreign: true, sees: []string{"CANARY-foreign"},
			operator: func(t *testing.T, e *fleet) store.Operator {
				e.Exec(t,
					`insert into membership (workspace_id, operator_id, role, every_organization) values ($1, $2, 'owner', true)`, e.Workspace.ID, e.otherOwner.ID)
				return e.otherOwner
			},
			token: func(t *testing.T, e *fleet, o store.Operator) string {
				text, _ := e.accessToken(t, e.foreign.workspace, o, every(catalog.Owner))
				return text
			}},
		gone("token that has run out", then(owners,
			`update api_token set created_at = now() - interval '2 days', expires_at = now() - interval '1 second' where operator_id = $1`)),
		gone("token that was revoked", func(t *testing.T, e *fleet, o store.Operator) string {
			text, kept := e.accessToken(t, e.Workspace, o, every(catalog.Owner))
			if err := e.Members().RevokeToken(t.Context(), e.Workspace.ID, run.Actor{Operator: e.Owner.ID}, o.ID,
				kept.ID); err != nil {
				t.Fatal(err)
			}
			return text
		}),
		gone("token of a membership that was ended", then(owners, `delete from membership where operator_id = $1`)),
		gone("token of a membership that is disabled",
			then(owners, `update membership set disabled_at = now() where operator_id = $1`)),
		gone("token of an operator who is disabled",
			then(owners, `update operator set disabled_at = now() where id = $1`)),
		gone("token that names another workspace", func(t *testing.T, e *fleet, o store.Operator) string {
			text, _ := e.accessToken(t, e.Workspace, o, every(catalog.Owner))
			other, _ := e.accessToken(t, e.foreign.workspace, e.otherOwner, every(catalog.Owner))
			return other[:len("ddk_")+21] + text[len("ddk_")+21:]
		}),
		gone("no token", func(*testing.T, *fleet, store.Operator) string { return "x" }),
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
			e := newFleet(t)
			operator := v.operator(t, e)
			w := &walk{t: t, e: e, v: v, b: e.stranger(t), operator: operator, token: v.token(t, e, operator),
				answers: map[string]string{}}
			w.unchanged("GET", func() { w.all(http.MethodGet, true); w.all(http.MethodGet, false) })
			w.unchanged("POST to what is not theirs", func() { w.all(http.MethodPost, false) })
			w.onlyOwn(func() { w.all(http.MethodPost, true) })
			if w.allowed < 4 && !v.gone {
				t.Errorf("only %d addresses answered: this test shows nothing", w.allowed)
			}
		})
	}
}
