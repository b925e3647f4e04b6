//go:build proof

package main

import (
	"go/ast"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// mostAtOnce is how many parameters one run of sqlmap tries: forms with more are
// shared out.
const mostAtOnce = 12

// formIDs are the parameters that make a form act once.
var formIDs = []string{"run_id", "id"}

// targets are the probes for sqlmap: the parameters of what was found that its
// row, or the form of its action, has not been tried with, the open parts of each
// address, and the cookie.
func (f *finder) targets() []probe {
	cookies := f.client.Jar.Cookies(mustParse(f.s.url))
	var all []probe
	open, seen := map[row]bool{}, map[string]bool{}
	slices.SortStableFunc(f.found, func(a, b probe) int { return len(b.parameters()) - len(a.parameters()) })
	for _, p := range f.found {
		if !slices.ContainsFunc(strangers, func(page string) bool { return strings.HasPrefix(p.row.pattern, page) }) {
			p.cookies = cookies
		}
		of, _, _ := strings.Cut(p.address, "?")
		if p.method == http.MethodGet || strings.HasSuffix(p.row.pattern, "/:action") { // all actions are read and recorded by one handler
			of = p.row.pattern
		}
		var news [][]string
		var others []string
		for _, name := range p.parameters() {
			key := p.method + of + name
			if slices.Contains(formIDs, name) {
				key = p.method + p.row.pattern + name
			}
			switch {
			case seen[key]:
			case slices.Contains(formIDs, name):
				news = append(news, []string{name})
			default:
				others = append(others, name)
			}
			seen[key] = true
		}
		if !open[p.row] {
			open[p.row] = true
			all = append(all, marked(p)...)
		}
		for p.only = range slices.Values(slices.AppendSeq(news, slices.Chunk(others, mostAtOnce))) {
			all = append(all, p)
		}
	}
	for r, address := range f.pages {
		if !open[r] {
			all = append(all, marked(probe{method: http.MethodGet, address: address, row: r, cookies: cookies})...)
		}
	}
	home, _ := rowOf(f.rows, http.MethodGet, "/w/"+f.s.ws.Slug)
	all = append(all, probe{method: http.MethodGet, address: "/w/" + f.s.ws.Slug, row: home, cookies: []*http.Cookie{{Name: cookies[0].Name, Value: cookies[0].Value + "*"}}})
	slices.SortStableFunc(all, func(a, b probe) int { return a.harm() - b.harm() })
	return all
}

// parameters are the names of what the probe's request carries.
func (p probe) parameters() []string {
	if p.method == http.MethodPost {
		return slices.Sorted(maps.Keys(p.form))
	}
	return slices.Sorted(maps.Keys(mustParse(p.address).Query()))
}

// marked is the probe of the open parts of an address; none when it has none.
func marked(p probe) []probe {
	path, query, asked := strings.Cut(p.address, "?")
	parts := strings.Split(path, "/")
	marks := 0
	for i, w := range strings.Split(p.row.pattern, "/") {
		if strings.HasPrefix(w, ":") {
			parts[i] += "*"
			marks++
		}
	}
	if marks == 0 {
		return nil
	}
	p.address, p.only = strings.Join(parts, "/"), nil
	if asked {
		p.address += "?" + query
	}
	return []probe{p}
}

// untried are rows of the route table and names of parameters in the source
// that no probe is about.
func (f *finder) untried(targets []probe) []string {
	var missing []string
	tried, named := map[row]bool{}, map[string]bool{}
	for _, p := range targets {
		tried[p.row] = true
		for _, name := range p.parameters() {
			named[name] = true
		}
	}
	for _, r := range f.rows {
		// Without anything open in the address, without parameters and form, there is nothing to try.
		if plain := !strings.Contains(r.pattern, ":"); !tried[r] && !(plain && (r.method == http.MethodGet || r.pattern == "/csp" || f.empty[r])) {
			missing = append(missing, r.method+" "+r.pattern)
		}
	}
	inspectWeb(f.s.t, func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return
		}
		name, ok := call.Fun.(*ast.SelectorExpr)
		text, isText := call.Args[0].(*ast.BasicLit)
		if ok && isText && name.Sel.Name == "QueryParam" {
			if parameter, _ := strconv.Unquote(text.Value); !named[parameter] {
				named[parameter] = true
				missing = append(missing, "the parameter "+parameter)
			}
		}
	})
	return missing
}
