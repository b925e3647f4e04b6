//go:build proof

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

const (
	apiHome = "/api/v1/w/:ws" // where the rows for programs begin

	freshID = "00000000-fefe-4000-8000-000000000000" // stands for one that was never used

	// manyTokens are enough for a hundred requests a second: each is paced. An
	// operator has twenty at most.
	manyTokens = 16
)

// forPrograms serves the console to whoever knows no tokens: requests get one of
// the owner's in turn, and a fresh id where they ask for it.
func (s *site) forPrograms() (address string) {
	s.t.Helper()
	var tokens []string
	for n := range manyTokens {
		text, _, err := s.runner().MakeToken(s.t.Context(), s.ws.ID, run.Actor{Operator: s.owner.ID, Role: catalog.Owner},
			store.Token{ID: uuid.New(), Name: fmt.Sprint("program ", n), Role: catalog.Owner.String(), Every: true, ExpiresAt: time.Now().Add(time.Hour)})
		if err != nil {
			s.t.Fatal(err)
		}
		tokens = append(tokens, text)
	}
	var turn atomic.Int64
	server := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(mustParse(s.url))
		r.Out.Header.Set("Authorization", "Bearer "+tokens[turn.Add(1)%manyTokens])
		body, err := io.ReadAll(r.In.Body)
		if err != nil {
			body = nil
		}
		body = bytes.ReplaceAll(body, []byte(freshID), []byte(uuid.NewString()))
		r.Out.Body, r.Out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}})
	s.t.Cleanup(server.Close)
	return server.URL
}

// programTargets are the probes of the addresses for programs: what the API's own
// description names in queries, the open parts of addresses, and every field of
// an action that a page's form was found for.
func (f *finder) programTargets() []probe {
	origin := f.s.forPrograms()
	var description struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
		}
	}
	answer, err := http.Get(f.s.url + "/api/v1/openapi.json")
	if err != nil {
		f.s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&description); err != nil {
		f.s.t.Fatal(err)
	}
	runs := strings.Split(f.pages[row{http.MethodGet, "/w/:ws/runs/:run"}], "/")
	fill := strings.NewReplacer(":ws", f.s.ws.Slug, ":org", f.s.organizations()[0].Slug, ":run", runs[len(runs)-1])
	open := strings.NewReplacer(":ws", "{ws}", ":org", "{org}", ":run", "{run}")
	valid := map[string]string{"limit": "10", "from": "2026-01-01", "to": "2030-01-01", "operator": f.s.owner.ID.String(), "organization": f.s.organizations()[0].Slug, "action": "delete-user", "state": "applied"}
	var all []probe
	for _, r := range f.rows {
		if !strings.HasPrefix(r.pattern, apiHome) || strings.HasSuffix(r.pattern, ":action") {
			continue
		}
		p := probe{method: r.method, address: fill.Replace(r.pattern), row: r, origin: origin}
		all = append(all, marked(p)...)
		var pairs []string
		for _, parameter := range description.Paths[open.Replace(r.pattern)]["get"].Parameters {
			if parameter.In == "query" && parameter.Name != "cursor" { // with it, nothing else is looked at
				pairs = append(pairs, parameter.Name+"="+valid[parameter.Name])
				p.only = append(p.only, parameter.Name)
			}
		}
		if len(pairs) > 0 {
			withQuery, withCursor := p, p
			withQuery.address += "?" + strings.Join(pairs, "&")
			withCursor.address, withCursor.only = p.address+"?cursor=MTA", []string{"cursor"}
			all = append(all, withQuery, withCursor)
		}
	}
	return append(all, f.programActions(origin)...)
}

func (f *finder) programActions(origin string) (all []probe) {
	seen := map[string]bool{}
	for _, p := range f.found {
		path, action, is := strings.Cut(p.address, "/actions/")
		a, known := catalog.Lookup(action)
		if !is || !known || p.method != http.MethodPost {
			continue
		}
		r, _ := rowOf(f.rows, http.MethodPost, "/api/v1"+p.address)
		fields, only := map[string]string{}, []string(nil)
		for _, field := range a.Fields {
			name := field.Spec().Name
			if p.form.Get(name) == "" {
				continue
			}
			fields[name] = p.form.Get(name)
			if !seen[r.pattern+name] {
				seen[r.pattern+name] = true
				only = append(only, name)
			}
		}
		body, err := json.Marshal(map[string]any{"run_id": freshID, "ticket": "T-1", "fields": fields})
		if err != nil {
			f.s.t.Fatal(err)
		}
		sent := probe{method: http.MethodPost, address: "/api/v1" + path + "/actions/" + action, row: r, origin: origin, body: string(body)}
		if !seen[r.pattern] {
			seen[r.pattern] = true
			all = append(all, marked(sent)...)
			only = append(only, "run_id", "ticket")
		}
		for sent.only = range slices.Chunk(only, mostAtOnce) {
			all = append(all, sent)
		}
	}
	return all
}
