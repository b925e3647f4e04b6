package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

const anySuccess = 0

// described is the description as a program's tools read it.
type described struct {
	routes routers.Router
	t      *testing.T
}

func describe(t *testing.T, s *console) described {
	t.Helper()
	p := s.stranger(t).call("", http.MethodGet, "/api/v1/openapi.json", nil)
	if p.status != http.StatusOK || p.header.Get("Content-Type") != "application/json" {
		t.Fatal(p.status, p.header)
	}
	document, err := openapi3.NewLoader().LoadFromData([]byte(p.body))
	if err != nil {
		t.Fatal(err)
	}
	if !document.IsOpenAPI31OrLater() {
		t.Fatal("it is read by an older version's rules: ", document.OpenAPI)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	routes, err := gorillamux.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	return described{routes, t}
}

// exampleRunID is a run_id of the right form.
const exampleRunID = "dac52617-4dd6-4d1b-b7d4-5b4af9060354"

// example is the body that the description shows for an action's address.
func (d described) example(address string) []byte {
	d.t.Helper()
	content := d.request(http.MethodPost, address, nil).Route.Operation.RequestBody.Value.Content["application/json"]
	body, err := json.Marshal(content.Example)
	if err != nil || content.Example == nil {
		d.t.Fatal(address, err)
	}
	return body
}

// request is a request in the terms of the description.
func (d described) request(method, address string, body []byte) *openapi3filter.RequestValidationInput {
	d.t.Helper()
	r := httptest.NewRequestWithContext(d.t.Context(), method, address, bytes.NewReader(body))
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	route, values, err := d.routes.FindRoute(r)
	if err != nil {
		d.t.Fatalf("%s %s: %v", method, address, err)
	}
	options := &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true,
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	return &openapi3filter.RequestValidationInput{Request: r, PathParams: values, Route: route, Options: options}
}

// takes returns why the description does not allow a request.
func (d described) takes(method, address string, body []byte) error {
	d.t.Helper()
	return openapi3filter.ValidateRequest(d.t.Context(), d.request(method, address, body))
}

// answers fails the test unless the description allows an answer.
func (d described) answers(method string, p *page) {
	d.t.Helper()
	asked := d.request(method, p.b.site.url+p.address, nil)
	a := &openapi3filter.ResponseValidationInput{RequestValidationInput: asked, Status: p.status, Header: p.header,
		Options: asked.Options}
	if err := openapi3filter.ValidateResponse(d.t.Context(), a.SetBodyBytes([]byte(p.body))); err != nil {
		d.t.Errorf("%s %s: %v\n%s", method, p.address, err, p.body)
	}
}

// TestEveryAPIRouteIsDescribed: the description, and the page for people, have
// every row of the route table and every action.
func TestEveryAPIRouteIsDescribed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal([]byte(s.stranger(t).call("", http.MethodGet, "/api/v1/openapi.json", nil).body),
		&document); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, operations := range document.Paths {
		for _, o := range operations {
			ids = append(ids, o.OperationID)
		}
	}
	docs := s.as(t, s.Owner).get("/account/api").want(http.StatusOK).fine()
	rows := 0
	for _, r := range routes(s.server) {
		if !r.Policy.Token {
			continue
		}
		if rows++; strings.HasSuffix(r.Path, "/actions/:action") {
			continue
		}
		read := document.Paths[regexp.MustCompile(`:(\w+)`).ReplaceAllString(r.Path, "{$1}")][strings.ToLower(r.Method)]
		if read.OperationID == "" || docs.byID(kebab(read.OperationID)) == nil {
			t.Errorf("%s %s is not in the description, or not on the page", r.Method, r.Path)
		}
	}
	for _, a := range catalog.All() {
		if !slices.ContainsFunc(ids, func(id string) bool { return kebab(id) == a.Slug }) ||
			docs.byID("action-"+a.Slug) == nil {
			t.Errorf("%s is not in the description, or not on the page", a.Slug)
		}
	}
	if len(ids) != rows-2+len(catalog.All()) {
		t.Errorf("%d operations are described", len(ids))
	}
}

// TestExamplesFitTheDescription: what is shown as an example is taken, by the
// description and by the action, and what an action refuses is not described as
// fitting.
func TestExamplesFitTheDescription(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := describe(t, s)
	for _, a := range catalog.All() {
		address := s.url + s.apiOrg("/actions/"+a.Slug)
		if a.OfWorkspace() {
			address = s.url + s.api("/actions/"+a.Slug)
		}
		body := d.example(address)
		if err := d.takes(http.MethodPost, address, body); err != nil {
			t.Errorf("%s: %v\n%s", a.Slug, err, body)
		}
		parsed, err := site.ParseBody(body, a)
		if err != nil {
			t.Errorf("%s: %v", a.Slug, err)
		}
		if _, bad := a.Parse(parsed.Get); len(bad) > 0 && a.Slug != "delete-account" {
			t.Errorf("%s refuses its example: %v", a.Slug, bad)
		}
		for _, wrong := range []string{`{}`, `{"run_id": "x"}`, `{"run_id": "` + exampleRunID +
			`", "fields": {"nothing": 1}}`, `{"run_id": "` + exampleRunID + `", "fields": {}, "more": 1}`} {
			if d.takes(http.MethodPost, address, []byte(wrong)) == nil {
				t.Errorf("%s is described as taking %s", a.Slug, wrong)
			}
		}
	}
}

// typedBodyOf is a form as a program sends it that keeps to the description.
func typedBodyOf(a catalog.Action, form url.Values) any {
	fields := map[string]any{}
	for _, f := range a.Fields {
		if name := f.Spec().Name; form.Has(name) {
			fields[name] = site.Typed(f, form.Get(name))
		}
	}
	return map[string]any{"run_id": form.Get("run_id"), "fields": fields}
}

// TestAnswersFitTheDescription carries out every action as a program, reads
// everything there is to read, and fails in the ways there are: each answer is as
// described.
func TestAnswersFitTheDescription(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	d := describe(t, e.console)
	b := e.stranger(t)
	token, _ := e.accessToken(t, e.Workspace, e.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	helpdesk, _ := e.accessToken(t, e.Workspace, e.Owner, store.Grant{Role: "helpdesk", EveryOrganization: true})
	call := func(token, method, address string, body any, status int) {
		t.Helper()
		e.Clock.Move(site.PaceEvery)
		p := b.call(token, method, address, body)
		if p.status != status && status != anySuccess {
			t.Errorf("%s %s: status %d, want %d: %s", method, address, p.status, status, p.body)
		}
		d.answers(method, p)
	}
	for _, a := range catalog.All() {
		k := actionRoutes[a.Slug]
		address := e.api("/actions/" + a.Slug)
		if !a.OfWorkspace() {
			address = e.apiOrg("/actions/" + a.Slug)
		}
		body, ok := typedBodyOf(a, k.form(e, &e.near, true)), apiStatus(a, k.ok)
		sent, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.takes(http.MethodPost, e.url+address, sent); err != nil {
			t.Errorf("%s: %v\n%s", a.Slug, err, sent)
		}
		call(token, http.MethodPost, address, body, ok)
		again := ok
		if a.Follow != nil {
			again = anySuccess // it may have ended by now
		}
		call(token, http.MethodPost, address, body, again)
		call(token, http.MethodPost, address, `{"run_id": "x"}`, http.StatusUnprocessableEntity)
		call(token, http.MethodPost, address, `{`, http.StatusBadRequest)
		call("", http.MethodPost, address, body, http.StatusUnauthorized)
	}
	lists := []string{e.api(""), e.api("/organizations?limit=1"), e.api("/mapping?show=unkeyed"),
		e.api("/runs?q=created&limit=3"), e.api("/runs/" + e.near.run), e.apiOrg("/users"), e.apiOrg("/phones?limit=1"),
		e.apiOrg("/bypass-codes")}
	for _, address := range lists {
		call(token, http.MethodGet, address, nil, http.StatusOK)
		call("", http.MethodGet, address, nil, http.StatusUnauthorized)
		if path, _, _ := strings.Cut(address, "?"); path != e.api("") && !strings.Contains(path, "/runs/") {
			call(token, http.MethodGet, path+"?limit=0", nil, http.StatusUnprocessableEntity)
			call(token, http.MethodGet, path+"?cursor=x", nil, http.StatusBadRequest)
		}
	}
	bypass := e.apiOrg("/actions/create-bypass-code-for-user")
	body := func(pairs ...any) map[string]any {
		fields := map[string]any{"user_id": e.near.user}
		for i := 0; i < len(pairs); i += 2 {
			fields[pairs[i].(string)] = pairs[i+1]
		}
		return map[string]any{"run_id": uuid.NewString(), "fields": fields}
	}
	call(helpdesk, http.MethodPost, bypass, body("valid_secs", 7200), http.StatusForbidden)
	call(helpdesk, http.MethodPost, e.apiOrg("/actions/delete-user"), body(), http.StatusNotFound)
	used := body()
	call(token, http.MethodPost, bypass, used, http.StatusOK)
	used["ticket"] = "T-1"
	call(token, http.MethodPost, bypass, used, http.StatusConflict)
	for kind, status := range map[duosim.FaultKind]int{duosim.Down: http.StatusBadGateway,
		duosim.RateLimited: http.StatusTooManyRequests, duosim.Revoked: http.StatusUnprocessableEntity} {
		e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{Kind: kind})
		call(token, http.MethodPost, bypass, body(), status)
		e.Clock.Move(time.Minute) // a limited account is left alone for so long at most
	}
	if d.takes(http.MethodGet, e.url+e.api("/organizations?limit=501"), nil) == nil {
		t.Error("a limit of 501 is described as fitting")
	}
	if strings.Contains(b.call("", http.MethodGet, "/api/v1/openapi.json", nil).body, e.Workspace.Slug) {
		t.Error("the description tells of a workspace")
	}
}

// kebab is an operation's id as the page spells it: listUsers is list-users.
func kebab(id string) string {
	return strings.ToLower(regexp.MustCompile(`[A-Z]`).ReplaceAllString(id, "-$0"))
}
