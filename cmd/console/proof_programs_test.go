//go:build proof

package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
)

const apiHome = "/api/v1/w/:ws" // where the rows for programs begin

// besideFields are what a program sends beside the fields of an action.
var besideFields = []string{"run_id", "ticket"}

// programTargets are the probes of the addresses for programs: what the API's own
// description names in queries, the open parts of addresses, and actions.
func (f *finder) programTargets(a *attack) []probe {
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
	near := f.s.organizations()[0].Slug
	runs := strings.Split(f.pages[row{http.MethodGet, "/w/:ws/runs/:run"}], "/")
	fill := strings.NewReplacer(":ws", f.s.ws.Slug, ":org", near, ":run", runs[len(runs)-1])
	open := strings.NewReplacer(":ws", "{ws}", ":org", "{org}", ":run", "{run}")
	valid := map[string]string{"limit": "10", "from": "2026-01-01", "to": "2030-01-01",
		"operator": f.s.owner.ID.String(), "organization": near, "action": "delete-user", "state": "applied"}
	var all []probe
	for _, r := range f.rows {
		if !strings.HasPrefix(r.pattern, apiHome) || strings.HasSuffix(r.pattern, ":action") {
			continue
		}
		p := probe{method: r.method, address: fill.Replace(r.pattern), row: r}
		query := url.Values{}
		queries := []url.Values{query}
		for _, parameter := range description.Paths[open.Replace(r.pattern)]["get"].Parameters {
			switch {
			case parameter.In == "query" && parameter.Name == "cursor": // with it, nothing else is looked at
				queries = append(queries, url.Values{"limit": {"1"}, "cursor": {a.cursorOf(p)}})
			case parameter.In == "query":
				query.Set(parameter.Name, valid[parameter.Name])
			}
		}
		p.places = openParts(r)
		for _, query := range queries {
			with := p
			with.address += "?" + query.Encode()
			for _, at := range with.parameters() {
				if !query.Has("cursor") || at.name == "cursor" {
					with.places = append(with.places, at)
				}
			}
			if p.places = nil; len(with.places) > 0 {
				all = append(all, with)
			}
		}
	}
	return append(all, f.programActions()...)
}

// cursorOf is where a list of the API goes on.
func (a *attack) cursorOf(p probe) string {
	p.address += "?limit=1"
	var part struct{ Next string }
	if _, _, body := a.send(p, nil); json.Unmarshal(body, &part) != nil || part.Next == "" {
		a.s.t.Errorf("%s does not go on: %s", p.address, body)
	}
	return part.Next
}

// programActions are the probes of an action for each of the addresses that take actions and that no form of a page
// names: the API's, whose handler makes the same of the JSON as of a page's form, and the workspace's own.
func (f *finder) programActions() (all []probe) {
	for _, p := range f.found {
		action := slugOf(p.address)
		if !p.row.ofAction() || p.method != http.MethodPost ||
			!slices.Contains([]string{"create-group", "create-account"}, action) {
			continue
		}
		a, _ := catalog.Lookup(action)
		own := strings.TrimSuffix(p.address, "/form")
		if a.OfWorkspace() {
			plain := p
			plain.address, plain.row = own, f.rowOf(own)
			plain.places = append(openParts(plain.row), plain.parameters()...)
			all = append(all, plain)
		}
		sent := probe{method: http.MethodPost, address: "/api/v1" + own}
		sent.row = f.rowOf(sent.address)
		sent.form = url.Values{"run_id": {uuid.NewString()}, "ticket": {"T-1"}}
		for _, field := range a.Fields {
			sent.form.Set(field.Spec().Name, p.form.Get(field.Spec().Name))
		}
		sent.places = append(openParts(sent.row), sent.parameters()...)
		all = append(all, sent)
	}
	return all
}

// rowOf is the row that takes a form at an address.
func (f *finder) rowOf(address string) row {
	r, known := rowOf(f.rows, http.MethodPost, address)
	if !known {
		f.s.t.Errorf("no row takes POST %s", address)
	}
	return r
}
