//go:build proof

package main

import (
	"fmt"
	"go/ast"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// probe is one request, whose places are tried with other values.
type probe struct {
	method, address string // the address is a path and a query
	form            url.Values
	row             row
	places          []place
}

// place is where a request holds a value: a parameter, or a part of the path as its row names it.
type place struct{ in, name string }

const (
	inPath   = "path"
	inQuery  = "query"
	inForm   = "form" // of a program: in its JSON
	inCookie = "cookie"
)

// slugs are the open parts of addresses that the policy of a row reads, before its handler is asked.
var slugs = []string{":ws", ":org"}

// slugReaders is in how many places they are read: in auth.go for all rows, and the workspace's for a refusal.
const slugReaders = 3

// targets are the probes for sqlmap: the parameters of what was found that its row has not been tried with, since one
// handler reads them all, the open parts of each address, and the cookies.
func (f *finder) targets() []probe {
	var all []probe
	seen := map[string]bool{}
	slices.SortStableFunc(f.found, func(a, b probe) int { return len(b.parameters()) - len(a.parameters()) })
	found := slices.Clone(f.found)
	for r, address := range f.pages {
		found = append(found, probe{method: http.MethodGet, address: address, row: r})
	}
	for _, p := range found {
		for _, at := range append(openParts(p.row), p.parameters()...) {
			key := p.method + p.row.pattern + at.in + at.name
			if at.in == inPath && slices.Contains(slugs, at.name) { // one function reads them, of all rows
				key = p.method + p.row.reach() + at.name
			}
			if !seen[key] {
				seen[key] = true
				p.places = append(p.places, at)
			}
		}
		if len(p.places) > 0 {
			all = append(all, p)
		}
	}
	home := probe{method: http.MethodGet, address: "/w/" + f.s.ws.Slug, row: row{http.MethodGet, "/w/:ws"}}
	for _, c := range f.client.Jar.Cookies(mustParse(f.s.url)) {
		home.places = append(home.places, place{inCookie, c.Name})
	}
	return append(all, home)
}

// parameters are the places of what the probe's request carries.
func (p probe) parameters() (places []place) {
	in, values := inForm, p.form
	if p.method == http.MethodGet {
		in, values = inQuery, mustParse(p.address).Query()
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		places = append(places, place{in, name})
	}
	return places
}

// openParts are the places in the addresses of a row.
func openParts(r row) (places []place) {
	for part := range strings.SplitSeq(r.pattern, "/") {
		if strings.HasPrefix(part, ":") {
			places = append(places, place{inPath, part})
		}
	}
	return places
}

// reach is the beginning of a row's address that its policy looks at.
func (r row) reach() string {
	home, _, inOrganization := strings.Cut(r.pattern, "/:org")
	home, _, _ = strings.Cut(home, ":ws")
	return fmt.Sprint(home, inOrganization)
}

// ofAction reports whether a row is an action's: its own form, or the one of its fields.
func (r row) ofAction() bool {
	return strings.HasSuffix(strings.TrimSuffix(r.pattern, "/form"), ":action")
}

// untried are rows of the route table and names of parameters in the source
// that no probe is about.
func (f *finder) untried(targets []probe) []string {
	var missing []string
	tried, named := map[row]bool{}, map[string]bool{}
	for _, p := range targets {
		tried[p.row] = true
		for _, at := range p.places {
			named[at.name] = true
		}
	}
	for _, r := range f.rows {
		// Without anything but slugs open in the address, without parameters and form, there is nothing to try.
		open := slices.ContainsFunc(openParts(r), func(at place) bool { return !slices.Contains(slugs, at.name) })
		if !tried[r] && (open || r.method != http.MethodGet && r.pattern != "/csp" && !f.empty[r]) {
			missing = append(missing, r.method+" "+r.pattern)
		}
	}
	readers := 0
	inspectWeb(f.s.t, func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return
		}
		name, ok := call.Fun.(*ast.SelectorExpr)
		text, isText := call.Args[0].(*ast.BasicLit)
		if ok && isText && name.Sel.Name == "Param" && slices.Contains(slugs, ":"+strings.Trim(text.Value, `"`)) {
			readers++
		}
		if ok && isText && name.Sel.Name == "QueryParam" {
			if parameter, _ := strconv.Unquote(text.Value); !named[parameter] {
				named[parameter] = true
				missing = append(missing, "the parameter "+parameter)
			}
		}
	})
	if readers != slugReaders {
		missing = append(missing, fmt.Sprintf("each place where a slug is read: there are %d", readers))
	}
	return missing
}
