//go:build proof

package main

import (
	"cmp"
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

// slugReaders is in how many places they are read: in auth.go for all rows, and the workspace's for a refusal and for
// the link of an archived organization, which asks no database.
const slugReaders = 4

// targets are the probes for sqlmap: the parameters of what was found, the open parts of each address, and the cookies.
// It has one of the places that the same code reads (see keyOf), and none that is read as one in named.
func (f *finder) targets(named []probe) []probe {
	var all []probe
	seen, tried := map[string]bool{}, map[row]bool{}
	for _, p := range named {
		tried[p.row] = true
		for _, at := range p.places {
			seen[keyOf(p.row, at)] = true
		}
	}
	slices.SortStableFunc(f.found, func(a, b probe) int { return len(b.parameters()) - len(a.parameters()) })
	found := slices.Clone(f.found)
	for r, address := range f.pages {
		found = append(found, probe{method: http.MethodGet, address: address, row: r})
	}
	for _, p := range found {
		parameters := p.parameters()
		for _, at := range append(openParts(p.row), parameters...) {
			if key := keyOf(p.row, at); !seen[key] {
				seen[key] = true
				p.places = append(p.places, at)
			}
		}
		if len(p.places) == 0 && len(parameters) > 0 && !tried[p.row] { // each handler is tried
			p.places = parameters[:1]
		}
		tried[p.row] = tried[p.row] || len(p.places) > 0
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
	// Of places that are read alike the first is tried: one that holds something.
	slices.SortStableFunc(places, func(a, b place) int {
		return cmp.Compare(min(len(values.Get(b.name)), 1), min(len(values.Get(a.name)), 1))
	})
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
